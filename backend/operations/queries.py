"""What operators, officers and citizens read of operations: switches, announcements, feedback, the pilot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.casework.applications.events import actor_name
from backend.casework.catalogue.pilots import PILOT_REGIONS, PilotRegion
from backend.casework.machine import Casework
from backend.casework.switches.models import Feature
from backend.casework.switches.queries import levels
from backend.database.record import Row, fetch, fetch_one
from backend.errors import NotFound, Text
from backend.kit import clock, regions
from backend.operations.desk import NO_SUCH, NOT_A_PILOT, feedback_context
from backend.operations.models import FeedbackKind, FeedbackState, PilotPhase
from backend.statistics.periods import month_of
from backend.statistics.values import bounds
from backend.viewer import Citizen, Officer, OfficerRole, Viewer

_LAST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class SwitchView:
    """A feature that was turned off or on again."""

    id: UUID
    feature: Feature
    division: str
    item_code: str
    on: bool
    reason: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class AnnouncementView:
    """An announcement."""

    id: UUID
    division: str
    title: Text
    body: Text
    urgent: bool
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class FeedbackView:
    """Feedback; words still sealed."""

    id: UUID
    division: str
    kind: FeedbackKind
    state: FeedbackState
    from_region: bool
    said_sealed: str
    answer_sealed: str | None
    created_at: datetime
    answered_at: datetime | None

    def opened(self, work: Casework, part: str) -> str | None:
        """``said`` or ``answer`` in the open."""
        sealed = self.said_sealed if part == "said" else self.answer_sealed
        if sealed is None:
            return None
        return work.resources.keys.ring.open(sealed, context=feedback_context(self.id, part)).decode()


@dataclass(frozen=True, slots=True)
class PilotStepView:
    """A phase that a region entered."""

    phase: PilotPhase
    remarks: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PilotView:
    """A pilot region: what the plan says, where it is, and what it has live."""

    plan: PilotRegion
    steps: Sequence[PilotStepView]
    """The latest first."""
    editions: int
    """Editions in force today."""
    items: int
    """Items that are offered somewhere in it."""
    connected: bool
    """Whether its platform is connected."""
    received: int
    """Cases received this month."""
    finished: int
    """Cases finished this month."""
    on_time: int
    """Of these, on time."""
    open_feedback: int

    @property
    def phase(self) -> PilotPhase | None:
        """Where it is."""
        return self.steps[0].phase if self.steps else None


_SWITCHES = 'SELECT id, feature, division, item_code, "on", reason, changed_at FROM feature_switch WHERE '


async def switches(viewer: Officer) -> Sequence[SwitchView]:
    """Every switch of the viewer's division and below, and those above that hold there; at most 200."""
    first, last = bounds(viewer.division)
    rows = await fetch(
        f"{_SWITCHES}left(division, 6) BETWEEN $1 AND $2 OR division = ANY($3::text[])"
        " ORDER BY changed_at DESC LIMIT 200",
        first,
        last,
        list(levels(viewer.division)),
    )
    return [_switch(row) for row in rows]


async def switch(viewer: Officer, feature: Feature, division: str, item_code: str) -> SwitchView:
    """One switch of the viewer's division or below. Raises ``NotFound``."""
    row = await fetch_one(
        f"{_SWITCHES}feature = $1 AND division = $2 AND item_code = $3", feature.value, division, item_code
    )
    if row is None or not regions.within(division, viewer.division):
        raise NotFound(NO_SUCH)
    return _switch(row)


def _switch(row: Row) -> SwitchView:
    return SwitchView(
        row["id"],
        Feature(row["feature"]),
        row["division"],
        row["item_code"],
        row["on"],
        row["reason"],
        row["changed_at"],
    )


async def announcements(_viewer: Viewer, *, division: str) -> Sequence[AnnouncementView]:
    """What is announced now in a division: its own, and those of the divisions above; at most 20, urgent ones first."""
    rows = await fetch(
        "SELECT id, division, title_zh, title_en, body_zh, body_en, urgent, since, until FROM announcement"
        " WHERE division = ANY($1::text[]) AND until > $2 AND since <= $2 AND withdrawn_at IS NULL"
        " ORDER BY urgent DESC, since DESC LIMIT 20",
        list(levels(division)),
        clock.now(),
    )
    return [_announcement(row) for row in rows]


def _announcement(row: Row) -> AnnouncementView:
    return AnnouncementView(
        row["id"],
        row["division"],
        Text(row["title_zh"], row["title_en"]),
        Text(row["body_zh"], row["body_en"]),
        row["urgent"],
        row["since"],
        row["until"],
    )


async def announcement(viewer: Officer, announcement_id: UUID) -> AnnouncementView:
    """One announcement of the viewer's division or below, also one that is over. Raises ``NotFound``."""
    rows = await fetch(
        "SELECT id, division, title_zh, title_en, body_zh, body_en, urgent, since, until FROM announcement WHERE id = $1",
        announcement_id,
    )
    if not rows or not regions.within(rows[0]["division"], viewer.division):
        raise NotFound(NO_SUCH)
    return _announcement(rows[0])


_FEEDBACK = "SELECT id, division, kind, state, from_region, said_sealed, answer_sealed, created_at, answered_at FROM feedback "


async def feedback(
    viewer: Viewer, *, state: FeedbackState | None, before: UUID | None, limit: int
) -> Sequence[FeedbackView]:
    """What the viewer said; for operations all of the division and below. Newest first."""
    values: tuple[str, ...]
    match viewer:
        case Officer() if OfficerRole.OPERATIONS in viewer.roles:
            where, values = "left(division, 6) BETWEEN $4 AND $5", bounds(viewer.division)
        case Officer() | Citizen():
            where, values = "actor = $4", (actor_name(viewer),)
        case _:
            return ()
    rows = await fetch(
        _FEEDBACK
        + f"WHERE id < $1 AND ($2::text IS NULL OR state = $2) AND {where} ORDER BY id DESC LIMIT $3",
        before or _LAST,
        state.value if state else None,
        limit,
        *values,
    )
    return [_feedback(row) for row in rows]


async def feedback_of(viewer: Viewer, feedback_id: UUID) -> FeedbackView:
    """One that the viewer said or may answer. Raises ``NotFound``."""
    rows = await fetch(
        "SELECT id, division, kind, state, from_region, said_sealed, answer_sealed, created_at, answered_at, actor"
        " FROM feedback WHERE id = $1",
        feedback_id,
    )
    if rows and isinstance(viewer, Officer | Citizen):
        row = rows[0]
        answers = (
            isinstance(viewer, Officer)
            and OfficerRole.OPERATIONS in viewer.roles
            and regions.within(row["division"], viewer.division)
        )
        if answers or row["actor"] == actor_name(viewer):
            return _feedback(row)
    raise NotFound(NO_SUCH)


def _feedback(row: Row) -> FeedbackView:
    return FeedbackView(
        row["id"],
        row["division"],
        FeedbackKind(row["kind"]),
        FeedbackState(row["state"]),
        row["from_region"],
        row["said_sealed"],
        row["answer_sealed"],
        row["created_at"],
        row["answered_at"],
    )


async def pilots(viewer: Officer, work: Casework) -> Sequence[PilotView]:
    """The pilot regions that lie in the viewer's division, or in which it lies, in the order of the plan."""
    shown = [
        one
        for one in PILOT_REGIONS
        if regions.within(one.division, viewer.division) or regions.within(viewer.division, one.division)
    ]
    return await _pilots(work, shown)


async def pilot(viewer: Officer, work: Casework, division: str) -> PilotView:
    """One of them. Raises ``NotFound``."""
    found = [one for one in await pilots(viewer, work) if one.plan.division == division]
    if not found:
        raise NotFound(NOT_A_PILOT)
    return found[0]


_LIVE = (
    "SELECT p.division, (SELECT count(*) FROM edition e WHERE left(e.division, 6) BETWEEN p.first AND p.last"
    "   AND e.in_force_from <= $4)::int AS editions,"
    " (SELECT count(DISTINCT e.item_code) FROM edition e WHERE left(e.division, 6) BETWEEN p.first AND p.last"
    "   AND e.in_force_from <= $4)::int AS items,"
    " g.received, g.finished, g.on_time,"
    " (SELECT count(*) FROM feedback f WHERE left(f.division, 6) BETWEEN p.first AND p.last"
    "   AND f.state IN ('OPEN', 'IN_WORK'))::int AS open_feedback"
    " FROM unnest($1::text[], $2::text[], $3::text[]) AS p(division, first, last)"
    " CROSS JOIN LATERAL (SELECT coalesce(sum(cases) FILTER (WHERE kind = 'SUBMITTED'), 0)::int AS received,"
    "   coalesce(sum(cases) FILTER (WHERE mark IN ('ON_TIME', 'LATE')), 0)::int AS finished,"
    "   coalesce(sum(cases) FILTER (WHERE mark = 'ON_TIME'), 0)::int AS on_time FROM statistics_figure"
    "   WHERE division BETWEEN p.first AND p.last AND month = $5) g"
)


async def _pilots(work: Casework, shown: Sequence[PilotRegion]) -> Sequence[PilotView]:
    divisions = [one.division for one in shown]
    ends = [bounds(division) for division in divisions]
    today: date = clock.today()
    rows = await fetch(
        _LIVE,
        divisions,
        [first for first, _ in ends],
        [last for _, last in ends],
        today,
        month_of(today).first_month,
    )
    live: Mapping[str, Row] = {row["division"]: row for row in rows}
    steps: dict[str, list[PilotStepView]] = {division: [] for division in divisions}
    for row in await fetch(
        "SELECT division, phase, remarks, created_at FROM pilot_step WHERE division = ANY($1::text[])"
        " ORDER BY division, number DESC",
        divisions,
    ):
        steps[row["division"]].append(
            PilotStepView(PilotPhase(row["phase"]), row["remarks"], row["created_at"])
        )
    provinces = work.resources.ports.provinces
    return [
        PilotView(
            one,
            steps[one.division][:20],
            live[one.division]["editions"],
            live[one.division]["items"],
            any(one.division.startswith(prefix) for prefix in provinces),
            live[one.division]["received"],
            live[one.division]["finished"],
            live[one.division]["on_time"],
            live[one.division]["open_feedback"],
        )
        for one in shown
    ]
