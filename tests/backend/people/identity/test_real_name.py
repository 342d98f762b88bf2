"""Binding a real name, and what is shown of it."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from backend.database.record import fetch
from backend.errors import Conflict, Invalid, NotFound, ProblemCode, TooMany, Unavailable
from backend.kit import clock, resident_id
from backend.kit.documents import DocumentKind
from backend.kit.ids import new_id
from backend.kit.resident_id import Reason, Sex
from backend.people.identity.actions import MISMATCH, bind_real_name
from backend.people.identity.claims import BAD_RESIDENT_ID, WHY_BAD
from backend.people.identity.models import AssuranceMethod, ConfirmedBy
from backend.people.identity.queries import MaskedPerson, assurance_of, facts_of, me
from backend.resources import Resources
from backend.viewer import AssuranceLevel
from tests.support.people import bound, new_human, new_key, signed_in, typed
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox

_SOUND = resident_id.make("330521", date(1943, 5, 12), 1)
MISTYPED = _SOUND[:17] + ("0" if _SOUND[17] != "0" else "1")


@pytest.fixture
def registry_trouble(outside_world: OutsideSandbox) -> Iterator[OutsideSandbox]:
    yield outside_world
    outside_world.scenario("registry")


async def test_a_real_name_is_bound_sealed_and_shown_masked(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    human = new_human(outside_world)
    person_id = await bind_real_name(
        citizen, resources, typed(human.name, human.resident_id), idempotency_key=new_key()
    )
    shown = await me(citizen, resources)
    masked = f"330***********{human.resident_id[-4:]}"
    assert shown.person == MaskedPerson(
        person_id, "沈**", masked, "330521", DocumentKind.RESIDENT_ID, None, ConfirmedBy.REGISTRY
    )
    assert (shown.assurance.level, shown.assurance.method, shown.assurance.expires_at) == (
        AssuranceLevel.REAL_NAME,
        AssuranceMethod.REAL_NAME,
        None,
    )
    facts = await facts_of(person_id, resources)
    assert (facts.name, facts.resident_id, facts.birth_date, facts.household_division) == (
        human.name,
        human.resident_id,
        date(1943, 5, 12),
        "330521",
    )
    assert facts.sex is (Sex.MALE if int(human.resident_id[16]) % 2 else Sex.FEMALE)
    assert await told(f"account:{citizen.account_id}") == ["signed_in", "real_name_bound"]
    assert await told(f"person:{person_id}") == ["real_name_bound"]


async def test_name_and_number_rest_nowhere_in_the_open(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    await bound(resources, outside_world, human)
    for table in (
        "person",
        "identity_document",
        "account",
        "session",
        "assurance_record",
        "audit_entry",
        "idempotency_record",
    ):
        rows = await fetch(f"SELECT * FROM {table}")  # noqa: S608 - the names above
        assert rows
        assert human.name not in repr(rows)
        assert human.resident_id not in repr(rows)


async def test_before_a_name_is_bound_one_is_signed_in_and_no_more(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, tokens = await signed_in(resources, outside_world)
    shown = await me(citizen, resources)
    assert shown.person is None
    assert list(shown.consents) == []
    assert (shown.assurance.level, shown.assurance.method) == (
        AssuranceLevel.SIGNED_IN,
        AssuranceMethod.SIGN_IN,
    )
    assert shown.assurance.expires_at == tokens.refresh_expires_at


async def test_a_number_that_cannot_be_one_says_why(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    for number, kind, reason in (
        ("33052119430512", DocumentKind.RESIDENT_ID, Reason.SHAPE),
        (MISTYPED, None, Reason.CHECKSUM),
        (resident_id.make("330521", date(2199, 1, 1), 1), None, Reason.BIRTH_DATE),
        (resident_id.make("810000", date(1943, 5, 12), 1), DocumentKind.RESIDENT_ID, Reason.DIVISION),
    ):
        why = WHY_BAD[kind, reason]
        with pytest.raises(Invalid) as refusal:
            await bind_real_name(citizen, resources, typed("沈阿福", number), idempotency_key=new_key())
        assert (refusal.value.code, refusal.value.message) == (
            ProblemCode.INVALID_RESIDENT_ID,
            BAD_RESIDENT_ID,
        )
        assert [(wrong.path, wrong.message) for wrong in refusal.value.fields] == [
            (("input", "residentId"), why)
        ]
    assert await count("person") == 0


async def test_a_name_that_cannot_be_one_is_refused(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    number = new_human(outside_world).resident_id
    for name in ("", "沈", "沈1福", "沈\x00福", "沈" * 61):
        with pytest.raises(Invalid) as refusal:
            await bind_real_name(citizen, resources, typed(name, number), idempotency_key=new_key())
        assert refusal.value.code is ProblemCode.INVALID_INPUT
        assert [wrong.path for wrong in refusal.value.fields] == [("input", "name")]


async def test_names_and_numbers_may_be_typed_as_people_type_them(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    outside_world.load_person(name="阿依·古丽", resident_id=human.resident_id, division="330521")
    citizen, _ = await signed_in(resources, outside_world)
    spaced = f"{human.resident_id[:6]} {human.resident_id[6:14]} {human.resident_id[14:].lower()}"
    person_id = await bind_real_name(
        citizen, resources, typed(" 阿依•古丽 ", spaced), idempotency_key=new_key()
    )
    assert (await facts_of(person_id, resources)).name == "阿依·古丽"


async def test_a_wrong_name_and_an_unknown_number_are_told_in_the_same_words(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    unknown = resident_id.make("110101", date(1950, 1, 1), 7)
    for number in (new_human(outside_world).resident_id, unknown):
        with pytest.raises(Invalid) as refusal:
            await bind_real_name(citizen, resources, typed("王小明", number), idempotency_key=new_key())
        assert (refusal.value.code, refusal.value.message, refusal.value.fields) == (
            ProblemCode.IDENTITY_MISMATCH,
            MISMATCH,
            (),
        )
    assert await count("person") == 0
    assert await told(f"account:{citizen.account_id}") == ["signed_in"] + 2 * ["real_name_refused"]


async def test_an_account_has_five_tries_an_hour(resources: Resources, outside_world: OutsideSandbox) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    numbers = [resident_id.make("110101", date(1950, 1, 1), serial) for serial in range(6)]
    for number in numbers[:5]:
        with pytest.raises(Invalid):
            await bind_real_name(citizen, resources, typed("王小明", number), idempotency_key=new_key())
    with pytest.raises(TooMany):
        await bind_real_name(citizen, resources, typed("王小明", numbers[5]), idempotency_key=new_key())


async def test_binding_again_answers_the_same_and_asks_nobody(
    resources: Resources, registry_trouble: OutsideSandbox
) -> None:
    human = new_human(registry_trouble)
    citizen = await bound(resources, registry_trouble, human)
    registry_trouble.scenario("registry", "down")
    again = await bind_real_name(
        citizen, resources, typed(human.name, human.resident_id), idempotency_key=new_key()
    )
    assert again == citizen.person_id
    assert await count("assurance_record") == 1


async def test_an_account_is_one_persons(resources: Resources, outside_world: OutsideSandbox) -> None:
    citizen = await bound(resources, outside_world)
    other = new_human(outside_world)
    with pytest.raises(Conflict) as refusal:
        await bind_real_name(
            citizen, resources, typed(other.name, other.resident_id), idempotency_key=new_key()
        )
    assert refusal.value.code is ProblemCode.ALREADY_DONE
    assert await count("person") == 1


async def test_a_person_may_have_several_accounts_also_bound_at_once(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    citizens = await asyncio.gather(*(bound(resources, outside_world, human) for _ in range(3)))
    assert len({citizen.account_id for citizen in citizens}) == 3
    assert len({citizen.subject_id for citizen in citizens}) == 1
    # The one that came first shows the person; the others wait until the person is proven in them.
    assert len([citizen for citizen in citizens if citizen.person_id is not None]) == 1
    assert await count("person") == 1


async def test_one_account_bound_to_two_people_at_once_gets_one(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    answers = await asyncio.gather(
        *(
            bind_real_name(
                citizen, resources, typed(human.name, human.resident_id), idempotency_key=new_key()
            )
            for human in (new_human(outside_world), new_human(outside_world))
        ),
        return_exceptions=True,
    )
    refused = [answer.code for answer in answers if isinstance(answer, Conflict)]
    assert refused == [ProblemCode.ALREADY_DONE]
    assert await count("person") == 1
    assert await count("assurance_record") == 1


async def test_nothing_is_bound_while_the_registry_is_down(
    resources: Resources, registry_trouble: OutsideSandbox
) -> None:
    citizen, _ = await signed_in(resources, registry_trouble)
    human = new_human(registry_trouble)
    registry_trouble.scenario("registry", "down")
    with pytest.raises(Unavailable):
        await bind_real_name(
            citizen, resources, typed(human.name, human.resident_id), idempotency_key=new_key()
        )
    assert await count("person") == 0


async def test_a_change_of_name_in_the_registry_is_taken_over(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    first = await bound(resources, outside_world, human)
    outside_world.load_person(name="沈文远", resident_id=human.resident_id, division="330102")
    second = await bound(resources, outside_world, replace(human, name="沈文远"))
    assert first.person_id == second.claimed_id
    assert first.person_id is not None
    facts = await facts_of(first.person_id, resources)
    assert (facts.name, facts.household_division) == ("沈文远", "330102")


async def test_a_person_who_is_not_there_is_not_found(resources: Resources) -> None:
    with pytest.raises(NotFound):
        await facts_of(new_id(), resources)
    assert await assurance_of(new_id()) is None


async def test_a_real_name_does_not_run_out(resources: Resources, outside_world: OutsideSandbox) -> None:
    citizen = await bound(resources, outside_world)
    assert citizen.person_id is not None
    with clock.shifted(timedelta(days=3650)):
        proven = await assurance_of(citizen.person_id, session_id=citizen.session_id)
    assert proven is not None
    assert proven.level is AssuranceLevel.REAL_NAME
