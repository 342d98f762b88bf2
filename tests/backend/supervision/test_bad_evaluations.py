"""A bad evaluation is found on its case, and found again where a step of its loop is late."""

import pytest

from backend.casework.evaluations.actions import evaluate_application
from backend.casework.evaluations.following import mark_late
from backend.casework.evaluations.handling import handle
from backend.casework.evaluations.loops import LoopAct
from backend.casework.evaluations.queries import loops
from backend.casework.machine import Casework
from backend.kit import clock
from backend.supervision.models import OrderState
from backend.supervision.queries import orders
from backend.viewer import Citizen
from tests.backend.supervision.test_supervision import CLERK, counts_hold, found, light, over
from tests.support import cases
from tests.support.people import new_key
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)


async def test_a_bad_evaluation_is_followed_up_or_found_again(work: Casework, citizen: Citizen) -> None:
    case = await cases.completed(citizen, work)
    await evaluate_application(
        citizen, work, application_id=case, level=2, comment=None, idempotency_key=new_key()
    )
    assert (await light(case), await found(case)) == ("YELLOW", [("evaluation_bad", "YELLOW", "OPEN")])
    assert (
        list(await orders(CLERK, state=OrderState.OPEN, before=None, limit=10)) == []
    )  # the loop asks, no order
    with clock.shifted(over(5)):
        assert [await mark_late(work), await mark_late(work)] == [1, 0]
        assert ("evaluation_unanswered", "RED", "OPEN") in await found(case)
        (wanted,) = await orders(CLERK, state=OrderState.OPEN, before=None, limit=10)
        assert wanted.kind.value == "EVALUATION"
        (loop,) = await loops(CLERK, state=None, late_only=True, before=None, limit=10)
        await handle(
            CLERK, work, loop_id=loop.id, version=1, act=LoopAct.VERIFY, note="属实。", key=new_key()
        )
    assert ("evaluation_unanswered", "RED", "CLEARED") in await found(case)
    assert await light(case) == "YELLOW"
    await counts_hold()


@pytest.mark.parametrize("level", [3, 5])
async def test_a_good_evaluation_is_nothing(work: Casework, citizen: Citizen, level: int) -> None:
    case = await cases.completed(citizen, work)
    await evaluate_application(
        citizen, work, application_id=case, level=level, comment=None, idempotency_key=new_key()
    )
    assert await found(case) == []
