"""The officers' side of identity: reviews, and the calls of video tickets."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from backend.kit.documents import DocumentKind
from backend.people.identity.window import Place, WindowDocument
from backend.people.reviews import actions as reviews
from backend.people.reviews.models import ReviewReason, ReviewState
from backend.people.reviews.queries import OpenClaim, ReviewView, review_for, reviews_for
from backend.people.video import actions as video
from backend.people.video import calls
from backend.people.video.queries import TicketView, ticket, tickets_for
from backend.ports import VideoEntrance
from backend.viewer import OfficerRole
from resolvers.access import PARENT, officer
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import After, Connection, First, keyset_page, page_size, read_cursor, read_global_id
from resolvers.tickets import Entrance, IdentityReview, VideoTicket

_INTAKE = officer(OfficerRole.INTAKE)


@object_type(
    reads=OpenClaim, description="A name and a document in the open; that it was read is in the audit trail."
)
class OpenedClaim:
    """What an officer compares with person and document."""

    name: str = field(access=PARENT, description="The name.")
    number: str = field(access=PARENT, description="The document's number.")
    document_kind: DocumentKind = field(access=PARENT, description="Which document.")
    country: str | None = field(access=PARENT, description="Who issued a passport.")
    birth_date: str | None = field(access=PARENT, description="ISO 8601.")


@object_type(description="Somebody is on the line.")
class VideoCall:
    """A call."""

    ticket: VideoTicket = field(access=PARENT, description="Whose turn it is.")
    entrance: Entrance = field(access=PARENT, description="The officer's way into the room.")


@object_type(description="How many calls the organ takes at the same time.")
class VideoDesk:
    """A desk."""

    seats: int = field(access=PARENT, description="None is no service.")


@query(
    access=_INTAKE,
    description="Reviews in the officer's division, the oldest first.",
    returns=Connection[IdentityReview],
)
async def identity_reviews(
    info: Info,
    first: First = 20,
    after: After = None,
    state: Annotated[ReviewState, strawberry.argument(description="In which state.")] = ReviewState.OPEN,
) -> Connection[ReviewView]:
    """Reviews."""
    place = read_cursor(after, UUID)
    rows = await reviews_for(
        officer_of(info),
        info.context.resources,
        state=state,
        limit=page_size(first) + 1,
        after=place[0] if place else None,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@query(
    access=_INTAKE,
    description="The review whose code a citizen tells.",
    returns=IdentityReview,
)
async def identity_review(
    info: Info,
    review_code: Annotated[str, strawberry.argument(description="Its eight letters and digits.")],
) -> ReviewView:
    """A review."""
    return await review_for(officer_of(info), info.context.resources, code=review_code)


@query(
    access=_INTAKE,
    description="Video tickets that wait for the officer's organ, appointments first; the 50 next ones.",
    returns=list[VideoTicket],
)
async def video_tickets(info: Info) -> Sequence[TicketView]:
    """Tickets."""
    return await tickets_for(officer_of(info))


@input_type(description="The review to open.")
class OpenIdentityReviewInput(MutationInput):
    """Input of ``openIdentityReview``."""

    review_id: strawberry.ID = input_field(description="The review.")


@mutation(
    access=_INTAKE,
    description="Read what was claimed, in the open; the audit trail says who did.",
    returns=OpenedClaim,
)
async def open_identity_review(info: Info, input: OpenIdentityReviewInput) -> OpenClaim:  # noqa: A002 - GraphQL's name
    """Open."""
    return await reviews.look_at(
        officer_of(info),
        info.context.resources,
        review_id=read_global_id(input.review_id, "IdentityReview"),
    )


@input_type(description="The decision of a review.")
class DecideIdentityReviewInput(MutationInput):
    """Input of ``decideIdentityReview``."""

    review_id: strawberry.ID = input_field(description="The review.")
    confirmed: bool = input_field(description="Whether all is right.")
    reason: ReviewReason = input_field(description="ALL_RIGHT to confirm, any other to refuse.")
    place: Place = input_field(description="Where the person was seen.")
    document_seen: WindowDocument = input_field(description="Which document was compared with the person.")
    note: str = input_field(description="For the file, sealed; 500 characters at most.", default="")


@mutation(
    access=_INTAKE,
    description="Decide a review after having seen person and document.",
    returns=IdentityReview,
)
async def decide_identity_review(info: Info, input: DecideIdentityReviewInput) -> ReviewView:  # noqa: A002 - GraphQL's name
    """Decide."""
    viewer, resources = officer_of(info), info.context.resources
    review_id = read_global_id(input.review_id, "IdentityReview")
    await reviews.decide_review(
        viewer,
        resources,
        review_id=review_id,
        decision=reviews.Decision(
            confirmed=input.confirmed,
            reason=input.reason,
            way=reviews.WAY_OF[input.place],
            document_seen=input.document_seen,
            note=input.note,
        ),
    )
    return await review_for(viewer, resources, review_id=review_id)


@input_type(description="Nothing but the key.")
class CallNextVideoTicketInput(MutationInput):
    """Input of ``callNextVideoTicket``."""


@mutation(
    access=_INTAKE,
    description="Call whoever is next. With somebody on the line already, the same call again.",
    returns=VideoCall,
)
async def call_next_video_ticket(
    info: Info,
    input: CallNextVideoTicketInput,  # noqa: A002, ARG001 - GraphQL's name; an officer has one call at a time
) -> VideoCall:
    """Call."""
    viewer = officer_of(info)
    ticket_id, entrance = await calls.call_next(viewer, info.context.resources)
    return _call(await ticket(viewer, ticket_id), entrance)


def _call(view: TicketView, entrance: VideoEntrance) -> VideoCall:
    return VideoCall(ticket=view, entrance=entrance)  # type: ignore[arg-type]  # the views that the types read


@input_type(description="The ticket on the line.")
class OpenVideoCallerInput(MutationInput):
    """Input of ``openVideoCaller``."""

    ticket_id: strawberry.ID = input_field(description="A ticket that this officer called.")


@mutation(
    access=_INTAKE,
    description="Read the caller's name and document, in the open; the audit trail says who did.",
    returns=OpenedClaim,
)
async def open_video_caller(info: Info, input: OpenVideoCallerInput) -> OpenClaim:  # noqa: A002 - GraphQL's name
    """Open."""
    return await calls.look_at_caller(
        officer_of(info),
        info.context.resources,
        ticket_id=read_global_id(input.ticket_id, "VideoTicket"),
    )


@input_type(description="The verdict of a call.")
class RecordVideoVerdictInput(MutationInput):
    """Input of ``recordVideoVerdict``."""

    ticket_id: strawberry.ID = input_field(description="A ticket that this officer called.")
    confirmed: bool = input_field(description="Whether person and document belong together.")
    reason: ReviewReason = input_field(description="ALL_RIGHT to confirm, any other to refuse.")
    document_seen: WindowDocument = input_field(description="Which document was shown.")
    note: str = input_field(description="For the file, sealed; 500 characters at most.", default="")


@mutation(
    access=_INTAKE,
    description="Record the verdict of a call and end it. A confirmed person is VERIFIED for a day.",
    returns=VideoTicket,
)
async def record_video_verdict(info: Info, input: RecordVideoVerdictInput) -> TicketView:  # noqa: A002 - GraphQL's name
    """Record."""
    viewer, ticket_id = officer_of(info), read_global_id(input.ticket_id, "VideoTicket")
    await calls.record_verdict(
        viewer,
        info.context.resources,
        ticket_id=ticket_id,
        confirmed=input.confirmed,
        reason=input.reason,
        document_seen=input.document_seen,
        note=input.note,
    )
    return await ticket(viewer, ticket_id)


@input_type(description="The seats of the organ's video desk.")
class SetVideoDeskInput(MutationInput):
    """Input of ``setVideoDesk``."""

    seats: int = input_field(description="0 to 200 calls at the same time.")


@mutation(
    access=officer(OfficerRole.OPERATIONS),
    description="Set how many video calls the officer's organ takes at the same time.",
    returns=VideoDesk,
)
async def set_video_desk(info: Info, input: SetVideoDeskInput) -> VideoDesk:  # noqa: A002 - GraphQL's name
    """Set the seats."""
    await video.set_video_desk(officer_of(info), seats=input.seats)
    return VideoDesk(seats=input.seats)


QUERIES = (identity_reviews, identity_review, video_tickets)
MUTATIONS = (
    open_identity_review,
    decide_identity_review,
    call_next_video_ticket,
    open_video_caller,
    record_video_verdict,
    set_video_desk,
)
