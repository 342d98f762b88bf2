"""跨省通办 for operators: regions as they stand, dead letters, and what is done about them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.exchange import dead_letters as letters
from backend.exchange import reconciling
from backend.exchange.dead_letters import DeadLetter as LetterView
from backend.exchange.lanes import BreakerState, Lane
from backend.exchange.lanes import lanes as read_lanes
from backend.exchange.models import DeliveryKind, ReconciliationState
from backend.exchange.reconciling import Difference, DifferenceKind
from backend.exchange.reconciling import Reconciliation as ReconciliationView
from backend.kit import regions
from backend.viewer import OfficerRole
from resolvers.access import PARENT, officer
from resolvers.context import Info
from resolvers.divisions import Division
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
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

strawberry.enum(BreakerState, description="Whether a region is asked (熔断).")
strawberry.enum(ReconciliationState, description="How a day was found.")
strawberry.enum(DifferenceKind, name="ReconciliationDifferenceKind", description="How the sides differ.")
strawberry.enum(DeliveryKind, description="What a message to a province is about.")

_OPERATIONS = officer(OfficerRole.OPERATIONS)


@object_type(reads=Lane, description="How the exchange with one region stands.")
class ExchangeRegion:
    """A region."""

    region: str = field(access=PARENT, description="What its division codes begin with.")
    pending: int = field(access=PARENT, description="Messages on their way.")
    dead: int = field(access=PARENT, description="Messages that were given up.")
    oldest_pending: datetime | None = field(access=PARENT, description="Since when the oldest waits.")
    breaker: BreakerState = field(access=PARENT, description="Whether it is asked just now.")
    failures: int = field(access=PARENT, description="Failed calls in a row.")
    open_until: datetime | None = field(access=PARENT, description="Nobody asks before.")
    last_problem: str | None = field(access=PARENT, description="Code of the last failure.")


def _case(root: strawberry.Parent[LetterView]) -> strawberry.ID:
    return global_id("Application", root.application_id)


def _division(root: strawberry.Parent[LetterView]) -> regions.Division | None:
    return regions.get(root.division)


def _item_name(root: strawberry.Parent[LetterView], info: Info) -> str:
    return info.context.work.standards.get(root.item_code).name.of(info.context.language)


def _explanation(root: strawberry.Parent[LetterView], info: Info) -> str:
    return root.explanation.of(info.context.language)


def _mended(root: strawberry.Parent[LetterView]) -> list[str]:
    return sorted(root.mended)


@object_type(reads=LetterView, description="死信: a message that a province refuses as such.")
class DeadLetter(Node):
    """A dead letter."""

    application_id: strawberry.ID = field(access=PARENT, description="The case.", resolver=_case)
    region: str = field(access=PARENT, description="To whom it was to go.")
    division: Division | None = field(access=PARENT, description="Where the case lies.", resolver=_division)
    item_name: str = field(access=PARENT, description="The item.", resolver=_item_name)
    kind: DeliveryKind = field(access=PARENT, description="What it is about.")
    attempts: int = field(access=PARENT, description="How often it was tried.")
    problem: str = field(access=PARENT, description="Code of what is wrong.")
    explanation: str = field(access=PARENT, description="What is wrong, in words.", resolver=_explanation)
    mended: list[str] = field(
        access=PARENT, description="Fields that were put right and not yet redelivered.", resolver=_mended
    )
    held_back: int = field(access=PARENT, description="Later messages of the case that wait for it.")
    since: datetime = field(access=PARENT, description="Since when.")


@query(
    access=_OPERATIONS, description="How the exchange with each region stands.", returns=list[ExchangeRegion]
)
async def exchange_regions(info: Info) -> Sequence[Lane]:
    """Regions."""
    return await read_lanes(officer_of(info), sorted(info.context.resources.ports.provinces))


@query(
    access=_OPERATIONS,
    description="Dead letters within the officer's division, the oldest first.",
    returns=Connection[DeadLetter],
)
async def dead_letters(
    info: Info,
    first: First = 20,
    after: After = None,
    region: Annotated[str | None, strawberry.argument(description="Only those to this region.")] = None,
) -> Connection[LetterView]:
    """Dead letters."""
    place = read_cursor(after, UUID)
    rows = await letters.dead_letters(
        officer_of(info), limit=page_size(first) + 1, after=place[0] if place else None, region=region
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@object_type(reads=letters.Replay, description="How many messages were set on their way again.")
class Redelivered:
    """A count."""

    count: int = field(access=PARENT, description="How many; ask again while it is 200.")


@input_type(description="Which dead letters go on their way again.")
class RedeliverInput(MutationInput):
    """Input of ``redeliver``."""

    ids: list[strawberry.ID] | None = input_field(
        description="These; else those of the region.", default=None
    )
    region: str | None = input_field(description="All of this region, 200 at a time.", default=None)
    problem: str | None = input_field(description="Only those with this code.", default=None)


@mutation(
    access=_OPERATIONS,
    description="Set dead letters on their way again once their cause is mended.",
    returns=Redelivered,
)
async def redeliver(info: Info, input: RedeliverInput) -> letters.Replay:  # noqa: A002 - GraphQL's name
    """Redeliver."""
    return await letters.redeliver(
        officer_of(info),
        ids=None if input.ids is None else [read_global_id(one, "DeadLetter") for one in input.ids],
        region=input.region,
        problem=input.problem,
        idempotency_key=input.idempotency_key,
    )


@input_type(description="What of a message is put right, and why; what is not named stays.")
class MendDeadLetterInput(MutationInput):
    """Input of ``mendDeadLetter``."""

    id: strawberry.ID = input_field(description="The dead letter.")
    reason: str = input_field(description="Why; kept sealed.")
    task_code: str | None = input_field(description="实施编码.", default=None)
    item_code: str | None = input_field(description="基本编码 as the province has it.", default=None)
    item_name: str | None = input_field(description="Name of the item as the province has it.", default=None)
    division: str | None = input_field(description="Division code as the province has it.", default=None)


@mutation(
    access=_OPERATIONS,
    description="Put fields of a message right. It leaves when it is redelivered.",
    returns=DeadLetter,
)
async def mend_dead_letter(info: Info, input: MendDeadLetterInput) -> LetterView:  # noqa: A002 - GraphQL's name
    """Mend."""
    given = {name: getattr(input, name) for name in letters.MENDABLE}
    return await letters.mend(
        officer_of(info),
        info.context.work,
        delivery_id=read_global_id(input.id, "DeadLetter"),
        fields={name: value for name, value in given.items() if value is not None},
        reason=input.reason,
        idempotency_key=input.idempotency_key,
    )


@input_type(description="A message that was settled otherwise.")
class SetDeadLetterAsideInput(MutationInput):
    """Input of ``setDeadLetterAside``."""

    id: strawberry.ID = input_field(description="The dead letter.")
    reason: str = input_field(description="How it was settled; kept sealed.")


@mutation(
    access=_OPERATIONS,
    description="End a message that was settled otherwise; later ones of its case go on.",
    returns=DeadLetter,
)
async def set_dead_letter_aside(info: Info, input: SetDeadLetterAsideInput) -> LetterView:  # noqa: A002 - GraphQL's name
    """Set aside."""
    return await letters.set_aside(
        officer_of(info),
        info.context.work,
        delivery_id=read_global_id(input.id, "DeadLetter"),
        reason=input.reason,
        idempotency_key=input.idempotency_key,
    )


def _delivery(root: strawberry.Parent[Difference]) -> str:
    return str(root.delivery_id)


@object_type(reads=Difference, description="A case about which the two sides differ.")
class ReconciliationDifference:
    """A difference."""

    delivery: str = field(
        access=PARENT,
        description="The message, as both sides know it.",
        resolver=_delivery,
    )
    kind: DifferenceKind = field(access=PARENT, description="How they differ.")


@object_type(reads=ReconciliationView, description="对账: a region's day as it was found last.")
class Reconciliation(Node):
    """A day of a region."""

    region: str = field(access=PARENT, description="What its division codes begin with.")
    day: date = field(access=PARENT, description="The day, in legal time.")
    ours: int = field(access=PARENT, description="Cases by our account.")
    theirs: int | None = field(access=PARENT, description="Cases by theirs, once they answered.")
    state: ReconciliationState = field(access=PARENT, description="How it was found.")
    differences: list[ReconciliationDifference] = field(
        access=PARENT,
        description="What differed, 200 at most; it was set right where that can be done from here.",
    )
    at: datetime = field(access=PARENT, description="When it was compared last.")


@query(
    access=_OPERATIONS,
    description="Days as they were reconciled, the latest first, of regions within the officer's division.",
    returns=Connection[Reconciliation],
)
async def reconciliations(
    info: Info,
    first: First = 20,
    after: After = None,
    region: Annotated[str | None, strawberry.argument(description="Only of this region.")] = None,
) -> Connection[ReconciliationView]:
    """Reconciled days."""
    place = read_cursor(after, date, str)
    rows = await reconciling.reconciliations(
        officer_of(info),
        limit=page_size(first) + 1,
        after=(place[0], place[1]) if place else None,
        region=region,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.day, row.region))


@input_type(description="Which day of which region is compared.")
class ReconcileInput(MutationInput):
    """Input of ``reconcile``."""

    region: str = input_field(description="What its division codes begin with.")
    day: date = input_field(description="A day of legal time that has begun.")


@mutation(
    access=_OPERATIONS,
    description="Compare both sides' account of a day and repair what differs.",
    returns=Reconciliation,
    weight=50,
)
async def reconcile(info: Info, input: ReconcileInput) -> ReconciliationView:  # noqa: A002 - GraphQL's name
    """Reconcile."""
    return await reconciling.reconcile_on_demand(
        officer_of(info), info.context.work, region=input.region, day=input.day
    )


QUERIES = (exchange_regions, dead_letters, reconciliations)
MUTATIONS = (redeliver, mend_dead_letter, set_dead_letter_aside, reconcile)
