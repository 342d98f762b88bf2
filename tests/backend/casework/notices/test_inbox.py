"""One notice of each event a citizen must know, made with it; and an inbox whose count is kept."""

import asyncio

import pytest

from backend.casework.applications.events import record_event
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.casework.notices.actions import mark_read, set_preferences
from backend.casework.notices.kinds import NoticeKind
from backend.casework.notices.queries import (
    Preferences,
    deliveries,
    notices,
    notices_of_case,
    preferences,
)
from backend.casework.notices.templates import BY_KIND, NOT_TOLD, TEMPLATES
from backend.database.record import fetch, transaction
from backend.errors import Invalid, Text
from backend.viewer import Citizen, Machine, OfficerRole
from tests.backend.casework.notices.conftest import Reached, notices_of
from tests.support import cases
from tests.support.people import at_the_desk, new_key
from tests.support.rows import count
from tests.support.sandbox import OutsideSandbox


async def unread(citizen: Citizen) -> tuple[int, int]:
    """As kept, and as counted."""
    rows = await fetch(
        "SELECT count(*) AS held FROM notice WHERE person_id = $1 AND read_at IS NULL", citizen.person_id
    )
    return (await preferences(citizen)).unread, rows[0]["held"]


async def test_a_case_is_told_from_receipt_to_result(work: Casework, reached: Reached) -> None:
    application_id = await cases.completed(reached.citizen, work)
    held = await notices_of(application_id)
    assert [row["kind"] for row in held] == ["RECEIVED", "ACCEPTED", "APPROVED", "RESULT_READY"]
    assert await unread(reached.citizen) == (4, 4)


async def test_a_notice_names_item_organ_and_date_in_both_languages_and_plainly(
    work: Casework, reached: Reached
) -> None:
    await cases.submitted(reached.citizen, work)
    (row,) = await notices(reached.citizen, before=None, limit=10)
    due = row.due_on
    assert row.title == Text("已收到您的申请", "Your application was received")
    full, plain = row.words(work.standards)
    assert full.zh == (f"德清县民政局已收到您的“高龄津贴发放”申请，将在{due}前办结，受理情况会再通知您。")
    assert plain == Text(
        f"您申请的“高龄津贴发放”收到了，最晚{due}有结果。",
        f"We have your application for “Old-age allowance”. You will have an answer by {due}.",
    )


async def test_an_event_that_is_rolled_back_tells_nobody(work: Casework, reached: Reached) -> None:
    application_id = await cases.submitted(reached.citizen, work)

    async def fail() -> None:
        async with transaction() as tx:
            await record_event(
                tx,
                work,
                application_id,
                CaseEventKind.ACCEPTED,
                before=CaseState.SUBMITTED,
                actor=Machine("test"),
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert [row["kind"] for row in await notices_of(application_id)] == ["RECEIVED"]
    assert await unread(reached.citizen) == (1, 1)


async def test_reading_some_or_all_keeps_the_count(work: Casework, reached: Reached) -> None:
    citizen, shared = reached.citizen, work.resources.shared
    await cases.completed(citizen, work)
    newest, *_ = await notices(citizen, before=None, limit=10)
    key = new_key()
    for _ in range(2):
        await mark_read(citizen, shared, notice_ids=[newest.id], idempotency_key=key)
    assert await unread(citizen) == (3, 3)
    await mark_read(citizen, shared, notice_ids=[newest.id], idempotency_key=new_key())
    assert await unread(citizen) == (3, 3)
    await mark_read(citizen, shared, notice_ids=None, idempotency_key=new_key())
    assert await unread(citizen) == (0, 0)
    assert list(await notices(citizen, before=None, limit=10, unread_only=True)) == []


async def test_marking_and_telling_at_once_keeps_the_count(work: Casework, reached: Reached) -> None:
    citizen, shared = reached.citizen, work.resources.shared
    application_id = await cases.submitted(citizen, work)
    await asyncio.gather(
        cases.decide(work, application_id),
        *(mark_read(citizen, shared, notice_ids=None, idempotency_key=new_key()) for _ in range(4)),
    )
    kept, counted = await unread(citizen)
    assert kept == counted


async def test_somebody_elses_notice_is_neither_seen_nor_marked(
    work: Casework, reached: Reached, outside_world: OutsideSandbox
) -> None:
    await cases.submitted(reached.citizen, work)
    (row,) = await notices(reached.citizen, before=None, limit=10)
    stranger = await cases.proven(work.resources, outside_world)
    await mark_read(stranger, work.resources.shared, notice_ids=[row.id], idempotency_key=new_key())
    assert list(await notices(stranger, before=None, limit=10)) == []
    assert await unread(reached.citizen) == (1, 1)
    assert await unread(stranger) == (0, 0)


async def test_pages_follow_one_another(work: Casework, reached: Reached) -> None:
    await cases.completed(reached.citizen, work)
    first = await notices(reached.citizen, before=None, limit=3)
    rest = await notices(reached.citizen, before=first[-1].id, limit=3)
    assert [row.kind.value for row in (*first, *rest)] == ["RESULT_READY", "APPROVED", "ACCEPTED", "RECEIVED"]


async def test_preferences_are_kept_and_bad_ones_refused(work: Casework, reached: Reached) -> None:
    wanted = Preferences(0, False, False, True, "en", 22 * 60, 6 * 60)
    told = {name: getattr(wanted, name) for name in Preferences.__slots__ if name != "unread"}
    await set_preferences(reached.citizen, **told, idempotency_key=new_key())
    assert await preferences(reached.citizen) == wanted
    for wrong, field in (({"quiet_from": 1440}, "quietFrom"), ({"language": "tlh"}, "language")):
        with pytest.raises(Invalid) as refusal:
            await set_preferences(reached.citizen, **{**told, **wrong}, idempotency_key=new_key())
        assert [problem.path for problem in refusal.value.fields] == [("input", field)]
    assert await preferences(reached.citizen) == wanted


async def test_an_officer_of_the_division_sees_what_became_of_it_and_nobody_else(
    work: Casework, reached: Reached
) -> None:
    application_id = await cases.submitted(reached.citizen, work)
    officer, _ = await at_the_desk(work.resources, OfficerRole.INTAKE)
    (row,) = await notices_of_case(officer, application_id, before=None, limit=10)
    assert await deliveries([row.id]) == {row.id: []}
    counting, _ = await at_the_desk(work.resources, OfficerRole.STATISTICS, login="li")
    assert list(await notices_of_case(counting, application_id, before=None, limit=10)) == []


def test_every_notice_is_short_enough_for_its_platforms() -> None:
    assert set(BY_KIND) == set(NoticeKind)
    assert (set(TEMPLATES) | NOT_TOLD, set(TEMPLATES) & NOT_TOLD) == (set(CaseEventKind), set())
    too_long = [
        (template.kind, words)
        for template in BY_KIND.values()
        for text in (template.status, template.hint)
        for words in (text.zh, text.en)
        if len(words) > 20
    ]
    assert too_long == []


async def test_nothing_of_a_person_is_in_a_notice(work: Casework, reached: Reached) -> None:
    await cases.completed(reached.citizen, work)
    rows = await fetch("SELECT * FROM notice")
    told = str([dict(row) for row in rows])
    for row in await notices(reached.citizen, before=None, limit=10):
        told += str(row.words(work.standards))
    assert [secret for secret in map(str, cases.ANSWERS.values()) if len(secret) > 5 and secret in told] == []
    assert await count("notice") == 4
