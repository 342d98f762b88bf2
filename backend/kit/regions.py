"""Administrative divisions (GB/T 2260): province, city, county, by their six-digit codes."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

NATION = "000000"
_LENGTHS = (6, 9, 12)


@dataclass(frozen=True, slots=True)
class Division:
    """One division of today; ``parent`` is the code above, or ``None`` for a province."""

    code: str
    name: str
    level: int
    """1 province, 2 city (地级), 3 county."""
    parent: str | None


@cache
def _divisions() -> dict[str, Division]:
    names: dict[str, str] = json.loads(
        files("backend.kit").joinpath("data", "divisions.json").read_text(encoding="utf-8")
    )
    found = {}
    for code, name in names.items():
        level = 1 if code.endswith("0000") else 2 if code.endswith("00") else 3
        above = f"{code[:4]}00" if level == 3 and f"{code[:4]}00" in names else f"{code[:2]}0000"
        found[code] = Division(code, name, level, None if level == 1 else above)
    return found


def get(code: str) -> Division | None:
    """The division of a code of 6, 9 or 12 digits (what is below the county is cut off), or None."""
    if len(code) not in _LENGTHS or not code.isascii() or not code.isdigit():
        return None
    return _divisions().get(code[:6])


def children(code: str) -> tuple[Division, ...]:
    """The divisions directly below, in the order of their codes."""
    return tuple(division for division in _divisions().values() if division.parent == code[:6])


def path(code: str) -> tuple[Division, ...]:
    """From the province down to the division itself; empty for an unknown code."""
    division = get(code)
    if division is None:
        return ()
    return (*path(division.parent), division) if division.parent else (division,)


def full_name(code: str) -> str:
    """浙江省湖州市德清县: the names from the province down."""
    return "".join(division.name for division in path(code))


def prefix(code: str) -> str:
    """What the codes of a division and of everything in it begin with: 33, 3305, 330521."""
    county = code[:6]
    return county[:2] if county.endswith("0000") else county[:4] if county.endswith("00") else county


def within(code: str, ancestor: str) -> bool:
    """Whether ``code`` is ``ancestor`` itself or lies in it."""
    return code.startswith(prefix(ancestor))


def is_province(two_digits: str) -> bool:
    """Whether a resident ID may begin with these two digits."""
    return f"{two_digits}0000" in _divisions()
