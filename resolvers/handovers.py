"""跨省通办: how a case crosses provinces, whose turn it is, and what officers of both sides do with it."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.casework.applications.queries import ApplicationRow
from backend.errors import NotFound
from backend.exchange.handovers import queries
from backend.exchange.handovers.desk import NO_SUCH_HANDOVER
from backend.exchange.handovers.lifecycle import STATE_NAMES, STEP_NAMES, HandoverState, Side
from backend.exchange.handovers.queries import EntryView, HandoverView
from backend.exchange.handovers.receipts import Receipt
from backend.kit import regions
from backend.viewer import OfficerRole, Viewer
from resolvers.access import CITIZEN, PARENT, officer
from resolvers.context import Info
from resolvers.divisions import Division
from resolvers.enums import CaseState, HandlingModel, HandoverStep
from resolvers.fields import field, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    global_id,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)

strawberry.enum(HandoverState, description="Where a handover (转办) stands.")
strawberry.enum(Side, name="HandoverSide", description="Whose turn it is.")

BOTH = officer(OfficerRole.INTAKE, OfficerRole.REVIEW, OfficerRole.APPROVAL)
HANDOVER = "CaseHandover"


@object_type(reads=Receipt, description="A receipt as it was signed, for whoever wants to check it.")
class HandoverReceipt:
    """A receipt."""

    text: str = field(access=PARENT, description="What was signed, letter by letter (UTF-8).")
    suite: str = field(access=PARENT, description="Algorithms of the signature.")
    key_id: str = field(access=PARENT, description="Which of our document keys, see /.well-known.")
    signature: str = field(access=PARENT, description="Base64 (DER).")


def _step_name(root: strawberry.Parent[EntryView], info: Info) -> str:
    return STEP_NAMES[root.step].of(info.context.language)


def _reason(root: strawberry.Parent[EntryView], info: Info) -> str | None:
    return root.reason(info.context.work)


def _receiving(root: strawberry.Parent[HandoverView]) -> regions.Division | None:
    return regions.get(root.receiving)


def _deciding(root: strawberry.Parent[HandoverView]) -> regions.Division | None:
    return regions.get(root.deciding)


def _entry_deciding(root: strawberry.Parent[EntryView]) -> regions.Division | None:
    return regions.get(root.deciding)


@object_type(reads=EntryView, description="One step of a handover.")
class HandoverEntry:
    """A step."""

    sequence: int = field(access=PARENT, description="Its place, from 1.")
    step: HandoverStep = field(access=PARENT, description="What happened.")
    name: str = field(access=PARENT, description="What happened, in words.", resolver=_step_name)
    state: HandoverState = field(access=PARENT, description="Where it stood then.")
    at: datetime = field(access=PARENT, description="When.")
    deciding: Division | None = field(
        access=PARENT, description="The deciding place from then on.", resolver=_entry_deciding
    )
    reason: str | None = field(
        access=PARENT,
        description="Why it was sent back or elsewhere; what a part came to.",
        resolver=_reason,
    )
    receipt: HandoverReceipt | None = field(access=PARENT, description="The receipt, where it changed hands.")


async def _entries(_viewer: Viewer, ids: list[UUID]) -> Sequence[Sequence[EntryView]]:
    found = await queries.entries_of(ids)
    return [found[key] for key in ids]


def _entries_of(root: strawberry.Parent[HandoverView], info: Info) -> Awaitable[Sequence[EntryView]]:
    return info.context.load(_entries, root.id)


def _case_id(root: strawberry.Parent[HandoverView]) -> strawberry.ID:
    return global_id("Application", root.application_id)


def _item_name(root: strawberry.Parent[HandoverView], info: Info) -> str:
    return info.context.work.standards.get(root.item_code).name.of(info.context.language)


def _state_name(root: strawberry.Parent[HandoverView], info: Info) -> str:
    return STATE_NAMES[root.state].of(info.context.language)


def _part(root: strawberry.Parent[HandoverView]) -> bool:
    return root.number > 1


@object_type(
    reads=HandoverView,
    description="转办: a case, or a part of a joint one, between a receiving and a deciding place.",
)
class CaseHandover(Node):
    """A handover."""

    application_id: strawberry.ID = field(access=PARENT, description="The case.", resolver=_case_id)
    case_number: str | None = field(access=PARENT, description="申办流水号.")
    case_state: CaseState = field(access=PARENT, description="办件状态.")
    item_code: str = field(access=PARENT, description="基本编码 of the item.")
    item_name: str = field(access=PARENT, description="Name of the item.", resolver=_item_name)
    number: int = field(access=PARENT, description="Within its case, from 1.")
    part: bool = field(
        access=PARENT, description="协办: a part of a joint case; the first one decides.", resolver=_part
    )
    model: HandlingModel = field(access=PARENT, description="全程网办、代收代办、多地联办.")
    state: HandoverState = field(access=PARENT, description="Where it stands.")
    state_name: str = field(access=PARENT, description="Where it stands, in words.", resolver=_state_name)
    turn: Side = field(access=PARENT, description="Whose turn it is: that side's clock runs.")
    version: int = field(access=PARENT, description="Rises with every step; send it back when acting.")
    receiving: Division | None = field(
        access=PARENT,
        description="收件地; null where the national application itself receives.",
        resolver=_receiving,
    )
    deciding: Division | None = field(access=PARENT, description="属地.", resolver=_deciding)
    hand: int = field(access=PARENT, description="Which deciding hand has it, from 1; 0 before.")
    bound: bool = field(access=PARENT, description="Whether a superior has settled who is competent.")
    entries: list[HandoverEntry] = field(
        access=PARENT, description="What happened, in order.", resolver=_entries_of
    )


async def _of_cases(_viewer: Viewer, ids: list[UUID]) -> Sequence[Sequence[HandoverView]]:
    found = await queries.handovers_of(ids)
    return [found[key] for key in ids]


def handovers_of(root: strawberry.Parent[ApplicationRow], info: Info) -> Awaitable[Sequence[HandoverView]]:
    """The handovers of a case, for its field ``handovers``."""
    return info.context.load(_of_cases, root.id)


async def handover_of(viewer: Viewer, handover_id: UUID) -> HandoverView:
    """A handover that this viewer may see. Raises ``NotFound``."""
    found = await queries.handover(viewer, handover_id)
    if found is None:
        raise NotFound(NO_SUCH_HANDOVER)
    return found


@query(
    access=CITIZEN | BOTH,
    description="One handover; null where there is none that this viewer may see.",
    returns=CaseHandover | None,
)
async def handover(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="Id of the handover.")],  # noqa: A002 - Relay's name
) -> HandoverView | None:
    """One handover."""
    return await queries.handover(info.context.viewer, read_global_id(id, HANDOVER))


@query(
    access=BOTH,
    description="Handovers in which it is the turn of the officer's organ, the oldest first.",
    returns=Connection[CaseHandover],
)
async def handovers(info: Info, first: First = 20, after: After = None) -> Connection[HandoverView]:
    """A page of them."""
    place = read_cursor(after, UUID)
    rows = await queries.waiting(
        officer_of(info), after=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


QUERIES = (handover, handovers)
