"""What a division's own officers do with a report: prepare, type, adjust, explain, sign.

Every act is a guarded statement on the version that was seen: of two at once one is done, the other is told so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson

from backend.casework.applications.events import actor_name
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, transaction
from backend.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.statistics.catalogue import BY_CODE, asked_in
from backend.statistics.folding import fold
from backend.statistics.indicators import Indicator, Kind
from backend.statistics.periods import Period, read_period
from backend.statistics.reports.checks import Finding, check, read_finding
from backend.statistics.reports.computing import adjusted_in, compute, with_hand
from backend.statistics.reports.lifecycle import FROZEN, ReportAct, ReportState, next_state
from backend.statistics.reports.queries import NO_SUCH_REPORT
from backend.statistics.reports.signing import sign_snapshot
from backend.statistics.values import domains_of, read_value
from backend.viewer import Officer, OfficerRole

NOT_CLOSED = Text("报告期尚未结束，不能编制报表。", "The period is not over: nothing can be reported yet.")
NOT_A_REPORTING_DIVISION = Text(
    "乡镇、村不单独编制报表，由县级汇总。", "Townships and villages are reported by their county."
)
NOT_IN_FORCE = Text("该指标不在本报告期的有效期内。", "The indicator is not in force in this period.")
NOT_TYPED = Text("该指标由办件生成，不能填报。", "This indicator comes from cases and is not typed.")
ONLY_FLOWS = Text(
    "时点数按现状重新计算，无须调整，请在审核说明中写明原因。",
    "A stock is as it stands today: explain the difference, it is not adjusted.",
)
NOT_FROZEN = Text("只能调整已签署的以前报告期。", "Only a signed report of an earlier period is corrected.")
WORDS_WANTED = Text("请填写内容（500字以内）。", "Write something, 500 characters at most.")
NO_SUCH_FINDING = Text("没有这条审核意见，或它不能以说明通过。", "There is no such finding to explain.")
CHANGED = Text(
    "报表已被他人修改或签署，请刷新后再试。", "Somebody else has changed or signed the report. Reload it."
)
FOUR_EYES = Text("编制人不能签署自己编制的报表。", "Whoever prepared a report does not sign it.")
NO_RIGHT_TO_SIGN = Text(
    "签署须同时具有统计和审批权限。", "Signing takes the roles of statistics and of approval."
)
STILL_OPEN = Text(
    "还有未通过且未说明的审核意见。", "Some findings of the checks are neither mended nor explained."
)
LONGEST = 500


@dataclass(frozen=True, slots=True)
class _Held:
    """A report that is being worked on, locked."""

    id: UUID
    division: str
    period: Period
    state: ReportState
    version: int
    typed: Mapping[str, int]
    findings: Sequence[Finding]
    row: Row


def said(words: str, name: str) -> str:
    """Words that have to be there. Raises ``Invalid``."""
    told = words.strip()
    if not told or len(told) > LONGEST:
        raise Invalid(WORDS_WANTED, fields=(FieldProblem(("input", name), WORDS_WANTED),))
    return told


async def prepare_report(officer: Officer, work: Casework, *, period: str, idempotency_key: str) -> UUID:
    """Compute the report of the officer's own division, for the first time or anew.

    Raises ``Conflict(PERIOD_NOT_CLOSED)`` before the period is over and ``Conflict`` for a frozen one.
    """
    wanted = read_period(period)
    division = officer.division
    found = regions.find(division)
    if found is None or found.level >= regions.TOWNSHIP or len(division) > 6:
        raise Invalid(NOT_A_REPORTING_DIVISION).about("division")
    if not wanted.closed:
        raise Conflict(NOT_CLOSED, code=ProblemCode.PERIOD_NOT_CLOSED).about("input", "period")
    await fold()
    report_id, now = new_id(), clock.now()
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(officer),
            operation="prepareStatisticsReport",
            key=idempotency_key,
            given=[division, wanted.code],
            subject=report_id,
        )
        if known is not None:
            row = await tx.fetch_one(
                "SELECT id FROM statistics_report WHERE division = $1 AND period = $2", division, wanted.code
            )
            return row["id"] if row else known
        made = await tx.fetch_one(
            "INSERT INTO statistics_report (id, created_at, division, superior, period, state, version, cells, typed,"
            " findings, missing, prepared_by, prepared_at, lodging_tries) VALUES ($1, $2, $3, $4, $5, 'PREPARED', 0,"
            " '{}', '{}', '[]', '[]', $6, $2, 0) ON CONFLICT (division, period) DO NOTHING RETURNING id",
            report_id,
            now,
            division,
            (found.parent or regions.NATION) if found.level else None,
            wanted.code,
            actor_name(officer),
        )
        if made is None:
            row = await tx.fetch_one(
                "SELECT id FROM statistics_report WHERE division = $1 AND period = $2", division, wanted.code
            )
            report_id = row["id"] if row else report_id
        held = await _held(tx, officer, report_id, None)
        await _recompute(tx, work, officer, held)
    return report_id


async def type_cell(
    officer: Officer,
    work: Casework,
    *,
    report_id: UUID,
    version: int,
    code: str,
    value: str | None,
    idempotency_key: str,
) -> UUID:
    """填报: type what no case tells, or take it away again. Raises ``Invalid`` for a computed indicator."""
    indicator = _indicator(code)
    if not indicator.typed:
        raise Invalid(NOT_TYPED).about("input", "code")
    amount = None if value is None else _read(indicator, value)
    async with transaction() as tx:
        if await _known(tx, officer, "typeStatisticsCell", idempotency_key, report_id, version, code, value):
            return report_id
        held = await _held(tx, officer, report_id, version)
        _in_force(indicator, held.period)
        typed = {name: number for name, number in held.typed.items() if name != code}
        if amount is not None:
            typed[code] = amount
        await _recompute(tx, work, officer, replace(held, typed=typed))
    return report_id


async def adjust(
    officer: Officer,
    work: Casework,
    *,
    report_id: UUID,
    version: int,
    code: str,
    about: str,
    delta: str,
    reason: str,
    idempotency_key: str,
) -> UUID:
    """调整: correct a frozen figure of an earlier period in this one, with the reason."""
    indicator, earlier, words = _indicator(code), read_period(about), said(reason, "reason")
    if indicator.kind is not Kind.FLOW:
        raise Invalid(ONLY_FLOWS).about("input", "code")
    amount = _read(indicator, delta, signed=True, name="delta")
    async with transaction() as tx:
        if await _known(
            tx, officer, "adjustStatistics", idempotency_key, report_id, version, code, about, delta, words
        ):
            return report_id
        held = await _held(tx, officer, report_id, version)
        _in_force(indicator, held.period)
        frozen = await tx.fetch_one(
            "SELECT state FROM statistics_report WHERE division = $1 AND period = $2 AND period < $3",
            held.division,
            earlier.code,
            held.period.code,
        )
        if frozen is None or ReportState(frozen["state"]) not in FROZEN:
            raise Invalid(NOT_FROZEN).about("input", "about")
        await tx.execute(
            "INSERT INTO statistics_adjustment (id, created_at, report_id, code, about, delta, delta_over, reason, actor)"
            " VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)",
            new_id(),
            clock.now(),
            report_id,
            code,
            earlier.code,
            amount,
            words,
            actor_name(officer),
        )
        await _recompute(tx, work, officer, held)
    return report_id


async def explain(
    officer: Officer,
    *,
    report_id: UUID,
    version: int,
    rule: str,
    code: str,
    explanation: str,
    idempotency_key: str,
) -> UUID:
    """说明: say why a finding is right as it is. Raises ``Invalid`` for one that has to be mended."""
    words = said(explanation, "explanation")
    async with transaction() as tx:
        if await _known(
            tx, officer, "explainStatistics", idempotency_key, report_id, version, rule, code, words
        ):
            return report_id
        held = await _held(tx, officer, report_id, version)
        wanted = [
            one
            for one in held.findings
            if (one.rule, one.code, one.severity.value) == (rule, code, "EXPLAIN")
        ]
        if not wanted:
            raise Invalid(NO_SUCH_FINDING).about("input", "rule")
        findings = [replace(one, explanation=words) if one in wanted else one for one in held.findings]
        await _move(
            tx, held, ReportAct.PREPARE, "findings = $4::jsonb", _json([one.told() for one in findings])
        )
    return report_id


async def sign(
    officer: Officer, work: Casework, *, report_id: UUID, version: int, idempotency_key: str
) -> UUID:
    """签署上报: freeze the report, byte for byte, under the installation's signature.

    Raises ``Forbidden`` without both roles or for whoever prepared it, ``Conflict(CHECKS_OPEN)`` where a finding is
    open and ``Conflict(STALE_VERSION)`` for the second of two who sign at once.
    """
    if not {OfficerRole.STATISTICS, OfficerRole.APPROVAL} <= officer.roles:
        raise Forbidden(NO_RIGHT_TO_SIGN)
    async with transaction() as tx:
        if await _known(tx, officer, "signStatisticsReport", idempotency_key, report_id, version):
            return report_id
        held = await _held(tx, officer, report_id, version)
        next_state(held.state, ReportAct.SIGN)
        if held.row["prepared_by"] == actor_name(officer):
            raise Forbidden(FOUR_EYES)
        still = [one for one in held.findings if one.open]
        if still:
            raise Conflict(
                STILL_OPEN,
                code=ProblemCode.CHECKS_OPEN,
                fields=tuple(FieldProblem(("findings", one.rule, one.code), one.said) for one in still[:20]),
            )
        now = clock.now()
        snapshot, signature = sign_snapshot(
            work, held.row, version=held.version + 1, signer=actor_name(officer), at=now
        )
        await _move(
            tx,
            held,
            ReportAct.SIGN,
            "signed_by = $4, signed_at = $5, snapshot = $6, signature = $7::jsonb, lodging_due = $5, lodging_tries = 0,"
            " receipt = NULL",
            actor_name(officer),
            now,
            snapshot,
            _json(signature),
        )
        await note_entry(tx, report_id, ReportAct.SIGN, held.version + 1, officer)
    return report_id


# --- what they share --------------------------------------------------------------------------------


def _indicator(code: str) -> Indicator:
    indicator = BY_CODE.get(code)
    if indicator is None:
        raise Invalid(NOT_IN_FORCE, code=ProblemCode.INDICATOR_NOT_IN_FORCE).about("input", "code")
    return indicator


def _in_force(indicator: Indicator, period: Period) -> None:
    if indicator not in asked_in(period):
        raise Invalid(NOT_IN_FORCE, code=ProblemCode.INDICATOR_NOT_IN_FORCE).about("input", "code")


def _read(indicator: Indicator, text: str, *, signed: bool = False, name: str = "value") -> int:
    try:
        return read_value(indicator, text, signed=signed)
    except Invalid as wrong:
        raise wrong.about("input", name) from None


async def _known(tx: Transaction, officer: Officer, operation: str, key: str, *given: object) -> bool:
    known = await once(
        tx,
        actor=actor_name(officer),
        operation=operation,
        key=key,
        given=[None if one is None else str(one) for one in given],
        subject=UUID(str(given[0])),
    )
    return known is not None


async def _held(tx: Transaction, officer: Officer, report_id: UUID, version: int | None) -> _Held:
    """A report of the officer's own division, locked. Raises ``NotFound`` and ``Conflict``."""
    row = await tx.fetch_one(
        "SELECT id, division, period, state, version, cells, typed, findings, missing, prepared_by FROM statistics_report"
        " WHERE id = $1 FOR NO KEY UPDATE",
        report_id,
    )
    if row is None or row["division"] != officer.division:
        raise NotFound(NO_SUCH_REPORT)
    if version is not None and row["version"] != version:
        raise Conflict(CHANGED, code=ProblemCode.STALE_VERSION)
    return _Held(
        row["id"],
        row["division"],
        read_period(row["period"]),
        ReportState(row["state"]),
        row["version"],
        orjson.loads(row["typed"]),
        [read_finding(one) for one in orjson.loads(row["findings"])],
        row,
    )


async def _recompute(tx: Transaction, work: Casework, officer: Officer, held: _Held) -> None:
    """Cells and findings from what there is now, with what was typed and adjusted; explanations stay with their finding."""
    next_state(held.state, ReportAct.PREPARE)
    found = await compute(tx.fetch, held.division, held.period, domains_of(work.standards))
    cells = with_hand(found.cells, held.typed, await adjusted_in(tx, held.id))
    explained = {(one.rule, one.code, one.said): one.explanation for one in held.findings}
    findings = [
        replace(one, explanation=explained.get((one.rule, one.code, one.said)))
        for one in check(cells, found.before, found.late, found.missing)
    ]
    await _move(
        tx,
        held,
        ReportAct.PREPARE,
        "cells = $4::jsonb, typed = $5::jsonb, findings = $6::jsonb, missing = $7::jsonb, prepared_by = $8,"
        " prepared_at = $9",
        _json({code: cell.told() for code, cell in cells.items()}),
        _json(held.typed),
        _json([one.told() for one in findings]),
        _json(found.missing),
        actor_name(officer),
        clock.now(),
    )
    await note_entry(tx, held.id, ReportAct.PREPARE, held.version + 1, officer)


async def _move(tx: Transaction, held: _Held, act: ReportAct, what: str, *values: Any) -> None:
    """One guarded statement: ``what`` is SQL with values from ``$4`` on."""
    moved = await tx.fetch_one(
        f"UPDATE statistics_report SET state = $3, version = version + 1, {what} WHERE id = $1 AND version = $2"
        " RETURNING id",
        held.id,
        held.version,
        next_state(held.state, act).value,
        *values,
    )
    if moved is None:
        raise Conflict(CHANGED, code=ProblemCode.STALE_VERSION)


async def note_entry(
    tx: Transaction, report_id: UUID, act: ReportAct, version: int, officer: Officer, *, remarks: str = ""
) -> None:
    """Write an act into the report's history, and into the audit trail but for computing."""
    await tx.execute(
        "INSERT INTO statistics_report_entry (id, created_at, report_id, act, version, actor, remarks)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new_id(),
        clock.now(),
        report_id,
        act.value,
        version,
        actor_name(officer),
        remarks,
    )
    if act is not ReportAct.PREPARE:
        await audit.append(
            tx,
            subject=f"statistics_report:{report_id}",
            kind=f"statistics_{act.value.lower()}",
            actor=actor_name(officer),
            detail={"version": version},
        )


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
