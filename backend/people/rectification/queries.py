"""Corrections as whoever asked for them and the officers of their division see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.database.record import Row, fetch, fetch_one
from backend.errors import NotFound, Text
from backend.kit import regions
from backend.people.rectification.models import CorrectionAbout, CorrectionOutcome, CorrectionState
from backend.resources import Resources
from backend.viewer import Citizen, Officer

NO_SUCH_CORRECTION = Text("没有找到该更正申请。", "There is no such request.")

_COLUMNS = (
    "SELECT id, person_id, about, application_id, division, state, told_sealed, outcome, answer_sealed, created_at,"
    " decided_at FROM data_correction WHERE "
)


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """A request; its words are for whoever asked, officers open them in an act of their own."""

    id: UUID
    about: CorrectionAbout
    application_id: UUID | None
    division: str
    state: CorrectionState
    told: str | None
    outcome: CorrectionOutcome | None
    answer: str | None
    created_at: datetime
    decided_at: datetime | None


async def corrections(
    viewer: Citizen | Officer, resources: Resources, *, after: UUID | None, limit: int
) -> Sequence[CorrectionView]:
    """A citizen's own, or what waits in an officer's division; the oldest first."""
    rows = await fetch(
        f"{_COLUMNS}{_seen_by(viewer)} AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        _who(viewer),
        after,
        limit,
    )
    return [_view(resources, row, viewer) for row in rows]


async def correction(viewer: Citizen | Officer, resources: Resources, correction_id: UUID) -> CorrectionView:
    """One of them. Raises ``NotFound``."""
    return _view(resources, await correction_row(viewer, correction_id), viewer)


async def correction_row(viewer: Citizen | Officer, correction_id: UUID) -> Row:
    """The row behind it; an officer finds decided ones as well. Raises ``NotFound``."""
    seen = _seen_by(viewer).removesuffix(_WAITING)
    row = await fetch_one(f"{_COLUMNS}{seen} AND id = $2", _who(viewer), correction_id)
    if row is None:
        raise NotFound(NO_SUCH_CORRECTION)
    return row


def told_of(resources: Resources, row: Row) -> str:
    """What the person said."""
    return resources.keys.ring.open(row["told_sealed"], context=f"data_correction.told:{row['id']}").decode()


_WAITING = " AND state = 'OPEN'"


def _seen_by(viewer: Citizen | Officer) -> str:
    return f"division LIKE $1{_WAITING}" if isinstance(viewer, Officer) else "person_id = $1"


def _who(viewer: Citizen | Officer) -> object:
    return f"{regions.prefix(viewer.division)}%" if isinstance(viewer, Officer) else viewer.person_id


def _view(resources: Resources, row: Row, viewer: Citizen | Officer) -> CorrectionView:
    own, answer = isinstance(viewer, Citizen), row["answer_sealed"]
    context = f"data_correction.answer:{row['id']}"
    return CorrectionView(
        id=row["id"],
        about=CorrectionAbout(row["about"]),
        application_id=row["application_id"],
        division=row["division"],
        state=CorrectionState(row["state"]),
        told=told_of(resources, row) if own else None,
        outcome=None if row["outcome"] is None else CorrectionOutcome(row["outcome"]),
        answer=resources.keys.ring.open(answer, context=context).decode() if own and answer else None,
        created_at=row["created_at"],
        decided_at=row["decided_at"],
    )
