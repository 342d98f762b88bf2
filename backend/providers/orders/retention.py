"""How long orders are kept: where to go for half a year, what was said and ordered for three, accounts of subsidies longer.

An emptied column holds no text at all: it is nothing that could be opened. A person whose orders are kept stays known
by number only.
"""

from collections.abc import Sequence
from uuid import UUID

from backend.database.record import Transaction
from backend.errors import Text
from backend.people.privacy.retention import (
    LIMITATION,
    NEEDED,
    Ground,
    Old,
    Retention,
    Take,
    deleting,
    emptying,
)
from backend.providers.orders.life import OPEN
from backend.resources import Resources

ACCOUNTS_DAYS = 30 * 365 + 7
OF_AN_ORDER = ("order_complaint", "subsidy_use", "service_order_event")
"""What points to an order, and goes with it."""
_STILL_OPEN = ", ".join(f"'{state}'" for state in OPEN)


def _over(order: str) -> str:
    """Condition: this order has ended, and nothing has happened to it for so long."""
    return (
        f"{order}.state NOT IN ({_STILL_OPEN})"  # noqa: S608 - constants of ours
        f" AND (SELECT max(at) FROM service_order_event WHERE order_id = {order}.id) < $1"
    )


def _taking(*, subsidised: bool) -> Take:
    """Takes whole orders, with all that points to them: those that a subsidy paid of, or the others."""
    statement = (
        f"SELECT held.id FROM service_order held WHERE held.id < $2 AND {_over('held')}"  # noqa: S608 - constants of ours
        f" AND {'' if subsidised else 'NOT '}EXISTS (SELECT 1 FROM subsidy_use WHERE order_id = held.id)"
        " ORDER BY held.id LIMIT $3 FOR UPDATE OF held SKIP LOCKED"
    )

    async def take(tx: Transaction, _resources: Resources, old: Old) -> int:
        orders = [row["id"] for row in await tx.fetch(statement, old.before, old.first_id, old.most)]
        for table in OF_AN_ORDER:
            await tx.execute(f"DELETE FROM {table} WHERE order_id = ANY($1)", orders)  # noqa: S608 - names of the list above
        await tx.execute("DELETE FROM service_order WHERE id = ANY($1)", orders)
        return len(orders)

    return take


async def forget_orders(tx: Transaction, person_id: UUID, _accounts: Sequence[UUID]) -> None:
    """At once for somebody who closes their accounts: where, whom to call, and every word. The rest is accounts."""
    await tx.execute(
        "UPDATE service_order SET told_sealed = '', check_in_sealed = '', comment_sealed = NULL WHERE person_id = $1",
        person_id,
    )
    await tx.execute(
        "UPDATE order_complaint SET text_sealed = '', answer_sealed = NULL FROM service_order o"
        " WHERE o.id = order_complaint.order_id AND o.person_id = $1",
        person_id,
    )


RETENTIONS = (
    Retention(
        "order_addresses",
        Text("已结束订单的地址、电话和备注", "Address, telephone and note of orders that have ended"),
        180,
        Text("订单最后一次变动", "the order's last event"),
        NEEDED,
        Ground.HOUSE,
        emptying("service_order", ("told_sealed", "check_in_sealed"), _over("held"), to="''"),
    ),
    Retention(
        "order_comments",
        Text("订单评价中的文字", "The words of ratings"),
        3 * 365,
        Text("订单最后一次变动", "the order's last event"),
        LIMITATION,
        Ground.LAW,
        emptying("service_order", ("comment_sealed",), _over("held")),
    ),
    Retention(
        "order_complaints",
        Text("订单投诉及答复", "Complaints about orders, and their answers"),
        3 * 365,
        Text("订单最后一次变动", "the order's last event"),
        LIMITATION,
        Ground.LAW,
        deleting(
            "order_complaint",
            f"EXISTS (SELECT 1 FROM service_order o WHERE o.id = held.order_id AND {_over('o')})",  # noqa: S608 - constants of ours
        ),
    ),
    Retention(
        "orders",
        Text("未使用补贴的订单", "Orders that no subsidy paid of"),
        3 * 365,
        Text("订单最后一次变动", "the order's last event"),
        LIMITATION,
        Ground.LAW,
        _taking(subsidised=False),
    ),
    Retention(
        "subsidised_orders",
        Text("使用补贴的订单及核销记录", "Orders that a subsidy paid of, with what it paid"),
        ACCOUNTS_DAYS,
        Text("订单最后一次变动", "the order's last event"),
        Text(
            "《会计档案管理办法》（会计凭证三十年）",
            "Rules on accounting archives: vouchers for thirty years",
        ),
        Ground.UNVERIFIED,
        _taking(subsidised=True),
    ),
)
"""Before those of casework: an order points to a person."""
