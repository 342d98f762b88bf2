"""Appointments for somebody else: what a delegation lets its agent do with them.

Whoever may act is handed on as the principal, in the agent's own account: an appointment is the principal's and binds
them, and its trail says whose account it was. Both trails of persons tell that the delegation was used, and for what.
"""

from dataclasses import replace
from uuid import UUID

from backend.casework.applications.acting import ENDED, principal_of, refused, tell_both
from backend.casework.appointments.models import Binding
from backend.casework.appointments.queries import NO_SUCH_APPOINTMENT
from backend.database.record import fetch_one, transaction
from backend.errors import NotFound, Text
from backend.kit import clock
from backend.people.delegation.force import in_force
from backend.people.delegation.kinds import DelegatedAction
from backend.people.delegation.queries import NO_SUCH_GRANT
from backend.viewer import Citizen

OUTSIDE = Text("该预约不在代办授权范围内。", "The delegation does not cover this appointment.")
IN_PERSON = Text(
    "须双方本人预约和确认，不能代办。", "Both parties book and confirm this themselves; nobody acts for them."
)

_OF_SLOT = "SELECT calendar_id FROM appointment_slot WHERE id = $4"
_OF_APPOINTMENT = (
    "SELECT slot.calendar_id FROM appointment JOIN appointment_slot slot ON slot.id = slot_id"
    " WHERE appointment.id = $4 AND person_id = mandate.principal_id"
)


async def booking_for(citizen: Citizen, grant_id: UUID, *, slot_id: UUID) -> Citizen:
    """The principal, for whom the citizen books a place in a slot. Raises ``NotFound``, ``Forbidden(OUTSIDE_MANDATE)``."""
    return await _acting(citizen, grant_id, _OF_SLOT, slot_id, what="appointment_booked_for")


async def handling_for(citizen: Citizen, grant_id: UUID, *, appointment_id: UUID) -> Citizen:
    """The principal, whose appointment the citizen confirms, moves or cancels. Raises as ``booking_for`` does."""
    return await _acting(citizen, grant_id, _OF_APPOINTMENT, appointment_id, what="appointment_handled_for")


async def following_for(citizen: Citizen, grant_id: UUID) -> tuple[Citizen, str] | None:
    """The principal whose appointments the citizen may follow, and the items (JSON) they are about; else None."""
    grant = await principal_of(citizen, grant_id)
    return None if grant is None else (replace(citizen, person_id=grant["principal_id"]), grant["items"])


async def _acting(citizen: Citizen, grant_id: UUID, calendar: str, about: UUID, *, what: str) -> Citizen:
    row = await fetch_one(
        f"SELECT mandate.id, agent_id, principal_id, {in_force('mandate', '$3::date')} AS in_force, calendar.binding,"  # noqa: S608 - constants of ours
        f" actions ? '{DelegatedAction.FILL}' AND (items = '[]'::jsonb OR EXISTS (SELECT 1 FROM appointment_calendar_item"
        "  item WHERE item.calendar_id = calendar.id AND items ? item.item_code)) AS covers"
        f" FROM delegation mandate LEFT JOIN appointment_calendar calendar ON calendar.id = ({calendar})"
        " WHERE mandate.id = $1 AND agent_id = $2 AND principal_id IS NOT NULL",
        grant_id,
        citizen.person_id,
        clock.today(),
        about,
    )
    if row is None:
        raise NotFound(NO_SUCH_GRANT).about("input", "onBehalfOf")
    if row["binding"] is None:
        raise NotFound(NO_SUCH_APPOINTMENT)
    if not row["in_force"]:
        raise await refused(row, ENDED, "over")
    if row["binding"] == Binding.COUPLE:
        raise await refused(row, IN_PERSON, "in_person")
    if not row["covers"]:
        raise await refused(row, OUTSIDE, "scope")
    async with transaction() as tx:
        await tell_both(tx, row, what, about=str(about))
    return replace(citizen, person_id=row["principal_id"])
