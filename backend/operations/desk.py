"""What operators do: turn features off and on, announce, answer feedback, move pilot regions through their phases."""

from datetime import datetime, timedelta
from uuid import UUID

from backend.casework.applications.events import actor_name
from backend.casework.catalogue.pilots import PILOT_REGIONS
from backend.casework.machine import Casework
from backend.casework.switches.models import Feature
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Transaction, transaction
from backend.errors import Conflict, FieldProblem, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.operations.models import FeedbackKind, FeedbackState, PilotPhase
from backend.viewer import Citizen, Officer

NOT_YOURS = Text("该区划不在您的管辖范围内。", "That division is not within yours.")
NO_ITEM = Text("没有这个服务事项。", "There is no such service item.")
WORDS_WANTED = Text("请填写内容，不超过{most}字。", "Write something, {most} characters at most.")
BAD_TIMES = Text(
    "公告须有先后正确、不超过一年的起止时间。", "An announcement has a beginning and an end, within a year."
)
NO_SUCH = Text("没有找到。", "Not found.")
ANSWERED_ALREADY = Text("该反馈已答复或已办结。", "It was answered or closed.")
NOT_A_PILOT = Text("该区划不是试点地区。", "That is no pilot region.")
NO_STEP = Text("试点阶段不能这样变更。", "A pilot region does not go from its present phase to this one.")
FEEDBACK = "20/day"
"""Of one person or officer."""
LONGEST_PRACTICE = timedelta(days=366)
PHASES = {
    None: {PilotPhase.PREPARING},
    PilotPhase.PREPARING: {PilotPhase.PRACTICE, PilotPhase.TRIAL, PilotPhase.PAUSED},
    PilotPhase.PRACTICE: {PilotPhase.TRIAL, PilotPhase.PREPARING, PilotPhase.PAUSED},
    PilotPhase.TRIAL: {PilotPhase.LIVE, PilotPhase.PRACTICE, PilotPhase.PAUSED},
    PilotPhase.LIVE: {PilotPhase.PAUSED},
    PilotPhase.PAUSED: {PilotPhase.PREPARING, PilotPhase.PRACTICE, PilotPhase.TRIAL, PilotPhase.LIVE},
}
"""From which phase to which."""


def said(words: str, name: str, most: int) -> str:
    """Words that have to be there. Raises ``Invalid``."""
    told = words.strip()
    if not told or len(told) > most:
        wrong = WORDS_WANTED.filled(most=most)
        raise Invalid(wrong, fields=(FieldProblem(("input", name), wrong),))
    return told


def _within(officer: Officer, division: str) -> None:
    if regions.find(division) is None or not regions.within(division, officer.division):
        raise NotFound(NOT_YOURS).about("input", "division")


async def _once(
    tx: Transaction, officer: Officer | Citizen, operation: str, key: str, subject: UUID, *given: object
) -> UUID | None:
    return await once(
        tx,
        actor=actor_name(officer),
        operation=operation,
        key=key,
        given=[str(one) for one in given],
        subject=subject,
    )


async def switch_feature(
    officer: Officer,
    work: Casework,
    *,
    feature: Feature,
    division: str,
    item_code: str,
    on: bool,
    reason: str,
    idempotency_key: str,
) -> UUID:
    """Turn a feature off or on in a division of the officer's, for one item or (an empty code) for all."""
    _within(officer, division)
    if item_code and item_code not in work.standards.by_code:
        raise Invalid(NO_ITEM).about("input", "itemCode")
    words = said(reason, "reason", 200)
    switch_id = new_id()
    async with transaction() as tx:
        known = await _once(
            tx, officer, "switchFeature", idempotency_key, switch_id, feature, division, item_code, on, words
        )
        if known is not None:
            return known
        await tx.execute(
            'INSERT INTO feature_switch AS s (id, created_at, feature, division, item_code, "on", reason, changed_by,'
            " changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $2) ON CONFLICT (feature, division, item_code)"
            ' DO UPDATE SET "on" = EXCLUDED."on", reason = EXCLUDED.reason, changed_by = EXCLUDED.changed_by,'
            " changed_at = EXCLUDED.changed_at",
            switch_id,
            clock.now(),
            feature.value,
            division,
            item_code,
            on,
            words,
            actor_name(officer),
        )
        await audit.append(
            tx,
            subject=f"division:{division}",
            kind="feature_switched",
            actor=actor_name(officer),
            detail={"feature": feature.value, "item": item_code, "on": on},
        )
    return switch_id


async def announce(
    officer: Officer,
    *,
    division: str,
    title: Text,
    body: Text,
    urgent: bool,
    since: datetime,
    until: datetime,
    idempotency_key: str,
) -> UUID:
    """Tell everybody in a division something for a time."""
    _within(officer, division)
    heads = said(title.zh, "titleZh", 80), said(title.en, "titleEn", 160)
    bodies = said(body.zh, "bodyZh", 2000), said(body.en, "bodyEn", 4000)
    if not since < until <= since + timedelta(days=366):
        raise Invalid(BAD_TIMES).about("input", "until")
    announcement_id = new_id()
    async with transaction() as tx:
        known = await _once(
            tx,
            officer,
            "announce",
            idempotency_key,
            announcement_id,
            division,
            *heads,
            *bodies,
            urgent,
            since,
            until,
        )
        if known is not None:
            return known
        await tx.execute(
            "INSERT INTO announcement (id, created_at, division, title_zh, title_en, body_zh, body_en, urgent, since,"
            " until, announced_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            announcement_id,
            clock.now(),
            division,
            *heads,
            *bodies,
            urgent,
            since,
            until,
            actor_name(officer),
        )
        await audit.append(
            tx,
            subject=f"announcement:{announcement_id}",
            kind="announced",
            actor=actor_name(officer),
            detail={"division": division},
        )
    return announcement_id


async def withdraw_announcement(officer: Officer, *, announcement_id: UUID, idempotency_key: str) -> UUID:
    """Take an announcement back; once more changes nothing. Raises ``NotFound`` outside of the officer's division."""
    async with transaction() as tx:
        if await _once(
            tx, officer, "withdrawAnnouncement", idempotency_key, announcement_id, announcement_id
        ):
            return announcement_id
        row = await tx.fetch_one(
            "SELECT division FROM announcement WHERE id = $1 FOR NO KEY UPDATE", announcement_id
        )
        if row is None or not regions.within(row["division"], officer.division):
            raise NotFound(NO_SUCH)
        await tx.execute(
            "UPDATE announcement SET withdrawn_at = coalesce(withdrawn_at, $2) WHERE id = $1",
            announcement_id,
            clock.now(),
        )
    return announcement_id


def feedback_context(feedback_id: UUID, part: str) -> str:
    """Where sealed words of feedback belong."""
    return f"feedback.{part}:{feedback_id}"


async def give_feedback(
    viewer: Citizen | Officer,
    work: Casework,
    *,
    division: str,
    kind: FeedbackKind,
    text: str,
    idempotency_key: str,
) -> UUID:
    """反馈: say what is wrong or wished for. Officers speak for their own region, citizens to any division.

    Raises ``NotFound``, ``Invalid``, and ``TooMany``.
    """
    from_region = isinstance(viewer, Officer)
    if isinstance(viewer, Officer) and not regions.within(viewer.division, division):
        raise NotFound(NOT_YOURS).about("input", "division")
    if regions.find(division) is None:
        raise Invalid(NO_SUCH, code=ProblemCode.UNKNOWN_DIVISION).about("input", "division")
    words, feedback_id = said(text, "text", 1000), new_id()
    await work.resources.shared.limit(FEEDBACK, "feedback", actor_name(viewer))
    keys = work.resources.keys
    async with transaction() as tx:
        known = await _once(
            tx,
            viewer,
            "giveFeedback",
            idempotency_key,
            feedback_id,
            division,
            kind,
            keys.blind_index.of(words, "feedback.said"),
        )
        if known is not None:
            return known
        await tx.execute(
            "INSERT INTO feedback (id, created_at, division, kind, state, actor, from_region, said_sealed)"
            " VALUES ($1, $2, $3, $4, 'OPEN', $5, $6, $7)",
            feedback_id,
            clock.now(),
            division,
            kind.value,
            actor_name(viewer),
            from_region,
            keys.ring.seal(words.encode(), context=feedback_context(feedback_id, "said")),
        )
    return feedback_id


async def answer_feedback(
    officer: Officer,
    work: Casework,
    *,
    feedback_id: UUID,
    answer: str,
    state: FeedbackState,
    idempotency_key: str,
) -> UUID:
    """Take feedback up, answer it or close it; what is said is told to who asked. Raises ``Conflict`` once it is closed."""
    words = said(answer, "answer", 1000)
    keys = work.resources.keys
    if state is FeedbackState.OPEN:
        raise Invalid(NO_SUCH).about("input", "state")
    async with transaction() as tx:
        if await _once(
            tx,
            officer,
            "answerFeedback",
            idempotency_key,
            feedback_id,
            feedback_id,
            state,
            keys.blind_index.of(words, "feedback.answer"),
        ):
            return feedback_id
        row = await tx.fetch_one(
            "SELECT division, state FROM feedback WHERE id = $1 FOR NO KEY UPDATE", feedback_id
        )
        if row is None or not regions.within(row["division"], officer.division):
            raise NotFound(NO_SUCH)
        if row["state"] == FeedbackState.CLOSED.value:
            raise Conflict(ANSWERED_ALREADY, code=ProblemCode.ALREADY_DONE)
        await tx.execute(
            "UPDATE feedback SET state = $2, answer_sealed = $3, answered_by = $4, answered_at = $5 WHERE id = $1",
            feedback_id,
            state.value,
            keys.ring.seal(words.encode(), context=feedback_context(feedback_id, "answer")),
            actor_name(officer),
            clock.now(),
        )
        await audit.append(
            tx,
            subject=f"feedback:{feedback_id}",
            kind="feedback_answered",
            actor=actor_name(officer),
            detail={"state": state.value},
        )
    return feedback_id


async def move_pilot(
    officer: Officer, *, division: str, phase: PilotPhase, remarks: str, idempotency_key: str
) -> UUID:
    """Let a pilot region of the officer's division enter a phase. Raises ``Conflict`` for one that cannot follow."""
    if division not in {region.division for region in PILOT_REGIONS}:
        raise NotFound(NOT_A_PILOT).about("input", "division")
    _within(officer, division)
    words, step_id = said(remarks, "remarks", 500), new_id()
    async with transaction() as tx:
        known = await _once(tx, officer, "movePilot", idempotency_key, step_id, division, phase, words)
        if known is not None:
            return known
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('pilot:' || $1, 0))", division)
        row = await tx.fetch_one(
            "SELECT number, phase FROM pilot_step WHERE division = $1 ORDER BY number DESC LIMIT 1", division
        )
        before = PilotPhase(row["phase"]) if row else None
        if phase not in PHASES[before]:
            raise Conflict(NO_STEP).about("input", "phase")
        await tx.execute(
            "INSERT INTO pilot_step (id, created_at, division, number, phase, remarks, actor)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            step_id,
            clock.now(),
            division,
            row["number"] + 1 if row else 1,
            phase.value,
            words,
            actor_name(officer),
        )
        await _practise(tx, division, phase, actor_name(officer))
        await audit.append(
            tx,
            subject=f"division:{division}",
            kind="pilot_moved",
            actor=actor_name(officer),
            detail={"phase": phase.value},
        )
    return step_id


async def _practise(tx: Transaction, division: str, phase: PilotPhase, actor: str) -> None:
    """Cases begun while a region practises count nowhere; the window closes with the phase."""
    now = clock.now()
    await tx.execute(
        "UPDATE practice_window SET until = $2 WHERE division = $1 AND until > $2", division, now
    )
    if phase is PilotPhase.PRACTICE:
        await tx.execute(
            "INSERT INTO practice_window (id, created_at, division, since, until, announced_by)"
            " VALUES ($1, $2, $3, $2, $4, $5)",
            new_id(),
            now,
            division,
            now + LONGEST_PRACTICE,
            actor,
        )
