"""Published scores: kept and not scanned, written once, and nothing small can be reckoned from them."""

from random import Random

from backend.casework.evaluations.models import ScoreAxis
from backend.casework.evaluations.queries import score_periods, scores
from backend.casework.evaluations.scores import (
    SMALLEST,
    Node,
    count_evaluation,
    publish_scores,
    published,
    trees,
)
from backend.database.record import transaction

ORGAN = {"organ_code": "11330521MB1234567A", "organ_name": "德清县民政局", "item_code": "000599990001"}


def grown(random: Random, depth: int = 3) -> Node:
    """A tree with figures of all sizes, many of them small."""
    node = Node(ScoreAxis.REGION, str(random.random()), "")
    if depth == 0:
        node.add(5, random.choice((0, 1, 2, 5, 9, 10, 11, 30, 200)))
        return node
    for _ in range(random.randint(1, 5)):
        child = grown(random, depth - 1)
        node.below[child.subject] = child
        node.add(5, child.count)
    return node


def whole(node: Node) -> list[Node]:
    return [node, *(one for child in node.below.values() for one in whole(child))]


def test_what_is_kept_back_cannot_be_reckoned_by_difference() -> None:
    random, seen = Random(7), 0
    for _ in range(2000):
        root = grown(random)
        told = {id(one) for one in published(root)}
        assert all(one.count >= SMALLEST for one in whole(root) if id(one) in told)
        for node in whole(root):
            kept = [one for one in node.below.values() if one.count and id(one) not in told]
            if id(node) in told and kept:
                # The difference between the figure and what is told below it: of one it would be that one.
                assert len(kept) == sum(1 for one in node.below.values() if one.count) or len(kept) >= 2
                assert sum(one.count for one in kept) >= SMALLEST
                seen += 1
            if id(node) not in told:
                assert not any(id(one) in told for one in whole(node))
    assert seen > 500


def test_one_small_county_takes_a_neighbour_with_it() -> None:
    rows = [
        {**ORGAN, "division": code, "level": level, "count": count}
        for code, level, count in (("330521", 1, 3), ("330522", 5, 15), ("330523", 4, 40))
    ]
    nation, items = trees(rows)
    assert {(one.axis.value, one.subject) for one in published(nation)} == {
        ("REGION", "000000"),
        ("REGION", "330000"),
        ("REGION", "330500"),
        ("REGION", "330523"),
        ("ORGAN", ORGAN["organ_code"]),
    }
    assert [(one.subject, one.count, one.good) for one in published(items)][1:] == [
        (ORGAN["item_code"], 58, 55)
    ]


async def test_a_month_is_published_once_and_stays_as_it_is(database: str) -> None:
    home = {**ORGAN, "division": "330521"}
    async with transaction() as tx:
        for level, count in ((5, 8), (2, 4), (1, 1)):
            await count_evaluation(tx, home, "2026-01", level, count)
        await count_evaluation(tx, home, "2026-01", 1, -1)  # excluded before the month was published
        await count_evaluation(tx, home, "9999-12", 5, 50)
    assert [await publish_scores(), await publish_scores()] == [1, 0]
    async with transaction() as tx:
        await count_evaluation(tx, home, "2026-01", 2, -1)
    assert await publish_scores() == 0
    assert await score_periods() == ["2026-01"]
    [organ] = await scores(period="2026-01", axis=ScoreAxis.ORGAN, within="330521")
    assert (organ.name, organ.count, organ.points, organ.good) == ("德清县民政局", 12, 48, 8)
    [item] = await scores(period="2026-01", axis=ScoreAxis.ITEM, within="000000")
    assert (item.subject, item.count) == (ORGAN["item_code"], 12)
    assert list(await scores(period="9999-12", axis=ScoreAxis.REGION, within="000000")) == []
