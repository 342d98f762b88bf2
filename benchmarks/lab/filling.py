"""What the database of the benchmarks holds: cases and their events, people who are signed in, a catalogue, slots.

Rows are made by PostgreSQL itself; only what is sealed is sealed here, with the keys of the installation.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import asyncpg
import orjson

from backend.casework.catalogue.compose import OfferedItem
from backend.casework.catalogue.current import Catalogue
from backend.casework.catalogue.demo import demo_organ
from backend.casework.catalogue.standards import Standards
from backend.database.config import connected
from backend.domains import standards
from backend.keys import Keys
from backend.kit import resident_id
from backend.kit.item_codes import task_code
from benchmarks.lab.items import many

ITEMS, SLOTS = 200, 10_000
CASES_EACH, EVENTS_EACH = 20, 4
SESSIONS = 250
"""People who are signed in: each request comes from the next of them."""
HOME = "330521"
ITEM, DRAFTED = "000511001000", "000511002000"
"""The item of the cases that are there, and that of drafts that are handed in."""
PERSON, ACCOUNT, SESSION, CASE = "11111111", "22222222", "33333333", "44444444"
_ANSWERS = orjson.dumps(
    {
        "contactPhone": "13800000000",
        "currentAddress": "上海市黄浦区人民大道200号",
        "payAs": "money",
        "otherSubsidy": False,
        "undertaking": True,
    }
)
CALENDAR = UUID("66666666-0000-7000-8000-000000000001")


def row_id(kind: str, number: int) -> UUID:
    """The id of row ``number`` of a kind."""
    return UUID(f"{kind}-0000-7000-8000-{number:012x}")


def _edition(item_code: str) -> UUID:
    return row_id("55555555", int(item_code))


def _sql_id(kind: str, number: str) -> str:
    return f"('{kind}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


FILL = f"""
SET session_replication_role = replica;
INSERT INTO person (id, created_at, birth_date, sex, household_division)
    SELECT {_sql_id(PERSON, "n")}, now(), '1943-05-12', '1', '{HOME}' FROM generate_series(1, $people$) n;
INSERT INTO account (id, created_at, platform, open_id_index, open_id_sealed, person_id, last_sign_in_at)
    SELECT {_sql_id(ACCOUNT, "n")}, now(), 'WECHAT', 'bench' || n, 'sealed', {_sql_id(PERSON, "n")}, now()
    FROM generate_series(1, {SESSIONS}) n;
INSERT INTO session (id, created_at, account_id, refresh_digest, device_name, rotated_at, expires_at)
    SELECT {_sql_id(SESSION, "n")}, now(), {_sql_id(ACCOUNT, "n")}, 'bench', '', now(), now() + interval '10 years'
    FROM generate_series(1, {SESSIONS}) n;
INSERT INTO assurance_record (id, created_at, person_id, level, method, session_id, proven_at, expires_at)
    SELECT gen_random_uuid(), now(), {_sql_id(PERSON, "n")}, 3, 'VIDEO', {_sql_id(SESSION, "n")}, now(),
        now() + interval '10 years'
    FROM generate_series(1, {SESSIONS}) n;
INSERT INTO application (id, created_at, person_id, edition_id, item_code, division, task_code, organ_name, figures,
        promised_days, state, version, last_sequence, answers_sealed, case_number, submitted_at, due_on, assurance)
    SELECT {_sql_id(CASE, "n")}, now() - n * interval '1 second', {_sql_id(PERSON, "1 + n % $people$")},
        '{_edition(ITEM)}', '{ITEM}', '{HOME}', '11330521MB1234567G4000511001000',
        '德清县民政局', '{{"minimum_age": 80, "monthly_fen": 10000}}', 10, 'ACCEPTED', 1, {EVENTS_EACH},
        repeat('sealed', 60), '11330521MB1234567G400051100100020261125' || lpad(n::text, 7, '0'),
        now() - n * interval '1 second', '2026-12-09', 'VERIFIED/FACE_SELFIE'
    FROM generate_series(1, $people$ * {CASES_EACH}) n;
INSERT INTO case_event (id, created_at, application_id, sequence, kind, state, at, actor, detail)
    SELECT gen_random_uuid(), now(), {_sql_id(CASE, "n")}, s,
        (ARRAY['STARTED', 'SUBMITTED', 'NUMBERED', 'ACCEPTED'])[s],
        (ARRAY['DRAFT', 'SUBMITTED', 'SUBMITTED', 'ACCEPTED'])[s],
        now() - n * interval '1 second' + s * interval '1 minute', 'machine:bench', '{{}}'
    FROM generate_series(1, $people$ * {CASES_EACH}) n, generate_series(1, {EVENTS_EACH}) s;
INSERT INTO organ (id, created_at, credit_code, name, division)
    VALUES ('66666666-0000-7000-8000-000000000003', now(), '{demo_organ(HOME)}', '德清县民政局', '{HOME}');
INSERT INTO appointment_place (id, created_at, organ_id, kind, name, address, telephone, division)
    VALUES ('66666666-0000-7000-8000-000000000002', now(), '66666666-0000-7000-8000-000000000003',
        'MARRIAGE_REGISTRY', '德清县婚姻登记处', '云岫南路1号', '0572-8000000', '{HOME}');
INSERT INTO appointment_calendar (id, created_at, place_id, name, subject, binding, hours, keeps_holidays, slot_minutes,
        capacity, waiting_room, opens_days_before, opens_time, closes_minutes, hold_minutes, waiting_hold_minutes,
        early_minutes, late_minutes, no_show_limit, no_show_days, pause_days, changed_at)
    VALUES ('{CALENDAR}', now(), '66666666-0000-7000-8000-000000000002', '结婚登记', '000711401000', 'COUPLE', '{{}}',
        false, 30, 30, 30, 14, '09:00', 0, 1440, 120, 30, 30, 3, 180, 30, now());
INSERT INTO appointment_slot (id, created_at, calendar_id, day, starts_at, ends_at, opens_at, closes_at, capacity,
        waiting_room, taken, waiting, last_ticket, withdrawn)
    SELECT {_sql_id("77777777", "n")}, now(), '{CALENDAR}', at::date, at, at + interval '30 minutes', now(), at, 30, 30,
        0, 0, 0, false
    FROM generate_series(1, {SLOTS}) n, LATERAL (SELECT '2036-05-20 01:00Z'::timestamptz + n * interval '30 minutes' AS at);
CREATE SCHEMA peer;
CREATE TABLE peer.item (code text PRIMARY KEY, position int UNIQUE, name text, promised_days int, organ_name text);
CREATE TABLE peer.material (item_code text, position int, code text, name text, required bool,
    PRIMARY KEY (item_code, position));
CREATE VIEW peer.application AS
    SELECT a.id, a.case_number, i.name AS item_name, a.organ_name, a.state, a.created_at, a.submitted_at, a.due_on
    FROM application a JOIN peer.item i ON i.code = a.item_code
    WHERE a.person_id = current_setting('jinmin.person')::uuid;
CREATE VIEW peer.event AS SELECT application_id, sequence, kind, at FROM case_event;
COMMENT ON VIEW peer.application IS '@primaryKey id';
COMMENT ON VIEW peer.event IS E'@primaryKey application_id,sequence\\n@foreignKey (application_id) references application (id)|@foreignFieldName events';
"""
"""``peer`` holds the catalogue as a peer would keep it, since ours is declared in Python and only its editions are rows,
and the views that PostGraphile makes its API from."""


async def fill(connection: asyncpg.Connection, url: str, keys: Keys, people: int) -> None:
    """Fill a migrated, empty database for so many people of ``CASES_EACH`` cases each."""
    await connection.execute(FILL.replace("$people$", str(people)))
    await connection.executemany(
        "INSERT INTO identity_document (id, created_at, person_id, kind, number_index, number_sealed, name_sealed, main,"
        " confirmed_by) VALUES (gen_random_uuid(), now(), $1, 'RESIDENT_ID', $2, $3, $4, true, 'REGISTRY')",
        [_document(keys, n) for n in range(1, SESSIONS + 1)],
    )
    items = Standards.of(many(tuple(standards().by_code.values()), ITEMS))
    await connection.executemany(
        "INSERT INTO edition (id, created_at, item_code, division, version, parameters, in_force_from,"
        " organ_credit_code, organ_name, organ_level)"
        " VALUES ($1, now(), $2, $3, 1, '{}', '2026-01-01', $4, '德清县民政局', '4')",
        [(_edition(code), code, HOME, demo_organ(HOME)) for code in items.by_code],
    )
    async with connected(url, pool=1):
        offered = await Catalogue(items).all_offered(HOME)
    await _copy_for_peers(connection, sorted(offered.values(), key=lambda one: one.base_code))
    await connection.execute("VACUUM ANALYZE")


def _document(keys: Keys, n: int) -> tuple[object, ...]:
    """The identity document of person ``n``, sealed as the house seals it."""
    number = resident_id.make(HOME, date(1943, 5, 12), n)
    index = keys.blind_index.of(number, "person.resident_id")
    sealed = keys.ring.seal(number.encode(), context=f"person.resident_id:{index}")
    return row_id(PERSON, n), index, sealed, keys.ring.seal("沈阿福".encode(), context=f"person.name:{index}")


async def _copy_for_peers(connection: asyncpg.Connection, offered: Sequence[OfferedItem]) -> None:
    for position, one in enumerate(offered):
        await connection.execute(
            "INSERT INTO peer.item VALUES ($1, $2, $3, $4, $5)",
            one.base_code,
            position,
            one.item.name.zh,
            one.promised_days,
            one.organ.name,
        )
        await connection.executemany(
            "INSERT INTO peer.material VALUES ($1, $2, $3, $4, $5)",
            [
                (one.base_code, place, material.code, material.name.zh, material.required)
                for place, material in enumerate(one.item.materials)
            ],
        )


async def draft(connection: asyncpg.Connection, keys: Keys, batch: int, count: int) -> Sequence[UUID]:
    """``count`` drafts that are ready to be handed in, of the people who are signed in, one after the other."""
    ids = [UUID(f"88888888-{batch:04x}-7000-8000-{n:012x}") for n in range(count)]
    made = [
        (
            one,
            row_id(PERSON, 1 + n % SESSIONS),
            keys.ring.seal(_ANSWERS, context=f"application.answers:{one}"),
        )
        for n, one in enumerate(ids)
    ]
    await connection.execute("SET session_replication_role = replica")
    await connection.executemany(
        "INSERT INTO application (id, created_at, person_id, edition_id, item_code, division, township, task_code,"
        " organ_name, deciding_level, figures, promised_days, state, version, last_sequence, answers_sealed, assurance)"
        f" VALUES ($1, now(), $2, '{_edition(DRAFTED)}', '{DRAFTED}', '{HOME}', '{HOME}100000',"
        f" '{task_code(demo_organ(HOME), '4', DRAFTED)}', '德清县民政局', '4',"
        """ '{"minimum_age": 60, "monthly_fen": 10000}', 10, 'DRAFT', 1, 1, $3, '')""",
        made,
    )
    await connection.executemany(
        "INSERT INTO case_event (id, created_at, application_id, sequence, kind, state, at, actor, detail)"
        " VALUES (gen_random_uuid(), now(), $1, 1, 'STARTED', 'DRAFT', now(), 'person:' || $2, '{}')",
        [(one, str(person)) for one, person, _ in made],
    )
    await connection.execute("SET session_replication_role = origin")
    return ids
