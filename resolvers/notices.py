"""The citizen's inbox, how they want to be told, and for officers what became of a case's notices."""

from collections.abc import AsyncGenerator, Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.casework.notices import actions, queries
from backend.casework.notices.kinds import NoticeKind
from backend.casework.notices.models import DeliveryState
from backend.casework.notices.queries import Delivered, NoticeRow, Preferences
from backend.message_ports import Channel, Purpose
from backend.viewer import CASE_ROLES, Viewer
from resolvers.access import CITIZEN, PARENT, officer
from resolvers.applications import ApplicationId
from resolvers.context import Info
from resolvers.fields import (
    MutationInput,
    field,
    input_field,
    input_type,
    mutation,
    object_type,
    query,
    subscription,
)
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
from resolvers.sessions import citizen_of

strawberry.enum(NoticeKind, description="What a notice tells of.")
strawberry.enum(Channel, name="MessageChannel", description="Where a message about a notice goes.")
strawberry.enum(
    Purpose, name="MessagePurpose", description="What a message is for: citizens subscribe to each."
)
strawberry.enum(
    DeliveryState, name="NoticeDeliveryState", description="What became of a notice on a channel."
)

UnreadOnly = Annotated[bool, strawberry.argument(description="Only what was not read yet.")]


def _application_id(root: strawberry.Parent[NoticeRow]) -> strawberry.ID | None:
    return None if root.application_id is None else global_id("Application", root.application_id)


def _title(root: strawberry.Parent[NoticeRow], info: Info) -> str:
    return root.title.of(info.context.language)


def _text(root: strawberry.Parent[NoticeRow], info: Info) -> str:
    return root.words(info.context.work.standards)[0].of(info.context.language)


def _plain_text(root: strawberry.Parent[NoticeRow], info: Info) -> str:
    return root.words(info.context.work.standards)[1].of(info.context.language)


@object_type(
    reads=NoticeRow,
    description="通知: one thing that a citizen must know, about a case, an appointment or an evaluation.",
)
class Notice(Node):
    """A notice in the inbox."""

    application_id: strawberry.ID | None = field(
        access=PARENT, description="Id of the case; null where it is about none.", resolver=_application_id
    )
    kind: NoticeKind = field(access=PARENT, description="What it tells of.")
    title: str = field(access=PARENT, description="A few words.", resolver=_title)
    text: str = field(access=PARENT, description="What it says.", resolver=_text)
    plain_text: str = field(
        access=PARENT,
        description="The same in short sentences, for elder mode (长辈版).",
        resolver=_plain_text,
    )
    at: datetime = field(access=PARENT, description="When it happened.")
    read_at: datetime | None = field(access=PARENT, description="When it was marked as read.")


@object_type(reads=Delivered, description="What became of a notice on one channel.")
class NoticeDelivery:
    """One channel of a notice."""

    channel: Channel = field(access=PARENT, description="Which one.")
    state: DeliveryState = field(access=PARENT, description="What became of it.")
    tries: int = field(access=PARENT, description="How often it was tried.")
    at: datetime = field(access=PARENT, description="The latest try.")
    code: str = field(access=PARENT, description="The platform's own code, such as 43101; may be empty.")


@dataclass(frozen=True, slots=True)
class CaseNoticeView:
    """A notice for the eyes of an officer."""

    notice: NoticeRow

    @property
    def id(self) -> UUID:
        """The notice's."""
        return self.notice.id


def _notice(root: strawberry.Parent[CaseNoticeView]) -> NoticeRow:
    return root.notice


async def _deliveries(_viewer: Viewer, ids: list[UUID]) -> Sequence[Sequence[Delivered]]:
    found = await queries.deliveries(ids)
    return [found[key] for key in ids]


def _deliveries_of(root: strawberry.Parent[CaseNoticeView], info: Info) -> Awaitable[Sequence[Delivered]]:
    return info.context.load(_deliveries, root.id)


@object_type(
    reads=CaseNoticeView, description="A notice of a case, and what became of the messages about it."
)
class CaseNotice(Node):
    """What an officer sees."""

    notice: Notice = field(access=PARENT, description="What the citizen was told.", resolver=_notice)
    deliveries: list[NoticeDelivery] = field(
        access=PARENT, description="Channels in the order they were tried.", resolver=_deliveries_of, most=3
    )


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """Messages of one purpose on the platform the citizen is in."""

    purpose: Purpose
    template_id: str
    accepted: bool | None


@object_type(
    reads=SubscriptionView,
    description="Subscribed messages of one purpose, on the platform the citizen is in.",
)
class NoticeSubscription:
    """What the mini-program asks for with ``requestSubscribeMessage``."""

    purpose: Purpose = field(access=PARENT, description="What they are for.")
    template_id: str = field(access=PARENT, description="The platform's template, to ask the citizen with.")
    accepted: bool | None = field(
        access=PARENT, description="What was answered in this account; null before it was asked."
    )


@dataclass(frozen=True, slots=True)
class InboxView:
    """The inbox without its notices."""

    wanted: Preferences
    subscriptions: Sequence[SubscriptionView]


def _wanted(root: strawberry.Parent[InboxView]) -> Preferences:
    return root.wanted


def _unread(root: strawberry.Parent[InboxView]) -> int:
    return root.wanted.unread


@object_type(reads=Preferences, description="How a citizen wants to be told.")
class NoticePreferences:
    """Preferences; the inbox itself cannot be switched off."""

    mini_program: bool = field(access=PARENT, description="Messages of the mini-program's platform.")
    sms: bool = field(access=PARENT, description="SMS where no mini-program takes the message.")
    plain: bool = field(access=PARENT, description="长辈版: show the plain text first.")
    language: str = field(access=PARENT, description="Language of messages, BCP 47.")
    quiet_from: int = field(access=PARENT, description="Quiet hours begin, minutes since midnight.")
    quiet_until: int = field(
        access=PARENT, description="Quiet hours end; the same as the beginning: there are none."
    )


@object_type(
    reads=InboxView, description="The citizen's inbox: what is unread, and how they want to be told."
)
class NoticeInbox:
    """The inbox without its notices."""

    unread: int = field(access=PARENT, description="Unread notices.", resolver=_unread)
    preferences: NoticePreferences = field(
        access=PARENT, description="How they want to be told.", resolver=_wanted
    )
    subscriptions: list[NoticeSubscription] = field(
        access=PARENT, description="Messages of the platform the citizen is in; none on H5.", most=2
    )


async def _inbox(info: Info) -> InboxView:
    citizen = citizen_of(info)
    platform = await queries.platform_of(citizen)
    channels = info.context.resources.ports.messages
    channel = next((channels[name] for name in channels if name.value == platform), None)
    answered = await queries.subscriptions(citizen)
    offered = () if channel is None else tuple(Purpose)
    return InboxView(
        await queries.preferences(citizen),
        [
            SubscriptionView(purpose, channel.template(purpose), answered.get(purpose))
            for purpose in offered
            if channel is not None
        ],
    )


@query(access=CITIZEN, description="The citizen's notices, the newest first.", returns=Connection[Notice])
async def notices(
    info: Info,
    first: First = 20,
    after: After = None,
    unread_only: UnreadOnly = False,
    acting_by: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="A delegation of the viewer's: what its principal was told."),
    ] = None,
) -> Connection[NoticeRow]:
    """A page of the inbox."""
    place = read_cursor(after, UUID)
    rows = await queries.notices(
        citizen_of(info),
        before=place[0] if place else None,
        limit=page_size(first) + 1,
        unread_only=unread_only,
        acting_by=None if acting_by is None else read_global_id(acting_by, "Delegation"),
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@query(
    access=CITIZEN, description="What is unread, and how the citizen wants to be told.", returns=NoticeInbox
)
async def notice_inbox(info: Info) -> InboxView:
    """The inbox without its notices."""
    return await _inbox(info)


@query(
    access=officer(*CASE_ROLES),
    description="The notices of a case and what became of them; of a case that the officer may not see, none.",
    returns=Connection[CaseNotice],
)
async def case_notices(
    info: Info, application_id: ApplicationId, first: First = 20, after: After = None
) -> Connection[CaseNoticeView]:
    """What the citizen was told, for their officer."""
    place = read_cursor(after, UUID)
    rows = await queries.notices_of_case(
        officer_of(info),
        read_global_id(application_id, "Application"),
        before=place[0] if place else None,
        limit=page_size(first) + 1,
    )
    shown = [CaseNoticeView(row) for row in rows]
    return keyset_page(shown, first=first, after=after, key=lambda row: (row.id,))


@input_type(description="Which notices were read.")
class MarkNoticesReadInput(MutationInput):
    """Input of ``markNoticesRead``."""

    notice_ids: list[strawberry.ID] | None = input_field(
        description="At most 50; null marks the whole inbox.", default=None
    )


@mutation(access=CITIZEN, description="Mark notices as read.", returns=NoticeInbox)
async def mark_notices_read(info: Info, input: MarkNoticesReadInput) -> InboxView:  # noqa: A002 - GraphQL's name
    """Mark as read."""
    ids = None if input.notice_ids is None else [read_global_id(one, "Notice") for one in input.notice_ids]
    await actions.mark_read(
        citizen_of(info), info.context.resources.shared, notice_ids=ids, idempotency_key=input.idempotency_key
    )
    return await _inbox(info)


@input_type(description="How the citizen wants to be told.")
class SetNoticePreferencesInput(MutationInput):
    """Input of ``setNoticePreferences``."""

    mini_program: bool = input_field(description="Messages of the mini-program's platform.", default=True)
    sms: bool = input_field(description="SMS where no mini-program takes the message.", default=True)
    plain: bool = input_field(description="长辈版: show the plain text first.", default=False)
    language: str = input_field(description="Language of messages: zh-CN or en.", default="zh-CN")
    quiet_from: int = input_field(description="Quiet hours begin, minutes since midnight.", default=1260)
    quiet_until: int = input_field(description="Quiet hours end, minutes since midnight.", default=480)


@mutation(
    access=CITIZEN,
    description="Say how to be told. What is urgent comes in quiet hours, too; the inbox always has everything.",
    returns=NoticeInbox,
)
async def set_notice_preferences(info: Info, input: SetNoticePreferencesInput) -> InboxView:  # noqa: A002 - GraphQL's name
    """Set preferences."""
    await actions.set_preferences(
        citizen_of(info),
        mini_program=input.mini_program,
        sms=input.sms,
        plain=input.plain,
        language=input.language,
        quiet_from=input.quiet_from,
        quiet_until=input.quiet_until,
        idempotency_key=input.idempotency_key,
    )
    return await _inbox(info)


@input_type(description="What the citizen answered when the mini-program asked for messages.")
class NoteNoticeSubscriptionInput(MutationInput):
    """Input of ``noteNoticeSubscription``."""

    accepted: list[Purpose] = input_field(description="What they want messages of.")
    declined: list[Purpose] = input_field(description="What they do not want messages of.")


@mutation(
    access=CITIZEN,
    description="Note the answer to `requestSubscribeMessage`, for the account the citizen is in.",
    returns=NoticeInbox,
)
async def note_notice_subscription(info: Info, input: NoteNoticeSubscriptionInput) -> InboxView:  # noqa: A002 - GraphQL's name
    """Note a subscription."""
    await actions.note_subscription(
        citizen_of(info),
        accepted=input.accepted,
        declined=input.declined,
        idempotency_key=input.idempotency_key,
    )
    return await _inbox(info)


@subscription(
    access=CITIZEN,
    description="The inbox, at once and again whenever something in it changed. Polling `noticeInbox` tells the same.",
    returns=NoticeInbox,
)
async def notice_inbox_changed(info: Info) -> AsyncGenerator[InboxView, None]:
    """Follow the inbox."""
    person_id = citizen_of(info).person_id
    # Listen first, read then: what happens in between is announced and not missed.
    async with info.context.resources.shared.listening(f"notices:{person_id}") as messages:
        yield await _inbox(info)
        async for _ in messages:
            yield await _inbox(info)


QUERIES = (notices, notice_inbox, case_notices)
MUTATIONS = (mark_notices_read, set_notice_preferences, note_notice_subscription)
SUBSCRIPTIONS = (notice_inbox_changed,)
