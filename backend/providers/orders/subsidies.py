"""What a citizen's cases grant towards services, what of it was used, and whether both agree (核销对账)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.casework.applications.decisions import open_decision
from backend.casework.declaring.codes import CARE_SERVICE_SUBSIDY, DISABLED_ELDERLY_VOUCHER
from backend.casework.machine import Casework
from backend.database.record import Row, Transaction, fetch, transaction
from backend.errors import Forbidden, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.providers.orders.models import SubsidyFinding, SubsidyState
from backend.providers.organisations.kinds import PlaceKind

_CARE = frozenset(
    {
        PlaceKind.CARE_HOME,
        PlaceKind.DAY_CARE,
        PlaceKind.HOME_CARE,
        PlaceKind.MEAL_SERVICE,
        PlaceKind.BATHING_SERVICE,
    }
)
SUBSIDISED: Mapping[str, frozenset[PlaceKind]] = {
    DISABLED_ELDERLY_VOUCHER: _CARE,
    CARE_SERVICE_SUBSIDY: _CARE,
}
"""Items whose monthly grant is spent on services, and on which; what exactly is covered is regional (unverified)."""

GRANTING = ("APPROVED", "COMPLETED")
AT_ONCE = 200

NOTHING_LEFT = Text(
    "该补贴本月没有可用额度，或不适用于该服务。", "That subsidy has nothing left, or does not cover this."
)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a case grants for a month."""

    application_id: UUID
    item_code: str
    month: str
    """``YYYY-MM``."""
    granted_fen: int
    used_fen: int

    @property
    def left_fen(self) -> int:
        """What is left of it."""
        return max(0, self.granted_fen - self.used_fen)


def month_of(moment: datetime) -> str:
    """The month of legal time, ``YYYY-MM``."""
    return f"{clock.local(moment):%Y-%m}"


async def entitlements(
    work: Casework, person_id: UUID, month: str, *, kind: PlaceKind | None = None
) -> Sequence[Entitlement]:
    """Everything that a person's cases grant for ``month``, towards ``kind`` or anything."""
    items = [code for code, kinds in SUBSIDISED.items() if kind is None or kind in kinds]
    rows = await fetch(
        "SELECT application.id, application.item_code, application.result_sealed, coalesce(used.fen, 0)::bigint AS used"
        " FROM application LEFT JOIN LATERAL (SELECT sum(amount_fen) AS fen FROM subsidy_use"
        "  WHERE application_id = application.id AND month = $3 AND state <> 'RELEASED') used ON TRUE"
        " WHERE person_id = $1 AND item_code = ANY($2) AND state = ANY($4) AND result_sealed IS NOT NULL"
        " ORDER BY application.id LIMIT 20",
        person_id,
        items,
        month,
        list(GRANTING),
    )
    found = [_entitlement(work, row, month) for row in rows]
    return [one for one in found if one is not None]


async def reserve(
    tx: Transaction,
    work: Casework,
    *,
    order_id: UUID,
    person_id: UUID,
    application_id: UUID,
    kind: PlaceKind,
    month: str,
    total_fen: int,
) -> int:
    """Set aside for an order what the case grants and is left; how much. Raises ``Forbidden(NOT_ELIGIBLE)``.

    Two orders at once wait for each other: no month is spent twice.
    """
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"subsidy:{application_id}:{month}"
    )
    row = await tx.fetch_one(
        "SELECT id, item_code, result_sealed, (SELECT coalesce(sum(amount_fen), 0)::bigint FROM subsidy_use"
        "  WHERE application_id = application.id AND month = $4 AND state <> 'RELEASED') AS used"
        " FROM application WHERE id = $1 AND person_id = $2 AND state = ANY($3) AND result_sealed IS NOT NULL",
        application_id,
        person_id,
        list(GRANTING),
        month,
    )
    granted = None
    if row is not None and kind in SUBSIDISED.get(row["item_code"], frozenset()):
        granted = _entitlement(work, row, month)
    amount = min(granted.left_fen, total_fen) if granted else 0
    if not amount:
        raise Forbidden(NOTHING_LEFT, code=ProblemCode.NOT_ELIGIBLE).about("input", "subsidyApplicationId")
    await tx.execute(
        "INSERT INTO subsidy_use (id, created_at, order_id, application_id, month, amount_fen, state)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'RESERVED')",
        new_id(),
        clock.now(),
        order_id,
        application_id,
        month,
        amount,
    )
    return amount


async def settle(tx: Transaction, order_id: UUID, state: SubsidyState) -> None:
    """The order came to its end: its part is used, or free again."""
    await tx.execute(
        "UPDATE subsidy_use SET state = $2 WHERE order_id = $1 AND state = 'RESERVED'", order_id, state
    )


async def reconcile(work: Casework, *, most: int = AT_ONCE) -> int:
    """Hold what was used against the cases it came from, for the worker's clock; how many uses.

    What does not agree stays as it is and is marked: money that was spent is an officer's matter.
    """
    async with transaction() as tx:
        rows = await tx.fetch(
            "SELECT use.id, use.application_id, use.month, application.item_code, application.result_sealed,"
            " application.state, (SELECT sum(amount_fen)::bigint FROM subsidy_use other"
            "  WHERE other.application_id = use.application_id AND other.month = use.month"
            "  AND other.state = 'USED') AS used"
            " FROM subsidy_use use JOIN application ON application.id = use.application_id"
            " WHERE use.state = 'USED' AND use.reconciled_at IS NULL ORDER BY use.id LIMIT $1"
            " FOR UPDATE OF use SKIP LOCKED",
            most,
        )
        if rows:
            await tx.execute(
                "UPDATE subsidy_use SET finding = given.finding, reconciled_at = $3"
                " FROM unnest($1::uuid[], $2::text[]) AS given(id, finding) WHERE subsidy_use.id = given.id",
                [row["id"] for row in rows],
                [_finding(work, row) for row in rows],
                clock.now(),
            )
    return len(rows)


def _finding(work: Casework, row: Row) -> SubsidyFinding:
    if row["state"] not in GRANTING or row["result_sealed"] is None:
        return SubsidyFinding.CASE_ENDED
    decision = open_decision(work, row["application_id"], row["result_sealed"])
    if not decision.approved or not decision.monthly_fen:
        return SubsidyFinding.CASE_ENDED
    return SubsidyFinding.SOUND if row["used"] <= decision.monthly_fen else SubsidyFinding.OVERDRAWN


def _entitlement(work: Casework, row: Row, month: str) -> Entitlement | None:
    decision = open_decision(work, row["id"], row["result_sealed"])
    if not decision.approved or not decision.monthly_fen or (decision.paid_from or month) > month:
        return None
    return Entitlement(row["id"], row["item_code"], month, decision.monthly_fen, row["used"])
