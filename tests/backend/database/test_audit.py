"""The audit trail: one unforked chain per subject, also when many write at once."""

import asyncio
from datetime import datetime

import orjson
import pytest
from asyncpg import Record

from backend.database import audit
from backend.database.audit import GENESIS, entry_digest
from backend.database.record import fetch, transaction
from tests.support.rows import count


async def append(subject: str, kind: str = "seen", **detail: object) -> None:
    async with transaction() as tx:
        await audit.append(tx, subject=subject, kind=kind, actor="officer:1", detail=detail)


async def chain(subject: str) -> list[Record]:
    return list(await fetch("SELECT * FROM audit_entry WHERE subject = $1 ORDER BY sequence", subject))


def told_by(entry: Record, previous: str) -> str:
    return entry_digest(
        previous,
        subject=entry["subject"],
        sequence=entry["sequence"],
        kind=entry["kind"],
        actor=entry["actor"],
        detail=orjson.loads(entry["detail"]),
        at=entry["at"],
    )


async def test_entries_follow_one_another_and_each_is_bound_to_the_one_before(database: str) -> None:
    await append("person:1", "bound", level="REAL_NAME", z=1, a=[1, {"y": 2, "x": None}])
    await append("person:1", "looked_at")
    await append("person:2", "bound")

    first, second = await chain("person:1")
    assert [(one["sequence"], one["kind"], one["actor"]) for one in (first, second)] == [
        (1, "bound", "officer:1"),
        (2, "looked_at", "officer:1"),
    ]
    assert (first["previous_digest"], second["previous_digest"]) == (GENESIS, first["digest"])
    assert (first["digest"], second["digest"]) == (told_by(first, GENESIS), told_by(second, first["digest"]))
    assert orjson.loads(first["detail"]) == {"level": "REAL_NAME", "z": 1, "a": [1, {"y": 2, "x": None}]}
    (other,) = await chain("person:2")
    assert (other["sequence"], other["previous_digest"]) == (1, GENESIS)


async def test_many_who_write_at_once_do_not_fork_the_chain(database: str) -> None:
    await asyncio.gather(*(append("person:1", place=place) for place in range(30)), append("person:2"))

    entries = await chain("person:1")
    assert [one["sequence"] for one in entries] == list(range(1, 31))
    previous = GENESIS
    for one in entries:
        assert one["previous_digest"] == previous
        assert one["digest"] == told_by(one, previous)
        previous = one["digest"]
    assert sorted(orjson.loads(one["detail"])["place"] for one in entries) == list(range(30))


async def test_what_is_rolled_back_leaves_no_entry_and_no_gap(database: str) -> None:
    async def change_of_mind() -> None:
        async with transaction() as tx:
            await audit.append(tx, subject="person:1", kind="seen", actor="officer:1")
            raise LookupError

    with pytest.raises(LookupError):
        await change_of_mind()
    assert await count("audit_entry") == 0
    await append("person:1")
    assert [one["sequence"] for one in await chain("person:1")] == [1]


async def test_several_entries_of_one_act_follow_one_another(database: str) -> None:
    async with transaction() as tx:
        for kind in ("first", "second"):
            await audit.append(tx, subject="person:1", kind=kind, actor="machine:test")
    assert [(one["sequence"], one["kind"]) for one in await chain("person:1")] == [
        (1, "first"),
        (2, "second"),
    ]


def test_everything_an_entry_says_is_in_its_digest() -> None:
    said = {
        "subject": "person:1",
        "sequence": 1,
        "kind": "seen",
        "actor": "officer:1",
        "detail": {"a": 1, "b": 2},
        "at": datetime.fromisoformat("2026-11-25T10:00:00.000001+08:00"),
    }
    digest = entry_digest(GENESIS, **said)  # type: ignore[arg-type]  # spelled out above
    same = {
        **said,
        "detail": {"b": 2, "a": 1},
        "at": datetime.fromisoformat("2026-11-25T02:00:00.000001+00:00"),
    }
    assert entry_digest(GENESIS, **same) == digest  # type: ignore[arg-type]  # as above
    for name, other in (
        ("subject", "person:2"),
        ("sequence", 2),
        ("kind", "sown"),
        ("actor", "officer:2"),
        ("detail", {"a": 1}),
        ("at", datetime.fromisoformat("2026-11-25T10:00:00.000002+08:00")),
    ):
        assert entry_digest(GENESIS, **{**said, name: other}) != digest  # type: ignore[arg-type]  # as above
    assert entry_digest("1" * 64, **said) != digest  # type: ignore[arg-type]  # as above
