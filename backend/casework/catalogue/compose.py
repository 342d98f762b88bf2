"""The item as it applies in one division: the standard, then every level's edition, the nearest last."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from backend.casework.catalogue.conformity import wrong_figure
from backend.casework.definitions import Parameter, Parameters, ServiceItem
from backend.database.record import Row
from backend.errors import Text
from backend.kit import regions
from backend.kit.item_codes import task_code

INHERITED_TEXTS = ("enquiries", "complaints", "local_catalog_code")
"""What the nearest edition that says something says."""


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A regional figure and the level that set it."""

    declared: Parameter
    """What the standard says of it: label, unit, bounds, basis."""
    value: int | str
    set_by: str
    """Code of the division that set it, or ``000000`` for the national default."""

    @property
    def name(self) -> str:
        """Its name in the standard."""
        return self.declared.name


@dataclass(frozen=True, slots=True)
class Delegate:
    """受委托组织: who acts for the organ."""

    credit_code: str
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class Organ:
    """实施主体: the organ that decides."""

    credit_code: str
    name: str
    level: str
    """行使层级, ``1`` to ``6``."""
    nature: str
    """实施主体性质: 1 statutory, 2 authorised, 3 entrusted; empty where not said."""
    power_source: str
    """权力来源, ``1`` to ``6``; empty where not said."""
    delegate: Delegate | None


@dataclass(frozen=True, slots=True)
class OfferedItem:
    """A standard with everything a division's editions say about it."""

    item: ServiceItem
    base_code: str
    """The base code of today: the official one where an import gave one, else as declared."""
    base_code_source: str
    division: regions.Division
    edition_id: UUID
    """The nearest edition: the one an application pins."""
    edition_version: int
    edition_division: str
    parameters: tuple[ParameterValue, ...]
    promised_days: int
    organ: Organ
    task_code: str
    """实施编码, 31 characters."""
    local_catalog_code: str
    local_task_code: str
    hall: Text
    hours: Text
    enquiries: str
    complaints: str
    guidance_zh: str
    guidance_en: str

    @property
    def figures(self) -> Parameters:
        """The parameters by name, as rules want them."""
        return {parameter.name: parameter.value for parameter in self.parameters}


def compose(
    item: ServiceItem, base_code: str, source: str, place: regions.Division, rows: Sequence[Row]
) -> OfferedItem | None:
    """``item`` with ``rows``, its editions in force from the nation down; None where none names an organ."""
    organ = _organ(rows)
    if organ is None:
        return None
    promises = (row["promised_days"] for row in rows if row["promised_days"] is not None)
    texts = {name: _nearest(rows, name) for name in INHERITED_TEXTS}
    guidance = _text(rows, "guidance")
    nearest = rows[-1]
    return OfferedItem(
        item=item,
        base_code=base_code,
        base_code_source=source,
        division=place,
        edition_id=nearest["id"],
        edition_version=nearest["version"],
        edition_division=nearest["division"],
        parameters=_parameters(item, rows),
        # A promise may only become shorter on its way down, also when a level above shortens its own later.
        promised_days=min((item.limits.promised_days, *promises)),
        organ=organ,
        task_code=task_code(organ.credit_code, organ.level, base_code),
        local_task_code=_local_task_code(rows),
        hall=_text(rows, "hall"),
        hours=_text(rows, "hours"),
        guidance_zh=guidance.zh,
        guidance_en=guidance.en,
        **texts,
    )


def _parameters(item: ServiceItem, rows: Iterable[Row]) -> tuple[ParameterValue, ...]:
    declared = {p.name: p for p in item.parameters}
    values = {p.name: ParameterValue(p, p.default, regions.NATION) for p in item.parameters}
    for row in rows:
        said: Mapping[str, int | str] = orjson.loads(row["parameters"])
        for name, value in said.items():
            # What a later standard dropped or no longer allows does not count; the audit lists it.
            if name in declared and wrong_figure(declared[name], value) is None:
                values[name] = ParameterValue(declared[name], value, row["division"])
    return tuple(values.values())


def _organ(rows: Iterable[Row]) -> Organ | None:
    """Who decides, and for whom: a delegate belongs to the organ that was named with it or above it."""
    organ: Organ | None = None
    for row in rows:
        delegate = (
            Delegate(row["delegate_credit_code"], row["delegate_name"], row["delegate_level"])
            if row["delegate_name"]
            else None
        )
        if row["organ_credit_code"]:
            organ = Organ(
                row["organ_credit_code"],
                row["organ_name"],
                row["organ_level"],
                row["organ_nature"],
                row["power_source"],
                delegate,
            )
        elif delegate is not None and organ is not None:
            organ = Organ(
                organ.credit_code, organ.name, organ.level, organ.nature, organ.power_source, delegate
            )
    return organ


def _local_task_code(rows: Iterable[Row]) -> str:
    """The province's own task code; it names an organ, so one of a level above ends where another organ begins."""
    code = ""
    for row in rows:
        code = row["local_task_code"] or ("" if row["organ_credit_code"] else code)
    return code


def _nearest(rows: Sequence[Row], name: str) -> str:
    return next((row[name] for row in reversed(rows) if row[name]), "")


def _text(rows: Sequence[Row], name: str) -> Text:
    """Both languages of the nearest edition that has it in Chinese; without English the Chinese stands in."""
    row = next((row for row in reversed(rows) if row[f"{name}_zh"]), None)
    return Text("", "") if row is None else Text(row[f"{name}_zh"], row[f"{name}_en"] or row[f"{name}_zh"])
