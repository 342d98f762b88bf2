"""Correction (补正): one notice that lists everything, only that is open again, and silence ends the case.

The law wants all of it told at once (行政许可法 32: 一次性告知). A second notice is therefore possible only when
another officer who approves has agreed with a reason; supervision sees that reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from backend.casework.applications.actions import (
    NO_SUCH_CASE,
    Draft,
    note_at_window,
    open_answers,
    own_case,
    seal_answers,
)
from backend.casework.applications.decisions import record_decision
from backend.casework.applications.events import STALE, actor_name, locked_state, record_event
from backend.casework.forms import check_answers
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.casework.reviews.desk import Hand, note, said, take_up
from backend.casework.reviews.models import NoticeState
from backend.casework.reviews.refusing import refusal
from backend.casework.reviews.steps import Key
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, fetch, transaction
from backend.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.people.delegation.kinds import DelegatedAction
from backend.viewer import Citizen, Machine, Officer, OfficerRole

ACTOR = Machine("corrections")
DAYS = range(3, 61)
"""Working days that a notice may give. Which span a rule of a province wants is unverified: its organ sets it."""

SAY_WHAT = Text("请一次列明需补正的全部内容。", "List everything that has to be corrected, once.")
NOT_OF_ITEM = Text("此事项没有该填写项或材料。", "The item has no such field or material.")
HOW_LONG = Text("补正期限为3至60个工作日。", "A correction has 3 to 60 working days.")
NO_SUCH_NOTICE = Text("没有待批准的补正告知。", "There is no notice that waits for approval.")
ANOTHER_OFFICER = Text("须由另一名负责人批准。", "Another officer has to approve it.")
NOTHING_ASKED = Text("此办件没有待补正的内容。", "Nothing is asked for in this case.")
ONLY_LISTED = Text("只能修改告知书列明的内容。", "Only what the notice lists can be changed.")
STILL_MISSING = Text("告知书列明的内容还未补齐。", "Something that the notice lists is still missing.")
LAPSED = Text(
    "逾期未补正：截至{day}未收到补正内容。", "Nothing came until {day}, when the correction was due."
)
ONE_AT_A_TIME = Text("已有一份补正告知在办理。", "There is a notice already.")


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that has to be corrected: a field of the form or a material, and what is wrong with it."""

    what: str
    why: str


async def ask(
    officer: Officer,
    work: Casework,
    *,
    task_id: UUID,
    version: int,
    answers: Sequence[Wrong],
    materials: Sequence[Wrong],
    days: int,
    key: str,
) -> NoticeState:
    """Ask the applicant to correct a case; OPEN, or PROPOSED where it is not the first notice of the case.

    Raises as ``take_up`` does, and ``Invalid`` for an empty list or something that the item does not have.
    """
    if days not in DAYS:
        raise Invalid(HOW_LONG).about("input", "days")
    async with transaction() as tx:
        given = [task_id, version, days, *(one.what for one in (*answers, *materials))]
        if await Key(officer, "askForCorrection", key, *given).known(tx, task_id):
            row = await tx.fetch_one(
                "SELECT n.state FROM correction_notice n JOIN review_task t ON t.application_id = n.application_id"
                " WHERE t.id = $1 ORDER BY n.number DESC LIMIT 1",
                task_id,
            )
            return NoticeState(row["state"]) if row else NoticeState.OPEN
        hand = await take_up(tx, work, officer, task_id, version)
        _check_list(hand, answers, materials)
        state = await _write(tx, work, officer, hand, answers, materials, days)
        if state is NoticeState.OPEN:
            await record_event(
                tx,
                work,
                hand.application_id,
                CaseEventKind.CORRECTION_ASKED,
                before=hand.state,
                actor=officer,
                detail={"number": 1},
            )
        await note(tx, officer, hand, "correction_asked", state=state.value)
    return state


def _check_list(hand: Hand, answers: Sequence[Wrong], materials: Sequence[Wrong]) -> None:
    if not answers and not materials:
        raise Invalid(SAY_WHAT)
    known = {
        "answers": {field.name for field in hand.item.form.fields},
        "materials": {material.code for material in hand.item.materials},
    }
    for name, listed in (("answers", answers), ("materials", materials)):
        for place, one in enumerate(listed):
            said(one.why, name, most=500)
            if one.what not in known[name]:
                path = ("input", name, place)
                raise Invalid(NOT_OF_ITEM, fields=(FieldProblem(path, NOT_OF_ITEM),))


async def _write(  # noqa: PLR0917 - one row's columns
    tx: Transaction,
    work: Casework,
    officer: Officer,
    hand: Hand,
    answers: Sequence[Wrong],
    materials: Sequence[Wrong],
    days: int,
) -> NoticeState:
    before = await tx.fetch(
        "SELECT number, state FROM correction_notice WHERE application_id = $1", hand.application_id
    )
    if any(row["state"] in {"PROPOSED", "OPEN"} for row in before):
        raise Conflict(ONE_AT_A_TIME, code=ProblemCode.ALREADY_DONE)
    state = NoticeState.PROPOSED if any(row["state"] != "REJECTED" for row in before) else NoticeState.OPEN
    notice_id, told = new_id(), {one.what: one.why.strip() for one in (*answers, *materials)}
    due = work.calendar.add_working_days(clock.today(), days) if state is NoticeState.OPEN else None
    await tx.execute(
        "INSERT INTO correction_notice (id, created_at, application_id, number, officer_id, answers, materials,"
        " told_sealed, days, due_on, state) VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8, $9, $10, $11)",
        notice_id,
        clock.now(),
        hand.application_id,
        1 + len(before),
        officer.officer_id,
        orjson.dumps([one.what for one in answers]).decode(),
        orjson.dumps([one.what for one in materials]).decode(),
        work.resources.keys.ring.seal(orjson.dumps(told), context=told_context(notice_id)),
        days,
        due,
        state.value,
    )
    return state


def told_context(notice_id: UUID) -> str:
    """Where the words of a notice belong."""
    return f"correction_notice.told:{notice_id}"


async def settle_proposal(
    officer: Officer, work: Casework, *, application_id: UUID, approved: bool, reason: str, key: str
) -> None:
    """Approve or reject a second notice, with a reason; never by the officer who wants it.

    Raises ``NotFound`` where none waits in the officer's division and ``Forbidden`` to who proposed it.
    """
    said(reason, "reason", most=500)
    if OfficerRole.APPROVAL not in officer.roles:
        raise Forbidden(ANOTHER_OFFICER)
    async with transaction() as tx:
        asked = Key(officer, "settleCorrectionProposal", key, application_id, approved)
        if await asked.known(tx, application_id):
            return
        state = await locked_state(tx, application_id)
        notice = await tx.fetch_one(
            "SELECT n.id, n.number, n.officer_id, n.days, a.division, a.township FROM correction_notice n"
            " JOIN application a ON a.id = n.application_id WHERE n.application_id = $1 AND n.state = 'PROPOSED'",
            application_id,
        )
        if notice is None or state is None or not _of(officer, notice):
            raise NotFound(NO_SUCH_NOTICE)
        if notice["officer_id"] == officer.officer_id:
            raise Forbidden(ANOTHER_OFFICER)
        await tx.execute(
            "UPDATE correction_notice SET state = $2, approved_by = $3, due_on = $4, settled_sealed = $5 WHERE id = $1",
            notice["id"],
            (NoticeState.OPEN if approved else NoticeState.REJECTED).value,
            officer.officer_id,
            work.calendar.add_working_days(clock.today(), notice["days"]) if approved else None,
            work.resources.keys.ring.seal(reason.encode(), context=f"correction_notice.why:{notice['id']}"),
        )
        if approved:
            await record_event(
                tx,
                work,
                application_id,
                CaseEventKind.CORRECTION_ASKED,
                before=state,
                actor=officer,
                detail={"number": notice["number"]},
            )
        await note(tx, officer, application_id, "second_correction", approved=approved)


def _of(officer: Officer, case: Row) -> bool:
    return regions.within(case["township"] or case["division"], officer.division)


async def answer(
    citizen: Citizen,
    work: Casework,
    *,
    application_id: UUID,
    answers: Mapping[str, object],
    version: int,
    idempotency_key: str,
) -> UUID:
    """Hand in what a notice asked for; the case goes on where it was.

    ``answers`` are those that the notice lists, and no others. Raises ``Conflict`` where nothing is asked for or
    the case has changed, ``Invalid(MATERIAL_MISSING)`` while a listed material was not brought anew.
    """
    case = await own_case(citizen, application_id, DelegatedAction.SUBMIT)
    return await answer_for(
        citizen, work, case, answers, version, operation="answerCorrection", key=idempotency_key
    )


async def answer_for(
    actor: Citizen | Officer,
    work: Casework,
    case: Draft,
    answers: Mapping[str, object],
    version: int,
    *,
    operation: str,
    key: str,
) -> UUID:
    """Hand in what a notice asked for in a case that ``actor`` may hand in."""
    application_id = case.id
    digest = work.resources.keys.blind_index.of(
        orjson.dumps(answers, option=orjson.OPT_SORT_KEYS).decode(), "answers"
    )
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(actor),
            operation=operation,
            key=key,
            given=[str(application_id), version, digest],
            subject=application_id,
        )
        if known is not None:
            return known
        state = await locked_state(tx, application_id)
        notice = await tx.fetch_one(
            "SELECT id, created_at, answers, materials FROM correction_notice"
            " WHERE application_id = $1 AND state = 'OPEN'",
            application_id,
        )
        if notice is None or state is None:
            raise Conflict(NOTHING_ASKED)
        if case.version != version:
            raise Conflict(STALE, code=ProblemCode.STALE_VERSION).about("input", "version")
        item = work.standards.get(case.item_code)
        listed = set(orjson.loads(notice["answers"]))
        _check_only_listed(listed, answers)
        whole = {**open_answers(work, application_id, case.answers_sealed), **answers}
        check_answers(item.form, whole, complete=True)
        await _check_brought(tx, application_id, notice)
        kept = await tx.fetch_one(
            "UPDATE application SET answers_sealed = $3 WHERE id = $1 AND version = $2 RETURNING id",
            application_id,
            version,
            seal_answers(work, application_id, whole),
        )
        if kept is None:
            raise Conflict(STALE, code=ProblemCode.STALE_VERSION).about("input", "version")
        await tx.execute(
            "UPDATE correction_notice SET state = 'ANSWERED', ended_at = $2 WHERE id = $1",
            notice["id"],
            clock.now(),
        )
        await record_event(
            tx, work, application_id, CaseEventKind.CORRECTION_ANSWERED, before=state, actor=actor
        )
        await audit.append(
            tx,
            subject=f"application:{application_id}",
            kind="correction_answered",
            actor=actor_name(actor),
            detail={"notice": str(notice["id"])},
        )
        if isinstance(actor, Officer):
            await note_at_window(tx, actor, case, "answers_filled_at_window")
    return application_id


def _check_only_listed(listed: set[str], answers: Mapping[str, object]) -> None:
    others = sorted(set(answers) - listed)
    missing = sorted(listed - set(answers))
    if others or missing:
        raise Invalid(
            ONLY_LISTED if others else STILL_MISSING,
            code=ProblemCode.INVALID_ANSWERS,
            fields=(
                *(FieldProblem(("input", "answers", name), ONLY_LISTED) for name in others),
                *(FieldProblem(("input", "answers", name), STILL_MISSING) for name in missing),
            ),
        )


async def _check_brought(tx: Transaction, application_id: UUID, notice: Row) -> None:
    brought = await tx.fetch(
        "SELECT code FROM material WHERE application_id = $1 AND created_at > $2",
        application_id,
        notice["created_at"],
    )
    missing = sorted(set(orjson.loads(notice["materials"])) - {row["code"] for row in brought})
    if missing:
        raise Invalid(
            STILL_MISSING,
            code=ProblemCode.MATERIAL_MISSING,
            fields=tuple(FieldProblem(("materials", code), STILL_MISSING) for code in missing),
        )


async def lapse(work: Casework, limit: int = 500) -> int:
    """End the cases whose correction was due before today and did not come; returns how many.

    Safe to run beside itself and beside an answer: the case's row decides who was first.
    """
    rows = await fetch(
        "SELECT id, application_id, due_on FROM correction_notice WHERE state = 'OPEN' AND due_on < $1"
        " ORDER BY due_on, id LIMIT $2",
        clock.today(),
        limit,
    )
    return sum([await _lapse_one(work, row) for row in rows])


async def _lapse_one(work: Casework, row: Row) -> bool:
    async with transaction() as tx:
        state = await locked_state(tx, row["application_id"])
        lapsed = await tx.fetch_one(
            "UPDATE correction_notice SET state = 'LAPSED', ended_at = $2 WHERE id = $1 AND state = 'OPEN'"
            " RETURNING id",
            row["id"],
            clock.now(),
        )
        if lapsed is None or state not in {CaseState.CORRECTION, CaseState.REVIEW_CORRECTION}:
            return False
        case = await tx.fetch_one(
            "SELECT item_code, organ_name FROM application WHERE id = $1", row["application_id"]
        )
        if case is None:
            raise LookupError(NO_SUCH_CASE.en)
        await record_decision(
            tx,
            work,
            row["application_id"],
            CaseEventKind.CORRECTION_LAPSED,
            refusal(
                work.standards.get(case["item_code"]),
                case["organ_name"],
                LAPSED.filled(day=row["due_on"].isoformat()).zh,
            ),
            before=state,
            actor=ACTOR,
        )
        await audit.append(
            tx,
            subject=f"application:{row['application_id']}",
            kind="correction_lapsed",
            actor=actor_name(ACTOR),
        )
    return True
