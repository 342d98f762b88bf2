"""What can be evaluated, by which way, until when, and what nobody sees too early."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from backend.casework.appointments import check_in as desk
from backend.casework.appointments.actions import confirm
from backend.casework.evaluations.actions import (
    CODE_REFUSED,
    FORGED,
    NO_SUCH_SERVICE,
    NOT_ENDED,
    ONCE_ONLY,
    RATED_YOURSELF,
    TOO_LATE,
    Words,
    evaluate_by_code,
    evaluate_service,
    offer_evaluation,
    record_evaluation,
)
from backend.casework.evaluations.following import ask_to_evaluate, follow_evaluations
from backend.casework.evaluations.indicators import NO_SUCH_TAG, TOO_MANY_TAGS
from backend.casework.evaluations.models import EvaluationChannel, ServiceKind
from backend.casework.evaluations.queries import loops, service, services
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode
from backend.kit import clock
from backend.kit.ids import new_id
from backend.viewer import Anonymous, Citizen, OfficerRole
from tests.support import cases
from tests.support.appointments import HALL, at, booked, offered, slot_ids
from tests.support.evaluations import clerk, end, ended, told
from tests.support.people import at_the_desk, bound, new_key
from tests.support.rows import count
from tests.support.sandbox import OutsideSandbox

INTAKE, APPROVAL = OfficerRole.INTAKE, OfficerRole.APPROVAL
DEVICE = Anonymous(address="192.0.2.7")


async def by_code(work: Casework, code: str, level: int = 5, key: str | None = None) -> UUID:
    return await evaluate_by_code(
        DEVICE, work, code=code, said=Words(level), idempotency_key=key or new_key()
    )


async def test_who_says_nothing_is_asked_once_after_three_days(citizen: Citizen, work: Casework) -> None:
    await ended(citizen, work)
    assert await ask_to_evaluate(work) == 0
    with clock.shifted(timedelta(days=3, minutes=1)):
        done = await asyncio.gather(ask_to_evaluate(work), ask_to_evaluate(work))
        assert (sorted(done), await ask_to_evaluate(work)) == ([0, 1], 0)
    assert await told() == ["EVALUATION_ASKED"]
    said = await ended(citizen, work)
    (waiting,) = [
        one
        for one in await services(citizen, before=None, limit=5, waiting_only=True)
        if one.application_id == said
    ]
    await evaluate_service(
        citizen, work, event_id=waiting.id, said=Words(4, ["ONLINE_SPEED_GOOD"]), idempotency_key=new_key()
    )
    with clock.shifted(timedelta(days=4)):
        assert await follow_evaluations(work) == 0
    assert await told() == ["EVALUATION_ASKED"]


async def test_after_thirty_days_it_is_too_late(citizen: Citizen, work: Casework) -> None:
    await ended(citizen, work)
    (waiting,) = await services(citizen, before=None, limit=5)
    with clock.shifted(timedelta(days=30, minutes=1)):
        with pytest.raises(Conflict) as late:
            await evaluate_service(
                citizen, work, event_id=waiting.id, said=Words(5), idempotency_key=new_key()
            )
        assert not await services(citizen, before=None, limit=5, waiting_only=True)
        with pytest.raises(NotFound) as gone:
            await service(citizen, new_id())
    assert gone.value.message == NO_SUCH_SERVICE
    assert late.value.message == TOO_LATE
    assert await count("evaluation") == 0


async def test_a_code_is_good_once_and_says_nothing_about_anybody(citizen: Citizen, work: Casework) -> None:
    officer = await clerk(INTAKE)
    case = await ended(citizen, work)
    given = await offer_evaluation(officer, work, application_id=case, appointment_id=None, item_code=None)
    assert given.code not in str([dict(row) for row in await fetch("SELECT * FROM service_event")])
    key = new_key()
    told_ = [await by_code(work, f" {given.code.lower()} ", 2, key) for _ in range(2)]
    assert told_ == [given.event_id] * 2
    [row] = await fetch("SELECT application_id, person_id, level, channel, entered_by FROM evaluation")
    assert tuple(row) == (case, None, 2, "DEVICE", None)
    for code in (given.code, "A" * 10, "", "💥" * 400):
        with pytest.raises(Invalid) as refusal:
            await by_code(work, code)
        assert (refusal.value.code, refusal.value.message) == (ProblemCode.CODE_REFUSED, CODE_REFUSED)
    with pytest.raises(Conflict) as again:
        await offer_evaluation(officer, work, application_id=case, appointment_id=None, item_code=None)
    assert again.value.message == ONCE_ONLY
    walk_in = await offer_evaluation(
        officer, work, application_id=None, appointment_id=None, item_code=cases.ITEM.base_code
    )
    with clock.shifted(timedelta(minutes=16)), pytest.raises(Invalid):
        await by_code(work, walk_in.code)
    raced = await asyncio.gather(*(by_code(work, walk_in.code) for _ in range(3)), return_exceptions=True)
    assert sorted(isinstance(one, UUID) for one in raced) == [False, False, True]
    assert (await count("evaluation"), work.resources.tally.of(FORGED)) == (2, 7)


async def test_what_is_told_by_phone_or_on_paper_is_marked_and_never_entered_by_who_is_rated(
    citizen: Citizen, work: Casework
) -> None:
    rated, other = await clerk(INTAKE), await clerk(INTAKE)
    case = await ended(citizen, work, rated)

    async def entered(officer: object, channel: EvaluationChannel, case_id: UUID) -> UUID:
        return await record_evaluation(
            officer,  # type: ignore[arg-type]  # an officer, from above
            work,
            event_id=None,
            application_id=case_id,
            channel=channel,
            said=Words(2, ["SITE_MANNER_BAD"], "态度不好"),
            idempotency_key=new_key(),
        )

    with pytest.raises(Forbidden) as refusal:
        await entered(rated, EvaluationChannel.PAPER, case)
    assert refusal.value.message == RATED_YOURSELF
    with pytest.raises(Invalid):
        await entered(other, EvaluationChannel.MINI_PROGRAM, case)
    with pytest.raises(NotFound):
        await entered(await clerk(INTAKE, division="330522"), EvaluationChannel.PHONE, case)
    running = await cases.submitted(citizen, work)
    with pytest.raises(Conflict) as early:
        await entered(other, EvaluationChannel.PHONE, running)
    assert early.value.message == NOT_ENDED
    await entered(other, EvaluationChannel.PAPER, case)
    [seen] = [one.evaluation for one in await services(citizen, before=None, limit=5)]
    assert seen is not None
    assert (seen.entered, seen.channel, seen.tags) == (True, EvaluationChannel.PAPER, ["SITE_MANNER_BAD"])
    [row] = await fetch("SELECT actor FROM case_event WHERE kind = 'EVALUATED'")
    assert row["actor"] == "machine:evaluations"  # who entered it stands in the audit trail only


async def test_a_visit_is_evaluated_at_once_and_shown_when_its_case_has_ended(
    citizen: Citizen, work: Casework
) -> None:
    officer = await clerk(INTAKE)
    case = await cases.submitted(citizen, work)
    given = await offer_evaluation(officer, work, application_id=case, appointment_id=None, item_code=None)
    again = await offer_evaluation(officer, work, application_id=case, appointment_id=None, item_code=None)
    assert again.event_id == given.event_id  # one visit a day to one officer
    with pytest.raises(Invalid):
        await by_code(work, given.code)  # the newer one counts
    await by_code(work, again.code, 1)
    looking = await clerk(APPROVAL)
    assert list(await loops(looking, state=None, late_only=False, before=None, limit=5)) == []
    assert await cases.timeline(case) == ["STARTED", "SUBMITTED", "NUMBERED"]
    await end(work, case)
    (loop,) = await loops(looking, state=None, late_only=False, before=None, limit=5)
    assert (loop.kind, loop.application_id, loop.evaluation.level) == (ServiceKind.VISIT, case, 1)
    assert list(await loops(officer, state=None, late_only=False, before=None, limit=5)) == []
    assert [one.kind for one in await services(citizen, before=None, limit=5, waiting_only=True)] == [
        ServiceKind.CASE
    ]


async def test_a_checked_in_appointment_is_a_visit(
    citizen: Citizen, work: Casework, outside_world: OutsideSandbox
) -> None:
    officer, _ = await at_the_desk(work.resources, INTAKE)
    [slot_id, _] = await slot_ids(await offered(HALL, organ_id=officer.organ_id))
    made = await booked(work, citizen, slot_id)
    await confirm(citizen, work, appointment_id=made.id)
    async with at(made.starts_at):
        await desk.check_in(officer, work.resources, code=None, appointment_id=made.id)
        given = await offer_evaluation(
            officer, work, application_id=None, appointment_id=made.id, item_code=None
        )
        (seen,) = await services(citizen, before=None, limit=5)
        assert (seen.id, seen.appointment_id) == (given.event_id, made.id)
        stranger = await bound(work.resources, outside_world)
        with pytest.raises(NotFound):
            await evaluate_service(stranger, work, event_id=seen.id, said=Words(5), idempotency_key=new_key())
        with pytest.raises(Invalid):
            await evaluate_service(
                citizen,
                work,
                event_id=seen.id,
                said=Words(5, ["ONLINE_EASE_GOOD"]),
                idempotency_key=new_key(),
            )
        answers = await asyncio.gather(
            by_code(work, given.code, 5),
            evaluate_service(citizen, work, event_id=seen.id, said=Words(5), idempotency_key=new_key()),
            return_exceptions=True,
        )
    assert [one for one in answers if isinstance(one, UUID)] == [seen.id]
    assert await count("evaluation") == 1


@pytest.mark.parametrize(
    ("level", "tags", "message"),
    [
        (5, ["ONLINE_SPEED_BAD"], NO_SUCH_TAG),
        (1, ["ONLINE_SPEED_GOOD"], NO_SUCH_TAG),
        (3, ["NONE"], NO_SUCH_TAG),
        (3, [f"ONLINE_{one}" for one in "ABCDEFG"], TOO_MANY_TAGS),
    ],
)
async def test_tags_fit_the_level(work: Casework, level: int, tags: list[str], message: object) -> None:
    with pytest.raises(Invalid) as refusal:
        await evaluate_by_code(DEVICE, work, code="A", said=Words(level, tags), idempotency_key=new_key())
    assert refusal.value.message == message
