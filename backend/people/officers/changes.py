"""Changing an officer's rights takes two: one officer of operations asks, another one approves (四眼原则).

What is approved happens in the same transaction, and every session of the officer ends with it: whoever was
transferred sees nothing of the old place from that moment on.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, fetch_one, transaction
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.people.officers.models import ChangeKind, ChangeState, OfficerChange
from backend.people.officers.queries import change_row, officer_row
from backend.people.officers.second_factor import issue_enrolment
from backend.people.officers.training import ensure_training_organ
from backend.resources import Resources
from backend.viewer import Officer, OfficerRole

OPERATIONS_ONLY = Text("只有运维岗位可以变更人员权限。", "Only officers of operations change rights.")
NOT_ALONE = Text("须由另一名运维人员批准。", "Another officer of operations has to approve it.")
NOT_ONESELF = Text("不能变更自己的权限。", "Nobody changes their own rights.")
NO_ROLES = Text("请至少选择一个岗位。", "Name at least one role.")
NO_ORGAN = Text("没有这个机构。", "There is no such organ.")
OVER = Text("该变更已处理。", "This change was decided already.")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be changed of whom."""

    officer_id: UUID
    kind: ChangeKind
    roles: Collection[OfficerRole] = ()
    organ_code: str = ""
    """统一社会信用代码 of the organ that the officer goes to."""


async def request_change(officer: Officer, wish: Wish, *, idempotency_key: str) -> UUID:
    """Ask for a change within the asker's division; its id. Raises ``Forbidden``, ``NotFound``, ``Invalid``."""
    _check_role(officer)
    row = await officer_row(officer, wish.officer_id)
    if row["id"] == officer.officer_id:
        raise Forbidden(NOT_ONESELF)
    if wish.kind is ChangeKind.ROLES and not wish.roles:
        raise Invalid(NO_ROLES).about("input", "roles")
    organ_id = await _organ(officer, wish.organ_code) if wish.kind is ChangeKind.TRANSFER else None
    roles, change_id, actor = sorted(wish.roles), new_id(), f"officer:{officer.officer_id}"
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor,
            operation="requestOfficerChange",
            key=idempotency_key,
            given=[str(wish.officer_id), wish.kind, roles, wish.organ_code],
            subject=change_id,
        )
        if known is not None:
            return known
        await OfficerChange.create(
            id=change_id,
            officer_id=wish.officer_id,
            kind=wish.kind,
            roles=roles if wish.kind in {ChangeKind.ROLES, ChangeKind.TRANSFER} and roles else None,
            organ_id=organ_id,
            division=row["division"],
            state=ChangeState.OPEN,
            requested_by=officer.officer_id,
        )
        await _tell(
            tx, wish.officer_id, "change_requested", actor=actor, change_id=change_id, change=wish.kind
        )
    return change_id


async def decide_change(
    officer: Officer, resources: Resources, *, change_id: UUID, approved: bool
) -> str | None:
    """Approve or refuse a change that somebody else asked for; an enrolment code after a RESET, shown this once.

    Raises ``Forbidden`` to whoever asked for it and to whom it is about, ``NotFound``, ``Conflict``.
    """
    _check_role(officer)
    row = await change_row(officer, change_id)
    if officer.officer_id == row["requested_by"]:
        raise Forbidden(NOT_ALONE)
    if officer.officer_id == row["officer_id"]:
        raise Forbidden(NOT_ONESELF)
    actor, code = f"officer:{officer.officer_id}", None
    async with transaction() as tx:
        decided = await tx.fetch_one(
            "UPDATE officer_change SET state = $2, decided_by = $3, decided_at = $4"
            " WHERE id = $1 AND state = 'OPEN' RETURNING id",
            change_id,
            (ChangeState.APPROVED if approved else ChangeState.REFUSED).value,
            officer.officer_id,
            clock.now(),
        )
        if decided is None:
            raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
        if approved:
            code = await _apply(tx, resources, row)
            await end_sessions(tx, row["officer_id"], actor=actor)
        kind = "change_approved" if approved else "change_refused"
        await _tell(
            tx,
            row["officer_id"],
            kind,
            actor=actor,
            change_id=change_id,
            change=ChangeKind(row["kind"]),
        )
    return code


async def end_sessions(tx: Transaction, officer_id: UUID, *, actor: str) -> int:
    """End every session of an officer; how many there were."""
    rows = await tx.fetch(
        "UPDATE session SET revoked_at = $2 WHERE officer_id = $1 AND revoked_at IS NULL RETURNING id",
        officer_id,
        clock.now(),
    )
    if rows:
        await audit.append(
            tx,
            subject=f"officer:{officer_id}",
            kind="sessions_ended",
            actor=actor,
            detail={"sessions": len(rows)},
        )
    return len(rows)


async def _apply(tx: Transaction, resources: Resources, row: Row) -> str | None:
    officer_id = row["officer_id"]
    match ChangeKind(row["kind"]):
        case ChangeKind.ROLES | ChangeKind.TRANSFER:
            await tx.execute(
                "UPDATE officer SET roles = coalesce($2::jsonb, roles), organ_id = coalesce($3, organ_id) WHERE id = $1",
                officer_id,
                row["roles"],
                row["organ_id"],
            )
        case ChangeKind.DISABLE:
            await tx.execute("UPDATE officer SET disabled_at = $2 WHERE id = $1", officer_id, clock.now())
        case ChangeKind.TRAINING | ChangeKind.DUTY:
            await ensure_training_organ(tx)
            await tx.execute(
                "UPDATE officer SET training = $2 WHERE id = $1",
                officer_id,
                row["kind"] == ChangeKind.TRAINING,
            )
        case ChangeKind.RESET:
            return await issue_enrolment(tx, resources, officer_id)
    return None


async def _organ(officer: Officer, credit_code: str) -> UUID:
    row = await fetch_one("SELECT id, division FROM organ WHERE credit_code = $1", credit_code)
    if row is None or not regions.within(row["division"], officer.division):
        raise NotFound(NO_ORGAN).about("input", "organCode")
    organ_id: UUID = row["id"]
    return organ_id


def _check_role(officer: Officer) -> None:
    if OfficerRole.OPERATIONS not in officer.roles:
        raise Forbidden(OPERATIONS_ONLY)


async def _tell(
    tx: Transaction, officer_id: UUID, kind: str, *, actor: str, change_id: UUID, change: ChangeKind
) -> None:
    await audit.append(
        tx,
        subject=f"officer:{officer_id}",
        kind=kind,
        actor=actor,
        detail={"change": str(change_id), "kind": change.value},
    )
