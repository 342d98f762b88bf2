"""Dead letters: an operator sees, explains, mends and redelivers them, and nothing else of the exchange stops."""

import asyncio
from base64 import b64decode
from dataclasses import replace
from uuid import UUID

import orjson
import pytest

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, Invalid, NotFound
from backend.exchange import breaker
from backend.exchange.dead_letters import Replay, dead_letters, mend, redeliver, set_aside
from backend.exchange.delivery import deliver
from backend.exchange.lanes import BreakerState, lanes
from backend.kit import clock
from backend.kit.ids import new_id
from backend.viewer import Machine, Officer, OfficerRole
from tests.backend.conftest import Zhejiang
from tests.support import cases
from tests.support.people import new_key
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox

OPERATOR = Machine("operator")


def officer(division: str, *roles: OfficerRole) -> Officer:
    return Officer(new_id(), new_id(), new_id(), division, frozenset(roles or {OfficerRole.OPERATIONS}))


@pytest.fixture
async def dead(connected_work: Casework, outside_world: OutsideSandbox, zhejiang: Zhejiang) -> list[UUID]:
    """Two cases of one county that the province refuses as such."""
    citizen = await cases.proven(connected_work.resources, outside_world)
    zhejiang.sandbox.scenario("reject")
    found = []
    for _ in range(2):
        application_id = await cases.submitted(citizen, connected_work)
        await deliver(connected_work, application_id)
        found.append(application_id)
    await fetch("DELETE FROM pgqueuer")
    zhejiang.sandbox.scenario()
    return found


async def test_an_operator_sees_what_is_wrong_within_their_division(dead: list[UUID]) -> None:
    for viewer in (officer("330521"), officer("330000"), officer("000000"), OPERATOR):
        found = await dead_letters(viewer, limit=10)
        assert [letter.application_id for letter in found] == dead
    first = found[0]
    assert (first.region, first.attempts, first.problem, first.held_back) == ("33", 1, "INVALID_INPUT", 0)
    assert first.explanation.en == "Zhejiang's platform does not take this case (CASE_REJECTED)."
    assert await dead_letters(OPERATOR, limit=10, after=first.id) == found[1:]
    assert await dead_letters(OPERATOR, limit=10, region="44") == []
    assert await dead_letters(officer("330522"), limit=10) == []
    with pytest.raises(Forbidden):
        await dead_letters(officer("330521", OfficerRole.APPROVAL), limit=10)
    (zhejiang,) = [lane for lane in await lanes(officer("330521"), ["33", "44"]) if lane.region == "33"]
    assert (zhejiang.pending, zhejiang.dead, zhejiang.breaker) == (0, 2, BreakerState.CLOSED)
    assert [lane.dead for lane in await lanes(officer("330522"), ["33"])] == [0]


async def test_all_of_a_region_go_on_their_way_again_at_once_and_only_once(
    connected_work: Casework, dead: list[UUID]
) -> None:
    assert await redeliver(officer("330522"), region="33") == Replay(0)
    assert await redeliver(OPERATOR, region="33", problem="NOT_FOUND") == Replay(0)
    answers = await asyncio.gather(*(redeliver(OPERATOR, region="33") for _ in range(3)))

    assert sorted(answer.count for answer in answers) == [0, 0, 2]
    assert await cases.queued() == [("deliver_case", str(one)) for one in dead]
    for application_id in dead:
        await deliver(connected_work, application_id)
        assert (await cases.timeline(application_id))[-1] == "LODGED"
    assert await dead_letters(OPERATOR, limit=10) == []


async def test_a_wish_of_an_officer_that_comes_twice_is_fulfilled_once(dead: list[UUID]) -> None:
    operator, key = officer("330521"), new_key()
    letters = [letter.id for letter in await dead_letters(operator, limit=10)]

    assert await redeliver(operator, ids=letters[:1], idempotency_key=key) == Replay(1)
    await fetch("UPDATE delivery SET state = 'DEAD'")
    assert await redeliver(operator, ids=letters[:1], idempotency_key=key) == Replay(0)
    assert await told(f"delivery:{letters[0]}") == ["delivery_revived"]
    assert [str(dead[0])] == [about for _, about in await cases.queued()]


async def test_a_mended_field_is_what_leaves(
    connected_work: Casework, dead: list[UUID], zhejiang: Zhejiang
) -> None:
    letter, _ = await dead_letters(OPERATOR, limit=2)
    fields = {"item_name": "高龄津贴（省标准）", "task_code": cases.TASK_CODE}
    mended = await mend(
        OPERATOR, connected_work, delivery_id=letter.id, fields=fields, reason="省平台事项名称不同"
    )

    assert (mended.mended, mended.problem) == (fields, "INVALID_INPUT")
    await redeliver(OPERATOR, ids=[letter.id])
    await deliver(connected_work, dead[0])
    (hop,) = await fetch("SELECT id, content_sealed FROM exchange_hop WHERE outcome = 'ANSWERED'")
    ring = connected_work.resources.keys.ring
    content = orjson.loads(ring.open(hop["content_sealed"], context=f"exchange_hop.content:{hop['id']}"))
    assert "高龄津贴（省标准）" in b64decode(content["sent"]).decode()
    assert await told(f"delivery:{letter.id}") == ["delivery_mend", "delivery_revived"]


async def test_what_may_not_be_mended_stays_as_it_is(connected_work: Casework, dead: list[UUID]) -> None:
    letter, _ = await dead_letters(OPERATOR, limit=2)
    for fields in ({"answers": "x"}, {"task_code": "short"}, {"division": "33x"}, {}):
        with pytest.raises(Invalid):
            await mend(OPERATOR, connected_work, delivery_id=letter.id, fields=fields, reason="理由充分")
    with pytest.raises(Invalid):
        await set_aside(OPERATOR, connected_work, delivery_id=letter.id, reason="  ")
    with pytest.raises(NotFound):
        await set_aside(officer("330522"), connected_work, delivery_id=letter.id, reason="已线下办结")
    assert [(one.mended, one.problem) for one in await dead_letters(OPERATOR, limit=2)] == [
        ({}, "INVALID_INPUT")
    ] * 2
    assert len(dead) == 2


async def test_a_message_waits_for_the_one_before_it_and_goes_on_when_that_is_set_aside(
    connected_work: Casework, dead: list[UUID]
) -> None:
    letter, other = await dead_letters(OPERATOR, limit=2)
    await fetch(
        "INSERT INTO delivery (id, created_at, application_id, kind, sequence, region, state, attempts, next_try_at)"
        " VALUES ($1, $2, $3, 'LODGE', 2, '33', 'PENDING', 0, $2)",
        new_id(),
        clock.now(),
        dead[0],
    )
    await deliver(connected_work, dead[0])
    assert [one.held_back for one in await dead_letters(OPERATOR, limit=2)] == [1, 0]

    await set_aside(OPERATOR, connected_work, delivery_id=letter.id, reason="已线下移交")
    assert await cases.queued() == [("deliver_case", str(dead[0]))]
    await deliver(connected_work, dead[0])

    rows = await fetch("SELECT state FROM delivery WHERE application_id = $1 ORDER BY sequence", dead[0])
    assert [row["state"] for row in rows] == ["SET_ASIDE", "DELIVERED"]
    assert [one.id for one in await dead_letters(OPERATOR, limit=2)] == [other.id]
    with pytest.raises((Conflict, NotFound)):
        await set_aside(OPERATOR, connected_work, delivery_id=letter.id, reason="再来一次")


async def test_while_the_breaker_is_open_nothing_is_tried_and_nothing_counted(
    connected_work: Casework, outside_world: OutsideSandbox, zhejiang: Zhejiang
) -> None:
    citizen = await cases.proven(connected_work.resources, outside_world)
    first, second = [await cases.submitted(citizen, connected_work) for _ in range(2)]
    zhejiang.sandbox.scenario("down")
    for _ in range(breaker.THRESHOLD):
        await deliver(connected_work, first)
    zhejiang.sandbox.scenario()
    await fetch("DELETE FROM pgqueuer")
    for application_id in (first, second):
        await deliver(connected_work, application_id)

    rows = await fetch("SELECT state, attempts FROM delivery ORDER BY id")
    assert [tuple(row) for row in rows] == [("PENDING", breaker.THRESHOLD), ("PENDING", 0)]
    waits = await fetch("SELECT extract(epoch FROM execute_after - created)::float AS wait FROM pgqueuer")
    assert all(7 <= row["wait"] <= 15 for row in waits)

    await fetch("UPDATE breaker SET open_until = $1", clock.now())
    await deliver(connected_work, first)
    (job, *_) = await fetch(
        "SELECT max(extract(epoch FROM execute_after - now()))::float AS wait FROM pgqueuer"
    )
    assert job["wait"] <= 5.1, "who waited for the region is woken"
    await deliver(connected_work, second)
    assert [row["state"] for row in await fetch("SELECT state FROM delivery")] == ["DELIVERED"] * 2


async def test_a_region_that_is_not_connected_any_more_is_a_dead_letter_that_says_so(
    work: Casework, connected_work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(connected_work.resources, outside_world)
    application_id = await cases.submitted(citizen, connected_work)
    ports = replace(work.resources.ports, provinces={})
    await deliver(replace(work, resources=replace(work.resources, ports=ports)), application_id)

    (letter,) = await dead_letters(OPERATOR, limit=2)
    assert letter.explanation.en == "No region 33 is connected to this installation."
