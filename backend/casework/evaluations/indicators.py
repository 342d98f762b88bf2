"""What can be said beside a level: tags under the second-level indices, as data in editions.

国办发〔2019〕51号 names the indices: online 办事效率、指南精确度、便捷度、平台操作性, on site 服务效率、服务水平、服务态度. The
words of the tags are ours. An edition that was used stays in ``EDITIONS``, so that old evaluations can be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.errors import FieldProblem, Invalid, Text

MIDDLE = 3
"""基本满意: with it praise and complaint may stand side by side."""
MOST_TAGS = 6

NO_SUCH_TAG = Text(
    "没有这个评价标签，或与所选等级不符。", "There is no such tag, or it does not fit the level."
)
TOO_MANY_TAGS = Text("评价标签最多6个。", "At most 6 tags.")


class Side(StrEnum):
    """Where the service was given."""

    ONLINE = "ONLINE"
    ON_SITE = "ON_SITE"


@dataclass(frozen=True, slots=True)
class Tag:
    """Something to tick."""

    code: str
    side: Side
    index: Text
    """二级指标"""
    praises: bool
    name: Text


def _pair(code: str, side: Side, index: Text, praise: Text, complaint: Text) -> tuple[Tag, Tag]:
    return (
        Tag(f"{code}_GOOD", side, index, praises=True, name=praise),
        Tag(f"{code}_BAD", side, index, praises=False, name=complaint),
    )


EDITIONS: Mapping[int, tuple[Tag, ...]] = {
    1: (
        *_pair(
            "ONLINE_SPEED",
            Side.ONLINE,
            Text("办事效率", "Speed"),
            Text("办得快", "Quick"),
            Text("办得慢", "Slow"),
        ),
        *_pair(
            "ONLINE_GUIDE",
            Side.ONLINE,
            Text("指南精确度", "Guide"),
            Text("指南清楚准确", "The guide is clear"),
            Text("指南不清楚、不准确", "The guide is unclear or wrong"),
        ),
        *_pair(
            "ONLINE_EASE",
            Side.ONLINE,
            Text("便捷度", "Ease"),
            Text("材料少、跑动少", "Few papers, no errands"),
            Text("材料多、来回跑", "Too many papers or errands"),
        ),
        *_pair(
            "ONLINE_PLATFORM",
            Side.ONLINE,
            Text("平台操作性", "Platform"),
            Text("操作简单", "Easy to use"),
            Text("操作复杂、常出错", "Hard to use, or failing"),
        ),
        *_pair(
            "SITE_SPEED",
            Side.ON_SITE,
            Text("服务效率", "Speed"),
            Text("等候短、办得快", "Short wait, quick"),
            Text("等候长、办得慢", "Long wait, slow"),
        ),
        *_pair(
            "SITE_SKILL",
            Side.ON_SITE,
            Text("服务水平", "Skill"),
            Text("业务熟、一次说清", "Knows the work, said it all at once"),
            Text("业务不熟、没有一次说清", "Does not know the work, or did not say it all at once"),
        ),
        *_pair(
            "SITE_MANNER",
            Side.ON_SITE,
            Text("服务态度", "Manner"),
            Text("态度热情", "Friendly"),
            Text("态度冷淡、生硬", "Cold or rude"),
        ),
    )
}
CURRENT = 1
_BY_CODE = {tag.code: tag for tag in EDITIONS[CURRENT]}


def check_tags(codes: list[str], level: int, sides: frozenset[Side]) -> list[str]:
    """The tags, each once and in the order of the edition. Raises ``Invalid`` for one that does not fit."""
    if len(set(codes)) > MOST_TAGS:
        raise Invalid(TOO_MANY_TAGS).about("input", "tags")
    wrong = [place for place, code in enumerate(codes) if not _fits(_BY_CODE.get(code), level, sides)]
    if wrong:
        raise Invalid(
            NO_SUCH_TAG,
            fields=tuple(FieldProblem(("input", "tags", place), NO_SUCH_TAG) for place in wrong),
        )
    return [code for code in _BY_CODE if code in codes]


def _fits(tag: Tag | None, level: int, sides: frozenset[Side]) -> bool:
    return tag is not None and tag.side in sides and (level == MIDDLE or tag.praises == (level > MIDDLE))
