"""The means check: with everybody's authorisation or not at all, once, and whatever the other side does."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from backend.casework.machine import Casework
from backend.casework.means_check.actions import (
    GIVE_UP,
    OPENS,
    check_means,
    open_answer,
    record_answer,
    request_means_check,
    wake_checks,
    withdraw_authorisation,
)
from backend.casework.means_check.household import household_of
from backend.casework.means_check.queries import means_checks
from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, NotFound, ProblemCode, TooMany
from backend.kit import clock
from backend.means_ports import MeansAnswer, MeansScope, MeansVerdict
from backend.people.privacy.looks import LookReason
from backend.viewer import Officer, OfficerRole
from tests.backend.casework.means_check.conftest import Family
from tests.support import cases, means
from tests.support.people import at_the_desk, new_human, new_key
from tests.support.rows import told as trail_of
from tests.support.sandbox import OutsideSandbox


async def check_of(case: UUID) -> Mapping[str, Any]:
    (row,) = await fetch(
        "SELECT id, state, open, missing, tries, next_at, valid_until, answer_sealed FROM means_check"
        " WHERE application_id = $1 ORDER BY number DESC LIMIT 1",
        case,
    )
    return dict(row)


async def later(case: UUID, by: timedelta = timedelta()) -> None:
    """Let its time come: the other side's clock stays where it is, so ours must, too."""
    await fetch(
        "UPDATE means_check SET next_at = now() - interval '1 second', created_at = created_at - $2::interval"
        " WHERE application_id = $1",
        case,
        by,
    )


async def state_of(case: UUID) -> tuple[str, bool]:
    row = await check_of(case)
    return row["state"], row["open"]


async def officer_of(work: Casework) -> Officer:
    officer, _ = await at_the_desk(work.resources, OfficerRole.REVIEW)
    return officer


async def answered(work: Casework, family: Family) -> Mapping[str, Any]:
    """The whole way with everybody's authorisation."""
    await means.authorised(family.son, work, family.himself)
    await check_means(work, family.case)
    await later(family.case)
    await check_means(work, family.case)
    return await check_of(family.case)


async def test_acceptance_begins_a_check_that_waits_for_everybodys_authorisation(
    work: Casework, family: Family, outside_world: OutsideSandbox
) -> None:
    await check_means(work, family.case)
    check = await check_of(family.case)
    assert (check["state"], check["open"], check["missing"]) == ("AUTHORISING", True, 1)
    assert outside_world.means_asked(check["id"]) == {"times": 0, "question": None}


async def test_an_authorised_check_asks_about_everybody_and_keeps_the_least(
    work: Casework, family: Family, outside_world: OutsideSandbox
) -> None:
    check = await answered(work, family)
    asked = outside_world.means_asked(check["id"])
    question = asked["question"]
    assert asked["times"] == 1
    assert [one["certNo"] for one in question["members"]] == [
        family.himself.resident_id,
        family.son_himself.resident_id,
        family.child.resident_id,
    ]
    assert question["scopes"] == list(means.EVERYTHING)
    assert (check["state"], check["open"]) == ("ANSWERED", False)
    assert check["valid_until"] == clock.today() + timedelta(days=180)
    answer = await open_answer(
        await officer_of(work), work, check_id=check["id"], reason=LookReason.DECIDE_CASE
    )
    assert answer == MeansAnswer(
        check["id"], MeansVerdict.BELOW, (), f"HD-{str(check['id'])[:8]}", clock.today()
    )
    opened = work.resources.keys.ring.open(
        check["answer_sealed"], context=f"means_check.answer:{check['id']}"
    )
    assert b"123456" not in opened
    assert family.himself.resident_id.encode() not in opened
    assert [kind for kind in await trail_of(family.trail) if kind.startswith("means_check")] == [
        "means_check_begun",
        "means_check_asked",
        "means_check_answered",
        "means_check_opened",
    ]


@pytest.mark.parametrize(("finding", "unknown"), [("ABOVE", ()), ("PARTLY_UNKNOWN", (MeansScope.COMPANIES,))])
async def test_whatever_the_centre_finds_is_told(
    work: Casework,
    family: Family,
    outside_world: OutsideSandbox,
    finding: str,
    unknown: tuple[MeansScope, ...],
) -> None:
    outside_world.means(finding)
    check = await answered(work, family)
    answer = await open_answer(
        await officer_of(work), work, check_id=check["id"], reason=LookReason.DECIDE_CASE
    )
    assert (answer.verdict, answer.unknown) == (MeansVerdict(finding), unknown)


@pytest.mark.parametrize("wrong", ["for another item", "for another applicant", "over"])
async def test_an_authorisation_that_does_not_fit_is_none(
    work: Casework, family: Family, outside_world: OutsideSandbox, wrong: str
) -> None:
    stranger = new_human(outside_world)
    given = await means.authorised(
        family.son,
        work,
        stranger if wrong == "for another applicant" else family.himself,
        for_item="borderline" if wrong == "for another item" else "minimum-living",
        months=1,
    )
    if wrong == "over":
        await fetch(
            "UPDATE application SET submitted_at = submitted_at - interval '32 days' WHERE id = $1", given
        )
    await check_means(work, family.case)
    assert await state_of(family.case) == ("AUTHORISING", True)


async def test_only_what_everybody_allows_is_looked_at(
    work: Casework, family: Family, outside_world: OutsideSandbox
) -> None:
    await means.authorised(family.son, work, family.himself, scope=["income", "homes"])
    await check_means(work, family.case)
    question = outside_world.means_asked((await check_of(family.case))["id"])["question"]
    assert question["scopes"] == ["income", "homes"]


async def test_an_authorisation_taken_back_stops_what_was_not_answered(
    work: Casework, family: Family, outside_world: OutsideSandbox
) -> None:
    outside_world.means("PENDING")
    given = await means.authorised(family.son, work, family.himself)
    await check_means(work, family.case)
    assert await state_of(family.case) == ("ASKED", True)
    key = new_key()
    for _ in range(2):
        await withdraw_authorisation(family.son, application_id=given, idempotency_key=key)
    check = await check_of(family.case)
    found = MeansAnswer(check["id"], MeansVerdict.BELOW, (), "HD-1", clock.today())
    assert await record_answer(work, found) is False
    assert await state_of(family.case) == ("STOPPED", False)
    assert (await check_of(family.case))["answer_sealed"] is None


async def test_nobody_takes_back_what_is_not_theirs(work: Casework, family: Family) -> None:
    given = await means.authorised(family.son, work, family.himself)
    for citizen, case in ((family.applicant, given), (family.applicant, family.case)):
        with pytest.raises(NotFound):
            await withdraw_authorisation(citizen, application_id=case, idempotency_key=new_key())
    (row,) = await fetch(
        "SELECT id, person_id, item_code, answers_sealed FROM application WHERE id = $1", family.case
    )
    assert (await household_of(work, row)).missing == 0


@pytest.mark.parametrize("mode", ["down", "bad_signature", "slow"])
async def test_a_centre_that_fails_is_asked_again_and_the_check_is_one(
    work: Casework, family: Family, outside_world: OutsideSandbox, mode: str
) -> None:
    await means.authorised(family.son, work, family.himself)
    outside_world.means("BELOW", mode, slow=1.5)
    with capture_logs() as logs:
        await check_means(work, family.case)
    assert await state_of(family.case) == ("ASKING", True)
    numbers = [family.himself.resident_id, family.son_himself.resident_id, family.himself.name]
    assert [secret for secret in numbers if secret in str(logs)] == []
    outside_world.means()
    await later(family.case)
    await check_means(work, family.case)
    assert await state_of(family.case) == ("ASKED", True)
    await later(family.case)
    await check_means(work, family.case)
    assert await state_of(family.case) == ("ANSWERED", False)


async def test_a_question_that_is_refused_ends_the_check(
    work: Casework, family: Family, outside_world: OutsideSandbox
) -> None:
    outside_world.means("REFUSED")
    await means.authorised(family.son, work, family.himself)
    await check_means(work, family.case)
    assert await state_of(family.case) == ("FAILED", False)


async def test_an_answer_that_never_comes_is_given_up(
    work: Casework, family: Family, outside_world: OutsideSandbox
) -> None:
    outside_world.means("PENDING")
    await means.authorised(family.son, work, family.himself)
    await check_means(work, family.case)
    await later(family.case)
    await check_means(work, family.case)
    assert await state_of(family.case) == ("ASKED", True)
    await later(family.case, GIVE_UP + timedelta(hours=1))
    await check_means(work, family.case)
    assert await state_of(family.case) == ("FAILED", False)


async def test_two_workers_ask_once(work: Casework, family: Family, outside_world: OutsideSandbox) -> None:
    await means.authorised(family.son, work, family.himself)
    await asyncio.gather(*(check_means(work, family.case) for _ in range(3)))
    assert outside_world.means_asked((await check_of(family.case))["id"])["times"] == 1


async def test_the_same_answer_twice_is_one_and_an_unknown_check_is_none(
    work: Casework, family: Family
) -> None:
    check = await answered(work, family)
    again = MeansAnswer(check["id"], MeansVerdict.ABOVE, (), "HD-2", clock.today())
    assert await record_answer(work, again) is False
    assert (await check_of(family.case))["answer_sealed"] == check["answer_sealed"]
    with pytest.raises(NotFound):
        await record_answer(work, replace(again, check_id=family.case))


async def test_an_officer_begins_a_re_check_and_the_first_stays(work: Casework, family: Family) -> None:
    officer = await officer_of(work)
    with pytest.raises(Conflict) as under_way:
        await request_means_check(
            officer, work, application_id=family.case, again=False, idempotency_key=new_key()
        )
    assert under_way.value.code is ProblemCode.ALREADY_DONE
    await answered(work, family)
    with pytest.raises(Conflict) as still_good:
        await request_means_check(
            officer, work, application_id=family.case, again=False, idempotency_key=new_key()
        )
    assert still_good.value.code is ProblemCode.ALREADY_DONE
    key = new_key()
    for _ in range(2):
        await request_means_check(officer, work, application_id=family.case, again=True, idempotency_key=key)
    held = await means_checks(officer, family.case)
    assert [(row.number, row.state.value) for row in held] == [(2, "AUTHORISING"), (1, "ANSWERED")]


async def test_officers_elsewhere_see_and_begin_nothing(work: Casework, family: Family) -> None:
    check = await answered(work, family)
    here = await officer_of(work)
    elsewhere = replace(here, division="440106")
    assert list(await means_checks(elsewhere, family.case)) == []
    with pytest.raises(NotFound):
        await request_means_check(
            elsewhere, work, application_id=family.case, again=True, idempotency_key=new_key()
        )
    with pytest.raises(NotFound):
        await open_answer(elsewhere, work, check_id=check["id"], reason=LookReason.DECIDE_CASE)


async def test_who_opens_too_many_is_stopped(work: Casework, family: Family) -> None:
    check = await answered(work, family)
    officer = await officer_of(work)
    for _ in range(60):
        await work.resources.shared.limit(OPENS, "means-check", str(officer.officer_id))
    with pytest.raises(TooMany):
        await open_answer(officer, work, check_id=check["id"], reason=LookReason.DECIDE_CASE)


async def test_before_acceptance_and_without_the_step_nothing_is_checked(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    officer = await officer_of(work)
    waiting = await means.applied(citizen, work, accepted=False)
    with pytest.raises(Conflict):
        await request_means_check(
            officer, work, application_id=waiting, again=False, idempotency_key=new_key()
        )
    other = await means.authorised(citizen, work, new_human(outside_world))
    with pytest.raises(Forbidden):
        await request_means_check(officer, work, application_id=other, again=False, idempotency_key=new_key())
    assert await fetch("SELECT 1 FROM means_check") == []


async def test_a_check_whose_job_got_lost_is_woken(work: Casework, family: Family) -> None:
    await fetch("DELETE FROM pgqueuer")
    with clock.shifted(timedelta(minutes=1)):
        assert (await wake_checks(), await wake_checks()) == (1, 0)
    assert await cases.queued() == [("check_means", str(family.case))]
