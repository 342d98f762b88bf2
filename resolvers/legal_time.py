"""Legal time at the counter: due dates that explain themselves, and the calendars behind them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

import strawberry

from backend.casework.applications.queries import ApplicationRow
from backend.casework.legal_clock import DueDate as Reckoning
from backend.casework.legal_clock import due_date, end_of
from backend.casework.legal_time import calendars
from backend.casework.legal_time import extensions as extending
from backend.casework.legal_time.calendars import YearView
from backend.casework.legal_time.extensions import ExtensionView
from backend.casework.legal_time.models import ClockKind, ClockState, ExtensionState, Mark
from backend.casework.legal_time.queries import ClockView, clocks_of, deciding_clock
from backend.casework.legal_time.words import CLOCKS
from backend.kit import clock
from backend.viewer import OfficerRole, Viewer
from resolvers.access import PARENT, PUBLIC, officer
from resolvers.context import Info
from resolvers.enums import LimitUnit
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.loading import then
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

T = TypeVar("T")

strawberry.enum(ExtensionState, description="What became of a proposal.")
strawberry.enum(ClockKind, description="What a clock of a case measures.")
strawberry.enum(ClockState, description="Whether a clock goes, stands still (挂起) or has ended.")
strawberry.enum(Mark, name="ClockMark", description="How near a limit is.")


async def _clocks(_viewer: Viewer, ids: list[UUID]) -> Sequence[Sequence[ClockView]]:
    found = await clocks_of(ids)
    return [found[key] for key in ids]


def clocks(root: strawberry.Parent[ApplicationRow], info: Info) -> Awaitable[Sequence[ClockView]]:
    """The clocks of a case, together with those of its siblings."""
    return info.context.load(_clocks, root.id)


def _reckoned(root: ApplicationRow, info: Info, make: Callable[[Reckoning], T]) -> Awaitable[T]:
    """What ``make`` reads from the reckoning of the promised limit.

    A case that was received before clocks were kept has the plain one.
    """
    work = info.context.work

    def read(found: Sequence[ClockView]) -> T:
        view = deciding_clock(found)
        if view is not None:
            return make(view.reckoned(work.calendar))
        if root.submitted_at is None:  # what has a due date was submitted
            raise TypeError("a due date without a submission")
        unit = work.standards.get(root.item_code).limits.statutory.unit
        received = clock.local(root.submitted_at).date()
        return make(due_date(received, root.promised_days, unit, work.calendar))

    return then(info.context.load(_clocks, root.id), read)


def _due_on(root: strawberry.Parent[ApplicationRow]) -> date | None:
    return root.due_on


def _due_at(root: strawberry.Parent[ApplicationRow]) -> datetime | None:
    return None if root.due_on is None else end_of(root.due_on)


def _explanation(root: strawberry.Parent[ApplicationRow], info: Info) -> Awaitable[str]:
    return _reckoned(root, info, lambda reckoning: reckoning.explanation.of(info.context.language))


def _lines(root: strawberry.Parent[ApplicationRow], info: Info) -> Awaitable[list[str]]:
    return _reckoned(
        root, info, lambda reckoning: [line.of(info.context.language) for line in reckoning.lines]
    )


def _provisional(root: strawberry.Parent[ApplicationRow], info: Info) -> Awaitable[bool]:
    return _reckoned(root, info, lambda reckoning: reckoning.provisional)


def _standing_since(root: strawberry.Parent[ApplicationRow], info: Info) -> Awaitable[date | None]:
    return _reckoned(root, info, lambda reckoning: reckoning.standing_since)


@object_type(reads=ApplicationRow, description="When a decision is due, and how that was reckoned.")
class DueDate:
    """The promised limit, read from its case: the reckoning is done only for who asks for it."""

    on: date = field(
        access=PARENT,
        description="Last day for deciding; while the clock stands still, as if it went on the day it stopped.",
        resolver=_due_on,
    )
    at: datetime = field(access=PARENT, description="The end of that day (24:00).", resolver=_due_at)
    explanation: str = field(
        access=PARENT, description="The reckoning in words, a line for each thing.", resolver=_explanation
    )
    lines: list[str] = field(access=PARENT, description="The same lines as a list.", resolver=_lines)
    provisional: bool = field(
        access=PARENT,
        description="True while the working days of a year in it are not announced.",
        resolver=_provisional,
    )
    standing_since: date | None = field(
        access=PARENT, description="Since when the clock stands still (挂起).", resolver=_standing_since
    )


def _clock_name(root: strawberry.Parent[ClockView], info: Info) -> str:
    return CLOCKS[root.kind].of(info.context.language)


def _clock_lines(root: strawberry.Parent[ClockView], info: Info) -> list[str]:
    return [line.of(info.context.language) for line in root.reckoned(info.context.work.calendar).lines]


@object_type(reads=ClockView, description="One limit of a case.")
class CaseClock:
    """A clock."""

    kind: ClockKind = field(access=PARENT, description="What it measures.")
    name: str = field(access=PARENT, description="The same in words.", resolver=_clock_name)
    step: str = field(access=PARENT, description="Code of the step (环节), empty for the whole case.")
    state: ClockState = field(access=PARENT, description="Whether it goes.")
    mark: Mark = field(access=PARENT, description="How near it is, or was when it ended.")
    started_on: date = field(access=PARENT, description="First day, which is not counted.")
    days: int = field(access=PARENT, description="How many days, without extensions.")
    unit: LimitUnit = field(access=PARENT, description="Which days.")
    due_on: date = field(access=PARENT, description="Last day.")
    due_at: datetime = field(access=PARENT, description="The end of the last day.")
    ended_at: datetime | None = field(access=PARENT, description="When it ended.")
    lines: list[str] = field(access=PARENT, description="The reckoning, line by line.", resolver=_clock_lines)


@object_type(reads=YearView, description="The days off of a year as they were announced.")
class AnnouncedYear:
    """A year's calendar."""

    year: int = field(access=PARENT, description="The year.")
    source: str | None = field(
        access=PARENT, description="The document that announces it; null for what the house brings along."
    )
    days_off: list[date] = field(access=PARENT, description="放假.")
    make_up_days: list[date] = field(access=PARENT, description="调休上班: weekends that are worked.")
    version: int = field(access=PARENT, description="Counts announcements; due dates go by the latest.")


@query(
    access=PUBLIC,
    description="Every year whose days off are announced, from last year on. Of other years due dates are provisional.",
    returns=list[AnnouncedYear],
)
async def announced_years(info: Info) -> Sequence[YearView]:
    """Years."""
    return await calendars.known_years(info.context.work.calendar, clock.today().year - 1)


@input_type(description="国务院办公厅关于部分节假日安排的通知, for one year.")
class AnnounceCalendarInput(MutationInput):
    """Input of ``announceCalendar``."""

    year: int = input_field(description="The year.")
    source: str = input_field(description="The document that announces it, e.g. 国办发明电〔2025〕7号.")
    days_off: list[date] = input_field(
        description="Every day off for a holiday, weekends in it included or not."
    )
    make_up_days: list[date] = input_field(description="Saturdays and Sundays that are worked.")


@mutation(
    access=officer(OfficerRole.OPERATIONS),
    description="Load the calendar of a year. Due dates of open cases are reckoned anew within a minute or two.",
    returns=AnnouncedYear,
)
async def announce_calendar(info: Info, input: AnnounceCalendarInput) -> YearView:  # noqa: A002 - GraphQL's name
    """Announce."""
    announcement = calendars.read_announcement(
        year=input.year, days_off=input.days_off, make_up_days=input.make_up_days
    )
    await calendars.announce(
        info.context.resources.shared,
        announcement,
        source=input.source,
        actor=f"officer:{officer_of(info).officer_id}",
    )
    return next(one for one in await calendars.announced_years() if one.year == input.year)


async def _extensions(_viewer: Viewer, ids: list[UUID]) -> Sequence[Sequence[ExtensionView]]:
    found = await extending.extensions_of(ids)
    return [found[key] for key in ids]


def extensions(root: strawberry.Parent[ApplicationRow], info: Info) -> Awaitable[Sequence[ExtensionView]]:
    """What was granted to a case, together with what was granted to its siblings."""
    return info.context.load(_extensions, root.id)


def _reason(root: strawberry.Parent[ExtensionView], info: Info) -> str:
    return root.reason(info.context.work)


def _extended_case(root: strawberry.Parent[ExtensionView]) -> strawberry.ID:
    return global_id("Application", root.application_id)


@object_type(
    reads=ExtensionView, description="延期: days that a superior grants, with the reason (行政许可法 42)."
)
class CaseExtension(Node):
    """An extension."""

    application_id: strawberry.ID = field(access=PARENT, description="The case.", resolver=_extended_case)
    state: ExtensionState = field(access=PARENT, description="What became of it.")
    days: int = field(access=PARENT, description="How many days more, in the unit of the limit.")
    reason: str = field(access=PARENT, description="Why; the applicant reads it too.", resolver=_reason)
    decided_on: date | None = field(access=PARENT, description="When the superior decided.")


@query(
    access=officer(OfficerRole.APPROVAL),
    description="Extensions that wait for a superior in the officer's division, the oldest first.",
    returns=Connection[CaseExtension],
)
async def proposed_extensions(
    info: Info, first: First = 20, after: After = None
) -> Connection[ExtensionView]:
    """Proposals."""
    place = read_cursor(after, UUID)
    rows = await extending.proposals(
        officer_of(info), after=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@input_type(description="Which case, how many days more, and why.")
class ProposeExtensionInput(MutationInput):
    """Input of ``proposeExtension``."""

    application_id: strawberry.ID = input_field(description="A case in the officer's division.")
    days: int = input_field(description="At most as many as the item's law allows.")
    reason: str = input_field(description="Why, 500 characters at most; the applicant will read it.")


@mutation(
    access=officer(OfficerRole.REVIEW, OfficerRole.APPROVAL),
    description="Ask a superior to extend the limits of a case, once.",
    returns=CaseExtension,
)
async def propose_extension(info: Info, input: ProposeExtensionInput) -> ExtensionView:  # noqa: A002 - GraphQL's name
    """Propose."""
    viewer = officer_of(info)
    extension_id = await extending.propose_extension(
        viewer,
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        days=input.days,
        reason=input.reason,
        idempotency_key=input.idempotency_key,
    )
    return await extending.extension(viewer, extension_id)


@input_type(description="Which proposal, and whether it is granted.")
class DecideExtensionInput(MutationInput):
    """Input of ``decideExtension``."""

    extension_id: strawberry.ID = input_field(description="A proposal of somebody else.")
    granted: bool = input_field(description="Whether the limits become longer.")


@mutation(
    access=officer(OfficerRole.APPROVAL),
    description="Grant or refuse an extension; never one's own proposal.",
    returns=CaseExtension,
)
async def decide_extension(info: Info, input: DecideExtensionInput) -> ExtensionView:  # noqa: A002 - GraphQL's name
    """Decide."""
    viewer = officer_of(info)
    extension_id = await extending.decide_extension(
        viewer,
        info.context.work,
        extension_id=read_global_id(input.extension_id, "CaseExtension"),
        granted=input.granted,
        idempotency_key=input.idempotency_key,
    )
    return await extending.extension(viewer, extension_id)


QUERIES = (announced_years, proposed_extensions)
MUTATIONS = (announce_calendar, propose_extension, decide_extension)
