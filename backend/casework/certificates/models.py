"""Documents about a case (出证): the result, and the notices that the law wants in writing on the way to it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex

from backend.database.record import Record


class CertificateKind(StrEnum):
    """文书种类."""

    RESULT = "RESULT"
    """The decision or certificate: 决定书、审核结果通知书、证明"""
    ACCEPTANCE = "ACCEPTANCE"
    """受理通知书"""
    CORRECTION = "CORRECTION"
    """补正材料通知书"""
    NON_ACCEPTANCE = "NON_ACCEPTANCE"
    """不予受理通知书"""
    TERMINATION = "TERMINATION"
    """终止办理通知书"""
    RETURN = "RETURN"
    """退件通知书"""


class RevocationState(StrEnum):
    """How far the revocation of a document has come: two officers decide it."""

    OPEN = "OPEN"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"


class Certificate(Record):
    """One document: ordered with the event that calls for it, sealed once, kept for ever.

    Its code and day are given with the order, so that they stay the same however often making it begins.
    """

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    kind = fields.CharEnumField(CertificateKind, max_length=20, default=CertificateKind.RESULT)
    sequence = fields.IntField(default=0)
    """The event of the case that called for it."""
    issue = fields.IntField(default=1)
    """1, and one more with every reissue (补发、换发)."""
    code = fields.CharField(max_length=40, unique=True)
    approved = fields.BooleanField(null=True)
    """Of a result: 准予 or 不予."""
    applicant_masked = fields.CharField(max_length=60, default="")
    issued_on = fields.DateField()
    expires_on: date | None = fields.DateField(null=True)
    """The last day on which it counts; None: no end."""
    file_key = fields.CharField(max_length=200, null=True)
    sha256 = fields.CharField(max_length=64, null=True)
    """Of the signed file."""
    key_id = fields.CharField(max_length=60, null=True)
    """The document key that sealed it."""
    data_sealed = fields.TextField(null=True)
    """The canonical data, and in ``sm2_signature`` the detached signature over it (DER, base64)."""
    sm2_signature = fields.CharField(max_length=120, null=True)
    revoked_at: datetime | None = fields.DatetimeField(null=True)
    replaced_by: UUID | None = fields.UUIDField(null=True)
    """The document that took its place, where it was reissued."""
    licence_due = fields.BooleanField(null=True)
    """True while the e-licence store has to be told of it or of its end; null where it is no licence."""

    class Meta:
        table = "certificate"
        unique_together = (("application", "sequence", "issue"),)
        indexes = (
            # A condition here can only say that something equals; what stands before the equals sign is SQL.
            PartialIndex(
                fields=("created_at",), name="documents_not_made", condition={"file_key IS NULL AND 1": 1}
            ),
            PartialIndex(fields=("created_at",), name="licences_to_tell", condition={"licence_due": True}),
        )


class CertificateRevocation(Record):
    """Asking that a document be revoked (作废), and what a second officer said to it."""

    certificate_id: UUID
    certificate: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Certificate", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    state = fields.CharEnumField(RevocationState, max_length=20, default=RevocationState.OPEN)
    open = fields.BooleanField(null=True, default=True)
    """True while it is open, then null: so that the database allows one open one per document."""
    division = fields.CharField(max_length=12)
    reissue = fields.BooleanField()
    """Whether a corrected document takes its place."""
    reason_sealed = fields.TextField()
    asked_by = fields.UUIDField()
    decided_by: UUID | None = fields.UUIDField(null=True)
    decided_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "certificate_revocation"
        unique_together = (("certificate", "open"),)
        indexes = (
            Index(fields=("certificate_id", "created_at")),
            PartialIndex(fields=("division", "id"), name="revocations_open", condition={"open": True}),
        )
