"""Divisions at the counter: by code, by name, by what they lie in; and the pilot regions."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import strawberry

from backend.casework.catalogue.pilots import PILOT_REGIONS, ConnectionMode, PilotRegion
from backend.errors import FieldProblem, Invalid, Text
from backend.kit import clock, regions
from resolvers.access import PARENT, PUBLIC
from resolvers.context import Info
from resolvers.fields import field, object_type, query
from resolvers.pagination import After, Connection, First, keyset_page, page_size, read_cursor

LONGEST_SEARCH = 40

strawberry.enum(ConnectionMode, description="How a region's platform is connected.")

DivisionCode = Annotated[str, strawberry.argument(description="Division code (GB/T 2260), 6 to 12 digits.")]

_TOO_LONG = Text("查询内容过长。", "This is too long to search for.")


def _full_name(root: strawberry.Parent[regions.Division]) -> str:
    return regions.full_name(root.code)


def _current(root: strawberry.Parent[regions.Division]) -> bool:
    return root.in_force_on(clock.today())


@object_type(reads=regions.Division, description="行政区划: a division.")
class Division:
    """One division."""

    code: str = field(
        access=PARENT, description="Six digits down to the county (GB/T 2260), nine for a township."
    )
    name: str = field(access=PARENT, description="Its own name.")
    full_name: str = field(
        access=PARENT, description="All names from the province down.", resolver=_full_name
    )
    level: int = field(
        access=PARENT, description="0 nation, 1 province, 2 city (地级), 3 county, 4 township."
    )
    parent: str | None = field(
        access=PARENT, description="Code of the division above; none for a province and the nation."
    )
    since: str | None = field(
        access=PARENT,
        description="First month or year of the code under this name, as exact as the published lists"
        " (`2016-07`, `2021`); none: since before December 1980.",
    )
    until: str | None = field(access=PARENT, description="Last month or year; none: to this day.")
    current: bool = field(access=PARENT, description="Is the code in force today?", resolver=_current)
    statistical: bool = field(
        access=PARENT, description="Known to the statistics bureau only, such as development zones?"
    )


def _pilot_division(root: strawberry.Parent[PilotRegion]) -> regions.Division | None:
    return regions.get(root.division)


def _source(root: strawberry.Parent[PilotRegion], info: Info) -> str:
    return root.basis.title.of(info.context.language)


def _standing(root: strawberry.Parent[PilotRegion]) -> str:
    return root.basis.standing.value


@object_type(
    reads=PilotRegion,
    name="PilotRegion",
    description="A pilot region of the Golden Civil Affairs Project (金民工程).",
)
class Pilot:
    """One pilot region."""

    division: Division | None = field(access=PARENT, description="The region.", resolver=_pilot_division)
    batch: int = field(access=PARENT, description="批次 of the plan.")
    mode: ConnectionMode = field(access=PARENT, description="How its platform is connected.")
    trial_from: date = field(access=PARENT, description="First day of the trial, as planned.")
    trial_until: date = field(access=PARENT, description="Last day of the trial, as planned.")
    source: str = field(access=PARENT, description="The plan that says so.", resolver=_source)
    standing: str = field(
        access=PARENT,
        description="How well it is founded: law, published, practice or unverified.",
        resolver=_standing,
    )


@query(
    access=PUBLIC,
    description="The division of exactly this code, also one that is no longer in force; none for an unknown code.",
    returns=Division | None,
    shared_for=3600,
)
async def division(info: Info, code: DivisionCode) -> regions.Division | None:  # noqa: ARG001 - a root field's shape
    """One division."""
    return regions.find(code)


@query(
    access=PUBLIC,
    description="Today's divisions. Without `search` those directly below `parent` by code (provinces below"
    " 000000); with it those anywhere within `parent` whose name holds the text, whole names first.",
    returns=Connection[Division],
    shared_for=3600,
)
async def divisions(
    info: Info,  # noqa: ARG001 - a root field's shape
    parent: DivisionCode = regions.NATION,
    search: Annotated[str | None, strawberry.argument(description="Part of a name.")] = None,
    first: First = 20,
    after: After = None,
) -> Connection[regions.Division]:
    """A page of divisions."""
    place = read_cursor(after, str)
    rows = regions.children(parent) if search is None else regions.search(_searched(search), within=parent)
    begin = next((at for at, row in enumerate(rows, 1) if place and row.code == place[0]), 0)
    return keyset_page(
        rows[begin : begin + page_size(first) + 1], first=first, after=after, key=lambda row: (row.code,)
    )


def _searched(text: str) -> str:
    if len(text) > LONGEST_SEARCH:
        raise Invalid(_TOO_LONG, fields=(FieldProblem(("search",), _TOO_LONG),))
    return text


@query(
    access=PUBLIC,
    description="The pilot regions of the ministry's plan.",
    returns=list[Pilot],
    shared_for=3600,
)
async def pilot_regions(info: Info) -> Sequence[PilotRegion]:  # noqa: ARG001 - a root field's shape
    """All pilot regions; a fixed, short list."""
    return PILOT_REGIONS


QUERIES = (division, divisions, pilot_regions)
