"""What happens to an order: placed by a citizen, carried out by the provider, moved on by clocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import randbelow
from typing import Any
from uuid import UUID

import orjson

from backend.casework.machine import Casework
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, fetch, transaction
from backend.database.shared import Shared
from backend.errors import Conflict, FieldProblem, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.people.identity.consents import require_guardian
from backend.people.identity.ladder import TO_APPLY, require
from backend.providers.orders.life import CLOCKS, GIVEN_UP, OrderAct, OrderState, due_at, moved
from backend.providers.orders.models import SubsidyState
from backend.providers.orders.subsidies import month_of, reserve, settle
from backend.providers.organisations.kinds import PlaceKind
from backend.providers.places.keeping import Listing
from backend.providers.webhooks import telling
from backend.providers.webhooks.models import HookEvent
from backend.viewer import Citizen, Provider

ORDERS = "60/day"
CHECK_INS = "5/hour"
"""Per order: a code has a million values."""
AHEAD = timedelta(days=90)
MOST = 200
LARGEST_TOTAL = 2_000_000_000
"""Fen: sums of more would not fit into the columns."""
AT_ONCE = 200
RESIDENTIAL = frozenset(
    {PlaceKind.CARE_HOME, PlaceKind.CEMETERY, PlaceKind.COLUMBARIUM, PlaceKind.CHILD_WELFARE_HOME}
)
"""Whoever comes here stays: the bed is not free again when the order is done."""

NO_SUCH_ORDER = Text("没有这个订单。", "There is no such order.")
NO_SUCH_PLACE = Text("没有这项服务，或已停止接单。", "There is no such service, or it takes no orders now.")
NO_SUCH_OFFERING = Text("没有这个服务项目。", "There is no such offering.")
FULL = Text("该处已没有空位。", "Nothing is free there any more.")
BAD_TIME = Text("请选择90天内的时间。", "Choose a time within the next 90 days.")
BAD_QUANTITY = Text("数量应为1至200。", "A quantity is 1 to 200.")
BAD_PHONE = Text("请填写联系电话。", "Give a telephone number.")
TOO_MUCH = Text("一个订单的总额不超过2000万元。", "An order comes to 20 million yuan at most.")
TOO_LONG = Text(
    "地址请控制在200字、备注在500字以内。", "An address has at most 200, a note at most 500 characters."
)
WRONG_CODE = Text("签到码不正确。", "This is not the check-in code.")
NO_SUCH_STAFF = Text("没有这名成员。", "There is no such member.")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a citizen orders."""

    place_id: UUID
    offering: str
    quantity: int
    wanted_at: datetime
    address: str
    phone: str
    note: str
    subsidy: UUID | None
    """The case whose subsidy is to pay its part."""


def told_context(order_id: UUID) -> str:
    """Where the sealed part of an order belongs."""
    return f"service_order.told:{order_id}"


def check_in_context(order_id: UUID) -> str:
    """Where a sealed check-in code belongs."""
    return f"service_order.check_in:{order_id}"


async def place_order(citizen: Citizen, work: Casework, wish: Wish, *, idempotency_key: str) -> UUID:
    """Order what a place offers, at the price that it shows; the order's id.

    With a subsidy the citizen is verified, and what the case grants this month is set aside. Raises
    ``Invalid``, ``NotFound``, ``Conflict`` where nothing is free, ``Forbidden(NOT_ELIGIBLE)``, ``StepUpNeeded``.
    """
    person_id = _person(citizen)
    _check(wish)
    await require_guardian(citizen, person_id)
    if wish.subsidy is not None:
        await require(citizen, person_id, TO_APPLY)
    shared, ring = work.resources.shared, work.resources.keys.ring
    await shared.limit(ORDERS, "place-order", str(person_id))
    order_id, now = new_id(), clock.now()
    told = orjson.dumps({"address": wish.address, "phone": wish.phone, "note": wish.note})
    async with transaction() as tx:
        known = await once(
            tx,
            actor=f"person:{person_id}",
            operation="placeOrder",
            key=idempotency_key,
            given=[
                str(wish.place_id),
                wish.offering,
                wish.quantity,
                wish.wanted_at,
                str(wish.subsidy),
                work.resources.keys.blind_index.of(told.decode(), "service_order.told"),
            ],
            subject=order_id,
        )
        if known is not None:
            return known
        row = await tx.fetch_one(
            "SELECT id, organisation_id, content, version, kind, capacity FROM place WHERE id = $1 AND listed"
            " AND organisation_id IS NOT NULL FOR NO KEY UPDATE",
            wish.place_id,
        )
        if row is None:
            raise NotFound(NO_SUCH_PLACE)
        offering = next(
            (one for one in Listing.read(row["content"]).offerings if one.code == wish.offering), None
        )
        if offering is None:
            raise NotFound(NO_SUCH_OFFERING).about("input", "offeringCode")
        if offering.price_fen * wish.quantity > LARGEST_TOTAL:
            raise Invalid(TOO_MUCH).about("input", "quantity")
        await tx.execute(
            "INSERT INTO service_order (id, created_at, person_id, place_id, organisation_id, place_version,"
            " offering_code, offering_name, unit, price_fen, quantity, subsidy_fen, wanted_at, told_sealed,"
            " check_in_sealed, state, version, due_at, late, holds_place)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $14, 'PLACED', 1, $15, FALSE, $16)",
            order_id,
            now,
            person_id,
            row["id"],
            row["organisation_id"],
            row["version"],
            offering.code,
            offering.name,
            offering.unit,
            offering.price_fen,
            wish.quantity,
            wish.wanted_at,
            ring.seal(told, context=told_context(order_id)),
            ring.seal(f"{randbelow(1_000_000):06d}".encode(), context=check_in_context(order_id)),
            due_at(OrderState.PLACED, now, wish.wanted_at),
            row["capacity"] > 0,
        )
        if row["capacity"] > 0:
            await _take_place(tx, row["id"])
        if wish.subsidy is not None:
            amount = await reserve(
                tx,
                work,
                order_id=order_id,
                person_id=person_id,
                application_id=wish.subsidy,
                kind=PlaceKind(row["kind"]),
                month=month_of(wish.wanted_at),
                total_fen=offering.price_fen * wish.quantity,
            )
            await tx.execute("UPDATE service_order SET subsidy_fen = $2 WHERE id = $1", order_id, amount)
        told_of = {"id": order_id, "organisation_id": row["organisation_id"], "place_id": row["id"]}
        await _note(tx, shared, told_of, OrderAct.PLACE, OrderState.PLACED, 1, f"person:{person_id}")
    return order_id


async def act(
    actor: Citizen | Provider,
    work: Casework,
    *,
    order_id: UUID,
    act: OrderAct,
    idempotency_key: str,
    staff_id: UUID | None = None,
    code: str = "",
) -> UUID:
    """Move an own order by ``act``; its id. ``ASSIGN`` names a member of the staff, ``ARRIVE`` the citizen's code.

    Raises ``NotFound`` for an order that is not the actor's, ``Conflict`` for what its state does not allow.
    """
    shared, name = work.resources.shared, name_of(actor)
    async with transaction() as tx:
        known = await once(
            tx,
            actor=name,
            operation=f"order:{act}",
            key=idempotency_key,
            given=[str(order_id), str(staff_id), code],
            subject=order_id,
        )
        if known is not None:
            return known
        row = await own_order(tx, actor, order_id)
        if act is OrderAct.ARRIVE:
            # Only now: whoever merely knows an order's id uses up nothing of its provider's.
            await shared.limit(CHECK_INS, "check-in", str(order_id))
        moved(OrderState(row["state"]), act)
        if act is OrderAct.ASSIGN:
            await _check_staff(tx, row, staff_id)
        if act is OrderAct.ARRIVE:
            wanted = work.resources.keys.ring.open(row["check_in_sealed"], context=check_in_context(order_id))
            if code != wanted.decode():
                raise Invalid(WRONG_CODE, code=ProblemCode.CODE_REFUSED).about("input", "code")
        await move(tx, shared, row, act, name, staff_id=staff_id)
    return order_id


async def move(
    tx: Transaction, shared: Shared, row: Row, act: OrderAct, actor: str, *, staff_id: UUID | None = None
) -> None:
    """Move a held order: its state, clock, timeline, and what hangs on it: the bed and the subsidy."""
    before = OrderState(row["state"])
    after, now = moved(before, act), clock.now()
    version = row["version"] + 1
    late = act is OrderAct.BE_LATE
    await tx.execute(
        "UPDATE service_order SET state = $2, version = $3, due_at = CASE WHEN $4 THEN due_at ELSE $5 END, late = $4,"
        " staff_id = coalesce($6, staff_id) WHERE id = $1",
        row["id"],
        after,
        version,
        late,
        due_at(after, now, row["wanted_at"]),
        staff_id,
    )
    if after in GIVEN_UP:
        await settle(tx, row["id"], SubsidyState.RELEASED)
    if after is OrderState.CONFIRMED and before is not after:
        await settle(tx, row["id"], SubsidyState.USED)
    ended = after in GIVEN_UP or (
        after is OrderState.CONFIRMED and before is not after and row["kind"] not in RESIDENTIAL
    )
    if row["holds_place"] and ended:
        await tx.execute("UPDATE place SET free = least(capacity, free + 1) WHERE id = $1", row["place_id"])
        await tx.execute("UPDATE service_order SET holds_place = FALSE WHERE id = $1", row["id"])
    await _note(tx, shared, row, act, after, version, actor)


async def run_clocks(work: Casework, *, most: int = AT_ONCE) -> int:
    """Move orders whose time ran out, for the worker's clock; how many. Each in its own transaction."""
    rows = await fetch(
        f"SELECT o.id FROM service_order o WHERE o.due_at <= $1 AND NOT o.late AND NOT {_OBJECTED}"  # noqa: S608 - written below
        " ORDER BY o.due_at LIMIT $2",
        clock.now(),
        most,
    )
    done = 0
    for found in rows:
        async with transaction() as tx:
            row = await tx.fetch_one(
                f"{_HELD} AND o.due_at <= $2 AND NOT o.late FOR NO KEY UPDATE OF o SKIP LOCKED",
                found["id"],
                clock.now(),
            )
            # Asked anew with the order held: a complaint that came meanwhile counts.
            if row is not None and not await tx.fetch_one(f"{_HELD} AND {_OBJECTED}", row["id"]):
                await move(
                    tx,
                    work.resources.shared,
                    row,
                    CLOCKS[OrderState(row["state"])].then,
                    "machine:order-clock",
                )
                done += 1
    return done


_OBJECTED = (
    "(o.state = 'DONE' AND EXISTS (SELECT FROM order_complaint complaint WHERE complaint.order_id = o.id"
    " AND complaint.state <> 'ANSWERED'))"
)
"""Condition on ``service_order o``: somebody objects, and silence is not consent."""
_HELD = (
    "SELECT o.id, o.person_id, o.organisation_id, o.place_id, o.state, o.version, o.wanted_at, o.check_in_sealed,"
    " o.holds_place, o.rating, place.kind, place.division FROM service_order o JOIN place ON place.id = o.place_id"
    " WHERE o.id = $1"
)


async def own_order(tx: Transaction, actor: Citizen | Provider, order_id: UUID) -> Row:
    """An order that the actor placed or that their organisation carries out, held. Raises ``NotFound``."""
    row = await tx.fetch_one(f"{_HELD} FOR NO KEY UPDATE OF o", order_id)
    mine = row is not None and (
        row["person_id"] == actor.person_id
        if isinstance(actor, Citizen)
        else row["organisation_id"] == actor.organisation_id
    )
    if row is None or not mine:
        raise NotFound(NO_SUCH_ORDER)
    return row


def name_of(actor: Citizen | Provider) -> str:
    """How an actor is written into timelines."""
    return f"person:{actor.person_id}" if isinstance(actor, Citizen) else actor.agent


async def note(tx: Transaction, shared: Shared, row: Row, act: OrderAct, actor: str) -> None:
    """An entry of the timeline that moves nothing."""
    after = moved(OrderState(row["state"]), act)
    version = row["version"] + 1
    await tx.execute("UPDATE service_order SET version = $2 WHERE id = $1", row["id"], version)
    await _note(tx, shared, row, act, after, version, actor)


TOLD: Mapping[OrderAct, HookEvent] = {
    OrderAct.PLACE: HookEvent.ORDER_PLACED,
    OrderAct.BE_LATE: HookEvent.ORDER_LATE,
    OrderAct.COMPLAIN: HookEvent.ORDER_COMPLAINT,
    OrderAct.RATE: HookEvent.ORDER_RATED,
}
"""What receivers hear of an act; of any other that the order moved."""


async def _note(  # noqa: PLR0917 - one row's columns
    tx: Transaction,
    shared: Shared,
    order: Mapping[str, Any],
    act: OrderAct,
    state: OrderState,
    version: int,
    actor: str,
) -> None:
    order_id = order["id"]
    await tx.execute(
        "INSERT INTO service_order_event (id, created_at, order_id, sequence, act, state, at, actor)"
        " VALUES ($1, $2, $3, $4, $5, $6, $2, $7)",
        new_id(),
        clock.now(),
        order_id,
        version,
        act,
        state,
        actor,
    )
    await telling.note(
        tx,
        order["organisation_id"],
        TOLD.get(act, HookEvent.ORDER_MOVED),
        kind="ServiceOrder",
        subject=order_id,
        state=state,
        version=version,
        place_id=order["place_id"],
    )
    tx.after_commit(lambda: shared.announce(f"order:{order_id}", str(version)))


async def _take_place(tx: Transaction, place_id: UUID) -> None:
    taken = await tx.fetch_one(
        "UPDATE place SET free = free - 1 WHERE id = $1 AND free > 0 RETURNING id", place_id
    )
    if taken is None:
        raise Conflict(FULL, code=ProblemCode.SLOT_TAKEN)


async def _check_staff(tx: Transaction, row: Mapping[str, object], staff_id: UUID | None) -> None:
    found = await tx.fetch_one(
        "SELECT 1 FROM organisation_staff WHERE id = $1 AND organisation_id = $2 AND removed_at IS NULL"
        " AND joined_at IS NOT NULL",
        staff_id,
        row["organisation_id"],
    )
    if found is None:
        raise NotFound(NO_SUCH_STAFF).about("input", "staffId")


def _check(wish: Wish) -> None:
    now = clock.now()
    checks = (
        ("wantedAt", BAD_TIME, now - timedelta(minutes=5) <= wish.wanted_at <= now + AHEAD),
        ("quantity", BAD_QUANTITY, 1 <= wish.quantity <= MOST),
        ("phone", BAD_PHONE, 5 <= len(wish.phone) <= 20 and wish.phone.replace("-", "").isdigit()),
        ("address", TOO_LONG, len(wish.address) <= 200),
        ("note", TOO_LONG, len(wish.note) <= 500),
    )
    wrong = tuple(FieldProblem(("input", name), message) for name, message, holds in checks if not holds)
    if wrong:
        raise Invalid(wrong[0].message, fields=wrong)


def _person(citizen: Citizen) -> UUID:
    if citizen.person_id is None:
        raise TypeError("the field's access asks for a real name")
    return citizen.person_id
