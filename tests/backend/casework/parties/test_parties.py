"""Two who apply together: each proves themselves, each agrees to what is handed in, neither sees more than both share."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from backend.casework.applications.acting import PARTY_IS_ANOTHER
from backend.casework.applications.actions import save_answers, submit_application
from backend.casework.applications.queries import application, applications
from backend.casework.declaring.fields import person_number
from backend.casework.declaring.papers import state_paper
from backend.casework.definitions import Form, Issuer, LicenceKind
from backend.casework.lifecycle import CaseState
from backend.casework.machine import Casework
from backend.casework.parties.actions import JOINS, confirm_case, invite_party, join_case, leave_case
from backend.casework.parties.queries import other_parties, party_case, party_cases
from backend.domains import standards
from backend.errors import Conflict, Invalid, NotFound, ProblemCode, StepUpNeeded, Text, TooMany
from backend.kit import clock
from backend.people.identity.queries import facts_of
from backend.viewer import Citizen
from tests.support import cases
from tests.support.people import ScriptedFaces, bound, new_human, new_key, proven
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox

FOR_TWO = replace(cases.ITEM, parties=2, shown_to_party=("elsewhere", "undertaking"))


@pytest.fixture
async def work(work: Casework) -> Casework:
    """The machine with an item for two."""
    return replace(work, standards=type(work.standards).of([FOR_TWO]))


@pytest.fixture
async def bride(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)


@pytest.fixture
async def groom(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    citizen = await bound(work.resources, outside_world, new_human(outside_world, born=date(1940, 1, 2)))
    await proven(citizen)
    return citizen


async def submit(citizen: Citizen, work: Casework, case: UUID) -> UUID:
    return await submit_application(citizen, work, application_id=case, idempotency_key=new_key())


async def joined(bride: Citizen, groom: Citizen, work: Casework) -> UUID:
    case = await cases.filled(bride, work)
    invitation = await invite_party(bride, work, application_id=case)
    assert await join_case(groom, work, code=invitation.party_code.lower()) == case
    return case


async def agreed(groom: Citizen, work: Casework, case: UUID) -> None:
    version = (await party_case(groom, work, case)).version
    await confirm_case(groom, work, application_id=case, version=version)


async def test_a_case_for_two_is_handed_in_once_the_other_has_agreed_to_it(
    work: Casework, bride: Citizen, groom: Citizen
) -> None:
    case = await joined(bride, groom, work)
    with pytest.raises(Conflict) as refusal:
        await submit(bride, work, case)
    assert refusal.value.code is ProblemCode.PARTY_MISSING
    await agreed(groom, work, case)
    await submit(bride, work, case)

    assert (await cases.row_of(case))["state"] == "SUBMITTED"
    (other,) = await other_parties(bride, [case])
    assert other is not None
    assert (other.masked(work), other.confirmed) == ("沈**", True)
    for citizen in (bride, groom):
        entries = await told(f"person:{citizen.person_id}")
        assert [entries.count(kind) for kind in ("party_joined", "party_confirmed")] == [1, 1]
    with pytest.raises(Conflict):
        await leave_case(groom, application_id=case)


async def test_the_other_sees_what_is_said_of_both_and_nothing_else(
    work: Casework, bride: Citizen, groom: Citizen
) -> None:
    case = await joined(bride, groom, work)
    (seen,) = await party_cases(groom, work, before=None, limit=5)
    assert seen.answers == {"elsewhere": False, "undertaking": True}
    assert (seen.id, seen.applicant_name, seen.state, seen.confirmed) == (
        case,
        "沈**",
        CaseState.DRAFT,
        False,
    )
    assert await application(groom, case) is None
    assert await applications(groom, before=None, limit=5) == []
    assert await party_cases(bride, work, before=None, limit=5) == []
    with pytest.raises(NotFound):
        await save_answers(
            groom, work, application_id=case, answers={}, version=seen.version, idempotency_key=new_key()
        )
    with pytest.raises(NotFound):
        await submit(groom, work, case)


async def test_what_is_changed_afterwards_is_not_agreed_to(
    work: Casework, bride: Citizen, groom: Citizen
) -> None:
    case = await joined(bride, groom, work)
    seen = await party_case(groom, work, case)
    await confirm_case(groom, work, application_id=case, version=seen.version)
    changed = {**cases.ANSWERS, "address": "北京路2号"}
    await save_answers(
        bride, work, application_id=case, answers=changed, version=seen.version, idempotency_key=new_key()
    )
    assert not (await party_case(groom, work, case)).confirmed
    with pytest.raises(Conflict) as missing:
        await submit(bride, work, case)
    assert missing.value.code is ProblemCode.PARTY_MISSING
    with pytest.raises(Conflict) as stale:
        await confirm_case(groom, work, application_id=case, version=seen.version)
    assert stale.value.code is ProblemCode.STALE_VERSION
    await agreed(groom, work, case)
    await submit(bride, work, case)


async def test_each_proves_themselves_in_a_session_of_their_own(
    work: Casework, bride: Citizen, outside_world: OutsideSandbox
) -> None:
    case = await cases.filled(bride, work)
    code = (await invite_party(bride, work, application_id=case)).party_code
    unproven = await bound(work.resources, outside_world)
    with pytest.raises(StepUpNeeded):
        await join_case(unproven, work, code=code)
    await proven(unproven)
    await join_case(unproven, work, code=code)
    version = (await party_case(unproven, work, case)).version
    with clock.shifted(timedelta(hours=1)), pytest.raises(StepUpNeeded):
        await confirm_case(unproven, work, application_id=case, version=version)


async def test_a_code_is_good_once_for_a_week_and_for_somebody_else(
    work: Casework, bride: Citizen, groom: Citizen, outside_world: OutsideSandbox
) -> None:
    case = await cases.filled(bride, work)
    old = (await invite_party(bride, work, application_id=case)).party_code
    code = (await invite_party(bride, work, application_id=case)).party_code

    async def refused(citizen: Citizen, given: str) -> ProblemCode:
        with pytest.raises(Invalid) as refusal:
            await join_case(citizen, work, code=given)
        return refusal.value.code

    assert await refused(groom, old) is ProblemCode.CODE_REFUSED
    assert await refused(groom, "AAAAAAAAAA") is ProblemCode.CODE_REFUSED
    assert await refused(bride, code) is ProblemCode.INVALID_INPUT
    with clock.shifted(timedelta(days=8)):
        assert await refused(groom, code) is ProblemCode.CODE_REFUSED
    third = await bound(work.resources, outside_world)
    await proven(third)
    answers = await asyncio.gather(
        *(join_case(one, work, code=code) for one in (groom, third, groom)), return_exceptions=True
    )
    assert sum(isinstance(answer, Invalid) for answer in answers) in {1, 2}
    assert await count("case_party") == 1
    with pytest.raises(Conflict):
        await invite_party(bride, work, application_id=case)


async def test_codes_are_not_to_be_guessed(work: Casework, groom: Citizen) -> None:
    for _ in range(int(JOINS.partition("/")[0])):
        with pytest.raises(Invalid):
            await join_case(groom, work, code="AAAAAAAAAA")
    with pytest.raises(TooMany):
        await join_case(groom, work, code="AAAAAAAAAA")


async def test_who_leaves_while_it_is_handed_in_is_either_in_it_or_out_of_it(
    work: Casework, bride: Citizen, groom: Citizen
) -> None:
    case = await joined(bride, groom, work)
    await agreed(groom, work, case)
    submitted, left = await asyncio.gather(
        submit(bride, work, case), leave_case(groom, application_id=case), return_exceptions=True
    )
    state = (await cases.row_of(case))["state"]
    if isinstance(submitted, Conflict):
        assert (state, left, await count("case_party")) == ("DRAFT", None, 0)
    else:
        assert (state, await count("case_party")) == ("SUBMITTED", 1)
        assert isinstance(left, Conflict)


async def test_one_applies_for_what_one_applies_for(
    work: Casework, bride: Citizen, groom: Citizen, faces: ScriptedFaces
) -> None:
    alone = replace(work, standards=type(work.standards).of([cases.ITEM]))
    case = await cases.filled(bride, alone)
    with pytest.raises(Invalid):
        await invite_party(bride, alone, application_id=case)
    with pytest.raises(NotFound):
        await invite_party(groom, alone, application_id=case)


def test_what_is_shown_to_the_other_is_asked_in_the_form_and_names_nobody() -> None:
    pairs = [item for item in standards().by_code.values() if item.parties == 2]
    assert len(pairs) == 2
    for item in pairs:
        assert set(item.shown_to_party) <= {field.name for field in item.form.walk()}
        assert {"contactPhone", "partnerName", "partnerNumber"}.isdisjoint(item.shown_to_party)


NAMES_THE_OTHER = replace(
    FOR_TWO,
    form=Form(
        (*FOR_TWO.form.fields, person_number("partnerNumber", Text("对方", "The other"), fact="partner"))
    ),
)


@pytest.mark.parametrize("named", [True, False])
async def test_whoever_agrees_is_the_one_whom_the_answers_name(
    work: Casework, bride: Citizen, groom: Citizen, outside_world: OutsideSandbox, *, named: bool
) -> None:
    naming = replace(work, standards=type(work.standards).of([NAMES_THE_OTHER]))
    assert groom.person_id is not None
    number = (
        (await facts_of(groom.person_id, work.resources)).resident_id
        if named
        else new_human(outside_world).resident_id
    )
    case = await cases.filled(bride, naming, answers={**cases.ANSWERS, "partnerNumber": number})
    invitation = await invite_party(bride, naming, application_id=case)
    await join_case(groom, naming, code=invitation.party_code)
    await agreed(groom, naming, case)
    if named:
        await submit(bride, naming, case)
    else:
        with pytest.raises(Conflict) as refusal:
            await submit(bride, naming, case)
        assert (refusal.value.code, refusal.value.message) == (ProblemCode.PARTY_MISSING, PARTY_IS_ANOTHER)
    assert (await cases.row_of(case))["state"] == ("SUBMITTED" if named else "DRAFT")


async def test_a_licence_that_is_fetched_on_the_way_needs_no_second_yes(
    work: Casework, bride: Citizen, groom: Citizen, outside_world: OutsideSandbox
) -> None:
    licence = state_paper(
        "marriage-certificate",
        Text("结婚证", "Marriage certificate"),
        LicenceKind.MARRIAGE_CERTIFICATE,
        Issuer.CIVIL_AFFAIRS,
        cases.ITEM.basis[0],
    )
    fetching = replace(
        work,
        standards=type(work.standards).of([replace(FOR_TWO, materials=(*FOR_TWO.materials, licence))]),
    )
    case = await joined(bride, groom, fetching)
    await agreed(groom, fetching, case)
    assert bride.person_id is not None
    person = await facts_of(bride.person_id, work.resources)
    outside_world.issue_licence(
        kind="MARRIAGE_CERTIFICATE",
        name=person.name,
        number=person.resident_id,
        content=cases.picture(),
        mediaType="image/png",
    )
    await submit(bride, fetching, case)
    assert (await cases.row_of(case))["state"] == "SUBMITTED"
    assert await count("material") == 2
