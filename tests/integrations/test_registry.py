from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from structlog.testing import capture_logs

from backend.errors import Unavailable
from backend.keys import Keys, SandboxKeys
from backend.kit import clock, resident_id
from backend.kit.documents import Document, DocumentKind, parse
from backend.kit.resident_id import Sex
from backend.ports import PopulationRegistry, RegistryAnswer, RegistryRecord
from integrations.registry import HttpPopulationRegistry
from integrations.sandbox.people import demo_people
from integrations.transport import Transport
from tests.support.sandbox import OutsideSandbox, outside_sandbox

SOMEBODY = demo_people()[0]
NOBODY = resident_id.make("330521", date(1950, 1, 1), 1)


def card(number: str) -> Document:
    return parse(DocumentKind.RESIDENT_ID, number, clock.today())


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.scenario("registry")


@pytest.fixture
async def registry(outside_world: OutsideSandbox, keys: Keys) -> AsyncIterator[PopulationRegistry]:
    async with Transport(timeout=2.0) as transport:
        yield HttpPopulationRegistry(transport, base_url=outside_world.registry_url, key=keys.registry_key)


async def test_name_and_number_of_one_person_match(registry: PopulationRegistry) -> None:
    record = await registry.check(name=SOMEBODY.name, document=card(SOMEBODY.resident_id))

    assert record == RegistryRecord(RegistryAnswer.MATCH, "330521")


async def test_another_name_is_a_mismatch_that_tells_nothing(registry: PopulationRegistry) -> None:
    record = await registry.check(name=demo_people()[1].name, document=card(SOMEBODY.resident_id))

    assert record == RegistryRecord(RegistryAnswer.MISMATCH, None)


async def test_a_number_nobody_has_is_unknown(registry: PopulationRegistry) -> None:
    assert await registry.check(name=SOMEBODY.name, document=card(NOBODY)) == RegistryRecord(
        RegistryAnswer.UNKNOWN
    )


async def test_every_kind_of_document_is_asked_about_in_its_own_terms(
    registry: PopulationRegistry, outside_world: OutsideSandbox
) -> None:
    born = date(1980, 1, 31)
    passport = parse(DocumentKind.PASSPORT, "R12345678", clock.today(), country="USA", birth_date=born)
    told = {"kind": "PASSPORT", "number": passport.number, "birthDate": "1980-01-31", "sex": "2"}
    outside_world.load_document(
        **told,
        country="USA",
        name="ANNA SMITH",
        expiresOn="2036-05-31",
        formerNumbers=["R00000001"],
    )
    assert await registry.check(name="Anna Smith", document=passport) == RegistryRecord(
        RegistryAnswer.MATCH, None, born, Sex.FEMALE, date(2036, 5, 31), ("R00000001",)
    )
    for changes, answer in (
        ({"country": "CAN"}, RegistryAnswer.UNKNOWN),
        ({"birth_date": date(1980, 1, 30)}, RegistryAnswer.MISMATCH),
    ):
        asked = replace(passport, **changes)
        assert await registry.check(name="ANNA SMITH", document=asked) == RegistryRecord(answer)


async def test_a_document_that_is_no_longer_valid_is_told_apart_from_a_wrong_one(
    registry: PopulationRegistry, outside_world: OutsideSandbox
) -> None:
    number = resident_id.make("810000", date(1990, 1, 1), 9)
    permit = parse(DocumentKind.HK_MACAO_RESIDENCE_PERMIT, number, clock.today())
    outside_world.load_document(kind=permit.kind, number=number, name="陈大文", expiresOn="2020-01-01")
    assert await registry.check(name="陈大文", document=permit) == RegistryRecord(RegistryAnswer.EXPIRED)
    assert await registry.check(name="陈小文", document=permit) == RegistryRecord(RegistryAnswer.MISMATCH)


async def test_the_portrait_comes_back_as_it_was_loaded(
    registry: PopulationRegistry, outside_world: OutsideSandbox
) -> None:
    number = resident_id.make("330114", date(1941, 4, 1), 7)
    picture = bytes(range(256)) * 4096
    outside_world.load_person(
        name="钱阿婆", resident_id=number, division="330114", portrait=b64encode(picture).decode()
    )

    assert await registry.reference_portrait(name="钱阿婆", document=card(number)) == picture
    assert await registry.reference_portrait(name="钱阿公", document=card(number)) is None


async def test_somebody_without_a_portrait_has_none(registry: PopulationRegistry) -> None:
    portrait = await registry.reference_portrait(name=SOMEBODY.name, document=card(SOMEBODY.resident_id))

    assert portrait is None


@pytest.mark.parametrize("mode", ["down", "busy", "garbage"])
async def test_a_registry_that_does_not_work_is_unavailable(
    registry: PopulationRegistry, outside_world: OutsideSandbox, mode: str
) -> None:
    outside_world.scenario("registry", mode)

    with pytest.raises(Unavailable):
        await registry.check(name=SOMEBODY.name, document=card(SOMEBODY.resident_id))


async def test_a_slow_registry_is_unavailable(outside_world: OutsideSandbox, keys: Keys) -> None:
    outside_world.scenario("registry", "slow", slow=0.5)

    async with Transport(timeout=0.1) as hurried:
        registry = HttpPopulationRegistry(hurried, base_url=outside_world.registry_url, key=keys.registry_key)
        with pytest.raises(Unavailable):
            await registry.check(name=SOMEBODY.name, document=card(SOMEBODY.resident_id))


async def test_a_wrong_key_opens_nothing(outside_world: OutsideSandbox) -> None:
    async with Transport(timeout=2.0) as transport:
        registry = HttpPopulationRegistry(transport, base_url=outside_world.registry_url, key="wrong")
        with pytest.raises(Unavailable):
            await registry.check(name=SOMEBODY.name, document=card(SOMEBODY.resident_id))


async def test_a_person_stays_out_of_the_log(
    registry: PopulationRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with capture_logs() as logs:
        await registry.check(name=SOMEBODY.name, document=card(SOMEBODY.resident_id))

    said = f"{logs} {caplog.text}"
    assert SOMEBODY.name not in said
    assert SOMEBODY.resident_id not in said


async def test_who_was_loaded_is_still_known_after_a_restart(
    keys: Keys, sandbox_keys: SandboxKeys, new_database: Callable[[], str]
) -> None:
    database_url = new_database()
    with outside_sandbox(sandbox_keys, database_url=database_url) as sandbox:
        sandbox.load_person(name="周来", resident_id=NOBODY, division="330521")

    with outside_sandbox(sandbox_keys, database_url=database_url) as sandbox:
        async with Transport(timeout=2.0) as transport:
            registry = HttpPopulationRegistry(transport, base_url=sandbox.registry_url, key=keys.registry_key)
            record = await registry.check(name="周来", document=card(NOBODY))

    assert record == RegistryRecord(RegistryAnswer.MATCH, "330521")
