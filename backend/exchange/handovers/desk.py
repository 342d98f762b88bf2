"""Taking a handover in hand at the officers' counter: one look at it, its case and the officer, before anything is written."""

from collections.abc import Sequence
from uuid import UUID

from backend.casework.applications.events import STALE, record_event
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.casework.reviews.desk import stand_aside
from backend.database import audit
from backend.database.record import Transaction
from backend.errors import Conflict, Forbidden, NotFound, ProblemCode, Text
from backend.exchange.handovers.lifecycle import DOES, HandoverState, HandoverStep, Side
from backend.exchange.handovers.moving import Held, Moment, Office, held, move, place_of, told_of
from backend.kit import clock, regions
from backend.viewer import Officer, OfficerRole

NO_SUCH_HANDOVER = Text("没有这项转办。", "There is no such handover.")
OTHER_ROLE = Text("您的岗位不能办理此环节。", "Your role does not do this step.")
NOT_YOUR_SIDE = Text("此环节由另一方办理。", "This step is the other side's.")

ROLES = {
    Side.RECEIVING: frozenset({OfficerRole.INTAKE}),
    Side.DECIDING: frozenset({OfficerRole.INTAKE, OfficerRole.REVIEW, OfficerRole.APPROVAL}),
    Side.SUPERIOR: frozenset({OfficerRole.APPROVAL}),
}


def sides_of(officer: Officer, handover: Held, tried: Sequence[str]) -> frozenset[Side]:
    """On which sides of a handover this officer's organ is. ``tried`` are all its deciding places so far.

    The receiving office is that very place; the deciding side is the county with its townships, or the city or
    province where such a one decides; a superior is above every place that it was sent to.
    """
    here, found = regions.prefix(officer.division), set[Side]()
    if handover.receiving and regions.prefix(handover.receiving) == here:
        found.add(Side.RECEIVING)
    if not handover.region and place_of(handover.deciding) == here[:6]:
        found.add(Side.DECIDING)
    if all(place_of(one).startswith(here) and place_of(one) != here for one in tried):
        found.add(Side.SUPERIOR)
    return frozenset(found)


async def tried_places(tx: Transaction, handover_id: UUID) -> Sequence[str]:
    """Every deciding place a handover has had, the first one first."""
    rows = await tx.fetch(
        "SELECT deciding FROM handover_entry WHERE handover_id = $1 ORDER BY sequence", handover_id
    )
    return list(dict.fromkeys(row["deciding"] for row in rows))


async def take_in_hand(
    tx: Transaction, work: Casework, officer: Officer, step: HandoverStep, *, handover_id: UUID, version: int
) -> Held:
    """The handover, on which this officer may do ``step`` as far as place and role go. Its case is locked.

    Raises ``NotFound`` for one of elsewhere, ``Forbidden`` for the other side, another role and where the officer
    has to step aside, ``Conflict(STALE_VERSION)`` when it has changed since it was seen.
    """
    found = await held(tx, handover_id)
    sides = sides_of(officer, found, await tried_places(tx, handover_id)) if found else frozenset()
    if found is None or not sides or found.state is HandoverState.PREPARED:
        raise NotFound(NO_SUCH_HANDOVER)
    side = DOES[step]
    if side not in sides:
        raise Forbidden(NOT_YOUR_SIDE)
    if officer.roles.isdisjoint(ROLES[side]):
        raise Forbidden(OTHER_ROLE)
    row = await tx.fetch_one(
        "SELECT id AS application_id, person_id, item_code, answers_sealed FROM application WHERE id = $1",
        found.application_id,
    )
    assert row is not None  # noqa: S101 - it is locked
    await stand_aside(tx, work, officer, row)
    if found.version != version:
        raise Conflict(STALE, code=ProblemCode.STALE_VERSION).about("input", "version")
    return found


async def begin(
    tx: Transaction, officer: Officer, handover: Held, *, told: bool = True
) -> tuple[CaseState, Moment]:
    """The state of the case, and the moment of a step that its timeline will tell of (or not)."""
    row = await tx.fetch_one(
        "SELECT state, last_sequence FROM application WHERE id = $1", handover.application_id
    )
    assert row is not None  # noqa: S101 - it is locked
    sequence = row["last_sequence"] + (1 if told else 0)
    return CaseState(row["state"]), Moment(f"officer:{officer.officer_id}", clock.now(), sequence)


async def finish(
    tx: Transaction,
    work: Casework,
    officer: Officer,
    moved: Held,
    step: HandoverStep,
    *,
    state: CaseState,
    told: bool = True,
) -> None:
    """Put a step that was done into the trail of the case and into the one timeline that the applicant sees.

    Last of all: whoever lays out work asks where the case is when the timeline tells of it.
    """
    await audit.append(
        tx,
        subject=f"application:{moved.application_id}",
        kind=f"handover_{step.value.lower()}",
        actor=f"officer:{officer.officer_id}",
        detail={"handover": str(moved.id), "organ": str(officer.organ_id)},
    )
    if moved.is_part or step is HandoverStep.PARTED:
        await show_to_parts(tx, moved.application_id)
    if told:
        await record_event(
            tx,
            work,
            moved.application_id,
            CaseEventKind.HANDOVER,
            before=state,
            actor=officer,
            detail=told_of(moved, step),
        )


async def show_to_parts(tx: Transaction, application_id: UUID) -> None:
    """Let the places see the case that work on a part of it now, and nobody who did."""
    await tx.execute(
        "UPDATE application SET assisting = coalesce((SELECT ',' || string_agg(deciding_place, ',' ORDER BY number)"
        " || ',' FROM handover WHERE application_id = $1 AND number > 1 AND turn = 'DECIDING'), '') WHERE id = $1",
        application_id,
    )


async def do(
    tx: Transaction,
    work: Casework,
    officer: Officer,
    handover: Held,
    step: HandoverStep,
    *,
    reason: str | None = None,
    to: tuple[str, str] | None = None,
    told: bool = True,
) -> tuple[Held, Moment]:
    """Do a step as ``officer``. Raises as ``move`` does."""
    state, moment = await begin(tx, officer, handover, told=told)
    moved = await move(tx, Office.of(work), handover, step, moment, reason=reason, to=to)
    await finish(tx, work, officer, moved, step, state=state, told=told)
    return moved, moment
