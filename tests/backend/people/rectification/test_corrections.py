"""What is wrong is put right: by the register at once, else by an officer, with words that the person reads."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, Invalid, NotFound, StepUpNeeded, TooMany
from backend.people.identity.queries import facts_of
from backend.people.privacy.looks import data_looks
from backend.people.rectification.actions import (
    LONGEST,
    REGISTER_CORRECTED,
    REQUESTS,
    Wrong,
    decide_correction,
    open_correction,
    request_correction,
    withdraw_correction,
)
from backend.people.rectification.models import CorrectionAbout, CorrectionOutcome, CorrectionState
from backend.people.rectification.queries import correction, corrections
from backend.resources import Resources
from backend.viewer import Citizen, Officer, OfficerRole
from tests.support.people import Human, at_the_desk, bound, new_human, new_key, proven
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox

WORDS = "我的户籍已从德清县迁到吴兴区。"


@pytest.fixture
def human(outside_world: OutsideSandbox) -> Human:
    return new_human(outside_world)


@pytest.fixture
async def citizen(resources: Resources, outside_world: OutsideSandbox, human: Human) -> Citizen:
    citizen = await bound(resources, outside_world, human)
    await proven(citizen)
    return citizen


@pytest.fixture
async def officer(resources: Resources) -> Officer:
    return (await at_the_desk(resources, OfficerRole.INTAKE))[0]


async def ask(
    citizen: Citizen, resources: Resources, told: str = WORDS, *, key: str = "", division: str = "330521"
) -> UUID:
    wrong = Wrong(CorrectionAbout.IDENTITY, told, division)
    return await request_correction(citizen, resources, wrong, idempotency_key=key or new_key())


async def test_what_the_register_says_otherwise_now_is_corrected_at_once(
    resources: Resources, citizen: Citizen, human: Human, outside_world: OutsideSandbox
) -> None:
    assert citizen.person_id is not None
    outside_world.load_person(name=human.name, resident_id=human.resident_id, division="330502")
    made = await correction(citizen, resources, await ask(citizen, resources))
    assert (made.state, made.outcome, made.answer) == (
        CorrectionState.DECIDED,
        CorrectionOutcome.CORRECTED,
        REGISTER_CORRECTED.zh,
    )
    assert (await facts_of(citizen.person_id, resources)).household_division == "330502"
    assert (await told(f"person:{citizen.person_id}"))[-2:] == ["correction_requested", "data_corrected"]


async def test_the_rest_is_decided_by_an_officer_who_leaves_a_trace(
    resources: Resources, citizen: Citizen, officer: Officer
) -> None:
    key = new_key()
    first, again = await asyncio.gather(*(ask(citizen, resources, key=key) for _ in range(2)))
    assert (first, await count("data_correction")) == (again, 1)
    (waiting,) = await corrections(officer, resources, after=None, limit=5)
    assert (waiting.id, waiting.told, waiting.answer) == (first, None, None)
    assert (await open_correction(officer, resources, correction_id=first)).told == WORDS
    decided = await asyncio.gather(
        *(
            decide_correction(
                officer, resources, correction_id=first, outcome=CorrectionOutcome.NOTED, answer="已附注。"
            )
            for _ in range(2)
        ),
        return_exceptions=True,
    )
    assert [type(one) for one in decided if one is not None] == [Conflict]
    (mine,) = await corrections(citizen, resources, after=None, limit=5)
    assert (mine.told, mine.outcome, mine.answer) == (WORDS, CorrectionOutcome.NOTED, "已附注。")
    assert await corrections(officer, resources, after=None, limit=5) == []
    assert [look.kind for look in await data_looks(citizen, before=None, limit=2)] == [
        "data_corrected",
        "correction_opened",
    ]
    for row in await fetch("SELECT told_sealed || answer_sealed AS held FROM data_correction"):
        assert WORDS not in row["held"]


async def test_nobody_else_sees_it_and_officers_of_elsewhere_neither(
    resources: Resources, citizen: Citizen, officer: Officer, outside_world: OutsideSandbox
) -> None:
    asked = await ask(citizen, resources)
    neighbour = await bound(resources, outside_world)
    elsewhere = replace(officer, division="330522")
    for stranger in (neighbour, elsewhere):
        assert await corrections(stranger, resources, after=None, limit=5) == []
        with pytest.raises(NotFound):
            await correction(stranger, resources, asked)
    with pytest.raises(NotFound):
        await withdraw_correction(neighbour, correction_id=asked)
    reviewer = replace(officer, roles=frozenset({OfficerRole.REVIEW}))
    with pytest.raises(Forbidden):
        await open_correction(reviewer, resources, correction_id=asked)
    with pytest.raises(NotFound):
        await open_correction(elsewhere, resources, correction_id=asked)
    await withdraw_correction(citizen, correction_id=asked)
    await withdraw_correction(citizen, correction_id=asked)
    with pytest.raises(Conflict):
        await decide_correction(
            officer, resources, correction_id=asked, outcome=CorrectionOutcome.REFUSED, answer="已撤回"
        )


async def test_who_is_not_proven_has_no_words_or_asks_without_end_is_refused(
    resources: Resources, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    with pytest.raises(StepUpNeeded):
        await ask(await bound(resources, outside_world), resources)
    for wrong in (
        {"told": " "},
        {"told": "字" * (LONGEST + 1)},
        {"told": WORDS, "division": "999999"},
    ):
        with pytest.raises(Invalid):
            await ask(citizen, resources, **wrong)
    for _ in range(int(REQUESTS.partition("/")[0])):
        await ask(citizen, resources)
    with pytest.raises(TooMany):
        await ask(citizen, resources)
