"""Orders of supervision: answered and closed, given back, late and escalated upward, each act audited."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from backend.casework.legal_time.calendars import announce, read_announcement
from backend.casework.legal_time.due import reckon_anew
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Conflict, Invalid, NotFound, ProblemCode
from backend.kit import clock
from backend.kit.working_days import Calendar
from backend.supervision.actions import (
    answer_order,
    close_order,
    escalate_late_orders,
    issue_order,
    reckon_orders_anew,
)
from backend.supervision.models import Axis, Light, OrderState
from backend.supervision.queries import (
    board,
    order,
    supervised_case,
    supervised_cases,
)
from backend.viewer import OfficerRole
from tests.backend.supervision.test_supervision import (
    CLERK,
    SUPERVISOR,
    an_officer,
    counts,
    counts_hold,
    found,
    issued,
)
from tests.support import cases
from tests.support.people import new_key


async def test_an_order_is_answered_and_closed_with_everything_audited(work: Casework, case: UUID) -> None:
    order_id = await issued(work, case)
    seen = await order(CLERK, order_id)
    assert (seen.opened(work, "text"), seen.opened(work, "answer")) == ("请说明进度。", None)
    with pytest.raises(Conflict):
        await close_order(SUPERVISOR, work, order_id=order_id, satisfied=True, idempotency_key=new_key())
    await answer_order(CLERK, work, order_id=order_id, answer="已加快办理。", idempotency_key=new_key())
    await close_order(SUPERVISOR, work, order_id=order_id, satisfied=True, idempotency_key=new_key())
    done = await order(SUPERVISOR, order_id)
    assert (done.state, done.opened(work, "answer"), done.late) == (OrderState.CLOSED, "已加快办理。", False)
    rows = await fetch(
        "SELECT kind, actor FROM audit_entry WHERE subject = $1 ORDER BY sequence",
        f"supervision_order:{order_id}",
    )
    assert [tuple(row) for row in rows] == [
        ("supervision_order_issued", f"officer:{SUPERVISOR.officer_id}"),
        ("supervision_order_answered", f"officer:{CLERK.officer_id}"),
        ("supervision_order_closed", f"officer:{SUPERVISOR.officer_id}"),
    ]
    assert not any("ORDERS" in key[3] for key in await counts())
    await counts_hold()


async def test_an_answer_that_does_not_satisfy_goes_back(work: Casework, case: UUID) -> None:
    order_id = await issued(work, case)
    await answer_order(CLERK, work, order_id=order_id, answer="在办。", idempotency_key=new_key())
    await close_order(SUPERVISOR, work, order_id=order_id, satisfied=False, idempotency_key=new_key())
    assert (await order(CLERK, order_id)).state is OrderState.OPEN
    assert (await counts())["ORGAN", cases.HOME, cases.ORGAN, "ORDERS_OPEN"] == 1
    await counts_hold()


async def test_an_order_is_issued_and_answered_once_however_often_it_is_asked(
    work: Casework, case: UUID
) -> None:
    key = new_key()
    ids = await asyncio.gather(
        *(
            issue_order(SUPERVISOR, work, application_id=case, text="请说明。", days=3, idempotency_key=key)
            for _ in range(3)
        )
    )
    assert len(set(ids)) == 1
    answers = await asyncio.gather(
        *(
            answer_order(CLERK, work, order_id=ids[0], answer=f"第{number}次", idempotency_key=new_key())
            for number in range(3)
        ),
        return_exceptions=True,
    )
    refused = [one for one in answers if isinstance(one, Conflict)]
    assert [one.code for one in refused] == [ProblemCode.ALREADY_DONE] * 2
    await counts_hold()


async def test_an_order_that_nobody_answers_goes_up_until_there_is_nobody_above(
    work: Casework, case: UUID
) -> None:
    await issued(work, case)
    seen: list[int] = []
    for _ in range(6):
        with clock.shifted(timedelta(days=40 * (len(seen) + 1))):
            done = await asyncio.gather(*(escalate_late_orders(work.calendar) for _ in range(2)))
        seen.append(sum(done))
    assert seen == [1, 1, 1, 1, 0, 0]
    rows = await fetch("SELECT division, kind, late FROM supervision_order ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (cases.HOME, "SUPERVISE", True),
        ("330500", "ESCALATION", True),
        ("330000", "ESCALATION", True),
        ("000000", "ESCALATION", True),
    ]
    assert await found(case) == [("unanswered_warning", "RED", "OPEN")] * 4
    await counts_hold()


async def test_a_late_answer_is_taken_and_stays_late(work: Casework, case: UUID) -> None:
    order_id = await issued(work, case)
    with clock.shifted(timedelta(days=40)):
        await escalate_late_orders(work.calendar)
    await answer_order(CLERK, work, order_id=order_id, answer="补充说明。", idempotency_key=new_key())
    assert (await order(SUPERVISOR, order_id)).late
    await counts_hold()


async def test_whoever_is_not_asked_or_not_above_finds_nothing(work: Casework, case: UUID) -> None:
    order_id = await issued(work, case)
    elsewhere = an_officer("330522", OfficerRole.SUPERVISION, OfficerRole.APPROVAL)
    for refused in (
        issue_order(elsewhere, work, application_id=case, text="x", days=3, idempotency_key=new_key()),
        answer_order(elsewhere, work, order_id=order_id, answer="x", idempotency_key=new_key()),
        answer_order(SUPERVISOR, work, order_id=order_id, answer="x", idempotency_key=new_key()),
        close_order(elsewhere, work, order_id=order_id, satisfied=True, idempotency_key=new_key()),
        order(elsewhere, order_id),
        supervised_case(elsewhere, case),
        board(elsewhere, axis=Axis.ORGAN, division="330500", limit=10),
        answer_order(CLERK, work, order_id=uuid4(), answer="x", idempotency_key=new_key()),
        issue_order(SUPERVISOR, work, application_id=uuid4(), text="x", days=3, idempotency_key=new_key()),
    ):
        with pytest.raises(NotFound):
            await refused
    assert await supervised_cases(elsewhere, light=Light.GREEN, before=None, limit=10) == []
    assert (await supervised_case(SUPERVISOR, case)).id == case


@pytest.mark.parametrize(("text", "days"), [("", 3), ("  ", 3), ("x" * 1001, 3), ("x", 0), ("x", 31)])
async def test_an_order_says_something_and_leaves_time(
    work: Casework, case: UUID, text: str, days: int
) -> None:
    with pytest.raises(Invalid):
        await issue_order(
            SUPERVISOR, work, application_id=case, text=text, days=days, idempotency_key=new_key()
        )
    assert await fetch("SELECT FROM supervision_order") == []


async def test_a_new_calendar_moves_the_time_of_an_answer(work: Casework, case: UUID) -> None:
    order_id = await issued(work, case, days=5)
    known = work.calendar.year(clock.today().year)
    assert known is not None
    tomorrow = Calendar().add_working_days(clock.today(), 1)
    year = read_announcement(
        year=known.year, days_off=[*known.days_off, tomorrow], make_up_days=[*known.make_up_days]
    )
    await announce(work.resources.shared, year, source="应急通知", actor="machine:test")
    await reckon_anew(work.calendar, ())
    assert await reckon_orders_anew(work.calendar) == 1
    assert await reckon_orders_anew(work.calendar) == 0
    assert (await order(CLERK, order_id)).due_on == work.calendar.add_working_days(clock.today(), 5)
