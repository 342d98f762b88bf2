"""Accounts and sessions."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from backend.database.record import Record


class Platform(StrEnum):
    """Where a citizen's account lives: on a mini-program platform, or with us under a telephone number."""

    WECHAT = "WECHAT"
    ALIPAY = "ALIPAY"
    H5 = "H5"


class Account(Record):
    """An account. The platform's id (on H5 the telephone number) is sealed and found by its blind index."""

    platform = fields.CharEnumField(Platform, max_length=20)
    open_id_index = fields.CharField(max_length=70)
    open_id_sealed = fields.TextField()
    person_id: UUID | None
    person: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True
    )
    """The real person, once a real name was bound; one person may have several accounts."""
    claimed_person_id: UUID | None
    claimed_person: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True
    )
    """The person whose name was bound here while another account had it: theirs once it is proven here."""
    proved_at: datetime | None = fields.DatetimeField(null=True)
    """When the person first proved in this account, by more than a name, who they are."""
    last_sign_in_at = fields.DatetimeField()

    class Meta:
        table = "account"
        unique_together = (("platform", "open_id_index"),)


class Session(Record):
    """One signed-in device. Its refresh tokens are a family: each is good for one exchange."""

    account_id: UUID | None
    account: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Account", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True, db_index=False
    )
    officer_id: UUID | None
    officer: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "jinmin.Officer", related_name=False, on_delete=fields.OnDelete.RESTRICT, null=True, db_index=False
    )
    refresh_digest = fields.CharField(max_length=70)
    """Digest, naming its suite, of the id of the one refresh token that is good now."""
    previous_digest = fields.CharField(max_length=70, null=True)
    """The same of the token before it: a client that lost the answer shows it again (see ``refresh``)."""
    rotated_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    revoked_at: datetime | None = fields.DatetimeField(null=True)
    device_name = fields.CharField(max_length=80, default="")
    device_index = fields.CharField(max_length=70, null=True)
    """Blind index of the id that the front end made for this device, where it made one."""

    class Meta:
        table = "session"
        constraints = (
            CheckConstraint(check="num_nonnulls(account_id, officer_id) = 1", name="session_of_somebody"),
        )
        indexes = (Index(fields=("account_id", "rotated_at")), Index(fields=("officer_id", "rotated_at")))
