"""The made-up people of the demo: always the same, with sound numbers, around the limits of the old-age allowance."""

import random
from dataclasses import dataclass
from datetime import date

from backend.kit import resident_id

_SURNAMES = "沈陈王李张徐吴潘陆俞章蒋"
_GIVEN = ("阿福", "桂英", "文远", "秀珍", "志明", "雪琴", "松年", "月娥", "建平", "海燕", "子轩", "雨桐")
_HOMES = (
    # (household division, born)
    ("330521", date(1943, 5, 12)),  # 德清县; lives in Shanghai, the citizen of the walk-through
    ("330521", date(1936, 2, 3)),  # turned 90 in 2026: the next band of the allowance
    ("330102", date(1926, 9, 30)),  # 上城区; a hundred years
    ("330114", date(1946, 11, 1)),  # 钱塘区; just 80
    ("330114", date(1947, 6, 15)),  # not yet 80 in 2026
    ("330203", date(1940, 12, 31)),  # 海曙区
    ("330302", date(1938, 2, 28)),  # 鹿城区
    ("330402", date(1951, 7, 7)),  # 南湖区
    ("330602", date(1961, 1, 20)),  # 越城区
    ("330702", date(1990, 10, 10)),  # 婺城区
    ("331002", date(2001, 3, 8)),  # 椒江区
    ("330521", date(2015, 6, 1)),  # a child under 14
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the population registry knows."""

    name: str
    resident_id: str
    household_division: str
    """户籍地, six digits."""


def demo_people() -> tuple[Person, ...]:
    """Twelve people; the first is the citizen of the walk-through."""
    chance = random.Random(330521)
    return tuple(
        Person(
            name=surname + given,
            resident_id=resident_id.make(division, born, chance.randrange(100, 1000)),
            household_division=division,
        )
        for surname, given, (division, born) in zip(_SURNAMES, _GIVEN, _HOMES, strict=True)
    )
