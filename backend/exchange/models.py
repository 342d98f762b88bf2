"""Deliveries to provinces and messages from them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index, PartialIndex

from backend.database.record import Record


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"
    """The province refuses the message as such; an operator must look."""
    SET_ASIDE = "SET_ASIDE"
    """An operator ended it with a reason: it was settled otherwise."""


class DeliveryKind(StrEnum):
    """What a message to a province is about."""

    LODGE = "LODGE"
    """The case itself; the first message of every case."""


class Delivery(Record):
    """One message on its way to the province that decides. Its id is the idempotency key on the wire.

    The messages of a case leave in the order of their ``sequence``; one that is dead holds back those
    after it, of this case and of no other.
    """

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    kind = fields.CharEnumField(DeliveryKind, max_length=12, default=DeliveryKind.LODGE)
    sequence = fields.IntField(default=1)
    region = fields.CharField(max_length=4)
    state = fields.CharEnumField(DeliveryState, max_length=12, default=DeliveryState.PENDING)
    attempts = fields.IntField(default=0)
    next_try_at = fields.DatetimeField()
    last_problem = fields.CharField(max_length=60, null=True)
    explanation: Mapping[str, str] | None = fields.JSONField(null=True)
    """What was wrong the last time, in both languages; no personal data."""
    mended: Mapping[str, str] | None = fields.JSONField(null=True)
    """Fields of the message that an operator put right; see ``dead_letters.MENDABLE``."""
    note_sealed: str | None = fields.TextField(null=True)
    """Why an operator mended it or set it aside."""
    external_case_number = fields.CharField(max_length=80, null=True)
    receipt: Mapping[str, object] | None = fields.JSONField(null=True)
    delivered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "delivery"
        unique_together = (("application_id", "sequence"),)
        indexes = (
            PartialIndex(fields=("next_try_at",), condition={"state": "PENDING"}),
            PartialIndex(
                fields=("region", "next_try_at"), name="deliveries_of_region", condition={"state": "PENDING"}
            ),
            PartialIndex(fields=("id",), name="deliveries_given_up", condition={"state": "DEAD"}),
            Index(fields=("region", "delivered_at")),
        )


class Outcome(StrEnum):
    """What became of a province's message."""

    WAITING = "WAITING"
    APPLIED = "APPLIED"
    IMPOSSIBLE = "IMPOSSIBLE"
    """It contradicts the life of the case: kept, counted, without effect."""


class InboundEvent(Record):
    """A verified message of a province about a case, sealed, applied in the order of its sequence."""

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    region = fields.CharField(max_length=4)
    event_id = fields.CharField(max_length=80)
    sequence = fields.IntField()
    sealed = fields.TextField()
    outcome = fields.CharEnumField(Outcome, max_length=12, default=Outcome.WAITING)

    class Meta:
        table = "inbound_event"
        unique_together = (("region", "event_id"),)
        indexes = (
            Index(fields=("application_id", "sequence")),
            PartialIndex(fields=("created_at",), name="events_waiting", condition={"outcome": "WAITING"}),
            PartialIndex(fields=("id",), name="events_impossible", condition={"outcome": "IMPOSSIBLE"}),
        )


class Breaker(Record):
    """Whether an outside system is asked at all just now: one row for each that ever failed."""

    upstream = fields.CharField(max_length=40, unique=True)
    """A region's prefix, or the name of another system."""
    failures = fields.IntField(default=0)
    """In a row; nothing in between succeeded."""
    open_until = fields.DatetimeField(null=True)
    """Nobody asks before; then one asks first."""
    probe_until = fields.DatetimeField(null=True)
    """Until when the one who asks first is waited for."""
    opened_at = fields.DatetimeField(null=True)
    last_problem = fields.CharField(max_length=60, null=True)

    class Meta:
        table = "breaker"


class Way(StrEnum):
    """Which way a hop went."""

    OUT = "OUT"
    IN = "IN"


class Hop(Record):
    """One signed exchange with another system about a case, and what proves it.

    Digests and signatures in the open, what was said sealed: it is personal.
    """

    application_id: UUID
    application: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    region = fields.CharField(max_length=40)
    way = fields.CharEnumField(Way, max_length=4)
    what = fields.CharField(max_length=40)
    message_id: UUID | None = fields.UUIDField(null=True)
    """The delivery or the message of the province that it belongs to."""
    at = fields.DatetimeField()
    outcome = fields.CharField(max_length=20)
    status: int | None = fields.IntField(null=True)
    request: Mapping[str, object] = fields.JSONField()
    answer: Mapping[str, object] | None = fields.JSONField(null=True)
    content_sealed: str | None = fields.TextField(null=True)

    class Meta:
        table = "exchange_hop"
        indexes = (Index(fields=("application_id", "id")),)


class ExchangeKey(Record):
    """A public key that signed a hop, kept for as long as the hop: keys change, evidence stays."""

    key_id = fields.CharField(max_length=64, unique=True)
    """SM3 of its PEM text, hex."""
    owner = fields.CharField(max_length=40)
    """``ours``, or the region whose it is."""
    pem = fields.TextField()

    class Meta:
        table = "exchange_key"


class ReconciliationState(StrEnum):
    """How a day was found."""

    MATCHED = "MATCHED"
    DIFFERENT = "DIFFERENT"
    """Differences were found and set right where that can be done from here; the next run compares again."""
    UNREACHED = "UNREACHED"
    """The region did not answer."""


class ReconciledDay(Record):
    """对账: both sides' account of a day of one region, as it was found last."""

    region = fields.CharField(max_length=40)
    day = fields.DateField()
    ours = fields.IntField()
    our_digest = fields.CharField(max_length=64)
    theirs: int | None = fields.IntField(null=True)
    their_digest = fields.CharField(max_length=64, null=True)
    state = fields.CharEnumField(ReconciliationState, max_length=12)
    differences: object = fields.JSONField()
    """Deliveries and how the sides differ about each; 200 at most."""
    found = fields.IntField()
    """All of them."""
    at = fields.DatetimeField()

    class Meta:
        table = "reconciliation"
        unique_together = (("region", "day"),)
        indexes = (Index(fields=("day", "region")),)


class FlowBackBatch(Record):
    """数据回流: records for one region, put together once and sent until they are received."""

    region = fields.CharField(max_length=40)
    records_sealed = fields.TextField()
    """What is sent, to the letter, so that a repeat is one."""
    count = fields.IntField()
    sent_at = fields.DatetimeField(null=True)
    receipt: str | None = fields.TextField(null=True)

    class Meta:
        table = "flow_back_batch"
        indexes = (Index(fields=("region", "sent_at", "id")),)


class FlowBack(Record):
    """A case that was handled elsewhere, of which the applicant's own region is to be told."""

    application_id: UUID
    application: fields.OneToOneRelation[Any] = fields.OneToOneField(
        "jinmin.Application", related_name=False, on_delete=fields.OnDelete.RESTRICT
    )
    region = fields.CharField(max_length=40)
    batch_id: UUID | None = fields.UUIDField(null=True)

    class Meta:
        table = "flow_back"
        indexes = (Index(fields=("region", "batch_id", "id")),)


class SharedCall(Record):
    """共享查询: one question to another department about a person, with its purpose, ground and consent."""

    person_id: UUID
    person: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "jinmin.Person", related_name=False, on_delete=fields.OnDelete.RESTRICT, db_index=False
    )
    item_code = fields.CharField(max_length=12)
    matter = fields.CharField(max_length=20)
    facts: object = fields.JSONField()
    basis = fields.TextField()
    consent_id = fields.UUIDField()
    reference = fields.CharField(max_length=64, null=True)
    """Under which the other side wrote it down; null where it did not answer."""
    as_of = fields.DatetimeField(null=True)
    answer_sealed: str | None = fields.TextField(null=True)

    class Meta:
        table = "shared_call"
        indexes = (Index(fields=("person_id", "item_code", "id")),)
