"""Callbacks that were refused: counted by the metrics, and in the audit trail of the province they claim to be from."""

from backend.casework.machine import Casework
from backend.database import audit
from backend.database.record import transaction
from backend.errors import TooMany, Unavailable

NOTED = "60/minute"
"""So many are written down for each region; whoever sends more wants to fill our disk, and is only counted."""


async def note_refused(work: Casework, region: str, outcome: str) -> None:
    """Write down that a callback in the name of ``region`` was refused, and why. It changed nothing else."""
    try:
        await work.resources.shared.limit(NOTED, "refused-callback", region)
    except (TooMany, Unavailable):
        return
    async with transaction() as tx:
        await audit.append(
            tx,
            subject=f"province:{region}",
            kind="callback_refused",
            actor=f"machine:province-{region}",
            detail={"outcome": outcome},
        )
