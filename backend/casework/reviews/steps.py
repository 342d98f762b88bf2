"""What officers do with a step of a case: look it through, accept, pass, send back, publish, decide."""

from datetime import timedelta
from uuid import UUID

from backend.casework.applications.decisions import record_decision
from backend.casework.applications.events import record_event
from backend.casework.applications.queries import Decision
from backend.casework.definitions import StepKind
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.casework.reviews.desk import Hand, note, said, take_up
from backend.casework.reviews.opening import place_above
from backend.casework.reviews.refusing import refusal
from backend.casework.reviews.route import WAITING, behind
from backend.database.idempotency import once
from backend.database.record import Transaction, transaction
from backend.errors import Conflict, Invalid, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.viewer import AssuranceLevel, Officer

ACCEPT_FIRST = Text("请先受理。", "Accept the case first.")
SECOND_OFFICER = Text(
    "您已签署，还须另一名工作人员会签。", "You have signed. A second officer has to sign too."
)
NOT_YET = Text("最早于{day}结束。", "This cannot be over before {day}.")
NOT_PUBLISHED = Text("请先开始公示。", "Publish it first.")
OPEN_OBJECTION = Text("还有未处理的异议。", "An objection is still open.")
NO_VISIT = Text("请先登记入户调查（含现场照片）。", "Record the visit with a photograph first.")
NOBODY_ABOVE = Text("没有可报送的上级机关。", "There is no organ above to hand this to.")
MEANS_FIRST = Text(
    "须有有效的家庭经济状况核对结果；已过期的请重新核对。",
    "A valid answer of the means check is needed; one that is too old has to be asked for anew.",
)
NOT_EARLIER = Text("只能退回到此前已完成的环节。", "A case goes back to an earlier step that is done.")
NOT_AUTHORITATIVE = Text(
    "首次发放或变更身份前，申请人须经一次权威核验（窗口、入户或国家网络身份认证）。",
    "Before money flows or a status changes the applicant has to be confirmed once by an authority: at a window, at"
    " home or by the national network identity.",
)


class Key:
    """Who asks for what under which idempotency key."""

    def __init__(self, officer: Officer, operation: str, key: str, *given: object) -> None:
        self.officer, self.operation, self.key = officer, operation, key
        self.given = [str(one) for one in given]

    async def first(self, tx: Transaction, subject: UUID) -> UUID | None:
        """What this came to when it was done before; None, and the key is claimed for ``subject``, otherwise."""
        actor = f"officer:{self.officer.officer_id}"
        return await once(
            tx, actor=actor, operation=self.operation, key=self.key, given=self.given, subject=subject
        )

    async def known(self, tx: Transaction, subject: UUID) -> bool:
        """Whether this was done before; claims the key otherwise."""
        return await self.first(tx, subject) is not None


async def look_through(officer: Officer, work: Casework, *, task_id: UUID, version: int, key: str) -> None:
    """Note that a case was looked through before it is accepted (预审). Raises as ``take_up`` does."""
    async with transaction() as tx:
        if await Key(officer, "preReviewCase", key, task_id, version).known(tx, task_id):
            return
        hand = await take_up(tx, work, officer, task_id, version)
        await record_event(
            tx, work, hand.application_id, CaseEventKind.PRE_REVIEWED, before=hand.state, actor=officer
        )
        await note(tx, officer, hand, "case_pre_reviewed")


async def accept(officer: Officer, work: Casework, *, task_id: UUID, version: int, key: str) -> None:
    """Accept a case (受理). An intake is over with it; another first step goes on. Raises as ``take_up`` does."""
    async with transaction() as tx:
        if await Key(officer, "acceptCase", key, task_id, version).known(tx, task_id):
            return
        hand = await take_up(tx, work, officer, task_id, version)
        await record_event(
            tx, work, hand.application_id, CaseEventKind.ACCEPTED, before=hand.state, actor=officer
        )
        await note(tx, officer, hand, "case_accepted")


async def do_not_accept(
    officer: Officer, work: Casework, *, task_id: UUID, version: int, reason: str, basis: str, key: str
) -> None:
    """Refuse to accept a case (不予受理), in writing: with reason, basis and remedy (行政许可法 32)."""
    reason, basis = said(reason, "reason"), said(basis, "basis", needed=False)
    async with transaction() as tx:
        if await Key(officer, "declineCase", key, task_id, version).known(tx, task_id):
            return
        hand = await take_up(tx, work, officer, task_id, version)
        await record_decision(
            tx,
            work,
            hand.application_id,
            CaseEventKind.NOT_ACCEPTED,
            refusal(hand.item, hand.organ_name, reason, basis),
            before=hand.state,
            actor=officer,
        )
        await note(tx, officer, hand, "case_not_accepted")


async def pass_step(
    officer: Officer, work: Casework, *, task_id: UUID, version: int, finding: str, key: str
) -> bool:
    """Pass a step with a finding; whether it is over, or a second officer has to sign.

    Raises as ``take_up`` does, and ``Conflict`` before it can be over: a publicity before its day or with an
    open objection, a visit without a record, a case that was not accepted.
    """
    finding = said(finding, "finding", needed=False)
    async with transaction() as tx:
        if await Key(officer, "passStep", key, task_id, version).known(tx, task_id):
            row = await tx.fetch_one("SELECT state FROM review_task WHERE id = $1", task_id)
            return row is not None and row["state"] != "OPEN"
        hand = await take_up(tx, work, officer, task_id, version)
        kind = hand.stage.step.kind
        if kind in {StepKind.INTAKE, StepKind.DECISION}:
            hand.wants(StepKind.REVIEW)
        await _check_can_be_over(tx, hand)
        if kind is StepKind.MEANS_CHECK:
            await _check_means(tx, work, hand)
        over = await _signed(tx, work, officer, hand, finding)
        if over:
            await _done(tx, hand)
        else:
            await tx.execute("UPDATE review_task SET assignee_id = NULL WHERE id = $1", hand.id)
        event = CaseEventKind.PUBLICITY_ENDED if kind is StepKind.PUBLICITY else CaseEventKind.STEP_PASSED
        if over:
            await record_event(
                tx,
                work,
                hand.application_id,
                event,
                before=hand.state,
                actor=officer,
                detail={"step": hand.stage.step.code},
            )
        await note(tx, officer, hand, "step_passed" if over else "step_signed")
    return over


async def send_back(
    officer: Officer, work: Casework, *, task_id: UUID, version: int, to_step: str, reason: str, key: str
) -> None:
    """Send a case back to an earlier step with a reason: that step and all that rest on it are done anew."""
    reason = said(reason, "reason")
    async with transaction() as tx:
        if await Key(officer, "returnStep", key, task_id, version, to_step).known(tx, task_id):
            return
        hand = await take_up(tx, work, officer, task_id, version)
        anew = behind(hand.course, to_step)
        if to_step == hand.stage.step.code or hand.stage.step.code not in anew:
            raise Invalid(NOT_EARLIER).about("input", "toStep")
        first = await tx.fetch_one(
            "SELECT id FROM review_task WHERE application_id = $1 AND step_code = $2 AND state = 'DONE'"
            " AND kind <> 'INTAKE'",
            hand.application_id,
            to_step,
        )
        if first is None:
            raise Invalid(NOT_EARLIER).about("input", "toStep")
        await tx.execute(
            "UPDATE review_task SET state = 'RETURNED', version = version + 1"
            " WHERE application_id = $1 AND step_code = ANY($2::text[]) AND state IN ('OPEN', 'DONE')",
            hand.application_id,
            sorted(anew),
        )
        await _keep_words(tx, work, officer, hand, reason)
        await record_event(
            tx,
            work,
            hand.application_id,
            CaseEventKind.STEP_RETURNED,
            before=hand.state,
            actor=officer,
            detail={"step": hand.stage.step.code, "to": to_step},
        )
        await note(tx, officer, hand, "step_returned", to=to_step)


async def forward(
    officer: Officer, work: Casework, *, task_id: UUID, version: int, reason: str, key: str
) -> None:
    """Hand a step to the organ above with a reason (报上级审核): it does the step instead, by the same day.

    Raises as ``take_up`` does, and ``Conflict`` for an intake or a decision, and where there is no organ above.
    """
    reason = said(reason, "reason")
    async with transaction() as tx:
        if await Key(officer, "forwardStep", key, task_id, version).known(tx, task_id):
            return
        hand = await take_up(tx, work, officer, task_id, version)
        if hand.stage.step.kind in {StepKind.INTAKE, StepKind.DECISION}:
            hand.wants(StepKind.REVIEW)
        place = await place_above(tx, hand.place)
        if place is None:
            raise Conflict(NOBODY_ABOVE)
        await _keep_words(tx, work, officer, hand, reason)
        await tx.execute("UPDATE review_task SET state = 'FORWARDED' WHERE id = $1", hand.id)
        await tx.execute(
            "INSERT INTO review_task (id, created_at, application_id, step_code, kind, place, role, state, version,"
            " due_on, not_before) SELECT $2, $3, application_id, step_code, kind, $4, role, 'OPEN', 1, due_on,"
            " not_before FROM review_task WHERE id = $1",
            hand.id,
            new_id(),
            clock.now(),
            place,
        )
        await record_event(
            tx,
            work,
            hand.application_id,
            CaseEventKind.STEP_FORWARDED,
            before=hand.state,
            actor=officer,
            detail={"step": hand.stage.step.code, "place": place},
        )
        await note(tx, officer, hand, "step_forwarded", place=place)


async def publish(officer: Officer, work: Casework, *, task_id: UUID, version: int, key: str) -> None:
    """Begin a publicity (公示); it lasts as many days as its step says, counted from tomorrow."""
    async with transaction() as tx:
        if await Key(officer, "publishCase", key, task_id, version).known(tx, task_id):
            return
        hand = await take_up(tx, work, officer, task_id, version)
        hand.wants(StepKind.PUBLICITY)
        ends = clock.today() + timedelta(days=(hand.stage.step.days or 0) + 1)
        await tx.execute("UPDATE review_task SET not_before = $2 WHERE id = $1", hand.id, ends)
        await record_event(
            tx,
            work,
            hand.application_id,
            CaseEventKind.PUBLICITY_BEGUN,
            before=hand.state,
            actor=officer,
            detail={"step": hand.stage.step.code, "until": ends.isoformat()},
        )
        await note(tx, officer, hand, "publicity_begun")


async def decide(
    officer: Officer,
    work: Casework,
    *,
    task_id: UUID,
    version: int,
    decision: Decision,
    key: str,
) -> bool:
    """Decide a case; whether it is decided, or a second officer has to sign first.

    A refusal gets basis and remedy from the item where the officer named none. The document follows by itself.
    Raises as ``take_up`` does and ``Conflict(STEP_UP_NEEDED)`` where the applicant was never confirmed by an
    authority and money would flow or a status change.
    """
    reason = said(decision.reason or "", "reason", needed=not decision.approved)
    async with transaction() as tx:
        if await Key(officer, "decideCase", key, task_id, version, decision.approved).known(tx, task_id):
            row = await tx.fetch_one("SELECT state FROM review_task WHERE id = $1", task_id)
            return row is not None and row["state"] != "OPEN"
        hand = await take_up(tx, work, officer, task_id, version)
        hand.wants(StepKind.DECISION)
        if decision.approved:
            await _check_authoritative(tx, hand)
            if any(stage.step.kind is StepKind.MEANS_CHECK for stage in hand.course):
                await _check_means(tx, work, hand)
        else:
            decision = refusal(hand.item, hand.organ_name, reason, decision.basis or "")
        if not await _signed(tx, work, officer, hand, reason):
            await tx.execute("UPDATE review_task SET assignee_id = NULL WHERE id = $1", hand.id)
            await note(tx, officer, hand, "decision_signed")
            return False
        await _done(tx, hand)
        kind = CaseEventKind.APPROVED if decision.approved else CaseEventKind.REFUSED
        await record_decision(tx, work, hand.application_id, kind, decision, before=hand.state, actor=officer)
        await note(tx, officer, hand, "case_decided", approved=decision.approved)
    return True


async def _check_can_be_over(tx: Transaction, hand: Hand) -> None:
    kind = hand.stage.step.kind
    if hand.state not in {CaseState.ACCEPTED, CaseState.PUBLICITY}:
        raise Conflict(ACCEPT_FIRST)
    if kind is StepKind.PUBLICITY and hand.state is not CaseState.PUBLICITY:
        raise Conflict(NOT_PUBLISHED)
    if kind in WAITING and hand.not_before is not None and clock.today() < hand.not_before:
        raise Conflict(NOT_YET.filled(day=hand.not_before.isoformat()))
    if kind is StepKind.PUBLICITY:
        still = await tx.fetch_one(
            "SELECT id FROM case_objection WHERE application_id = $1 AND state = 'OPEN' LIMIT 1",
            hand.application_id,
        )
        if still is not None:
            raise Conflict(OPEN_OBJECTION)
    if kind is StepKind.HOME_VISIT:
        visit = await tx.fetch_one("SELECT id FROM home_visit WHERE task_id = $1 LIMIT 1", hand.id)
        if visit is None:
            raise Conflict(NO_VISIT)


async def _check_means(tx: Transaction, work: Casework, hand: Hand) -> None:
    """Where a centre is connected its answer is there and still good; elsewhere the finding says what was found."""
    if work.resources.ports.means is None:
        return
    good = await tx.fetch_one(
        "SELECT id FROM means_check WHERE application_id = $1 AND state = 'ANSWERED' AND valid_until >= $2 LIMIT 1",
        hand.application_id,
        clock.today(),
    )
    if good is None:
        raise Conflict(MEANS_FIRST)


async def _check_authoritative(tx: Transaction, hand: Hand) -> None:
    """一次权威核验 before a first payment or a change of status."""
    if not hand.item.needs_authoritative_check:
        return
    proof = await tx.fetch_one(
        "SELECT id FROM assurance_record WHERE person_id = $1 AND level >= $2 LIMIT 1",
        hand.person_id,
        AssuranceLevel.AUTHORITATIVE.value,
    )
    if proof is None:
        raise Conflict(NOT_AUTHORITATIVE, code=ProblemCode.STEP_UP_NEEDED)


async def _signed(tx: Transaction, work: Casework, officer: Officer, hand: Hand, words: str) -> bool:
    """Keep this officer's signature; whether enough different officers have signed now."""
    signed = await _keep_words(tx, work, officer, hand, words)
    if not signed:
        raise Conflict(SECOND_OFFICER, code=ProblemCode.ALREADY_DONE)
    row = await tx.fetch_one("SELECT count(*) AS signatures FROM review_act WHERE task_id = $1", hand.id)
    return row is not None and row["signatures"] >= hand.stage.step.officers


async def _keep_words(tx: Transaction, work: Casework, officer: Officer, hand: Hand, words: str) -> bool:
    act_id = new_id()
    row = await tx.fetch_one(
        "INSERT INTO review_act (id, created_at, task_id, officer_id, note_sealed) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (task_id, officer_id) DO NOTHING RETURNING id",
        act_id,
        clock.now(),
        hand.id,
        officer.officer_id,
        work.resources.keys.ring.seal(words.encode(), context=f"review_act.note:{act_id}"),
    )
    return row is not None


async def _done(tx: Transaction, hand: Hand) -> None:
    await tx.execute("UPDATE review_task SET state = 'DONE' WHERE id = $1", hand.id)
