"""What officers of supervision read: cases by light, findings, orders, and boards from counts that are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.casework.machine import Casework
from backend.database.record import Row, fetch, fetch_one
from backend.errors import NotFound, Text
from backend.kit import regions
from backend.supervision.actions import NO_SUCH_CASE, NO_SUCH_ORDER, text_context
from backend.supervision.models import Axis, FindingState, Light, OrderKind, OrderState
from backend.supervision.rules import BY_CODE, Rule
from backend.viewer import Officer, OfficerRole

_LAST = UUID(int=2**128 - 1)
NOT_YOURS = Text("该区划不在您的管辖范围内。", "That division is not within yours.")


@dataclass(frozen=True, slots=True)
class SupervisedCaseView:
    """A case as supervision sees it: nothing of the person."""

    id: UUID
    """Of the case."""
    case_number: str | None
    item_code: str
    division: str
    organ_name: str
    light: Light
    ended: bool
    due_on: date | None


@dataclass(frozen=True, slots=True)
class FindingView:
    """Something that a rule found."""

    rule: Rule
    step: str
    light: Light
    state: FindingState
    at: datetime
    cleared_at: datetime | None


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of a case as supervision sees it."""

    code: str
    item_code: str
    light: Light


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as somebody who may see it does; texts still sealed."""

    id: UUID
    application_id: UUID
    kind: OrderKind
    state: OrderState
    division: str
    due_on: date
    due_at: datetime
    late: bool
    created_at: datetime
    answered_at: datetime | None
    text_sealed: str | None
    answer_sealed: str | None

    def opened(self, work: Casework, part: str) -> str | None:
        """``text`` or ``answer`` in the open."""
        sealed = self.text_sealed if part == "text" else self.answer_sealed
        if sealed is None:
            return None
        return work.resources.keys.ring.open(sealed, context=text_context(self.id, part)).decode()


@dataclass(frozen=True, slots=True)
class BoardRow:
    """How many cases and orders one organ, item or officer has."""

    axis: Axis
    subject: str
    label: str
    counts: Mapping[str, int]

    def count(self, measure: str) -> int:
        """How many of one measure."""
        return self.counts.get(measure, 0)


_CASES = (
    "SELECT s.application_id, a.case_number, s.item_code, s.division, s.organ_name, s.light, s.ended, a.due_on"
    " FROM supervised_case s JOIN application a ON a.id = s.application_id "
)


async def supervised_cases(
    viewer: Officer, *, light: Light, before: UUID | None, limit: int
) -> Sequence[SupervisedCaseView]:
    """Cases of one light in the viewer's division, newest first."""
    rows = await fetch(
        _CASES + "WHERE s.light = $1 AND s.division LIKE $2 AND s.application_id < $3"
        " ORDER BY s.application_id DESC LIMIT $4",
        light.value,
        f"{regions.prefix(viewer.division)}%",
        before or _LAST,
        limit,
    )
    return [_case(row) for row in rows]


async def supervised_case(viewer: Officer, application_id: UUID) -> SupervisedCaseView:
    """One case in the viewer's division. Raises ``NotFound``."""
    row = await fetch_one(_CASES + "WHERE s.application_id = $1", application_id)
    if row is None or not regions.within(row["division"], viewer.division):
        raise NotFound(NO_SUCH_CASE)
    return _case(row)


async def findings_of(application_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[FindingView]]:
    """The latest findings of each case, at most 50. Reached from visible cases only."""
    rows = await fetch(
        "SELECT f.application_id, f.rule, f.step, f.light, f.state, f.at, f.cleared_at FROM unnest($1::uuid[]) AS a(id)"
        " CROSS JOIN LATERAL (SELECT * FROM supervision_finding WHERE application_id = a.id ORDER BY at, rule LIMIT 50) f"
        " ORDER BY f.application_id, f.at, f.rule, f.step",
        list(application_ids),
    )
    found: dict[UUID, list[FindingView]] = {application_id: [] for application_id in application_ids}
    for row in rows:
        found[row["application_id"]].append(
            FindingView(
                BY_CODE[row["rule"]],
                row["step"],
                Light(row["light"]),
                FindingState(row["state"]),
                row["at"],
                row["cleared_at"],
            )
        )
    return found


async def steps_of(application_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[StepView]]:
    """The steps of each case in the order of its course, once it was accepted. Reached from visible cases only."""
    rows = await fetch(
        "SELECT s.application_id, s.step, s.light, c.item_code FROM supervised_step s"
        " JOIN supervised_case c ON c.application_id = s.application_id WHERE s.application_id = ANY($1::uuid[])"
        " ORDER BY s.application_id, s.place",
        list(application_ids),
    )
    found: dict[UUID, list[StepView]] = {application_id: [] for application_id in application_ids}
    for row in rows:
        found[row["application_id"]].append(StepView(row["step"], row["item_code"], Light(row["light"])))
    return found


_ORDERS = (
    "SELECT id, application_id, kind, state, division, due_on, due_at, late, created_at, answered_at, text_sealed,"
    " answer_sealed FROM supervision_order "
)


def _reach(viewer: Officer) -> str:
    """Supervision sees its whole division; whoever answers sees what is addressed to them."""
    if OfficerRole.SUPERVISION in viewer.roles:
        return f"{regions.prefix(viewer.division)}%"
    return viewer.division


async def orders(
    viewer: Officer, *, state: OrderState, before: UUID | None, limit: int
) -> Sequence[OrderView]:
    """Orders in one state that the viewer may see, newest first."""
    rows = await fetch(
        _ORDERS + "WHERE state = $1 AND division LIKE $2 AND id < $3 ORDER BY id DESC LIMIT $4",
        state.value,
        _reach(viewer),
        before or _LAST,
        limit,
    )
    return [_order(row) for row in rows]


async def order(viewer: Officer, order_id: UUID) -> OrderView:
    """One order that the viewer may see. Raises ``NotFound``."""
    row = await fetch_one(_ORDERS + "WHERE id = $1 AND division LIKE $2", order_id, _reach(viewer))
    if row is None:
        raise NotFound(NO_SUCH_ORDER)
    return _order(row)


async def board(viewer: Officer, *, axis: Axis, division: str | None, limit: int) -> Sequence[BoardRow]:
    """Organs, items or officers of a division, those with most red cases first: from totals, and steps not yet folded.

    Raises ``NotFound`` for a division outside of the viewer's.
    """
    where = division or viewer.division
    if not regions.within(where, viewer.division):
        raise NotFound(NOT_YOURS)
    rows = await fetch(
        "WITH told AS ("
        " SELECT subject, label, measure, count FROM supervision_count WHERE axis = $1 AND division = $2"
        " UNION ALL SELECT subject, label, measure, step FROM supervision_change WHERE axis = $1 AND division LIKE $3"
        "), summed AS (SELECT subject, max(label) AS label, measure, sum(count)::int AS count FROM told"
        "   GROUP BY subject, measure HAVING sum(count) <> 0)"
        " SELECT subject, max(label) AS label, array_agg(measure) AS measures, array_agg(count) AS counts,"
        "   coalesce(sum(count) FILTER (WHERE measure = 'RED'), 0) AS red FROM summed GROUP BY subject"
        " ORDER BY red DESC, subject LIMIT $4",
        axis.value,
        where,
        f"{regions.prefix(where)}%",
        limit,
    )
    return [
        BoardRow(axis, row["subject"], row["label"], dict(zip(row["measures"], row["counts"], strict=True)))
        for row in rows
    ]


def _case(row: Row) -> SupervisedCaseView:
    return SupervisedCaseView(
        row["application_id"],
        row["case_number"],
        row["item_code"],
        row["division"],
        row["organ_name"],
        Light(row["light"]),
        row["ended"],
        row["due_on"],
    )


def _order(row: Row) -> OrderView:
    return OrderView(
        row["id"],
        row["application_id"],
        OrderKind(row["kind"]),
        OrderState(row["state"]),
        row["division"],
        row["due_on"],
        row["due_at"],
        row["late"],
        row["created_at"],
        row["answered_at"],
        row["text_sealed"],
        row["answer_sealed"],
    )
