"""The evaluations of cases that the caller has already been allowed to see."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from backend.database.record import fetch


async def levels_of(application_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """The level given per evaluated case: one statement."""
    rows = await fetch(
        "SELECT application_id, level FROM evaluation WHERE application_id = ANY($1::uuid[])",
        list(application_ids),
    )
    return {row["application_id"]: row["level"] for row in rows}
