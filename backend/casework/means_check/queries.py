"""The checks of a case, for officers who may see it; what they found stays sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.casework.applications.queries import application
from backend.casework.means_check.models import MeansState
from backend.database.record import fetch
from backend.viewer import Officer


@dataclass(frozen=True, slots=True)
class MeansCheckRow:
    """A check without its answer."""

    id: UUID
    number: int
    state: MeansState
    missing: int
    begun_at: datetime
    asked_at: datetime | None
    answered_at: datetime | None
    valid_until: date | None


async def means_checks(officer: Officer, application_id: UUID, *, limit: int = 50) -> Sequence[MeansCheckRow]:
    """The latest checks of a case, the newest first; of a case that the officer may not see, none."""
    if await application(officer, application_id) is None:
        return ()
    rows = await fetch(
        "SELECT id, number, state, missing, created_at, asked_at, answered_at, valid_until FROM means_check"
        " WHERE application_id = $1 ORDER BY number DESC LIMIT $2",
        application_id,
        limit,
    )
    return [
        MeansCheckRow(
            id=row["id"],
            number=row["number"],
            state=MeansState(row["state"]),
            missing=row["missing"],
            begun_at=row["created_at"],
            asked_at=row["asked_at"],
            answered_at=row["answered_at"],
            valid_until=row["valid_until"],
        )
        for row in rows
    ]
