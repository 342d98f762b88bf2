"""Consenting and taking it back."""

import asyncio
from datetime import date, timedelta
from hashlib import sha256

import pytest
from tortoise.exceptions import IntegrityError

from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, ProblemCode, StepUpNeeded
from backend.kit import clock
from backend.people.identity.consents import give_consent, withdraw_consent
from backend.people.identity.faces import request_face_challenge
from backend.people.identity.models import Consent, ConsentKind
from backend.people.identity.queries import consents_of, consents_once, has_consented
from backend.people.identity.texts import TEXTS, ConsentText, current_text
from backend.resources import Resources
from backend.viewer import Citizen
from tests.support.people import bound, new_human, new_key, signed_in
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox

FACE = ConsentKind.FACE_VERIFICATION
VERSION = current_text(FACE).version


async def give(
    citizen: Citizen, resources: Resources, *, key: str | None = None, version: str = VERSION
) -> None:
    await give_consent(citizen, resources, kind=FACE, version=version, idempotency_key=key or new_key())


async def withdraw(citizen: Citizen, resources: Resources, *, key: str | None = None) -> None:
    await withdraw_consent(citizen, resources, kind=FACE, idempotency_key=key or new_key())


async def test_a_consent_stands_until_it_is_withdrawn(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    assert citizen.person_id is not None
    assert not await has_consented(citizen, citizen.person_id, FACE)
    await give(citizen, resources)
    standing = await consents_of(citizen, citizen.person_id)
    assert [(consent.kind, consent.version, consent.current) for consent in standing] == [
        (FACE, VERSION, True)
    ]
    assert await has_consented(citizen, citizen.person_id, FACE)
    await withdraw(citizen, resources)
    assert await consents_of(citizen, citizen.person_id) == []
    assert not await has_consented(citizen, citizen.person_id, FACE)
    assert await count("consent") == 1
    assert await told(f"person:{citizen.person_id}") == [
        "real_name_bound",
        "consent_given",
        "consent_withdrawn",
    ]


async def test_consenting_twice_is_consenting_once(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    await asyncio.gather(*(give(citizen, resources) for _ in range(3)))
    assert await count("consent") == 1
    assert (await told(f"person:{citizen.person_id}")).count("consent_given") == 1


async def test_a_late_repeat_does_not_bring_a_withdrawn_consent_back(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    assert citizen.person_id is not None
    key = new_key()
    await give(citizen, resources, key=key)
    await withdraw(citizen, resources)
    await give(citizen, resources, key=key)
    assert not await has_consented(citizen, citizen.person_id, FACE)


async def test_a_late_repeat_does_not_withdraw_a_new_consent(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    assert citizen.person_id is not None
    key = new_key()
    await withdraw(citizen, resources, key=key)
    await give(citizen, resources)
    await withdraw(citizen, resources, key=key)
    assert await has_consented(citizen, citizen.person_id, FACE)


async def test_only_the_text_in_force_can_be_consented_to(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    with pytest.raises(Conflict) as refusal:
        await give(citizen, resources, version="2020-01")
    assert refusal.value.code is ProblemCode.STALE_VERSION
    assert await count("consent") == 0


async def test_a_consent_to_an_older_text_no_longer_counts_and_is_followed_by_the_new_one(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    assert citizen.person_id is not None
    await give(citizen, resources)
    await fetch("UPDATE consent SET version = '2020-01' RETURNING id")
    assert [consent.current for consent in await consents_of(citizen, citizen.person_id)] == [False]
    assert not await has_consented(citizen, citizen.person_id, FACE)
    await give(citizen, resources)
    assert [consent.version for consent in await consents_of(citizen, citizen.person_id)] == [VERSION]
    assert await count("consent") == 2


async def test_a_child_does_not_consent_alone(resources: Resources, outside_world: OutsideSandbox) -> None:
    child = new_human(outside_world, born=clock.today() - timedelta(days=13 * 365))
    citizen = await bound(resources, outside_world, child)
    with pytest.raises(Forbidden) as refusal:
        await give(citizen, resources)
    assert refusal.value.code is ProblemCode.FORBIDDEN
    assert "监护人" in refusal.value.message.zh
    assert await count("consent") == 0


async def test_from_the_fourteenth_birthday_one_consents_for_oneself(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    today = clock.today()
    born = date(today.year - 14, today.month, min(today.day, 28))
    citizen = await bound(resources, outside_world, new_human(outside_world, born=born))
    await give(citizen, resources)
    assert await count("consent") == 1


async def test_without_a_real_name_there_is_nobody_to_consent(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    with pytest.raises(StepUpNeeded):
        await give(citizen, resources)
    with pytest.raises(StepUpNeeded):
        await withdraw(citizen, resources)


VERSIONS = {
    "CHILD_DATA 2026-11": "bd5856a826a516c9",
    "FACE_TEMPLATE 2026-11": "93bfd3b12e580787",
    "FACE_VERIFICATION 2026-11": "f6e8770ceab8d82d",
    "FACE_VERIFICATION 2026-11-16": "844c14b44f086101",
    "PLATFORM_FACE 2026-11": "368e50881a7da102",
}
"""What people have agreed to, by digest: whoever changes a text gives it another version and a day of its own."""


def digest(text: ConsentText) -> str:
    parts = (text.title, text.body, text.plain)
    return sha256("|".join(f"{part.zh}|{part.en}" for part in parts).encode()).hexdigest()[:16]


def test_a_version_says_for_ever_what_it_said_when_it_was_agreed_to() -> None:
    assert {f"{text.kind.value} {text.version}": digest(text) for text in TEXTS} == VERSIONS


def test_there_is_one_text_in_force_for_each_kind_on_each_day_in_both_languages() -> None:
    for kind in ConsentKind:
        days = [text.in_force_from for text in TEXTS if text.kind is kind]
        assert len(set(days)) == len(days) > 0
        assert current_text(kind, max(days)).in_force_from == max(days)
        before = current_text(kind, max(days) - timedelta(days=1)) if len(days) > 1 else None
        assert before is None or before.in_force_from == sorted(days)[-2]
    assert all(part.zh and part.en for text in TEXTS for part in (text.title, text.body, text.plain))


async def test_a_new_text_ends_what_was_agreed_before_and_the_history_tells_both(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    assert citizen.person_id is not None
    changed = current_text(FACE).in_force_from
    day_before = clock.today() - changed + timedelta(days=1)
    with clock.shifted(-day_before):
        former = current_text(FACE).version
        await give(citizen, resources, version=former)
        assert await has_consented(citizen, citizen.person_id, FACE)
    assert former != VERSION
    assert not await has_consented(citizen, citizen.person_id, FACE)
    with pytest.raises(Forbidden) as refusal:
        await request_face_challenge(citizen, resources)
    assert refusal.value.code is ProblemCode.CONSENT_NEEDED
    await give(citizen, resources)
    history = await consents_once(citizen, resources, before=None, limit=10)
    assert [(one.version, one.current, one.withdrawn_at is None) for one in history] == [
        (VERSION, True, True),
        (former, False, False),
    ]
    assert await consents_once(citizen, resources, before=history[-1].id, limit=10) == []


async def test_the_database_itself_refuses_a_second_standing_consent(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    await give(citizen, resources)
    with pytest.raises(IntegrityError, match="one_standing_consent"):
        await Consent.create(
            person_id=citizen.person_id,
            account_id=citizen.account_id,
            kind=FACE,
            version="x",
            given_at=clock.now(),
        )


async def test_what_a_stranger_agrees_to_in_an_account_that_is_held_binds_nobody(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    owner = await bound(resources, outside_world, human)
    stranger = await bound(resources, outside_world, human)
    assert owner.person_id is not None
    assert stranger.claimed_id == owner.person_id
    await give(stranger, resources)
    assert await has_consented(stranger, owner.person_id, FACE)
    assert await consents_of(owner, owner.person_id) == []
    await give(owner, resources)
    await withdraw(stranger, resources)
    assert await consents_of(stranger, owner.person_id) == []
    assert await has_consented(owner, owner.person_id, FACE)
