"""Being confirmed by an officer: the way that is equal to a face."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest

from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, Invalid, ProblemCode, TooMany, Unavailable
from backend.kit import clock, resident_id
from backend.kit.documents import DocumentKind
from backend.people.accounts.sessions import sign_out
from backend.people.identity.actions import MISMATCH
from backend.people.identity.claims import Told
from backend.people.identity.models import AssuranceMethod, ConfirmedBy
from backend.people.identity.queries import assurance_of, me
from backend.people.identity.window import (
    Confirmed,
    Place,
    WindowDocument,
    confirm_at_window,
    redeem_slip,
    request_window_code,
)
from backend.resources import Resources
from backend.viewer import AssuranceLevel, Officer, OfficerRole
from tests.support.people import Human, at_the_desk, bound, new_human, new_key, signed_in, typed
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
def registry_trouble(outside_world: OutsideSandbox) -> Iterator[OutsideSandbox]:
    yield outside_world
    outside_world.scenario("registry")


@pytest.fixture
async def officer(resources: Resources) -> Officer:
    return (await at_the_desk(resources, OfficerRole.INTAKE))[0]


async def confirm(
    officer: Officer,
    resources: Resources,
    human: Human,
    *,
    key: str | None = None,
    code: str | None = None,
    place: Place = Place.WINDOW,
    attest_unknown: bool = False,
) -> Confirmed:
    return await confirm_at_window(
        officer,
        resources,
        typed(human.name, human.resident_id),
        document_seen=WindowDocument.ID_CARD,
        idempotency_key=key or new_key(),
        place=place,
        session_code=code,
        attest_unknown=attest_unknown,
    )


async def only_person() -> UUID:
    (row,) = await fetch("SELECT id FROM person")
    person_id: UUID = row["id"]
    return person_id


async def test_what_an_officer_saw_counts_for_a_day_in_the_session_whose_code_was_shown(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human = new_human(outside_world)
    citizen = await bound(resources, outside_world, human)
    assert citizen.person_id is not None
    code = await request_window_code(citizen, resources)
    confirmed = await confirm(officer, resources, human, code=code.window_code)
    proof = confirmed.assurance
    assert confirmed.slip is None
    assert (proof.level, proof.method) == (AssuranceLevel.AUTHORITATIVE, AssuranceMethod.WINDOW)
    assert (await me(citizen, resources)).assurance == proof
    assert (await told(f"person:{citizen.person_id}"))[-1:] == ["confirmed_at_window"]
    entries = await fetch(
        "SELECT actor, detail->>'organ' AS organ FROM audit_entry WHERE kind = 'confirmed_at_window'"
    )
    assert [(entry["actor"], entry["organ"]) for entry in entries] == [
        (f"officer:{officer.officer_id}", str(officer.organ_id))
    ]
    with clock.shifted(timedelta(hours=25)):
        later = await assurance_of(citizen.person_id)
    assert later is not None
    assert later.level is AssuranceLevel.REAL_NAME


async def test_the_code_binds_an_account_whose_owner_typed_nothing(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    code = await request_window_code(citizen, resources)
    confirmed = await confirm(
        officer, resources, new_human(outside_world), code=code.window_code.lower(), place=Place.HOME_VISIT
    )
    assert confirmed.assurance.method == AssuranceMethod.HOME_VISIT
    shown = await me(citizen, resources)
    assert shown.person is not None
    assert not shown.held
    assert shown.assurance == confirmed.assurance


async def test_a_code_on_a_phone_is_good_once_and_for_ten_minutes(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    used, late = [(await request_window_code(citizen, resources)).window_code for _ in range(2)]
    human = new_human(outside_world)
    await confirm(officer, resources, human, code=used)
    for code, hours in ((used, 0), (late, 1), ("ZZZZZZZZ", 0)):
        with clock.shifted(timedelta(hours=hours)), pytest.raises(Invalid) as refusal:
            await confirm(officer, resources, human, code=code)
        assert refusal.value.code is ProblemCode.CODE_REFUSED
        assert [wrong.path for wrong in refusal.value.fields] == [("input", "sessionCode")]
    assert await count("assurance_record") == 1


async def test_a_code_of_a_session_that_has_ended_is_worthless(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    code = await request_window_code(citizen, resources)
    await sign_out(citizen)
    with pytest.raises(Invalid) as refusal:
        await confirm(officer, resources, new_human(outside_world), code=code.window_code)
    assert refusal.value.code is ProblemCode.CODE_REFUSED
    assert await count("person") == 0


async def test_a_stranger_who_bound_the_name_inherits_nothing_from_the_window(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human = new_human(outside_world)
    stranger = await bound(resources, outside_world, human)
    confirmed = await confirm(officer, resources, human)
    assert confirmed.slip is not None
    assert (await me(stranger, resources)).assurance.level is AssuranceLevel.REAL_NAME

    owner, _ = await signed_in(resources, outside_world)
    proof = await redeem_slip(owner, resources, code=confirmed.slip)
    assert proof == confirmed.assurance
    assert (await me(owner, resources)).assurance == proof
    held = await me(stranger, resources)
    assert held.held
    assert held.person is not None
    assert held.person.household_division is None
    assert await told(f"account:{stranger.account_id}") == ["signed_in", "real_name_bound", "real_name_held"]


async def test_a_slip_may_be_typed_in_groups_and_is_good_once_within_a_day(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human = new_human(outside_world)
    slips = [(await confirm(officer, resources, human)).slip for _ in range(2)]
    used, late = (str(slip) for slip in slips)
    assert len({used, late}) == 2
    assert len(used) == 12
    owner, _ = await signed_in(resources, outside_world)
    await redeem_slip(owner, resources, code=f"{used[:4]} {used[4:8].lower()}-{used[8:]}")
    for code, hours in ((used, 0), (late, 25), ("Z" * 12, 0)):
        with clock.shifted(timedelta(hours=hours)), pytest.raises(Invalid) as refusal:
            await redeem_slip(owner, resources, code=code)
        assert refusal.value.code is ProblemCode.CODE_REFUSED
        assert [wrong.path for wrong in refusal.value.fields] == [("input", "code")]
    assert resources.tally.of("slip_refused") == 3
    assert (await told(f"account:{owner.account_id}"))[-3:] == ["slip_refused"] * 3


async def test_a_slip_of_somebody_else_does_not_turn_an_account_over(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen = await bound(resources, outside_world)
    slip = (await confirm(officer, resources, new_human(outside_world))).slip
    with pytest.raises(Conflict) as refusal:
        await redeem_slip(citizen, resources, code=str(slip))
    assert refusal.value.code is ProblemCode.ALREADY_DONE
    assert (await me(citizen, resources)).assurance.level is AssuranceLevel.REAL_NAME
    other, _ = await signed_in(resources, outside_world)
    await redeem_slip(other, resources, code=str(slip))


async def test_slips_cannot_be_guessed_without_end(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    for _ in range(10):
        with pytest.raises(Invalid):
            await redeem_slip(citizen, resources, code="Z" * 12)
    with pytest.raises(TooMany):
        await redeem_slip(citizen, resources, code="Z" * 12)


async def test_somebody_without_an_account_can_be_confirmed(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human = new_human(outside_world, portrait=None)
    confirmed = await confirm(officer, resources, human)
    person_id = await only_person()
    assert await assurance_of(person_id) == confirmed.assurance
    assert (await bound(resources, outside_world, human)).person_id == person_id


async def test_somebody_the_registry_does_not_know_yet_is_vouched_for_by_the_officer(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    unknown = Human("沈新生", resident_id.make("330521", date(2008, 2, 29), 7))
    with pytest.raises(Invalid) as refusal:
        await confirm(officer, resources, unknown)
    assert refusal.value.code is ProblemCode.IDENTITY_UNKNOWN
    assert await count("person") == 0
    slip = (await confirm(officer, resources, unknown, attest_unknown=True)).slip
    citizen, _ = await signed_in(resources, outside_world)
    await redeem_slip(citizen, resources, code=str(slip))
    shown = await me(citizen, resources)
    assert shown.person is not None
    assert shown.person.confirmed_by is ConfirmedBy.OFFICER
    assert shown.assurance.level is AssuranceLevel.AUTHORITATIVE


async def test_attesting_does_not_overrule_a_registry_that_knows_better(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human = new_human(outside_world)
    with pytest.raises(Invalid) as refusal:
        await confirm(officer, resources, Human("王小明", human.resident_id), attest_unknown=True)
    assert refusal.value.code is ProblemCode.IDENTITY_MISMATCH
    assert await count("person") == 0


async def test_a_document_of_another_kind_is_not_what_was_seen(
    resources: Resources, officer: Officer
) -> None:
    told_of_a_passport = Told(
        name="ANNA SMITH",
        number="C1234567",
        kind=DocumentKind.PASSPORT,
        country="USA",
        birth_date=date(1980, 1, 1),
    )
    with pytest.raises(Invalid) as refusal:
        await confirm_at_window(
            officer,
            resources,
            told_of_a_passport,
            document_seen=WindowDocument.ID_CARD,
            idempotency_key=new_key(),
        )
    assert [wrong.path for wrong in refusal.value.fields] == [("input", "documentSeen")]


async def test_a_repeat_answers_the_same_and_proves_nothing_more(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human, key = new_human(outside_world), new_key()
    first = await confirm(officer, resources, human, key=key)
    with clock.shifted(timedelta(hours=1)):
        assert await confirm(officer, resources, human, key=key) == first
    assert await count("assurance_record") == 1
    with pytest.raises(Conflict) as refusal:
        await confirm(officer, resources, new_human(outside_world), key=key)
    assert refusal.value.code is ProblemCode.IDEMPOTENCY_KEY_REUSED
    assert await count("person") == 1


async def test_only_intake_confirms(resources: Resources, outside_world: OutsideSandbox) -> None:
    reviewer, _ = await at_the_desk(resources, OfficerRole.REVIEW, OfficerRole.APPROVAL)
    with pytest.raises(Forbidden):
        await confirm(reviewer, resources, new_human(outside_world))
    assert await count("person") == 0


async def test_a_name_the_registry_does_not_confirm_is_refused(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human = new_human(outside_world)
    with pytest.raises(Invalid) as refusal:
        await confirm(officer, resources, Human("王小明", human.resident_id))
    assert (refusal.value.code, refusal.value.message) == (ProblemCode.IDENTITY_MISMATCH, MISMATCH)
    assert await count("person") == 0
    assert (await told(f"officer:{officer.officer_id}"))[-1:] == ["window_refused"]


async def test_nobody_is_confirmed_while_the_registry_is_down(
    resources: Resources, registry_trouble: OutsideSandbox, officer: Officer
) -> None:
    human = new_human(registry_trouble)
    registry_trouble.scenario("registry", "down")
    with pytest.raises(Unavailable):
        await confirm(officer, resources, human)
    assert await count("assurance_record") == 0
