"""Keeping the members of a household as rows: written when a case is handed in, and again when its answers are corrected."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import cast

import orjson

from backend.casework.catalogue.standards import Standards
from backend.casework.definitions import Field, FieldKind, ServiceItem
from backend.casework.lifecycle import CaseEvent, CaseEventKind
from backend.casework.reviews.desk import number_index
from backend.database.record import Transaction
from backend.kit import clock
from backend.kit.ids import new_id
from backend.resources import Resources


def members_field(item: ServiceItem) -> Field | None:
    """The field of an item's form in which the members of the household are named, each with a resident ID."""
    return next(
        (
            field
            for field in item.form.fields
            if field.kind is FieldKind.LIST
            and field.fact == "members"
            and any(one.kind is FieldKind.RESIDENT_ID for one in field.fields)
        ),
        None,
    )


def keep_household(
    standards: Standards, resources: Resources
) -> Callable[[Transaction, CaseEvent], Awaitable[None]]:
    """The reactor that keeps the rows with what the answers say."""
    named = {code: field for code, item in standards.by_code.items() if (field := members_field(item))}

    async def react(tx: Transaction, event: CaseEvent) -> None:
        changes = event.kind in {CaseEventKind.SUBMITTED, CaseEventKind.CORRECTION_ANSWERED}
        if changes and event.item_code in named:
            await _write(tx, resources, event, named[event.item_code])

    return react


async def _write(tx: Transaction, resources: Resources, event: CaseEvent, field: Field) -> None:
    row = await tx.fetch_one("SELECT answers_sealed FROM application WHERE id = $1", event.application_id)
    if row is None:
        raise LookupError("an event without its case")
    ring, context = resources.keys.ring, f"application.answers:{event.application_id}"
    answers = orjson.loads(ring.open(row["answers_sealed"], context=context))
    told = cast("Sequence[Mapping[str, object]]", answers.get(field.name) or ())
    members = {number_index(resources, str(one["residentId"])): one for one in told}
    await tx.execute(
        "DELETE FROM household_member WHERE application_id = $1 AND number_index <> ALL($2::text[])",
        event.application_id,
        list(members),
    )
    rows = await tx.fetch(
        "SELECT id, number_index FROM household_member WHERE application_id = $1", event.application_id
    )
    kept = {row["number_index"]: row["id"] for row in rows}
    for index, one in members.items():
        # Somebody who stays keeps their row; what is said of them may have changed.
        member_id = kept.get(index) or new_id()
        said = {"name": one["name"], "residentId": one["residentId"], "relation": one.get("relation")}
        await tx.execute(
            "INSERT INTO household_member (id, created_at, application_id, number_index, told_sealed)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (application_id, number_index)"
            " DO UPDATE SET told_sealed = excluded.told_sealed",
            member_id,
            clock.now(),
            event.application_id,
            index,
            ring.seal(orjson.dumps(said), context=told_context(member_id)),
        )


def told_context(member_id: object) -> str:
    """Where what is said of a member belongs."""
    return f"household_member.told:{member_id}"
