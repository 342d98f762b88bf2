"""Whatever is done to the audit trail behind our back is found, and named."""

import argparse
import asyncio
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import orjson
import pytest
from asyncpg import Record

from backend.database import audit, audit_batches
from backend.database.audit import GENESIS, entry_digest
from backend.database.audit_arguments import add_arguments
from backend.database.audit_batches import (
    merkle_root,
    packed,
    seal_entries,
    seal_of,
    unpacked,
    unsealed_seconds,
)
from backend.database.audit_check import Finding, Verdict, Wrong, verify
from backend.database.audit_command import run
from backend.database.record import fetch, fetch_one, transaction
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.sealing import BlindIndex, IndexSuite

KEY = BlindIndex(b"k" * 32)
OTHER_KEY = BlindIndex(b"o" * 32)


async def append(subject: str, kind: str = "seen", **detail: object) -> None:
    async with transaction() as tx:
        await audit.append(tx, subject=subject, kind=kind, actor="officer:1", detail=detail)


async def entry(subject: str, sequence: int) -> Record:
    row = await fetch_one("SELECT * FROM audit_entry WHERE subject = $1 AND sequence = $2", subject, sequence)
    assert row is not None
    return row


def found(verdict: Verdict) -> list[tuple[Wrong, str, int]]:
    return [(one.wrong, one.subject, one.sequence) for one in verdict.findings]


@pytest.fixture
async def trail(database: str) -> None:
    """Two batches, and something that is not sealed yet."""
    for number in range(1, 4):
        await append("person:1", "looked_at", number=number)
        await append("person:2", "looked_at", number=number)
    await seal_entries(KEY)
    await append("person:1", "decided")
    await append("officer:1", "signed_in")
    await seal_entries(KEY)
    await append("person:1", "waiting")


async def rewritten(row: Record, *, previous: str | None = None, **changes: object) -> str:
    """Change an entry and give it the digest that goes with it, as somebody would who has read our code."""
    told = {"kind": row["kind"], "actor": row["actor"], **changes}
    digest = entry_digest(
        previous or row["previous_digest"],
        subject=row["subject"],
        sequence=row["sequence"],
        kind=str(told["kind"]),
        actor=str(told["actor"]),
        detail=orjson.loads(row["detail"]),
        at=row["at"],
    )
    await fetch(
        "UPDATE audit_entry SET kind = $2, actor = $3, previous_digest = $4, digest = $5 WHERE id = $1",
        row["id"],
        told["kind"],
        told["actor"],
        previous or row["previous_digest"],
        digest,
    )
    return digest


@pytest.mark.usefixtures("trail")
async def test_a_trail_that_nobody_touched_is_proven() -> None:
    verdict = await verify(KEY)
    last = await fetch_one("SELECT seal FROM audit_batch ORDER BY number DESC LIMIT 1")
    assert last is not None
    assert verdict == Verdict(3, 9, 2, 1, (), last["seal"])
    assert await seal_entries(KEY) == 1
    assert await seal_entries(KEY) == 0
    assert (await verify(KEY)).unsealed == 0


@pytest.mark.usefixtures("trail")
async def test_an_altered_entry_is_named() -> None:
    await fetch("UPDATE audit_entry SET actor = 'officer:9' WHERE subject = 'person:1' AND sequence = 2")
    verdict = await verify(KEY)
    row = await entry("person:1", 2)
    assert verdict.findings == (
        Finding(UUID(int=row["id"].int), Wrong.ALTERED, 1, "person:1", 2, "looked_at", row["at"]),
    )


@pytest.mark.usefixtures("trail")
async def test_an_entry_that_was_altered_with_its_digest_breaks_its_chain_and_its_batch() -> None:
    await rewritten(await entry("person:1", 2), actor="officer:9")
    assert found(await verify(KEY)) == [(Wrong.REWRITTEN, "person:1", 2), (Wrong.BROKEN, "person:1", 3)]


@pytest.mark.usefixtures("trail")
async def test_a_chain_that_was_written_anew_is_found_by_the_batches_from_its_first_touched_entry() -> None:
    digest = await rewritten(await entry("person:1", 2), actor="officer:9")
    for sequence in (3, 4, 5):
        digest = await rewritten(await entry("person:1", sequence), previous=digest)
    assert found(await verify(KEY)) == [
        (Wrong.REWRITTEN, "person:1", 2),
        (Wrong.REWRITTEN, "person:1", 3),
        (Wrong.REWRITTEN, "person:1", 4),
    ]


@pytest.mark.usefixtures("trail")
async def test_a_deleted_end_and_a_deleted_subject_are_missing() -> None:
    last, only = await entry("person:2", 3), await entry("officer:1", 1)
    await fetch("DELETE FROM audit_entry WHERE id = ANY($1)", [last["id"], only["id"]])
    verdict = await verify(KEY)
    assert [(one.wrong, one.id, one.batch) for one in verdict.findings] == [
        (Wrong.MISSING, UUID(int=last["id"].int), 1),
        (Wrong.MISSING, UUID(int=only["id"].int), 2),
    ]


@pytest.mark.usefixtures("trail")
async def test_an_entry_deleted_in_the_middle_is_missing_and_breaks_its_chain() -> None:
    row = await entry("person:2", 2)
    await fetch("DELETE FROM audit_entry WHERE id = $1", row["id"])
    assert found(await verify(KEY)) == [(Wrong.MISSING, "", 0), (Wrong.BROKEN, "person:2", 3)]


@pytest.mark.usefixtures("trail")
async def test_an_entry_put_into_an_old_batch_is_smuggled() -> None:
    await append("person:3")
    await fetch("UPDATE audit_entry SET batch = 1 WHERE subject = 'person:3'")
    assert found(await verify(KEY)) == [(Wrong.SMUGGLED, "person:3", 1)]


@pytest.mark.usefixtures("trail")
async def test_a_batch_made_without_the_key_is_forged() -> None:
    await rewritten(await entry("person:2", 3), actor="officer:9")
    rows = await fetch("SELECT id, digest FROM audit_entry WHERE batch = 1 ORDER BY id")
    leaves = [(UUID(int=row["id"].int), row["digest"]) for row in rows]
    batch = await fetch_one("SELECT id, sealed_at FROM audit_batch WHERE number = 1")
    assert batch is not None
    root = merkle_root(leaves)
    seal = seal_of(OTHER_KEY, number=1, root=root, previous=GENESIS, sealed_at=batch["sealed_at"])
    await fetch(
        "UPDATE audit_batch SET leaves = $2, root = $3, seal = $4 WHERE id = $1",
        batch["id"],
        packed(leaves),
        root,
        seal,
    )
    await fetch("UPDATE audit_batch SET previous_seal = $1 WHERE number = 2", seal)
    verdict = await verify(KEY)
    assert [(one.wrong, one.batch) for one in verdict.findings] == [
        (Wrong.BATCH_FORGED, 1),
        (Wrong.BATCH_FORGED, 2),
    ]


@pytest.mark.usefixtures("trail")
async def test_a_batch_taken_out_of_the_middle_is_found_by_the_next_one() -> None:
    await fetch("DELETE FROM audit_batch WHERE number = 1")
    verdict = await verify(KEY)
    assert [(one.wrong, one.batch) for one in verdict.findings] == [(Wrong.BATCH_FORGED, 2)]


@pytest.mark.usefixtures("trail")
async def test_an_end_cut_off_with_its_batches_is_found_with_a_seal_that_was_noted_elsewhere() -> None:
    seal = (await verify(KEY)).last_seal
    await fetch("DELETE FROM audit_batch WHERE number = 2")
    await fetch("DELETE FROM audit_entry WHERE batch = 2 OR batch IS NULL")
    assert (await verify(KEY)).findings == ()
    verdict = await verify(KEY, {2: seal})
    assert [(one.wrong, one.batch) for one in verdict.findings] == [(Wrong.BATCH_MISSING, 2)]
    await append("person:1", "another_end")
    await seal_entries(KEY)
    verdict = await verify(KEY, {2: seal})
    assert [(one.wrong, one.batch) for one in verdict.findings] == [(Wrong.BATCH_MISSING, 2)]


async def test_who_seals_at_once_and_who_writes_meanwhile_put_each_entry_into_one_batch(
    database: str,
) -> None:
    async def write(subject: str) -> None:
        for number in range(5):
            await append(subject, number=number)

    await asyncio.gather(
        *(write(f"person:{number}") for number in range(6)), *(seal_entries(KEY) for _ in range(8))
    )
    await seal_entries(KEY)
    rows = await fetch("SELECT leaves FROM audit_batch ORDER BY number")
    sealed = [leaf for row in rows for leaf, _ in unpacked(row["leaves"])]
    assert (len(sealed), len(set(sealed))) == (30, 30)
    assert (await verify(KEY)).findings == ()


async def test_a_batch_has_a_limit_and_a_backlog_is_sealed_in_one_go(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_batches, "MOST", 2)
    for number in range(5):
        await append("person:1", number=number)
    assert await seal_entries(KEY) == 5
    rows = await fetch("SELECT length(leaves) / 48 AS held FROM audit_batch ORDER BY number")
    assert [row["held"] for row in rows] == [2, 2, 1]


async def test_what_waits_to_be_sealed_is_told_in_seconds(database: str) -> None:
    assert await unsealed_seconds() == 0
    await append("person:1")
    with clock.shifted(timedelta(minutes=5)):
        assert 300 <= await unsealed_seconds() < 330
    await seal_entries(KEY)
    assert await unsealed_seconds() == 0


def test_a_root_is_that_of_a_tree_whose_leaves_and_nodes_cannot_be_mistaken_for_one_another() -> None:
    leaves = [(new_id(), sha256(bytes([number])).hexdigest()) for number in range(3)]
    first, second, third = (
        sha256(b"\0" + entry_id.bytes + bytes.fromhex(digest)).digest() for entry_id, digest in leaves
    )
    node = sha256(b"\1" + first + second).digest()
    assert merkle_root(leaves[:1]) == first.hex()
    assert merkle_root(leaves[:2]) == node.hex()
    assert merkle_root(leaves) == sha256(b"\1" + node + third).hexdigest()
    assert merkle_root([]) == sha256().hexdigest()
    assert unpacked(packed(leaves)) == leaves


def test_a_seal_names_its_suite() -> None:
    now = clock.now()
    for suite in IndexSuite:
        seal = seal_of(BlindIndex(b"k" * 32, suite), number=1, root="r", previous=GENESIS, sealed_at=now)
        assert seal.startswith(f"{suite}.")


async def test_the_command_names_the_first_entry_that_was_touched_and_fails(
    trail: None, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert await run(KEY, parser.parse_args(["verify"])) == 0
    assert "Nothing was touched." in capsys.readouterr().out
    row = await entry("person:1", 2)
    await fetch("UPDATE audit_entry SET kind = 'nothing' WHERE id = $1", row["id"])

    assert await run(KEY, parser.parse_args(["verify", "--anchor", "7=none"])) == 1
    lines = capsys.readouterr().out.splitlines()
    assert orjson.loads(lines[0])["wrong"] == "ALTERED"
    assert [orjson.loads(lines[1])[name] for name in ("wrong", "batch")] == ["BATCH_MISSING", 7]
    assert lines[-1] == (
        f"TOUCHED: 2 findings. The first: ALTERED, entry {row['id']} of person:1, sequence 2."
    )
    assert await run(KEY, parser.parse_args(["seal"])) == 0
    assert capsys.readouterr().out.endswith("1 entries were sealed.\n")
