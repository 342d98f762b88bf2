-- What handing in one draft writes, row for row as the house writes it: $1 case, $2 person, $3 serial number, $4 key.
-- The first statement gives the serial number. mercurius sends them one after the other in a transaction, pgbench as one.
INSERT INTO number_series AS s (id, created_at, task_code, day, last_serial, width)
  VALUES (uuidv7(), now(), '11330521MB1234567G4000511002000', current_date, 1, 9)
  ON CONFLICT (task_code, day) DO UPDATE SET last_serial = s.last_serial + 1 RETURNING last_serial;
UPDATE application SET state = 'SUBMITTED', version = version + 2, last_sequence = last_sequence + 2, submitted_at = now(),
  due_on = current_date + 14, assurance = 'VERIFIED/VIDEO',
  case_number = '11330521MB1234567G4000511002000' || to_char(now(), 'YYYYMMDD') || lpad(($3::int)::text, 9, '0')
  WHERE id = $1::uuid AND person_id = $2::uuid AND state = 'DRAFT';
INSERT INTO idempotency_record (id, created_at, actor, key, operation, input_digest, subject_id)
  VALUES (uuidv7(), now(), 'person:' || ($2::uuid)::text, $4::text, 'submitApplication', repeat('0', 64), $1::uuid);
INSERT INTO case_event (id, created_at, application_id, sequence, kind, state, at, actor, detail)
  SELECT uuidv7(), now(), $1::uuid, n, (ARRAY['SUBMITTED', 'NUMBERED'])[n - 1], 'SUBMITTED', now(), 'person:' || ($2::uuid)::text,
  jsonb_build_object('caseNumber', ($3::int)::text) FROM generate_series(2, 3) n;
INSERT INTO case_clock (id, created_at, application_id, kind, step, since_sequence, started_on, days, unit, pausable, deems,
  state, mark, due_on, near_at, due_at, next_at, provisional, calendar_version)
  SELECT uuidv7(), now(), $1::uuid, kind, '', 2, current_date, days, 'WORKING_DAYS', true, false, 'RUNNING', 'NONE',
  current_date + days, now() + make_interval(days => days - 1), now() + make_interval(days => days),
  now() + make_interval(days => days - 1), false, 0
  FROM (VALUES ('ACCEPTANCE', 3), ('PROMISED', 10), ('STATUTORY', 30)) AS c(kind, days);
INSERT INTO supervised_case (id, created_at, application_id, division, organ_code, organ_name, item_code, officer, light, ended)
  VALUES (uuidv7(), now(), $1::uuid, '330521', '11330521MB1234567G', '德清县民政局', '000511002000', '', 'GREEN', false);
INSERT INTO supervision_change (id, created_at, axis, division, subject, label, measure, step)
  SELECT uuidv7(), now(), axis, '330521', subject, label, 'GREEN', 1
  FROM (VALUES ('ORGAN', '11330521MB1234567G', '德清县民政局'), ('ITEM', '000511002000', '')) AS c(axis, subject, label);
INSERT INTO notice (id, created_at, application_id, person_id, sequence, kind, parameters, open, next_at)
  VALUES (uuidv7(), now(), $1::uuid, $2::uuid, 2, 'RECEIVED', '{}', true, now());
INSERT INTO notice_box AS b (id, created_at, person_id, unread, mini_program, sms, plain, language, quiet_from, quiet_until)
  VALUES (uuidv7(), now(), $2::uuid, 1, true, true, false, 'zh-CN', 1260, 480)
  ON CONFLICT (person_id) DO UPDATE SET unread = b.unread + 1;
INSERT INTO audit_entry (id, created_at, subject, sequence, kind, actor, detail, at, previous_digest, digest)
  SELECT uuidv7(), now(), 'person:' || ($2::uuid)::text, coalesce(max(sequence), 0) + 1, 'application_submitted',
  'person:' || ($2::uuid)::text, jsonb_build_object('application', $1::uuid, 'item', '000511002000', 'assurance', 'VIDEO'), now(),
  repeat('0', 64), repeat('0', 64) FROM audit_entry WHERE subject = 'person:' || ($2::uuid)::text;
INSERT INTO delivery (id, created_at, application_id, region, state, attempts, next_try_at)
  VALUES (uuidv7(), now(), $1::uuid, '33', 'PENDING', 0, now());
WITH jobs AS (INSERT INTO pgqueuer (priority, status, entrypoint, payload)
  SELECT 0, 'queued', entrypoint, convert_to('{"application":"' || ($1::uuid)::text || '"}', 'UTF8')
  FROM (VALUES ('send_notices'), ('deliver_case')) AS j(entrypoint) RETURNING id, entrypoint)
  INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint) SELECT id, 'queued', 0, entrypoint FROM jobs;
