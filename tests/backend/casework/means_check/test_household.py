"""A household as rows: who belongs to it, who agrees, who must step aside, and who reads of it."""

from datetime import timedelta
from uuid import UUID

import pytest

from backend.casework.applications.actions import open_answers, seal_answers
from backend.casework.applications.events import record_event
from backend.casework.household.queries import members_of, named_in
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.casework.means_check.actions import withdraw_authorisation
from backend.casework.reviews import files, records
from backend.database.record import fetch, transaction
from backend.errors import Forbidden
from backend.kit import clock, masking
from backend.people.privacy.looks import LookReason
from backend.viewer import Machine, Officer, OfficerRole
from tests.backend.casework.means_check.conftest import Family
from tests.support import cases, means
from tests.support.people import at_the_desk, new_human, new_key
from tests.support.reviews import officer
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def clerk(work: Casework) -> Officer:
    return (await at_the_desk(work.resources, OfficerRole.REVIEW))[0]


async def consents(clerk: Officer, work: Casework, case: UUID) -> list[tuple[str, int]]:
    return [(one.consent.value, one.elsewhere) for one in await members_of(clerk, work, case)]


async def test_the_officer_sees_each_member_masked_with_their_own_consent(
    work: Casework, family: Family, clerk: Officer
) -> None:
    son, child = await members_of(clerk, work, family.case)
    assert (son.name, son.resident_id, son.relation) == (
        masking.name(family.son_himself.name),
        masking.resident_id(family.son_himself.resident_id),
        "child",
    )
    assert [(one.consent.value, one.consented_on) for one in (son, child)] == [
        ("MISSING", None),
        ("BY_APPLICANT", None),
    ]
    given = await means.authorised(family.son, work, family.himself, months=2)
    assert await consents(clerk, work, family.case) == [("GIVEN", 0), ("BY_APPLICANT", 0)]
    son = (await members_of(clerk, work, family.case))[0]
    assert son.consented_on == clock.today()
    assert son.consent_until is not None
    with clock.shifted(son.consent_until + timedelta(days=1) - clock.today()):
        assert (await consents(clerk, work, family.case))[0] == ("EXPIRED", 0)
    await withdraw_authorisation(family.son, application_id=given, idempotency_key=new_key())
    assert (await consents(clerk, work, family.case))[0] == ("WITHDRAWN", 0)
    (row,) = await fetch("SELECT told_sealed FROM household_member WHERE id = $1", son.id)
    assert family.son_himself.resident_id not in row["told_sealed"]


async def test_a_member_reads_where_they_are_named_and_nobody_else_does(
    work: Casework, family: Family, clerk: Officer, outside_world: OutsideSandbox
) -> None:
    [named] = await named_in(family.son, work, before=None, limit=5)
    assert (named.id, named.applicant_name, named.consent.value) == (
        family.case,
        masking.name(family.himself.name),
        "MISSING",
    )
    await means.authorised(family.son, work, family.himself)
    assert (await named_in(family.son, work, before=None, limit=5))[0].consent.value == "GIVEN"
    stranger = await cases.proven(work.resources, outside_world, new_human(outside_world))
    for other in (stranger, family.applicant):
        assert not await named_in(other, work, before=None, limit=5)
    far = await officer("far", *OfficerRole)
    watcher = (await at_the_desk(work.resources, OfficerRole.SUPERVISION, login="watch"))[0]
    for nobody in (far, watcher):
        assert not await members_of(nobody, work, family.case)


async def test_an_officer_steps_aside_for_a_relative_who_is_only_a_member(
    work: Casework, family: Family, clerk: Officer
) -> None:
    await records.declare_interest(clerk, work, number=family.child.resident_id, key=new_key())
    with pytest.raises(Forbidden):
        await files.open_file(clerk, work, application_id=family.case, reason=LookReason.DECIDE_CASE)


async def test_a_correction_changes_the_household_and_the_same_person_elsewhere_is_counted(
    work: Casework, family: Family, clerk: Officer, outside_world: OutsideSandbox
) -> None:
    other = await cases.proven(work.resources, outside_world, new_human(outside_world))
    again = await means.applied(other, work, [family.son_himself])
    assert await consents(clerk, work, again) == [("MISSING", 1)]
    kept = (await members_of(clerk, work, family.case))[0].id
    row = await cases.row_of(family.case)
    answers = open_answers(work, family.case, row["answers_sealed"])
    answers["members"] = answers["members"][:1]  # type: ignore[index]  # a list, as the form wants it
    async with transaction() as tx:
        await tx.execute(
            "UPDATE application SET answers_sealed = $2 WHERE id = $1",
            family.case,
            seal_answers(work, family.case, answers),
        )
        for kind, before in (
            (CaseEventKind.CORRECTION_ASKED, CaseState.ACCEPTED),
            (CaseEventKind.CORRECTION_ANSWERED, CaseState.REVIEW_CORRECTION),
        ):
            await record_event(tx, work, family.case, kind, before=before, actor=Machine("test"))
    assert [one.id for one in await members_of(clerk, work, family.case)] == [kept]
