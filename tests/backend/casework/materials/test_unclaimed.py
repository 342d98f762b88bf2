"""No crash leaves a file behind: what no material points to is found and dropped."""

from dataclasses import replace
from uuid import UUID

import pytest

from backend.casework.machine import Casework
from backend.casework.materials import unclaimed
from backend.casework.materials.actions import upload_material
from backend.casework.materials.queries import material_contents
from backend.database.record import fetch, transaction
from backend.errors import Conflict, NotFound, ProblemCode, Text, Unavailable
from backend.kit import clock
from backend.ports import FileStore
from backend.viewer import Citizen
from tests.support import cases
from tests.support.people import bound, new_key
from tests.support.rows import count
from tests.support.sandbox import OutsideSandbox


class Fault(BaseException):
    """What a process that dies looks like from the inside: nothing in the house catches it."""


class FailingFiles:
    """A store in which one kind of call fails after it was done, or does not answer."""

    def __init__(self, store: FileStore) -> None:
        self.store = store
        self.dies_after_put = False
        self.away = False

    async def put(self, key: str, content: bytes) -> None:
        await self.store.put(key, content)
        if self.dies_after_put:
            raise Fault

    async def get(self, key: str) -> bytes:
        return await self.store.get(key)

    async def delete(self, key: str) -> None:
        if self.away:
            raise Unavailable(Text("存储无响应。", "The store does not answer."))
        await self.store.delete(key)


@pytest.fixture
def files(work: Casework) -> FailingFiles:
    return FailingFiles(work.resources.ports.files)


@pytest.fixture
def house(work: Casework, files: FailingFiles) -> Casework:
    return replace(work, resources=replace(work.resources, ports=replace(work.resources.ports, files=files)))


@pytest.fixture
async def citizen(house: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await bound(house.resources, outside_world)


@pytest.fixture
async def begun(citizen: Citizen, house: Casework) -> UUID:
    return await cases.draft(citizen, house)


async def upload(citizen: Citizen, work: Casework, application_id: UUID, shade: int) -> UUID:
    return await upload_material(
        citizen,
        work,
        application_id=application_id,
        code="card",
        file_name="卡.png",
        content=cases.picture(shade),
        idempotency_key=new_key(),
    )


async def noted() -> list[str]:
    return [row["file_key"] for row in await fetch("SELECT file_key FROM unclaimed_file ORDER BY id")]


async def is_gone(files: FailingFiles, key: str) -> bool:
    try:
        await files.get(key)
    except NotFound:
        return True
    return False


async def test_a_process_that_dies_after_storing_leaves_a_note_and_the_clock_drops_the_file(
    citizen: Citizen, house: Casework, files: FailingFiles, begun: UUID
) -> None:
    files.dies_after_put = True
    with pytest.raises(Fault):
        await upload(citizen, house, begun, 1)
    (key,) = await noted()
    assert (await count("material"), await is_gone(files, key)) == (0, False)

    # Somebody may still be at it: only after an hour nobody is.
    assert await unclaimed.drop_unclaimed(house) == 0
    assert await unclaimed.count_unclaimed() == 0.0
    with clock.shifted(unclaimed.GIVEN_UP_AFTER):
        assert await unclaimed.count_unclaimed() == 1.0
        assert await unclaimed.drop_unclaimed(house) == 1
        assert await unclaimed.drop_unclaimed(house) == 0
    assert (await is_gone(files, key), await noted()) == (True, [])


async def test_a_replaced_file_goes_even_if_the_store_was_away_when_it_should(
    citizen: Citizen, house: Casework, files: FailingFiles, begun: UUID
) -> None:
    await upload(citizen, house, begun, 1)
    (row,) = await fetch("SELECT file_key FROM material")
    files.away = True
    await upload(citizen, house, begun, 2)  # it was replaced all the same
    assert await noted() == [row["file_key"]]
    assert await unclaimed.drop_unclaimed(house) == 0
    files.away = False
    assert await unclaimed.drop_unclaimed(house) == 1
    assert (await is_gone(files, row["file_key"]), await noted()) == (True, [])
    (opened,) = await material_contents(house, begun)
    assert opened.content == cases.picture(2)


async def test_what_a_material_points_to_is_never_dropped(
    citizen: Citizen, house: Casework, files: FailingFiles, begun: UUID
) -> None:
    await upload(citizen, house, begun, 1)
    assert await noted() == []
    with clock.shifted(unclaimed.GIVEN_UP_AFTER * 2):
        assert await unclaimed.drop_unclaimed(house) == 0
    (opened,) = await material_contents(house, begun)
    assert opened.content == cases.picture(1)


async def test_whoever_comes_after_the_clock_gave_up_is_told_and_points_to_nothing(
    citizen: Citizen, house: Casework, files: FailingFiles, begun: UUID
) -> None:
    class Slow(FailingFiles):
        async def put(self, key: str, content: bytes) -> None:
            await self.store.put(key, content)
            with clock.shifted(unclaimed.GIVEN_UP_AFTER):
                assert await unclaimed.drop_unclaimed(house) == 1

    store = Slow(files)
    slow = replace(
        house, resources=replace(house.resources, ports=replace(house.resources.ports, files=store))
    )
    with pytest.raises(Conflict) as refusal:
        await upload(citizen, slow, begun, 1)
    assert refusal.value.code is ProblemCode.STALE_VERSION
    assert (await count("material"), await noted()) == (0, [])


async def test_two_claims_of_one_file_are_one(house: Casework) -> None:
    await unclaimed.expect("materials/x/y")
    async with transaction() as tx:
        assert await unclaimed.claim(tx, "materials/x/y")
        assert not await unclaimed.claim(tx, "materials/x/y")
