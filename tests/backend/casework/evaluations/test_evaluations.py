"""好差评: once, by the applicant, after the end."""

import asyncio
from uuid import UUID

import pytest

from backend.casework.evaluations.actions import (
    NO_SUCH_LEVEL,
    NOT_ENDED,
    ONCE_ONLY,
    TOO_LONG,
    evaluate_application,
)
from backend.casework.evaluations.queries import levels_of
from backend.casework.lifecycle import CaseState
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Conflict, Invalid, NotFound, ProblemCode
from backend.kit.ids import new_id
from backend.viewer import Citizen
from tests.support import cases
from tests.support.people import bound, new_key
from tests.support.rows import count
from tests.support.sandbox import OutsideSandbox


async def evaluate(
    citizen: Citizen,
    work: Casework,
    application_id: UUID,
    *,
    level: int = 5,
    comment: str | None = None,
    key: str | None = None,
) -> UUID:
    return await evaluate_application(
        citizen,
        work,
        application_id=application_id,
        level=level,
        comment=comment,
        idempotency_key=key or new_key(),
    )


async def test_an_ended_case_is_evaluated_and_the_words_are_sealed(citizen: Citizen, work: Casework) -> None:
    application_id = await cases.completed(citizen, work)
    assert await evaluate(citizen, work, application_id, level=2, comment="等得太久") == application_id

    (row,) = await fetch("SELECT id, level, comment_sealed FROM evaluation")
    assert row["level"] == 2
    opened = work.resources.keys.ring.open(row["comment_sealed"], context=f"evaluation.comment:{row['id']}")
    assert opened.decode() == "等得太久"
    assert await levels_of([application_id, new_id()]) == {application_id: 2}
    assert (await cases.timeline(application_id))[-1] == "EVALUATED"
    assert (await cases.row_of(application_id))["state"] == "COMPLETED"
    for table in ("case_event", "audit_entry", "idempotency_record"):
        assert "等得太久" not in repr(await fetch(f"SELECT * FROM {table}"))  # noqa: S608 - the names above


async def test_words_are_not_asked_for(citizen: Citizen, work: Casework) -> None:
    for comment in (None, ""):
        application_id = await cases.completed(citizen, work)
        await evaluate(citizen, work, application_id, comment=comment)
    rows = await fetch("SELECT comment_sealed FROM evaluation")
    assert [row["comment_sealed"] for row in rows] == [None, None]


async def test_a_case_that_was_not_accepted_has_ended_too(citizen: Citizen, work: Casework) -> None:
    application_id = await cases.submitted(citizen, work)
    await fetch("UPDATE application SET state = $1", CaseState.NOT_ACCEPTED)
    await evaluate(citizen, work, application_id, level=1)
    assert await levels_of([application_id]) == {application_id: 1}


async def test_before_the_end_nothing_is_evaluated(citizen: Citizen, work: Casework) -> None:
    begun, received, decided = (
        await cases.draft(citizen, work),
        await cases.submitted(citizen, work),
        await cases.submitted(citizen, work),
    )
    await cases.decide(work, decided)
    for application_id in (begun, received, decided):
        claimed = await count("idempotency_record")
        with pytest.raises(Conflict) as refusal:
            await evaluate(citizen, work, application_id)
        assert (refusal.value.code, refusal.value.message) == (ProblemCode.ILLEGAL_STATE, NOT_ENDED)
        assert await count("idempotency_record") == claimed
        assert "EVALUATED" not in await cases.timeline(application_id)
    assert await count("evaluation") == 0


async def test_it_happens_once(citizen: Citizen, work: Casework) -> None:
    application_id = await cases.completed(citizen, work)
    answers = await asyncio.gather(
        *(evaluate(citizen, work, application_id, level=level) for level in range(1, 6)),
        return_exceptions=True,
    )
    refused = [answer for answer in answers if isinstance(answer, Conflict)]
    assert [(one.code, one.message) for one in refused] == 4 * [(ProblemCode.ALREADY_DONE, ONCE_ONLY)]
    assert await count("evaluation") == 1
    assert (await cases.timeline(application_id)).count("EVALUATED") == 1


async def test_a_repeat_with_the_same_key_is_the_same_evaluation(citizen: Citizen, work: Casework) -> None:
    application_id = await cases.completed(citizen, work)
    key = new_key()
    for _ in range(2):
        assert await evaluate(citizen, work, application_id, level=4, comment="好", key=key) == application_id
    for level, comment in ((5, "好"), (4, "很好"), (4, None)):
        with pytest.raises(Conflict) as refusal:
            await evaluate(citizen, work, application_id, level=level, comment=comment, key=key)
        assert refusal.value.code is ProblemCode.IDEMPOTENCY_KEY_REUSED
    assert await levels_of([application_id]) == {application_id: 4}


async def test_others_cases_are_not_there(
    citizen: Citizen, work: Casework, outside_world: OutsideSandbox
) -> None:
    application_id = await cases.completed(citizen, work)
    stranger = await bound(work.resources, outside_world)
    for wanted in (application_id, new_id()):
        with pytest.raises(NotFound):
            await evaluate(stranger, work, wanted)
    assert await count("evaluation") == 0


@pytest.mark.parametrize("level", [0, 6, -1])
async def test_there_are_five_levels(citizen: Citizen, work: Casework, level: int) -> None:
    application_id = await cases.completed(citizen, work)
    with pytest.raises(Invalid) as refusal:
        await evaluate(citizen, work, application_id, level=level)
    assert [(wrong.path, wrong.message) for wrong in refusal.value.fields] == [
        (("input", "level"), NO_SUCH_LEVEL)
    ]
    assert await count("evaluation") == 0


async def test_words_have_a_limit(citizen: Citizen, work: Casework) -> None:
    application_id = await cases.completed(citizen, work)
    with pytest.raises(Invalid) as refusal:
        await evaluate(citizen, work, application_id, comment="好" * 501)
    assert [(wrong.path, wrong.message) for wrong in refusal.value.fields] == [
        (("input", "comment"), TOO_LONG)
    ]
    await evaluate(citizen, work, application_id, comment="好" * 500)
    assert await count("evaluation") == 1
