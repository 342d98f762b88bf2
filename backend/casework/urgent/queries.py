"""The urgent help of a case, for whoever may see the case."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.casework.applications.queries import application
from backend.casework.urgent.models import UrgentState
from backend.database.record import fetch_one
from backend.kit import clock
from backend.viewer import Viewer


@dataclass(frozen=True, slots=True)
class UrgentHelpRow:
    """Help that came before its papers."""

    id: UUID
    application_id: UUID
    state: UrgentState
    amount_fen: int
    decided_at: datetime
    pay_by: datetime
    paid_at: datetime | None
    papers_due_on: date | None
    ended_at: datetime | None

    @property
    def late(self) -> bool:
        """Not paid, although its hours are over."""
        return self.paid_at is None and self.pay_by < clock.now()


async def urgent_help(viewer: Viewer, application_id: UUID) -> UrgentHelpRow | None:
    """The urgent help of a case; None where there is none that this viewer may see."""
    if await application(viewer, application_id) is None:
        return None
    row = await fetch_one(
        "SELECT id, application_id, state, amount_fen, created_at AS decided_at, pay_by, paid_at, papers_due_on, ended_at"
        " FROM urgent_help WHERE application_id = $1",
        application_id,
    )
    if row is None:
        return None
    told = dict(row)
    return UrgentHelpRow(state=UrgentState(told.pop("state")), **told)
