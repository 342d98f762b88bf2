"""What can be evaluated: a case once it has ended, and each visit; written down with what brought it about."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from backend.casework.evaluations.looping import LoopReactor, open_loop
from backend.casework.evaluations.loops import BAD
from backend.casework.lifecycle import ENDED, TRANSITIONS, CaseEvent
from backend.database.record import Transaction
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.working_days import Calendar

OPEN_FOR = timedelta(days=30)
"""How long a service can be evaluated; ours, unverified: 国办发〔2019〕51号 names no end."""

_ENDING = frozenset(
    kind for (before, kind), after in TRANSITIONS.items() if after in ENDED and before not in ENDED
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One time that somebody was served."""

    organ_code: str
    organ_name: str
    division: str
    item_code: str
    officer_id: UUID
    person_id: UUID | None = None
    application_id: UUID | None = None
    appointment_id: UUID | None = None


async def ended_case(tx: Transaction, application_id: UUID, at: datetime) -> None:
    """A case has ended and can be evaluated; once for each, safe to run again."""
    await tx.execute(
        "INSERT INTO service_event (id, created_at, kind, application_id, person_id, organ_code, organ_name, division,"
        " item_code, at, day, closes_at, waiting) SELECT $1, $3, 'CASE', id, person_id, left(task_code, 18), organ_name,"
        " division, item_code, $3, $4, $5, true FROM application WHERE id = $2"
        " ON CONFLICT (application_id) WHERE kind = 'CASE' DO NOTHING",
        new_id(),
        application_id,
        at,
        clock.local(at).date(),
        at + OPEN_FOR,
    )


async def visited(tx: Transaction, visit: Visit) -> UUID:
    """Somebody was served; of one appointment, and of one officer and case on a day, that is one visit. Its id."""
    now = clock.now()
    made = await tx.fetch_one(
        "INSERT INTO service_event (id, created_at, kind, application_id, appointment_id, person_id, officer_id, organ_code,"
        " organ_name, division, item_code, at, day, closes_at, waiting)"
        " VALUES ($1, $2, 'VISIT', $3, $4, $5, $6, $7, $8, $9, $10, $2, $11, $12, true)"
        " ON CONFLICT DO NOTHING RETURNING id",
        new_id(),
        now,
        visit.application_id,
        visit.appointment_id,
        visit.person_id,
        visit.officer_id,
        visit.organ_code,
        visit.organ_name,
        visit.division,
        visit.item_code,
        clock.local(now).date(),
        now + OPEN_FOR,
    )
    if made is None:
        made = await tx.fetch_one(
            "SELECT id FROM service_event WHERE appointment_id = $1 OR $1 IS NULL AND appointment_id IS NULL"
            " AND application_id = $2 AND officer_id = $3 AND day = $4 AND kind = 'VISIT'",
            visit.appointment_id,
            visit.application_id,
            visit.officer_id,
            clock.local(now).date(),
        )
    if made is None:
        raise LookupError("a visit that was in the way is gone")
    visit_id: UUID = made["id"]
    return visit_id


def open_to_evaluation(
    calendar: Calendar, told: Sequence[LoopReactor] = ()
) -> Callable[[Transaction, CaseEvent], Awaitable[None]]:
    """The reactor for the ends of cases: they can be evaluated, and what was said of their visits is shown."""

    async def react(tx: Transaction, event: CaseEvent) -> None:
        if event.kind not in _ENDING or event.state not in ENDED:
            return
        await ended_case(tx, event.application_id, event.at)
        shown = await tx.fetch(
            "UPDATE evaluation SET shown_at = $2 FROM service_event s WHERE s.id = evaluation.event_id"
            " AND s.application_id = $1 AND s.kind = 'VISIT' AND shown_at IS NULL"
            " RETURNING evaluation.id, level, s.division",
            event.application_id,
            event.at,
        )
        for row in shown:
            if row["level"] <= BAD:
                await open_loop(
                    tx,
                    calendar,
                    told,
                    evaluation_id=row["id"],
                    application_id=event.application_id,
                    division=row["division"],
                )

    return react
