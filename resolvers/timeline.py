"""What happened to a case, when, and by whom."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.casework.applications import queries
from backend.casework.applications.acting import ActingPerson, acting_people
from backend.casework.applications.queries import ApplicationRow, DoneBy, TimelineEntry
from backend.casework.lifecycle import EVENT_NAMES, CaseEventKind
from backend.exchange.handovers.lifecycle import STEP_NAMES
from backend.viewer import Viewer
from resolvers.access import PARENT
from resolvers.context import Info
from resolvers.enums import CaseState, HandoverStep
from resolvers.fields import field, object_type
from resolvers.lookahead import largest
from resolvers.pagination import LARGEST_PAGE, page_size

strawberry.enum(CaseEventKind, description="What can happen to a case.")
strawberry.enum(DoneBy, description="Who did something in a case.")

MOST_ENTRIES = 20
"""Unless it is said otherwise."""

Last = Annotated[int, strawberry.argument(description="How many of the latest entries, 1 to 50.")]


def _acting_name(root: strawberry.Parent[ActingPerson], info: Info) -> str:
    return root.masked(info.context.work)


@object_type(reads=ActingPerson, description="Somebody who did something for the applicant (代办人).")
class CaseAgent:
    """Who acted."""

    name: str = field(access=PARENT, description="Masked.", resolver=_acting_name)


def _agent(root: strawberry.Parent[TimelineEntry], info: Info) -> Awaitable[ActingPerson | None] | None:
    return None if root.agent_id is None else info.context.load(acting_people, root.agent_id)


def _name(root: strawberry.Parent[TimelineEntry], info: Info) -> str:
    if root.handover is not None:
        return STEP_NAMES[HandoverStep(root.handover)].of(info.context.language)
    return EVENT_NAMES[root.kind].of(info.context.language)


def _handover(root: strawberry.Parent[TimelineEntry]) -> HandoverStep | None:
    return None if root.handover is None else HandoverStep(root.handover)


@object_type(reads=TimelineEntry, description="One entry of a case's timeline.")
class CaseEvent:
    """What happened when."""

    sequence: int = field(access=PARENT, description="Its place in the timeline, from 1.")
    kind: CaseEventKind = field(access=PARENT, description="What happened.")
    name: str = field(access=PARENT, description="What happened, in words.", resolver=_name)
    state: CaseState = field(access=PARENT, description="The state after it.")
    at: datetime = field(access=PARENT, description="When.")
    by: DoneBy = field(access=PARENT, description="Who did it.")
    handover: HandoverStep | None = field(
        access=PARENT, description="Which step between places it was, on HANDOVER.", resolver=_handover
    )
    agent: CaseAgent | None = field(
        access=PARENT, description="Who did it for the applicant, where somebody else did.", resolver=_agent
    )


async def _timelines(_viewer: Viewer, keys: list[tuple[UUID, int]]) -> Sequence[Sequence[TimelineEntry]]:
    found = await queries.timelines([key for key, _ in keys], max(last for _, last in keys))
    return [found[key][-last:] for key, last in keys]


def timeline_of(
    root: strawberry.Parent[ApplicationRow], info: Info, last: Last = MOST_ENTRIES
) -> Awaitable[Sequence[TimelineEntry]] | Sequence[TimelineEntry]:
    """The latest entries of a case, for its field ``timeline``."""
    wanted = page_size(last)
    if root.latest is not None:
        return root.latest[-wanted:]
    return info.context.load(_timelines, (root.id, wanted))


def latest_wanted(info: Info, *path: str) -> int | None:
    """How many entries of the timelines below ``path`` are asked for, None if none: to let them come with their cases."""
    last = largest(info, (*path, "timeline"), "last", MOST_ENTRIES)
    return None if last is None else min(max(last, 1), LARGEST_PAGE)
