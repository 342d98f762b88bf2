"""Programs of third parties at the counter: made, rotated, disabled, counted; what citizens share with them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import strawberry

from backend.errors import FieldProblem, Invalid, NotFound, Text
from backend.kit import clock
from backend.providers.clients import actions, consenting, oauth, queries
from backend.providers.clients.actions import MOST_SECRETS, Made, NewClient
from backend.providers.clients.models import ClientAuth
from backend.providers.clients.queries import (
    ClientView,
    GrantView,
    SecretView,
    SharedCase,
    SharedView,
    UseView,
)
from backend.viewer import ProviderScope
from resolvers.access import CITIZEN, PARENT, provider
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.organisation_views import Done, provider_of
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
from resolvers.scalars import Json
from resolvers.sessions import citizen_of

strawberry.enum(ClientAuth, description="How a program proves that it is itself.", name="ApiClientAuth")

DEVELOPERS = provider(ProviderScope.DEVELOPERS)
SHARERS = provider(ProviderScope.SHARED_PROFILE, ProviderScope.SHARED_CASES)
NO_ADDRESS = Text("请提供完整的授权地址。", "Give the whole authorisation address.")
NO_JWKS = Text("JWKS须为对象。", "A JWKS is an object.")


@object_type(reads=SecretView, description="A secret that counts, without what it is.")
class ApiClientSecret:
    """A secret."""

    hint: str = field(access=PARENT, description="Its last four signs.")
    created_at: datetime = field(access=PARENT, description="When it was made.")
    expires_at: datetime | None = field(access=PARENT, description="Until when it counts beside a newer one.")


def _client_id(root: strawberry.Parent[ClientView]) -> str:
    return f"{oauth.CLIENT_PREFIX}{root.id.hex}"


@object_type(reads=ClientView, description="A program of an organisation.")
class ApiClient(Node):
    """One program."""

    client_id: str = field(access=PARENT, description="Its id in OAuth.", resolver=_client_id)
    name: str = field(access=PARENT, description="Its name, as citizens read it.")
    auth: ClientAuth = field(access=PARENT, description="How it proves that it is itself.")
    scopes: list[ProviderScope] = field(access=PARENT, description="What it may ask for.")
    redirect_uris: list[str] = field(access=PARENT, description="Where citizens are sent back to.")
    quota: int | None = field(
        access=PARENT, description="Cost per minute; null where the house's own limit holds."
    )
    secrets: list[ApiClientSecret] = field(
        access=PARENT, description="Secrets that count now.", most=MOST_SECRETS
    )
    disabled_at: datetime | None = field(access=PARENT, description="Since when it is no more.")
    created_at: datetime = field(access=PARENT, description="When it was made.")


@object_type(reads=Made, description="A program with its secret, shown this once.")
class ApiClientCredentials:
    """Credentials."""

    id: strawberry.ID = field(
        access=PARENT,
        description="The program.",
        resolver=lambda root: global_id("ApiClient", root.client_id),
    )
    client_id: str = field(
        access=PARENT,
        description="`client_id` at the token endpoint.",
        resolver=lambda root: f"{oauth.CLIENT_PREFIX}{root.client_id.hex}",
    )
    secret: str | None = field(access=PARENT, description="`client_secret`; null where it has none.")


@object_type(reads=UseView, description="What a program asked for within 30 days.")
class ApiUse:
    """Use of one operation."""

    operation: str = field(access=PARENT, description="Name of the operation.")
    count: int = field(access=PARENT, description="Times.")
    cost: int = field(access=PARENT, description="Cost in all.")
    last_day: date = field(access=PARENT, description="The last of these days.")


@object_type(reads=GrantView, description="What a citizen shares with a program.")
class SharingConsent(Node):
    """One consent."""

    client_name: str = field(access=PARENT, description="The program.")
    organisation_name: str = field(access=PARENT, description="Whose it is.")
    scopes: list[ProviderScope] = field(access=PARENT, description="What is shared.")
    given_at: datetime = field(access=PARENT, description="Since when.")


def _item_name(root: strawberry.Parent[SharedCase], info: Info) -> str:
    return root.item_name.of(info.context.language)


@object_type(reads=SharedCase, description="A case as a citizen shares it.", name="SharedCase")
class SharedCaseView:
    """What a case is and where it stands."""

    item_code: str = field(access=PARENT, description="Base code of the item.")
    item_name: str = field(access=PARENT, description="Its name.", resolver=_item_name)
    division: str = field(access=PARENT, description="Where it is handled.")
    state: str = field(access=PARENT, description="Where it stands.")
    submitted_at: datetime | None = field(access=PARENT, description="When it was handed in.")


@object_type(reads=SharedView, description="What a citizen shares with the program that asks.")
class SharedData:
    """Shared data."""

    name: str | None = field(access=PARENT, description="The name, masked; null where it is not shared.")
    cases: list[SharedCaseView] | None = field(
        access=PARENT, description="The newest 50 cases; null where they are not shared.", most=50
    )


# --- an organisation's developers ------------------------------------------------------------------


@query(
    access=DEVELOPERS,
    description="The organisation's own programs, the newest first.",
    returns=Connection[ApiClient],
)
async def api_clients(info: Info, first: First = 20, after: After = None) -> Connection[ClientView]:
    """A page of programs."""
    place = read_cursor(after, UUID)
    rows = await queries.clients(
        provider_of(info), before=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@query(
    access=DEVELOPERS,
    description="What an own program asked for within 30 days: its 100 dearest operations.",
    returns=list[ApiUse],
)
async def api_client_uses(
    info: Info, client_id: Annotated[strawberry.ID, strawberry.argument(description="The program.")]
) -> Sequence[UseView]:
    """Use by operation."""
    return await queries.uses(provider_of(info), read_global_id(client_id, "ApiClient"))


@input_type(description="A new program.")
class MakeApiClientInput(MutationInput):
    """Input of ``makeApiClient``."""

    name: str = input_field(description="As citizens will read it, 2 to 60 characters.")
    auth: ClientAuth = input_field(description="How it proves that it is itself.")
    scopes: list[ProviderScope] = input_field(description="What it may ask for.")
    redirect_uris: list[str] | None = input_field(
        description="Where citizens are sent back to, at most 10.", default=None
    )
    jwks: Json | None = input_field(
        description="With PRIVATE_KEY: its public keys as a JWKS (RFC 7517).", default=None
    )


@mutation(
    access=DEVELOPERS,
    description="Make a program of the organisation; its secret is shown this once.",
    returns=ApiClientCredentials,
)
async def make_api_client(info: Info, input: MakeApiClientInput) -> Made:  # noqa: A002 - GraphQL's name
    """Make a program."""
    if input.jwks is not None and not isinstance(input.jwks, dict):
        raise Invalid(NO_JWKS, fields=(FieldProblem(("input", "jwks"), NO_JWKS),))
    return await actions.make_client(
        provider_of(info),
        NewClient(
            input.name.strip(), input.auth, frozenset(input.scopes), input.redirect_uris or (), input.jwks
        ),
        idempotency_key=input.idempotency_key,
    )


@input_type(description="A secret to replace.")
class RotateApiClientSecretInput(MutationInput):
    """Input of ``rotateApiClientSecret``."""

    client_id: strawberry.ID = input_field(description="The program.")
    at_once: bool = input_field(
        description="It leaked: the old secret and all tokens end now. Otherwise it counts for another 24 hours.",
        default=False,
    )


@mutation(
    access=DEVELOPERS,
    description="A new secret for a program, shown this once.",
    returns=ApiClientCredentials,
)
async def rotate_api_client_secret(info: Info, input: RotateApiClientSecretInput) -> Made:  # noqa: A002 - as above
    """Rotate a secret."""
    return await actions.rotate_secret(
        provider_of(info),
        client_id=read_global_id(input.client_id, "ApiClient"),
        at_once=input.at_once,
        idempotency_key=input.idempotency_key,
    )


@input_type(description="A program to end.")
class DisableApiClientInput(MutationInput):
    """Input of ``disableApiClient``."""

    client_id: strawberry.ID = input_field(description="The program.")


@mutation(
    access=DEVELOPERS, description="End a program; its tokens count for nothing at once.", returns=ApiClient
)
async def disable_api_client(info: Info, input: DisableApiClientInput) -> ClientView:  # noqa: A002 - as above
    """Disable a program."""
    client_id = await actions.disable_client(
        provider_of(info),
        client_id=read_global_id(input.client_id, "ApiClient"),
        idempotency_key=input.idempotency_key,
    )
    found = await queries.client(provider_of(info), client_id)
    if found is None:
        raise NotFound(actions.NO_SUCH_CLIENT)
    return found


@input_type(description="Reading what is shared.")
class ReadSharedDataInput(MutationInput):
    """Input of ``readSharedData``."""


@mutation(
    access=SHARERS,
    description="What the citizen whose consent the token rests on shares now; the citizen sees that it was read.",
    returns=SharedData,
)
async def read_shared_data(info: Info, input: ReadSharedDataInput) -> SharedView:  # noqa: A002, ARG001 - every mutation has one
    """Read shared data."""
    context = info.context
    return await queries.shared(provider_of(info), context.resources, context.work.standards)


# --- the citizen -----------------------------------------------------------------------------------


@query(access=CITIZEN, description="What the citizen shares now, at most 50.", returns=list[SharingConsent])
async def sharing_consents(info: Info) -> Sequence[GrantView]:
    """Consents of the viewer."""
    return await queries.grants(citizen_of(info))


@object_type(description="A page on which the citizen agrees or refuses.")
class ConsentPage:
    """Where to go."""

    url: str = field(
        access=PARENT, description="Good once, for ten minutes; open it in a web view or browser."
    )


@input_type(description="A program's authorisation request.")
class OpenConsentPageInput(MutationInput):
    """Input of ``openConsentPage``."""

    authorize_url: str = input_field(
        description="The program's whole authorisation address: `…/oauth/authorize?response_type=code&client_id=…`"
        " with PKCE (`code_challenge`, method S256)."
    )


@mutation(access=CITIZEN, description="Answer a program's authorisation request on a page of ours.")
async def open_consent_page(info: Info, input: OpenConsentPageInput) -> ConsentPage:  # noqa: A002 - GraphQL's name
    """Open the page."""
    url = await consenting.open_consent(
        citizen_of(info), info.context.resources, parameters=_parameters(input.authorize_url)
    )
    return ConsentPage(url=url)


def _parameters(address: str) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(urlsplit(address[:4000]).query, max_num_fields=20)
    except ValueError:
        pairs = []
    found = dict(pairs)
    if not found or len(found) < len(pairs):
        raise Invalid(NO_ADDRESS, fields=(FieldProblem(("input", "authorizeUrl"), NO_ADDRESS),))
    return found


@input_type(description="A consent to take back.")
class WithdrawSharingInput(MutationInput):
    """Input of ``withdrawSharing``."""

    consent_id: strawberry.ID = input_field(description="The consent.")


@mutation(
    access=CITIZEN, description="Take a consent back: nothing is shared from this moment on.", returns=Done
)
async def withdraw_sharing(info: Info, input: WithdrawSharingInput) -> Done:  # noqa: A002 - as above
    """Withdraw a consent."""
    await actions.withdraw_grant(
        citizen_of(info),
        grant_id=read_global_id(input.consent_id, "SharingConsent"),
        idempotency_key=input.idempotency_key,
    )
    return Done(at=clock.now())


QUERIES = (api_clients, api_client_uses, sharing_consents)
MUTATIONS = (
    make_api_client,
    rotate_api_client_secret,
    disable_api_client,
    read_shared_data,
    open_consent_page,
    withdraw_sharing,
)
