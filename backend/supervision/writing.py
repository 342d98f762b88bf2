"""Opening orders, one or a thousand in a statement, each with its own clock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from backend.casework.legal_clock import end_of
from backend.database.record import Transaction
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.kit.working_days import Calendar
from backend.supervision.counting import Place, Step, write_steps
from backend.supervision.models import OrderKind

MACHINE = "machine:supervision"


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to be opened, once per case and cause."""

    application_id: UUID
    kind: OrderKind
    cause: str
    division: str
    place: Place
    at: datetime
    days: int
    issued_by: str = MACHINE
    id: UUID | None = None
    text_sealed: str | None = None


def superior_of(division: str) -> str | None:
    """The division above, whose organ is the superior one; None above the nation."""
    if division == regions.NATION:
        return None
    known = regions.find(division)
    if known is None:
        known = regions.get(division)
        return None if known is None else known.code
    return known.parent or regions.NATION


async def open_orders(tx: Transaction, calendar: Calendar, orders: Sequence[NewOrder]) -> int:
    """Open those that are not there yet; returns how many. Counted with what they belong to."""
    dues: dict[tuple[date, int], date] = {}

    def due(order: NewOrder) -> date:
        key = (clock.local(order.at).date(), order.days)
        if key not in dues:
            dues[key] = calendar.add_working_days(*key)
        return dues[key]

    rows = await tx.fetch(
        "INSERT INTO supervision_order (id, created_at, application_id, kind, cause, state, division, started_on, days,"
        " due_on, due_at, late, calendar_version, text_sealed, issued_by)"
        " SELECT n.id, n.at, n.application_id, n.kind, n.cause, 'OPEN', n.division, n.started_on, n.days, n.due_on,"
        " n.due_at, false, $1, n.text_sealed, n.issued_by FROM unnest($2::uuid[], $3::timestamptz[], $4::uuid[],"
        " $5::text[], $6::text[], $7::text[], $8::date[], $9::int[], $10::date[], $11::timestamptz[], $12::text[],"
        " $13::text[]) AS n(id, at, application_id, kind, cause, division, started_on, days, due_on, due_at,"
        " text_sealed, issued_by) ON CONFLICT (application_id, cause) DO NOTHING RETURNING application_id",
        calendar.version,
        [order.id or new_id() for order in orders],
        [order.at for order in orders],
        [order.application_id for order in orders],
        [order.kind.value for order in orders],
        [order.cause for order in orders],
        [order.division for order in orders],
        [clock.local(order.at).date() for order in orders],
        [order.days for order in orders],
        [due(order) for order in orders],
        [end_of(due(order)) for order in orders],
        [order.text_sealed for order in orders],
        [order.issued_by for order in orders],
    )
    placed = {order.application_id: replace(order.place, officer="") for order in orders}
    await write_steps(tx, [Step(placed[row["application_id"]], "ORDERS_OPEN", 1) for row in rows])
    return len(rows)
