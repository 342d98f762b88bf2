"""A PostgreSQL with half a million cases under ``var/bench``, filled once and kept between runs."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from backend.database.config import DatabaseUrl
from backend.database.migrate import migrate
from backend.keys import read_keys
from backend.settings import Settings
from tests.support.cluster import running_cluster

FOLDER = Path("var/bench")
PEOPLE, CASES_EACH, EVENTS_EACH = 25_000, 20, 4
SESSIONS = 400
"""People who are signed in: each request comes from the next of them."""

FILL = f"""
SET session_replication_role = replica;
INSERT INTO person (id, created_at, resident_id_index, resident_id_sealed, name_sealed, birth_date, sex,
        household_division, registry_checked_at)
    SELECT ('11111111-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now(), 'bench' || n, 'sealed', 'sealed',
        '1943-05-12', '1', '330521', now()
    FROM generate_series(1, {PEOPLE}) n;
INSERT INTO account (id, created_at, platform, open_id_index, open_id_sealed, person_id, last_sign_in_at)
    SELECT ('22222222-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now(), 'WECHAT', 'bench' || n, 'sealed',
        ('11111111-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now()
    FROM generate_series(1, {SESSIONS}) n;
INSERT INTO session (id, created_at, account_id, refresh_digest, device_name, rotated_at, expires_at)
    SELECT ('33333333-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now(),
        ('22222222-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'bench', '', now(), now() + interval '10 years'
    FROM generate_series(1, {SESSIONS}) n;
INSERT INTO application (id, created_at, person_id, edition_id, item_code, division, task_code, organ_name, figures,
        promised_days, state, version, last_sequence, answers_sealed, case_number, submitted_at, due_on, assurance)
    SELECT ('44444444-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now() - n * interval '1 second',
        ('11111111-0000-7000-8000-' || lpad(to_hex(1 + n % {PEOPLE}), 12, '0'))::uuid,
        '55555555-0000-7000-8000-000000000001', '000511001000', '330521', '11330521MB1234567G4000511001000',
        '德清县民政局', '{{"minimum_age": 80, "monthly_fen": 10000}}', 10, 'ACCEPTED', 1, {EVENTS_EACH},
        repeat('sealed', 60), '11330521MB1234567G400051100100020261125' || lpad(n::text, 7, '0'),
        now() - n * interval '1 second', '2026-12-09', 'VERIFIED/FACE_SELFIE'
    FROM generate_series(1, $cases$) n;
INSERT INTO case_event (id, created_at, application_id, sequence, kind, state, at, actor, detail)
    SELECT gen_random_uuid(), now(), ('44444444-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, s,
        (ARRAY['STARTED', 'SUBMITTED', 'NUMBERED', 'ACCEPTED'])[s],
        (ARRAY['DRAFT', 'SUBMITTED', 'SUBMITTED', 'ACCEPTED'])[s],
        now() - n * interval '1 second' + s * interval '1 minute', 'machine:bench', '{{}}'
    FROM generate_series(1, $cases$) n, generate_series(1, {EVENTS_EACH}) s;
"""


@dataclass(frozen=True, slots=True)
class Lab:
    """A filled database and how to come to it."""

    settings: Settings
    tokens: tuple[str, ...]
    """Access tokens, one for each person who is signed in."""


@contextmanager
def lab(cases: int = PEOPLE * CASES_EACH, *, name: str = "cases", port: int = 8700) -> Iterator[Lab]:
    """A database ``name`` of that many cases, on a cluster that is stopped afterwards."""
    with running_cluster(FOLDER / "postgres", options=()) as cluster:
        url = cluster.url(name)
        asyncio.run(_filled(cluster.url("postgres"), url, name, cases))
        settings = Settings(data=FOLDER, database_url=url, port=port, log_level="INFO")
        keys = read_keys(settings)
        yield Lab(
            settings,
            tuple(
                keys.tokens.issue(
                    {"sub": f"account:{n}", "sid": str(UUID(f"33333333-0000-7000-8000-{n:012x}"))},
                    use="access",
                    lifetime=timedelta(days=1),
                )
                for n in range(1, SESSIONS + 1)
            ),
        )


async def _filled(server_url: str, url: str, name: str, cases: int) -> None:
    server = await asyncpg.connect(**DatabaseUrl.parse(server_url).connect_arguments())
    try:
        if await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name) is None:
            await server.execute(f'CREATE DATABASE "{name}"')
    finally:
        await server.close()
    await migrate(url)
    connection = await asyncpg.connect(**DatabaseUrl.parse(url).connect_arguments())
    try:
        if await connection.fetchval("SELECT count(*) FROM person") == 0:
            print(f"filling {name} with {cases} cases (once) …", flush=True)
            await connection.execute(FILL.replace("$cases$", str(cases)))
            await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
