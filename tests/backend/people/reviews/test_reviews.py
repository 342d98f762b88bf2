"""People whom the registry does not know yet, and the officers who look."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode, TooMany
from backend.kit import clock, resident_id
from backend.kit.documents import DocumentKind
from backend.people.identity.actions import bind_real_name
from backend.people.identity.ladder import HOME_VISIT, WINDOW, Way
from backend.people.identity.models import AssuranceMethod, ConfirmedBy
from backend.people.identity.queries import facts_of, me
from backend.people.identity.window import WindowDocument
from backend.people.officers.actions import ensure_officer, ensure_organ, sign_in_officer
from backend.people.reviews.actions import (
    Decision,
    decide_review,
    look_at,
    recheck,
    request_review,
    withdraw_review,
)
from backend.people.reviews.models import ReviewReason, ReviewState
from backend.people.reviews.queries import review_for, reviews_for, reviews_of
from backend.resources import Resources
from backend.viewer import AssuranceLevel, Citizen, Officer, OfficerRole
from tests.support.people import (
    PASSWORD,
    Human,
    at_the_desk,
    bound,
    new_human,
    new_key,
    nobody,
    signed_in,
    typed,
    viewer_of,
)
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox

HOME = "330521"
_serials = iter(range(100, 999, 2))


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.scenario("registry")


@pytest.fixture
async def officer(resources: Resources) -> Officer:
    return (await at_the_desk(resources, OfficerRole.INTAKE))[0]


def newcomer() -> Human:
    """Somebody of whom no register has heard."""
    return Human("沈新生", resident_id.make(HOME, date(2008, 2, 29), next(_serials)))


async def elsewhere(resources: Resources, division: str, login: str) -> Officer:
    """An officer of intake of another place."""
    organ_id = await ensure_organ(
        credit_code=f"11{division}00000000{login[:1].upper()}0", name="某地民政局", division=division
    )
    await ensure_officer(
        organ_id=organ_id, login=login, name="李文远", password=PASSWORD, roles=[OfficerRole.INTAKE]
    )
    viewer = await viewer_of(
        resources, await sign_in_officer(nobody(), resources, login=login, password=PASSWORD)
    )
    assert isinstance(viewer, Officer)
    return viewer


async def ask(
    citizen: Citizen, resources: Resources, human: Human, *, key: str | None = None, division: str = HOME
) -> object:
    return await request_review(
        citizen,
        resources,
        typed(human.name, human.resident_id),
        division=division,
        idempotency_key=key or new_key(),
    )


def decision(
    reason: ReviewReason = ReviewReason.ALL_RIGHT,
    *,
    confirmed: bool = True,
    way: Way = WINDOW,
    seen: WindowDocument = WindowDocument.ID_CARD,
) -> Decision:
    return Decision(confirmed, reason, way, seen, note="已核对原件")


# --- the way forward ------------------------------------------------------------------------------------


async def test_somebody_the_registry_does_not_know_is_bound_and_proven_by_an_officer(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human, (citizen, _) = newcomer(), await signed_in(resources, outside_world)
    with pytest.raises(Invalid) as refusal:
        await bind_real_name(
            citizen, resources, typed(human.name, human.resident_id), idempotency_key=new_key()
        )
    assert refusal.value.code is ProblemCode.IDENTITY_MISMATCH
    assert "人工核验" in refusal.value.message.zh
    await ask(citizen, resources, human)
    [mine] = await reviews_of(citizen, resources)
    assert (mine.state, mine.name, mine.number) == (
        ReviewState.OPEN,
        "沈**",
        f"330***********{human.resident_id[-4:]}",
    )
    found = await review_for(officer, resources, code=f" {mine.code.lower()} ")
    assert found.id == mine.id
    claim = await look_at(officer, resources, review_id=mine.id)
    assert (claim.name, claim.number, claim.document_kind) == (
        human.name,
        human.resident_id,
        DocumentKind.RESIDENT_ID,
    )
    proof = await decide_review(officer, resources, review_id=mine.id, decision=decision(way=HOME_VISIT))
    assert proof is not None
    assert (proof.level, proof.method) == (AssuranceLevel.AUTHORITATIVE, AssuranceMethod.HOME_VISIT)
    shown = await me(citizen, resources)
    assert shown.person is not None
    assert (shown.person.confirmed_by, shown.held) == (ConfirmedBy.OFFICER, False)
    assert shown.assurance == proof
    assert await told(f"account:{citizen.account_id}") == [
        "signed_in",
        "real_name_refused",
        "review_requested",
        "review_opened",
        "real_name_bound",
        "review_confirmed",
    ]


async def test_a_review_answers_the_same_whether_the_registry_knows_the_person_or_not(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    known = new_human(outside_world)
    outside_world.scenario("registry", "down")  # it is not even asked: its answer cannot show, nor its time
    for human in (known, replace(known, name="王小明"), newcomer()):
        citizen, _ = await signed_in(resources, outside_world)
        await ask(citizen, resources, human)
        [mine] = await reviews_of(citizen, resources)
        assert mine.state is ReviewState.OPEN
        assert await told(f"account:{citizen.account_id}") == ["signed_in", "review_requested"]


async def test_a_claim_rests_sealed_and_is_forgotten_when_it_is_over(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    human, (citizen, _) = newcomer(), await signed_in(resources, outside_world)
    review_id = await ask(citizen, resources, human)
    rows = await fetch("SELECT * FROM identity_review")
    assert human.name not in repr(rows)
    assert human.resident_id not in repr(rows)
    await decide_review(
        officer,
        resources,
        review_id=rows[0]["id"],
        decision=decision(ReviewReason.DOCUMENT_NOT_GENUINE, confirmed=False),
    )
    [after] = await fetch("SELECT id, claim_sealed, note_sealed FROM identity_review")
    assert (after["id"], after["claim_sealed"]) == (review_id, None)
    assert "已核对" not in after["note_sealed"]
    [mine] = await reviews_of(citizen, resources)
    assert (mine.state, mine.reason, mine.name) == (
        ReviewState.REFUSED,
        ReviewReason.DOCUMENT_NOT_GENUINE,
        None,
    )
    assert await count("person") == 0
    assert (await me(citizen, resources)).person is None


async def test_a_citizen_takes_a_review_back(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    await ask(citizen, resources, newcomer())
    [mine] = await reviews_of(citizen, resources)
    await withdraw_review(citizen, review_id=mine.id)
    with pytest.raises(Conflict):
        await withdraw_review(citizen, review_id=mine.id)
    with pytest.raises(Conflict):
        await look_at(officer, resources, review_id=mine.id)
    with pytest.raises(Conflict):
        await decide_review(officer, resources, review_id=mine.id, decision=decision())
    await ask(citizen, resources, newcomer())
    assert [one.state for one in await reviews_of(citizen, resources)] == [
        ReviewState.OPEN,
        ReviewState.WITHDRAWN,
    ]


async def test_an_account_has_one_open_review_also_when_it_asks_twice_at_once(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    human, key = newcomer(), new_key()
    first = await ask(citizen, resources, human, key=key)
    assert await ask(citizen, resources, human, key=key) == first
    both = await asyncio.gather(*(ask(citizen, resources, human) for _ in range(2)))
    assert set(both) == {first}
    assert await count("identity_review") == 1


async def test_whoever_has_a_name_needs_no_review(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    with pytest.raises(Conflict) as refusal:
        await ask(citizen, resources, newcomer())
    assert refusal.value.code is ProblemCode.ALREADY_DONE


async def test_bad_input_is_named_and_asking_has_a_limit(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    with pytest.raises(Invalid) as refusal:
        await ask(citizen, resources, newcomer(), division="999999")
    assert refusal.value.code is ProblemCode.UNKNOWN_DIVISION
    with pytest.raises(Invalid) as refusal:
        await ask(citizen, resources, Human("沈新生", "123"))
    assert refusal.value.code is ProblemCode.INVALID_RESIDENT_ID
    for _ in range(5):
        await ask(citizen, resources, newcomer())
    with pytest.raises(TooMany):
        await ask(citizen, resources, newcomer())


# --- what an officer may not -------------------------------------------------------------------------------


async def test_what_the_registry_contradicts_no_officer_confirms(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    victim = new_human(outside_world)
    citizen, _ = await signed_in(resources, outside_world)
    await ask(citizen, resources, replace(victim, name="王小明"))
    [mine] = await reviews_of(citizen, resources)
    with pytest.raises(Invalid) as refusal:
        await decide_review(officer, resources, review_id=mine.id, decision=decision())
    assert refusal.value.code is ProblemCode.IDENTITY_MISMATCH
    assert (await reviews_of(citizen, resources))[0].state is ReviewState.OPEN
    assert resources.tally.of("review_contradicted") == 1
    await decide_review(
        officer,
        resources,
        review_id=mine.id,
        decision=decision(ReviewReason.REGISTRY_CONTRADICTS, confirmed=False),
    )
    assert await count("person") == 0


async def test_officers_of_another_place_and_strangers_find_nothing(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    await ask(citizen, resources, newcomer())
    [mine] = await reviews_of(citizen, resources)
    neighbour = await elsewhere(resources, "330522", "neighbour")
    city = await elsewhere(resources, "330500", "city")
    stranger, _ = await signed_in(resources, outside_world)
    assert await reviews_for(neighbour, resources, limit=10) == []
    assert [one.id for one in await reviews_for(city, resources, limit=10)] == [mine.id]
    for asking in (
        review_for(neighbour, resources, review_id=mine.id),
        review_for(neighbour, resources, code=mine.code),
        review_for(stranger, resources, review_id=mine.id),
        look_at(neighbour, resources, review_id=mine.id),
        decide_review(neighbour, resources, review_id=mine.id, decision=decision()),
        withdraw_review(stranger, review_id=mine.id),
    ):
        with pytest.raises(NotFound):
            await asking
    assert await reviews_of(stranger, resources) == []


async def test_only_intake_looks_and_decides(resources: Resources, outside_world: OutsideSandbox) -> None:
    reviewer, _ = await at_the_desk(resources, OfficerRole.REVIEW, login="reviewer")
    citizen, _ = await signed_in(resources, outside_world)
    await ask(citizen, resources, newcomer())
    [mine] = await reviews_of(citizen, resources)
    with pytest.raises(Forbidden):
        await look_at(reviewer, resources, review_id=mine.id)
    with pytest.raises(Forbidden):
        await decide_review(reviewer, resources, review_id=mine.id, decision=decision())


@pytest.mark.parametrize(
    ("confirmed", "reason"), [(True, ReviewReason.ATTACK), (False, ReviewReason.ALL_RIGHT)]
)
async def test_a_decision_and_its_reason_agree(
    resources: Resources,
    outside_world: OutsideSandbox,
    officer: Officer,
    confirmed: bool,
    reason: ReviewReason,
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    await ask(citizen, resources, newcomer())
    [mine] = await reviews_of(citizen, resources)
    with pytest.raises(Invalid) as refusal:
        await decide_review(
            officer, resources, review_id=mine.id, decision=decision(reason, confirmed=confirmed)
        )
    assert [wrong.path for wrong in refusal.value.fields] == [("input", "reason")]


async def test_the_document_that_was_seen_is_the_one_that_was_claimed(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    await ask(citizen, resources, newcomer())
    [mine] = await reviews_of(citizen, resources)
    with pytest.raises(Invalid) as refusal:
        await decide_review(
            officer, resources, review_id=mine.id, decision=decision(seen=WindowDocument.PASSPORT)
        )
    assert [wrong.path for wrong in refusal.value.fields] == [("input", "documentSeen")]


async def test_of_two_officers_who_decide_at_once_one_does(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    colleague, _ = await at_the_desk(resources, OfficerRole.INTAKE, login="colleague")
    citizen, _ = await signed_in(resources, outside_world)
    await ask(citizen, resources, newcomer())
    [mine] = await reviews_of(citizen, resources)
    refusing = decision(ReviewReason.NOT_THE_PERSON, confirmed=False)
    answers = await asyncio.gather(
        decide_review(officer, resources, review_id=mine.id, decision=decision()),
        decide_review(colleague, resources, review_id=mine.id, decision=refusing),
        return_exceptions=True,
    )
    assert len([answer for answer in answers if isinstance(answer, Conflict)]) == 1
    events = await told(f"account:{citizen.account_id}")
    assert len([event for event in events if event in {"review_confirmed", "review_refused"}]) == 1


# --- the registry hears of them ----------------------------------------------------------------------------


async def vouched(resources: Resources, world: OutsideSandbox, officer: Officer) -> tuple[Citizen, Human]:
    """Somebody an officer has vouched for."""
    human, (citizen, _) = newcomer(), await signed_in(resources, world)
    await ask(citizen, resources, human)
    [mine] = await reviews_of(citizen, resources)
    await decide_review(officer, resources, review_id=mine.id, decision=decision())
    return citizen, human


async def test_the_registry_is_asked_again_every_day_until_it_knows_them(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen, human = await vouched(resources, outside_world, officer)
    assert await recheck(resources) == 0
    with clock.shifted(timedelta(hours=25)):
        assert await recheck(resources) == 0
    outside_world.load_person(name=human.name, resident_id=human.resident_id, division="330102")
    with clock.shifted(timedelta(hours=26)):
        assert await recheck(resources) == 0
    with clock.shifted(timedelta(hours=51)):
        assert await recheck(resources) == 1
        assert await recheck(resources) == 0
    shown = (await me(citizen, resources)).person
    assert shown is not None
    assert (shown.confirmed_by, shown.household_division) == (ConfirmedBy.REGISTRY, "330102")
    assert "registry_knows_now" in await told(f"person:{shown.id}")
    assert (await facts_of(shown.id, resources)).name == human.name


async def test_a_registry_that_says_otherwise_later_is_counted_audited_and_left_to_people(
    resources: Resources, outside_world: OutsideSandbox, officer: Officer
) -> None:
    citizen, human = await vouched(resources, outside_world, officer)
    outside_world.load_person(name="王小明", resident_id=human.resident_id, division=HOME)
    with clock.shifted(timedelta(hours=25)):
        assert await recheck(resources) == 0
    with clock.shifted(timedelta(days=9)):
        assert await recheck(resources) == 0
    shown = (await me(citizen, resources)).person
    assert shown is not None
    assert shown.confirmed_by is ConfirmedBy.OFFICER
    assert (await told(f"person:{shown.id}")).count("registry_contradicts_officer") == 1
    assert resources.tally.of("registry_contradicts_officer") == 1
