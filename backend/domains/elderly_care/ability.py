"""Levels of ability from an assessment's scores, by a versioned table (老年人能力评估).

The table is GB/T 42195-2022 as people in the field quote it: nobody has read the standard's own text yet,
so its source says ``unverified`` and another version can stand beside it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.casework.definitions import Basis
from backend.domains.elderly_care.sources import ABILITY_STANDARD
from backend.errors import Text


class AbilityLevel(StrEnum):
    """能力等级, from able to not able at all."""

    INTACT = "intact"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    COMPLETE = "complete"


class Worsening(StrEnum):
    """What moves a result to a worse level, whatever the score."""

    COMA = "coma"
    """昏迷: complete loss at once."""
    DEMENTIA_OR_PSYCHOSIS = "dementia_or_psychosis"
    """确诊为痴呆或精神科专科医生诊断的其他精神障碍"""
    ACCIDENTS = "accidents"
    """近30天内发生过2次及以上照护风险事件（跌倒、噎食、走失、自伤等）"""


@dataclass(frozen=True, slots=True)
class ScoreGroup:
    """一级指标: a group of items that are scored together."""

    code: str
    name: Text
    items: int
    most: int


@dataclass(frozen=True, slots=True)
class AbilityTable:
    """One version of the standard."""

    version: str
    source: Basis
    groups: tuple[ScoreGroup, ...]
    floors: Mapping[AbilityLevel, int]
    """Lowest total of each level."""

    @property
    def most(self) -> int:
        """The highest total."""
        return sum(group.most for group in self.groups)

    def level(self, scores: Mapping[str, int], worsenings: Collection[Worsening] = ()) -> AbilityLevel:
        """The level of these scores by group code. Raises ``ValueError`` for scores that cannot be."""
        if scores.keys() != {group.code for group in self.groups}:
            raise ValueError("every group needs a score, and no other has one")
        if any(not 0 <= scores[group.code] <= group.most for group in self.groups):
            raise ValueError("a score is outside of its group's range")
        if Worsening.COMA in worsenings:
            return AbilityLevel.COMPLETE
        total = sum(scores.values())
        levels = list(AbilityLevel)
        reached = next(place for place, level in enumerate(levels) if total >= self.floors[level])
        # However many of them there are, they move it by one level.
        return levels[min(reached + bool(worsenings), len(levels) - 1)]


GB_T_42195_2022 = AbilityTable(
    version="GB/T 42195-2022",
    source=ABILITY_STANDARD,
    groups=(
        ScoreGroup("self_care", Text("自理能力", "Self-care"), items=8, most=32),
        ScoreGroup("movement", Text("基础运动能力", "Basic movement"), items=4, most=15),
        ScoreGroup("mind", Text("精神状态", "State of mind"), items=9, most=27),
        ScoreGroup("senses", Text("感知觉与社会参与", "Senses and taking part"), items=5, most=16),
    ),
    floors={
        AbilityLevel.INTACT: 90,
        AbilityLevel.MILD: 66,
        AbilityLevel.MODERATE: 46,
        AbilityLevel.SEVERE: 30,
        AbilityLevel.COMPLETE: 0,
    },
)

TABLES = (GB_T_42195_2022,)
"""Every version that assessments may have been made by; the last one is in force."""
