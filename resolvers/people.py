"""Citizens at the counter: bind a real name, consent, prove it with the face."""

from datetime import date, datetime
from uuid import UUID

import strawberry

from backend.errors import FieldProblem, Invalid, Text
from backend.kit import regions
from backend.kit.documents import DocumentKind
from backend.people.accounts.models import Platform
from backend.people.identity import actions, consents, faces, queries, window
from backend.people.identity.claims import Told
from backend.people.identity.frames import FacePurpose
from backend.people.identity.models import AssuranceMethod, ConfirmedBy, ConsentKind
from backend.ports import FaceMotion
from backend.viewer import Assurance as AssuranceData
from backend.viewer import AssuranceLevel
from resolvers.access import PARENT, SIGNED_IN
from resolvers.consents import Consent
from resolvers.context import Info
from resolvers.divisions import Division
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.pagination import Node, read_global_id
from resolvers.scalars import Upload
from resolvers.sessions import citizen_of

strawberry.enum(AssuranceMethod, description="How somebody was recognised.")
strawberry.enum(DocumentKind, description="What somebody identifies themselves by.")
strawberry.enum(ConfirmedBy, description="Who vouched for a name and a document.")
strawberry.enum(FacePurpose, description="What a face check is for.")
strawberry.enum(FaceMotion, description="What an active face challenge asks for.")


_ONE_DOCUMENT = Text(
    "请填写身份证号码，或填写其他证件，二者填其一。", "Give either a resident ID or another document."
)

# --- what is shown -----------------------------------------------------------------------------------


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
    resident_id: str = field(
        access=PARENT, description="The number of the person's document, masked: 330***********1234."
    )
    document_kind: DocumentKind = field(access=PARENT, description="The document the person goes by.")
    expires_on: date | None = field(
        access=PARENT, description="The last day on which the document is valid, as far as it is known."
    )
    confirmed_by: ConfirmedBy = field(
        access=PARENT,
        description="OFFICER: the registry does not know this person yet and is asked again every day.",
    )
    household_division: Division | None = field(
        access=PARENT, description="户籍地, as far as it is known.", resolver=_household
    )


@object_type(reads=queries.Me, description="The signed-in citizen.")
class Me(Node):
    """The viewer."""

    platform: Platform = field(access=PARENT, description="Where the account lives.")
    person: Person | None = field(access=PARENT, description="The real person; null before a name was bound.")
    held: bool = field(
        access=PARENT,
        description="True when this name was bound while another account had it: nothing of the person is shown"
        " here until they have proven themselves in this session (see `waysToProve`).",
    )
    assurance: Assurance = field(access=PARENT, description="The surest proof that counts in this session.")
    consents: list[Consent] = field(access=PARENT, description="Standing consents.")
    face_template_since: datetime | None = field(
        access=PARENT,
        description="Since when a template of the face is kept, where one is; withdrawing the consent"
        " FACE_TEMPLATE shreds it.",
    )


def _fewest_frames(root: strawberry.Parent[faces.FaceChallenge]) -> int:
    return root.frames[0]


def _most_frames(root: strawberry.Parent[faces.FaceChallenge]) -> int:
    return root.frames[1]


@object_type(reads=faces.FaceChallenge, description="What to show to the camera, and until when.")
class FaceChallenge(Node):
    """A single-use challenge."""

    nonce: str = field(access=PARENT, description="To be sent back with the frames; good once.")
    motions: list[FaceMotion] = field(
        access=PARENT, description="To be shown in this order; empty: plain pictures of the face."
    )
    fewest_frames: int = field(
        access=PARENT, description="How many pictures at least.", resolver=_fewest_frames
    )
    most_frames: int = field(access=PARENT, description="How many pictures at most.", resolver=_most_frames)
    purpose: FacePurpose = field(access=PARENT, description="What it is for.")
    expires_at: datetime = field(access=PARENT, description="Send the frames before this.")


# --- reads -------------------------------------------------------------------------------------------


@query(
    access=SIGNED_IN, description="The signed-in citizen: account, person, assurance, consents.", returns=Me
)
async def me(info: Info) -> queries.Me:
    """The viewer."""
    return await queries.me(citizen_of(info), info.context.resources)


# --- who one really is -------------------------------------------------------------------------------


@input_type(description="A document and its number.")
class DocumentInput:
    """A document other than a resident ID, or one as well."""

    kind: DocumentKind = input_field(description="Which document.")
    number: str = input_field(description="Its number.")
    country: str | None = input_field(
        description="Passports only: who issued it, ISO 3166-1 alpha-3, such as USA.", default=None
    )
    birth_date: date | None = input_field(
        description="Passports, and permanent residence cards with 15 characters.", default=None
    )


@input_type(description="Name and document.")
class BindRealNameInput(MutationInput):
    """Input of ``bindRealName``."""

    name: str = input_field(description="Name as on the document.")
    resident_id: str | None = input_field(description="居民身份证号码, 18 characters.", default=None)
    document: DocumentInput | None = input_field(
        description="Any other document; either this or `residentId`.", default=None
    )


def told_of(name: str, resident_id: str | None, document: DocumentInput | None) -> Told:
    """What was typed into either of the two fields. Raises ``Invalid`` unless it is exactly one."""
    if (resident_id is None) == (document is None):
        raise Invalid(_ONE_DOCUMENT, fields=(FieldProblem(("input", "document"), _ONE_DOCUMENT),))
    if document is None:
        return Told(name=name, number=resident_id or "", resident_id_only=True)
    return Told(
        name=name,
        number=document.number,
        kind=document.kind,
        country=document.country,
        birth_date=document.birth_date,
    )


@mutation(
    access=SIGNED_IN,
    description="Bind this account to a real person, checked with the registry of their document. Again with"
    " another name or document of the same person when one of them has changed.",
    returns=Me,
)
async def bind_real_name(info: Info, input: BindRealNameInput) -> queries.Me:  # noqa: A002 - GraphQL's name
    """Bind a real name."""
    citizen, resources = citizen_of(info), info.context.resources
    await actions.bind_real_name(
        citizen,
        resources,
        told_of(input.name, input.resident_id, input.document),
        idempotency_key=input.idempotency_key,
    )
    return await queries.me(citizen, resources)


@input_type(description="The text that was read.")
class GiveConsentInput(MutationInput):
    """Input of ``giveConsent``."""

    kind: ConsentKind = input_field(description="To what.")
    version: str = input_field(description="Version of the text that was shown, from `consentText`.")
    on_behalf_of: strawberry.ID | None = input_field(
        description="A guardian's grant: for a child under 14. Wants the guardian proven in this session.",
        default=None,
    )


@mutation(access=SIGNED_IN, description="Consent. It can be withdrawn at any time.", returns=Me)
async def give_consent(info: Info, input: GiveConsentInput) -> queries.Me:  # noqa: A002 - GraphQL's name
    """Consent."""
    citizen, resources = citizen_of(info), info.context.resources
    await consents.give_consent(
        citizen,
        resources,
        kind=input.kind,
        version=input.version,
        idempotency_key=input.idempotency_key,
        on_behalf_of=_grant(input.on_behalf_of),
    )
    return await queries.me(citizen, resources)


@input_type(description="The consent to take back.")
class WithdrawConsentInput(MutationInput):
    """Input of ``withdrawConsent``."""

    kind: ConsentKind = input_field(description="To what.")
    on_behalf_of: strawberry.ID | None = input_field(
        description="A guardian's grant: takes back what was agreed to for the child.", default=None
    )


@mutation(access=SIGNED_IN, description="Take a consent back.", returns=Me)
async def withdraw_consent(info: Info, input: WithdrawConsentInput) -> queries.Me:  # noqa: A002 - GraphQL's name
    """Withdraw a consent."""
    citizen = citizen_of(info)
    await consents.withdraw_consent(
        citizen,
        info.context.resources,
        kind=input.kind,
        idempotency_key=input.idempotency_key,
        on_behalf_of=_grant(input.on_behalf_of),
    )
    return await queries.me(citizen, info.context.resources)


def _grant(given: strawberry.ID | None) -> UUID | None:
    return None if given is None else read_global_id(given, "Delegation")


@input_type(description="What the face check is for.")
class RequestFaceChallengeInput(MutationInput):
    """Input of ``requestFaceChallenge``."""

    purpose: FacePurpose = input_field(
        description="ENROL keeps a template as well; it needs the consent FACE_TEMPLATE.",
        default=FacePurpose.VERIFY,
    )


@mutation(
    access=SIGNED_IN,
    description="Begin a face check. It needs the consent FACE_VERIFICATION; a window does without.",
    returns=FaceChallenge,
)
async def request_face_challenge(
    info: Info,
    input: RequestFaceChallengeInput,  # noqa: A002 - GraphQL's name
) -> faces.FaceChallenge:
    """Begin a face check."""
    return await faces.request_face_challenge(citizen_of(info), info.context.resources, purpose=input.purpose)


@input_type(description="Frames for a challenge.")
class VerifyFaceInput(MutationInput):
    """Input of ``verifyFace``."""

    challenge_id: strawberry.ID = input_field(description="The challenge.")
    nonce: str = input_field(description="Its nonce.")
    frames: list[Upload] = input_field(
        description="JPEG or PNG, sent as multipart in the order taken, as many as the challenge asks for."
    )


@mutation(
    access=SIGNED_IN,
    description="Compare the frames with the registry's photograph. Frames are kept nowhere.",
    returns=Assurance,
    weight=200,
)
async def verify_face(info: Info, input: VerifyFaceInput) -> AssuranceData:  # noqa: A002 - GraphQL's name
    """Check the face."""
    return await faces.verify_face(
        citizen_of(info),
        info.context.resources,
        challenge_id=read_global_id(input.challenge_id, "FaceChallenge"),
        nonce=input.nonce,
        frames=[frame.content for frame in input.frames],
    )


@object_type(reads=window.WindowCode, description="Stands for this session when shown to an officer.")
class WindowCode:
    """A code on a phone."""

    window_code: str = field(access=PARENT, description="Eight letters and digits, to be shown or read out.")
    expires_at: datetime = field(access=PARENT, description="Until when.")


@input_type(description="Nothing but the key.")
class RequestWindowCodeInput(MutationInput):
    """Input of ``requestWindowCode``."""


@mutation(
    access=SIGNED_IN,
    description="A code to show to an officer at a window or at home, so that the check counts in this session.",
    returns=WindowCode,
)
async def request_window_code(
    info: Info,
    input: RequestWindowCodeInput,  # noqa: A002, ARG001 - GraphQL's name; every call is a new code
) -> window.WindowCode:
    """Get a code."""
    return await window.request_window_code(citizen_of(info), info.context.resources)


@input_type(description="The slip from the window.")
class RedeemSlipInput(MutationInput):
    """Input of ``redeemSlip``."""

    code: str = input_field(description="The twelve letters and digits on the slip.")


@mutation(
    access=SIGNED_IN,
    description="Bring what an officer has seen at a window to this session: binds the account and proves it.",
    returns=Me,
)
async def redeem_slip(info: Info, input: RedeemSlipInput) -> queries.Me:  # noqa: A002 - GraphQL's name
    """Redeem a slip."""
    citizen, resources = citizen_of(info), info.context.resources
    await window.redeem_slip(citizen, resources, code=input.code)
    return await queries.me(citizen, resources)


QUERIES = (me,)
MUTATIONS = (
    bind_real_name,
    give_consent,
    withdraw_consent,
    request_face_challenge,
    verify_face,
    request_window_code,
    redeem_slip,
)
