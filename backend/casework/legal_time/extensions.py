"""延期: an officer asks for more days with a reason, a superior grants or refuses them, the applicant reads why.

行政许可法 42: ten days more, with the approval of the organ's head, and the applicant is told the reason. The item says
how many days may be added (``Limits.extension_days``), and a case is extended once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.casework.applications.events import actor_name, locked_state, record_event
from backend.casework.legal_time.models import ExtensionState
from backend.casework.lifecycle import CaseEventKind, CaseState, next_state
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, fetch, fetch_one, transaction
from backend.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.viewer import Officer

LONGEST_REASON = 500

NO_SUCH_CASE = Text("没有这个办件。", "There is no such case.")
NO_SUCH_EXTENSION = Text("没有这份延期申请。", "There is no such proposal.")
REASON_WANTED = Text("请说明延期理由（500字以内）。", "Give the reason, 500 characters at most.")
BAD_DAYS = Text("该事项最多可延长{most}日。", "This item may be extended by {most} days at most.")
NO_EXTENSION = Text("该事项依法不得延期。", "The law does not allow to extend this item.")
ONCE_ONLY = Text("该办件已申请或已批准延期。", "An extension was proposed or granted already.")
OVER_ALREADY = Text("时限已届满，不能再延期。", "The limit has run out: it is too late to extend it.")
DECIDED_ALREADY = Text("该延期申请已处理。", "This proposal was decided already.")
NOT_ONESELF = Text(
    "延期须由上级批准，不能由本人批准。", "A superior decides; nobody grants it to themselves."
)


@dataclass(frozen=True, slots=True)
class ExtensionView:
    """A proposal, its reason still sealed."""

    id: UUID
    application_id: UUID
    state: ExtensionState
    days: int
    reason_sealed: str
    decided_on: date | None

    def reason(self, work: Casework) -> str:
        """Why."""
        return work.resources.keys.ring.open(self.reason_sealed, context=_context(self.id)).decode()


async def propose_extension(
    officer: Officer, work: Casework, *, application_id: UUID, days: int, reason: str, idempotency_key: str
) -> UUID:
    """Ask a superior for ``days`` more (in the unit of the item's limit).

    Raises ``NotFound`` for a case outside of the officer's division, ``Invalid`` for days or reason, ``Conflict``
    where it cannot be extended now (ILLEGAL_STATE) or was proposed before (ALREADY_DONE).
    """
    extension_id, told = new_id(), reason.strip()
    if not told or len(told) > LONGEST_REASON:
        raise Invalid(REASON_WANTED, fields=(FieldProblem(("input", "reason"), REASON_WANTED),))
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(officer),
            operation="proposeExtension",
            key=idempotency_key,
            given=[str(application_id), days, work.resources.keys.blind_index.of(told, "extension.reason")],
            subject=extension_id,
        )
        if known is not None:
            return known
        await _check(tx, officer, work, application_id, days)
        await tx.execute(
            "INSERT INTO case_extension (id, created_at, application_id, state, days, reason_sealed, proposed_by)"
            " VALUES ($1, $2, $3, 'PROPOSED', $4, $5, $6)",
            extension_id,
            clock.now(),
            application_id,
            days,
            work.resources.keys.ring.seal(told.encode(), context=_context(extension_id)),
            officer.officer_id,
        )
        await _audit(tx, "extension_proposed", officer, application_id, days)
    return extension_id


async def decide_extension(
    superior: Officer, work: Casework, *, extension_id: UUID, granted: bool, idempotency_key: str
) -> UUID:
    """Grant or refuse a proposal: an approving officer of the same division or one above, never who proposed it.

    Granted, the limits of the case are longer in the same transaction. Raises ``NotFound``, ``Forbidden`` for one's own
    proposal, and ``Conflict`` where it was decided, or the case has gone on or over meanwhile.
    """
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(superior),
            operation="decideExtension",
            key=idempotency_key,
            given=[str(extension_id), granted],
            subject=extension_id,
        )
        if known is not None:
            return known
        case = await tx.fetch_one(
            "SELECT x.application_id, a.division FROM case_extension x JOIN application a ON a.id = x.application_id"
            " WHERE x.id = $1",
            extension_id,
        )
        if case is None or not regions.within(case["division"], superior.division):
            raise NotFound(NO_SUCH_EXTENSION)
        # The case first, as everybody else who acts on it.
        state = await locked_state(tx, case["application_id"])
        row = await tx.fetch_one(
            "UPDATE case_extension SET state = $2, decided_by = $3, decided_on = $4 WHERE id = $1 AND state = 'PROPOSED'"
            " RETURNING days, proposed_by",
            extension_id,
            (ExtensionState.APPROVED if granted else ExtensionState.REFUSED).value,
            superior.officer_id,
            clock.today(),
        )
        if row is None:
            raise Conflict(DECIDED_ALREADY, code=ProblemCode.ALREADY_DONE)
        if row["proposed_by"] == superior.officer_id:
            raise Forbidden(NOT_ONESELF)
        if granted:
            assert state is not None  # noqa: S101 - a proposal has its case
            await _still_running(tx, case["application_id"])
            await record_event(
                tx,
                work,
                case["application_id"],
                CaseEventKind.EXTENDED,
                before=state,
                actor=superior,
                detail={"days": row["days"], "extension": str(extension_id)},
            )
        kind = "extension_granted" if granted else "extension_refused"
        await _audit(tx, kind, superior, case["application_id"], row["days"])
    return extension_id


async def extensions_of(application_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[ExtensionView]]:
    """What was granted to each case. Reached from visible cases only."""
    rows = await fetch(
        _VIEW + "WHERE application_id = ANY($1::uuid[]) AND state = 'APPROVED' ORDER BY application_id, id",
        list(application_ids),
    )
    found: dict[UUID, list[ExtensionView]] = {application_id: [] for application_id in application_ids}
    for row in rows:
        found[row["application_id"]].append(_view(row))
    return found


async def proposals(viewer: Officer, *, after: UUID | None, limit: int) -> Sequence[ExtensionView]:
    """What waits for a decision in the viewer's division, the oldest first."""
    rows = await fetch(
        "SELECT x.id, x.application_id, x.state, x.days, x.reason_sealed, x.decided_on FROM case_extension x"
        " JOIN application a ON a.id = x.application_id WHERE x.state = 'PROPOSED' AND a.division LIKE $1"
        " AND ($2::uuid IS NULL OR x.id > $2) ORDER BY x.id LIMIT $3",
        f"{regions.prefix(viewer.division)}%",
        after,
        limit,
    )
    return [_view(row) for row in rows]


async def extension(viewer: Officer, extension_id: UUID) -> ExtensionView:
    """One proposal in the viewer's division. Raises ``NotFound``."""
    row = await fetch_one(
        "SELECT x.id, x.application_id, x.state, x.days, x.reason_sealed, x.decided_on, a.division"
        " FROM case_extension x JOIN application a ON a.id = x.application_id WHERE x.id = $1",
        extension_id,
    )
    if row is None or not regions.within(row["division"], viewer.division):
        raise NotFound(NO_SUCH_EXTENSION)
    return _view(row)


_VIEW = "SELECT id, application_id, state, days, reason_sealed, decided_on FROM case_extension "


def _view(row: Row) -> ExtensionView:
    return ExtensionView(
        row["id"],
        row["application_id"],
        ExtensionState(row["state"]),
        row["days"],
        row["reason_sealed"],
        row["decided_on"],
    )


def _context(extension_id: UUID) -> str:
    return f"case_extension.reason:{extension_id}"


async def _check(tx: Transaction, officer: Officer, work: Casework, application_id: UUID, days: int) -> None:
    case = await tx.fetch_one(
        "SELECT state, division, item_code FROM application WHERE id = $1 AND state <> 'DRAFT' FOR NO KEY UPDATE",
        application_id,
    )
    if case is None or not regions.within(case["division"], officer.division):
        raise NotFound(NO_SUCH_CASE)
    most = work.standards.get(case["item_code"]).limits.extension_days
    if most == 0:
        raise Conflict(NO_EXTENSION)
    if not 1 <= days <= most:
        message = BAD_DAYS.filled(most=most)
        raise Invalid(message, fields=(FieldProblem(("input", "days"), message),))
    next_state(CaseState(case["state"]), CaseEventKind.EXTENDED)
    earlier = await tx.fetch_one(
        "SELECT 1 FROM case_extension WHERE application_id = $1 AND state <> 'REFUSED'", application_id
    )
    if earlier is not None:
        raise Conflict(ONCE_ONLY, code=ProblemCode.ALREADY_DONE)
    await _still_running(tx, application_id)


async def _still_running(tx: Transaction, application_id: UUID) -> None:
    """A limit that has run out is not made longer afterwards: that would hide that it was missed."""
    over = await tx.fetch_one(
        "SELECT 1 FROM case_clock WHERE application_id = $1 AND kind = 'STATUTORY' AND state = 'RUNNING'"
        " AND due_at <= $2",
        application_id,
        clock.now(),
    )
    if over is not None:
        raise Conflict(OVER_ALREADY)


async def _audit(tx: Transaction, kind: str, officer: Officer, application_id: UUID, days: int) -> None:
    await audit.append(
        tx,
        subject=f"application:{application_id}",
        kind=kind,
        actor=actor_name(officer),
        detail={"days": days},
    )
