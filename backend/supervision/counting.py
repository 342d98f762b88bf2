"""Counts that are kept and not scanned: steps written by whoever causes them, folded into totals by a clock.

A step is an insert, so that no case waits for another one of its organ. A total holds a division with everything below it.
``rebuild`` makes the totals anew from the cases and orders, and finds what the steps have led to.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.database.record import Transaction, transaction
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.supervision.models import Axis, Light

FOLDED_AT_ONCE = 20_000
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('supervision_count', 0))"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case is counted."""

    division: str
    organ_code: str
    organ_name: str
    item_code: str
    officer: str

    def subjects(self) -> Iterator[tuple[Axis, str, str]]:
        """Axis, subject and label of every board it is on."""
        yield Axis.ORGAN, self.organ_code, self.organ_name
        yield Axis.ITEM, self.item_code, ""
        if self.officer:
            yield Axis.OFFICER, self.officer, ""


@dataclass(frozen=True, slots=True)
class Step:
    """One more or one less of something."""

    place: Place
    measure: str
    step: int


def measure_of(light: Light, *, ended: bool) -> str:
    """What a case is counted as."""
    return f"ENDED_{light.value}" if ended else light.value


def order_measures(*, state: str, late: bool) -> Iterator[str]:
    """What an order is counted as."""
    if state == "OPEN":
        yield "ORDERS_OPEN"
    if late:
        yield "ORDERS_LATE"


async def write_steps(tx: Transaction, steps: Iterable[Step]) -> None:
    """Write steps with what caused them; what cancels out is not written."""
    sums: dict[tuple[str, str, str, str, str], int] = {}
    for one in steps:
        for axis, subject, label in one.place.subjects():
            key = (axis.value, one.place.division, subject, label, one.measure)
            sums[key] = sums.get(key, 0) + one.step
    rows = [(key, step) for key, step in sums.items() if step]
    if not rows:
        return
    await tx.execute(
        "INSERT INTO supervision_change (id, created_at, axis, division, subject, label, measure, step)"
        " SELECT n.id, $1, n.axis, n.division, n.subject, n.label, n.measure, n.step FROM unnest($2::uuid[],"
        " $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[])"
        " AS n(id, axis, division, subject, label, measure, step)",
        clock.now(),
        [new_id() for _ in rows],
        *([key[part] for key, _ in rows] for part in range(5)),
        [step for _, step in rows],
    )


async def fold() -> int:
    """Fold the steps written so far into the totals; returns how many steps. Safe beside itself."""
    done = 0
    while True:
        async with transaction() as tx:
            await tx.execute(_LOCK)
            rows = await tx.fetch(
                "WITH chosen AS MATERIALIZED (SELECT id FROM supervision_change LIMIT $1),"
                " gone AS (DELETE FROM supervision_change c USING chosen WHERE c.id = chosen.id"
                "   RETURNING axis, division, subject, label, measure, step)"
                " SELECT axis, division, subject, max(label) AS label, measure, sum(step)::int AS step,"
                "   count(*)::int AS steps FROM gone GROUP BY axis, division, subject, measure",
                FOLDED_AT_ONCE,
            )
            await _add(
                tx,
                [
                    (row["axis"], row["division"], row["subject"], row["label"], row["measure"], row["step"])
                    for row in rows
                ],
            )
        steps: int = sum(row["steps"] for row in rows)
        done += steps
        if steps < FOLDED_AT_ONCE:
            return done


async def rebuild() -> int:
    """Make every total anew from cases and orders; returns how many totals there are.

    Nobody can write a step meanwhile, and steps that were written are counted already with what caused them.
    """
    async with transaction() as tx:
        await tx.execute(_LOCK)
        await tx.execute("LOCK TABLE supervision_change IN ACCESS EXCLUSIVE MODE")
        await tx.execute("DELETE FROM supervision_change")
        await tx.execute("DELETE FROM supervision_count")
        rows = await tx.fetch(_FROM_SCRATCH)
        await _add(
            tx,
            [
                (row["axis"], row["division"], row["subject"], row["label"], row["measure"], row["step"])
                for row in rows
            ],
        )
        (count,) = await tx.fetch("SELECT count(*)::int AS totals FROM supervision_count")
    totals: int = count["totals"]
    return totals


_FROM_SCRATCH = (
    "WITH counted AS ("
    " SELECT division, organ_code, organ_name, item_code, officer,"
    "   CASE WHEN ended THEN 'ENDED_' ELSE '' END || light AS measure FROM supervised_case"
    " UNION ALL SELECT c.division, c.organ_code, c.organ_name, c.item_code, '', m.measure"
    "   FROM supervision_order o JOIN supervised_case c ON c.application_id = o.application_id"
    "   CROSS JOIN LATERAL (SELECT 'ORDERS_OPEN' AS measure WHERE o.state = 'OPEN'"
    "     UNION ALL SELECT 'ORDERS_LATE' WHERE o.late) m"
    "), placed AS ("
    " SELECT 'ORGAN' AS axis, division, organ_code AS subject, organ_name AS label, measure FROM counted"
    " UNION ALL SELECT 'ITEM', division, item_code, '', measure FROM counted"
    " UNION ALL SELECT 'OFFICER', division, officer, '', measure FROM counted WHERE officer <> '')"
    " SELECT axis, division, subject, max(label) AS label, measure, count(*)::int AS step FROM placed"
    " GROUP BY axis, division, subject, measure"
)


def levels(division: str) -> Sequence[str]:
    """The division and everything above it, up to the nation."""
    above = [place.code for place in regions.path(division)]
    return [*dict.fromkeys([regions.NATION, *above, division])]


async def _add(tx: Transaction, rows: Sequence[tuple[str, str, str, str, str, int]]) -> None:
    sums: dict[tuple[str, str, str, str], tuple[int, str]] = {}
    for axis, division, subject, label, measure, step in rows:
        for level in levels(division):
            key = (axis, level, subject, measure)
            before, known = sums.get(key, (0, ""))
            sums[key] = (before + step, label or known)
    moved = {key: held for key, held in sorted(sums.items()) if held[0]}
    await tx.execute(
        "INSERT INTO supervision_count AS c (id, created_at, axis, division, subject, measure, count, label)"
        " SELECT n.id, $1, n.axis, n.division, n.subject, n.measure, n.count, n.label FROM unnest($2::uuid[],"
        " $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[])"
        " AS n(id, axis, division, subject, measure, count, label)"
        " ON CONFLICT (axis, division, subject, measure) DO UPDATE SET count = c.count + EXCLUDED.count,"
        " label = CASE WHEN EXCLUDED.label = '' THEN c.label ELSE EXCLUDED.label END",
        clock.now(),
        [new_id() for _ in moved],
        *([key[part] for key in moved] for part in range(4)),
        [count for count, _ in moved.values()],
        [label for _, label in moved.values()],
    )


async def places(tx: Transaction, application_ids: Sequence[UUID]) -> dict[UUID, Place]:
    """Where cases are counted, held until the transaction ends, in one order for everybody."""
    rows = await tx.fetch(
        "SELECT application_id, division, organ_code, organ_name, item_code, officer FROM supervised_case"
        " WHERE application_id = ANY($1::uuid[]) ORDER BY application_id FOR UPDATE",
        sorted(application_ids),
    )
    return {
        row["application_id"]: Place(
            row["division"], row["organ_code"], row["organ_name"], row["item_code"], row["officer"]
        )
        for row in rows
    }
