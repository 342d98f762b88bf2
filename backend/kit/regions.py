"""Administrative divisions (GB/T 2260, and townships of GB/T 10114 where known) with the time in which each code holds."""

import calendar
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

NATION = "000000"
_LENGTHS = (6, 9, 12)
TOWNSHIP = 4


@dataclass(frozen=True, slots=True)
class Division:
    """A code and what it stands for; ``parent`` is the code above, or ``None`` for a province."""

    code: str
    name: str
    level: int
    """0 nation, 1 province, 2 city (地级), 3 county, 4 township."""
    parent: str | None
    since: str | None = None
    """First month or year (``2016-07``, ``2021``) of the code under this name; None: before 1980-12."""
    until: str | None = None
    """Last month or year, None: to this day."""
    statistical: bool = False
    """Known to the statistics bureau only (development zones)."""

    def in_force_on(self, day: date) -> bool:
        """Whether the code may have stood for this name on ``day``: dates are as exact as the lists."""
        return _first_day(self.since) <= day <= _last_day(self.until)


_THE_NATION = Division(NATION, "全国", 0, None)


TRAINING_COUNTY = "990101"
_TRAINING: Mapping[str, Division] = {
    "990000": Division("990000", "练习省", 1, None),
    "990100": Division("990100", "练习市", 2, "990000"),
    TRAINING_COUNTY: Division(TRAINING_COUNTY, "练习县", 3, "990100"),
}
"""A province for officers who learn. It is on no map: found by its codes only, and no resident ID begins with them."""


@cache
def _spells() -> Mapping[str, tuple[Division, ...]]:
    """Each code's divisions through time, the latest last."""
    rows = json.loads(_data("divisions.json").decode())
    codes = {row[0] for row in rows}
    found: dict[str, tuple[Division, ...]] = {NATION: (_THE_NATION,)}
    for code, name, since, until, *source in rows:
        level = 1 if code.endswith("0000") else 2 if code.endswith("00") else 3
        above = f"{code[:4]}00" if level == 3 and f"{code[:4]}00" in codes else f"{code[:2]}0000"
        parent = None if level == 1 else above
        division = Division(code, name, level, parent, since, until, bool(source))
        found[code] = (*found.get(code, ()), division)
    return found


@cache
def _townships() -> Mapping[str, Division]:
    rows: dict[str, dict[str, str]] = json.loads(gzip.decompress(_data("townships.json.gz")))
    return {
        f"{county}{code}": Division(f"{county}{code}", name, TOWNSHIP, county)
        for county, townships in rows.items()
        for code, name in townships.items()
    }


@cache
def _below() -> Mapping[str, tuple[Division, ...]]:
    """The divisions of today directly below each code, by ascending code."""
    found: dict[str, list[Division]] = {}
    for spells in _spells().values():
        division = spells[-1]
        if division.until is None and division.level:
            found.setdefault(division.parent or NATION, []).append(division)
    for township in _townships().values():
        found.setdefault(str(township.parent), []).append(township)
    return {code: tuple(sorted(below, key=lambda division: division.code)) for code, below in found.items()}


@cache
def _by_name() -> Sequence[Division]:
    """What may be found by name: today's divisions, large before small."""
    today = [spells[-1] for spells in _spells().values() if spells[-1].until is None and spells[-1].level]
    return tuple(
        sorted((*today, *_townships().values()), key=lambda division: (division.level, division.code))
    )


def get(code: str) -> Division | None:
    """The division of a code of 6, 9 or 12 digits (what is below the county is cut off), or None.

    A code that is no longer in force is found as it was last; ask ``in_force_on`` where that matters.
    """
    if len(code) not in _LENGTHS or not code.isascii() or not code.isdigit():
        return None
    spells = _spells().get(code[:6])
    return spells[-1] if spells else _TRAINING.get(code[:6])


def find(code: str, day: date | None = None) -> Division | None:
    """The division of exactly this code, down to the township: as on ``day``, else as it was last."""
    exact = code[:6] if code[6:] in {"000", "000000"} else code[:9] if code[9:] == "000" else code
    if exact in _townships():
        return _townships()[exact]
    if exact in _TRAINING:
        return _TRAINING[exact]
    spells = _spells().get(exact, ())
    return next((one for one in reversed(spells) if day is None or one.in_force_on(day)), None)


def history(code: str) -> tuple[Division, ...]:
    """Everything a code of six digits has stood for, the latest last; empty for an unknown code."""
    return _spells().get(code, ())


def children(code: str) -> tuple[Division, ...]:
    """Today's divisions directly below, in the order of their codes: provinces below ``NATION``."""
    return _below().get(code, ())


def search(text: str, *, within: str | None = None) -> Sequence[Division]:
    """Today's divisions whose name holds ``text``: whole names first, then beginnings; large before small."""
    wanted = text.strip()
    if not wanted:
        return ()
    found = [
        division
        for division in _by_name()
        if wanted in division.name and (within is None or division.code.startswith(prefix(within)))
    ]
    return sorted(found, key=lambda division: _closeness(division.name, wanted))


def _closeness(name: str, wanted: str) -> int:
    """0 the whole name, 1 all but its kind (德清 of 德清县), 2 a beginning, 3 anywhere."""
    if name == wanted:
        return 0
    return 2 - (len(name) == len(wanted) + 1) if name.startswith(wanted) else 3


def path(code: str) -> tuple[Division, ...]:
    """From the province down to the division itself; empty for an unknown code."""
    division = get(code)
    if division is None:
        return ()
    return (*path(division.parent), division) if division.parent else (division,)


def full_name(code: str) -> str:
    """浙江省湖州市德清县: the names from the province down, with the township where it is known."""
    township = _townships().get(code)
    return "".join(division.name for division in (*path(code), *([township] if township else [])))


def prefix(code: str) -> str:
    """What the codes of a division and of everything in it begin with: 33, 3305, 330521, 330521100.

    The nation (``000000``) is everything. A township or village keeps its own digits: its officers are
    not the county's.
    """
    for level in (0, 2, 4, 6, 9):
        if not code[level:].strip("0"):
            return code[:level]
    return code


def within(code: str, ancestor: str) -> bool:
    """Whether ``code`` is ``ancestor`` itself or lies in it."""
    return code.startswith(prefix(ancestor))


def nearest(code: str, among: Iterable[str]) -> str | None:
    """The longest of ``among`` (beginnings of codes) that ``code`` begins with."""
    return max((one for one in among if code.startswith(one)), key=len, default=None)


def codes_within(ancestor: str) -> Sequence[str]:
    """Every six-digit code that lies or has ever lain in ``ancestor``, itself included."""
    return [code for code in _spells() if within(code, ancestor)]


def is_training(code: str) -> bool:
    """Whether nothing there is real."""
    return code[:2] == TRAINING_COUNTY[:2]


def township_names() -> Sequence[tuple[str, str]]:
    """Code and name of every township that is known."""
    return [(code, township.name) for code, township in _townships().items()]


def is_province(two_digits: str) -> bool:
    """Whether a resident ID may begin with these two digits."""
    return two_digits != NATION[:2] and f"{two_digits}0000" in _spells()


def _data(name: str) -> bytes:
    return files("backend.kit").joinpath("data", name).read_bytes()


def _first_day(when: str | None) -> date:
    if when is None:
        return date.min
    return date(int(when[:4]), int(when[5:7] or 1), 1)


def _last_day(when: str | None) -> date:
    if when is None:
        return date.max
    year, month = int(when[:4]), int(when[5:7] or 12)
    return date(year, month, calendar.monthrange(year, month)[1])
