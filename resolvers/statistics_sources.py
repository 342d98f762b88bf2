"""Where figures come from: lineage both ways, reported files held against cases, cases of old systems."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.kit import regions
from backend.statistics import differences, lineage
from backend.statistics.differences import Compared, Difference, DifferingCase, Why
from backend.statistics.legacy import actions as legacy
from backend.statistics.legacy.actions import Control, ImportView
from backend.statistics.lineage import CaseFigure, Lineage, LineageCase
from backend.statistics.reported_files import read_reported
from backend.viewer import OfficerRole
from resolvers.access import CITIZEN, PARENT, officer
from resolvers.context import Info
from resolvers.divisions import Division
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import After, First, cursor, global_id, page_size, read_cursor, read_global_id
from resolvers.scalars import Upload
from resolvers.statistics import STATISTICS, DivisionArgument, PeriodArgument, StatisticsIndicator

strawberry.enum(Why, name="StatisticsDifferenceReason", description="Why a case makes a difference.")

_TRACES = officer(OfficerRole.STATISTICS, OfficerRole.SUPERVISION)


def _case_id(root: strawberry.Parent[LineageCase]) -> strawberry.ID:
    return global_id("Application", root.id)


def _case_division(root: strawberry.Parent[LineageCase]) -> regions.Division | None:
    return regions.get(root.division)


def _case_amount(root: strawberry.Parent[LineageCase]) -> str:
    return str(root.amount)


@object_type(reads=LineageCase, description="One case behind a figure.")
class StatisticsCase:
    """A case."""

    application_id: strawberry.ID = field(access=PARENT, description="The case.", resolver=_case_id)
    case_number: str | None = field(access=PARENT, description="申办流水号.")
    item_code: str = field(access=PARENT, description="基本编码.")
    division: Division | None = field(access=PARENT, description="Where it lies.", resolver=_case_division)
    amount: str = field(access=PARENT, description="What it adds.", resolver=_case_amount)


def _lineage_total(root: strawberry.Parent[Lineage]) -> str:
    return str(root.total)


def _lineage_cursor(root: strawberry.Parent[Lineage]) -> str | None:
    return cursor(root.cases[-1].id) if root.cases else None


@object_type(reads=Lineage, description="What is behind a figure. Cases only for whoever may see cases.")
class StatisticsLineage:
    """The lineage of a figure."""

    indicator: StatisticsIndicator = field(access=PARENT, description="Which figure.")
    total: str = field(access=PARENT, description="What its cases add up to.", resolver=_lineage_total)
    own_cases: int = field(access=PARENT, description="How many cases of this platform.")
    imported_cases: int = field(access=PARENT, description="How many imported ones.")
    cases: list[StatisticsCase] | None = field(
        access=PARENT,
        description="Those of this platform, newest first; null without the right to see cases.",
        most=50,
    )
    end_cursor: str | None = field(
        access=PARENT, description="Where the next page begins.", resolver=_lineage_cursor
    )


@query(
    access=STATISTICS,
    description="From a figure to the cases behind it.",
    returns=StatisticsLineage,
    weight=50,
)
async def statistics_lineage(
    info: Info,
    code: Annotated[str, strawberry.argument(description="Code of an indicator that comes from cases.")],
    period: PeriodArgument,
    *,
    division: DivisionArgument = None,
    first: First = 20,
    after: After = None,
) -> Lineage:
    """Behind a figure."""
    place = read_cursor(after, UUID)
    return await lineage.lineage(
        officer_of(info),
        info.context.work,
        code=code,
        period=period,
        division=division,
        before=place[0] if place else None,
        limit=page_size(first),
    )


def _figure_amount(root: strawberry.Parent[CaseFigure]) -> str:
    return str(root.amount)


@object_type(reads=CaseFigure, description="A figure that a case entered.")
class StatisticsCaseFigure:
    """A figure."""

    indicator: StatisticsIndicator = field(access=PARENT, description="Which indicator.")
    month: str = field(access=PARENT, description="Of which month, 2026-11.")
    division: str = field(access=PARENT, description="Code of the county.")
    amount: str = field(access=PARENT, description="What it added.", resolver=_figure_amount)


@query(
    access=CITIZEN | _TRACES,
    description="From a case that the viewer may see to the figures that it entered.",
    returns=list[StatisticsCaseFigure],
)
async def case_figures(
    info: Info,
    application_id: Annotated[strawberry.ID, strawberry.argument(description="Id of the case.")],
) -> Sequence[CaseFigure]:
    """Figures of a case."""
    return await lineage.figures_of_case(
        info.context.viewer, info.context.work, read_global_id(application_id, "Application")
    )


def _differing_id(root: strawberry.Parent[DifferingCase]) -> strawberry.ID | None:
    return None if root.application_id is None else global_id("Application", root.application_id)


def _differing_amount(root: strawberry.Parent[DifferingCase]) -> str:
    return str(root.amount)


@object_type(reads=DifferingCase, description="One case that explains a part of a difference.")
class StatisticsDifferingCase:
    """A case."""

    why: Why = field(access=PARENT, description="Why it makes a difference.")
    case_number: str | None = field(access=PARENT, description="申办流水号.")
    application_id: strawberry.ID | None = field(
        access=PARENT, description="The case, where it is one of ours.", resolver=_differing_id
    )
    amount: str = field(access=PARENT, description="What it adds here.", resolver=_differing_amount)


@object_type(reads=Difference, description="An indicator for which a reported file says something else.")
class StatisticsDifference:
    """A difference."""

    indicator: StatisticsIndicator = field(access=PARENT, description="Which indicator.")
    reported: str = field(access=PARENT, description="What the file says.")
    here: str | None = field(access=PARENT, description="What the cases come to.")
    delta: str | None = field(access=PARENT, description="By how much that is more.")
    own_cases: int = field(access=PARENT, description="How many cases of this platform count here.")
    imported_cases: int = field(access=PARENT, description="How many imported ones do.")
    cases: list[StatisticsDifferingCase] | None = field(
        access=PARENT,
        description="The cases that explain it, at most 50; null without the right to see cases.",
        most=50,
    )


@object_type(reads=Compared, description="A reported file held against what cases add up to.")
class StatisticsComparison:
    """A comparison."""

    division: str = field(access=PARENT, description="Whose file.")
    period: str = field(access=PARENT, description="Of when.")
    same: int = field(access=PARENT, description="How many indicators agree.")
    differences: list[StatisticsDifference] = field(access=PARENT, description="The others.", most=50)


@input_type(description="A reported file.")
class CompareStatisticsInput(MutationInput):
    """Input of ``compareStatistics``."""

    file: Upload = input_field(description="xlsx in the form's layout, or JSON, as reports are exported.")
    division: str | None = input_field(description="Whose, six digits; needed for xlsx.", default=None)
    period: str | None = input_field(description="Of when; needed for xlsx.", default=None)


@mutation(
    access=STATISTICS,
    description="Hold a reported file against what cases add up to; differences are explained case by case. Changes nothing.",
    returns=StatisticsComparison,
    weight=500,
)
async def compare_statistics(info: Info, input: CompareStatisticsInput) -> Compared:  # noqa: A002 - GraphQL's name
    """Compare."""
    # Reading is work for the processor: in a thread, so that a server keeps answering.
    file = await asyncio.to_thread(
        read_reported,
        input.file.file_name,
        input.file.content,
        division=input.division,
        period=input.period,
    )
    return await differences.compare(officer_of(info), info.context.work, file)


@object_type(reads=ImportView, description="Cases of an old system that were brought in together.")
class StatisticsImport:
    """A batch."""

    division: str = field(access=PARENT, description="Code of the division that brought it in.")
    file_name: str = field(access=PARENT, description="Name of the file.")
    rows: int = field(access=PARENT, description="How many cases.")
    granted: int = field(access=PARENT, description="How many were granted.")
    in_force: int = field(access=PARENT, description="How many are in force.")
    at: datetime = field(access=PARENT, description="When.")


@query(
    access=STATISTICS,
    description="Batches of old cases of the officer's division and below, the latest 50.",
    returns=list[StatisticsImport],
)
async def statistics_imports(info: Info) -> Sequence[ImportView]:
    """Batches."""
    return await legacy.imports(officer_of(info), limit=50)


@input_type(description="A file of old cases, and what the old system says that it holds.")
class ImportOldCasesInput(MutationInput):
    """Input of ``importOldCases``."""

    file: Upload = input_field(
        description="xlsx with 区划, 事项编码, 原编号, 收件日期 and, where known, 批准日期, 不予日期, 停发日期, 性别, 年龄段, 城乡, 类别, 人数, 月标准."
    )
    rows: int = input_field(description="How many cases the old system counts.")
    granted: int = input_field(description="How many of them it has as granted.")
    in_force: int = input_field(description="How many of these it has as not ended.")


@mutation(
    access=STATISTICS,
    description="Bring old cases in: all or none, reconciled with the old system's own sums, told apart in every figure.",
    returns=StatisticsImport,
    weight=500,
)
async def import_old_cases(info: Info, input: ImportOldCasesInput) -> ImportView:  # noqa: A002 - GraphQL's name
    """Import."""
    viewer = officer_of(info)
    batch_id = await legacy.import_cases(
        viewer,
        info.context.work,
        name=input.file.file_name,
        content=input.file.content,
        control=Control(input.rows, input.granted, input.in_force),
        idempotency_key=input.idempotency_key,
    )
    return await legacy.imported(viewer, batch_id)


QUERIES = (statistics_lineage, case_figures, statistics_imports)
MUTATIONS = (compare_statistics, import_old_cases)
