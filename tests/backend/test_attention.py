"""What waits for an operator, and setting it on its way again."""

import json
from datetime import timedelta
from uuid import UUID

import pytest

from backend.attention import again, told
from backend.casework.machine import Casework
from backend.casework.numbering.actions import MIN_WIDTH
from backend.database.jobs import Job, enqueue
from backend.database.record import fetch, transaction
from backend.exchange.delivery import deliver
from backend.kit import clock
from backend.kit.ids import new_id
from tests.backend.conftest import Zhejiang
from tests.support import cases
from tests.support.sandbox import OutsideSandbox


async def listed() -> list[dict[str, object]]:
    return [json.loads(line) async for line in told()]


@pytest.fixture
async def dead(connected_work: Casework, zhejiang: Zhejiang, outside_world: OutsideSandbox) -> UUID:
    citizen = await cases.proven(connected_work.resources, outside_world)
    application_id = await cases.submitted(citizen, connected_work)
    zhejiang.sandbox.scenario("reject")
    await deliver(connected_work, application_id)
    await fetch("DELETE FROM pgqueuer")
    zhejiang.sandbox.scenario()
    return application_id


async def test_when_all_is_well_nothing_waits(database: str) -> None:
    assert await listed() == []
    assert await again() == 0


async def test_each_kind_of_trouble_is_a_line(
    connected_work: Casework, outside_world: OutsideSandbox, dead: UUID
) -> None:
    await fetch("UPDATE number_series SET last_serial = $1", 10**MIN_WIDTH - 1)
    citizen = await cases.proven(connected_work.resources, outside_world)
    waiting = await cases.submitted(citizen, connected_work)
    await fetch(
        "INSERT INTO inbound_event (id, created_at, application_id, region, event_id, sequence, sealed, outcome)"
        " VALUES ($1, $2, $3, '33', 'e', 2, '', 'WAITING')",
        new_id(),
        clock.now() - timedelta(hours=2),
        dead,
    )
    async with transaction() as tx:
        await enqueue(tx, Job.ISSUE_CERTIFICATE, {"application": str(waiting)})
    await fetch("UPDATE pgqueuer SET status = 'failed'")

    found = {str(line["trouble"]): line for line in await listed()}

    assert set(found) == {"number_series_exhausted", "delivery_dead", "province_message_stuck", "job_held"}
    assert found["number_series_exhausted"]["task_code"] == cases.TASK_CODE
    assert found["number_series_exhausted"]["waiting"] == 1
    assert (found["delivery_dead"]["application_id"], found["delivery_dead"]["problem"]) == (
        str(dead),
        "INVALID_INPUT",
    )
    assert (found["province_message_stuck"]["sequence"], found["province_message_stuck"]["outcome"]) == (
        2,
        "WAITING",
    )
    assert found["job_held"]["payload"] == f'{{"application":"{waiting}"}}'
    assert [word for word in ("沈阿福", "13800000000", "330521194") if word in json.dumps(found)] == []


async def test_what_was_given_up_and_held_goes_on_its_way_again(connected_work: Casework, dead: UUID) -> None:
    async with transaction() as tx:
        await enqueue(tx, Job.ISSUE_CERTIFICATE, {"application": str(dead)})
    await fetch("UPDATE pgqueuer SET status = 'failed'")

    assert await again() == 2
    assert await again() == 0

    assert await listed() == []
    assert sorted(await cases.queued()) == [("deliver_case", str(dead)), ("issue_certificate", str(dead))]
    await deliver(connected_work, dead)
    assert (await cases.timeline(dead))[-1] == "LODGED"
