"""The item as it applies in one division: standard, then province, city, county, nearest last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import orjson

from backend.casework.catalogue.standards import Standards
from backend.casework.definitions import Parameters, ServiceItem
from backend.database.record import Row, fetch
from backend.errors import NotFound, ProblemCode, Text
from backend.kit import clock, regions
from backend.kit.item_codes import task_code
from backend.viewer import Actor, Viewer

UNKNOWN_DIVISION = Text("没有这个行政区划。", "There is no such division.")
NOT_OFFERED = Text("该地区尚未开通此事项。", "This item is not offered in that division yet.")


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A regional figure and the level that set it."""

    name: str
    value: int | str
    set_by: str
    """Code of the division that set it, or ``000000`` for the national default."""


@dataclass(frozen=True, slots=True)
class Organ:
    """实施主体: the organ that decides."""

    credit_code: str
    name: str


@dataclass(frozen=True, slots=True)
class OfferedItem:
    """A standard with everything a division's editions say about it."""

    item: ServiceItem
    division: regions.Division
    edition_id: UUID
    """The nearest edition: the one an application pins."""
    edition_version: int
    parameters: tuple[ParameterValue, ...]
    promised_days: int
    organ: Organ
    task_code: str
    """实施编码, 31 characters."""
    guidance_zh: str
    guidance_en: str

    @property
    def figures(self) -> Parameters:
        """The parameters by name, as rules want them."""
        return {parameter.name: parameter.value for parameter in self.parameters}


def known_division(code: str) -> regions.Division:
    """The division of ``code``. Raises ``NotFound(UNKNOWN_DIVISION)``."""
    division = regions.get(code)
    if division is None:
        raise NotFound(UNKNOWN_DIVISION, code=ProblemCode.UNKNOWN_DIVISION)
    return division


async def offered_item(
    _viewer: Viewer | Actor, standards: Standards, *, code: str, division: str
) -> OfferedItem:
    """The item ``code`` as it applies in ``division`` today.

    Raises ``NotFound`` with UNKNOWN_ITEM or UNKNOWN_DIVISION, or when no level names an organ.
    """
    item = standards.get(code)
    place = known_division(division)
    rows = await _editions_in_force((code,), place, clock.today())
    return _compose(item, place, rows)


async def offered_items(
    _viewer: Viewer, standards: Standards, *, division: str, after: str | None, limit: int
) -> Sequence[OfferedItem]:
    """Items offered in ``division`` by ascending base code, after ``after``: ``limit`` at most."""
    place = known_division(division)
    codes = sorted(code for code in standards.by_code if after is None or code > after)
    rows = await _editions_in_force(codes, place, clock.today())
    offered: list[OfferedItem] = []
    for code in codes:
        of_item = [row for row in rows if row["item_code"] == code]
        if any(row["organ_credit_code"] for row in of_item):
            offered.append(_compose(standards.get(code), place, of_item))
        if len(offered) == limit:
            break
    return offered


async def _editions_in_force(codes: Sequence[str], place: regions.Division, day: date) -> Sequence[Row]:
    """The newest edition in force of each level above ``place``, farthest first: one statement."""
    levels = [division.code for division in regions.path(place.code)]
    return await fetch(
        "SELECT DISTINCT ON (item_code, array_position($2::text[], division::text))"
        " id, item_code, division, version, parameters, promised_days, organ_credit_code, organ_name,"
        " organ_level, guidance_zh, guidance_en"
        " FROM edition WHERE item_code = ANY($1::text[]) AND division = ANY($2::text[]) AND in_force_from <= $3"
        " ORDER BY item_code, array_position($2::text[], division::text), version DESC",
        list(codes),
        levels,
        day,
    )


def _compose(item: ServiceItem, place: regions.Division, rows: Sequence[Row]) -> OfferedItem:
    values = {p.name: ParameterValue(p.name, p.default, regions.NATION) for p in item.parameters}
    promised, organ, level = item.limits.promised_days, None, "4"
    for row in rows:
        for name, value in orjson.loads(row["parameters"]).items():
            values[name] = ParameterValue(name, value, row["division"])
        promised = row["promised_days"] or promised
        if row["organ_credit_code"]:
            organ, level = Organ(row["organ_credit_code"], row["organ_name"]), row["organ_level"]
    if organ is None:
        raise NotFound(NOT_OFFERED, code=ProblemCode.WRONG_DIVISION)
    nearest = rows[-1]
    return OfferedItem(
        item=item,
        division=place,
        edition_id=nearest["id"],
        edition_version=nearest["version"],
        parameters=tuple(values.values()),
        promised_days=promised,
        organ=organ,
        task_code=task_code(organ.credit_code, level, item.base_code),
        guidance_zh=nearest["guidance_zh"],
        guidance_en=nearest["guidance_en"],
    )
