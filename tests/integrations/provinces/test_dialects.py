"""The contract of every province with its own application, over real HTTP, in the words of its interface."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

import pytest

from backend.casework.catalogue.pilots import ConnectionMode
from backend.errors import Forbidden, Invalid, NotFound, Unavailable
from backend.keys import Keys
from backend.kit import clock
from backend.province_ports import (
    CaseToLodge,
    ProvinceConnector,
    ProvinceEventKind,
    ProvinceStage,
    Supplement,
    Withdrawal,
)
from backend.settings import Settings
from integrations.provinces import PROVINCES
from integrations.provinces.province import Province
from integrations.sandbox.people import demo_people
from integrations.transport import Transport
from tests.integrations.provinces.conftest import case_for
from tests.support.dialects import RESULT, SPEECHES, InterfaceProvince, province_pair
from tests.support.sandbox import just, served

OWN = [
    province
    for province in PROVINCES
    if province.mode is ConnectionMode.OWN_INTERFACE and province.connect is not None
]


@dataclass(frozen=True, slots=True)
class World:
    """A province, the other side, and our connector to it."""

    other: InterfaceProvince
    connector: ProvinceConnector

    @property
    def path(self) -> str:
        return f"/callbacks/provinces/{self.other.region}"


@pytest.fixture(scope="module", params=OWN, ids=lambda province: province.region)
def running(
    request: pytest.FixtureRequest, keys: Keys
) -> Iterator[tuple[Province, InterfaceProvince, Keys, str]]:
    province: Province = request.param
    other, known = province_pair(province.region)
    with served(just(other.app())) as url:
        changed = (
            replace(keys, zhejiang=known)
            if province.region == "33"
            else replace(keys, other_provinces={province.region: known})
        )
        yield province, other, changed, url


@pytest.fixture
async def world(running: tuple[Province, InterfaceProvince, Keys, str]) -> AsyncIterator[World]:
    province, other, known, url = running
    other.refuse, other.half, other.astray = False, False, None
    other.effects.clear()
    other.said.clear()
    assert province.connect is not None
    async with Transport(timeout=5.0) as transport:
        settings = Settings(zhejiang_url=url, province_urls=f"{province.region}={url}")
        yield World(other, province.connect(transport, settings, known))


@pytest.fixture
def case() -> CaseToLodge:
    return case_for(demo_people()[0])


def test_whoever_has_its_own_application_is_in_the_contract() -> None:
    assert {province.region for province in OWN} == set(SPEECHES)


async def test_a_case_is_lodged_once_completed_and_withdrawn(world: World, case: CaseToLodge) -> None:
    before = clock.now() - timedelta(seconds=1)
    receipt = await world.connector.lodge(case)
    again = await world.connector.lodge(case)
    assert receipt.external_case_number == again.external_case_number
    assert before <= receipt.received_at <= clock.now()
    assert case.applicant_name not in receipt.evidence
    more = Supplement(
        uuid4(), case.case_number, receipt.external_case_number, {"phone": "13900000000"}, case.materials
    )
    gone = Withdrawal(uuid4(), case.case_number, receipt.external_case_number, "不再需要")
    for done in (await world.connector.supplement(more), await world.connector.withdraw(gone)):
        assert done.external_case_number == receipt.external_case_number
    assert [held["operation"] for held in world.other.effects.values()] == ["lodge", "supplement", "withdraw"]
    assert world.other.said[-1][1][world.other.speech.names["reason"]] == "不再需要"


async def test_it_tells_how_far_a_case_is_and_gives_the_result_whole(world: World, case: CaseToLodge) -> None:
    receipt = await world.connector.lodge(case)
    asked = {"case_number": case.case_number, "external_case_number": receipt.external_case_number}
    progress = await world.connector.query(**asked)
    assert progress.stage is (ProvinceStage.ACCEPTED if world.other.speech.listed else ProvinceStage.REVIEW)
    assert abs(progress.since - clock.now()) < timedelta(seconds=5)
    found = await world.connector.result(**asked)
    assert (found.number, found.file_name, found.media_type, found.content) == (
        "决字1号",
        "决定书.pdf" if "file" in world.other.speech.names else "决字1号",
        "application/pdf",
        RESULT,
    )
    world.other.half = True
    with pytest.raises(Unavailable):
        await world.connector.result(**asked)
    with pytest.raises(NotFound):
        await world.connector.query(case_number=case.case_number, external_case_number="unknown")


async def test_a_refused_message_is_invalid_and_names_nobody(world: World, case: CaseToLodge) -> None:
    world.other.refuse = True
    with pytest.raises(Invalid) as refusal:
        await world.connector.lodge(case)
    assert world.other.speech.rejected[1] in refusal.value.message.zh
    assert case.applicant_name not in repr(refusal.value)


async def test_its_callbacks_become_our_kinds_and_forged_ones_nothing(world: World) -> None:
    for codes, kind in (
        (world.other.speech.accepted, ProvinceEventKind.ACCEPTED),
        (world.other.speech.approved, ProvinceEventKind.APPROVED),
        (world.other.speech.denied, ProvinceEventKind.REFUSED),
    ):
        body, headers = world.other.callback(
            world.path, "c-1", "x-1", codes, number="决字1号", data={"monthlyFen": 7}
        )
        event, nonce = world.connector.read_callback(
            method="POST", path=world.path, headers=headers, body=body, now=clock.now()
        )
        assert (event.kind, event.case_number, event.external_case_number) == (kind, "c-1", "x-1")
        assert (event.result, event.region, len(nonce)) == ({"monthlyFen": 7}, world.other.region, 32)
        assert abs(event.happened_at - clock.now()) < timedelta(seconds=5)
    with pytest.raises(Forbidden):
        world.connector.read_callback(
            method="POST", path=world.path, headers=headers, body=body + b" ", now=clock.now()
        )
    strange, heads = world.other.callback(world.path, "c-1", "x-1", ("99", "99"))
    with pytest.raises(Invalid):
        world.connector.read_callback(
            method="POST", path=world.path, headers=heads, body=strange, now=clock.now()
        )


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'"x"', b'{"encData": 7}', b'{"encData": "x"}'])
@pytest.mark.parametrize("refuse", [False, True])
async def test_what_is_signed_and_has_no_form_that_was_agreed_is_tried_again_or_refused(
    world: World, case: CaseToLodge, body: bytes, refuse: bool
) -> None:
    world.other.astray, world.other.refuse = body, refuse
    with pytest.raises(Unavailable):
        await world.connector.lodge(case)
    headers = world.other.signed(world.path, body)
    with pytest.raises(Invalid):
        world.connector.read_callback(
            method="POST", path=world.path, headers=headers, body=body, now=clock.now()
        )
