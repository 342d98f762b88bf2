"""Mode 2: records travel through a province's front-end database, both ways, once in effect."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from backend.errors import Forbidden, Invalid, NotFound, Unavailable
from backend.kit import clock
from backend.province_ports import CaseToLodge, ProvinceEventKind, ProvinceStage, Supplement, Withdrawal
from integrations.provinces.exchange_platform import FrontDatabase
from integrations.sandbox.front_database import FrontProvince, Manner, front_province
from integrations.sandbox.people import demo_people
from tests.integrations.provinces.conftest import case_for

K = ProvinceEventKind


@dataclass(frozen=True, slots=True)
class World:
    """The province and our side of its database."""

    other: FrontProvince
    connector: FrontDatabase


@pytest.fixture(scope="module")
async def running(new_database: Callable[[], str]) -> AsyncIterator[World]:
    url = new_database()
    async with front_province(url) as other:
        yield World(other, FrontDatabase("32", url))


@pytest.fixture
async def world(running: World) -> World:
    running.other.manner, running.other.effects = Manner.ACCEPT, 0
    await running.other.pool.execute("TRUNCATE exchange_batch CASCADE")
    return running


@pytest.fixture
def case() -> CaseToLodge:
    return case_for(demo_people()[0])


async def events(world: World) -> list[tuple[ProvinceEventKind, int]]:
    """What is told by every batch that waits, each taken afterwards."""
    found = []
    for batch in await world.connector.batches(10):
        found += [(event.kind, event.sequence) for event in batch.events]
        await world.connector.taken(batch)
    return found


async def test_a_case_travels_through_the_tables_and_comes_back_decided(
    world: World, case: CaseToLodge
) -> None:
    receipt = await world.connector.lodge(case)
    again = await world.connector.lodge(case)
    assert (receipt.external_case_number, receipt.received_at) == (case.case_number, again.received_at)
    [row] = await world.other.pool.fetch("SELECT * FROM accept")
    assert (row["applyer_name"], row["applyer_page_type"], row["cd_operation"]) == (
        case.applicant_name,
        "10",
        "I",
    )
    [material] = await world.other.pool.fetch("SELECT * FROM material")
    assert (material["attach_body"], material["attach_size"]) == (
        case.materials[0].content,
        len(case.materials[0].content),
    )
    asked = {"case_number": case.case_number, "external_case_number": case.case_number}
    assert (await world.connector.query(**asked)).stage is ProvinceStage.RECEIVED
    assert await world.connector.batches(10) == []

    assert (await world.other.work(), await world.other.work(), world.other.effects) == (1, 0, 1)
    assert await events(world) == [(K.ACCEPTED, 1), (K.APPROVED, 2)]
    assert await world.connector.batches(10) == [], "taken once"
    assert (await world.connector.query(**asked)).stage is ProvinceStage.APPROVED
    found = await world.connector.result(**asked)
    assert found.content.startswith(b"%PDF-1.7")
    assert found.content.endswith(b"%%EOF")


async def test_a_delivery_says_one_thing_only(world: World, case: CaseToLodge) -> None:
    await world.connector.lodge(case)
    with pytest.raises(Invalid):
        await world.connector.lodge(replace(case, answers={"phone": "13900000000"}))
    assert await world.other.pool.fetchval("SELECT count(*) FROM accept") == 1


async def test_what_changes_is_marked_and_nothing_is_overwritten(world: World, case: CaseToLodge) -> None:
    await world.connector.lodge(case)
    more = Supplement(uuid4(), case.case_number, case.case_number, {"phone": "13900000000"}, case.materials)
    await world.connector.supplement(more)
    await world.connector.withdraw(Withdrawal(uuid4(), case.case_number, case.case_number, "不再需要"))
    rows = await world.other.pool.fetch(
        "SELECT a.cd_operation, a.row_guid, a.cancel_reason FROM accept a JOIN exchange_batch b ON b.batch_no = a.cd_batch"
        " ORDER BY b.serial"
    )
    assert [row["cd_operation"] for row in rows] == ["I", "U", "D"]
    assert len({row["row_guid"] for row in rows}) == 1
    assert rows[-1]["cancel_reason"] == "不再需要"
    progress = await world.connector.query(case_number=case.case_number, external_case_number="")
    assert progress.stage is ProvinceStage.WITHDRAWN


@pytest.mark.parametrize(
    ("manner", "told", "refused"),
    [
        (Manner.REFUSE, [(K.ACCEPTED, 1), (K.REFUSED, 2)], 0),
        (Manner.NOT_ACCEPT, [(K.NOT_ACCEPTED, 1)], 0),
        (Manner.OUT_OF_ORDER, [(K.APPROVED, 2), (K.ACCEPTED, 1)], 0),
        (Manner.TWICE, [(K.ACCEPTED, 1)] * 2 + [(K.APPROVED, 2)] * 2, 0),
        (Manner.HALF_A_FILE, [(K.ACCEPTED, 1)], 1),
        (Manner.WRONG_CODE, [(K.ACCEPTED, 1)], 1),
        (Manner.NO_OBJECT, [(K.ACCEPTED, 1)], 1),
    ],
)
async def test_however_the_province_writes_only_whole_batches_are_taken(
    world: World, case: CaseToLodge, manner: Manner, told: list[tuple[ProvinceEventKind, int]], refused: int
) -> None:
    world.other.manner = manner
    await world.connector.lodge(case)
    await world.other.work()
    with capture_logs() as logs:
        assert await events(world) == told
    assert [log["event"] for log in logs].count("province_batch_refused") == refused
    assert (
        await world.other.pool.fetchval("SELECT count(*) FROM exchange_batch WHERE refused IS NOT NULL")
        == refused
    )
    assert case.applicant_name not in str(logs)


async def test_rows_that_were_tampered_with_are_not_taken_by_the_province(
    world: World, case: CaseToLodge
) -> None:
    await world.connector.lodge(case)
    await world.other.pool.execute("UPDATE accept SET applyer_name = '别人'")
    await world.other.work()
    assert world.other.effects == 0
    assert await world.other.pool.fetchval("SELECT refused FROM exchange_batch") == "NOT_WHOLE"


async def test_a_database_that_is_away_is_unavailable_and_nobody_calls_from_there(case: CaseToLodge) -> None:
    away = FrontDatabase("32", "postgresql://nobody:secret@127.0.0.1:1/none")
    assert "secret" not in repr(away)
    for attempt in (away.lodge(case), away.batches(1)):
        with pytest.raises(Unavailable):
            await attempt
    with pytest.raises(Forbidden):
        away.read_callback(method="POST", path="/", headers={}, body=b"", now=clock.now())


async def test_what_is_not_there_is_not_found(world: World) -> None:
    for ask in (world.connector.query, world.connector.result):
        with pytest.raises(NotFound):
            await ask(case_number="nobody's", external_case_number="nobody's")
