"""Case numbers: one each however many come at once, and none lost when a day's series has run out."""

import asyncio
import re
from datetime import timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from backend.casework.applications.actions import submit_application
from backend.casework.machine import Casework
from backend.casework.numbering.actions import NO_SERIES, NO_WIDER, next_number, widen_series
from backend.casework.numbering.queries import ExhaustedSeries, exhausted_series, waiting_for_number
from backend.database.record import fetch, transaction
from backend.errors import Conflict, Invalid
from backend.kit import clock
from backend.viewer import Citizen, Machine
from tests.support import cases
from tests.support.people import new_key
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox

OPERATOR = Machine("operator")


async def submit(citizen: Citizen, work: Casework, application_id: UUID) -> UUID:
    return await submit_application(citizen, work, application_id=application_id, idempotency_key=new_key())


async def series_stands_at(serial: int, width: int = 4) -> None:
    """As if so many numbers had been given today."""
    await fetch(
        "INSERT INTO number_series (id, created_at, task_code, day, last_serial, width)"
        " VALUES (gen_random_uuid(), now(), $1, $2, $3, $4)"
        " ON CONFLICT (task_code, day) DO UPDATE SET last_serial = $3, width = $4 RETURNING id",
        cases.TASK_CODE,
        clock.today(),
        serial,
        width,
    )


async def numbers() -> list[str]:
    rows = await fetch(
        "SELECT case_number FROM application WHERE case_number IS NOT NULL ORDER BY case_number"
    )
    return [row["case_number"] for row in rows]


def number(serial: str) -> str:
    return f"{cases.TASK_CODE}{clock.today():%Y%m%d}{serial}"


async def widen(work: Casework, width: int) -> int:
    return await widen_series(
        work, task_code=cases.TASK_CODE, day=clock.today(), width=width, actor=OPERATOR, batch=2
    )


async def test_many_who_submit_at_once_get_a_number_each_without_gaps(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizens = [await cases.proven(work.resources, outside_world) for _ in range(6)]
    drafts = [(citizen, await cases.filled(citizen, work)) for citizen in citizens for _ in range(5)]

    await asyncio.gather(*(submit(citizen, work, draft) for citizen, draft in drafts))

    given = await numbers()
    assert given == [number(f"{serial:04d}") for serial in range(1, 31)]
    assert all(re.fullmatch("[0-9A-Z]{31}[0-9]{12}", one) for one in given)
    assert (await count("delivery"), await count("pgqueuer")) == (30, 30)


async def test_a_number_that_was_not_kept_is_given_to_the_next(database: str) -> None:
    async def change_of_mind() -> None:
        async with transaction() as tx:
            assert await next_number(tx, cases.TASK_CODE, clock.today()) == number("0001")
            raise LookupError

    with pytest.raises(LookupError):
        await change_of_mind()
    async with transaction() as tx:
        assert await next_number(tx, cases.TASK_CODE, clock.today()) == number("0001")


async def test_each_day_and_each_task_has_a_series_of_its_own(database: str) -> None:
    today = clock.today()
    other = cases.TASK_CODE.replace("000599990001", "000599990002")
    async with transaction() as tx:
        given = [
            await next_number(tx, task, day)
            for task, day in (
                (cases.TASK_CODE, today),
                (other, today),
                (cases.TASK_CODE, today + timedelta(days=1)),
                (cases.TASK_CODE, today),
            )
        ]
    assert [(one or "")[-4:] for one in given] == ["0001", "0001", "0001", "0002"]
    assert len(set(given)) == 4


async def test_when_the_series_has_run_out_the_case_is_received_and_the_operator_alarmed(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    await series_stands_at(9998)
    last, first_without, second_without = [await cases.filled(citizen, work) for _ in range(3)]

    await submit(citizen, work, last)
    with capture_logs() as logs:
        await submit(citizen, work, first_without)
        await submit(citizen, work, second_without)

    assert await numbers() == [number("9999")]
    assert [log for log in logs if log["event"] == "number_series_exhausted"] == 2 * [
        {
            "event": "number_series_exhausted",
            "log_level": "error",
            "task_code": cases.TASK_CODE,
            "day": clock.today().isoformat(),
        }
    ]
    row = await cases.row_of(first_without)
    assert (row["state"], row["case_number"]) == ("SUBMITTED", None)
    assert row["due_on"] == work.calendar.add_working_days(clock.today(), 10)
    assert await cases.timeline(first_without) == ["STARTED", "SUBMITTED"]
    assert await cases.queued() == [("deliver_case", str(last))]  # nothing leaves without a number
    assert await waiting_for_number() == 2
    assert await exhausted_series(10) == [ExhaustedSeries(cases.TASK_CODE, clock.today(), 2)]


async def test_widening_numbers_what_waited_in_the_order_in_which_it_came(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    await series_stands_at(9999)
    waiting = [await submit(citizen, work, await cases.filled(citizen, work)) for _ in range(3)]

    assert await widen(work, 5) == 3

    assert [(await cases.row_of(one))["case_number"] for one in waiting] == [
        number("10000"),
        number("10001"),
        number("10002"),
    ]
    for one in waiting:
        assert await cases.timeline(one) == ["STARTED", "SUBMITTED", "NUMBERED"]
    assert await cases.queued() == [("deliver_case", str(one)) for one in waiting]
    assert await waiting_for_number() == 0
    assert await told(f"number_series:{cases.TASK_CODE}:{clock.today()}") == ["series_widened"]
    await submit(citizen, work, await cases.filled(citizen, work))
    assert (await numbers())[-1] == number("10003")


async def test_widening_again_and_beside_itself_numbers_nobody_twice(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    await series_stands_at(9999)
    for _ in range(3):
        await submit(citizen, work, await cases.filled(citizen, work))

    assert sum(await asyncio.gather(*(widen(work, 5) for _ in range(3)))) == 3
    assert await widen(work, 5) == 0

    assert await numbers() == [number("10000"), number("10001"), number("10002")]
    assert await count("pgqueuer") == 3
    assert await told(f"number_series:{cases.TASK_CODE}:{clock.today()}") == ["series_widened"]


async def test_what_waits_on_another_day_waits_for_its_own_series(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    await series_stands_at(9999)
    await submit(citizen, work, await cases.filled(citizen, work))
    with clock.shifted(timedelta(days=1)):
        await series_stands_at(7)
        assert await widen(work, 5) == 0
    assert await waiting_for_number() == 1
    assert await widen(work, 5) == 1


async def test_a_series_that_runs_out_again_while_it_is_widened_leaves_the_rest_waiting(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    await series_stands_at(9999)
    for _ in range(2):
        await submit(citizen, work, await cases.filled(citizen, work))
    await series_stands_at(99_998, 4)

    assert await widen(work, 5) == 1
    assert await waiting_for_number() == 1


@pytest.mark.parametrize("width", [3, 10])
async def test_a_width_has_bounds(work: Casework, width: int) -> None:
    await series_stands_at(9999)
    with pytest.raises(Invalid) as refusal:
        await widen(work, width)
    assert refusal.value.message == NO_WIDER


async def test_a_series_is_never_made_narrower_and_must_be_there(work: Casework) -> None:
    with pytest.raises(Conflict) as missing:
        await widen(work, 5)
    await series_stands_at(9999, 6)
    with pytest.raises(Conflict) as narrower:
        await widen(work, 5)
    assert (missing.value.message, narrower.value.message) == (NO_SERIES, NO_WIDER)
    (row,) = await fetch("SELECT last_serial, width FROM number_series")
    assert (row["last_serial"], row["width"]) == (9999, 6)
    assert await count("audit_entry") == 1  # the edition's


async def test_operators_are_warned_once_before_a_series_runs_out(database: str) -> None:
    await series_stands_at(8999)
    with capture_logs() as logs:
        async with transaction() as tx:
            given = [await next_number(tx, cases.TASK_CODE, clock.today()) for _ in range(2)]
    assert given == [number("9000"), number("9001")]
    assert [(log["event"], log["log_level"], log["serial"]) for log in logs] == [
        ("number_series_low", "warning", 9000)
    ]
