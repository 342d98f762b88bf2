"""Revoking a document (作废) and issuing it anew (换发): one officer asks with a reason, another one decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.casework.certificates.models import CertificateKind, RevocationState
from backend.casework.certificates.orders import order
from backend.casework.certificates.queries import NO_SUCH_DOCUMENT, VIEW, CertificateView, read_view
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.idempotency import once
from backend.database.jobs import Job, enqueue
from backend.database.record import Row, Transaction, fetch, fetch_one, transaction
from backend.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.viewer import Officer, OfficerRole

NO_REASON = Text("请填写理由（2至500字）。", "Give a reason of 2 to 500 characters.")
APPROVERS_ONLY = Text("仅审批人员可以作废或换发文件。", "Only an approving officer may revoke a document.")
ALREADY_ASKED = Text("该文件已有待复核的作废申请。", "Its revocation was asked for already and waits.")
NOT_IN_FORCE = Text("该文件已作废或被换发。", "This document was revoked or replaced already.")
SAME_OFFICER = Text("须由另一名审批人员复核。", "Another officer has to decide this.")
NO_SUCH_REVOCATION = Text("没有这项作废申请。", "There is no such revocation.")
OVER = Text("该作废申请已处理。", "This revocation was decided already.")
ONLY_RESULTS = Text("通知书只能作废，不能换发。", "A notice can be revoked, and is not issued anew.")
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class RevocationView:
    """A revocation as officers of the division see it; the reason still sealed until asked for."""

    id: UUID
    certificate_id: UUID
    state: RevocationState
    reissue: bool
    reason_sealed: str
    created_at: datetime
    decided_at: datetime | None
    own: bool
    """Whether the viewer asked for it: somebody else has to decide it."""


_VIEW = (
    "SELECT id, certificate_id, state, reissue, reason_sealed, created_at, decided_at, asked_by, decided_by"
    " FROM certificate_revocation"
)


def reason_context(revocation_id: UUID) -> str:
    """Where a sealed reason belongs."""
    return f"certificate_revocation.reason:{revocation_id}"


async def revocations(officer: Officer, *, before: UUID | None, limit: int) -> Sequence[RevocationView]:
    """Open revocations of the officer's division, newest first, keyset-paged."""
    if OfficerRole.APPROVAL not in officer.roles:
        return ()
    rows = await fetch(
        _VIEW + " WHERE open AND division LIKE $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        f"{regions.prefix(officer.division)}%",
        before or UUID(int=2**128 - 1),
        limit,
    )
    return [_read(row, officer) for row in rows]


async def revocation(officer: Officer, revocation_id: UUID) -> RevocationView:
    """One revocation of the officer's division. Raises ``NotFound``."""
    row = await fetch_one(
        _VIEW + " WHERE id = $1 AND division LIKE $2", revocation_id, f"{regions.prefix(officer.division)}%"
    )
    if row is None:
        raise NotFound(NO_SUCH_REVOCATION)
    return _read(row, officer)


async def certificates_by_id(officer: Officer, ids: Sequence[UUID]) -> Sequence[CertificateView]:
    """The documents of revocations that were already seen, in the order of ``ids``."""
    rows = await fetch(
        VIEW + " WHERE c.id = ANY($1::uuid[]) AND a.division LIKE $2",
        list(ids),
        f"{regions.prefix(officer.division)}%",
    )
    found = {row["id"]: read_view(row) for row in rows}
    return [found[key] for key in ids]


async def ask_revocation(
    officer: Officer,
    work: Casework,
    *,
    certificate_id: UUID,
    reason: str,
    reissue: bool,
    idempotency_key: str,
) -> UUID:
    """Ask that a document of the officer's division be revoked, and issued anew where ``reissue``.

    Raises ``NotFound``, ``Forbidden`` without the role APPROVAL, ``Invalid`` without a reason and ``Conflict`` for
    a document that no longer counts or whose revocation waits already (ALREADY_DONE).
    """
    _require_approval(officer)
    reason = _checked_reason(reason)
    row = await fetch_one(
        "SELECT c.kind, c.revoked_at, a.division FROM certificate c JOIN application a ON a.id = c.application_id"
        " WHERE c.id = $1 AND c.file_key IS NOT NULL AND a.division LIKE $2",
        certificate_id,
        f"{regions.prefix(officer.division)}%",
    )
    if row is None:
        raise NotFound(NO_SUCH_DOCUMENT)
    if reissue and row["kind"] != CertificateKind.RESULT:
        raise Invalid(ONLY_RESULTS).about("input", "reissue")
    revocation_id, keys = new_id(), work.resources.keys
    async with transaction() as tx:
        known = await once(
            tx,
            actor=f"officer:{officer.officer_id}",
            operation="askRevocation",
            key=idempotency_key,
            given=[str(certificate_id), reissue, keys.blind_index.of(reason, "revocation.reason")],
            subject=revocation_id,
        )
        if known is not None:
            return known
        if row["revoked_at"] is not None:
            raise Conflict(NOT_IN_FORCE)
        opened = await tx.fetch_one(
            "INSERT INTO certificate_revocation (id, created_at, certificate_id, state, open, division, reissue,"
            " reason_sealed, asked_by) VALUES ($1, $2, $3, 'OPEN', true, $4, $5, $6, $7)"
            " ON CONFLICT (certificate_id, open) DO NOTHING RETURNING id",
            revocation_id,
            clock.now(),
            certificate_id,
            row["division"],
            reissue,
            keys.ring.seal(reason.encode(), context=reason_context(revocation_id)),
            officer.officer_id,
        )
        if opened is None:
            raise Conflict(ALREADY_ASKED, code=ProblemCode.ALREADY_DONE)
        await _audit(tx, officer, certificate_id, "certificate_revocation_asked", revocation_id)
    return revocation_id


async def decide_revocation(
    officer: Officer, *, revocation_id: UUID, confirm: bool, idempotency_key: str
) -> UUID:
    """Decide what another officer asked for (双人复核): the document is revoked, and ordered anew where that was asked.

    Raises ``NotFound``, ``Forbidden`` for whoever asked, and ``Conflict(ALREADY_DONE)`` for one that is over.
    """
    _require_approval(officer)
    seen = await revocation(officer, revocation_id)
    if seen.own:
        raise Forbidden(SAME_OFFICER)
    async with transaction() as tx:
        known = await once(
            tx,
            actor=f"officer:{officer.officer_id}",
            operation="decideRevocation",
            key=idempotency_key,
            given=[str(revocation_id), confirm],
            subject=revocation_id,
        )
        if known is not None:
            return known
        state = RevocationState.CONFIRMED if confirm else RevocationState.REJECTED
        closed = await tx.fetch_one(
            "UPDATE certificate_revocation SET state = $2, open = NULL, decided_by = $3, decided_at = $4"
            " WHERE id = $1 AND open RETURNING certificate_id, reissue",
            revocation_id,
            state.value,
            officer.officer_id,
            clock.now(),
        )
        if closed is None:
            raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
        if confirm:
            await _revoke(tx, closed["certificate_id"], reissue=closed["reissue"])
        kind = "certificate_revoked" if confirm else "certificate_revocation_rejected"
        await _audit(tx, officer, closed["certificate_id"], kind, revocation_id)
    return revocation_id


async def _revoke(tx: Transaction, certificate_id: UUID, *, reissue: bool) -> None:
    revoked = await tx.fetch_one(
        "UPDATE certificate SET revoked_at = $2, licence_due = CASE WHEN licence_due IS NULL THEN NULL ELSE true END"
        " WHERE id = $1 AND revoked_at IS NULL RETURNING application_id, kind, sequence, issue, approved, licence_due",
        certificate_id,
        clock.now(),
    )
    if revoked is None:
        raise Conflict(NOT_IN_FORCE)
    if revoked["licence_due"]:
        await enqueue(tx, Job.TELL_LICENCES, {"application": str(revoked["application_id"])})
    if reissue:
        await order(
            tx,
            revoked["application_id"],
            CertificateKind(revoked["kind"]),
            sequence=revoked["sequence"],
            approved=revoked["approved"],
            on=clock.today(),
            issue=revoked["issue"] + 1,
        )
        await tx.execute(
            "UPDATE certificate SET replaced_by = (SELECT n.id FROM certificate n WHERE n.application_id = $2"
            " AND n.sequence = $3 AND n.issue = $4) WHERE id = $1",
            certificate_id,
            revoked["application_id"],
            revoked["sequence"],
            revoked["issue"] + 1,
        )


def _require_approval(officer: Officer) -> None:
    if OfficerRole.APPROVAL not in officer.roles:
        raise Forbidden(APPROVERS_ONLY)


def _checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not 2 <= len(reason) <= LONGEST_REASON:
        raise Invalid(NO_REASON, fields=(FieldProblem(("input", "reason"), NO_REASON),))
    return reason


async def _audit(
    tx: Transaction, officer: Officer, certificate_id: UUID, kind: str, revocation_id: UUID
) -> None:
    await audit.append(
        tx,
        subject=f"certificate:{certificate_id}",
        kind=kind,
        actor=f"officer:{officer.officer_id}",
        detail={"revocation": str(revocation_id)},
    )


def _read(row: Row, officer: Officer) -> RevocationView:
    return RevocationView(
        id=row["id"],
        certificate_id=row["certificate_id"],
        state=RevocationState(row["state"]),
        reissue=row["reissue"],
        reason_sealed=row["reason_sealed"],
        created_at=row["created_at"],
        decided_at=row["decided_at"],
        own=row["asked_by"] == officer.officer_id,
    )
