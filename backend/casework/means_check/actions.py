"""Beginning a check, carrying it through whatever the other side does, and keeping the least of its answer."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

import orjson
import structlog

from backend.casework.applications.actions import NO_SUCH_CASE, require_person
from backend.casework.applications.events import actor_name
from backend.casework.applications.queries import application
from backend.casework.catalogue.standards import Standards
from backend.casework.declaring.codes import MEANS_CHECK_AUTHORISATION
from backend.casework.definitions import ServiceItem, StepKind
from backend.casework.lifecycle import CaseEvent, CaseEventKind
from backend.casework.machine import Casework, Reactor
from backend.casework.means_check.household import household_of
from backend.casework.means_check.models import MeansState
from backend.database import audit
from backend.database.idempotency import once
from backend.database.jobs import Job, enqueue
from backend.database.record import Row, Transaction, fetch, fetch_one, transaction
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode, Text, Unavailable
from backend.kit import clock
from backend.kit.ids import new_id
from backend.means_ports import MeansAnswer, MeansChecker, MeansQuestion, MeansScope, MeansVerdict
from backend.people.privacy.looks import LookReason
from backend.viewer import Actor, Citizen, Machine, Officer

log = structlog.get_logger()

ACTOR = Machine("means-check")
VALID_DAYS = 180
"""For how long an answer may carry a decision where the edition of a case does not say it (``means_valid_days``)."""
AUTHORISE_EVERY = timedelta(minutes=30)
"""Between two looks for authorisations that are missing."""
ASK_EVERY, POLL_EVERY = timedelta(minutes=1), timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=2)
GIVE_UP = timedelta(days=30)
"""After that an officer has to begin anew."""
OPENS = "60/hour"
"""Answers that one officer opens."""

NO_CHECK = Text("该事项没有家庭经济状况核对环节。", "This item has no means check.")
NOT_NOW = Text("受理后、决定前才能核对。", "Means are checked after acceptance and before the decision.")
NOT_CONNECTED = Text("尚未接入核对系统。", "No means check is connected.")
UNDER_WAY = Text("核对正在进行。", "A check is under way.")
STILL_GOOD = Text("已有有效的核对结果；复核须注明。", "There is a valid answer; say that it is a re-check.")
NO_SUCH_CHECK = Text("没有这个核对结果。", "There is no such answer.")
NOT_YOURS = Text("没有这份授权。", "There is no such authorisation.")
_OPEN_STATES = ("ACCEPTED", "REVIEW_CORRECTION", "PUBLICITY", "SUSPENDED")


def check_means_when_accepted(standards: Standards) -> Reactor:
    """The reactor that begins a check with the acceptance of a case whose item has the step."""
    checked = frozenset(code for code, item in standards.by_code.items() if _has_check(item))

    async def react(tx: Transaction, event: CaseEvent) -> None:
        begins = event.kind in {CaseEventKind.ACCEPTED, CaseEventKind.DEEMED_ACCEPTED}
        if begins and event.item_code in checked:
            await _begin(tx, event.application_id, ACTOR)

    return react


async def request_means_check(
    officer: Officer, work: Casework, *, application_id: UUID, again: bool, idempotency_key: str
) -> UUID:
    """Begin a check of a case, or with ``again`` another one although the last answer is still good.

    Raises ``NotFound``, ``Forbidden`` where the item has no such step, and ``Conflict``.
    """
    case = await application(officer, application_id)
    if case is None:
        raise NotFound(NO_SUCH_CASE)
    if not _has_check(work.standards.get(case.item_code)):
        raise Forbidden(NO_CHECK)
    if work.resources.ports.means is None:
        raise Conflict(NOT_CONNECTED)
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(officer),
            operation="requestMeansCheck",
            key=idempotency_key,
            given=[str(application_id), again],
            subject=application_id,
        )
        if known is not None:
            return known
        # The case is held, so that two officers take turns and the case does not end meanwhile.
        held = await tx.fetch_one(
            "SELECT state FROM application WHERE id = $1 FOR NO KEY UPDATE", application_id
        )
        if held is None or held["state"] not in _OPEN_STATES:
            raise Conflict(NOT_NOW)
        good = await tx.fetch_one(
            "SELECT 1 FROM means_check WHERE application_id = $1 AND state = 'ANSWERED' AND valid_until >= $2",
            application_id,
            clock.today(),
        )
        if good is not None and not again:
            raise Conflict(STILL_GOOD, code=ProblemCode.ALREADY_DONE)
        if not await _begin(tx, application_id, officer):
            raise Conflict(UNDER_WAY, code=ProblemCode.ALREADY_DONE)
    return application_id


def _has_check(item: ServiceItem) -> bool:
    return any(step.kind is StepKind.MEANS_CHECK for step in item.steps)


async def _begin(tx: Transaction, application_id: UUID, actor: Actor) -> bool:
    now = clock.now()
    begun = await tx.fetch_one(
        "INSERT INTO means_check (id, created_at, application_id, number, state, open, begun_by, missing, tries, next_at)"
        " SELECT $1, $2, $3, 1 + coalesce(max(number), 0), 'AUTHORISING', true, $4, 0, 0, $2"
        " FROM means_check WHERE application_id = $3"
        " ON CONFLICT DO NOTHING RETURNING id",
        new_id(),
        now,
        application_id,
        actor_name(actor),
    )
    if begun is None:
        return False
    await _note(tx, application_id, "means_check_begun", actor, check=begun["id"])
    await enqueue(tx, Job.CHECK_MEANS, {"application": str(application_id)})
    return True


async def check_means(work: Casework, application_id: UUID) -> None:
    """Take a case's open check one step further. Safe to repeat and to run beside itself."""
    check = await fetch_one(
        "SELECT m.id, m.state, m.tries, m.next_at, m.created_at, a.state AS case_state FROM means_check m"
        " JOIN application a ON a.id = m.application_id"
        " WHERE m.application_id = $1 AND m.open AND m.next_at <= $2",
        application_id,
        clock.now(),
    )
    port = work.resources.ports.means
    if check is None or port is None:
        return
    if check["case_state"] not in _OPEN_STATES:
        await _end(check, application_id, MeansState.STOPPED)
    elif clock.now() - check["created_at"] > GIVE_UP:
        log.error("means_check_given_up", check=str(check["id"]))
        await _end(check, application_id, MeansState.FAILED)
    elif check["state"] == MeansState.ASKED:
        await _poll(work, check, application_id, port)
    else:
        await _ask(work, check, application_id, port)


async def _ask(work: Casework, check: Row, application_id: UUID, port: MeansChecker) -> None:
    """Hand the check over, if everybody has authorised it: looked for again right before each try."""
    case = await _case(application_id)
    household = await household_of(work, case)
    if household.missing or not household.scopes:
        await _wait(check, MeansState.AUTHORISING, AUTHORISE_EVERY, missing=household.missing)
        return
    question = MeansQuestion(
        check_id=check["id"],
        item_code=case["item_code"],
        division=case["division"],
        limit_fen=limit_of(orjson.loads(case["figures"])),
        scopes=household.scopes,
        members=household.members,
    )
    async with transaction() as tx:  # whom we ask about is told before we ask, by one of several workers
        taken = await tx.fetch_one(
            "UPDATE means_check SET state = 'ASKING', missing = 0, next_at = $3"
            " WHERE id = $1 AND open AND next_at = $2 RETURNING id",
            check["id"],
            check["next_at"],
            clock.now() + ASK_EVERY,
        )
        if taken is None:
            return
        await _note(
            tx,
            application_id,
            "means_check_asked",
            ACTOR,
            check=check["id"],
            members=len(household.members),
            scopes=[scope.value for scope in household.scopes],
        )
    try:
        await port.ask(question)
    except Unavailable:
        await _wait(check, MeansState.ASKING, _pause(ASK_EVERY, check["tries"]))
        return
    except Invalid:
        log.error("means_check_refused", check=str(check["id"]))  # noqa: TRY400 - a refusal is no exception of ours
        await _end(check, application_id, MeansState.FAILED)
        return
    await _wait(check, MeansState.ASKED, POLL_EVERY, asked=True)


def limit_of(figures: Mapping[str, object]) -> int | None:
    """What a household may have per head and month by the edition of the case, in fen: the standard, or a share of it."""
    standard, percent = figures.get("monthly_standard_fen"), figures.get("borderline_percent", 100)
    return standard * percent // 100 if isinstance(standard, int) and isinstance(percent, int) else None


async def _poll(work: Casework, check: Row, application_id: UUID, port: MeansChecker) -> None:
    if not await _still_authorised(work, application_id):
        await _end(check, application_id, MeansState.STOPPED)
        return
    try:
        answer = await port.answer(check["id"])
    except Unavailable:
        answer = None
    if answer is None:
        await _wait(check, MeansState.ASKED, _pause(POLL_EVERY, check["tries"]))
    else:
        await record_answer(work, answer)


async def _case(application_id: UUID) -> Row:
    row = await fetch_one(
        "SELECT id, person_id, item_code, division, figures, answers_sealed FROM application WHERE id = $1",
        application_id,
    )
    if row is None:
        raise LookupError("a check without its case")
    return row


async def _still_authorised(work: Casework, application_id: UUID) -> bool:
    return not (await household_of(work, await _case(application_id))).missing


async def record_answer(work: Casework, answer: MeansAnswer) -> bool:
    """Keep an answer, sealed; False when it was kept before, or may not be kept any more.

    Raises ``NotFound`` for a check that was never asked.
    """
    asked = await fetch_one(
        "SELECT id, application_id FROM means_check WHERE id = $1 AND state <> 'AUTHORISING'", answer.check_id
    )
    if asked is None:
        raise NotFound(NO_SUCH_CHECK)
    if not await _still_authorised(work, asked["application_id"]):
        await _end(asked, asked["application_id"], MeansState.STOPPED)
        return False
    async with transaction() as tx:
        check = await tx.fetch_one(
            "SELECT m.id, m.application_id, m.open, a.state AS case_state, a.figures FROM means_check m"
            " JOIN application a ON a.id = m.application_id WHERE m.id = $1 FOR NO KEY UPDATE OF m",
            answer.check_id,
        )
        if check is None or not check["open"] or check["case_state"] not in _OPEN_STATES:
            return False
        days = orjson.loads(check["figures"]).get("means_valid_days")
        valid = days if isinstance(days, int) else VALID_DAYS
        told = {
            "verdict": answer.verdict.value,
            "unknown": [scope.value for scope in answer.unknown],
            "reportNumber": answer.report_number,
            "checkedOn": answer.checked_on.isoformat(),
        }
        await tx.execute(
            "UPDATE means_check SET state = 'ANSWERED', open = false, answered_at = $2, answer_sealed = $3,"
            " valid_until = $4 WHERE id = $1",
            check["id"],
            clock.now(),
            work.resources.keys.ring.seal(orjson.dumps(told), context=_context(check["id"])),
            answer.checked_on + timedelta(days=valid),
        )
        await _note(tx, check["application_id"], "means_check_answered", ACTOR, check=check["id"])
    return True


async def open_answer(officer: Officer, work: Casework, *, check_id: UUID, reason: LookReason) -> MeansAnswer:
    """What a check of a visible case has found; each look is in the applicant's trail. Raises ``NotFound``, ``TooMany``."""
    row = await fetch_one(
        "SELECT application_id, answer_sealed FROM means_check WHERE id = $1 AND answer_sealed IS NOT NULL",
        check_id,
    )
    if row is None or await application(officer, row["application_id"]) is None:
        raise NotFound(NO_SUCH_CHECK)
    await work.resources.shared.limit(OPENS, "means-check", str(officer.officer_id))
    async with transaction() as tx:
        await _note(
            tx, row["application_id"], "means_check_opened", officer, check=check_id, reason=reason.value
        )
    told = orjson.loads(work.resources.keys.ring.open(row["answer_sealed"], context=_context(check_id)))
    return MeansAnswer(
        check_id=check_id,
        verdict=MeansVerdict(told["verdict"]),
        unknown=tuple(MeansScope(scope) for scope in told["unknown"]),
        report_number=told["reportNumber"],
        checked_on=date.fromisoformat(told["checkedOn"]),
    )


async def withdraw_authorisation(citizen: Citizen, *, application_id: UUID, idempotency_key: str) -> UUID:
    """Take an authorisation back: nothing more is asked on its ground, and what was not answered is stopped.

    Raises ``NotFound`` for a case that is not the citizen's own authorisation.
    """
    person_id = require_person(citizen)
    async with transaction() as tx:
        known = await once(
            tx,
            actor=f"person:{person_id}",
            operation="withdrawMeansAuthorisation",
            key=idempotency_key,
            given=[str(application_id)],
            subject=application_id,
        )
        if known is not None:
            return known
        own = await tx.fetch_one(
            "SELECT 1 FROM application WHERE id = $1 AND person_id = $2 AND item_code = $3"
            " AND state IN ('APPROVED', 'COMPLETED')",
            application_id,
            person_id,
            MEANS_CHECK_AUTHORISATION,
        )
        if own is None:
            raise NotFound(NOT_YOURS)
        await tx.execute(
            "INSERT INTO means_withdrawal (id, created_at, application_id) VALUES ($1, $2, $3)"
            " ON CONFLICT (application_id) DO NOTHING",
            new_id(),
            clock.now(),
            application_id,
        )
        await audit.append(
            tx,
            subject=f"person:{person_id}",
            kind="means_authorisation_withdrawn",
            actor=f"person:{person_id}",
            detail={"application": str(application_id)},
        )
    return application_id


async def wake_checks(limit: int = 500) -> int:
    """Give a job to every check whose time has come; returns how many."""
    rows = await fetch(
        "SELECT m.application_id FROM means_check m WHERE m.open AND m.next_at < $1"
        " AND NOT EXISTS (SELECT FROM pgqueuer q WHERE q.entrypoint = 'check_means'"
        "   AND convert_from(q.payload, 'UTF8')::jsonb ->> 'application' = m.application_id::text)"
        " ORDER BY m.next_at LIMIT $2",
        clock.now(),
        limit,
    )
    async with transaction() as tx:
        for row in rows:
            await enqueue(tx, Job.CHECK_MEANS, {"application": str(row["application_id"])})
    return len(rows)


def _pause(first: timedelta, tries: int) -> timedelta:
    longer: timedelta = min(first * 2 ** min(tries, 10), LONGEST_PAUSE)
    return longer


async def _wait(
    check: Row, state: MeansState, pause: timedelta, *, missing: int = 0, asked: bool = False
) -> None:
    now: datetime = clock.now()
    tries = 0 if state.value != check["state"] else check["tries"] + 1
    async with transaction() as tx:
        await tx.execute(
            "UPDATE means_check SET state = $2, next_at = $3, missing = $4, tries = $5,"
            " asked_at = CASE WHEN $6 THEN $7 ELSE asked_at END WHERE id = $1 AND open",
            check["id"],
            state.value,
            now + pause,
            missing,
            tries,
            asked,
            now,
        )


async def _end(check: Row, application_id: UUID, state: MeansState) -> None:
    async with transaction() as tx:
        ended = await tx.fetch_one(
            "UPDATE means_check SET state = $2, open = false WHERE id = $1 AND open RETURNING id",
            check["id"],
            state.value,
        )
        if ended is not None:
            await _note(tx, application_id, f"means_check_{state.value.lower()}", ACTOR, check=check["id"])


async def _note(
    tx: Transaction, application_id: UUID, kind: str, actor: Actor, *, check: UUID, **detail: object
) -> None:
    row = await tx.fetch_one("SELECT person_id FROM application WHERE id = $1", application_id)
    if row is None:
        raise LookupError("a check without its case")
    await audit.append(
        tx,
        subject=f"person:{row['person_id']}",
        kind=kind,
        actor=actor_name(actor),
        detail={"application": str(application_id), "check": str(check), **detail},
    )


def _context(check_id: UUID) -> str:
    return f"means_check.answer:{check_id}"
