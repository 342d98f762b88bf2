"""对账: whatever one side has lost, the accounts agree in the end, and the timeline has told each thing once."""

from datetime import timedelta
from uuid import UUID

import pytest

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Forbidden, NotFound
from backend.exchange.breaker import admit
from backend.exchange.delivery import deliver
from backend.exchange.models import ReconciliationState
from backend.exchange.reconciling import (
    DifferenceKind,
    reconcile,
    reconcile_days,
    reconcile_on_demand,
    reconciliations,
)
from backend.kit import clock
from backend.kit.ids import new_id
from backend.viewer import Machine, Officer, OfficerRole
from tests.backend.conftest import Zhejiang
from tests.support import cases
from tests.support.sandbox import OutsideSandbox

MATCHED, DIFFERENT = ReconciliationState.MATCHED, ReconciliationState.DIFFERENT
OPERATOR = Machine("operator")


def officer(division: str, *roles: OfficerRole) -> Officer:
    return Officer(new_id(), new_id(), new_id(), division, frozenset(roles or {OfficerRole.OPERATIONS}))


@pytest.fixture
async def lodged(connected_work: Casework, outside_world: OutsideSandbox, zhejiang: Zhejiang) -> list[UUID]:
    """Three cases that the province has, and nothing else there; it says nothing about them for an hour."""
    zhejiang.sandbox.reset()
    zhejiang.sandbox.scenario(delay=3600)
    citizen = await cases.proven(connected_work.resources, outside_world)
    made = [await cases.submitted(citizen, connected_work) for _ in range(3)]
    for one in made:
        await deliver(connected_work, one)
    return made


async def found(work: Casework) -> tuple[ReconciliationState, list[DifferenceKind]]:
    day = await reconcile(work, "33", clock.today())
    return day.state, [one.kind for one in day.differences]


async def test_a_day_on_which_nothing_was_lost_matches(connected_work: Casework, lodged: list[UUID]) -> None:
    assert await found(connected_work) == (MATCHED, [])
    (row,) = await fetch("SELECT ours, theirs, our_digest = their_digest AS same FROM reconciliation")
    assert tuple(row) == (3, 3, True)
    assert await reconcile_days(connected_work) == 3, "the days before"
    assert await reconcile_days(connected_work) == 0, "what matches is not compared again"
    await fetch("UPDATE reconciliation SET at = at - interval '4 days'")
    assert await reconcile_days(connected_work) == 3, "unless the day was not over then"
    assert len(lodged) == 3


async def test_a_receipt_that_we_lost_is_asked_for_again(
    connected_work: Casework, lodged: list[UUID]
) -> None:
    await fetch(
        "UPDATE delivery SET state = 'PENDING', external_case_number = NULL, delivered_at = NULL, receipt = NULL"
        " WHERE application_id = $1",
        lodged[0],
    )
    await fetch("DELETE FROM pgqueuer")

    assert await found(connected_work) == (DIFFERENT, [DifferenceKind.MISSING_HERE])
    assert await cases.queued() == [("deliver_case", str(lodged[0]))]
    await fetch("UPDATE application SET state = 'SUBMITTED' WHERE id = $1", lodged[0])
    await deliver(connected_work, lodged[0])
    assert await found(connected_work) == (MATCHED, [])


async def test_a_case_that_they_lost_is_delivered_again_and_told_once(
    connected_work: Casework, lodged: list[UUID], zhejiang: Zhejiang
) -> None:
    zhejiang.sandbox.reset()
    assert await found(connected_work) == (DIFFERENT, [DifferenceKind.MISSING_THERE] * 3)
    for one in lodged:
        await deliver(connected_work, one)

    assert await found(connected_work) == (MATCHED, [])
    for one in lodged:
        assert (await cases.timeline(one)).count("LODGED") == 1
        number = (await cases.row_of(one))["case_number"]
        assert zhejiang.sandbox.held(number)["effects"] == 1


async def test_messages_that_never_came_are_said_again(
    connected_work: Casework, lodged: list[UUID], zhejiang: Zhejiang
) -> None:
    """The listener of these tests hears and keeps nothing: for the province everything is said."""
    zhejiang.sandbox.scenario(delay=0)
    numbers = [(await cases.row_of(one))["case_number"] for one in lodged]
    for number in numbers:
        zhejiang.listener.about(number, 2)

    before = len(zhejiang.listener.heard)
    state, kinds = await found(connected_work)
    assert (state, set(kinds)) == (DIFFERENT, {DifferenceKind.BEHIND})
    for number in numbers[: len(kinds)]:
        zhejiang.listener.about(number, 3)
    assert len(zhejiang.listener.heard) > before


async def test_a_region_that_does_not_answer_is_made_up_for_later(
    connected_work: Casework, lodged: list[UUID], zhejiang: Zhejiang
) -> None:
    zhejiang.sandbox.scenario("down", delay=3600)
    assert await found(connected_work) == (ReconciliationState.UNREACHED, [])
    (kept,) = await reconciliations(OPERATOR, limit=10)
    assert (kept.ours, kept.theirs, kept.state) == (3, None, ReconciliationState.UNREACHED)
    assert (await admit("33")).troubled
    zhejiang.sandbox.scenario(delay=3600)
    assert await found(connected_work) == (MATCHED, [])
    assert not (await admit("33")).troubled, "an answer ends the row of failures"
    assert len(await reconciliations(OPERATOR, limit=10)) == 1
    assert len(lodged) == 3


async def test_operators_of_a_region_compare_on_demand(connected_work: Casework, lodged: list[UUID]) -> None:
    today = clock.today()
    day = await reconcile_on_demand(officer("330000"), connected_work, region="33", day=today)
    assert (day.state, day.ours, len(lodged)) == (MATCHED, 3, 3)
    assert [one.day for one in await reconciliations(officer("330000"), limit=10)] == [today]
    assert await reconciliations(officer("440000"), limit=10) == []
    for viewer, region, when in (
        (officer("440000"), "33", today),
        (officer("330521"), "33", today),
        (officer("000000"), "99", today),
        (officer("000000"), "33", today + timedelta(days=1)),
    ):
        with pytest.raises(NotFound):
            await reconcile_on_demand(viewer, connected_work, region=region, day=when)
    with pytest.raises(Forbidden):
        await reconcile_on_demand(
            officer("330000", OfficerRole.APPROVAL), connected_work, region="33", day=today
        )
