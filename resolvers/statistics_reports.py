"""统计报表 at the counter: prepared, checked, signed by a county, reviewed level by level, published."""

from collections.abc import Awaitable, Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.errors import NotFound
from backend.kit import regions
from backend.statistics.reports import actions, queries, review
from backend.statistics.reports.checks import Finding, Severity
from backend.statistics.reports.lifecycle import ReportAct, ReportState
from backend.statistics.reports.queries import AdjustmentView, EntryView, ReportView
from backend.viewer import Viewer
from resolvers.access import PARENT
from resolvers.context import Info
from resolvers.divisions import Division
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)
from resolvers.statistics import STATISTICS, StatisticsIndicator, StatisticsLine

strawberry.enum(ReportState, name="StatisticsReportState", description="Where a report stands.")
strawberry.enum(ReportAct, name="StatisticsReportAct", description="What is done with a report.")
strawberry.enum(Severity, name="StatisticsSeverity", description="What a finding of the checks asks for.")


def _finding_said(root: strawberry.Parent[Finding], info: Info) -> str:
    return root.said.of(info.context.language)


@object_type(reads=Finding, description="Something that the checks of a report found.")
class StatisticsFinding:
    """A finding."""

    rule: str = field(access=PARENT, description="The rule.")
    code: str = field(access=PARENT, description="The indicator; empty where it is about the whole report.")
    severity: Severity = field(access=PARENT, description="Whether it has to be mended or explained.")
    message: str = field(access=PARENT, description="What is found.", resolver=_finding_said)
    explanation: str | None = field(access=PARENT, description="Why it is right as it is.")


@object_type(reads=EntryView, description="One act on a report.")
class StatisticsReportEntry:
    """An entry of the history."""

    act: ReportAct = field(access=PARENT, description="What was done.")
    version: int = field(access=PARENT, description="The version that came of it.")
    actor: str = field(access=PARENT, description="Typed id of the officer.")
    remarks: str = field(access=PARENT, description="What was said with it.")
    at: datetime = field(access=PARENT, description="When.")


@object_type(reads=AdjustmentView, description="A correction of a signed figure of an earlier period.")
class StatisticsAdjustment:
    """An adjustment."""

    indicator: StatisticsIndicator = field(access=PARENT, description="Which figure.")
    about: str = field(access=PARENT, description="The period that was wrong.")
    delta: str = field(access=PARENT, description="By how much.")
    reason: str = field(access=PARENT, description="Why.")
    at: datetime = field(access=PARENT, description="When it was entered.")


def _report_division(root: strawberry.Parent[ReportView]) -> regions.Division | None:
    return regions.find(root.division)


def _report_period(root: strawberry.Parent[ReportView]) -> str:
    return root.period.code


def _report_cells(root: strawberry.Parent[ReportView]) -> int:
    return len(root.cells)


def _report_digest(root: strawberry.Parent[ReportView]) -> str | None:
    return None if root.signature is None else root.signature["digest"]


def _report_receipt(root: strawberry.Parent[ReportView]) -> str | None:
    return None if root.receipt is None else root.receipt["number"]


async def _load_entries(_viewer: Viewer, ids: list[UUID]) -> Sequence[Sequence[EntryView]]:
    found = await queries.entries_of(ids)
    return [found[key] for key in ids]


async def _load_adjustments(_viewer: Viewer, ids: list[UUID]) -> Sequence[Sequence[AdjustmentView]]:
    found = await queries.adjustments_of(ids)
    return [found[key] for key in ids]


def _report_entries(root: strawberry.Parent[ReportView], info: Info) -> Awaitable[Sequence[EntryView]]:
    return info.context.load(_load_entries, root.id)


def _report_adjustments(
    root: strawberry.Parent[ReportView], info: Info
) -> Awaitable[Sequence[AdjustmentView]]:
    return info.context.load(_load_adjustments, root.id)


@object_type(
    reads=ReportView, description="报表: one division's report of one period. Frozen once it is signed."
)
class StatisticsReport(Node):
    """A report."""

    division: Division | None = field(access=PARENT, description="Whose.", resolver=_report_division)
    period: str = field(access=PARENT, description="2026-11, 2026Q4 or 2026.", resolver=_report_period)
    state: ReportState = field(access=PARENT, description="Where it stands.")
    version: int = field(access=PARENT, description="To be given back with every act on it.")
    due_on: date = field(access=PARENT, description="By when a county reports.")
    lines: list[StatisticsLine] = field(
        access=PARENT, description="Its lines, in the order of the form.", most=100
    )
    typed_cells: int = field(access=PARENT, description="How many lines somebody typed, wholly or in part.")
    all_cells: int = field(access=PARENT, description="How many lines there are.", resolver=_report_cells)
    findings: list[StatisticsFinding] = field(access=PARENT, description="What the checks found.", most=50)
    missing: list[str] = field(
        access=PARENT, description="Codes of divisions below whose accepted report is not in it.", most=50
    )
    prepared_at: datetime = field(access=PARENT, description="When it was computed.")
    signed_at: datetime | None = field(access=PARENT, description="When it was signed.")
    published_at: datetime | None = field(access=PARENT, description="When it was published.")
    digest: str | None = field(
        access=PARENT, description="Digest of what was signed.", resolver=_report_digest
    )
    receipt: str | None = field(
        access=PARENT, description="Number of the statistics system's receipt.", resolver=_report_receipt
    )
    history: list[StatisticsReportEntry] = field(
        access=PARENT, description="What was done with it, latest first.", resolver=_report_entries
    )
    adjustments: list[StatisticsAdjustment] = field(
        access=PARENT, description="What it corrects of earlier ones.", resolver=_report_adjustments
    )


@query(
    access=STATISTICS,
    description="A report of the officer's division or one below it.",
    returns=StatisticsReport | None,
    weight=20,
)
async def statistics_report(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="Id of the report.")],  # noqa: A002 - GraphQL's name
) -> ReportView | None:
    """A report."""
    try:
        return await queries.report(officer_of(info), read_global_id(id, "StatisticsReport"))
    except NotFound:
        return None


@query(
    access=STATISTICS,
    description="Reports of the officer's division and below, newest first.",
    returns=Connection[StatisticsReport],
    weight=20,
)
async def statistics_reports(
    info: Info,
    first: First = 20,
    after: After = None,
    period: Annotated[str | None, strawberry.argument(description="Only of this period.")] = None,
    state: Annotated[ReportState | None, strawberry.argument(description="Only in this state.")] = None,
) -> Connection[ReportView]:
    """A page of reports."""
    place = read_cursor(after, UUID)
    rows = await queries.reports(
        officer_of(info),
        period=period,
        state=state,
        before=place[0] if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@input_type(description="Which period.")
class PrepareStatisticsReportInput(MutationInput):
    """Input of ``prepareStatisticsReport``."""

    period: str = input_field(description="A period that is over: 2026-11, 2026Q4 or 2026.")


@mutation(
    access=STATISTICS,
    description="编制: compute the report of the officer's own division, for the first time or anew.",
    returns=StatisticsReport,
    weight=200,
)
async def prepare_statistics_report(info: Info, input: PrepareStatisticsReportInput) -> ReportView:  # noqa: A002 - GraphQL's name
    """Prepare."""
    viewer = officer_of(info)
    report_id = await actions.prepare_report(
        viewer, info.context.work, period=input.period, idempotency_key=input.idempotency_key
    )
    return await queries.report(viewer, report_id)


@input_type(description="Which report, as it was seen.")
class OnReport(MutationInput):
    """Input of whatever is done with a report."""

    report_id: strawberry.ID = input_field(description="The report.")
    version: int = input_field(description="Its version as it was seen.")


@input_type(description="What is typed.")
class TypeStatisticsCellInput(OnReport):
    """Input of ``typeStatisticsCell``."""

    code: str = input_field(description="Code of an indicator that is typed.")
    value: str | None = input_field(description="A number as it is printed; null takes it away again.")


@mutation(
    access=STATISTICS,
    description="填报: type what no case tells; typed lines are counted and told apart.",
    returns=StatisticsReport,
    weight=200,
)
async def type_statistics_cell(info: Info, input: TypeStatisticsCellInput) -> ReportView:  # noqa: A002 - GraphQL's name
    """Type."""
    viewer = officer_of(info)
    report_id = await actions.type_cell(
        viewer,
        info.context.work,
        report_id=read_global_id(input.report_id, "StatisticsReport"),
        version=input.version,
        code=input.code,
        value=input.value,
        idempotency_key=input.idempotency_key,
    )
    return await queries.report(viewer, report_id)


@input_type(description="What is corrected.")
class AdjustStatisticsInput(OnReport):
    """Input of ``adjustStatistics``."""

    code: str = input_field(description="Code of a flow.")
    about: str = input_field(description="The signed period that was wrong.")
    delta: str = input_field(description="What is added; may be negative.")
    reason: str = input_field(description="Why, 500 characters at most.")


@mutation(
    access=STATISTICS,
    description="调整: correct a signed figure of an earlier period in this one.",
    returns=StatisticsReport,
    weight=200,
)
async def adjust_statistics(info: Info, input: AdjustStatisticsInput) -> ReportView:  # noqa: A002 - GraphQL's name
    """Adjust."""
    viewer = officer_of(info)
    report_id = await actions.adjust(
        viewer,
        info.context.work,
        report_id=read_global_id(input.report_id, "StatisticsReport"),
        version=input.version,
        code=input.code,
        about=input.about,
        delta=input.delta,
        reason=input.reason,
        idempotency_key=input.idempotency_key,
    )
    return await queries.report(viewer, report_id)


@input_type(description="Which finding, and why it is right.")
class ExplainStatisticsInput(OnReport):
    """Input of ``explainStatistics``."""

    rule: str = input_field(description="The rule of the finding.")
    code: str = input_field(description="Its indicator; empty where it is about the whole report.")
    explanation: str = input_field(description="Why it is right as it is, 500 characters at most.")


@mutation(
    access=STATISTICS,
    description="说明: explain a finding of the checks.",
    returns=StatisticsReport,
)
async def explain_statistics(info: Info, input: ExplainStatisticsInput) -> ReportView:  # noqa: A002 - GraphQL's name
    """Explain."""
    viewer = officer_of(info)
    report_id = await actions.explain(
        viewer,
        report_id=read_global_id(input.report_id, "StatisticsReport"),
        version=input.version,
        rule=input.rule,
        code=input.code,
        explanation=input.explanation,
        idempotency_key=input.idempotency_key,
    )
    return await queries.report(viewer, report_id)


@input_type(description="Which report.")
class SignStatisticsReportInput(OnReport):
    """Input of ``signStatisticsReport``."""


@mutation(
    access=STATISTICS,
    description="签署上报: freeze the report. Takes the role of approval as well, and never whoever prepared it.",
    returns=StatisticsReport,
)
async def sign_statistics_report(info: Info, input: SignStatisticsReportInput) -> ReportView:  # noqa: A002 - GraphQL's name
    """Sign."""
    viewer = officer_of(info)
    report_id = await actions.sign(
        viewer,
        info.context.work,
        report_id=read_global_id(input.report_id, "StatisticsReport"),
        version=input.version,
        idempotency_key=input.idempotency_key,
    )
    return await queries.report(viewer, report_id)


@input_type(description="Which report, and whether it will do.")
class ReviewStatisticsReportInput(OnReport):
    """Input of ``reviewStatisticsReport``."""

    accept: bool = input_field(description="False gives it back.")
    remarks: str = input_field(description="What is to be mended; needed when it is given back.", default="")


@mutation(
    access=STATISTICS,
    description="审核: accept a signed report of the level directly below, or give it back with remarks.",
    returns=StatisticsReport,
)
async def review_statistics_report(info: Info, input: ReviewStatisticsReportInput) -> ReportView:  # noqa: A002 - GraphQL's name
    """Review."""
    viewer = officer_of(info)
    report_id = await review.review_report(
        viewer,
        report_id=read_global_id(input.report_id, "StatisticsReport"),
        version=input.version,
        accept=input.accept,
        remarks=input.remarks,
        idempotency_key=input.idempotency_key,
    )
    return await queries.report(viewer, report_id)


@input_type(description="Which report.")
class PublishStatisticsReportInput(OnReport):
    """Input of ``publishStatisticsReport``."""


@mutation(
    access=STATISTICS,
    description="发布: let everybody see a province's accepted or the nation's signed report, small counts suppressed.",
    returns=StatisticsReport,
)
async def publish_statistics_report(info: Info, input: PublishStatisticsReportInput) -> ReportView:  # noqa: A002 - GraphQL's name
    """Publish."""
    viewer = officer_of(info)
    report_id = await review.publish_report(
        viewer,
        report_id=read_global_id(input.report_id, "StatisticsReport"),
        version=input.version,
        idempotency_key=input.idempotency_key,
    )
    return await queries.report(viewer, report_id)


QUERIES = (statistics_report, statistics_reports)
MUTATIONS = (
    prepare_statistics_report,
    type_statistics_cell,
    adjust_statistics,
    explain_statistics,
    sign_statistics_report,
    review_statistics_report,
    publish_statistics_report,
)
