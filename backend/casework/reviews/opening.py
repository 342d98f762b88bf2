"""What waits for officers, laid out and cleared away in the transaction of the event that makes it so."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from backend.casework.catalogue.standards import Standards
from backend.casework.definitions import StepKind
from backend.casework.lifecycle import DECIDED, ENDED, CaseEvent, CaseEventKind
from backend.casework.reviews.route import LEFT_OUT, Stage, course_of, ready, step_due
from backend.casework.reviews.sampling import draw_samples
from backend.database.record import Row, Transaction
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.sealing import BlindIndex
from backend.kit.working_days import Calendar

MOVING_ON = frozenset(
    {
        CaseEventKind.NUMBERED,
        CaseEventKind.ACCEPTED,
        CaseEventKind.DEEMED_ACCEPTED,
        CaseEventKind.STEP_PASSED,
        CaseEventKind.STEP_RETURNED,
        CaseEventKind.PUBLICITY_ENDED,
        CaseEventKind.HANDOVER,
    }
)
"""After these there may be something new to do."""


BEGINNING = frozenset({CaseEventKind.NUMBERED, CaseEventKind.HANDOVER})
"""With these a case comes to the organs here: what is drawn is drawn now, once."""

HandledElsewhere = Callable[[Transaction, CaseEvent], Awaitable[bool]]
"""Whether the organs of a case have nothing to do with it now: it is at another place."""


def lay_out_work(
    standards: Standards, calendar: Calendar, index: BlindIndex, handled_elsewhere: HandledElsewhere
) -> Callable[[Transaction, CaseEvent], Awaitable[None]]:
    """The reactor that puts a case into the work lists of its organs, unless it is handled elsewhere."""

    async def react(tx: Transaction, event: CaseEvent) -> None:
        if event.state in ENDED:
            await _clear_away(tx, event)
            return
        if event.kind in {CaseEventKind.ACCEPTED, CaseEventKind.DEEMED_ACCEPTED}:
            # However it came to be accepted, by an officer or by silence: the intake is over.
            await tx.execute(
                "UPDATE review_task SET state = 'DONE', version = version + 1"
                " WHERE application_id = $1 AND kind = 'INTAKE' AND state = 'OPEN'",
                event.application_id,
            )
        if event.kind in MOVING_ON and event.state not in DECIDED:
            if not await handled_elsewhere(tx, event):
                if event.kind in BEGINNING:
                    await draw_samples(tx, index, standards.get(event.item_code), event.application_id)
                await _open_what_is_ready(tx, standards, calendar, event)
            elif event.kind is CaseEventKind.HANDOVER:
                await _clear_away(tx, event)

    return react


async def _clear_away(tx: Transaction, event: CaseEvent) -> None:
    await tx.execute(
        "UPDATE review_task SET state = 'CANCELLED', version = version + 1"
        " WHERE application_id = $1 AND state = 'OPEN'",
        event.application_id,
    )


async def _open_what_is_ready(
    tx: Transaction, standards: Standards, calendar: Calendar, event: CaseEvent
) -> None:
    case = await tx.fetch_one(
        f"SELECT division, township, task_code, deciding_level, due_on, {LEFT_OUT} FROM application a WHERE id = $1",  # noqa: S608 - a constant of ours
        event.application_id,
    )
    if case is None:
        raise LookupError("an event without its case")
    course = course_of(standards.get(event.item_code), case)
    tasks = await tx.fetch(
        "SELECT step_code, state FROM review_task WHERE application_id = $1 AND state IN ('OPEN', 'DONE')",
        event.application_id,
    )
    done = {task["step_code"] for task in tasks if task["state"] == "DONE"}
    begun = {task["step_code"] for task in tasks}
    following = list(ready(course, done, begun))
    if not following:
        return
    organs = await _organs(tx, case, {stage.place for stage in following})
    for stage in following:
        await _open(tx, event.application_id, stage, case, organs, calendar)


async def _open(  # noqa: PLR0917 - one row's columns
    tx: Transaction,
    application_id: UUID,
    stage: Stage,
    case: Row,
    organs: Sequence[Row],
    calendar: Calendar,
) -> None:
    step, today = stage.step, clock.today()
    named = next((organ for organ in organs if organ["named"] and _place(organ) == stage.place), None)
    # A place without any organ of its own is looked after by the nearest one above it.
    places = [_place(organ) for organ in organs if stage.place.startswith(_place(organ))]
    not_before = today + timedelta(days=step.days or 0) if step.kind is StepKind.COOLING_OFF else None
    await tx.execute(
        "INSERT INTO review_task (id, created_at, application_id, step_code, kind, place, organ_id, role, state,"
        " version, due_on, not_before) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'OPEN', 1, $9, $10)"
        " ON CONFLICT (application_id, step_code) WHERE state = 'OPEN' DO NOTHING",
        new_id(),
        clock.now(),
        application_id,
        step.code,
        step.kind.value,
        max(places, key=len, default=stage.place),
        named["id"] if named is not None else None,
        stage.role.value,
        step_due(step, today, calendar, case["due_on"]),
        not_before,
    )


async def _organs(tx: Transaction, case: Row, places: set[str]) -> Sequence[Row]:
    """Registered organs of these places and of those above them; ``named`` is the one of the edition."""
    codes = {
        beginning.ljust(length, "0")
        for place in places
        for digits in (2, 4, 6, 9, 12)
        for beginning in (place[:digits],)
        for length in (6, 9, 12)
        if len(beginning) <= length
    }
    return await tx.fetch(
        "SELECT id, division, credit_code = $2 AS named FROM organ WHERE division = ANY($1::text[])",
        sorted(codes),
        case["task_code"][:18],
    )


async def place_above(tx: Transaction, place: str) -> str | None:
    """The nearest place above with a registered organ, as the beginning of a code; None where there is none."""
    above = [place[:digits] for digits in (9, 6, 4, 2) if digits < len(place)]
    codes = [beginning.ljust(length, "0") for beginning in above for length in (6, 9, 12)]
    rows = await tx.fetch("SELECT division FROM organ WHERE division = ANY($1::text[])", codes)
    return max((_place(row) for row in rows), key=len, default=None)


def _place(organ: Mapping[str, object]) -> str:
    code = str(organ["division"])
    return next((code[:n] for n in (2, 4, 6, 9) if not code[n:].strip("0")), code)
