"""救济: reconsideration and the court, each with its own last day; sought by the applicant, ended by the organ, read by both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.casework.applications.actions import NO_SUCH_CASE, own_case
from backend.casework.applications.events import actor_name, locked_state, record_event
from backend.casework.applications.queries import application
from backend.casework.lifecycle import CaseEventKind
from backend.casework.machine import Casework
from backend.casework.reviews.desk import note
from backend.casework.reviews.models import RemedyKind, RemedyOutcome
from backend.casework.reviews.refusing import LITIGATION_MONTHS, RECONSIDERATION_DAYS
from backend.casework.reviews.steps import Key
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import fetch, fetch_one, transaction
from backend.errors import Conflict, Forbidden, NotFound, ProblemCode, Text
from backend.kit import clock, regions
from backend.kit.days import months_after
from backend.kit.ids import new_id
from backend.viewer import Citizen, Officer, OfficerRole, Viewer

SAID = "('NOT_ACCEPTED', 'RESULT_ISSUED', 'RETURNED', 'TERMINATED', 'CORRECTION_LAPSED')"
"""The events against which one may turn: the time for it runs from the last of them."""

TOO_LATE = Text("救济期限已过。", "The time for this is over.")
NO_SUCH_REMEDY = Text("没有在办的复议或诉讼。", "No such remedy is under way.")
MINE_ALREADY = Text("已登记。", "This is on record already.")


@dataclass(frozen=True, slots=True)
class RemedyView:
    """One way against what was said in a case."""

    kind: RemedyKind
    until: date
    """The last day for it."""
    possible: bool
    """Whether it can still be sought."""
    sought_on: date | None
    outcome: RemedyOutcome | None
    ended_at: datetime | None


async def remedies_of(viewer: Viewer, application_id: UUID) -> Sequence[RemedyView]:
    """Both ways of a case that the viewer may see, once something was said in it; of any other case none."""
    if await application(viewer, application_id) is None:
        return ()
    said = await fetch_one(
        f"SELECT max(at) AS at FROM case_event WHERE application_id = $1 AND kind IN {SAID}",  # noqa: S608 - a constant of ours
        application_id,
    )
    if said is None or said["at"] is None:
        return ()
    rows = await fetch(
        "SELECT kind, sought_on, outcome, ended_at FROM case_remedy WHERE application_id = $1", application_id
    )
    sought = {RemedyKind(row["kind"]): row for row in rows}
    found = []
    for kind in RemedyKind:
        row, until = sought.get(kind), last_day(kind, clock.local(said["at"]).date())
        found.append(
            RemedyView(
                kind,
                until,
                row is None and clock.today() <= until,
                None if row is None else row["sought_on"],
                None if row is None or row["outcome"] is None else RemedyOutcome(row["outcome"]),
                None if row is None else row["ended_at"],
            )
        )
    return found


async def seek_remedy(
    citizen: Citizen, work: Casework, *, application_id: UUID, kind: RemedyKind, idempotency_key: str
) -> UUID:
    """Put on record that the applicant turns against what was said in the case, within the time for it.

    Sixty days for reconsideration (行政复议法 20), six months for the court (行政诉讼法 46), from the last event
    before it. Raises ``Conflict`` after that time, while nothing is said yet, or for a second of the same kind.
    """
    await own_case(citizen, application_id)
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(citizen),
            operation="seekRemedy",
            key=idempotency_key,
            given=[str(application_id), kind.value],
            subject=application_id,
        )
        if known is not None:
            return known
        state = await locked_state(tx, application_id)
        said_at = await tx.fetch_one(
            f"SELECT max(at) AS at FROM case_event WHERE application_id = $1 AND kind IN {SAID}",  # noqa: S608 - a constant of ours
            application_id,
        )
        if state is None or said_at is None:
            raise LookupError("a case that was just seen is gone")
        if said_at["at"] is not None and clock.today() > last_day(kind, clock.local(said_at["at"]).date()):
            raise Conflict(TOO_LATE)
        kept = await tx.fetch_one(
            "INSERT INTO case_remedy (id, created_at, application_id, kind, sought_on) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (application_id, kind) DO NOTHING RETURNING id",
            new_id(),
            clock.now(),
            application_id,
            kind.value,
            clock.today(),
        )
        if kept is None:
            raise Conflict(MINE_ALREADY, code=ProblemCode.ALREADY_DONE)
        await record_event(
            tx,
            work,
            application_id,
            CaseEventKind.REMEDY_SOUGHT,
            before=state,
            actor=citizen,
            detail={"kind": kind.value},
        )
        await audit.append(
            tx,
            subject=f"application:{application_id}",
            kind="remedy_sought",
            actor=actor_name(citizen),
            detail={"remedy": kind.value},
        )
    return application_id


def last_day(kind: RemedyKind, day: date) -> date:
    """The last day for a remedy against what was said on ``day``."""
    if kind is RemedyKind.RECONSIDERATION:
        return day + timedelta(days=RECONSIDERATION_DAYS)
    return months_after(day, LITIGATION_MONTHS)


async def end_remedy(
    officer: Officer,
    work: Casework,
    *,
    application_id: UUID,
    kind: RemedyKind,
    outcome: RemedyOutcome,
    key: str,
) -> None:
    """Put on record how a remedy ended; by who approves in the case's division."""
    async with transaction() as tx:
        asked = Key(officer, "recordRemedyOutcome", key, application_id, kind, outcome)
        if await asked.known(tx, application_id):
            return
        state = await locked_state(tx, application_id)
        case = await tx.fetch_one("SELECT division FROM application WHERE id = $1", application_id)
        if state is None or case is None or not regions.within(case["division"], officer.division):
            raise NotFound(NO_SUCH_CASE)
        if OfficerRole.APPROVAL not in officer.roles:
            raise Forbidden(NO_SUCH_REMEDY)
        ended = await tx.fetch_one(
            "UPDATE case_remedy SET outcome = $3, ended_at = $4 WHERE application_id = $1 AND kind = $2"
            " AND outcome IS NULL RETURNING id",
            application_id,
            kind.value,
            outcome.value,
            clock.now(),
        )
        if ended is None:
            raise Conflict(NO_SUCH_REMEDY)
        await record_event(
            tx,
            work,
            application_id,
            CaseEventKind.REMEDY_ENDED,
            before=state,
            actor=officer,
            detail={"kind": kind.value, "outcome": outcome.value},
        )
        await note(tx, officer, application_id, "remedy_ended", outcome=outcome.value)
