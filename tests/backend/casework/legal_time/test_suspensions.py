"""A special procedure stops the clocks, once, for whoever may, and its end lets them go on."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from backend.casework.applications.events import record_event
from backend.casework.legal_time.suspensions import resume_case, suspend_case
from backend.casework.legal_time.words import SPECIAL_PROCEDURES, PauseReason
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database.record import fetch, transaction
from backend.errors import Conflict, Invalid, NotFound
from backend.kit import clock
from backend.kit.working_days import Calendar
from backend.viewer import Machine, Officer, OfficerRole
from tests.support import cases
from tests.support.people import new_key
from tests.support.sandbox import OutsideSandbox

REVIEWER = Officer(uuid4(), uuid4(), uuid4(), cases.HOME, frozenset({OfficerRole.REVIEW}))
ELSEWHERE = Officer(uuid4(), uuid4(), uuid4(), "330522", frozenset({OfficerRole.REVIEW}))


@pytest.fixture
async def case(work: Casework, outside_world: OutsideSandbox) -> UUID:
    """A case under review."""
    application_id = await cases.submitted(await cases.proven(work.resources, outside_world), work)
    async with transaction() as tx:
        await record_event(
            tx,
            work,
            application_id,
            CaseEventKind.ACCEPTED,
            before=CaseState.SUBMITTED,
            actor=Machine("province-33"),
        )
    return application_id


async def suspended(
    work: Casework, case: UUID, by: Officer = REVIEWER, procedure: PauseReason = PauseReason.HEARING
) -> None:
    await suspend_case(by, work, application_id=case, procedure=procedure, idempotency_key=new_key())


async def test_a_hearing_stops_the_clocks_and_its_end_lets_them_go_on(work: Casework, case: UUID) -> None:
    await suspended(work, case)
    (row,) = await fetch("SELECT reason, first_on, last_on FROM clock_pause")
    assert tuple(row) == ("HEARING", clock.today(), None)
    with clock.shifted(timedelta(days=21)):
        await resume_case(REVIEWER, work, application_id=case, idempotency_key=new_key())
        assert (await cases.row_of(case))["due_on"] == Calendar().add_working_days(clock.today(), 10)
    rows = await fetch(
        "SELECT kind FROM audit_entry WHERE subject = $1 ORDER BY sequence", f"application:{case}"
    )
    assert [row["kind"] for row in rows] == ["case_suspended", "case_resumed"]


async def test_two_who_suspend_at_once_suspend_once(work: Casework, case: UUID) -> None:
    told = await asyncio.gather(*(suspended(work, case) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in told if one is not None] == [Conflict, Conflict]
    assert (await cases.timeline(case)).count("SUSPENDED") == 1


@pytest.mark.parametrize("procedure", sorted(set(PauseReason) - SPECIAL_PROCEDURES))
async def test_a_reason_that_the_law_does_not_name_is_refused(
    work: Casework, case: UUID, procedure: PauseReason
) -> None:
    with pytest.raises(Invalid):
        await suspended(work, case, procedure=procedure)


async def test_whoever_is_elsewhere_finds_nothing(work: Casework, case: UUID) -> None:
    with pytest.raises(NotFound):
        await suspended(work, case, ELSEWHERE)
    await suspended(work, case)
    with pytest.raises(NotFound):
        await resume_case(ELSEWHERE, work, application_id=case, idempotency_key=new_key())
    with pytest.raises(NotFound):
        await suspended(work, uuid4())


async def test_what_does_not_stand_does_not_go_on(work: Casework, case: UUID) -> None:
    with pytest.raises(Conflict):
        await resume_case(REVIEWER, work, application_id=case, idempotency_key=new_key())
