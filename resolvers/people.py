"""Citizens at the counter: sign in, bind a real name, consent, prove it with the face."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from backend.kit import regions
from backend.people.accounts import actions as accounts
from backend.people.accounts import sessions
from backend.people.accounts.models import Platform
from backend.people.accounts.queries import DeviceView
from backend.people.accounts.queries import devices as devices_of
from backend.people.identity import actions, faces, queries
from backend.people.identity.models import AssuranceMethod, ConsentKind
from backend.people.identity.texts import ConsentText as ConsentTextData
from backend.people.identity.texts import current_text
from backend.ports import FaceMotion
from backend.viewer import Assurance as AssuranceData
from backend.viewer import AssuranceLevel, Citizen, Officer
from resolvers.access import CITIZEN, OFFICER, PARENT, PUBLIC, SIGNED_IN
from resolvers.context import Info
from resolvers.divisions import Division
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.pagination import Node, read_global_id
from resolvers.scalars import Upload

strawberry.enum(Platform, description="Mini-program platforms.")
strawberry.enum(ConsentKind, description="What needs a consent of its own (单独同意).")
strawberry.enum(AssuranceMethod, description="How somebody was recognised.")
strawberry.enum(FaceMotion, description="What an active face challenge asks for.")


def _citizen(info: Info) -> Citizen:
    viewer = info.context.viewer
    if not isinstance(viewer, Citizen):  # the field's access has made sure of it
        raise TypeError("a citizen's field was reached by somebody else")
    return viewer


def _signed_in(info: Info) -> Citizen | Officer:
    viewer = info.context.viewer
    if not isinstance(viewer, Citizen | Officer):  # the field's access has made sure of it
        raise TypeError("nobody is signed in")
    return viewer


# --- what is shown -----------------------------------------------------------------------------------


@object_type(reads=sessions.SignedIn, name="SignedIn", description="The tokens of a session.")
class SignedIn:
    """Both tokens."""

    access_token: str = field(
        access=PARENT, description="JWT for the header `Authorization: Bearer …`; see /.well-known/jwks.json."
    )
    access_expires_at: datetime = field(access=PARENT, description="When to refresh at the latest.")
    refresh_token: str = field(
        access=PARENT,
        description="Good for one `refreshSession`; sent again within 30 seconds it gets the same answer."
        " Used later it ends the session: keep only the newest.",
    )
    refresh_expires_at: datetime = field(access=PARENT, description="When to sign in again at the latest.")


@object_type(reads=sessions.SignedOut, description="Sessions have ended.")
class SignedOut:
    """The end of sessions."""

    at: datetime = field(access=PARENT, description="Since when their tokens are worthless.")
    devices: int = field(access=PARENT, description="How many sessions ended by this.")


@object_type(reads=DeviceView, name="Device", description="Where the viewer is signed in: one session.")
class Device(Node):
    """A session of the viewer's own."""

    platform: Platform | None = field(
        access=PARENT, description="Where its account lives; null for an officer's desk."
    )
    name: str = field(access=PARENT, description="What the device called itself when signing in.")
    signed_in_at: datetime = field(access=PARENT, description="When the session began.")
    last_used_at: datetime = field(access=PARENT, description="When its tokens were last renewed.")
    expires_at: datetime = field(access=PARENT, description="When it ends unless it is used before.")
    current: bool = field(access=PARENT, description="Whether this very request comes from it.")


@object_type(reads=AssuranceData, description="What a person has proven, how, and until when it counts.")
class Assurance:
    """One rung of the ladder."""

    level: AssuranceLevel = field(access=PARENT, description="How surely the person is known.")
    method: AssuranceMethod = field(access=PARENT, description="How it was proven.")
    proven_at: datetime = field(access=PARENT, description="When.")
    expires_at: datetime | None = field(
        access=PARENT, description="Until when it counts; null without an end."
    )


def _household(root: strawberry.Parent[queries.MaskedPerson]) -> regions.Division | None:
    return regions.get(root.household_division) if root.household_division else None


@object_type(reads=queries.MaskedPerson, description="A real person, masked.")
class Person(Node):
    """The real person behind an account."""

    name: str = field(access=PARENT, description="Masked: 张*.")
    resident_id: str = field(access=PARENT, description="Masked: 330***********1234.")
    household_division: Division | None = field(
        access=PARENT, description="户籍地, as far as it is known.", resolver=_household
    )


@object_type(reads=queries.ConsentView, description="A consent that was given and not withdrawn.")
class Consent:
    """A standing consent."""

    kind: ConsentKind = field(access=PARENT, description="To what.")
    version: str = field(access=PARENT, description="Which version of the text.")
    given_at: datetime = field(access=PARENT, description="When.")
    current: bool = field(
        access=PARENT, description="False when the text has changed since: it no longer counts then."
    )


@object_type(reads=queries.Me, description="The signed-in citizen.")
class Me(Node):
    """The viewer."""

    platform: Platform = field(access=PARENT, description="Where the account lives.")
    person: Person | None = field(access=PARENT, description="The real person; null before a name was bound.")
    assurance: Assurance = field(access=PARENT, description="The surest proof that counts in this session.")
    consents: list[Consent] = field(access=PARENT, description="Standing consents.")


def _title(root: strawberry.Parent[ConsentTextData], info: Info) -> str:
    return root.title.of(info.context.language)


def _body(root: strawberry.Parent[ConsentTextData], info: Info) -> str:
    return root.body.of(info.context.language)


def _plain(root: strawberry.Parent[ConsentTextData], info: Info) -> str:
    return root.plain.of(info.context.language)


@object_type(reads=ConsentTextData, description="The text somebody consents to, in the viewer's language.")
class ConsentText:
    """A consent text."""

    kind: ConsentKind = field(access=PARENT, description="To what.")
    version: str = field(access=PARENT, description="To be named when consenting.")
    title: str = field(access=PARENT, description="Its title.", resolver=_title)
    text: str = field(
        access=PARENT, description="The whole text; paragraphs end with a line break.", resolver=_body
    )
    plain_text: str = field(
        access=PARENT,
        description="The same in plain words, for elder mode and reading aloud.",
        resolver=_plain,
    )


@object_type(reads=faces.FaceChallenge, description="What to show to the camera, and until when.")
class FaceChallenge(Node):
    """A single-use challenge."""

    nonce: str = field(access=PARENT, description="To be sent back with the frames; good once.")
    motions: list[FaceMotion] = field(
        access=PARENT, description="To be shown in this order, in 6 to 12 frames; empty: one plain selfie."
    )
    expires_at: datetime = field(access=PARENT, description="Send the frames before this.")


# --- reads -------------------------------------------------------------------------------------------


@query(
    access=SIGNED_IN, description="The signed-in citizen: account, person, assurance, consents.", returns=Me
)
async def me(info: Info) -> queries.Me:
    """The viewer."""
    return await queries.me(_citizen(info), info.context.resources)


@query(
    access=SIGNED_IN | OFFICER,
    description="Where the viewer is signed in, on all their accounts; the 50 used last, the newest first.",
    returns=list[Device],
)
async def devices(info: Info) -> Sequence[DeviceView]:
    """The viewer's sessions."""
    return await devices_of(_signed_in(info))


@query(access=PUBLIC, description="The text in force for a kind of consent.", returns=ConsentText)
async def consent_text(
    info: Info,  # noqa: ARG001 - every root field takes it
    kind: Annotated[ConsentKind, strawberry.argument(description="To what.")],
) -> ConsentTextData:
    """The text in force."""
    return current_text(kind)


# --- sessions ----------------------------------------------------------------------------------------


@input_type(description="A mini-program's login code.")
class SignInWithMiniProgramInput(MutationInput):
    """Input of ``signInWithMiniProgram``."""

    platform: Platform = input_field(description="Where the code comes from.")
    code: str = input_field(description="What `wx.login` or `my.getAuthCode` gave; single use, 5 minutes.")
    device_name: str = input_field(description="For the citizen's own list of devices.", default="")
    device_id: str | None = input_field(
        description="16 to 64 characters that the front end makes up once and keeps on the device; for limits.",
        default=None,
    )


@mutation(access=PUBLIC, description="Sign in from a mini-program.", returns=SignedIn)
async def sign_in_with_mini_program(
    info: Info,
    input: SignInWithMiniProgramInput,  # noqa: A002 - GraphQL's name
) -> sessions.SignedIn:
    """Sign in."""
    return await accounts.sign_in(
        info.context.viewer,
        info.context.resources,
        platform=input.platform,
        code=input.code,
        device_name=input.device_name,
        device_id=input.device_id,
    )


@input_type(description="The newest refresh token.")
class RefreshSessionInput(MutationInput):
    """Input of ``refreshSession``."""

    refresh_token: str = input_field(description="The newest one of this session.")


@mutation(
    access=PUBLIC,
    description="New tokens for a refresh token. Send it without an Authorization header: the old access"
    " token may have expired. A token that is not good is a top-level error, TOKEN_REUSED if it was used before.",
    returns=SignedIn,
)
async def refresh_session(info: Info, input: RefreshSessionInput) -> sessions.SignedIn:  # noqa: A002 - GraphQL's name
    """Refresh."""
    return await sessions.refresh(
        info.context.viewer, info.context.resources, refresh_token=input.refresh_token
    )


@input_type(description="Nothing but the key.")
class SignOutInput(MutationInput):
    """Input of ``signOut``."""


@mutation(access=SIGNED_IN | OFFICER, description="End this session on the server.", returns=SignedOut)
async def sign_out(info: Info, input: SignOutInput) -> SignedOut:  # noqa: A002, ARG001 - GraphQL's name; it says nothing
    """Sign out."""
    return SignedOut(at=await sessions.sign_out(_signed_in(info)), devices=1)


@input_type(description="Which device.")
class SignOutDeviceInput(MutationInput):
    """Input of ``signOutDevice``."""

    device_id: strawberry.ID = input_field(description="One of `devices`.")


@mutation(
    access=SIGNED_IN | OFFICER,
    description="End the session on another device of the viewer's.",
    returns=SignedOut,
)
async def sign_out_device(info: Info, input: SignOutDeviceInput) -> sessions.SignedOut:  # noqa: A002 - GraphQL's name
    """Sign out elsewhere."""
    return await sessions.sign_out_device(
        _signed_in(info), device_id=read_global_id(input.device_id, "Device")
    )


@input_type(description="Whether to stay signed in here.")
class SignOutEverywhereInput(MutationInput):
    """Input of ``signOutEverywhere``."""

    keep_this: bool = input_field(description="Spare the session that asks.", default=False)


@mutation(
    access=SIGNED_IN | OFFICER,
    description="End the sessions on all devices and all accounts of the same person.",
    returns=SignedOut,
)
async def sign_out_everywhere(info: Info, input: SignOutEverywhereInput) -> sessions.SignedOut:  # noqa: A002 - GraphQL's name
    """Sign out everywhere."""
    return await sessions.sign_out_everywhere(_signed_in(info), keep_this=input.keep_this)


# --- who one really is -------------------------------------------------------------------------------


@input_type(description="Name and number as on the ID card.")
class BindRealNameInput(MutationInput):
    """Input of ``bindRealName``."""

    name: str = input_field(description="Name.")
    resident_id: str = input_field(description="居民身份证号码, 18 characters.")


@mutation(
    access=SIGNED_IN,
    description="Bind this account to a real person, checked with the population registry.",
    returns=Me,
)
async def bind_real_name(info: Info, input: BindRealNameInput) -> queries.Me:  # noqa: A002 - GraphQL's name
    """Bind a real name."""
    citizen, resources = _citizen(info), info.context.resources
    await actions.bind_real_name(
        citizen,
        resources,
        name=input.name,
        resident_id=input.resident_id,
        idempotency_key=input.idempotency_key,
    )
    return await queries.me(citizen, resources)


@input_type(description="The text that was read.")
class GiveConsentInput(MutationInput):
    """Input of ``giveConsent``."""

    kind: ConsentKind = input_field(description="To what.")
    version: str = input_field(description="Version of the text that was shown, from `consentText`.")


@mutation(access=CITIZEN, description="Consent. It can be withdrawn at any time.", returns=Me)
async def give_consent(info: Info, input: GiveConsentInput) -> queries.Me:  # noqa: A002 - GraphQL's name
    """Consent."""
    citizen, resources = _citizen(info), info.context.resources
    await actions.give_consent(
        citizen, resources, kind=input.kind, version=input.version, idempotency_key=input.idempotency_key
    )
    return await queries.me(citizen, resources)


@input_type(description="The consent to take back.")
class WithdrawConsentInput(MutationInput):
    """Input of ``withdrawConsent``."""

    kind: ConsentKind = input_field(description="To what.")


@mutation(access=CITIZEN, description="Take a consent back.", returns=Me)
async def withdraw_consent(info: Info, input: WithdrawConsentInput) -> queries.Me:  # noqa: A002 - GraphQL's name
    """Withdraw a consent."""
    citizen = _citizen(info)
    await actions.withdraw_consent(citizen, kind=input.kind, idempotency_key=input.idempotency_key)
    return await queries.me(citizen, info.context.resources)


@input_type(description="Nothing but the key.")
class RequestFaceChallengeInput(MutationInput):
    """Input of ``requestFaceChallenge``."""


@mutation(
    access=CITIZEN,
    description="Begin a face check. It needs the consent FACE_VERIFICATION; a window does without.",
    returns=FaceChallenge,
)
async def request_face_challenge(
    info: Info,
    input: RequestFaceChallengeInput,  # noqa: A002, ARG001 - GraphQL's name; every call is a new challenge
) -> faces.FaceChallenge:
    """Begin a face check."""
    return await faces.request_face_challenge(_citizen(info), info.context.resources)


@input_type(description="Frames for a challenge.")
class VerifyFaceInput(MutationInput):
    """Input of ``verifyFace``."""

    challenge_id: strawberry.ID = input_field(description="The challenge.")
    nonce: str = input_field(description="Its nonce.")
    frames: list[Upload] = input_field(
        description="JPEG or PNG, sent as multipart in the order taken: one selfie, or 6 to 12 frames of the motions."
    )


@mutation(
    access=CITIZEN,
    description="Compare the frames with the registry's photograph. Frames are kept nowhere.",
    returns=Assurance,
)
async def verify_face(info: Info, input: VerifyFaceInput) -> AssuranceData:  # noqa: A002 - GraphQL's name
    """Check the face."""
    return await faces.verify_face(
        _citizen(info),
        info.context.resources,
        challenge_id=read_global_id(input.challenge_id, "FaceChallenge"),
        nonce=input.nonce,
        frames=[frame.content for frame in input.frames],
    )


QUERIES = (me, devices, consent_text)
MUTATIONS = (
    sign_in_with_mini_program,
    refresh_session,
    sign_out,
    sign_out_device,
    sign_out_everywhere,
    bind_real_name,
    give_consent,
    withdraw_consent,
    request_face_challenge,
    verify_face,
)
