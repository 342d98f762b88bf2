"""Fields that ask another system at the moment of asking: an answer with its age, or a problem of that field only."""

from collections.abc import Awaitable, Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.casework.applications.queries import ApplicationRow
from backend.casework.machine import Casework
from backend.errors import Refusal
from backend.exchange.asking import RegionHalls as HallsView
from backend.exchange.asking import RegionProgress as ProgressView
from backend.exchange.asking import halls_of, progress_of
from backend.exchange_ports import HallSlot, ProgressStep
from backend.kit import clock
from backend.viewer import Viewer
from resolvers.access import PARENT, PUBLIC
from resolvers.catalogue import Code
from resolvers.context import Info
from resolvers.divisions import DivisionCode
from resolvers.fields import field, object_type, query
from resolvers.loading import then
from resolvers.problems import Problem, to_problem


@object_type(reads=ProgressStep, description="A step that the province's platform has taken.")
class RegionProgressStep:
    """A step."""

    kind: str = field(access=PARENT, description="ACCEPTED, NOT_ACCEPTED, APPROVED, REFUSED …")
    happened_at: datetime = field(access=PARENT, description="When.")


def _number(root: strawberry.Parent[ProgressView]) -> str:
    return root.progress.external_case_number


def _received(root: strawberry.Parent[ProgressView]) -> datetime:
    return root.progress.received_at


def _steps(root: strawberry.Parent[ProgressView]) -> Sequence[ProgressStep]:
    return root.progress.steps


def _age(root: strawberry.Parent[ProgressView | HallsView]) -> int:
    return max(0, int((clock.now() - root.as_of).total_seconds()))


@object_type(reads=ProgressView, description="How far a case is in the province that handles it.")
class RegionProgress:
    """Progress there."""

    region: str = field(access=PARENT, description="What the province's division codes begin with.")
    external_case_number: str = field(access=PARENT, description="Its number there.", resolver=_number)
    received_at: datetime = field(access=PARENT, description="When it came there.", resolver=_received)
    steps: list[RegionProgressStep] = field(
        access=PARENT, description="What was done there, in order.", resolver=_steps
    )
    as_of: datetime = field(access=PARENT, description="When the province said so.")
    age_seconds: int = field(
        access=PARENT,
        description="How long ago that is: up to 60 as a rule, up to an hour while the province does not answer.",
        resolver=_age,
    )


RegionProgressResult = Annotated[
    RegionProgress | Problem,
    strawberry.union(
        "RegionProgressResult", description="Progress in the handling province, or why it cannot be said now."
    ),
]


class _Asking:
    """The loader's function; the same one for all fields of an operation, which share their ``work``."""

    def __init__(self, work: Casework) -> None:
        self._work = work

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asking) and other._work is self._work

    def __hash__(self) -> int:
        return id(self._work)

    async def __call__(self, _viewer: Viewer, ids: list[UUID]) -> Sequence[ProgressView | Refusal | None]:
        return await progress_of(self._work, ids)


def progress_there(
    root: strawberry.Parent[ApplicationRow], info: Info
) -> Awaitable[ProgressView | Problem | None]:
    """One question per province for all cases of an operation."""

    def shown(found: ProgressView | Refusal | None) -> ProgressView | Problem | None:
        return to_problem(found, info.context.language) if isinstance(found, Refusal) else found

    return then(info.context.load(_Asking(info.context.work), root.id), shown)


@object_type(reads=HallSlot, description="Free places of a hall.")
class RegionHallSlot:
    """A slot."""

    day: date = field(access=PARENT, description="The day.")
    starts: str = field(access=PARENT, description="From this hour on, HH:MM.")
    free: int = field(access=PARENT, description="How many places are free.")


@object_type(reads=HallsView, description="Free places of the halls of a region with a platform of its own.")
class RegionHalls:
    """Halls of a region."""

    region: str = field(access=PARENT, description="What its division codes begin with.")
    slots: list[RegionHallSlot] = field(access=PARENT, description="In the order of days.", most=60)
    as_of: datetime = field(access=PARENT, description="When the region said so.")
    age_seconds: int = field(access=PARENT, description="How long ago that is.", resolver=_age)


@query(
    access=PUBLIC,
    description="Free places of another region's halls, asked there at this moment.",
    returns=Annotated[
        RegionHalls | Problem,
        strawberry.union("RegionHallsResult", description="Free places, or why they cannot be said now."),
    ],
    weight=20,
)
async def region_halls(
    info: Info,
    division: DivisionCode,
    item: Code,
    first: Annotated[date, strawberry.argument(description="The first day, from today on.")],
    days: Annotated[int, strawberry.argument(description="How many, up to 14.")] = 7,
) -> HallsView | Problem:
    """Free places."""
    try:
        return await halls_of(
            info.context.viewer,
            info.context.work,
            division=division,
            item_code=item,
            first=first,
            days=days,
        )
    except Refusal as refusal:
        return to_problem(refusal, info.context.language)


QUERIES = (region_halls,)
