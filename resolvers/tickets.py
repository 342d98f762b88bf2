"""Reviews and video tickets at the citizen's counter."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import strawberry

from backend.people.reviews import actions as reviews
from backend.people.reviews.models import ReviewKind, ReviewReason, ReviewState
from backend.people.reviews.queries import ReviewView, review_for, reviews_of
from backend.people.video import actions as video
from backend.people.video.models import TicketState
from backend.people.video.queries import TicketView, VideoSlot, free_slots, running_ticket, ticket
from backend.ports import VideoEntrance
from resolvers.access import PARENT, PUBLIC, SIGNED_IN
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.pagination import Node, global_id, read_global_id
from resolvers.people import DocumentInput, told_of
from resolvers.sessions import citizen_of

strawberry.enum(ReviewKind, description="What an officer has to look at.")
strawberry.enum(ReviewState, description="How far a review has come.")
strawberry.enum(ReviewReason, description="Why an officer decided as they did.")
strawberry.enum(TicketState, description="How far a video ticket has come.")


# --- what is shown -----------------------------------------------------------------------------------


def _review_code(root: strawberry.Parent[ReviewView]) -> str:
    return root.code


@object_type(reads=ReviewView, description="Something an officer looks at.")
class IdentityReview(Node):
    """A review."""

    kind: ReviewKind = field(access=PARENT, description="What it is about.")
    state: ReviewState = field(access=PARENT, description="How far it has come.")
    review_code: str = field(
        access=PARENT,
        description="To be told to an officer at a window, who finds it by this.",
        resolver=_review_code,
    )
    division: str = field(access=PARENT, description="Whose officers look at it, GB/T 2260.")
    opened_at: datetime = field(access=PARENT, description="Since when.")
    decided_at: datetime | None = field(access=PARENT, description="When it was over.")
    reason: ReviewReason | None = field(access=PARENT, description="Why it was decided as it was.")
    name: str | None = field(
        access=PARENT, description="The name that was claimed, masked, while it is open."
    )
    number: str | None = field(access=PARENT, description="The document's number, masked, while it is open.")


def _review_id(root: strawberry.Parent[TicketView]) -> strawberry.ID | None:
    return None if root.review_id is None else global_id("IdentityReview", root.review_id)


@object_type(reads=TicketView, description="A place in the queue for a video call, or an appointment.")
class VideoTicket(Node):
    """A ticket."""

    state: TicketState = field(access=PARENT, description="How far it has come; poll it while it waits.")
    organ_name: str = field(access=PARENT, description="Who calls.")
    slot_at: datetime | None = field(access=PARENT, description="The time of an appointment.")
    ahead: int | None = field(access=PARENT, description="In the queue: how many are called before.")
    called_at: datetime | None = field(access=PARENT, description="When an officer called.")
    ended_at: datetime | None = field(access=PARENT, description="When it was over.")
    reason: ReviewReason | None = field(access=PARENT, description="The officer's reason.")
    review_id: strawberry.ID | None = field(
        access=PARENT,
        description="The review it is about, where a name is to be looked at.",
        resolver=_review_id,
    )


@object_type(reads=VideoSlot, name="VideoSlot", description="Half an hour in which calls can be booked.")
class Slot:
    """A slot."""

    at: datetime = field(access=PARENT, description="When it begins.")
    free: int = field(access=PARENT, description="How many calls can still be booked.")


@object_type(reads=VideoEntrance, name="VideoEntrance", description="The way into a video room.")
class Entrance:
    """An entrance."""

    url: str = field(access=PARENT, description="Address of the video server (LiveKit).")
    token: str = field(access=PARENT, description="Its access token, for this participant only.")
    expires_at: datetime = field(access=PARENT, description="Come in before this.")


# --- reads -------------------------------------------------------------------------------------------


@query(
    access=SIGNED_IN,
    description="The viewer's own reviews, the newest first, 20 at most.",
    returns=list[IdentityReview],
)
async def my_identity_reviews(info: Info) -> Sequence[ReviewView]:
    """The viewer's reviews."""
    return await reviews_of(citizen_of(info), info.context.resources)


@query(
    access=PUBLIC,
    description="The times on a day at which a video call can be booked in a division.",
    returns=list[Slot],
)
async def video_slots(
    info: Info,
    division: Annotated[str, strawberry.argument(description="Where one lives or asks, GB/T 2260.")],
    day: Annotated[date, strawberry.argument(description="Today or one of the next 14 days.")],
) -> Sequence[VideoSlot]:
    """Bookable times."""
    return await free_slots(info.context.work.calendar, division=division, day=day)


@query(
    access=SIGNED_IN,
    description="The viewer's video ticket that is not over, or the one of this id.",
    returns=VideoTicket | None,
)
async def my_video_ticket(
    info: Info,
    id: Annotated[  # noqa: A002 - GraphQL's name
        strawberry.ID | None, strawberry.argument(description="Of a ticket; without it the running one.")
    ] = None,
) -> TicketView | None:
    """A ticket."""
    citizen = citizen_of(info)
    if id is None:
        return await running_ticket(citizen)
    return await ticket(citizen, read_global_id(id, "VideoTicket"))


# --- reviews -------------------------------------------------------------------------------------------


@input_type(description="A name and a document that could not be confirmed.")
class RequestIdentityReviewInput(MutationInput):
    """Input of ``requestIdentityReview``."""

    name: str = input_field(description="Name as on the document.")
    resident_id: str | None = input_field(description="居民身份证号码, 18 characters.", default=None)
    document: DocumentInput | None = input_field(
        description="Any other document; either this or `residentId`.", default=None
    )
    division: str = input_field(description="Whose officers are to look at it, GB/T 2260.")


@mutation(
    access=SIGNED_IN,
    description="Ask for an officer's look at a name that could not be confirmed: at a window, at home or by video.",
    returns=IdentityReview,
)
async def request_identity_review(
    info: Info,
    input: RequestIdentityReviewInput,  # noqa: A002 - GraphQL's name
) -> ReviewView:
    """Ask."""
    citizen, resources = citizen_of(info), info.context.resources
    review_id = await reviews.request_review(
        citizen,
        resources,
        told_of(input.name, input.resident_id, input.document),
        division=input.division,
        idempotency_key=input.idempotency_key,
    )
    return await review_for(citizen, resources, review_id=review_id)


@input_type(description="The review to take back.")
class WithdrawIdentityReviewInput(MutationInput):
    """Input of ``withdrawIdentityReview``."""

    review_id: strawberry.ID = input_field(description="The review.")


@mutation(
    access=SIGNED_IN, description="Take a review back; what was claimed is forgotten.", returns=IdentityReview
)
async def withdraw_identity_review(
    info: Info,
    input: WithdrawIdentityReviewInput,  # noqa: A002 - GraphQL's name
) -> ReviewView:
    """Take back."""
    citizen = citizen_of(info)
    review_id = read_global_id(input.review_id, "IdentityReview")
    await reviews.withdraw_review(citizen, review_id=review_id)
    return await review_for(citizen, info.context.resources, review_id=review_id)


# --- video ---------------------------------------------------------------------------------------------


@input_type(description="Where and when.")
class RequestVideoTicketInput(MutationInput):
    """Input of ``requestVideoTicket``."""

    division: str = input_field(description="Where one lives or asks, GB/T 2260; the nearest organ calls.")
    slot_at: datetime | None = input_field(
        description="One of `videoSlots`; without it a place in the queue, in service hours.", default=None
    )


@mutation(
    access=SIGNED_IN,
    description="Take a ticket for a video call in which an officer sees person and document.",
    returns=VideoTicket,
)
async def request_video_ticket(info: Info, input: RequestVideoTicketInput) -> TicketView:  # noqa: A002 - GraphQL's name
    """Take a ticket."""
    citizen = citizen_of(info)
    ticket_id = await video.request_ticket(
        citizen,
        info.context.resources,
        info.context.work.calendar,
        division=input.division,
        slot_at=input.slot_at,
        idempotency_key=input.idempotency_key,
    )
    return await ticket(citizen, ticket_id)


@input_type(description="The ticket.")
class CancelVideoTicketInput(MutationInput):
    """Input of ``cancelVideoTicket``."""

    ticket_id: strawberry.ID = input_field(description="A waiting ticket.")


@mutation(access=SIGNED_IN, description="Give a ticket back.", returns=VideoTicket)
async def cancel_video_ticket(info: Info, input: CancelVideoTicketInput) -> TicketView:  # noqa: A002 - GraphQL's name
    """Give back."""
    citizen, ticket_id = citizen_of(info), read_global_id(input.ticket_id, "VideoTicket")
    await video.cancel_ticket(citizen, ticket_id=ticket_id)
    return await ticket(citizen, ticket_id)


@input_type(description="The ticket.")
class EnterVideoRoomInput(MutationInput):
    """Input of ``enterVideoRoom``."""

    ticket_id: strawberry.ID = input_field(description="A ticket that was called.")


@mutation(access=SIGNED_IN, description="Come into the room after one was called.", returns=Entrance)
async def enter_video_room(info: Info, input: EnterVideoRoomInput) -> VideoEntrance:  # noqa: A002 - GraphQL's name
    """Come in."""
    return await video.enter_room(
        citizen_of(info),
        info.context.resources,
        ticket_id=read_global_id(input.ticket_id, "VideoTicket"),
    )


QUERIES = (my_identity_reviews, video_slots, my_video_ticket)
MUTATIONS = (
    request_identity_review,
    withdraw_identity_review,
    request_video_ticket,
    cancel_video_ticket,
    enter_video_room,
)
