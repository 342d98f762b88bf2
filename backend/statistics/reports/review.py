"""What the level above does with a signed report: accept it, give it back with remarks; and who publishes."""

from uuid import UUID

import orjson

from backend.casework.applications.events import actor_name
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, transaction
from backend.errors import Conflict, Forbidden, NotFound, ProblemCode, Text
from backend.kit import clock, regions
from backend.statistics.public.release import release
from backend.statistics.reports.actions import CHANGED, NO_RIGHT_TO_SIGN, note_entry, said
from backend.statistics.reports.lifecycle import FROZEN, ReportAct, ReportState, next_state
from backend.statistics.reports.queries import NO_SUCH_REPORT, read_cells
from backend.viewer import Officer, OfficerRole

SUPERIOR_SIGNED = Text(
    "上级报表已签署，更正须在下一报告期以调整项计入。",
    "The report above was signed with this one in it: corrections are adjustments of the next period.",
)
NOT_PUBLIC_HERE = Text(
    "省级和全国报表才能发布。", "Only the reports of provinces and of the nation are published."
)
REVIEW_FIRST = Text("须经上级审核后发布。", "It is published once the level above has accepted it.")


async def review_report(
    officer: Officer, *, report_id: UUID, version: int, accept: bool, remarks: str, idempotency_key: str
) -> UUID:
    """审核: accept a report of the level directly below, or give it back with remarks.

    Raises ``NotFound`` for any other report and ``Conflict`` once the officer's own report is signed.
    """
    act = ReportAct.ACCEPT if accept else ReportAct.RETURN
    words = remarks.strip()[:500] if accept else said(remarks, "remarks")
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(officer),
            operation="reviewStatisticsReport",
            key=idempotency_key,
            given=[str(report_id), version, accept, words],
            subject=report_id,
        )
        if known is not None:
            return report_id
        row = await _locked(tx, report_id, version, lambda row: row["superior"] == officer.division)
        above = await tx.fetch_one(
            "SELECT state FROM statistics_report WHERE division = $1 AND period = $2 FOR NO KEY UPDATE",
            officer.division,
            row["period"],
        )
        if above is not None and ReportState(above["state"]) in FROZEN:
            raise Conflict(SUPERIOR_SIGNED)
        await _move(tx, row, act)
        await note_entry(tx, report_id, act, version + 1, officer, remarks=words)
    return report_id


async def publish_report(officer: Officer, *, report_id: UUID, version: int, idempotency_key: str) -> UUID:
    """发布: let everybody see it, small counts suppressed. Of a province after its review, of the nation once signed."""
    if not {OfficerRole.STATISTICS, OfficerRole.APPROVAL} <= officer.roles:
        raise Forbidden(NO_RIGHT_TO_SIGN)
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(officer),
            operation="publishStatisticsReport",
            key=idempotency_key,
            given=[str(report_id), version],
            subject=report_id,
        )
        if known is not None:
            return report_id
        row = await _locked(tx, report_id, version, lambda row: row["division"] == officer.division)
        found = regions.find(row["division"])
        if found is None or found.level > 1:
            raise Forbidden(NOT_PUBLIC_HERE)
        if row["superior"] is not None and row["state"] == ReportState.SIGNED.value:
            raise Conflict(REVIEW_FIRST)
        await _move(tx, row, ReportAct.PUBLISH)
        # Two that are published at once could tell together what neither tells alone.
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('statistics_release', 0))")
        released = await release(tx.fetch, row["division"], row["period"], read_cells(row["cells"]))
        await tx.execute(
            "UPDATE statistics_report SET published_at = $2, released = $3::jsonb WHERE id = $1",
            report_id,
            clock.now(),
            orjson.dumps(released).decode(),
        )
        await note_entry(tx, report_id, ReportAct.PUBLISH, version + 1, officer)
    return report_id


async def _locked(tx: Transaction, report_id: UUID, version: int, mine: object) -> Row:
    row = await tx.fetch_one(
        "SELECT id, division, superior, period, state, version, cells FROM statistics_report WHERE id = $1"
        " FOR NO KEY UPDATE",
        report_id,
    )
    if row is None or not (callable(mine) and mine(row)):
        raise NotFound(NO_SUCH_REPORT)
    if row["version"] != version:
        raise Conflict(CHANGED, code=ProblemCode.STALE_VERSION)
    return row


async def _move(tx: Transaction, row: Row, act: ReportAct) -> None:
    after = next_state(ReportState(row["state"]), act)
    await tx.execute(
        "UPDATE statistics_report SET state = $2, version = version + 1 WHERE id = $1", row["id"], after.value
    )
