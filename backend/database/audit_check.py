"""Proving the audit trail: every chain, every batch, every entry that should be there; and where it breaks."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import orjson

from backend.database.audit import GENESIS, entry_digest
from backend.database.audit_batches import merkle_root, seal_of, unpacked
from backend.database.record import Row, fetch
from backend.kit.sealing import BlindIndex

PAGE = 2_000
MOST = 1_000
"""Findings that are kept: one is enough to know, and a broken table would have millions."""


class Wrong(StrEnum):
    """What is the matter with an entry or a batch."""

    ALTERED = "ALTERED"
    """It says something else than its digest."""
    BROKEN = "BROKEN"
    """It does not follow the entry before it in its chain: one is missing, or was put in."""
    REWRITTEN = "REWRITTEN"
    """It is whole in itself, and not what was sealed."""
    MISSING = "MISSING"
    """It was sealed and is gone."""
    SMUGGLED = "SMUGGLED"
    """It claims a batch that was sealed without it."""
    BATCH_FORGED = "BATCH_FORGED"
    """A batch whose root or seal is not the one that our key makes, or that does not follow the one before."""
    BATCH_MISSING = "BATCH_MISSING"
    """A batch that was seen elsewhere is not there, or is another one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was touched."""

    id: UUID
    wrong: Wrong
    batch: int | None
    subject: str
    sequence: int
    kind: str
    at: datetime | None

    def told(self) -> Mapping[str, object]:
        """For people at a terminal and for monitors."""
        return {
            "wrong": self.wrong.value,
            "entry": str(self.id),
            "subject": self.subject,
            "sequence": self.sequence,
            "kind": self.kind,
            "at": None if self.at is None else self.at.isoformat(),
            "batch": self.batch,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was proven, and what was not."""

    subjects: int
    entries: int
    batches: int
    unsealed: int
    findings: tuple[Finding, ...]
    """By when the entry was written, which its id tells: the first that was touched stands first."""
    last_seal: str


async def verify(key: BlindIndex, anchors: Mapping[int, str] | None = None) -> Verdict:
    """Prove everything. ``anchors`` are seals of batches that were noted elsewhere, by number."""
    findings: list[Finding] = []
    sums: Counter[str] = Counter()
    async for finding in _chains(sums):
        findings.append(finding)
        if len(findings) >= MOST:
            break
    last = GENESIS
    expected = dict(anchors or {})
    async for batch in _batches():
        sums["batches"] += 1
        number, seal = batch["number"], batch["seal"]
        findings += await _batch(key, batch, number=sums["batches"], previous=last)
        if expected.pop(number, seal) != seal:
            findings.append(_of_batch(batch, Wrong.BATCH_MISSING))
        last = seal
        if len(findings) >= MOST:
            break
    findings += [
        Finding(UUID(int=2**128 - 1), Wrong.BATCH_MISSING, number, "", 0, "", None)
        for number in sorted(expected)
    ]
    return Verdict(
        subjects=sums["subjects"],
        entries=sums["entries"],
        batches=sums["batches"],
        unsealed=sums["unsealed"],
        findings=tuple(sorted(findings, key=lambda one: (one.id, one.wrong))),
        last_seal=last,
    )


_ENTRY = "id, subject, sequence, kind, actor, detail, at, previous_digest, digest, batch"


async def _chains(sums: Counter[str]) -> AsyncIterator[Finding]:
    """Walk every chain in the order of its subject and sequence."""
    subject, sequence, digest = "", 0, GENESIS
    while rows := await fetch(
        f"SELECT {_ENTRY} FROM audit_entry WHERE (subject, sequence) > ($1, $2)"  # noqa: S608 - a constant of ours
        " ORDER BY subject, sequence LIMIT $3",
        subject,
        sequence,
        PAGE,
    ):
        for row in rows:
            if row["subject"] != subject:
                sums["subjects"] += 1
                subject, sequence, digest = row["subject"], 0, GENESIS
            sums["entries"] += 1
            sums["unsealed"] += row["batch"] is None
            if _digest(row) != row["digest"]:
                yield _of_entry(row, Wrong.ALTERED)
            elif (row["sequence"], row["previous_digest"]) != (sequence + 1, digest):
                yield _of_entry(row, Wrong.BROKEN)
            # Go on from what is there: one break is one finding, not as many as entries come after it.
            sequence, digest = row["sequence"], row["digest"]


async def _batches() -> AsyncIterator[Row]:
    number = 0
    while rows := await fetch(
        "SELECT id, number, leaves, root, previous_seal, sealed_at, seal FROM audit_batch"
        " WHERE number > $1 ORDER BY number LIMIT 1",
        number,
    ):
        number = rows[0]["number"]
        yield rows[0]


async def _batch(key: BlindIndex, batch: Row, *, number: int, previous: str) -> list[Finding]:
    """What is wrong with a batch: with itself first, since its leaves are only believed when its seal is right."""
    try:
        leaves = unpacked(batch["leaves"])
    except ValueError:
        return [_of_batch(batch, Wrong.BATCH_FORGED)]
    seal = seal_of(
        key,
        number=batch["number"],
        root=merkle_root(leaves),
        previous=batch["previous_seal"],
        sealed_at=batch["sealed_at"],
    )
    if (batch["number"], batch["previous_seal"], batch["seal"], batch["root"]) != (
        number,
        previous,
        seal,
        merkle_root(leaves),
    ):
        return [_of_batch(batch, Wrong.BATCH_FORGED)]
    rows = await fetch(
        f"SELECT {_ENTRY} FROM audit_entry WHERE batch = $1 OR id = ANY($2)",  # noqa: S608 - a constant of ours
        batch["number"],
        [entry for entry, _ in leaves],
    )
    held = {UUID(int=row["id"].int): row for row in rows}
    sealed = dict(leaves)
    found = []
    for entry, digest in leaves:
        row = held.get(entry)
        if row is None:
            found.append(Finding(entry, Wrong.MISSING, batch["number"], "", 0, "", None))
        elif row["digest"] != digest or row["batch"] != batch["number"]:
            found.append(_of_entry(row, Wrong.REWRITTEN))
    found += [_of_entry(row, Wrong.SMUGGLED) for entry, row in held.items() if entry not in sealed]
    return found


def _digest(row: Row) -> str:
    return entry_digest(
        row["previous_digest"],
        subject=row["subject"],
        sequence=row["sequence"],
        kind=row["kind"],
        actor=row["actor"],
        detail=orjson.loads(row["detail"]),
        at=row["at"],
    )


def _of_entry(row: Row, wrong: Wrong) -> Finding:
    return Finding(
        UUID(int=row["id"].int), wrong, row["batch"], row["subject"], row["sequence"], row["kind"], row["at"]
    )


def _of_batch(batch: Row, wrong: Wrong) -> Finding:
    return Finding(UUID(int=batch["id"].int), wrong, batch["number"], "", 0, "", batch["sealed_at"])
