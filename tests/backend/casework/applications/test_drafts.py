"""Starting a case and filling it in."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from backend.casework.applications.actions import (
    NO_SUCH_CASE,
    open_answers,
    save_answers,
    start_application,
)
from backend.casework.applications.events import STALE
from backend.casework.lifecycle import NOT_A_DRAFT
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Conflict, Invalid, NotFound, ProblemCode, Refusal
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.sealing import CannotOpen
from backend.viewer import Citizen
from tests.support import cases
from tests.support.people import bound, new_key
from tests.support.rows import count
from tests.support.sandbox import OutsideSandbox


async def start(citizen: Citizen, work: Casework, *, key: str | None = None, **given: str) -> UUID:
    return await start_application(
        citizen,
        work,
        item_code=given.get("item_code", cases.ITEM.base_code),
        division=given.get("division", cases.HOME),
        idempotency_key=key or new_key(),
    )


async def save(
    citizen: Citizen,
    work: Casework,
    application_id: UUID,
    answers: dict[str, object],
    *,
    version: int = 1,
    key: str | None = None,
) -> UUID:
    return await save_answers(
        citizen,
        work,
        application_id=application_id,
        answers=answers,
        version=version,
        idempotency_key=key or new_key(),
    )


async def kept(work: Casework, application_id: UUID) -> tuple[int, dict[str, object]]:
    row = await cases.row_of(application_id)
    return row["version"], open_answers(work, application_id, row["answers_sealed"])


async def test_a_draft_keeps_the_edition_that_was_in_force(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(work.resources, outside_world)
    application_id = await start(citizen, work)
    await cases.publish(work, minimum_age=85)

    row = await cases.row_of(application_id)
    told = [row[name] for name in ("person_id", "division", "task_code", "organ_name", "promised_days")]
    assert told == [citizen.person_id, cases.HOME, cases.TASK_CODE, cases.ORGAN_NAME, 10]
    assert row["figures"] == '{"minimum_age": 80, "monthly_fen": 10000}'
    assert (row["state"], row["version"], row["last_sequence"], row["case_number"]) == ("DRAFT", 1, 1, None)
    assert await cases.timeline(application_id) == ["STARTED"]
    assert await cases.queued() == []


async def test_starting_again_with_the_same_key_is_the_same_draft(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(work.resources, outside_world)
    key = new_key()

    started = await asyncio.gather(*(start(citizen, work, key=key) for _ in range(4)))

    assert len(set(started)) == 1
    assert (await count("application"), await count("case_event")) == (1, 1)
    await cases.publish(work, "330114")
    with pytest.raises(Conflict) as refusal:
        await start(citizen, work, key=key, division="330114")
    assert refusal.value.code is ProblemCode.IDEMPOTENCY_KEY_REUSED
    assert await count("application") == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"item_code": "000000000000"}, ProblemCode.UNKNOWN_ITEM),
        ({"item_code": ""}, ProblemCode.UNKNOWN_ITEM),
        ({"item_code": "\0"}, ProblemCode.UNKNOWN_ITEM),
        ({"division": "999999"}, ProblemCode.UNKNOWN_DIVISION),
        ({"division": "33052"}, ProblemCode.UNKNOWN_DIVISION),
        ({"division": "３３０５２１"}, ProblemCode.UNKNOWN_DIVISION),
        ({"division": "110101"}, ProblemCode.WRONG_DIVISION),
        ({"division": "330000"}, ProblemCode.WRONG_DIVISION),
    ],
)
async def test_an_unknown_item_or_place_starts_nothing(
    work: Casework, outside_world: OutsideSandbox, given: dict[str, str], code: ProblemCode
) -> None:
    citizen = await bound(work.resources, outside_world)

    with pytest.raises(NotFound) as refusal:
        await start(citizen, work, **given)

    assert refusal.value.code is code
    for table in ("application", "case_event"):
        assert await count(table) == 0


async def test_answers_may_come_bit_by_bit(work: Casework, outside_world: OutsideSandbox) -> None:
    citizen = await bound(work.resources, outside_world)
    application_id = await start(citizen, work)

    assert await save(citizen, work, application_id, {"phone": "13800000000"}) == application_id
    assert await kept(work, application_id) == (2, {"phone": "13800000000"})
    await save(citizen, work, application_id, dict(cases.ANSWERS), version=2)
    assert await kept(work, application_id) == (3, cases.ANSWERS)
    assert await cases.timeline(application_id) == ["STARTED"]


async def test_answers_rest_sealed_and_tied_to_their_case(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(work.resources, outside_world)
    first, second = await start(citizen, work), await start(citizen, work)
    await save(citizen, work, first, dict(cases.ANSWERS))

    for table in ("application", "case_event", "idempotency_record", "audit_entry"):
        rows = repr(await fetch(f"SELECT * FROM {table}"))  # noqa: S608 - the names above
        assert [
            word for word in ("13800000000", "黄浦区人民大道", "622848001234567890") if word in rows
        ] == []
    sealed = (await cases.row_of(first))["answers_sealed"]
    with pytest.raises(CannotOpen):
        open_answers(work, second, sealed)


@pytest.mark.parametrize(
    ("answers", "paths"),
    [
        ({"phone": "12345"}, ["phone"]),
        ({"phone": 13800000000}, ["phone"]),
        ({"address": ""}, ["address"]),
        ({"address": "沈" * 41}, ["address"]),
        ({"account": "1234 5678 9012"}, ["account"]),
        ({"elsewhere": "no"}, ["elsewhere"]),
        ({"undertaking": False}, ["undertaking"]),
        ({"elsewhere": None, "phone": "x", "shoeSize": 43}, ["elsewhere", "phone", "shoeSize"]),
    ],
)
async def test_a_wrong_answer_is_named_and_none_is_kept(
    work: Casework, outside_world: OutsideSandbox, answers: dict[str, object], paths: list[str]
) -> None:
    citizen = await bound(work.resources, outside_world)
    application_id = await start(citizen, work)
    claimed = await count("idempotency_record")

    with pytest.raises(Invalid) as refusal:
        await save(citizen, work, application_id, answers)

    assert refusal.value.code is ProblemCode.INVALID_ANSWERS
    assert sorted(wrong.path for wrong in refusal.value.fields) == [
        ("input", "answers", path) for path in paths
    ]
    assert await kept(work, application_id) == (1, {})
    assert await count("idempotency_record") == claimed


async def test_an_older_version_does_not_overwrite_a_newer_one(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(work.resources, outside_world)
    application_id = await start(citizen, work)
    await save(citizen, work, application_id, {"address": "在电脑上"})

    with pytest.raises(Conflict) as refusal:
        await save(citizen, work, application_id, {"address": "在手机上"})

    assert (refusal.value.code, refusal.value.message) == (ProblemCode.STALE_VERSION, STALE)
    assert await kept(work, application_id) == (2, {"address": "在电脑上"})


async def test_of_two_who_save_at_once_one_is_told(work: Casework, outside_world: OutsideSandbox) -> None:
    citizen = await bound(work.resources, outside_world)
    application_id = await start(citizen, work)

    answers = await asyncio.gather(
        *(save(citizen, work, application_id, {"address": place}) for place in ("甲", "乙", "丙")),
        return_exceptions=True,
    )

    assert sorted(str(getattr(answer, "code", "saved")) for answer in answers) == [
        "STALE_VERSION",
        "STALE_VERSION",
        "saved",
    ]
    assert (await kept(work, application_id))[0] == 2


async def test_saving_again_with_the_same_key_answers_the_same(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(work.resources, outside_world)
    application_id = await start(citizen, work)
    key = new_key()

    for _ in range(2):
        assert await save(citizen, work, application_id, {"address": "甲"}, key=key) == application_id
    assert await kept(work, application_id) == (2, {"address": "甲"})

    for answers, version in (({"address": "乙"}, 1), ({"address": "甲"}, 2)):
        with pytest.raises(Conflict) as refusal:
            await save(citizen, work, application_id, dict(answers), version=version, key=key)
        assert refusal.value.code is ProblemCode.IDEMPOTENCY_KEY_REUSED
    assert await kept(work, application_id) == (2, {"address": "甲"})


async def test_a_case_that_was_handed_in_is_closed_to_changes(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    application_id = await cases.submitted(citizen, work)
    row = await cases.row_of(application_id)

    with pytest.raises(Conflict) as refusal:
        await save(citizen, work, application_id, {"address": "别处"}, version=row["version"])

    assert (refusal.value.code, refusal.value.message) == (ProblemCode.ILLEGAL_STATE, NOT_A_DRAFT)
    assert await cases.row_of(application_id) == row


async def test_others_drafts_are_not_there(work: Casework, outside_world: OutsideSandbox) -> None:
    owner = await bound(work.resources, outside_world)
    stranger = await bound(work.resources, outside_world)
    application_id = await start(owner, work)

    for wanted in (application_id, new_id()):
        with pytest.raises(NotFound) as refusal:
            await save(stranger, work, wanted, {"address": "别处"})
        assert (refusal.value.code, refusal.value.message) == (ProblemCode.NOT_FOUND, NO_SUCH_CASE)
    assert await kept(work, application_id) == (1, {})


async def test_an_edition_that_is_not_in_force_yet_is_not_offered(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(work.resources, outside_world)
    with clock.shifted(timedelta(days=-400)), pytest.raises(Refusal) as refusal:
        await start(citizen, work)
    assert refusal.value.code is ProblemCode.WRONG_DIVISION
