"""A bad evaluation: verified, mended, called back, confirmed, appealed, excluded; every step by whose it is."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from backend.casework.evaluations.actions import RATED_YOURSELF
from backend.casework.evaluations.following import follow_evaluations
from backend.casework.evaluations.handling import ANOTHER_OFFICER, ONE_APPEAL, OTHER_ROLE, answer, handle
from backend.casework.evaluations.loops import DAYS, ENDS, STEPS, Hand, LoopAct, LoopState
from backend.casework.evaluations.queries import acts_of, loop, loops, services
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode
from backend.kit import clock
from backend.viewer import Citizen, OfficerRole
from tests.support.evaluations import acts, bad, clerk, ended, told
from tests.support.people import bound, new_key
from tests.support.rows import told as audited
from tests.support.sandbox import OutsideSandbox

A, S = LoopAct, LoopState
APPROVAL, SUPERVISION = OfficerRole.APPROVAL, OfficerRole.SUPERVISION


def test_the_table_leads_from_every_state_to_an_end_and_gives_every_step_its_days() -> None:
    reached, ways = {S.TO_VERIFY}, dict.fromkeys(ENDS, True)
    for _ in S:
        reached |= {step.after for (before, _), step in STEPS.items() if before in reached}
        ways |= {before: True for (before, _), step in STEPS.items() if step.after in ways}
    assert reached == set(S) == set(ways)
    assert set(DAYS) == set(S) - ENDS
    assert sum(DAYS[state].days for state in (S.TO_VERIFY, S.TO_MEND, S.TO_CALL_BACK)) == 15
    assert {act for _, act in STEPS} | {A.OPEN} == set(A)
    assert {step.hand for step in STEPS.values()} == set(Hand)


async def test_a_bad_evaluation_is_verified_mended_called_back_and_confirmed(
    citizen: Citizen, work: Casework
) -> None:
    found = await bad(citizen, work, await ended(citizen, work))
    officer = await clerk(APPROVAL)
    assert (found.state, found.due_on) == (
        S.TO_VERIFY,
        work.calendar.add_working_days(clock.today(), 5),
    )
    key = new_key()
    for version, act in enumerate((A.VERIFY, A.MEND, A.CALL_BACK), 1):
        for _ in range(2):  # safe to run again
            await handle(
                officer,
                work,
                loop_id=found.id,
                version=version,
                act=act,
                note=f"{act} 已办",
                key=f"{key}{act}",
            )
    with pytest.raises(Conflict) as stale:
        await answer(citizen, work, loop_id=found.id, version=3, act=A.CONFIRM, note="", key=new_key())
    assert stale.value.code is ProblemCode.STALE_VERSION
    await answer(citizen, work, loop_id=found.id, version=4, act=A.CONFIRM, note="", key=new_key())
    seen = await loop(citizen, found.id)
    assert (seen.state, seen.open, seen.late) == (S.CLOSED, False, False)
    assert [one.note(work.resources.keys.ring) for one in (await acts_of([found.id]))[found.id]] == [
        None,
        "VERIFY 已办",
        "MEND 已办",
        "CALL_BACK 已办",
        None,
    ]
    assert await told() == ["EVALUATION_ANSWERED"]
    assert await audited(f"evaluation:{found.evaluation.id}") == [
        "evaluation_given",
        "evaluation_loop_opened",
        "evaluation_verify",
        "evaluation_mend",
        "evaluation_call_back",
        "evaluation_confirm",
    ]
    assert [one.loop and one.loop.state for one in await services(citizen, before=None, limit=5)] == [
        S.CLOSED
    ]
    for table in ("evaluation_act", "audit_entry", "idempotency_record", "notice", "pgqueuer"):
        rows = await fetch(f"SELECT * FROM {table}")  # noqa: S608 - the names above
        assert "已办" not in str([dict(row) for row in rows]), table


async def to(work: Casework, loop_id: UUID, *steps: LoopAct) -> int:
    """Take a new loop through steps of the organ; the version afterwards."""
    officer = await clerk(APPROVAL)
    for version, act in enumerate(steps, 1):
        await handle(officer, work, loop_id=loop_id, version=version, act=act, note="已办", key=new_key())
    return len(steps) + 1


async def test_the_evaluator_appeals_once_and_supervision_decides(citizen: Citizen, work: Casework) -> None:
    found = await bad(citizen, work, await ended(citizen, work))
    version = await to(work, found.id, A.FIND_UNFOUNDED, A.CALL_BACK)
    await answer(
        citizen, work, loop_id=found.id, version=version, act=A.APPEAL, note="没有解决", key=new_key()
    )
    mixed = await clerk(APPROVAL, SUPERVISION)
    await handle(
        mixed, work, loop_id=found.id, version=4, act=A.UPHOLD_APPEAL, note="应予整改", key=new_key()
    )
    for version, act in ((5, A.MEND), (6, A.CALL_BACK)):
        await handle(mixed, work, loop_id=found.id, version=version, act=act, note="已办", key=new_key())
    with pytest.raises(Conflict) as again:
        await answer(citizen, work, loop_id=found.id, version=7, act=A.APPEAL, note="再申请", key=new_key())
    assert again.value.message == ONE_APPEAL
    with clock.shifted(timedelta(days=30)):
        await follow_evaluations(work)
        await follow_evaluations(work)
    assert (await acts())[-1] == ("LAPSE", "CLOSED")
    assert await told() == [
        "EVALUATION_ANSWERED",
        "EVALUATION_SETTLED",
        "EVALUATION_ANSWERED",
    ]


async def test_malicious_ones_are_excluded_by_two_officers_and_the_evaluator_may_object(
    citizen: Citizen, work: Casework
) -> None:
    found = await bad(citizen, work, await ended(citizen, work))
    asking, second = await clerk(APPROVAL, SUPERVISION), await clerk(APPROVAL)
    await handle(
        asking, work, loop_id=found.id, version=1, act=A.ASK_EXCLUSION, note="内容为广告", key=new_key()
    )
    confirm = {"loop_id": found.id, "version": 2, "act": A.CONFIRM_EXCLUSION, "note": "同意"}
    with pytest.raises(Forbidden) as same:
        await handle(asking, work, **confirm, key=new_key())  # type: ignore[arg-type]  # as above
    assert same.value.message == ANOTHER_OFFICER
    await handle(second, work, **confirm, key=new_key())  # type: ignore[arg-type]  # as above
    counted = "SELECT e.counted, c.count FROM evaluation e, evaluation_count c"
    assert [tuple(row) for row in await fetch(counted)] == [(False, 0)]
    assert await told() == ["EVALUATION_EXCLUDED"]
    await answer(citizen, work, loop_id=found.id, version=3, act=A.OBJECT, note="我说的是事实", key=new_key())
    upheld = {"loop_id": found.id, "version": 4, "act": A.UPHOLD_OBJECTION, "note": "恢复"}
    with pytest.raises(Forbidden):
        await handle(asking, work, **upheld, key=new_key())  # type: ignore[arg-type]  # as above
    await handle(await clerk(SUPERVISION), work, **upheld, key=new_key())  # type: ignore[arg-type]  # as above
    assert [tuple(row) for row in await fetch(counted)] == [(True, 1)]
    assert (await acts())[1:] == [
        ("ASK_EXCLUSION", "EXCLUSION_ASKED"),
        ("CONFIRM_EXCLUSION", "EXCLUDED"),
        ("OBJECT", "OBJECTED"),
        ("UPHOLD_OBJECTION", "TO_MEND"),
    ]
    assert (await loop(citizen, found.id)).evaluation.counted


async def test_who_is_rated_sees_and_does_nothing_of_it(citizen: Citizen, work: Casework) -> None:
    rated = await clerk(APPROVAL, SUPERVISION)
    found = await bad(citizen, work, await ended(citizen, work, rated))
    assert list(await loops(rated, state=None, late_only=False, before=None, limit=5)) == []
    with pytest.raises(NotFound):
        await loop(rated, found.id)
    with pytest.raises(Forbidden) as refusal:
        await handle(rated, work, loop_id=found.id, version=1, act=A.VERIFY, note="属实", key=new_key())
    assert (refusal.value.code, refusal.value.message) == (
        ProblemCode.CONFLICT_OF_INTEREST,
        RATED_YOURSELF,
    )


async def test_what_is_not_ones_own_step_is_refused_and_changes_nothing(
    citizen: Citizen, work: Casework, outside_world: OutsideSandbox
) -> None:
    found = await bad(citizen, work, await ended(citizen, work))
    officer = await clerk(APPROVAL)
    stranger = await bound(work.resources, outside_world)
    elsewhere = await clerk(APPROVAL, division="330522")

    async def by(actor: object, act: LoopAct, note: str = "已办") -> object:
        told = {"loop_id": found.id, "version": 1, "act": act, "note": note, "key": new_key()}
        try:
            if isinstance(actor, Citizen):
                return await answer(actor, work, **told)  # type: ignore[arg-type]  # as above
            return await handle(actor, work, **told)  # type: ignore[arg-type]  # as above
        except (Conflict, Forbidden, Invalid, NotFound) as refusal:
            return refusal.code if refusal.message != OTHER_ROLE else OTHER_ROLE

    assert [
        await by(officer, A.CALL_BACK),
        await by(officer, A.VERIFY, " "),
        await by(officer, A.VERIFY, "字" * 1001),
        await by(await clerk(OfficerRole.INTAKE), A.VERIFY),
        await by(elsewhere, A.VERIFY),
        await by(stranger, A.CONFIRM),
        await by(citizen, A.VERIFY),
        await by(citizen, A.CONFIRM),
    ] == [
        ProblemCode.ILLEGAL_STATE,
        ProblemCode.INVALID_INPUT,
        ProblemCode.INVALID_INPUT,
        OTHER_ROLE,
        ProblemCode.NOT_FOUND,
        ProblemCode.NOT_FOUND,
        OTHER_ROLE,
        ProblemCode.ILLEGAL_STATE,
    ]
    assert await acts() == [("OPEN", "TO_VERIFY")]
    crew = [await clerk(APPROVAL) for _ in range(3)]
    raced = await asyncio.gather(*(by(one, A.VERIFY) for one in crew))
    assert sorted(map(str, raced)) == sorted([str(found.id), "STALE_VERSION", "STALE_VERSION"])


async def test_a_late_step_is_told_once_and_a_new_calendar_moves_what_is_due(
    citizen: Citizen, work: Casework
) -> None:
    found = await bad(citizen, work, await ended(citizen, work))
    with clock.shifted(found.due_at - clock.now()):
        assert [await follow_evaluations(work), await follow_evaluations(work)] == [1, 0]
    officer = await clerk(APPROVAL)
    assert [one.id for one in await loops(officer, state=None, late_only=True, before=None, limit=5)] == [
        found.id
    ]
    await fetch(
        "UPDATE evaluation_loop SET late = false, calendar_version = calendar_version - 1, due_on = '2020-01-01'"
    )
    await follow_evaluations(work)
    [row] = await fetch("SELECT due_on, late FROM evaluation_loop")
    assert (row["due_on"], row["late"]) == (found.due_on, False)
