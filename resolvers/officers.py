"""Officers at the counter: sign in, and confirm a person who stands before them."""

import strawberry

from backend.people.accounts import sessions
from backend.people.identity import actions
from backend.people.identity.actions import WindowDocument
from backend.people.officers.actions import sign_in_officer as sign_in
from backend.viewer import Assurance as AssuranceData
from backend.viewer import Officer, OfficerRole
from resolvers.access import PUBLIC, officer
from resolvers.context import Info
from resolvers.fields import MutationInput, input_field, input_type, mutation
from resolvers.people import Assurance
from resolvers.sessions import SignedIn

strawberry.enum(WindowDocument, description="The document an officer holds in hand.")


@input_type(description="An officer's login.")
class SignInOfficerInput(MutationInput):
    """Input of ``signInOfficer``."""

    login: str = input_field(description="Login, in any case of letters.")
    password: str = input_field(description="Password.")
    device_name: str = input_field(description="For the officer's own list of devices.", default="")


@mutation(access=PUBLIC, description="Sign in as an officer.", returns=SignedIn, weight=100)
async def sign_in_officer(info: Info, input: SignInOfficerInput) -> sessions.SignedIn:  # noqa: A002 - GraphQL's name
    """Sign in."""
    return await sign_in(
        info.context.viewer,
        info.context.resources,
        login=input.login,
        password=input.password,
        device_name=input.device_name,
    )


@input_type(description="Whom the officer has before them.")
class ConfirmIdentityAtWindowInput(MutationInput):
    """Input of ``confirmIdentityAtWindow``."""

    name: str = input_field(description="Name as on the document.")
    resident_id: str = input_field(description="居民身份证号码, 18 characters.")
    document_seen: WindowDocument = input_field(description="Which document was compared with the person.")


@mutation(
    access=officer(OfficerRole.INTAKE),
    description="Confirm a person who is present, document in hand: equal to a face check, and AUTHORITATIVE.",
    returns=Assurance,
)
async def confirm_identity_at_window(
    info: Info,
    input: ConfirmIdentityAtWindowInput,  # noqa: A002 - GraphQL's name
) -> AssuranceData:
    """Confirm at the window."""
    viewer = info.context.viewer
    if not isinstance(viewer, Officer):  # the field's access has made sure of it
        raise TypeError("an officer's field was reached by somebody else")
    return await actions.confirm_at_window(
        viewer,
        info.context.resources,
        name=input.name,
        resident_id=input.resident_id,
        document_seen=input.document_seen,
        idempotency_key=input.idempotency_key,
    )


QUERIES = ()
MUTATIONS = (sign_in_officer, confirm_identity_at_window)
