"""Scores that everybody may see: counted with each evaluation, published once a month, small numbers kept back.

The counts lie by organ and item in a division. After its month they become figures of one tree (nation, province, city,
county, organ) and of the items of the whole nation, which are written once and never change, so that no two editions
of a figure can be compared. What is kept back cannot be reckoned from what is published:

* nothing below ``SMALLEST`` evaluations is published;
* what is kept back below one published figure is always two or more, and together at least ``SMALLEST``: else the
  smallest of the others is kept back as well;
* below what is kept back nothing is published.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backend.casework.evaluations.models import ScoreAxis
from backend.database.record import Transaction, fetch, transaction
from backend.kit import clock, regions
from backend.kit.ids import new_id

SMALLEST = 10
"""Evaluations; ours, unverified: no rule of the state names a number."""
GOOD = 3
"""基本满意 and better."""


def period_of(at: datetime) -> str:
    """The month in whose figures something counts, ``YYYY-MM`` in legal time."""
    return f"{clock.local(at):%Y-%m}"


async def count_evaluation(
    tx: Transaction, event: Mapping[str, Any], period: str, level: int, step: int
) -> None:
    """One more, or one less, of a level: ``event`` has division, organ_code, organ_name and item_code."""
    await tx.execute(
        "INSERT INTO evaluation_count AS c (id, created_at, period, division, organ_code, organ_name, item_code, level, count)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (period, division, organ_code, item_code, level)"
        " DO UPDATE SET count = c.count + EXCLUDED.count",
        new_id(),
        clock.now(),
        period,
        event["division"],
        event["organ_code"],
        event["organ_name"],
        event["item_code"],
        level,
        step,
    )


@dataclass(slots=True)
class Node:
    """A figure that may be published, and what it is the sum of."""

    axis: ScoreAxis
    subject: str
    within: str
    name: str = ""
    count: int = 0
    points: int = 0
    good: int = 0
    below: dict[str, "Node"] = field(default_factory=dict)

    def add(self, level: int, count: int) -> None:
        """So many more of a level."""
        self.count += count
        self.points += level * count
        self.good += count if level >= GOOD else 0


def trees(rows: Sequence[Mapping[str, Any]]) -> tuple[Node, Node]:
    """The nation by division and organ, and the nation by item, from the counts of a month."""
    nation = Node(ScoreAxis.REGION, regions.NATION, regions.NATION)
    items = Node(ScoreAxis.REGION, regions.NATION, regions.NATION)
    for row in rows:
        level, count, organ, item = row["level"], row["count"], row["organ_code"], row["item_code"]
        node = nation
        node.add(level, count)
        for place in regions.path(row["division"]):
            node = node.below.setdefault(place.code, Node(ScoreAxis.REGION, place.code, node.subject))
            node.add(level, count)
        leaf = node.below.setdefault(
            f"organ:{organ}", Node(ScoreAxis.ORGAN, organ, node.subject, row["organ_name"])
        )
        leaf.add(level, count)
        items.add(level, count)
        items.below.setdefault(item, Node(ScoreAxis.ITEM, item, regions.NATION)).add(level, count)
    return nation, items


def published(root: Node) -> Iterator[Node]:
    """What of a tree is published; see the rules above."""
    if root.count < SMALLEST:
        return
    yield root
    children = sorted((one for one in root.below.values() if one.count), key=lambda one: one.count)
    # What is of no item has no name under which it could be told.
    kept = [one for one in children if one.count < SMALLEST or not one.subject]
    told = [one for one in children if one not in kept]
    while kept and told and (len(kept) < 2 or sum(one.count for one in kept) < SMALLEST):
        kept.append(told.pop(0))
    for one in told:
        yield from published(one)


async def publish_scores() -> int:
    """Publish the months that are over and were not published; returns how many months. Safe beside itself."""
    months = await fetch(
        "SELECT DISTINCT period FROM evaluation_count c WHERE period < $1"
        " AND NOT EXISTS (SELECT FROM evaluation_publication p WHERE p.period = c.period) ORDER BY period LIMIT 24",
        period_of(clock.now()),
    )
    done = 0
    for month in months:
        async with transaction() as tx:
            done += await _publish(tx, month["period"])
    return done


async def _publish(tx: Transaction, period: str) -> int:
    first = await tx.fetch_one(
        "INSERT INTO evaluation_publication (id, created_at, period) VALUES ($1, $2, $3)"
        " ON CONFLICT (period) DO NOTHING RETURNING id",
        new_id(),
        clock.now(),
        period,
    )
    if first is None:
        return 0
    rows = await tx.fetch(
        "SELECT division, organ_code, organ_name, item_code, level, count FROM evaluation_count"
        " WHERE period = $1 AND count > 0",
        period,
    )
    nation, items = trees(rows)
    # The nation itself stands in both trees and is the same figure.
    told = [*published(nation), *(one for one in published(items) if one is not items)]
    await tx.execute(
        "INSERT INTO evaluation_score (id, created_at, period, axis, subject, within, name, count, points, good)"
        " SELECT n.id, $1, $2, n.axis, n.subject, n.within, n.name, n.count, n.points, n.good FROM unnest($3::uuid[],"
        " $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::int[], $10::int[])"
        " AS n(id, axis, subject, within, name, count, points, good)",
        clock.now(),
        period,
        [new_id() for _ in told],
        [one.axis.value for one in told],
        [one.subject for one in told],
        [one.within for one in told],
        [one.name for one in told],
        [one.count for one in told],
        [one.points for one in told],
        [one.good for one in told],
    )
    return 1
