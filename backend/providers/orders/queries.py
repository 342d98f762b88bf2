"""Orders as the citizen who placed them, the provider who carries them out and the officers of the division see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from backend.database.record import Row, fetch, fetch_one
from backend.kit import masking, regions
from backend.kit.sealing import KeyRing
from backend.people.identity.queries import opened_name
from backend.providers.orders.actions import check_in_context, told_context
from backend.providers.orders.life import SERVING, OrderAct, OrderState
from backend.providers.orders.models import ComplaintState, SubsidyFinding, SubsidyState
from backend.resources import Resources
from backend.viewer import Citizen, Officer, Provider, ProviderScope, Viewer


@dataclass(frozen=True, slots=True)
class Where:
    """Where to go and whom to call: for the citizen while it is kept, for the provider while it serves."""

    address: str
    phone: str
    note: str


@dataclass(frozen=True, slots=True)
class OrderEventView:
    """One entry of a timeline."""

    sequence: int
    act: OrderAct
    state: OrderState
    at: datetime
    by: str
    """CITIZEN, PROVIDER or SYSTEM."""


@dataclass(frozen=True, slots=True)
class ComplaintView:
    """A complaint and its answer."""

    state: ComplaintState
    text: str
    answer: str | None
    due_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order."""

    id: UUID
    place_id: UUID
    place_name: str
    organisation_id: UUID | None
    offering_code: str
    offering_name: str
    unit: str
    price_fen: int
    quantity: int
    subsidy_fen: int
    wanted_at: datetime
    state: OrderState
    version: int
    due_at: datetime | None
    late: bool
    customer: str | None
    """The citizen's name, masked; for the provider, while somebody has to know it."""
    where: Where | None
    check_in_code: str | None
    rating: int | None
    complaint: ComplaintView | None
    timeline: Sequence[OrderEventView]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ComplaintEntry:
    """A complaint as officers of the division see that it is there: who and what is not theirs yet."""

    id: UUID
    organisation_id: UUID | None
    organisation_name: str
    place_name: str
    state: ComplaintState
    due_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SubsidyUseView:
    """What an order used of a case's subsidy."""

    id: UUID
    application_id: UUID
    month: str
    amount_fen: int
    state: SubsidyState
    finding: SubsidyFinding | None
    organisation_name: str
    created_at: datetime


_COLUMNS = (
    "o.id, o.person_id, o.place_id, place.name AS place_name, o.organisation_id, o.offering_code, o.offering_name, o.unit,"
    " o.price_fen, o.quantity, o.subsidy_fen, o.wanted_at, o.told_sealed, o.check_in_sealed, o.state, o.version,"
    " o.due_at, o.late, o.rating, o.created_at, complaint.state AS complaint_state, complaint.text_sealed,"
    " complaint.answer_sealed, complaint.due_at AS complaint_due_at, complaint.answered_at, events.told AS events,"
    " document.name_sealed, document.number_index"
)
_FROM = (
    "FROM service_order o JOIN place ON place.id = o.place_id"
    " LEFT JOIN identity_document document ON document.person_id = o.person_id AND document.main"
    " LEFT JOIN order_complaint complaint ON complaint.order_id = o.id"
    " CROSS JOIN LATERAL (SELECT jsonb_agg(jsonb_build_array(e.sequence, e.act, e.state, e.at, e.actor)"
    "  ORDER BY e.sequence) AS told FROM service_order_event e WHERE e.order_id = o.id) events"
)


async def order(viewer: Viewer, resources: Resources, order_id: UUID) -> OrderView | None:
    """One order that is the viewer's own, or their organisation's; None for any other."""
    column, own = _reach(viewer)
    if own is None:
        return None
    row = await fetch_one(f"SELECT {_COLUMNS} {_FROM} WHERE o.id = $1 AND o.{column} = $2", order_id, own)
    return _view(viewer, resources, row) if row else None


async def orders(
    viewer: Citizen | Provider,
    resources: Resources,
    *,
    state: OrderState | None,
    before: UUID | None,
    limit: int,
) -> Sequence[OrderView]:
    """The viewer's own orders, or their organisation's; the newest first."""
    column, own = _reach(viewer)
    rows = await fetch(
        f"SELECT {_COLUMNS} {_FROM} WHERE o.{column} = $1 AND ($2::text IS NULL OR o.state = $2)"
        " AND ($3::uuid IS NULL OR o.id < $3) ORDER BY o.id DESC LIMIT $4",
        own,
        state,
        before,
        limit,
    )
    return [_view(viewer, resources, row) for row in rows]


async def complaints(
    officer: Officer, *, state: ComplaintState | None, before: UUID | None, limit: int
) -> Sequence[ComplaintEntry]:
    """Complaints about places in the officer's division; the newest first."""
    rows = await fetch(
        "SELECT complaint.id, o.organisation_id, coalesce(organisation.name, '') AS organisation_name,"
        " place.name AS place_name, complaint.state, complaint.due_at, complaint.created_at"
        " FROM order_complaint complaint JOIN service_order o ON o.id = complaint.order_id"
        " JOIN place ON place.id = o.place_id LEFT JOIN organisation ON organisation.id = o.organisation_id"
        " WHERE complaint.division LIKE $1 AND ($2::text IS NULL OR complaint.state = $2)"
        " AND ($3::uuid IS NULL OR complaint.id < $3) ORDER BY complaint.id DESC LIMIT $4",
        f"{regions.prefix(officer.division)}%",
        state,
        before,
        limit,
    )
    return [ComplaintEntry(**{**dict(row), "state": ComplaintState(row["state"])}) for row in rows]


async def subsidy_uses(
    officer: Officer, *, finding: SubsidyFinding | None, before: UUID | None, limit: int
) -> Sequence[SubsidyUseView]:
    """What was used of subsidies of cases in the officer's division; the newest first."""
    rows = await fetch(
        "SELECT use.id, use.application_id, use.month, use.amount_fen, use.state, use.finding, use.created_at,"
        " coalesce(organisation.name, '') AS organisation_name FROM subsidy_use use"
        " JOIN application ON application.id = use.application_id JOIN service_order o ON o.id = use.order_id"
        " LEFT JOIN organisation ON organisation.id = o.organisation_id"
        " WHERE application.division LIKE $1 AND ($2::text IS NULL OR use.finding = $2)"
        " AND ($3::uuid IS NULL OR use.id < $3) ORDER BY use.id DESC LIMIT $4",
        f"{regions.prefix(officer.division)}%",
        finding,
        before,
        limit,
    )
    return [
        SubsidyUseView(
            **{
                **dict(row),
                "state": SubsidyState(row["state"]),
                "finding": SubsidyFinding(row["finding"]) if row["finding"] else None,
            }
        )
        for row in rows
    ]


def _reach(viewer: Viewer) -> tuple[str, UUID | None]:
    match viewer:
        case Citizen():
            return "person_id", viewer.person_id
        case Provider() if ProviderScope.ORDERS in viewer.scopes:
            return "organisation_id", viewer.organisation_id
        case _:
            return "person_id", None


def _view(viewer: Viewer, resources: Resources, row: Row) -> OrderView:
    ring, citizen = resources.keys.ring, isinstance(viewer, Citizen)
    state = OrderState(row["state"])
    told = None
    if (citizen or state in SERVING) and row["told_sealed"]:
        told = Where(**orjson.loads(ring.open(row["told_sealed"], context=told_context(row["id"]))))
    code = None
    if citizen and state in {OrderState.ACCEPTED, OrderState.ASSIGNED}:
        code = ring.open(row["check_in_sealed"], context=check_in_context(row["id"])).decode()
    return OrderView(
        id=row["id"],
        place_id=row["place_id"],
        place_name=row["place_name"],
        organisation_id=row["organisation_id"],
        offering_code=row["offering_code"],
        offering_name=row["offering_name"],
        unit=row["unit"],
        price_fen=row["price_fen"],
        quantity=row["quantity"],
        subsidy_fen=row["subsidy_fen"],
        wanted_at=row["wanted_at"],
        state=state,
        version=row["version"],
        due_at=row["due_at"],
        late=row["late"],
        customer=None
        if citizen or row["name_sealed"] is None
        else masking.name(opened_name(resources, row["name_sealed"], row["number_index"])),
        where=told,
        check_in_code=code,
        rating=row["rating"],
        complaint=_complaint(ring, row),
        timeline=[_event(*entry) for entry in orjson.loads(row["events"])],
        created_at=row["created_at"],
    )


def _complaint(ring: KeyRing, row: Row) -> ComplaintView | None:
    if row["complaint_state"] is None:
        return None
    text, answer = row["text_sealed"], row["answer_sealed"]
    return ComplaintView(
        state=ComplaintState(row["complaint_state"]),
        text=text and ring.open(text, context=f"order_complaint.text:{row['id']}").decode(),
        answer=answer and ring.open(answer, context=f"order_complaint.answer:{row['id']}").decode(),
        due_at=row["complaint_due_at"],
        answered_at=row["answered_at"],
    )


def _event(sequence: int, act: str, state: str, at: str, actor: str) -> OrderEventView:
    kind = actor.partition(":")[0]
    by = {"person": "CITIZEN", "staff": "PROVIDER", "client": "PROVIDER"}.get(kind, "SYSTEM")
    return OrderEventView(sequence, OrderAct(act), OrderState(state), datetime.fromisoformat(at), by)
