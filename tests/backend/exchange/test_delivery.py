"""Handing a case over: however the province fails, it takes effect there once and is told here once."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import orjson
import pytest
from structlog.testing import capture_logs

from backend.casework.machine import Casework
from backend.database.jobs import LONGEST_WAIT, Job, enqueue, pause
from backend.database.record import fetch, transaction
from backend.errors import Conflict, ProblemCode, Text, TooMany, Unavailable
from backend.exchange import breaker
from backend.exchange.dead_letters import redeliver
from backend.exchange.delivery import (
    MOST_BUGS,
    STEPS,
    Handing,
    deliver,
    lodge,
    prepare,
    record,
    region_of,
    wake_overdue,
)
from backend.exchange.queries import DeadDelivery, dead_deliveries, unfinished_deliveries
from backend.kit import clock
from backend.kit.ids import new_id
from backend.province_ports import CaseToLodge, ProvinceConnector, Receipt
from backend.viewer import Machine
from tests.backend.conftest import Zhejiang
from tests.support import cases
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def case(connected_work: Casework, outside_world: OutsideSandbox) -> UUID:
    """Received, numbered and on its way."""
    citizen = await cases.proven(connected_work.resources, outside_world)
    return await cases.submitted(citizen, connected_work)


async def delivery_of(application_id: UUID) -> dict[str, object]:
    (row,) = await fetch(
        "SELECT id, state, attempts, last_problem, next_try_at, external_case_number, receipt, delivered_at"
        " FROM delivery WHERE application_id = $1",
        application_id,
    )
    return dict(row)


async def stands(application_id: UUID) -> tuple[object, object, object]:
    row = await delivery_of(application_id)
    return row["state"], row["attempts"], row["last_problem"]


async def held_by(zhejiang: Zhejiang, application_id: UUID) -> list[dict[str, Any]]:
    """What the province holds of a case: an entry for each time that it took effect."""
    number = (await cases.row_of(application_id))["case_number"]
    delivery_id = str((await delivery_of(application_id))["id"])
    held = await asyncio.to_thread(zhejiang.sandbox.held, number)
    return [
        one for one in held["cases"] if one["deliveryId"] == delivery_id
    ]  # other tests' numbers start again


async def effects(zhejiang: Zhejiang, application_id: UUID) -> tuple[int, int]:
    """How often a case took effect at the province, and how often the province was told."""
    held = await held_by(zhejiang, application_id)
    return len(held), sum(one["lodged"] for one in held)


class Scripted:
    """A province that does what a test says."""

    def __init__(self, does: Callable[[CaseToLodge], Receipt]) -> None:
        self.does = does
        self.lodged: list[CaseToLodge] = []

    async def lodge(self, case: CaseToLodge) -> Receipt:
        self.lodged.append(case)
        return self.does(case)

    def read_callback(self, **_given: object) -> tuple[object, str]:
        raise AssertionError


def with_province(work: Casework, does: Callable[[CaseToLodge], Receipt]) -> tuple[Casework, Scripted]:
    province = Scripted(does)
    ports = replace(work.resources.ports, provinces={"33": cast("ProvinceConnector", province)})
    return replace(work, resources=replace(work.resources, ports=ports)), province


def receipt(_case: CaseToLodge) -> Receipt:
    return Receipt("ZJ1", clock.now(), "{}")


async def test_a_case_is_lodged_with_all_that_belongs_to_it_and_its_receipt_is_kept(
    connected_work: Casework, zhejiang: Zhejiang, case: UUID
) -> None:
    await deliver(connected_work, case)

    assert await effects(zhejiang, case) == (1, 1)
    row = await delivery_of(case)
    assert (row["state"], row["attempts"], row["last_problem"]) == ("DELIVERED", 0, None)
    (held,) = await held_by(zhejiang, case)
    assert row["external_case_number"] == held["externalCaseNo"]
    assert held["deliveryId"] == str(row["id"])
    assert [material["code"] for material in held["materials"]] == ["card"]
    assert row["delivered_at"] == datetime.fromisoformat(held["receivedAt"])
    assert '"X-Signature' not in str(row["receipt"])
    assert held["externalCaseNo"] in str(row["receipt"])
    assert await cases.timeline(case) == ["STARTED", "SUBMITTED", "NUMBERED", "LODGED"]
    assert await cases.queued() == [("deliver_case", str(case)), ("apply_province_events", str(case))]


async def test_what_leaves_is_what_was_handed_in(work: Casework, outside_world: OutsideSandbox) -> None:
    house, province = with_province(work, receipt)
    # Shortly after midnight on the eightieth birthday: in UTC it is still the day before.
    birthday = date(2026, 12, 3)
    midnight = datetime(2026, 12, 3, 0, 30, tzinfo=clock.ZONE)
    with clock.shifted(midnight - clock.now()):
        citizen = await cases.proven(house.resources, outside_world, born=date(1946, 12, 3))
        application_id = await cases.submitted(citizen, house)
    await deliver(house, application_id)

    (lodged,) = province.lodged
    row = await cases.row_of(application_id)
    assert clock.local(lodged.submitted_at).date() == birthday
    assert (lodged.case_number, lodged.task_code) == (row["case_number"], cases.TASK_CODE)
    assert (lodged.item_code, lodged.item_name) == (cases.ITEM.base_code, cases.ITEM.name.zh)
    assert (lodged.division, lodged.applicant_name) == (cases.HOME, "沈阿福")
    assert lodged.applicant_resident_id[6:14] == "19461203"
    assert (lodged.assurance, lodged.promised_due) == ("VERIFIED/FACE_SELFIE", row["due_on"])
    facts = lodged.answers["facts"]
    assert isinstance(facts, dict)
    assert (facts["age"], facts["division"], facts["paid_elsewhere"]) == (80, cases.HOME, False)
    assert lodged.answers["figures"] == {"minimum_age": 80, "monthly_fen": 10_000}
    assert {name: lodged.answers[name] for name in cases.ANSWERS} == cases.ANSWERS
    (material,) = lodged.materials
    assert (material.code, material.name, material.file_name) == ("card", "银行卡", "社保卡.png")
    assert (material.media_type, material.content) == ("image/png", cases.picture())


@pytest.mark.parametrize("mode", ["down", "slow", "lose_reply", "garbage", "bad_signature", "stale_stamp"])
async def test_however_the_province_fails_the_case_takes_effect_once(
    connected_work: Casework, zhejiang: Zhejiang, case: UUID, mode: str
) -> None:
    zhejiang.sandbox.scenario(mode, slow=1.5)
    with capture_logs() as logs:
        for _ in range(2):
            await deliver(connected_work, case)

    assert await stands(case) == ("PENDING", 2, "UPSTREAM_UNAVAILABLE")
    assert await cases.timeline(case) == ["STARTED", "SUBMITTED", "NUMBERED"]
    postponed = [log for log in logs if log["event"] == "delivery_postponed"]
    assert [(log["attempts"], log["code"], log["region"]) for log in postponed] == [
        (1, "UPSTREAM_UNAVAILABLE", "33"),
        (2, "UPSTREAM_UNAVAILABLE", "33"),
    ]
    waits = await fetch(
        "SELECT extract(epoch FROM execute_after - created)::float AS wait FROM pgqueuer ORDER BY id OFFSET 1"
    )
    assert 1.5 <= waits[0]["wait"] <= 2.5
    assert 3 <= waits[1]["wait"] <= 5

    zhejiang.sandbox.scenario()
    await deliver(connected_work, case)
    await deliver(connected_work, case)

    assert (await effects(zhejiang, case))[0] == 1
    assert await stands(case) == ("DELIVERED", 2, None)
    assert await cases.timeline(case) == ["STARTED", "SUBMITTED", "NUMBERED", "LODGED"]


async def test_deliveries_beside_each_other_take_effect_once(
    connected_work: Casework, zhejiang: Zhejiang, case: UUID
) -> None:
    await asyncio.gather(*(deliver(connected_work, case) for _ in range(4)))

    assert (await effects(zhejiang, case))[0] == 1
    assert await stands(case) == ("DELIVERED", 0, None)
    assert (await cases.timeline(case)).count("LODGED") == 1
    assert (await cases.queued()).count(("apply_province_events", str(case))) == 1


@pytest.mark.parametrize("done", range(len(STEPS) + 1))
async def test_dying_between_any_two_steps_changes_nothing_about_that(
    connected_work: Casework, zhejiang: Zhejiang, case: UUID, done: int
) -> None:
    class KilledError(BaseException):
        pass

    async def killed(_work: Casework, _handing: Handing) -> Handing:
        raise KilledError

    with pytest.raises(KilledError):
        await deliver(connected_work, case, (*STEPS[:done], killed))
    await deliver(connected_work, case)

    assert (await effects(zhejiang, case))[0] == 1
    assert await stands(case) == ("DELIVERED", 0, None)
    assert (await cases.timeline(case)).count("LODGED") == 1


async def test_a_message_that_is_refused_is_given_up_and_told_to_the_operator(
    connected_work: Casework, zhejiang: Zhejiang, case: UUID
) -> None:
    zhejiang.sandbox.scenario("reject")
    with capture_logs() as logs:
        await deliver(connected_work, case)
        await deliver(connected_work, case)

    row = await delivery_of(case)
    assert (row["state"], row["attempts"], row["last_problem"]) == ("DEAD", 1, "INVALID_INPUT")
    assert [log for log in logs if log["event"] == "delivery_dead"] == [
        {
            "event": "delivery_dead",
            "log_level": "error",
            "delivery": str(row["id"]),
            "region": "33",
            "code": "INVALID_INPUT",
        }
    ]
    assert await effects(zhejiang, case) == (0, 0)
    assert await unfinished_deliveries() == {"PENDING": 0, "DEAD": 1}
    (dead,) = await dead_deliveries(10)
    assert dead == DeadDelivery(row["id"], case, "33", 1, "INVALID_INPUT", row["next_try_at"])  # type: ignore[arg-type]  # as in the row
    assert (await cases.row_of(case))["state"] == "SUBMITTED"
    assert await cases.timeline(case) == ["STARTED", "SUBMITTED", "NUMBERED"]
    with clock.shifted(timedelta(hours=1)):
        assert await wake_overdue() == 0


async def test_a_region_that_refuses_a_message_is_there(
    connected_work: Casework, zhejiang: Zhejiang, case: UUID
) -> None:
    for _ in range(breaker.THRESHOLD):
        await breaker.failed("33", "UPSTREAM_UNAVAILABLE")
    zhejiang.sandbox.scenario("reject")
    with clock.shifted(2 * breaker.FIRST_PAUSE):
        await deliver(connected_work, case)
    assert await stands(case) == ("DEAD", 1, "INVALID_INPUT")
    assert await breaker.admit("33") == breaker.Admission(admitted=True)


async def test_an_operator_sets_a_dead_delivery_on_its_way_again_once(
    connected_work: Casework, zhejiang: Zhejiang, case: UUID
) -> None:
    zhejiang.sandbox.scenario("reject")
    await deliver(connected_work, case)
    await fetch("DELETE FROM pgqueuer")
    (dead,) = await dead_deliveries(10)
    zhejiang.sandbox.scenario()

    answers = await asyncio.gather(*(redeliver(Machine("operator"), ids=[dead.id]) for _ in range(3)))

    assert sorted(answer.count for answer in answers) == [0, 0, 1]
    assert await cases.queued() == [("deliver_case", str(case))]
    assert await told(f"delivery:{dead.id}") == ["delivery_revived"]
    await deliver(connected_work, case)
    assert await stands(case) == ("DELIVERED", 1, None)
    assert await effects(zhejiang, case) == (1, 1)


async def test_a_busy_province_is_asked_again_when_it_says(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    def busy(_case: CaseToLodge) -> Receipt:
        raise TooMany(Text("忙", "busy"), code=ProblemCode.BUSY, retry_after=90)

    house, _ = with_province(work, busy)
    application_id = await cases.submitted(await cases.proven(house.resources, outside_world), house)
    before = clock.now()
    await deliver(house, application_id)

    row = await delivery_of(application_id)
    assert (row["state"], row["attempts"], row["last_problem"]) == ("PENDING", 1, "BUSY")
    assert row["next_try_at"] >= before + timedelta(seconds=90)  # type: ignore[operator]  # a time


async def test_a_message_that_our_own_program_fails_on_is_given_up_and_blocks_no_other(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    poisoned: list[UUID] = []

    def bug(case: CaseToLodge) -> Receipt:
        if case.delivery_id in poisoned:
            raise ZeroDivisionError
        return receipt(case)

    house, _ = with_province(work, bug)
    citizen = await cases.proven(house.resources, outside_world)
    poison, other = [await cases.submitted(citizen, house) for _ in range(2)]
    poisoned.append((await delivery_of(poison))["id"])  # type: ignore[arg-type]  # a UUID
    for tries in range(1, MOST_BUGS):
        with pytest.raises(ZeroDivisionError):
            await deliver(house, poison)
        assert await stands(poison) == ("PENDING", tries, "INTERNAL")
    await deliver(house, other)
    await deliver(house, poison)

    assert await stands(poison) == ("DEAD", MOST_BUGS, "INTERNAL")
    assert await stands(other) == ("DELIVERED", 0, None)
    assert await count("breaker") == 0


async def test_a_lost_file_gives_a_delivery_up(work: Casework, outside_world: OutsideSandbox) -> None:
    house, province = with_province(work, receipt)
    application_id = await cases.submitted(await cases.proven(house.resources, outside_world), house)
    (row,) = await fetch("SELECT file_key FROM material")
    await house.resources.ports.files.delete(row["file_key"])

    await deliver(house, application_id)

    assert await stands(application_id) == ("DEAD", 1, "NOT_FOUND")
    assert province.lodged == []


async def test_a_failure_that_comes_late_undoes_nothing(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    """Two workers lodge at once; one hears nothing after the other has the receipt."""
    house, _ = with_province(work, receipt)
    application_id = await cases.submitted(await cases.proven(house.resources, outside_world), house)

    async def overtaken(_work: Casework, handing: Handing) -> Handing:
        await deliver(house, application_id)
        raise Unavailable(Text("", ""))

    async def refused_late(_work: Casework, handing: Handing) -> Handing:
        raise Conflict(Text("", ""))

    for step in (overtaken, refused_late):
        with capture_logs() as logs:
            await deliver(house, application_id, (prepare, step))
        assert [log["event"] for log in logs if log["event"].startswith("delivery")] == []
    delivery_id = (await delivery_of(application_id))["id"]
    assert isinstance(delivery_id, UUID)
    handing = Handing(delivery_id, application_id, "33")
    for late in (Unavailable(Text("", "")), Conflict(Text("", ""))):

        async def too_late(_work: Casework, _handing: Handing, late: Exception = late) -> Handing:
            raise late

        await fetch("UPDATE delivery SET state = 'PENDING'")

        async def meanwhile(_work: Casework, handing: Handing) -> Handing:
            await fetch("UPDATE delivery SET state = 'DELIVERED'")
            return handing

        jobs = await count("pgqueuer")
        with capture_logs() as logs:
            await deliver(house, application_id, (meanwhile, too_late))
        assert (logs, await count("pgqueuer")) == ([], jobs)
    assert await stands(application_id) == ("DELIVERED", 0, None)
    await record(house, replace(handing, receipt=Receipt("ZJ2", clock.now(), "{}")))
    assert (await delivery_of(application_id))["external_case_number"] == "ZJ1"


async def test_steps_do_not_go_ahead_of_themselves(work: Casework) -> None:
    handing = Handing(new_id(), new_id(), "33")
    for step in STEPS:
        with pytest.raises(LookupError):
            await step(work, handing)
    assert (prepare, lodge, record) == STEPS


async def test_where_no_province_is_connected_a_case_stays_with_us(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    ports = replace(work.resources.ports, provinces={})
    house = cases.machine(replace(work.resources, ports=ports))
    application_id = await cases.submitted(await cases.proven(house.resources, outside_world), house)

    assert await cases.timeline(application_id) == ["STARTED", "SUBMITTED", "NUMBERED"]
    assert (await count("delivery"), await count("pgqueuer")) == (0, 0)


def test_the_longest_prefix_of_a_division_decides_who_gets_the_case() -> None:
    connector = cast("ProvinceConnector", Scripted(receipt))
    provinces = {"33": connector, "3305": connector, "37": connector}
    found = [region_of(provinces, division) for division in ("330521", "330114", "370202", "310101")]
    assert found == ["3305", "33", "37", ""]


def test_pauses_double_to_ten_minutes_with_a_quarter_of_jitter() -> None:
    for failures in (*range(30), 10_000):
        expected = min(2.0 * 2 ** min(failures, 20), LONGEST_WAIT.total_seconds())
        waits = [pause(failures).total_seconds() for _ in range(50)]
        assert all(0.75 * expected <= wait <= 1.25 * expected for wait in waits)
        assert len(set(waits)) > 1


async def test_only_deliveries_without_a_job_are_woken(connected_work: Casework, case: UUID) -> None:
    with clock.shifted(timedelta(minutes=1)):
        for status in ("queued", "picked", "failed"):
            await fetch("UPDATE pgqueuer SET status = $1::pgqueuer_status", status)
            assert (status, await wake_overdue()) == (status, 0)
        await fetch("DELETE FROM pgqueuer")
        async with transaction() as tx:  # another kind of job about the same case does not count
            await enqueue(tx, Job.APPLY_PROVINCE_EVENTS, {"application": str(case)})
        assert await wake_overdue() == 1
        assert await wake_overdue() == 0
    assert await cases.queued() == [("apply_province_events", str(case)), ("deliver_case", str(case))]
    await fetch("DELETE FROM pgqueuer")
    assert await wake_overdue() == 0  # not due for long enough


async def test_a_receipt_is_kept_as_it_was_signed(connected_work: Casework, case: UUID) -> None:
    await deliver(connected_work, case)
    kept = orjson.loads(str((await delivery_of(case))["receipt"]))
    evidence = orjson.loads(kept["signed"])
    assert evidence["status"] == 200
    assert set(evidence["headers"]) >= {"x-signature", "x-timestamp", "x-nonce"}
    assert "沈阿福" not in kept["signed"]
