"""What is kept of a person here: the organisations they act for."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from backend.database.record import fetch
from backend.people.privacy.own_data import Holding
from backend.resources import Resources


async def _posts(_resources: Resources, person_id: UUID) -> Sequence[Mapping[str, object]]:
    rows = await fetch(
        "SELECT organisation.name AS organisation, staff.role, staff.label, staff.joined_at, staff.removed_at"
        " FROM organisation_staff staff JOIN organisation ON organisation.id = staff.organisation_id"
        " WHERE staff.person_id = $1 ORDER BY staff.id",
        person_id,
    )
    return [dict(row) for row in rows]


HOLDINGS = (Holding("organisations", _posts, tables=("organisation_staff",)),)
"""What this package keeps."""
