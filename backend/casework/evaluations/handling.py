"""Acting on a bad evaluation, by the table of ``loops``: one step, by whom it belongs to, with words.

The organ verifies, mends and calls back; another officer decides what one asked for; supervision decides appeals and
objections; the evaluator confirms, appeals or objects.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.casework.applications.actions import require_person
from backend.casework.applications.events import STALE, actor_name
from backend.casework.evaluations.actions import RATED_YOURSELF, is_rated
from backend.casework.evaluations.following import name_of
from backend.casework.evaluations.looping import Done, move, note_context
from backend.casework.evaluations.loops import Hand, LoopAct, LoopState, Step, step_of
from backend.casework.evaluations.scores import count_evaluation
from backend.casework.machine import Casework
from backend.casework.notices.kinds import NoticeKind
from backend.casework.notices.telling import tell
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, transaction
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.kit import regions
from backend.kit.days import chinese_day
from backend.kit.ids import new_id
from backend.viewer import Citizen, Officer, OfficerRole

NO_SUCH_LOOP = Text("没有这件差评整改。", "There is no such bad evaluation.")
SAY_WHY = Text("请写明情况（2至1000字）。", "Say what was found or done, 2 to 1000 characters.")
OTHER_ROLE = Text("您的岗位不能办理此环节。", "Your role does not do this step.")
ANOTHER_OFFICER = Text(
    "须由未经手此件的另一名工作人员办理。", "Another officer, who has not acted on it, has to do this."
)
ONE_APPEAL = Text("复核以一次为限。", "There is one appeal.")
NOTE = range(2, 1001)

_LOOP = (
    "SELECT l.id, l.evaluation_id, l.state, l.version, l.late, l.division, l.appealed, e.event_id, e.person_id AS"
    " evaluator_id, e.level, e.period, s.person_id, s.application_id, s.item_code, s.organ_code, s.organ_name"
    " FROM evaluation_loop l JOIN evaluation e ON e.id = l.evaluation_id"
    " JOIN service_event s ON s.id = e.event_id WHERE l.id = $1 FOR NO KEY UPDATE OF l"
)
_ROLES = {
    Hand.ORGAN: frozenset({OfficerRole.APPROVAL}),
    Hand.ANOTHER: frozenset({OfficerRole.APPROVAL, OfficerRole.SUPERVISION}),
    Hand.SUPERVISION: frozenset({OfficerRole.SUPERVISION}),
}
_TELLS = {
    LoopAct.CALL_BACK: NoticeKind.EVALUATION_ANSWERED,
    LoopAct.CONFIRM_EXCLUSION: NoticeKind.EVALUATION_EXCLUDED,
    LoopAct.UPHOLD_APPEAL: NoticeKind.EVALUATION_SETTLED,
    LoopAct.REJECT_APPEAL: NoticeKind.EVALUATION_SETTLED,
    LoopAct.UPHOLD_OBJECTION: NoticeKind.EVALUATION_SETTLED,
    LoopAct.REJECT_OBJECTION: NoticeKind.EVALUATION_SETTLED,
}
"""What the evaluator hears of."""


async def handle(
    officer: Officer, work: Casework, *, loop_id: UUID, version: int, act: LoopAct, note: str, key: str
) -> UUID:
    """One step of an officer, with words; returns the loop's id.

    Raises ``NotFound`` outside of the officer's division, ``Forbidden`` for another role, for whoever is rated
    (CONFLICT_OF_INTEREST) and where another officer has to do it, ``Conflict`` for a step that is not in the table
    (ILLEGAL_STATE) and a loop that has moved on (STALE_VERSION).
    """
    async with transaction() as tx:
        row = await tx.fetch_one(_LOOP, loop_id)
        if row is None or not regions.within(row["division"], officer.division):
            raise NotFound(NO_SUCH_LOOP)
        if await is_rated(tx, officer, row["event_id"]):
            raise Forbidden(RATED_YOURSELF, code=ProblemCode.CONFLICT_OF_INTEREST)
        if await _again(tx, work, actor_name(officer), loop_id, version, act, note, key):
            return loop_id
        step = _step(row, version, act)
        if step.hand not in _ROLES or officer.roles.isdisjoint(_ROLES[step.hand]):
            raise Forbidden(OTHER_ROLE)
        if step.hand is not Hand.ORGAN and await _has_acted(tx, officer, row, step.hand):
            raise Forbidden(ANOTHER_OFFICER)
        await _move(tx, work, row, _Doing(act, step, actor_name(officer), note))
    return loop_id


async def answer(
    citizen: Citizen, work: Casework, *, loop_id: UUID, version: int, act: LoopAct, note: str, key: str
) -> UUID:
    """The evaluator confirms, appeals once, or objects to an exclusion; returns the loop's id. Raises as above."""
    person_id = require_person(citizen)
    async with transaction() as tx:
        row = await tx.fetch_one(_LOOP, loop_id)
        if row is None or person_id not in {row["evaluator_id"], row["person_id"]}:
            raise NotFound(NO_SUCH_LOOP)
        if await _again(tx, work, actor_name(citizen), loop_id, version, act, note, key):
            return loop_id
        step = _step(row, version, act)
        if step.hand is not Hand.EVALUATOR:
            raise Forbidden(OTHER_ROLE)
        if act is LoopAct.APPEAL and row["appealed"]:
            raise Conflict(ONE_APPEAL, code=ProblemCode.ALREADY_DONE)
        await _move(tx, work, row, _Doing(act, step, actor_name(citizen), note))
    return loop_id


def _step(row: Row, version: int, act: LoopAct) -> Step:
    if row["version"] != version:
        raise Conflict(STALE, code=ProblemCode.STALE_VERSION).about("input", "version")
    return step_of(LoopState(row["state"]), act)


async def _has_acted(tx: Transaction, officer: Officer, row: Row, hand: Hand) -> bool:
    """Whether the officer asked for what is decided, or for supervision did anything in this loop."""
    acted = await tx.fetch_one(
        "SELECT 1 FROM evaluation_act WHERE loop_id = $1 AND actor = $2 AND ($3 OR sequence = $4) LIMIT 1",
        row["id"],
        actor_name(officer),
        hand is Hand.SUPERVISION,
        row["version"],
    )
    return acted is not None


async def _again(  # noqa: PLR0917 - what a repeat is told by
    tx: Transaction,
    work: Casework,
    actor: str,
    loop_id: UUID,
    version: int,
    act: LoopAct,
    note: str,
    key: str,
) -> bool:
    said = work.resources.keys.blind_index.of(note.strip(), "evaluation.note")
    known = await once(
        tx,
        actor=actor,
        operation="evaluationLoop",
        key=key,
        given=[str(loop_id), version, act.value, said],
        subject=loop_id,
    )
    return known is not None


@dataclass(frozen=True, slots=True)
class _Doing:
    """An act that is about to be written."""

    act: LoopAct
    step: Step
    actor: str
    note: str


async def _move(tx: Transaction, work: Casework, row: Row, doing: _Doing) -> None:
    told, act_id, step = doing.note.strip(), new_id(), doing.step
    if (step.reasoned or told) and len(told) not in NOTE:
        raise Invalid(SAY_WHY).about("input", "note")
    ring = work.resources.keys.ring
    if step.counted is not None:
        await tx.execute(
            "UPDATE evaluation SET counted = $2 WHERE id = $1", row["evaluation_id"], step.counted
        )
        await count_evaluation(tx, row, row["period"], row["level"], 1 if step.counted else -1)
    done = Done(
        doing.act,
        step.after,
        doing.actor,
        step.counted,
        act_id,
        ring.seal(told.encode(), context=note_context(act_id)) if told else None,
    )
    until = await move(tx, work.calendar, work.loop_reactors, row, done)
    await _tell(tx, work, row, doing.act, until)


async def _tell(tx: Transaction, work: Casework, row: Row, act: LoopAct, until: date) -> None:
    kind, person_id = _TELLS.get(act), row["evaluator_id"] or row["person_id"]
    if kind is None or person_id is None:
        return  # nobody knows who stood at the device
    parameters = {"what": name_of(work, row["item_code"]), "until": chinese_day(until)}
    await tell(
        tx,
        person_id,
        kind,
        cause=f"evaluation:{row['evaluation_id']}:{row['version'] + 1}",
        application_id=row["application_id"],
        parameters=parameters,
    )
