"""Officers at the counter: sign in, and confirm a person who stands before them."""

import strawberry

from backend.people.accounts import sessions
from backend.people.identity import window
from backend.people.identity.window import Place, WindowDocument
from backend.people.officers.actions import sign_in_officer as sign_in
from backend.viewer import Officer, OfficerRole
from resolvers.access import PARENT, PUBLIC, officer
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type
from resolvers.people import Assurance, DocumentInput, told_of
from resolvers.sessions import SignedIn

strawberry.enum(WindowDocument, description="The document an officer holds in hand.")
strawberry.enum(Place, description="Where an officer met the person.")


def officer_of(info: Info) -> Officer:
    """The viewer of a field that only officers reach."""
    viewer = info.context.viewer
    if not isinstance(viewer, Officer):  # the field's access has made sure of it
        raise TypeError("an officer's field was reached by somebody else")
    return viewer


@input_type(description="An officer's login.")
class SignInOfficerInput(MutationInput):
    """Input of ``signInOfficer``."""

    login: str = input_field(description="Login, in any case of letters.")
    password: str = input_field(description="Password.")
    one_time_code: str | None = input_field(
        description="Six digits of the officer's app; SECOND_FACTOR_NEEDED says that it is asked for.",
        default=None,
    )
    device_name: str = input_field(description="For the officer's own list of devices.", default="")


@mutation(access=PUBLIC, description="Sign in as an officer.", returns=SignedIn, weight=100)
async def sign_in_officer(info: Info, input: SignInOfficerInput) -> sessions.SignedIn:  # noqa: A002 - GraphQL's name
    """Sign in."""
    return await sign_in(
        info.context.viewer,
        info.context.resources,
        login=input.login,
        password=input.password,
        one_time_code=input.one_time_code,
        device_name=input.device_name,
    )


@object_type(reads=window.Confirmed, description="What an officer has confirmed.")
class Confirmed:
    """A proof, and its slip."""

    assurance: Assurance = field(access=PARENT, description="The proof.")
    slip: str | None = field(
        access=PARENT,
        description="Without `sessionCode`: to be handed over in print; entered into the app it counts there.",
    )


@input_type(description="Whom the officer has before them.")
class ConfirmIdentityAtWindowInput(MutationInput):
    """Input of ``confirmIdentityAtWindow``."""

    name: str = input_field(description="Name as on the document.")
    resident_id: str | None = input_field(description="居民身份证号码, 18 characters.", default=None)
    document: DocumentInput | None = input_field(
        description="Any other document; either this or `residentId`.", default=None
    )
    document_seen: WindowDocument = input_field(description="Which document was compared with the person.")
    place: Place = input_field(description="Where.", default=Place.WINDOW)
    session_code: str | None = input_field(
        description="The code on the person's phone (`requestWindowCode`), where they have one.", default=None
    )
    attest_unknown: bool = input_field(
        description="After IDENTITY_UNKNOWN: the original was checked, the registry just does not know them yet.",
        default=False,
    )


@mutation(
    access=officer(OfficerRole.INTAKE),
    description="Confirm a person who is present, document in hand: equal to a face check, and AUTHORITATIVE.",
    returns=Confirmed,
)
async def confirm_identity_at_window(
    info: Info,
    input: ConfirmIdentityAtWindowInput,  # noqa: A002 - GraphQL's name
) -> window.Confirmed:
    """Confirm at the window."""
    return await window.confirm_at_window(
        officer_of(info),
        info.context.resources,
        told_of(input.name, input.resident_id, input.document),
        document_seen=input.document_seen,
        place=input.place,
        session_code=input.session_code,
        attest_unknown=input.attest_unknown,
        idempotency_key=input.idempotency_key,
    )


QUERIES = ()
MUTATIONS = (sign_in_officer, confirm_identity_at_window)
