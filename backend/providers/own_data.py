"""What is kept of a person here: the organisations they act for, their orders, and what they share with programs."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import orjson

from backend.database.record import Transaction, fetch
from backend.errors import Text
from backend.kit import clock
from backend.people.privacy.own_data import Holding, Kept
from backend.providers.orders.actions import told_context
from backend.providers.orders.life import OPEN
from backend.providers.orders.retention import forget_orders
from backend.providers.organisations.actions import tell
from backend.resources import Resources

Told = Sequence[Mapping[str, object]]


async def _posts(_resources: Resources, person_id: UUID) -> Told:
    rows = await fetch(
        "SELECT organisation.name AS organisation, staff.role, staff.label, staff.joined_at, staff.removed_at"
        " FROM organisation_staff staff JOIN organisation ON organisation.id = staff.organisation_id"
        " WHERE staff.person_id = $1 ORDER BY staff.id",
        person_id,
    )
    return [dict(row) for row in rows]


async def _orders(resources: Resources, person_id: UUID) -> Told:
    rows = await fetch(
        "SELECT o.id, place.name AS place, o.offering_name AS offering, o.price_fen, o.quantity, o.subsidy_fen,"
        " o.wanted_at, o.state, o.rating, o.created_at, o.told_sealed, o.comment_sealed, complaint.text_sealed"
        " FROM service_order o JOIN place ON place.id = o.place_id"
        " LEFT JOIN order_complaint complaint ON complaint.order_id = o.id WHERE o.person_id = $1 ORDER BY o.id",
        person_id,
    )
    ring = resources.keys.ring

    def opened(sealed: str | None, context: str) -> str | None:
        return None if not sealed else ring.open(sealed, context=context).decode()

    return [
        {
            **{
                name: held
                for name, held in dict(row).items()
                if not name.endswith("_sealed") and name != "id"
            },
            "told": orjson.loads(opened(row["told_sealed"], told_context(row["id"])) or "null"),
            "comment": opened(row["comment_sealed"], f"service_order.comment:{row['id']}"),
            "complaint": opened(row["text_sealed"], f"order_complaint.text:{row['id']}"),
        }
        for row in rows
    ]


async def _open_orders(tx: Transaction, person_id: UUID) -> bool:
    return bool(
        await tx.fetch_one(
            "SELECT 1 FROM service_order WHERE person_id = $1 AND state = ANY($2) LIMIT 1",
            person_id,
            list(OPEN),
        )
    )


async def _has_orders(tx: Transaction, person_id: UUID) -> bool:
    return bool(await tx.fetch_one("SELECT 1 FROM service_order WHERE person_id = $1 LIMIT 1", person_id))


async def _shared(_resources: Resources, person_id: UUID) -> Told:
    rows = await fetch(
        "SELECT client.name AS program, organisation.name AS organisation, given.scopes, given.given_at, given.withdrawn_at"
        " FROM api_grant given JOIN api_client client ON client.id = given.client_id"
        " JOIN organisation ON organisation.id = client.organisation_id WHERE given.person_id = $1 ORDER BY given.id",
        person_id,
    )
    return [{**dict(row), "scopes": orjson.loads(row["scopes"])} for row in rows]


async def _leave_posts(tx: Transaction, person_id: UUID, _accounts: Sequence[UUID]) -> None:
    rows = await tx.fetch(
        "UPDATE organisation_staff SET removed_at = $2 WHERE person_id = $1 AND removed_at IS NULL"
        " RETURNING id, organisation_id",
        person_id,
        clock.now(),
    )
    for row in rows:
        await tell(tx, row["organisation_id"], "staff_left", f"person:{person_id}", {"staff": str(row["id"])})


async def _end_sharing(tx: Transaction, person_id: UUID, _accounts: Sequence[UUID]) -> None:
    await tx.execute(
        "UPDATE api_grant SET withdrawn_at = $2 WHERE person_id = $1 AND withdrawn_at IS NULL",
        person_id,
        clock.now(),
    )


HOLDINGS = (
    # Tokens rest on the post and on the consent, and outlive every session: both end with the account.
    Holding("organisations", _posts, erase=_leave_posts, tables=("organisation_staff",)),
    Holding(
        "orders",
        _orders,
        _open_orders,
        open_matter=Text("服务订单", "an order"),
        erase=forget_orders,
        kept=Kept(
            Text(
                "订单的项目、时间、金额和补贴使用记录（不含地址、电话和文字）",
                "What you ordered, when and for how much, and what a subsidy paid of it,"
                " without address, telephone and words",
            ),
            Text(
                "保存三年（《民法典》第一百八十八条）；使用补贴的作为会计档案保存三十年（《会计档案管理办法》，待核实）。",
                "For three years (Civil Code, Art. 188); what a subsidy paid of for thirty, as accounts"
                " (rules on accounting archives; unverified).",
            ),
            _has_orders,
        ),
        tables=("service_order", "order_complaint"),
    ),
    Holding("sharing", _shared, erase=_end_sharing, tables=("api_grant",)),
)
"""What this package keeps."""
