"""Handing in a draft: everything is checked first, and it happens once or not at all."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from backend.casework.applications.actions import (
    REAL_NAME_FIRST,
    save_answers,
    start_application,
    submit_application,
)
from backend.casework.applications.completeness import MATERIALS_MISSING, NOT_ELIGIBLE
from backend.casework.applications.events import STALE
from backend.casework.catalogue.standards import Standards
from backend.casework.lifecycle import NOT_A_DRAFT, CaseState
from backend.casework.machine import Casework
from backend.casework.materials.actions import upload_material
from backend.database.shared import shared_state
from backend.errors import Conflict, Invalid, NotFound, ProblemCode, Refusal, StepUpNeeded, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.people.identity.ladder import PROVE_FIRST
from backend.viewer import AssuranceLevel, Citizen
from tests.support import cases
from tests.support.people import bound, new_human, new_key, signed_in
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox


async def submit(citizen: Citizen, work: Casework, application_id: UUID, key: str | None = None) -> UUID:
    return await submit_application(
        citizen, work, application_id=application_id, idempotency_key=key or new_key()
    )


async def nothing_happened(application_id: UUID) -> None:
    """A draft that is as it was: no number, no job, nothing said."""
    row = await cases.row_of(application_id)
    assert (row["state"], row["case_number"], row["submitted_at"], row["due_on"], row["assurance"]) == (
        "DRAFT",
        None,
        None,
        None,
        "",
    )
    assert await cases.timeline(application_id) == ["STARTED"]
    for table in ("number_series", "delivery", "pgqueuer"):
        assert (table, await count(table)) == (table, 0)


async def test_a_complete_draft_is_received_numbered_and_sent_on_its_way(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    application_id = await cases.filled(citizen, work)
    before = clock.now()

    assert await submit(citizen, work, application_id) == application_id

    row = await cases.row_of(application_id)
    today = clock.local(row["submitted_at"]).date()
    assert before <= row["submitted_at"] <= clock.now()
    assert row["state"] == CaseState.SUBMITTED
    assert row["case_number"] == f"{cases.TASK_CODE}{today:%Y%m%d}0001"
    assert len(row["case_number"]) == 43
    assert row["assurance"] == "VERIFIED/FACE_SELFIE"
    assert row["due_on"] == work.calendar.add_working_days(today, 10)
    assert await cases.timeline(application_id) == ["STARTED", "SUBMITTED", "NUMBERED"]
    assert (await told(f"person:{citizen.person_id}"))[-1] == "application_submitted"
    assert await cases.queued() == [("deliver_case", str(application_id))]
    assert (await count("delivery"), await count("number_series")) == (1, 1)


async def test_a_repeat_with_the_same_key_answers_the_same_and_does_nothing(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    application_id = await cases.filled(citizen, work)
    key = new_key()
    first = await submit(citizen, work, application_id, key)
    row, entries = await cases.row_of(application_id), await count("audit_entry")

    assert await submit(citizen, work, application_id, key) == first

    assert await cases.row_of(application_id) == row
    assert (await count("audit_entry"), await count("pgqueuer")) == (entries, 1)


async def test_a_key_is_good_for_one_request(work: Casework, outside_world: OutsideSandbox) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    first, second = await cases.filled(citizen, work), await cases.filled(citizen, work)
    key = new_key()
    await submit(citizen, work, first, key)

    with pytest.raises(Conflict) as refusal:
        await submit(citizen, work, second, key)

    assert refusal.value.code is ProblemCode.IDEMPOTENCY_KEY_REUSED
    assert (await cases.row_of(second))["state"] == CaseState.DRAFT
    assert await count("pgqueuer") == 1


async def test_what_was_handed_in_cannot_be_handed_in_again(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    application_id = await cases.submitted(citizen, work)

    with pytest.raises(Conflict) as refusal:
        await submit(citizen, work, application_id)

    assert (refusal.value.code, refusal.value.message) == (ProblemCode.ALREADY_DONE, NOT_A_DRAFT)
    assert await cases.timeline(application_id) == ["STARTED", "SUBMITTED", "NUMBERED"]
    assert await count("pgqueuer") == 1


async def test_beside_itself_it_happens_once_whatever_the_keys(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    application_id = await cases.filled(citizen, work)
    key = new_key()

    answers = await asyncio.gather(
        *(submit(citizen, work, application_id, key) for _ in range(4)),
        *(submit(citizen, work, application_id) for _ in range(4)),
        return_exceptions=True,
    )

    won = [answer for answer in answers if answer == application_id]
    lost = {answer.code for answer in answers if isinstance(answer, Refusal)}
    assert len(won) in {1, 4}  # the four with one key are one request
    assert len(won) + sum(isinstance(answer, Refusal) for answer in answers) == 8
    assert lost <= {ProblemCode.STALE_VERSION, ProblemCode.ALREADY_DONE}
    assert await cases.timeline(application_id) == ["STARTED", "SUBMITTED", "NUMBERED"]
    assert (await count("delivery"), await count("pgqueuer")) == (1, 1)
    assert (await told(f"person:{citizen.person_id}")).count("application_submitted") == 1


async def test_answers_that_change_meanwhile_are_not_handed_in_unseen(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    application_id = await cases.filled(citizen, work)
    version = (await cases.row_of(application_id))["version"]
    saved = {**cases.ANSWERS, "address": "浙江省德清县武康街道"}

    answers = await asyncio.gather(
        submit(citizen, work, application_id),
        save_answers(
            citizen,
            work,
            application_id=application_id,
            answers=saved,
            version=version,
            idempotency_key=new_key(),
        ),
        return_exceptions=True,
    )

    refused = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(refused) <= 1
    assert {one.message for one in refused} <= {STALE, NOT_A_DRAFT}
    happened = await cases.timeline(application_id)
    assert happened == (["STARTED"] if answers[0] in refused else ["STARTED", "SUBMITTED", "NUMBERED"])


async def test_who_has_proven_nothing_is_asked_to(work: Casework, outside_world: OutsideSandbox) -> None:
    citizen = await bound(work.resources, outside_world)
    application_id = await cases.filled(citizen, work)

    with pytest.raises(StepUpNeeded) as refusal:
        await submit(citizen, work, application_id)

    assert (refusal.value.code, refusal.value.message) == (ProblemCode.STEP_UP_NEEDED, PROVE_FIRST)
    await nothing_happened(application_id)


async def test_a_face_shown_on_another_device_proves_nothing_here(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    phone = await cases.proven(work.resources, outside_world, human)
    tablet = await bound(work.resources, outside_world, human)
    assert (tablet.person_id, tablet.claimed_id) == (None, phone.person_id)

    with pytest.raises(StepUpNeeded):
        await cases.filled(tablet, work)

    assert await count("application") == 0
    application_id = await cases.filled(phone, work)
    assert await submit(phone, work, application_id) == application_id


async def test_a_proof_that_ran_out_counts_no_more(work: Casework, outside_world: OutsideSandbox) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    application_id = await cases.filled(citizen, work)

    with clock.shifted(timedelta(minutes=31)), pytest.raises(StepUpNeeded):
        await submit(citizen, work, application_id)

    await nothing_happened(application_id)


async def test_an_item_may_ask_for_more_than_a_face(work: Casework, outside_world: OutsideSandbox) -> None:
    wanted = replace(cases.ITEM, assurance=AssuranceLevel.AUTHORITATIVE)
    strict = replace(work, standards=Standards.of([wanted]))
    citizen = await cases.proven(work.resources, outside_world)
    application_id = await cases.filled(citizen, strict)

    with pytest.raises(StepUpNeeded):
        await submit(citizen, strict, application_id)

    await nothing_happened(application_id)


async def test_a_missing_material_is_named(work: Casework, outside_world: OutsideSandbox) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    application_id = await cases.draft(citizen, work)
    await save_answers(
        citizen,
        work,
        application_id=application_id,
        answers=cases.ANSWERS,
        version=1,
        idempotency_key=new_key(),
    )
    await upload_material(
        citizen,
        work,
        application_id=application_id,
        code="note",
        file_name="note.png",
        content=cases.picture(),
        idempotency_key=new_key(),
    )

    with pytest.raises(Invalid) as refusal:
        await submit(citizen, work, application_id)

    assert (refusal.value.code, refusal.value.message) == (ProblemCode.MATERIAL_MISSING, MATERIALS_MISSING)
    assert [(wrong.path, wrong.message) for wrong in refusal.value.fields] == [
        (("materials", "card"), Text("请上传银行卡。", "Please upload: Card."))
    ]
    await nothing_happened(application_id)


async def test_missing_answers_are_named_one_by_one(work: Casework, outside_world: OutsideSandbox) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    application_id = await cases.filled(citizen, work, answers={"phone": "13800000000", "elsewhere": False})

    with pytest.raises(Invalid) as refusal:
        await submit(citizen, work, application_id)

    assert refusal.value.code is ProblemCode.INVALID_ANSWERS
    assert sorted(wrong.path for wrong in refusal.value.fields) == [
        ("input", "answers", "account"),
        ("input", "answers", "address"),
        ("input", "answers", "undertaking"),
    ]
    await nothing_happened(application_id)


@pytest.mark.parametrize(
    ("born", "answers", "rules"),
    [
        (date(1950, 1, 1), {}, ["age"]),
        (date(1943, 5, 12), {"elsewhere": True}, ["not_paid_elsewhere"]),
        (date(1950, 1, 1), {"elsewhere": True}, ["age", "not_paid_elsewhere"]),
    ],
)
async def test_who_does_not_meet_the_conditions_is_told_which(
    work: Casework,
    outside_world: OutsideSandbox,
    born: date,
    answers: dict[str, object],
    rules: list[str],
) -> None:
    citizen = await cases.proven(work.resources, outside_world, born=born)
    application_id = await cases.filled(citizen, work, answers={**cases.ANSWERS, **answers})

    with pytest.raises(Invalid) as refusal:
        await submit(citizen, work, application_id)

    assert (refusal.value.code, refusal.value.message) == (ProblemCode.NOT_ELIGIBLE, NOT_ELIGIBLE)
    assert [wrong.path for wrong in refusal.value.fields] == [("rules", rule) for rule in rules]
    await nothing_happened(application_id)


async def test_the_household_must_be_where_it_is_applied_for(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    await cases.publish(work, "330114")
    citizen = await cases.proven(work.resources, outside_world)
    application_id = await cases.draft(citizen, work, "330114")
    await save_answers(
        citizen,
        work,
        application_id=application_id,
        answers=cases.ANSWERS,
        version=1,
        idempotency_key=new_key(),
    )
    await upload_material(
        citizen,
        work,
        application_id=application_id,
        code="card",
        file_name="card.png",
        content=cases.picture(),
        idempotency_key=new_key(),
    )

    with pytest.raises(Invalid) as refusal:
        await submit(citizen, work, application_id)

    assert [wrong.path for wrong in refusal.value.fields] == [("rules", "household")]
    await nothing_happened(application_id)


async def test_somebody_elses_case_is_not_there(work: Casework, outside_world: OutsideSandbox) -> None:
    owner = await cases.proven(work.resources, outside_world)
    stranger = await cases.proven(work.resources, outside_world)
    application_id = await cases.filled(owner, work)

    for wanted in (application_id, new_id()):
        with pytest.raises(NotFound) as refusal:
            await submit(stranger, work, wanted)
        assert refusal.value.code is ProblemCode.NOT_FOUND

    await nothing_happened(application_id)


async def test_without_a_real_name_there_is_no_case(work: Casework, outside_world: OutsideSandbox) -> None:
    citizen, _ = await signed_in(work.resources, outside_world)

    for ask in (
        submit(citizen, work, new_id()),
        start_application(
            citizen, work, item_code=cases.ITEM.base_code, division=cases.HOME, idempotency_key=new_key()
        ),
    ):
        with pytest.raises(StepUpNeeded) as refusal:
            await ask
        assert refusal.value.message == REAL_NAME_FIRST
    assert await count("application") == 0


async def test_a_case_that_came_at_midnight_belongs_to_one_day(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    local = clock.local(clock.now())
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    with clock.shifted(midnight - local - timedelta(minutes=1)):
        citizen = await cases.proven(work.resources, outside_world)
        application_id = await cases.filled(citizen, work)
    # Checking takes longer than the hundredth of a second that is left of the day.
    with clock.shifted(midnight - clock.now() - timedelta(milliseconds=10)):
        await submit(citizen, work, application_id)

    row = await cases.row_of(application_id)
    assert row["case_number"][31:39] == f"{clock.local(row['submitted_at']):%Y%m%d}"


async def test_a_listener_that_cannot_be_told_changes_nothing(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    application_id = await cases.filled(citizen, work)

    async with shared_state("redis://127.0.0.1:1/0") as gone:
        deaf = replace(work, resources=replace(work.resources, shared=gone))
        assert await submit(citizen, deaf, application_id) == application_id

    assert await cases.timeline(application_id) == ["STARTED", "SUBMITTED", "NUMBERED"]
