"""One person through all their documents and accounts."""

from dataclasses import replace
from datetime import date

import pytest

from backend.database.record import fetch
from backend.errors import Invalid, ProblemCode
from backend.kit import resident_id
from backend.kit.documents import DocumentKind
from backend.kit.resident_id import Sex
from backend.people.accounts.queries import devices
from backend.people.identity.actions import bind_real_name
from backend.people.identity.claims import Told
from backend.people.identity.queries import facts_of, me
from backend.resources import Resources
from backend.viewer import Citizen
from tests.support.people import (
    Human,
    bound,
    new_human,
    new_key,
    proven,
    seen_again,
    signed_in,
    typed,
)
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox

PASSPORT = Told(
    name="ANNA SMITH",
    number="C12345678",
    kind=DocumentKind.PASSPORT,
    country="USA",
    birth_date=date(1980, 1, 31),
)


def load(world: OutsideSandbox, told: Told, **more: object) -> None:
    """Let the registry know the document."""
    world.load_document(
        name=told.name,
        kind=told.kind,
        number=told.number,
        **({"country": told.country} if told.country else {}),
        **({"birthDate": told.birth_date.isoformat()} if told.birth_date else {}),
        **more,
    )


async def bind(citizen: Citizen, resources: Resources, told: Told) -> Citizen:
    person_id = await bind_real_name(citizen, resources, told, idempotency_key=new_key())
    return await seen_again(citizen, person_id)


def renumbered(world: OutsideSandbox, human: Human) -> Human:
    """The same person with a new number, as the registry knows them from now on."""
    number = resident_id.make("330102", date(1943, 5, 21), 777 + int(human.resident_id[-4:-1]) % 200)
    world.load_document(
        name=human.name,
        number=number,
        householdDivision="330102",
        formerNumbers=[human.resident_id],
    )
    return replace(human, resident_id=number)


# --- several documents -------------------------------------------------------------------------------


async def test_a_new_number_is_added_to_the_person_and_the_old_one_still_finds_them(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    old = new_human(outside_world)
    citizen = await bound(resources, outside_world, old)
    new = renumbered(outside_world, old)
    again = await bind(citizen, resources, typed(new.name, new.resident_id))
    assert again.person_id == citizen.person_id
    assert again.person_id is not None
    facts = await facts_of(again.person_id, resources)
    assert (facts.resident_id, facts.birth_date, facts.household_division) == (
        new.resident_id,
        date(1943, 5, 21),
        "330102",
    )
    rows = await fetch("SELECT main, ended_at IS NULL AS living FROM identity_document ORDER BY id")
    assert [(row["main"], row["living"]) for row in rows] == [(False, False), (True, True)]
    assert (await told(f"person:{again.person_id}"))[1:] == ["number_changed"]
    assert await count("person") == 1


async def test_somebody_who_comes_with_a_new_number_first_is_still_the_same_person(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    old = new_human(outside_world)
    first = await bound(resources, outside_world, old)
    second = await bound(resources, outside_world, renumbered(outside_world, old))
    assert second.claimed_id == first.person_id
    assert await count("person") == 1


async def test_two_persons_whom_the_registry_calls_one_are_told_to_people_and_not_merged_by_a_machine(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    old = new_human(outside_world)
    first = await bound(resources, outside_world, old)
    number = resident_id.make("330102", date(1943, 5, 21), 555)
    outside_world.load_person(name=old.name, resident_id=number, division="330102")
    second = await bound(resources, outside_world, Human(old.name, number))
    assert second.person_id != first.person_id
    outside_world.load_document(name="沈阿寿", number=number, formerNumbers=[old.resident_id])
    await bind(second, resources, typed("沈阿寿", number))
    assert resources.tally.of("one_person_twice") == 1
    for person_id in (first.person_id, second.person_id):
        assert "registry_says_one_person" in await told(f"person:{person_id}")
    assert await count("person") == 2


async def test_a_new_name_is_taken_in_the_same_account_and_the_old_one_is_kept_sealed(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    citizen = await bound(resources, outside_world, human)
    outside_world.load_person(name="沈文远", resident_id=human.resident_id, division="330521")
    again = await bind(citizen, resources, typed("沈文远", human.resident_id))
    assert again.person_id == citizen.person_id
    assert again.person_id is not None
    assert (await facts_of(again.person_id, resources)).name == "沈文远"
    assert (await told(f"person:{again.person_id}"))[1:] == ["name_changed"]
    rows = await fetch("SELECT main, ended_at IS NULL AS living FROM identity_document ORDER BY id")
    assert [(row["main"], row["living"]) for row in rows] == [(False, False), (True, True)]


async def test_a_foreigner_goes_from_a_passport_to_a_permanent_residence_card_with_a_new_account(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    load(outside_world, PASSPORT, sex="2", expiresOn="2030-06-30")
    citizen, _ = await signed_in(resources, outside_world)
    citizen = await bind(citizen, resources, PASSPORT)
    assert citizen.person_id is not None
    facts = await facts_of(citizen.person_id, resources)
    assert (facts.document_kind, facts.birth_date, facts.sex, facts.household_division) == (
        DocumentKind.PASSPORT,
        date(1980, 1, 31),
        Sex.FEMALE,
        None,
    )
    shown = (await me(citizen, resources)).person
    assert shown is not None
    assert (shown.name, shown.resident_id, shown.expires_on) == ("A*********", "C******78", date(2030, 6, 30))


async def test_a_renewed_passport_keeps_the_person(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    load(outside_world, PASSPORT)
    citizen, _ = await signed_in(resources, outside_world)
    citizen = await bind(citizen, resources, PASSPORT)
    renewed = replace(PASSPORT, number="C87654321")
    load(outside_world, renewed, formerNumbers=[PASSPORT.number])
    assert (await bind(citizen, resources, renewed)).person_id == citizen.person_id


async def test_an_old_card_and_its_new_number_are_one_person_and_what_is_unknown_stays_unknown(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    kind = DocumentKind.PERMANENT_RESIDENCE_CARD
    old = Told(name="ANNA SMITH", number="USA110080013101", kind=kind)
    load(outside_world, old)
    citizen, _ = await signed_in(resources, outside_world)
    citizen = await bind(citizen, resources, old)
    assert citizen.person_id is not None
    assert (await facts_of(citizen.person_id, resources)).sex is Sex.UNKNOWN
    new = replace(old, number=resident_id.make("931840", date(1980, 1, 31), 2))
    load(outside_world, new, formerNumbers=[old.number])
    assert (await bind(citizen, resources, new)).person_id == citizen.person_id
    assert (await facts_of(citizen.person_id, resources)).sex is Sex.FEMALE


async def test_the_same_number_of_two_countries_is_two_people(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    canadian = replace(PASSPORT, country="CAN", name="JEAN ROY")
    people = set()
    for told_of in (PASSPORT, canadian):
        load(outside_world, told_of)
        citizen, _ = await signed_in(resources, outside_world)
        people.add((await bind(citizen, resources, told_of)).person_id)
    assert len(people) == 2


async def test_a_document_that_has_expired_is_told_and_counted(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    load(outside_world, PASSPORT, expiresOn="2020-01-01")
    citizen, _ = await signed_in(resources, outside_world)
    with pytest.raises(Invalid) as refusal:
        await bind(citizen, resources, PASSPORT)
    assert refusal.value.code is ProblemCode.DOCUMENT_EXPIRED
    assert resources.tally.of("real_name_refused") == 1
    assert await count("person") == 0


@pytest.mark.parametrize(
    ("spoiled", "path"),
    [
        ({"country": None}, ("input", "document", "country")),
        ({"birth_date": None}, ("input", "document", "birthDate")),
        ({"number": "?"}, ("input", "document", "number")),
    ],
)
async def test_what_is_wrong_with_a_document_is_named(
    resources: Resources, outside_world: OutsideSandbox, spoiled: dict[str, str | None], path: tuple[str, ...]
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    with pytest.raises(Invalid) as refusal:
        await bind(citizen, resources, replace(PASSPORT, **spoiled))  # type: ignore[arg-type]
    assert refusal.value.code is ProblemCode.INVALID_DOCUMENT
    assert [wrong.path for wrong in refusal.value.fields] == [path]


# --- several accounts: an ID that belongs to somebody else -----------------------------------------------


async def test_a_second_account_sees_nothing_of_the_person_until_they_are_proven_in_it(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    owner = await bound(resources, outside_world, human)
    stranger = await bound(resources, outside_world, human)
    assert (stranger.person_id, stranger.claimed_id) == (None, owner.person_id)
    shown = await me(stranger, resources)
    assert shown.held
    assert shown.person is not None
    assert (shown.person.household_division, shown.person.expires_on) == (None, None)
    assert {device.id for device in await devices(stranger)} == {stranger.session_id}
    assert await told(f"account:{stranger.account_id}") == ["signed_in", "real_name_held"]
    assert (await told(f"person:{owner.person_id}"))[-1] == "real_name_held"


async def test_who_is_proven_owns_the_person_and_an_account_that_never_was_is_held(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    stranger = await bound(resources, outside_world, human)
    assert stranger.person_id is not None
    owner = await bound(resources, outside_world, human)
    await proven(owner)
    owner, stranger = [await seen_again(one, stranger.person_id) for one in (owner, stranger)]
    assert (owner.person_id, owner.claimed_id) == (stranger.claimed_id, None)
    assert stranger.person_id is None
    assert (await me(stranger, resources)).held
    assert {device.id for device in await devices(owner)} == {owner.session_id}


async def test_two_accounts_that_were_both_proven_are_both_the_persons(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    phone = await bound(resources, outside_world, human)
    assert phone.person_id is not None
    await proven(phone)
    tablet = await bound(resources, outside_world, human)
    await proven(tablet)
    for one in (phone, tablet):
        assert (await seen_again(one, phone.person_id)).person_id == phone.person_id
    assert {device.id for device in await devices(phone)} == {phone.session_id, tablet.session_id}


async def test_a_proof_for_somebody_elses_account_is_impossible(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    other = await bound(resources, outside_world)
    await proven(citizen)
    assert (await me(other, resources)).assurance.level.name == "REAL_NAME"
