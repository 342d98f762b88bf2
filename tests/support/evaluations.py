"""Services that have been given, for tests about what is said of them."""

from uuid import UUID

from backend.casework.applications.events import record_event
from backend.casework.evaluations.actions import evaluate_application
from backend.casework.evaluations.loops import LoopAct
from backend.casework.evaluations.queries import LoopView, loops
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database.record import fetch, transaction
from backend.kit.ids import new_id
from backend.people.officers.actions import ensure_organ
from backend.viewer import Actor, Citizen, Machine, Officer, OfficerRole
from tests.support import cases
from tests.support.people import new_key


async def ended(citizen: Citizen, work: Casework, by: Actor | None = None) -> UUID:
    """A case that was given back: ended without a document to be made."""
    case = await cases.submitted(citizen, work)
    await end(work, case, by)
    return case


async def end(work: Casework, case: UUID, by: Actor | None = None) -> None:
    """Give a case back."""
    async with transaction() as tx:
        await record_event(
            tx,
            work,
            case,
            CaseEventKind.RETURNED,
            before=CaseState.SUBMITTED,
            actor=by or Machine("province-33"),
        )


async def bad(citizen: Citizen, work: Casework, case: UUID, level: int = 1) -> LoopView:
    """A bad evaluation of a case, and the loop that followed."""
    await evaluate_application(
        citizen, work, application_id=case, level=level, comment="等得太久", idempotency_key=new_key()
    )
    looking = await clerk(OfficerRole.SUPERVISION)
    (loop,) = await loops(looking, state=None, late_only=False, before=None, limit=5)
    return loop


async def clerk(*roles: OfficerRole, division: str = cases.HOME) -> Officer:
    """Somebody new at the county's bureau."""
    organ_id = await ensure_organ(credit_code="11330521002562310Q", name="德清县民政局", division=cases.HOME)
    return Officer(new_id(), new_id(), organ_id, division, frozenset(roles))


async def acts() -> list[tuple[str, str]]:
    """What was done in every loop, and where it stood afterwards."""
    rows = await fetch("SELECT act, state FROM evaluation_act ORDER BY loop_id, sequence")
    return [(LoopAct(row["act"]).value, row["state"]) for row in rows]


async def told() -> list[str]:
    """The kinds of notices about services, in order."""
    rows = await fetch("SELECT kind FROM notice WHERE cause IS NOT NULL ORDER BY id")
    return [row["kind"] for row in rows]
