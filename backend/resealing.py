"""Sealing everything anew with the active key, so that an old one can be taken out of the key file.

It is found by what it is sealed with, so that a run that was killed goes on where it was, two runs may meet, and
a last run that finds nothing is the proof that the old key is not needed any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from backend.database import audit
from backend.database.record import Row, fetch, transaction
from backend.errors import NotFound
from backend.kit.sealing import CannotOpen, KeyRing
from backend.ports import FileStore

log = structlog.get_logger()

BATCH = 200


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed texts, and the place that its values are bound to: ``{name}`` is a column of the row."""

    table: str
    column: str
    context: str


@dataclass(frozen=True, slots=True)
class SealedFile:
    """Sealed files and the rows that lead to them; ``keys`` is SQL for an array, ``{key}`` one of it."""

    table: str
    keys: str
    context: str


COLUMNS = (
    SealedColumn("account", "open_id_sealed", "account.open_id:{open_id_index}"),
    SealedColumn("application", "answers_sealed", "application.answers:{id}"),
    SealedColumn("application", "result_sealed", "application.result:{id}"),
    SealedColumn("appointment", "matter_sealed", "appointment.matter:{id}"),
    SealedColumn("appointment", "partner_sealed", "appointment.partner:{id}"),
    SealedColumn("case_extension", "reason_sealed", "case_extension.reason:{id}"),
    SealedColumn("case_objection", "finding_sealed", "case_objection.finding:{id}"),
    SealedColumn("case_objection", "told_sealed", "case_objection.told:{id}"),
    SealedColumn("certificate", "data_sealed", "certificate.data:{id}"),
    SealedColumn("certificate_revocation", "reason_sealed", "certificate_revocation.reason:{id}"),
    SealedColumn("correction_notice", "settled_sealed", "correction_notice.why:{id}"),
    SealedColumn("correction_notice", "told_sealed", "correction_notice.told:{id}"),
    SealedColumn("data_correction", "answer_sealed", "data_correction.answer:{id}"),
    SealedColumn("data_correction", "told_sealed", "data_correction.told:{id}"),
    SealedColumn("delegation", "evidence_sealed", "delegation.evidence:{id}"),
    SealedColumn("delegation", "ward_sealed", "delegation.ward:{id}"),
    SealedColumn("delivery", "note_sealed", "delivery.note:{id}"),
    SealedColumn("evaluation", "comment_sealed", "evaluation.comment:{id}"),
    SealedColumn("exchange_hop", "content_sealed", "exchange_hop.content:{id}"),
    SealedColumn("face_template", "rotated_sealed", "face_template:{id}"),
    SealedColumn("evaluation_act", "note_sealed", "evaluation_act.note:{id}"),
    SealedColumn("handover_entry", "reason_sealed", "handover_entry.reason:{id}"),
    SealedColumn("flow_back_batch", "records_sealed", "flow_back_batch:{id}"),
    SealedColumn("feedback", "answer_sealed", "feedback.answer:{id}"),
    SealedColumn("feedback", "said_sealed", "feedback.said:{id}"),
    SealedColumn("home_visit", "told_sealed", "home_visit.told:{id}"),
    SealedColumn("household_member", "told_sealed", "household_member.told:{id}"),
    SealedColumn("identity_document", "name_sealed", "person.name:{number_index}"),
    SealedColumn("identity_document", "number_sealed", "person.resident_id:{number_index}"),
    SealedColumn("identity_review", "claim_sealed", "review.claim:{id}"),
    SealedColumn("identity_review", "note_sealed", "review.note:{id}"),
    SealedColumn("inbound_event", "sealed", "inbound_event:{id}"),
    SealedColumn("material", "evidence_sealed", "material.evidence:{id}"),
    SealedColumn("material", "file_name_sealed", "material.name:{id}"),
    SealedColumn("means_check", "answer_sealed", "means_check.answer:{id}"),
    SealedColumn("officer", "second_factor_sealed", "officer.second_factor:{id}"),
    SealedColumn("order_complaint", "answer_sealed", "order_complaint.answer:{order_id}"),
    SealedColumn("order_complaint", "text_sealed", "order_complaint.text:{order_id}"),
    SealedColumn("review_act", "note_sealed", "review_act.note:{id}"),
    SealedColumn("shared_call", "answer_sealed", "shared_call:{id}"),
    SealedColumn("service_order", "check_in_sealed", "service_order.check_in:{id}"),
    SealedColumn("service_order", "comment_sealed", "service_order.comment:{id}"),
    SealedColumn("service_order", "told_sealed", "service_order.told:{id}"),
    SealedColumn("supervision_order", "answer_sealed", "supervision_order.answer:{id}"),
    SealedColumn("supervision_order", "text_sealed", "supervision_order.text:{id}"),
    SealedColumn("urgent_help", "end_sealed", "urgent_help.end:{application_id}"),
    SealedColumn("urgent_help", "reason_sealed", "urgent_help.reason:{application_id}"),
    SealedColumn("video_ticket", "note_sealed", "video.note:{id}"),
    SealedColumn("webhook_secret", "secret_sealed", "webhook.secret:{id}"),
)
"""Every sealed column of the database: a test compares this list with the database itself."""

FILES = (
    SealedFile("certificate", "array_remove(ARRAY[file_key], NULL)", "certificate.file:{id}"),
    SealedFile("face_template", "ARRAY['face-secrets/' || id]", "face_secret:{id}"),
    SealedFile(
        "home_visit",
        "ARRAY(SELECT 'visits/' || id || '/' || place FROM generate_series(0, jsonb_array_length(photos) - 1) place)",
        "home_visit.photo:{key}",
    ),
    SealedFile("material", "array_remove(ARRAY[file_key], NULL)", "material.file:{id}"),
    SealedFile("organisation_paper", "ARRAY[file_key]", "organisation.paper:{key}"),
)


@dataclass(slots=True)
class Resealed:
    """What a run did."""

    done: int = 0
    unopened: list[str] = field(default_factory=list)
    """Places of values that no key of the ring opens: the old key is missing, or somebody altered them."""


async def reseal(ring: KeyRing, files: FileStore, *, batch: int = BATCH) -> Resealed:
    """Seal anew whatever another key or suite than the active one has sealed; safe to be killed and run again."""
    told = Resealed()
    await _put_on_record(ring, "resealing_begun")
    for column in COLUMNS:
        await _column(ring, column, told, batch)
    for kind in FILES:
        await _files(ring, files, kind, told, batch)
    outcome = "resealed_in_part" if told.unopened else "resealed"
    await _put_on_record(ring, outcome, done=told.done, unopened=len(told.unopened))
    log.info("resealed", done=told.done, unopened=len(told.unopened))
    return told


async def _put_on_record(ring: KeyRing, kind: str, **detail: int) -> None:
    """A run that was killed is one that began and never ended."""
    async with transaction() as tx:
        await audit.append(
            tx,
            subject="house:keys",
            kind=kind,
            actor="machine:operator",
            detail={"key": ring.active, **detail},
        )


async def _column(ring: KeyRing, column: SealedColumn, told: Resealed, batch: int) -> None:
    after: UUID | None = None
    while rows := await fetch(
        f"SELECT held.* FROM {column.table} held WHERE {column.column} <> ''"  # noqa: S608 - names from the list above
        f" AND NOT starts_with({column.column}, $1) AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        f"{ring.suite}.{ring.active}.",
        after,
        batch,
    ):
        after = rows[-1]["id"]
        pairs = [pair for row in rows if (pair := _opened_again(ring, column, row, told)) is not None]
        async with transaction() as tx:
            changed = await tx.fetch(
                # What was written meanwhile is sealed with the active key already.
                f"UPDATE {column.table} held SET {column.column} = given.new"  # noqa: S608 - names from the list above
                " FROM unnest($1::uuid[], $2::text[], $3::text[]) AS given(id, old, new)"
                f" WHERE held.id = given.id AND held.{column.column} = given.old RETURNING held.id",
                [one for one, _, _ in pairs],
                [old for _, old, _ in pairs],
                [new for _, _, new in pairs],
            )
        told.done += len(changed)


def _opened_again(
    ring: KeyRing, column: SealedColumn, row: Row, told: Resealed
) -> tuple[UUID, str, str] | None:
    old, context = row[column.column], column.context.format(**dict(row))
    try:
        return row["id"], old, ring.seal(ring.open(old, context=context), context=context)
    except CannotOpen:
        told.unopened.append(f"{column.table}.{column.column}:{row['id']}")
        return None


async def _files(ring: KeyRing, files: FileStore, kind: SealedFile, told: Resealed, batch: int) -> None:
    after: UUID | None = None
    active = f"{ring.suite}.{ring.active}.".encode()
    while rows := await fetch(
        f"SELECT id, {kind.keys} AS keys FROM {kind.table}"  # noqa: S608 - names from the list above
        " WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2",
        after,
        batch,
    ):
        after = rows[-1]["id"]
        for held_by, key in [(row["id"], key) for row in rows for key in row["keys"]]:
            context = kind.context.format(id=held_by, key=key)
            try:
                held = await files.get(key)
                if held.startswith(active):
                    continue
                await files.put(key, ring.seal_bytes(ring.open_bytes(held, context=context), context=context))
            except (CannotOpen, NotFound):
                told.unopened.append(f"{kind.table}:{held_by}")
            else:
                told.done += 1


def sentences(told: Resealed, active: str) -> Sequence[str]:
    """The outcome for whoever ran it."""
    lines = [f"{told.done} values are now sealed with {active}."]
    if told.unopened:
        lines.append(
            f"{len(told.unopened)} could not be opened with any key of the file, the first: {told.unopened[0]}"
        )
        lines.append("Put the key that is missing back into the key file and run this again.")
    else:
        lines.append("No other key is needed for what is kept.")
    return lines
