"""统计 at the counter: indicators, figures as they stand, and where each comes from."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import strawberry

from backend.statistics import live
from backend.statistics.catalogue import INDICATORS
from backend.statistics.indicators import Cadence, Indicator, Kind, Source, Split
from backend.statistics.reports.queries import CellView
from backend.viewer import OfficerRole
from resolvers.access import PARENT, PUBLIC, officer
from resolvers.context import Info
from resolvers.fields import field, object_type, query
from resolvers.officers import officer_of

strawberry.enum(Kind, name="StatisticsKind", description="Stock and flow are kept apart.")
strawberry.enum(Source, name="StatisticsSource", description="Where a value comes from.")
strawberry.enum(Cadence, name="StatisticsCadence", description="How often an indicator is reported at least.")
strawberry.enum(Split, name="StatisticsSplit", description="By what a total is broken down.")

STATISTICS = officer(OfficerRole.STATISTICS)

DivisionArgument = Annotated[
    str | None,
    strawberry.argument(description="A division of the officer's own, six digits; null: all of it."),
]
PeriodArgument = Annotated[str, strawberry.argument(description="2026-11, 2026Q4 or 2026.")]


def _indicator_name(root: strawberry.Parent[Indicator], info: Info) -> str:
    return root.name.of(info.context.language)


def _indicator_unit(root: strawberry.Parent[Indicator], info: Info) -> str:
    return root.unit.of(info.context.language)


def _indicator_definition(root: strawberry.Parent[Indicator], info: Info) -> str:
    return root.definition.of(info.context.language)


def _indicator_domain(root: strawberry.Parent[Indicator]) -> str | None:
    return None if root.domain is None else root.domain.value


def _indicator_standing(root: strawberry.Parent[Indicator]) -> str:
    return root.code_standing.value


@object_type(reads=Indicator, description="指标: what is counted, in which unit, how often and since when.")
class StatisticsIndicator:
    """An indicator."""

    code: str = field(access=PARENT, description="Its code.")
    code_standing: str = field(
        access=PARENT,
        description="law, published, practice or unverified: how well the code is founded.",
        resolver=_indicator_standing,
    )
    name: str = field(access=PARENT, description="Name.", resolver=_indicator_name)
    unit: str = field(access=PARENT, description="Unit.", resolver=_indicator_unit)
    domain: str | None = field(
        access=PARENT, description="Its domain; null for all of them together.", resolver=_indicator_domain
    )
    kind: Kind = field(access=PARENT, description="Stock, flow, average or ratio.")
    source: Source = field(access=PARENT, description="Where its value comes from.")
    cadence: Cadence = field(access=PARENT, description="How often it is reported at least.")
    splits: list[Split] = field(access=PARENT, description="By what it is broken down.")
    decimals: int = field(access=PARENT, description="Decimals that are printed.")
    valid_from: date = field(access=PARENT, description="First day of this code.")
    valid_until: date | None = field(access=PARENT, description="Last day, null: to this day.")
    definition: str = field(
        access=PARENT, description="What exactly is counted.", resolver=_indicator_definition
    )
    public: bool = field(access=PARENT, description="Whether it is in the public bulletin.")


def _line_computed(root: strawberry.Parent[CellView]) -> str:
    return str(root.cell.computed)


def _line_imported(root: strawberry.Parent[CellView]) -> str:
    return str(root.cell.imported)


def _line_typed(root: strawberry.Parent[CellView]) -> bool:
    return root.cell.by_hand


def _line_adjusted(root: strawberry.Parent[CellView]) -> str:
    return str(root.cell.adjusted)


def _line_splits(root: strawberry.Parent[CellView]) -> list["StatisticsPart"]:
    return [StatisticsPart(key=key, value=str(held)) for key, held in root.cell.splits.items()]


@object_type(description="One part of a total: by sex, age band or area.")
class StatisticsPart:
    """A part."""

    key: str = field(access=PARENT, description="SEX:1, AGE:80-89, AREA:U …; `-` and unknown are not known.")
    value: str = field(access=PARENT, description="How many, a whole number.")


@object_type(reads=CellView, description="One line of a report: 指标, 数量, 上期, 环比.")
class StatisticsLine:
    """A line."""

    indicator: StatisticsIndicator = field(access=PARENT, description="What is counted.")
    value: str | None = field(
        access=PARENT, description="数量 as it is printed; null where there is nothing to divide by."
    )
    previous: str | None = field(access=PARENT, description="上期, where that report was signed.")
    change: float | None = field(access=PARENT, description="环比 in percent.")
    computed: str = field(
        access=PARENT, description="How much comes from cases, before it is divided.", resolver=_line_computed
    )
    imported: str = field(
        access=PARENT, description="How much of that comes from imported cases.", resolver=_line_imported
    )
    typed: bool = field(
        access=PARENT, description="Whether somebody typed at least a part.", resolver=_line_typed
    )
    adjusted: str = field(
        access=PARENT, description="What corrects earlier periods.", resolver=_line_adjusted
    )
    splits: list[StatisticsPart] = field(
        access=PARENT, description="Its parts.", resolver=_line_splits, most=20
    )


@query(
    access=PUBLIC, description="Every indicator, in the order of the form.", returns=list[StatisticsIndicator]
)
async def statistics_indicators(_info: Info) -> Sequence[Indicator]:
    """Indicators."""
    return INDICATORS


@query(
    access=STATISTICS,
    description="Figures as they stand now, from the cases alone: for looking, never for reporting.",
    returns=list[StatisticsLine],
    weight=100,
)
async def statistics_figures(
    info: Info, period: PeriodArgument, division: DivisionArgument = None
) -> Sequence[CellView]:
    """Figures of today."""
    return await live.figures(officer_of(info), info.context.work, period=period, division=division)


QUERIES = (statistics_indicators, statistics_figures)
