"""Evaluating a service, once: in one's own account, at a device by a one-time code, or told to an officer.

Nobody who is rated enters, reads or handles an evaluation of themselves, and nothing says who somebody is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from backend.casework.applications.actions import own_case, require_person
from backend.casework.applications.events import actor_name, locked_state, record_event
from backend.casework.evaluations.indicators import CURRENT, Side, check_tags
from backend.casework.evaluations.looping import open_loop
from backend.casework.evaluations.loops import BAD
from backend.casework.evaluations.models import ENTERED, EvaluationChannel, ServiceKind
from backend.casework.evaluations.scores import count_evaluation, period_of
from backend.casework.evaluations.services import Visit, ended_case, visited
from backend.casework.lifecycle import ENDED, CaseEventKind
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, transaction
from backend.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock, regions
from backend.kit.ids import new_code, new_id
from backend.people.delegation.kinds import DelegatedAction
from backend.viewer import Citizen, Machine, Officer, Viewer

NOT_ENDED = Text("办件办结后才能评价。", "A case can be evaluated once it has ended.")
ONCE_ONLY = Text("该服务已评价。", "This service was evaluated already.")
TOO_LATE = Text("已超过评价期限。", "It is too late to evaluate this.")
TOO_LONG = Text("评价内容请控制在500字以内。", "Please keep the comment within 500 characters.")
NO_SUCH_LEVEL = Text("评价为1至5级。", "A level is 1 to 5.")
NO_SUCH_SERVICE = Text("没有这项服务。", "There is no such service.")
CODE_REFUSED = Text(
    "评价码无效或已过期，请向窗口重新获取。",
    "This code is not good or too old: ask at the window for another one.",
)
RATED_YOURSELF = Text(
    "被评价人不能代录、查看或处理对自己的评价。", "Whoever is rated does not enter or handle that evaluation."
)
ENTERED_ONLY = Text(
    "工作人员只能录入电话和纸质评价。", "An officer enters evaluations told by phone or on paper only."
)
MAX_COMMENT = 500
LEVELS = range(1, 6)
CODE_SIGNS = 10
"""50 bits, to be typed at a device; guessing is limited by ``TRIES``."""
CODE_MINUTES = 15
TRIES = "120/minute"
"""By address: a hall full of devices has one."""
FORGED = "forged_evaluation_code"
"""What the tally counts."""
_ACTOR = Machine("evaluations")

SERVICE = (
    "SELECT s.id, s.kind, s.application_id, s.person_id, s.officer_id, s.organ_code, s.organ_name, s.division,"
    " s.item_code, s.closes_at FROM service_event s"
)
RATES = (
    "(coalesce(s.officer_id = {officer}, false) OR EXISTS (SELECT FROM case_event rated WHERE rated.application_id = s.application_id"
    " AND rated.actor = 'officer:' || {officer}::text))"
)
"""SQL: whether an officer is rated by a service ``s``: served at it, or acted on its case."""


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody says."""

    level: int
    tags: Sequence[str] = ()
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A one-time code for a service."""

    event_id: UUID
    code: str
    until: datetime


async def evaluate_application(
    citizen: Citizen,
    work: Casework,
    *,
    application_id: UUID,
    level: int,
    comment: str | None,
    idempotency_key: str,
    tags: Sequence[str] = (),
) -> UUID:
    """Evaluate a case as a whole (一事一评) and tell the timeline; returns the case's id.

    Raises ``Conflict`` before the end (ILLEGAL_STATE), for a second evaluation (ALREADY_DONE) and after 30 days.
    """
    said = _checked(Words(level, tags, comment), frozenset({Side.ONLINE}))
    case = await own_case(citizen, application_id, DelegatedAction.SUBMIT)
    async with transaction() as tx:
        if await _known(tx, work, citizen, "evaluateApplication", idempotency_key, application_id, said):
            return application_id
        if case.state not in ENDED:
            raise Conflict(NOT_ENDED)
        await ended_case(tx, application_id, clock.now())
        row = await tx.fetch_one(
            f"{SERVICE} WHERE s.application_id = $1 AND s.kind = 'CASE' FOR NO KEY UPDATE", application_id
        )
        await _keep(tx, work, _there(row), said, EvaluationChannel.MINI_PROGRAM, person_id=citizen.person_id)
    return application_id


async def evaluate_service(
    citizen: Citizen, work: Casework, *, event_id: UUID, said: Words, idempotency_key: str
) -> UUID:
    """Evaluate a service of the citizen's own, a visit or a case; returns its id. Raises as above, and ``NotFound``."""
    person_id = require_person(citizen)
    said = _checked(said, frozenset(Side))
    async with transaction() as tx:
        if await _known(tx, work, citizen, "evaluateService", idempotency_key, event_id, said):
            return event_id
        row = await tx.fetch_one(
            f"{SERVICE} WHERE s.id = $1 AND s.person_id = $2 FOR NO KEY UPDATE", event_id, person_id
        )
        row = _there(row)
        if row["kind"] == ServiceKind.CASE.value:
            _checked(said, frozenset({Side.ONLINE}))
        else:
            _checked(said, frozenset({Side.ON_SITE}))
        await _keep(tx, work, row, said, EvaluationChannel.MINI_PROGRAM, person_id=person_id)
    return event_id


async def offer_evaluation(
    officer: Officer,
    work: Casework,
    *,
    application_id: UUID | None,
    appointment_id: UUID | None,
    item_code: str | None,
) -> Offer:
    """A one-time code for whoever was just served, for the device at the window or their own phone.

    For an ended case that was not evaluated it is the case's; else a visit. Raises ``NotFound`` for what is not the
    officer's, ``Invalid`` unless exactly one thing is named, ``Conflict(ALREADY_DONE)`` where it was evaluated.
    """
    named = [one for one in (application_id, appointment_id, item_code) if one is not None]
    if len(named) != 1 or (item_code is not None and item_code not in work.standards.by_code):
        raise Invalid(NO_SUCH_SERVICE).about("input", "itemCode")
    code, until = new_code(CODE_SIGNS), clock.now() + timedelta(minutes=CODE_MINUTES)
    async with transaction() as tx:
        event_id = await _served(tx, officer, application_id, appointment_id, item_code)
        given = await tx.fetch_one(
            "UPDATE service_event s SET code_index = $2, code_until = $3 WHERE id = $1 AND closes_at > $4"
            " AND NOT EXISTS (SELECT FROM evaluation e WHERE e.event_id = s.id) RETURNING id",
            event_id,
            _code_index(work, code),
            until,
            clock.now(),
        )
        if given is None:
            raise Conflict(ONCE_ONLY, code=ProblemCode.ALREADY_DONE)
        await audit.append(
            tx, subject=f"service:{event_id}", kind="evaluation_offered", actor=actor_name(officer)
        )
    return Offer(event_id, code, until)


async def _served(
    tx: Transaction,
    officer: Officer,
    application_id: UUID | None,
    appointment_id: UUID | None,
    item_code: str | None,
) -> UUID:
    organ = await tx.fetch_one("SELECT credit_code, name FROM organ WHERE id = $1", officer.organ_id)
    if organ is None:
        raise LookupError("an officer's organ is gone")
    if appointment_id is not None:
        row = await tx.fetch_one(
            "SELECT s.id FROM service_event s JOIN appointment a ON a.id = s.appointment_id"
            " JOIN appointment_slot t ON t.id = a.slot_id JOIN appointment_calendar c ON c.id = t.calendar_id"
            " JOIN appointment_place p ON p.id = c.place_id WHERE s.appointment_id = $1 AND p.organ_id = $2",
            appointment_id,
            officer.organ_id,
        )
        visit_id: UUID = _there(row)["id"]
        return visit_id
    if application_id is None:
        visit = Visit(
            organ["credit_code"], organ["name"], officer.division, item_code or "", officer.officer_id
        )
        return await visited(tx, visit)
    case = _there(
        await tx.fetch_one(
            "SELECT state, person_id, item_code, division FROM application WHERE id = $1 AND division LIKE $2"
            " AND state <> 'DRAFT'",
            application_id,
            f"{regions.prefix(officer.division)}%",
        )
    )
    if case["state"] in ENDED:
        await ended_case(tx, application_id, clock.now())
        row = await tx.fetch_one(
            "SELECT id FROM service_event WHERE application_id = $1 AND kind = 'CASE'", application_id
        )
        event_id: UUID = _there(row)["id"]
        return event_id
    visit = Visit(
        organ["credit_code"],
        organ["name"],
        officer.division,
        case["item_code"],
        officer.officer_id,
        case["person_id"],
        application_id,
    )
    return await visited(tx, visit)


async def evaluate_by_code(
    viewer: Viewer, work: Casework, *, code: str, said: Words, idempotency_key: str
) -> UUID:
    """Evaluate at a device, or with any phone that has read the code; returns the service's id.

    Raises ``Invalid(CODE_REFUSED)`` for a code that was used, is too old or never was, ``TooMany`` for guessing.
    """
    said = _checked(said, frozenset(Side))
    index = _code_index(work, code)
    await work.resources.shared.limit(TRIES, "evaluation-code", viewer.address)
    async with transaction() as tx:
        row = await tx.fetch_one(
            f"{SERVICE} WHERE s.code_index = $1 AND s.code_until > $2 FOR NO KEY UPDATE", index, clock.now()
        )
        subject: UUID = row["id"] if row else new_id()
        actor = f"device:{index[-60:]}"
        known = await once(
            tx,
            actor=actor,
            operation="evaluateByCode",
            key=idempotency_key,
            given=_given(work, said),
            subject=subject,
        )
        if known is not None:
            return known
        if row is None:
            work.resources.tally.add(FORGED)
            raise Invalid(CODE_REFUSED, code=ProblemCode.CODE_REFUSED).about("input", "code")
        await _keep(tx, work, row, said, EvaluationChannel.DEVICE)
    return subject


async def record_evaluation(
    officer: Officer,
    work: Casework,
    *,
    event_id: UUID | None,
    application_id: UUID | None,
    channel: EvaluationChannel,
    said: Words,
    idempotency_key: str,
) -> UUID:
    """Enter what somebody told on the telephone or wrote on paper, marked as such; returns the service's id.

    Of a case that has ended, or of a service in the officer's division. Raises ``Forbidden`` to whoever is rated.
    """
    if channel not in ENTERED:
        raise Invalid(ENTERED_ONLY).about("input", "channel")
    if (event_id is None) == (application_id is None):
        raise Invalid(NO_SUCH_SERVICE).about("input", "eventId")
    said = _checked(said, frozenset(Side))
    subject = event_id or application_id
    if subject is None:
        raise TypeError("one of the two is there")
    async with transaction() as tx:
        known = await _known(
            tx, work, officer, "recordEvaluation", idempotency_key, subject, said, channel.value
        )
        row = await tx.fetch_one(
            f"{SERVICE} WHERE (s.id = $1 OR s.application_id = $2 AND s.kind = 'CASE') AND s.division LIKE $3"
            " FOR NO KEY UPDATE",
            event_id,
            application_id,
            f"{regions.prefix(officer.division)}%",
        )
        if row is None and application_id is not None:
            await _must_be_running(tx, officer, application_id)
        row = _there(row)
        found: UUID = row["id"]
        if known:
            return found
        if await is_rated(tx, officer, found):
            raise Forbidden(RATED_YOURSELF, code=ProblemCode.CONFLICT_OF_INTEREST)
        await _keep(tx, work, row, said, channel, entered_by=actor_name(officer))
    return found


async def _must_be_running(tx: Transaction, officer: Officer, application_id: UUID) -> None:
    """Tell a case that has not ended from one that is not there."""
    case = await tx.fetch_one(
        "SELECT 1 FROM application WHERE id = $1 AND division LIKE $2 AND state <> 'DRAFT'",
        application_id,
        f"{regions.prefix(officer.division)}%",
    )
    if case is not None:
        raise Conflict(NOT_ENDED)


async def is_rated(tx: Transaction, officer: Officer, event_id: UUID) -> bool:
    """Whether this officer is rated by a service."""
    row = await tx.fetch_one(
        f"SELECT 1 FROM service_event s WHERE s.id = $1 AND {RATES.format(officer='$2::uuid')}",  # noqa: S608 - a constant of ours
        event_id,
        officer.officer_id,
    )
    return row is not None


def comment_context(evaluation_id: UUID) -> str:
    """Where sealed words belong."""
    return f"evaluation.comment:{evaluation_id}"


async def _keep(
    tx: Transaction,
    work: Casework,
    event: Row,
    said: Words,
    channel: EvaluationChannel,
    *,
    person_id: UUID | None = None,
    entered_by: str | None = None,
) -> None:
    """Keep one evaluation of ``event``, whose row is held: count it, tell the case, and follow it where it is bad."""
    now, evaluation_id, application_id = clock.now(), new_id(), event["application_id"]
    if event["closes_at"] <= now:
        raise Conflict(TOO_LATE)
    state = None if application_id is None else await locked_state(tx, application_id)
    shown = state is None or state in ENDED
    whole = event["kind"] == ServiceKind.CASE.value
    ring = work.resources.keys.ring
    kept = await tx.fetch_one(
        "INSERT INTO evaluation (id, created_at, event_id, application_id, person_id, level, tags, indicators,"
        " comment_sealed, channel, entered_by, shown_at, counted, period)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11, $12, true, $13)"
        " ON CONFLICT DO NOTHING RETURNING id",
        evaluation_id,
        now,
        event["id"],
        application_id if whole else None,
        person_id,
        said.level,
        orjson.dumps(list(said.tags)).decode(),
        CURRENT,
        ring.seal(said.comment.encode(), context=comment_context(evaluation_id)) if said.comment else None,
        channel.value,
        entered_by,
        now if shown else None,
        period_of(now),
    )
    if kept is None:
        raise Conflict(ONCE_ONLY, code=ProblemCode.ALREADY_DONE)
    await tx.execute(
        "UPDATE service_event SET waiting = false, code_index = NULL, code_until = NULL WHERE id = $1",
        event["id"],
    )
    await count_evaluation(tx, event, period_of(now), said.level, 1)
    await audit.append(
        tx,
        subject=f"evaluation:{evaluation_id}",
        kind="evaluation_given",
        actor=entered_by or actor_name(_ACTOR),
        detail={"service": str(event["id"]), "channel": channel.value},
    )
    if whole and state is not None and application_id is not None:
        # Who entered or gave it is not in the timeline: only that there is one.
        await record_event(tx, work, application_id, CaseEventKind.EVALUATED, before=state, actor=_ACTOR)
    if shown and said.level <= BAD:
        await open_loop(
            tx,
            work.calendar,
            work.loop_reactors,
            evaluation_id=evaluation_id,
            application_id=application_id,
            division=event["division"],
        )


def _checked(said: Words, sides: frozenset[Side]) -> Words:
    if said.level not in LEVELS:
        raise Invalid(NO_SUCH_LEVEL, fields=(FieldProblem(("input", "level"), NO_SUCH_LEVEL),))
    if said.comment is not None and len(said.comment) > MAX_COMMENT:
        raise Invalid(TOO_LONG, fields=(FieldProblem(("input", "comment"), TOO_LONG),))
    return Words(said.level, check_tags(list(said.tags), said.level, sides), said.comment or None)


def _given(work: Casework, said: Words) -> list[object]:
    index = work.resources.keys.blind_index
    return [said.level, list(said.tags), said.comment and index.of(said.comment, "evaluation.comment")]


async def _known(  # noqa: PLR0917 - what a repeat is told by
    tx: Transaction,
    work: Casework,
    actor: Citizen | Officer,
    operation: str,
    key: str,
    subject: UUID,
    said: Words,
    *more: object,
) -> bool:
    known = await once(
        tx,
        actor=actor_name(actor),
        operation=operation,
        key=key,
        given=[str(subject), *_given(work, said), *more],
        subject=subject,
    )
    return known is not None


def _code_index(work: Casework, code: str) -> str:
    return work.resources.keys.blind_index.of(code.strip().upper(), "evaluation.code")


def _there(row: Row | None) -> Row:
    if row is None:
        raise NotFound(NO_SUCH_SERVICE)
    return row
