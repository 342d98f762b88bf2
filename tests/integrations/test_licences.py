from collections.abc import AsyncIterator, Iterator
from datetime import date
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from backend.errors import Unavailable
from backend.keys import Keys
from backend.ports import ELicence, ELicences
from integrations.licences import HttpELicences
from integrations.transport import Transport
from tests.support.cases import picture
from tests.support.sandbox import OutsideSandbox

PURPOSE = "000511306000"


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.scenario("licences")


@pytest.fixture
def number() -> str:
    return f"N{uuid4().hex[:17]}".upper()


@pytest.fixture
async def store(outside_world: OutsideSandbox, keys: Keys) -> AsyncIterator[ELicences]:
    assert keys.licences_key is not None
    async with Transport(timeout=2.0) as transport:
        yield HttpELicences(transport, base_url=outside_world.settings["licences_url"], key=keys.licences_key)


async def find(store: ELicences, number: str, **changes: str) -> ELicence | None:
    asked = {"kind": "DISABILITY_CERTIFICATE", "name": "沈阿福", "number": number, "purpose": PURPOSE}
    return await store.find(**{**asked, **changes})


async def test_a_licence_comes_with_its_document_and_the_use_is_written_down(
    store: ELicences, outside_world: OutsideSandbox, number: str
) -> None:
    outside_world.issue_licence(
        kind="DISABILITY_CERTIFICATE",
        name="沈阿福",
        number=number,
        content=picture(7),
        validUntil="2030-12-31",
    )
    assert await find(store, number) == ELicence(
        number=f"L-{number[-4:]}",
        issuer="金民沙箱发证机关",
        issued_on=date(2020, 1, 1),
        valid_until=date(2030, 12, 31),
        media_type="image/png",
        content=picture(7),
    )
    assert outside_world.licence_uses(number) == [["DISABILITY_CERTIFICATE", PURPOSE]]


@pytest.mark.parametrize("changes", [{"kind": "MARRIAGE_CERTIFICATE"}, {"name": "沈阿寿"}])
async def test_of_another_kind_name_or_number_there_is_none(
    store: ELicences, outside_world: OutsideSandbox, number: str, changes: dict[str, str]
) -> None:
    outside_world.issue_licence(
        kind="DISABILITY_CERTIFICATE", name="沈阿福", number=number, content=picture()
    )
    assert await find(store, number, **changes) is None
    assert await find(store, number[::-1]) is None


async def test_a_licence_that_has_run_out_is_none(
    store: ELicences, outside_world: OutsideSandbox, number: str
) -> None:
    outside_world.issue_licence(
        kind="DISABILITY_CERTIFICATE",
        name="沈阿福",
        number=number,
        content=picture(),
        validUntil="2020-12-31",
    )
    assert await find(store, number) is None


@pytest.mark.parametrize("mode", ["down", "busy", "garbage"])
async def test_a_store_that_does_not_work_is_unavailable(
    store: ELicences, outside_world: OutsideSandbox, number: str, mode: str
) -> None:
    outside_world.scenario("licences", mode)
    with pytest.raises(Unavailable):
        await find(store, number)


async def test_a_slow_store_is_unavailable(outside_world: OutsideSandbox, keys: Keys, number: str) -> None:
    assert keys.licences_key is not None
    outside_world.scenario("licences", "slow", slow=0.5)
    async with Transport(timeout=0.1) as hurried:
        store = HttpELicences(hurried, base_url=outside_world.settings["licences_url"], key=keys.licences_key)
        with pytest.raises(Unavailable):
            await find(store, number)


async def test_a_wrong_key_opens_nothing(outside_world: OutsideSandbox, number: str) -> None:
    async with Transport(timeout=2.0) as transport:
        store = HttpELicences(transport, base_url=outside_world.settings["licences_url"], key="wrong")
        with pytest.raises(Unavailable):
            await find(store, number)
    assert outside_world.licence_uses(number) == []


async def test_a_person_stays_out_of_the_log(
    store: ELicences, number: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with capture_logs() as logs:
        await find(store, number)
    said = f"{logs} {caplog.text}"
    assert number not in said
    assert "沈阿福" not in said


OURS = ELicence(
    number="7KXAMDRBRXZP66K9JX6G5HG9",
    issuer="德清县民政局",
    issued_on=date(2026, 11, 25),
    valid_until=None,
    media_type="application/pdf",
    content=b"%PDF-1.7 sealed",
)


async def test_a_licence_of_ours_is_found_until_it_is_withdrawn(store: ELicences, number: str) -> None:
    kind = "DISABILITY_CERTIFICATE"
    for _ in range(2):
        await store.register(kind=kind, name="沈阿福", number=number, licence=OURS)
    assert await find(store, number) == OURS
    await store.withdraw(kind=kind, number=number, licence_number="another")
    assert await find(store, number) == OURS
    for _ in range(2):
        await store.withdraw(kind=kind, number=number, licence_number=OURS.number)
    assert await find(store, number) is None


async def test_while_the_store_fails_ours_are_not_taken_for_told(
    store: ELicences, outside_world: OutsideSandbox, number: str
) -> None:
    outside_world.scenario("licences", mode="down")
    with pytest.raises(Unavailable):
        await store.register(kind="DISABILITY_CERTIFICATE", name="沈阿福", number=number, licence=OURS)
    with pytest.raises(Unavailable):
        await store.withdraw(kind="DISABILITY_CERTIFICATE", number=number, licence_number="x")
