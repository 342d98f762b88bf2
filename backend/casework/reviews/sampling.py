"""抽查: a share of cases goes through an extra step, drawn so that nobody can foresee it and anybody with the key can prove it.

The draw is a keyed digest of case and step: no officer can work it out beforehand, a second draw of the same case is
the first one, and who holds the key reckons every draw again. What was drawn, and by which share, is kept and audited.
"""

from uuid import UUID

import orjson

from backend.casework.definitions import ServiceItem
from backend.database import audit
from backend.database.record import Transaction
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.sealing import BlindIndex

ACTOR = "machine:sampling"
LOTS = 10_000
"""Draws are hundredths of a percent."""


def drawn(index: BlindIndex, application_id: UUID, step_code: str) -> int:
    """The lot of a case for a step, 0 to 9999, each as likely as any other."""
    digest = index.of(f"{application_id}:{step_code}", "review.sample").rpartition(".")[2]
    return int(digest, 16) % LOTS


async def draw_samples(tx: Transaction, index: BlindIndex, item: ServiceItem, application_id: UUID) -> None:
    """Draw for each step of the item that only a share of cases goes through, once, by the share of the case's edition."""
    steps = [step for step in item.steps if step.sampled is not None]
    if not steps:
        return
    case = await tx.fetch_one("SELECT figures FROM application WHERE id = $1", application_id)
    if case is None:
        raise LookupError("an event without its case")
    figures = {one.name: one.default for one in item.parameters} | orjson.loads(case["figures"])
    for step in steps:
        lot, percent = drawn(index, application_id, step.code), int(figures[step.sampled])
        row = await tx.fetch_one(
            "INSERT INTO case_sample (id, created_at, application_id, step_code, lot, percent, chosen)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (application_id, step_code) DO NOTHING RETURNING chosen",
            new_id(),
            clock.now(),
            application_id,
            step.code,
            lot,
            percent,
            lot < percent * LOTS // 100,
        )
        if row is not None:
            await audit.append(
                tx,
                subject=f"application:{application_id}",
                kind="sample_drawn",
                actor=ACTOR,
                detail={"step": step.code, "lot": lot, "percent": percent, "chosen": row["chosen"]},
            )
