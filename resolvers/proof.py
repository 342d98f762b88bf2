"""The ways up the ladder at the citizen's counter: what is open, network identity, the platform's face, video."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import strawberry

from backend.casework.proof import need_of
from backend.people.accounts.models import Platform
from backend.people.identity import ladder, network, platform_face
from backend.people.identity.models import AssuranceMethod, ConsentKind
from backend.people.reviews import actions as reviews
from backend.people.reviews.models import ReviewKind, ReviewReason, ReviewState
from backend.people.reviews.queries import ReviewView, review_for, reviews_of
from backend.people.video import actions as video
from backend.people.video.models import TicketState
from backend.people.video.queries import TicketView, VideoSlot, free_slots, running_ticket, ticket
from backend.ports import VideoEntrance
from backend.viewer import Assurance as AssuranceData
from backend.viewer import AssuranceLevel
from resolvers.access import PARENT, PUBLIC, SIGNED_IN
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.pagination import Node, global_id, read_global_id
from resolvers.people import Assurance, DocumentInput, told_of
from resolvers.sessions import citizen_of

strawberry.enum(ReviewKind, description="What an officer has to look at.")
strawberry.enum(ReviewState, description="How far a review has come.")
strawberry.enum(ReviewReason, description="Why an officer decided as they did.")
strawberry.enum(TicketState, description="How far a video ticket has come.")


# --- what is shown -----------------------------------------------------------------------------------


def _why_not(root: strawberry.Parent[ladder.WayView], info: Info) -> str | None:
    return None if root.why_not is None else root.why_not.of(info.context.language)


def _open(root: strawberry.Parent[ladder.WayView]) -> bool:
    return root.why_not is None


@object_type(reads=ladder.WayView, description="A way to prove who one is, as it is open to the viewer now.")
class WayToProve:
    """One way."""

    method: AssuranceMethod = field(access=PARENT, description="Which way.")
    level: AssuranceLevel = field(access=PARENT, description="How high it leads.")
    uses_face: bool = field(
        access=PARENT, description="Whether a face is looked at by a machine; there is always a way without."
    )
    minutes: int = field(access=PARENT, description="How long a proof by it counts.")
    open: bool = field(access=PARENT, description="Whether it can be taken now.", resolver=_open)
    why_not: str | None = field(
        access=PARENT, description="What stands in the way, a sentence for people.", resolver=_why_not
    )
    consent: ConsentKind | None = field(
        access=PARENT, description="The consent to be given first (`consentText`, `giveConsent`)."
    )


@object_type(reads=network.NetworkIdentityRequest, description="What the national app is called with.")
class NetworkIdentityRequest(Node):
    """An order for one credential."""

    organ: str = field(access=PARENT, description="orgID of its SDK.")
    app: str = field(access=PARENT, description="appID.")
    business_number: str = field(
        access=PARENT, description="bizSeq; call it with type 1 (credential and password)."
    )
    expires_at: datetime = field(access=PARENT, description="Bring the credential before this.")


@object_type(
    reads=platform_face.PlatformFaceStart, description="What the platform's face check is started with."
)
class PlatformFaceCheck(Node):
    """A check that was announced."""

    platform: Platform = field(access=PARENT, description="Whose check it is.")
    token: str = field(
        access=PARENT,
        description="WeChat: verifyId of wx.requestFacialVerify; Alipay: certifyId of my.startAPVerify.",
    )
    url: str | None = field(access=PARENT, description="Alipay: url of my.startAPVerify.")
    expires_at: datetime = field(access=PARENT, description="Finish before this.")


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
    description="The ways to prove who one is that lead to a level or higher, with what stands before each of them.",
    returns=list[WayToProve],
)
async def ways_to_prove(
    info: Info,
    level: Annotated[
        AssuranceLevel, strawberry.argument(description="What is needed, from `Problem.stepUp`.")
    ] = AssuranceLevel.VERIFIED,
    item_code: Annotated[
        str | None,
        strawberry.argument(
            description="Of a service item: what it needs, in the ways it takes, counts instead."
        ),
    ] = None,
) -> Sequence[ladder.WayView]:
    """The ways."""
    need = ladder.Need(level)
    if item_code is not None:
        need = need_of(info.context.work.standards.get(item_code))
    return await ladder.ways_to_prove(citizen_of(info), info.context.resources, need)


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


# --- network identity and the platform's face -----------------------------------------------------------


@input_type(description="Nothing but the key.")
class RequestNetworkIdentityInput(MutationInput):
    """Input of ``requestNetworkIdentity``."""


@mutation(
    access=SIGNED_IN,
    description="Begin with the national network identity (网号、网证): voluntary, without a face.",
    returns=NetworkIdentityRequest,
)
async def request_network_identity(
    info: Info,
    input: RequestNetworkIdentityInput,  # noqa: A002, ARG001 - GraphQL's name; every call is a new order
) -> network.NetworkIdentityRequest:
    """Begin."""
    return await network.request_network_identity(citizen_of(info), info.context.resources)


@input_type(description="What the national app gave.")
class ProveWithNetworkIdentityInput(MutationInput):
    """Input of ``proveWithNetworkIdentity``."""

    request_id: strawberry.ID = input_field(description="The request.")
    credential: str = input_field(description="idCardAuthData.")
    password: str = input_field(description="certPwdData.")


@mutation(
    access=SIGNED_IN,
    description="Prove who one is by a credential of the national app; binds the account where no name is bound.",
    returns=Assurance,
)
async def prove_with_network_identity(
    info: Info,
    input: ProveWithNetworkIdentityInput,  # noqa: A002 - GraphQL's name
) -> AssuranceData:
    """Prove."""
    return await network.prove_with_network_identity(
        citizen_of(info),
        info.context.resources,
        request_id=read_global_id(input.request_id, "NetworkIdentityRequest"),
        credential=input.credential,
        password=input.password,
    )


@input_type(description="Nothing but the key.")
class BeginPlatformFaceInput(MutationInput):
    """Input of ``beginPlatformFace``."""


@mutation(
    access=SIGNED_IN,
    description="Begin the platform's own face check; it needs the consent PLATFORM_FACE.",
    returns=PlatformFaceCheck,
)
async def begin_platform_face(
    info: Info,
    input: BeginPlatformFaceInput,  # noqa: A002, ARG001 - GraphQL's name; every call is a new check
) -> platform_face.PlatformFaceStart:
    """Begin."""
    return await platform_face.begin_platform_face(citizen_of(info), info.context.resources)


@input_type(description="The check to ask about.")
class FinishPlatformFaceInput(MutationInput):
    """Input of ``finishPlatformFace``."""

    check_id: strawberry.ID = input_field(description="The check.")


@mutation(
    access=SIGNED_IN,
    description="Have the server ask the platform whether the check was passed. What the phone got is not believed.",
    returns=Assurance,
)
async def finish_platform_face(info: Info, input: FinishPlatformFaceInput) -> AssuranceData:  # noqa: A002 - GraphQL's name
    """Finish."""
    return await platform_face.finish_platform_face(
        citizen_of(info),
        info.context.resources,
        check_id=read_global_id(input.check_id, "PlatformFaceCheck"),
    )


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


QUERIES = (ways_to_prove, my_identity_reviews, video_slots, my_video_ticket)
MUTATIONS = (
    request_network_identity,
    prove_with_network_identity,
    begin_platform_face,
    finish_platform_face,
    request_identity_review,
    withdraw_identity_review,
    request_video_ticket,
    cancel_video_ticket,
    enter_video_room,
)
