"""先行救助: paid first, papers in five working days, reminded once, asked back when they never come."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from backend.casework.applications.events import record_event
from backend.casework.definitions import UrgentPath
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.casework.notices.actions import tell_the_citizen
from backend.casework.urgent.actions import (
    complete_papers,
    end_clawback,
    follow_urgent_help,
    grant,
    open_text,
    record_payment,
    settle_when_approved,
)
from backend.casework.urgent.models import UrgentState
from backend.casework.urgent.queries import urgent_help
from backend.database.record import fetch, transaction
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock
from backend.kit.working_days import Calendar
from backend.resources import Resources
from backend.viewer import Citizen, Machine, Officer, OfficerRole
from tests.support import cases
from tests.support.people import ScriptedFaces, at_the_desk, new_key
from tests.support.rows import told as trail_of
from tests.support.sandbox import OutsideSandbox

URGENT = replace(
    cases.ITEM,
    urgent=UrgentPath(48, 5, "monthly_fen", cases.ITEM.basis[0], Text("急难", "Urgent")),
)
PAID_ON = datetime(2026, 11, 25, 10, tzinfo=clock.ZONE)
DUE = date(2026, 12, 2)


@pytest.fixture
async def work(resources: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox) -> Casework:
    house = replace(resources, ports=replace(resources.ports, faces=faces))
    made = cases.machine(house, tell_the_citizen(house.shared), settle_when_approved, declared=(URGENT,))
    await cases.publish(made, item=URGENT)
    return made


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)


@pytest.fixture
async def case(work: Casework, citizen: Citizen) -> UUID:
    return await cases.submitted(citizen, work)


@pytest.fixture
async def officer(work: Casework) -> Officer:
    found, _ = await at_the_desk(work.resources, OfficerRole.APPROVAL)
    return found


async def granted(officer: Officer, work: Casework, case: UUID, amount: int = 10_000) -> None:
    await grant(
        officer,
        work,
        application_id=case,
        amount_fen=amount,
        reason="火灾，无处居住",
        idempotency_key=new_key(),
    )


async def paid(officer: Officer, work: Casework, case: UUID, at: datetime = PAID_ON) -> None:
    with clock.shifted(at - clock.now()):
        await granted(officer, work, case)
        await record_payment(officer, work, application_id=case, reference="ZF-1", idempotency_key=new_key())


async def on(work: Casework, day: date) -> int:
    with clock.shifted(datetime(day.year, day.month, day.day, 9, tzinfo=clock.ZONE) - clock.now()):
        return await follow_urgent_help(work)


async def state_of(case: UUID) -> str:
    (row,) = await fetch("SELECT state FROM urgent_help WHERE application_id = $1", case)
    return str(row["state"])


async def test_help_is_paid_first_and_its_papers_are_due_in_five_working_days(
    work: Casework, citizen: Citizen, case: UUID, officer: Officer
) -> None:
    await paid(officer, work, case)
    for viewer in (citizen, officer):
        found = await urgent_help(viewer, case)
        assert found is not None
        assert (found.state, found.amount_fen, found.papers_due_on) == (UrgentState.PAID, 10_000, DUE)
        assert found.pay_by - found.decided_at == timedelta(hours=48)
    assert (await cases.timeline(case))[-2:] == ["URGENT_DECIDED", "URGENT_PAID"]
    told = [row["kind"] for row in await fetch("SELECT kind FROM notice WHERE application_id = $1", case)]
    assert sorted(told) == ["RECEIVED", "URGENT_PAID"]
    trail = await trail_of(f"person:{citizen.person_id}")
    assert trail[-2:] == ["urgent_decided", "urgent_paid"]
    (row,) = await fetch("SELECT reason_sealed FROM urgent_help")
    assert "火灾" not in row["reason_sealed"]
    assert open_text(work, case, "reason", row["reason_sealed"]) == "火灾，无处居住"


async def test_papers_that_come_settle_it(work: Casework, case: UUID, officer: Officer) -> None:
    await paid(officer, work, case)
    key = new_key()
    for _ in range(2):
        await complete_papers(officer, work, application_id=case, idempotency_key=key)
    assert await state_of(case) == "SETTLED"
    assert await on(work, DUE + timedelta(days=30)) == 0
    assert (await cases.timeline(case)).count("PAPERS_COMPLETED") == 1


async def test_who_forgets_is_reminded_once_and_then_asked_back(
    work: Casework, case: UUID, officer: Officer
) -> None:
    await paid(officer, work, case)
    assert await on(work, DUE - timedelta(days=2)) == 0
    assert await on(work, DUE - timedelta(days=1)) == 1
    assert (await on(work, DUE - timedelta(days=1)), await on(work, DUE)) == (0, 0)
    assert await state_of(case) == "PAID"
    found = await asyncio.gather(*(on(work, DUE + timedelta(days=1)) for _ in range(3)))
    assert sum(found) == 1
    assert await state_of(case) == "CLAWBACK"
    assert (await cases.timeline(case))[-2:] == ["PAPERS_REMINDED", "CLAWBACK_BEGUN"]
    told = await fetch(
        "SELECT kind, parameters FROM notice WHERE application_id = $1 ORDER BY sequence", case
    )
    assert [row["kind"] for row in told][-2:] == ["PAPERS_REMINDED", "CLAWBACK_BEGUN"]
    assert DUE.isoformat() in told[-1]["parameters"]


@pytest.mark.parametrize(("recovered", "state"), [(True, "RECOVERED"), (False, "WAIVED")])
async def test_a_clawback_ends_with_a_reason(
    work: Casework, case: UUID, officer: Officer, recovered: bool, state: str
) -> None:
    await paid(officer, work, case)
    await on(work, DUE + timedelta(days=1))
    for reason in ("", "长" * 501):
        with pytest.raises(Invalid):
            await end_clawback(
                officer,
                work,
                application_id=case,
                recovered=recovered,
                reason=reason,
                idempotency_key=new_key(),
            )
    await end_clawback(
        officer, work, application_id=case, recovered=recovered, reason="核实后", idempotency_key=new_key()
    )
    assert await state_of(case) == state
    assert (await cases.timeline(case))[-1] == "CLAWBACK_ENDED"
    with pytest.raises(Conflict):
        await complete_papers(officer, work, application_id=case, idempotency_key=new_key())


async def test_papers_that_come_late_end_the_clawback(work: Casework, case: UUID, officer: Officer) -> None:
    await paid(officer, work, case)
    await on(work, DUE + timedelta(days=1))
    await complete_papers(officer, work, application_id=case, idempotency_key=new_key())
    assert await state_of(case) == "SETTLED"


async def test_a_calendar_that_changes_meanwhile_moves_the_day(
    work: Casework, case: UUID, officer: Officer
) -> None:
    await paid(officer, work, case)
    closed = replace(work, calendar=Calendar({DUE: False}))
    assert await on(closed, DUE + timedelta(days=1)) == 0 or await state_of(case) == "PAID"
    (row,) = await fetch("SELECT papers_due_on FROM urgent_help")
    assert row["papers_due_on"] == DUE + timedelta(days=1)
    await on(closed, DUE + timedelta(days=2))
    assert await state_of(case) == "CLAWBACK"


async def test_an_approval_settles_it_and_an_end_does_not(
    work: Casework, case: UUID, officer: Officer, citizen: Citizen
) -> None:
    await paid(officer, work, case)
    await cases.decide(work, case)
    assert await state_of(case) == "SETTLED"
    other = await cases.submitted(citizen, work)
    await paid(officer, work, other)
    async with transaction() as tx:
        await record_event(
            tx, work, other, CaseEventKind.TERMINATED, before=CaseState.SUBMITTED, actor=Machine("test")
        )
    await on(work, DUE + timedelta(days=1))
    assert await state_of(other) == "CLAWBACK"


@pytest.mark.parametrize("amount", [0, -1, 10_001])
async def test_a_sum_outside_of_the_cap_is_refused(
    work: Casework, case: UUID, officer: Officer, amount: int
) -> None:
    with pytest.raises(Invalid) as refusal:
        await granted(officer, work, case, amount)
    assert [wrong.path for wrong in refusal.value.fields] == [("input", "amount")]
    assert await fetch("SELECT 1 FROM urgent_help") == []


async def test_two_officers_at_once_decide_once(work: Casework, case: UUID, officer: Officer) -> None:
    results = await asyncio.gather(*(granted(officer, work, case) for _ in range(3)), return_exceptions=True)
    refused = [error for error in results if error is not None]
    assert [error.code for error in refused if isinstance(error, Conflict)] == [ProblemCode.ALREADY_DONE] * 2
    assert (await cases.timeline(case)).count("URGENT_DECIDED") == 1


async def test_what_is_out_of_order_or_out_of_sight_is_refused(
    work: Casework, case: UUID, officer: Officer, citizen: Citizen
) -> None:
    with pytest.raises(NotFound):
        await record_payment(officer, work, application_id=case, reference="1", idempotency_key=new_key())
    elsewhere = replace(officer, division="440106")
    with pytest.raises(NotFound):
        await granted(elsewhere, work, case)
    assert await urgent_help(elsewhere, case) is None
    ended = await cases.completed(citizen, work)
    with pytest.raises(Conflict):
        await granted(officer, work, ended)
    plain = replace(work, standards=type(work.standards).of([cases.ITEM]))
    with pytest.raises(Forbidden):
        await granted(officer, plain, case)
    await paid(officer, work, case)
    with pytest.raises(Conflict):
        await record_payment(officer, work, application_id=case, reference="2", idempotency_key=new_key())
    with pytest.raises(Conflict):
        await end_clawback(
            officer, work, application_id=case, recovered=True, reason="无", idempotency_key=new_key()
        )
