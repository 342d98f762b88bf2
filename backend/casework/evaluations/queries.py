"""Reading services, evaluations and loops: citizens their own, officers those of their division unless they are rated.

An evaluation of a visit is not read by officers while the case it was about is under way. Nobody reads here who
evaluated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import orjson

from backend.casework.applications.actions import require_person
from backend.casework.evaluations.actions import NO_SUCH_SERVICE, RATES, comment_context
from backend.casework.evaluations.handling import NO_SUCH_LOOP
from backend.casework.evaluations.looping import note_context
from backend.casework.evaluations.loops import LoopAct, LoopState
from backend.casework.evaluations.models import EvaluationChannel, ScoreAxis, ServiceKind
from backend.database.record import Row, fetch, fetch_one
from backend.errors import NotFound
from backend.kit import clock, regions
from backend.kit.sealing import KeyRing
from backend.viewer import Citizen, Officer

NEWEST = UUID(int=2**128 - 1)
MOST_SCORES = 200


@dataclass(frozen=True, slots=True)
class EvaluationView:
    """What somebody said of a service; the words still sealed."""

    id: UUID
    level: int
    tags: Sequence[str]
    indicators: int
    comment_sealed: str | None
    channel: EvaluationChannel
    entered: bool
    counted: bool
    created_at: datetime

    def comment(self, ring: KeyRing) -> str | None:
        """The words."""
        if self.comment_sealed is None:
            return None
        return ring.open(self.comment_sealed, context=comment_context(self.id)).decode()


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service that can be, or was, evaluated."""

    id: UUID
    kind: ServiceKind
    application_id: UUID | None
    appointment_id: UUID | None
    item_code: str
    organ_name: str
    at: datetime
    closes_at: datetime
    evaluation: EvaluationView | None
    loop: "LoopView | None"


@dataclass(frozen=True, slots=True)
class LoopView:
    """Where a bad evaluation stands."""

    id: UUID
    evaluation: EvaluationView
    kind: ServiceKind
    application_id: UUID | None
    item_code: str
    organ_name: str
    division: str
    state: LoopState
    version: int
    appealed: bool
    due_on: date
    due_at: datetime
    late: bool
    open: bool


@dataclass(frozen=True, slots=True)
class ActView:
    """One step of a loop; the words still sealed."""

    id: UUID
    sequence: int
    act: LoopAct
    state: LoopState
    at: datetime
    note_sealed: str | None

    def note(self, ring: KeyRing) -> str | None:
        """The words."""
        return (
            None
            if self.note_sealed is None
            else ring.open(self.note_sealed, context=note_context(self.id)).decode()
        )


@dataclass(frozen=True, slots=True)
class ScoreView:
    """A published figure."""

    period: str
    axis: ScoreAxis
    subject: str
    name: str
    count: int
    points: int
    good: int


_EVALUATION = (
    "e.id AS evaluation_id, e.level, e.tags, e.indicators, e.comment_sealed, e.channel, e.entered_by, e.counted,"
    " e.created_at AS evaluated_at, l.id AS loop_id, l.division, l.state, l.version, l.appealed, l.due_on, l.due_at, l.late,"
    " l.open, s.kind, s.application_id, s.item_code, s.organ_name"
)
_SERVICES = (
    f"SELECT s.id, s.appointment_id, s.at, s.closes_at, {_EVALUATION} FROM service_event s"  # noqa: S608 - constants of ours
    " LEFT JOIN evaluation e ON e.event_id = s.id LEFT JOIN evaluation_loop l ON l.evaluation_id = e.id"
)
_LOOPS = (
    f"SELECT {_EVALUATION} FROM evaluation_loop l JOIN evaluation e ON e.id = l.evaluation_id"  # noqa: S608 - constants of ours
    " JOIN service_event s ON s.id = e.event_id"
)


async def levels_of(application_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """The level given per evaluated case, of cases that the caller has been allowed to see: one statement."""
    rows = await fetch(
        "SELECT application_id, level FROM evaluation WHERE application_id = ANY($1::uuid[])",
        list(application_ids),
    )
    return {row["application_id"]: row["level"] for row in rows}


async def services(
    citizen: Citizen, *, before: UUID | None, limit: int, waiting_only: bool = False
) -> Sequence[ServiceView]:
    """The citizen's services, the newest first, keyset-paged; only those that can still be evaluated if asked so."""
    rows = await fetch(
        f"{_SERVICES} WHERE s.person_id = $1 AND s.id < $2 AND (NOT $3 OR e.id IS NULL AND s.closes_at > $5)"
        " ORDER BY s.id DESC LIMIT $4",
        require_person(citizen),
        before or NEWEST,
        waiting_only,
        limit,
        clock.now(),
    )
    return [_service(row) for row in rows]


async def service(citizen: Citizen, event_id: UUID) -> ServiceView:
    """One service of the citizen's own. Raises ``NotFound``."""
    row = await fetch_one(
        f"{_SERVICES} WHERE s.id = $1 AND s.person_id = $2", event_id, require_person(citizen)
    )
    if row is None:
        raise NotFound(NO_SUCH_SERVICE)
    return _service(row)


async def loops(
    officer: Officer, *, state: LoopState | None, late_only: bool, before: UUID | None, limit: int
) -> Sequence[LoopView]:
    """Bad evaluations in the officer's division, the newest first, keyset-paged; none of those that rate the officer.

    Without a state those that are not ended.
    """
    rows = await fetch(
        f"{_LOOPS} WHERE l.division LIKE $1 AND l.id < $2 AND (l.state = $3 OR $3 IS NULL AND l.open)"
        f" AND (l.late OR NOT $4) AND NOT {RATES.format(officer='$5::uuid')} ORDER BY l.id DESC LIMIT $6",
        f"{regions.prefix(officer.division)}%",
        before or NEWEST,
        None if state is None else state.value,
        late_only,
        officer.officer_id,
        limit,
    )
    return [_loop(row) for row in rows]


async def loop(viewer: Citizen | Officer, loop_id: UUID) -> LoopView:
    """One loop: the evaluator's own, or one of the officer's division that does not rate them. Raises ``NotFound``."""
    if isinstance(viewer, Citizen):
        row = await fetch_one(
            f"{_LOOPS} WHERE l.id = $1 AND $2 IN (e.person_id, s.person_id)", loop_id, require_person(viewer)
        )
    else:
        row = await fetch_one(
            f"{_LOOPS} WHERE l.id = $1 AND l.division LIKE $2 AND NOT {RATES.format(officer='$3::uuid')}",
            loop_id,
            f"{regions.prefix(viewer.division)}%",
            viewer.officer_id,
        )
    if row is None:
        raise NotFound(NO_SUCH_LOOP)
    return _loop(row)


async def acts_of(loop_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[ActView]]:
    """What was done in loops that the caller has been allowed to see, in order, 50 each at most: one statement."""
    rows = await fetch(
        "SELECT a.id, a.loop_id, a.sequence, a.act, a.state, a.at, a.note_sealed FROM unnest($1::uuid[]) AS n(id)"
        " CROSS JOIN LATERAL (SELECT id, loop_id, sequence, act, state, at, note_sealed FROM evaluation_act"
        "   WHERE loop_id = n.id ORDER BY sequence LIMIT 50) a",
        list(loop_ids),
    )
    found: dict[UUID, list[ActView]] = {loop_id: [] for loop_id in loop_ids}
    for row in rows:
        found[row["loop_id"]].append(
            ActView(
                row["id"],
                row["sequence"],
                LoopAct(row["act"]),
                LoopState(row["state"]),
                row["at"],
                row["note_sealed"],
            )
        )
    return found


async def score_periods() -> Sequence[str]:
    """The months whose figures are published, the newest first; 60 at most."""
    rows = await fetch("SELECT period FROM evaluation_publication ORDER BY period DESC LIMIT 60")
    return [row["period"] for row in rows]


async def scores(*, period: str, axis: ScoreAxis, within: str) -> Sequence[ScoreView]:
    """Published figures of a month below one division (for items: the nation), the best first; 200 at most."""
    rows = await fetch(
        "SELECT period, axis, subject, name, count, points, good FROM evaluation_score WHERE period = $1 AND axis = $2"
        " AND within = $3 ORDER BY good::float / count DESC, count DESC, subject LIMIT $4",
        period,
        axis.value,
        within,
        MOST_SCORES,
    )
    return [ScoreView(**{**dict(row), "axis": ScoreAxis(row["axis"])}) for row in rows]


def _evaluation(row: Row) -> EvaluationView | None:
    if row["evaluation_id"] is None:
        return None
    return EvaluationView(
        id=row["evaluation_id"],
        level=row["level"],
        tags=orjson.loads(row["tags"]),
        indicators=row["indicators"],
        comment_sealed=row["comment_sealed"],
        channel=EvaluationChannel(row["channel"]),
        entered=row["entered_by"] is not None,
        counted=row["counted"],
        created_at=row["evaluated_at"],
    )


def _loop(row: Row) -> LoopView:
    evaluation = _evaluation(row)
    if evaluation is None:
        raise TypeError("a loop has an evaluation")
    return LoopView(
        id=row["loop_id"],
        evaluation=evaluation,
        kind=ServiceKind(row["kind"]),
        application_id=row["application_id"],
        item_code=row["item_code"],
        organ_name=row["organ_name"],
        division=row["division"],
        state=LoopState(row["state"]),
        version=row["version"],
        appealed=row["appealed"],
        due_on=row["due_on"],
        due_at=row["due_at"],
        late=row["late"],
        open=row["open"],
    )


def _service(row: Row) -> ServiceView:
    return ServiceView(
        id=row["id"],
        kind=ServiceKind(row["kind"]),
        application_id=row["application_id"],
        appointment_id=row["appointment_id"],
        item_code=row["item_code"],
        organ_name=row["organ_name"],
        at=row["at"],
        closes_at=row["closes_at"],
        evaluation=_evaluation(row),
        loop=None if row["loop_id"] is None else _loop(row),
    )
