"""What a province tells us: in its order, each thing once, and nothing of it from anybody else."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from backend.casework.applications.decisions import open_decision
from backend.casework.applications.queries import Decision
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.database.shared import shared_state
from backend.exchange.inbound import apply_waiting, wake_waiting
from backend.exchange.models import Outcome
from backend.exchange.queries import StuckEvent, stuck_events, unapplied_events
from backend.keys import SandboxKeys
from backend.kit import clock
from backend.kit.ids import new_id
from backend.web.callbacks import MAX_BODY
from integrations.sandbox.province.scenario import Mode
from tests.backend.exchange.conftest import Counted, client_of, lodged, number_of
from tests.support import cases
from tests.support.province import Platform, message
from tests.support.rows import count


async def outcomes() -> list[tuple[int, str]]:
    rows = await fetch("SELECT sequence, outcome FROM inbound_event ORDER BY sequence, id")
    return [(row["sequence"], row["outcome"]) for row in rows]


BEFORE = ["STARTED", "SUBMITTED", "NUMBERED", "LODGED"]


async def untouched(application_id: UUID) -> None:
    """Nothing was kept, queued or told."""
    assert await outcomes() == []
    assert await cases.queued() == []
    assert await cases.timeline(application_id) == BEFORE
    assert (await cases.row_of(application_id))["state"] == "SUBMITTED"


async def test_acceptance_and_approval_are_kept_sealed_applied_and_ordered_a_document(
    house: Casework, platform: Platform, counted: Counted, case: UUID
) -> None:
    number = await number_of(case)
    assert await platform.say(number, "2", "1") == (200, "RECEIVED")
    assert await cases.queued() == [("apply_province_events", str(case))]
    assert await apply_waiting(house, case) == 1
    row = await cases.row_of(case)
    assert (row["state"], row["result_sealed"]) == ("ACCEPTED", None)

    assert await platform.say(
        number,
        "4",
        "0",
        sequence=2,
        resultNo="浙民决字1号",
        result={"monthlyFen": 10_000, "from": "2026-12"},
    ) == (200, "RECEIVED")
    rows = repr([dict(row) for row in await fetch("SELECT * FROM inbound_event")])
    assert "浙民决字1号" not in rows
    assert await apply_waiting(house, case) == 1

    row = await cases.row_of(case)
    assert row["state"] == "APPROVED"
    assert open_decision(house, case, row["result_sealed"]) == Decision(
        True, None, "浙民决字1号", 10_000, "2026-12"
    )
    assert await cases.timeline(case) == [*BEFORE, "ACCEPTED", "APPROVED"]
    assert await outcomes() == [(1, "APPLIED"), (2, "APPLIED")]
    assert (await cases.queued())[-1] == ("issue_certificate", str(case))
    assert counted == [("33", "RECEIVED"), ("33", "RECEIVED")]
    told = await fetch(
        "SELECT actor, detail FROM case_event WHERE application_id = $1 AND sequence > 4", case
    )
    assert {row["actor"] for row in told} == {"machine:province-33"}
    assert all('"happenedAt"' in row["detail"] for row in told)


@pytest.mark.parametrize(
    ("said", "happened"),
    [
        ([("2", "2")], ["NOT_ACCEPTED"]),
        ([("2", "1"), ("4", "1")], ["ACCEPTED", "REFUSED"]),
    ],
)
async def test_a_no_is_kept_with_its_reason(
    house: Casework,
    platform: Platform,
    case: UUID,
    said: list[tuple[str, str]],
    happened: list[str],
) -> None:
    number = await number_of(case)
    for sequence, (link, result) in enumerate(said, 1):
        await platform.say(number, link, result, sequence=sequence, reason="不属于本机关职权范围。")
    assert await apply_waiting(house, case) == len(said)

    row = await cases.row_of(case)
    assert row["state"] == happened[-1]
    assert open_decision(house, case, row["result_sealed"]) == Decision(
        False, "不属于本机关职权范围。", None, None, None
    )
    assert await cases.timeline(case) == [*BEFORE, *happened]


async def test_a_figure_of_another_shape_is_left_out(house: Casework, platform: Platform, case: UUID) -> None:
    number = await number_of(case)
    await platform.say(number, "2", "1")
    await platform.say(number, "4", "6", sequence=2, result={"monthlyFen": True, "from": 202612})
    await apply_waiting(house, case)
    sealed = (await cases.row_of(case))["result_sealed"]
    assert open_decision(house, case, sealed) == Decision(True, None, None, None, None)


async def test_messages_out_of_order_wait_for_the_one_that_is_missing(
    house: Casework, platform: Platform, case: UUID
) -> None:
    number = await number_of(case)
    await platform.say(number, "4", "0", sequence=2)
    assert await apply_waiting(house, case) == 0
    assert await cases.timeline(case) == BEFORE
    assert await unapplied_events() == {"WAITING": 1, "IMPOSSIBLE": 0}
    (gap,) = await stuck_events(clock.now(), 10)
    assert gap == StuckEvent(case, "33", 2, Outcome.WAITING, gap.since)
    assert await stuck_events(clock.now() - timedelta(hours=1), 10) == []

    await platform.say(number, "2", "1", sequence=1)
    assert await apply_waiting(house, case) == 2
    assert await cases.timeline(case) == [*BEFORE, "ACCEPTED", "APPROVED"]
    assert await unapplied_events() == {"WAITING": 0, "IMPOSSIBLE": 0}


async def test_messages_wait_until_the_handover_is_on_record(
    house: Casework, platform: Platform, waiting: UUID
) -> None:
    number = await number_of(waiting)
    assert await platform.say(number, "2", "1") == (200, "RECEIVED")
    assert await apply_waiting(house, waiting) == 0
    await lodged(house, waiting)
    assert await apply_waiting(house, waiting) == 1
    assert await cases.timeline(waiting) == [*BEFORE, "ACCEPTED"]


async def test_the_same_message_twice_takes_effect_once(
    house: Casework, platform: Platform, counted: Counted, case: UUID
) -> None:
    number = await number_of(case)
    answers = await asyncio.gather(*(platform.say(number, "2", "1") for _ in range(3)))
    assert sorted(answers) == [(200, "KNOWN"), (200, "KNOWN"), (200, "RECEIVED")]
    assert await apply_waiting(house, case) == 1
    assert await platform.say(number, "2", "1") == (200, "KNOWN")
    assert await apply_waiting(house, case) == 0
    assert await outcomes() == [(1, "APPLIED")]
    assert await cases.timeline(case) == [*BEFORE, "ACCEPTED"]
    assert counted.count(("33", "KNOWN")) == 3


async def test_workers_beside_each_other_apply_a_message_once(
    house: Casework, platform: Platform, case: UUID
) -> None:
    number = await number_of(case)
    await platform.say(number, "2", "1")
    await platform.say(number, "4", "0", sequence=2)
    settled = await asyncio.gather(*(apply_waiting(house, case) for _ in range(4)))
    assert sum(settled) == 2
    assert await cases.timeline(case) == [*BEFORE, "ACCEPTED", "APPROVED"]


async def test_what_contradicts_the_life_of_the_case_is_counted_and_changes_nothing(
    house: Casework, platform: Platform, case: UUID
) -> None:
    number = await number_of(case)
    await platform.say(number, "4", "0", sequence=1, resultNo="早了")
    await platform.say(number, "2", "1", sequence=2)
    await platform.say(number, "2", "1", sequence=2, eventId="another")
    with capture_logs() as logs:
        assert await apply_waiting(house, case) == 3

    row = await cases.row_of(case)
    assert (row["state"], row["result_sealed"]) == ("ACCEPTED", None)
    assert await outcomes() == [(1, "IMPOSSIBLE"), (2, "APPLIED"), (2, "IMPOSSIBLE")]
    assert await cases.timeline(case) == [*BEFORE, "ACCEPTED"]
    assert await unapplied_events() == {"WAITING": 0, "IMPOSSIBLE": 2}
    assert [(one.sequence, one.outcome) for one in await stuck_events(clock.now(), 10)] == [
        (1, Outcome.IMPOSSIBLE),
        (2, Outcome.IMPOSSIBLE),
    ]
    told = [log for log in logs if log["event"] == "province_event_impossible"]
    assert [(log["kind"], log["state"]) for log in told] == [
        ("APPROVED", "SUBMITTED"),
        ("ACCEPTED", "ACCEPTED"),
    ]
    assert "issue_certificate" not in dict(await cases.queued())


async def test_a_message_under_another_number_of_theirs_has_no_effect(
    house: Casework, platform: Platform, waiting: UUID
) -> None:
    """Kept before the receipt said which number is theirs, and then found to be about something else."""
    number = await number_of(waiting)
    assert await platform.say(number, "2", "1", externalCaseNo="ZJ2") == (200, "RECEIVED")
    await lodged(house, waiting)
    assert await apply_waiting(house, waiting) == 1
    assert await outcomes() == [(1, "IMPOSSIBLE")]
    assert await cases.timeline(waiting) == BEFORE
    assert await platform.say(number, "2", "1", externalCaseNo="ZJ2", sequence=2) == (404, "NOT_FOUND")


@pytest.mark.parametrize("number", ["nothing", "9" * 64, "没有"])
async def test_an_unknown_case_changes_nothing(
    platform: Platform, counted: Counted, case: UUID, number: str
) -> None:
    assert await platform.say(number, "2", "1") == (404, "NOT_FOUND")
    assert counted == [("33", "NOT_FOUND")]
    await untouched(case)


async def test_a_case_of_another_province_is_unknown_here(platform: Platform, case: UUID) -> None:
    await fetch("UPDATE delivery SET region = '37'")
    assert await platform.say(await number_of(case), "2", "1") == (404, "NOT_FOUND")
    await untouched(case)


@pytest.mark.parametrize("mode", [Mode.BAD_SIGNATURE, Mode.STALE_STAMP])
async def test_what_is_not_soundly_signed_changes_nothing(
    platform: Platform, counted: Counted, case: UUID, mode: Mode
) -> None:
    body = message(await number_of(case), "2", "1")
    with capture_logs() as logs:
        assert await platform.send(body, platform.signed(body, mode=mode)) == (401, "FORBIDDEN")
        assert await platform.send(body, {"x-app-id": "somebody"}) == (401, "FORBIDDEN")
    assert counted == 2 * [("33", "FORBIDDEN")]
    assert [log["outcome"] for log in logs if log["event"] == "province_callback_refused"] == 2 * [
        "FORBIDDEN"
    ]
    await untouched(case)


async def test_an_altered_message_changes_nothing(platform: Platform, case: UUID) -> None:
    body = message(await number_of(case), "2", "1")
    headers = platform.signed(body)
    assert await platform.send(body.replace(b'"resultCode":"1"', b'"resultCode":"2"'), headers) == (
        401,
        "FORBIDDEN",
    )
    assert await platform.send(body, headers, path="/callbacks/provinces/33?a=1") == (401, "FORBIDDEN")
    await untouched(case)


async def test_a_replay_is_refused_and_counted(
    house: Casework, platform: Platform, counted: Counted, case: UUID
) -> None:
    body = message(await number_of(case), "2", "1")
    headers = platform.signed(body)
    answers = await asyncio.gather(*(platform.send(body, headers) for _ in range(3)))
    assert sorted(answers) == [(200, "RECEIVED"), (409, "REPLAYED"), (409, "REPLAYED")]
    other = message(await number_of(case), "4", "0", sequence=2)
    assert await platform.send(other, platform.signed(other)) == (200, "RECEIVED")
    assert sorted(counted) == [
        ("33", "RECEIVED"),
        ("33", "RECEIVED"),
        ("33", "REPLAYED"),
        ("33", "REPLAYED"),
    ]
    assert await count("inbound_event") == 2
    with clock.shifted(timedelta(minutes=16)):  # the nonce is forgotten, but then the stamp is stale
        assert await platform.send(body, headers) == (401, "FORBIDDEN")


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": 0},
        {"sequence": 2**31},
        {"sequence": "first"},
        {"linkCode": "3"},
        {"resultCode": "9"},
        {"caseNo": ""},
        {"caseNo": "a\0b"},
        {"eventId": ""},
        {"eventId": "a\0b"},
        {"externalCaseNo": "x" * 65},
        {"happenedAt": "yesterday"},
        {"reason": "x" * 2001},
        {"result": []},
    ],
)
async def test_a_message_that_cannot_be_read_changes_nothing(
    platform: Platform, counted: Counted, case: UUID, change: dict[str, object]
) -> None:
    assert await platform.say(await number_of(case), "2", "1", **change) == (400, "INVALID_INPUT")
    assert counted == [("33", "INVALID_INPUT")]
    await untouched(case)


@pytest.mark.parametrize("body", [b"", b"null", b"[1]", b"\xff\xfe", b"{" * 1000])
async def test_a_body_that_is_no_message_changes_nothing(platform: Platform, case: UUID, body: bytes) -> None:
    assert await platform.send(body) == (400, "INVALID_INPUT")
    await untouched(case)


async def test_a_body_that_never_ends_is_not_read_to_the_end(
    platform: Platform, counted: Counted, case: UUID
) -> None:
    assert await platform.send(b"x" * (MAX_BODY + 1)) == (413, "TOO_LARGE")
    assert counted == [("33", "TOO_LARGE")]
    await untouched(case)


async def test_a_province_that_is_not_connected_is_not_there(
    platform: Platform, counted: Counted, case: UUID
) -> None:
    body = message(await number_of(case), "2", "1")
    assert await platform.send(body, path="/callbacks/provinces/37") == (404, "NOT_FOUND")
    assert counted == [("unknown", "NOT_FOUND")]
    await untouched(case)


async def test_while_nonces_cannot_be_remembered_nothing_is_taken(
    house: Casework, counted: Counted, sandbox_keys: SandboxKeys, case: UUID
) -> None:
    async with shared_state("redis://127.0.0.1:1/0") as gone:
        forgetful = replace(house, resources=replace(house.resources, shared=gone))
        async with client_of(forgetful, counted) as client:
            platform = Platform(client, sandbox_keys)
            assert await platform.say(await number_of(case), "2", "1") == (503, "UPSTREAM_UNAVAILABLE")
    assert counted == [("33", "UPSTREAM_UNAVAILABLE")]
    await untouched(case)


async def test_only_messages_that_can_be_applied_and_have_no_job_are_woken(
    house: Casework, platform: Platform, case: UUID
) -> None:
    number = await number_of(case)
    await platform.say(number, "4", "0", sequence=2)
    await fetch("DELETE FROM pgqueuer")
    with clock.shifted(timedelta(minutes=1)):
        assert await wake_waiting() == 0  # the first is missing
    await platform.say(number, "2", "1", sequence=1)
    assert await wake_waiting() == 0  # has a job, and did not wait for long
    with clock.shifted(timedelta(minutes=1)):
        assert await wake_waiting() == 0  # has a job
        await fetch("DELETE FROM pgqueuer")
        assert await wake_waiting() == 1
        assert await wake_waiting() == 0
    assert await cases.queued() == [("apply_province_events", str(case))]
    assert await apply_waiting(house, new_id()) == 0
