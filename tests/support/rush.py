"""Another process of the house that books: its own gathering, its own connections, nothing else.

``python -m tests.support.rush`` reads who asks from its standard input, says READY, and begins with the next line.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import orjson

from backend.casework.appointments.booking import Bookings, Request
from backend.database.config import connected
from backend.kit.ids import new_id

ROOM = 0.3
"""Seconds over which they come."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody and the slot they want, and how long after the beginning they ask."""

    account_id: UUID
    person_id: UUID
    slot_id: UUID
    key: str
    after: float


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody was told, and when, by the machine's own clock."""

    key: str
    sent: float
    answered: float
    outcome: str
    appointment: str | None


async def ask_all(bookings: Bookings, wishes: Sequence[Wish]) -> list[Told]:
    """Everybody asks in their moment."""

    async def ask(wish: Wish) -> Told:
        await asyncio.sleep(wish.after)
        sent = time.monotonic()
        answer = await bookings.ask(
            wish.slot_id,
            Request(id=new_id(), account_id=wish.account_id, person_id=wish.person_id, key=wish.key),
        )
        told = Told(
            wish.key,
            sent,
            time.monotonic(),
            answer.outcome.value,
            None if answer.appointment_id is None else str(answer.appointment_id),
        )
        _say(told)
        return told

    return list(await asyncio.gather(*map(ask, wishes)))


class OtherProcess:
    """A child of the test, ready to begin."""

    def __init__(self, database_url: str, wishes: Sequence[Wish]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.rush"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        self._write(
            orjson.dumps([database_url, wishes], default=str)
        )  # ids of rows are of asyncpg's own class
        assert self._out.readline() == b"READY\n"

    def begin(self) -> None:
        """Let everybody in it ask."""
        self._write(b"GO")

    def read(self) -> Told | None:
        """The next answer; None when it has ended."""
        line = self._out.readline()
        return Told(**orjson.loads(line)) if line.endswith(b"\n") else None

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._process.kill()

    def close(self) -> None:
        """Wait for its end."""
        self._process.wait(20)
        self._in.close()
        self._out.close()

    def _write(self, line: bytes) -> None:
        self._in.write(line + b"\n")
        self._in.flush()


def out_of_turn(told: Sequence[Told], tolerance: timedelta) -> list[tuple[str, str]]:
    """Pairs of keys of which the first asked earlier by more than the tolerance and got worse."""
    worth = {"HELD": 0, "WAITING": 1, "FULL": 2}
    return [
        (early.key, late.key)
        for early in told
        for late in told
        if late.sent - early.sent > tolerance.total_seconds() and worth[late.outcome] < worth[early.outcome]
    ]


def answered_before(told: Sequence[Told]) -> list[tuple[str, str]]:
    """Pairs of keys of which the first had their answer before the second asked, and got worse."""
    worth = {"HELD": 0, "WAITING": 1, "FULL": 2}
    return [
        (early.key, late.key)
        for early in told
        for late in told
        if late.sent > early.answered and worth[late.outcome] < worth[early.outcome]
    ]


def _say(told: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(told) + b"\n")
    sys.stdout.buffer.flush()


async def _main() -> None:
    url, held = orjson.loads(sys.stdin.buffer.readline())
    wishes = [
        Wish(**{**one, **{name: UUID(one[name]) for name in ("account_id", "person_id", "slot_id")}})
        for one in held
    ]
    async with connected(url):
        sys.stdout.buffer.write(b"READY\n")
        sys.stdout.buffer.flush()
        await asyncio.to_thread(sys.stdin.buffer.readline)
        await ask_all(Bookings(), wishes)


if __name__ == "__main__":
    asyncio.run(_main())
