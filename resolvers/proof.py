"""The ways up the ladder at the citizen's counter: what is open, network identity, the platform's face."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from backend.casework.proof import need_of
from backend.people.accounts.models import Platform
from backend.people.identity import ladder, network, platform_face
from backend.people.identity.models import AssuranceMethod, ConsentKind
from backend.viewer import Assurance as AssuranceData
from backend.viewer import AssuranceLevel
from resolvers.access import PARENT, SIGNED_IN
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.pagination import Node, read_global_id
from resolvers.people import Assurance
from resolvers.sessions import citizen_of

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


QUERIES = (ways_to_prove,)
MUTATIONS = (
    request_network_identity,
    prove_with_network_identity,
    begin_platform_face,
    finish_platform_face,
)
