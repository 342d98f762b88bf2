"""What operations keep of a person: the feedback that they gave, with its answer."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from backend.database.record import fetch
from backend.operations.desk import feedback_context
from backend.people.privacy.own_data import Holding
from backend.resources import Resources


async def _feedback(resources: Resources, person_id: UUID) -> Sequence[Mapping[str, object]]:
    rows = await fetch(
        "SELECT id, division, kind, state, said_sealed, answer_sealed, created_at, answered_at FROM feedback"
        " WHERE actor = $1 ORDER BY id",
        f"person:{person_id}",
    )
    ring = resources.keys.ring
    return [
        {
            "division": row["division"],
            "kind": row["kind"],
            "state": row["state"],
            "text": ring.open(row["said_sealed"], context=feedback_context(row["id"], "said")).decode(),
            "answer": None
            if row["answer_sealed"] is None
            else ring.open(row["answer_sealed"], context=feedback_context(row["id"], "answer")).decode(),
            "givenAt": row["created_at"],
            "answeredAt": row["answered_at"],
        }
        for row in rows
    ]


HOLDINGS = (Holding("feedback", _feedback, tables=("feedback",)),)
"""What operations keep. Facts of statistics say nothing of a person that their cases do not say."""
