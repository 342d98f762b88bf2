"""A new sealing key takes over everything, also after a run that was killed, and nothing is lost without the old one."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from backend.casework.certificates.queries import certificate_file
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.keys import Keys
from backend.kit.sealing import CannotOpen, KeyRing, Suite
from backend.people.identity.queries import facts_of
from backend.resealing import COLUMNS, reseal, sentences
from backend.viewer import Citizen
from tests.support import cases
from tests.support.people import new_human
from tests.support.rows import told as trail
from tests.support.sandbox import OutsideSandbox

NEW = b"n" * 32


def turned(keys: Keys) -> KeyRing:
    """The old keys, and a new one that seals, in the other suite."""
    return KeyRing({**keys.ring.keys, "k9": NEW}, "k9", Suite.SM4_GCM)


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    """Somebody with a case that went to its end."""
    citizen = await cases.proven(
        work.resources, outside_world, new_human(outside_world, born=date(1940, 1, 1))
    )
    await cases.completed(citizen, work)
    return citizen


async def sealed_with(prefix: str) -> tuple[int, int]:
    """How many values begin so, and how many there are."""
    matching = whole = 0
    for column in COLUMNS:
        (row,) = await fetch(
            f"SELECT count(*) AS whole, count(*) FILTER (WHERE starts_with({column.column}, $1)) AS matching"  # noqa: S608 - names of a list of ours
            f" FROM {column.table} WHERE {column.column} IS NOT NULL",
            prefix,
        )
        matching, whole = matching + row["matching"], whole + row["whole"]
    return matching, whole


async def opens(work: Casework, citizen: Citizen, ring: KeyRing) -> None:
    """The person, the case and its document open with this ring."""
    resources = replace(work.resources, keys=replace(work.resources.keys, ring=ring))
    assert citizen.person_id is not None
    assert (await facts_of(citizen.person_id, resources)).name == "沈阿福"
    documents = await fetch("SELECT id FROM certificate WHERE file_key IS NOT NULL")
    assert documents
    turned_work = replace(work, resources=resources)
    for document in documents:
        assert (await certificate_file(citizen, turned_work, document["id"])).startswith(b"%PDF")


async def test_the_list_holds_every_sealed_column_of_the_database(database: str) -> None:
    rows = await fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND column_name LIKE '%sealed' AND data_type = 'text'"
    )
    assert {(column.table, column.column) for column in COLUMNS} == {
        (row["table_name"], row["column_name"]) for row in rows
    }, "whoever adds a sealed column names it in backend/resealing.py"


async def test_afterwards_the_old_key_is_not_needed_any_more(
    work: Casework, citizen: Citizen, keys: Keys
) -> None:
    ring, files = turned(keys), work.resources.ports.files
    _, whole = await sealed_with("S1.k9.")
    told = await reseal(ring, files, batch=2)
    assert (await sealed_with("S1.k9."), told.unopened) == ((whole, whole), [])
    assert told.done == whole + 2  # the uploaded card and the document
    only_new = KeyRing({"k9": NEW}, "k9", Suite.SM4_GCM)
    await opens(work, citizen, only_new)
    again = await reseal(only_new, files)
    assert (again.done, again.unopened) == (0, [])
    assert sentences(again, "k9")[-1] == "No other key is needed for what is kept."
    assert await trail("house:keys") == ["resealing_begun", "resealed"] * 2


class KilledAfter:
    """A file store whose process dies in the middle."""

    def __init__(self, files: Any, calls: int) -> None:
        self._files, self._left = files, calls

    async def get(self, key: str) -> bytes:
        content: bytes = await self._files.get(key)
        return content

    async def put(self, key: str, content: bytes) -> None:
        self._left -= 1
        if self._left < 0:
            raise asyncio.CancelledError
        await self._files.put(key, content)

    async def delete(self, key: str) -> None:
        await self._files.delete(key)


async def test_a_run_that_is_killed_half_way_goes_on_and_everything_opens_meanwhile(
    work: Casework, citizen: Citizen, keys: Keys
) -> None:
    ring, files = turned(keys), work.resources.ports.files
    with pytest.raises(asyncio.CancelledError):
        await reseal(ring, KilledAfter(files, 1), batch=1)
    await opens(work, citizen, ring)
    assert await trail("house:keys") == ["resealing_begun"]
    rest = await reseal(ring, files)
    assert (rest.done, rest.unopened) == (1, [])
    await opens(work, citizen, KeyRing({"k9": NEW}, "k9", Suite.SM4_GCM))


async def test_two_runs_at_once_and_a_write_between_lose_nothing(
    work: Casework, citizen: Citizen, keys: Keys
) -> None:
    ring, files = turned(keys), work.resources.ports.files
    _, whole = await sealed_with("S1.k9.")
    first, second = await asyncio.gather(reseal(ring, files, batch=1), reseal(ring, files, batch=2))
    assert first.unopened + second.unopened == []
    assert await sealed_with("S1.k9.") == (whole, whole)
    await opens(work, citizen, KeyRing({"k9": NEW}, "k9", Suite.SM4_GCM))


async def test_without_the_old_key_nothing_is_touched_and_it_is_said_what_is_missing(
    work: Casework, citizen: Citizen, keys: Keys
) -> None:
    alone = KeyRing({"k9": NEW}, "k9", Suite.SM4_GCM)
    before, whole = await sealed_with("A1.k1.")
    told = await reseal(alone, work.resources.ports.files)
    assert (told.done, len(told.unopened)) == (0, whole + 2)  # the uploaded card and the document
    assert before == whole
    assert (await trail("house:keys"))[-1] == "resealed_in_part"
    assert "Put the key that is missing back" in sentences(told, "k9")[-1]
    with pytest.raises(CannotOpen):
        await opens(work, citizen, alone)
    await opens(work, citizen, keys.ring)
