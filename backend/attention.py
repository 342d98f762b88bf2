"""What waits for an operator: each thing that no clock mends, and how it is set on its way again."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import timedelta

import orjson

from backend.casework.numbering.queries import exhausted_series
from backend.database.jobs import held_jobs, run_again
from backend.exchange.dead_letters import redeliver
from backend.exchange.queries import dead_deliveries, stuck_events
from backend.kit import clock
from backend.people.identity.filing import filing_due
from backend.viewer import Machine

OPERATOR = Machine("operator")
MOST = 200
"""Of each kind, the oldest."""
PATIENCE = timedelta(hours=1)
"""For how long a province's message may wait for the one before it."""


async def told() -> AsyncIterator[str]:
    """One JSON line for each thing that waits, without personal data: which trouble, and what it is about."""
    for trouble, found in (
        ("number_series_exhausted", await exhausted_series(MOST)),
        ("delivery_dead", await dead_deliveries(MOST)),
        ("province_message_stuck", await stuck_events(clock.now() - PATIENCE, MOST)),
        ("job_held", await held_jobs(MOST)),
        ("face_filing_due", await filing_due()),
    ):
        for one in found:
            yield orjson.dumps({"trouble": trouble, **asdict(one)}, default=str).decode()


async def again() -> int:
    """Set every given-up delivery and every held job on its way again; returns how many.

    For after the cause was mended: what fails once more is given up once more. Series are widened
    with ``python -m backend numbers``; a province's message can only be mended by the province.
    """
    revived = (await redeliver(OPERATOR)).count
    return revived + await run_again([job.id for job in await held_jobs(MOST)])
