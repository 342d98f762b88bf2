"""OAuth 2.0 on Authlib's core: what it decides is decided there, what it needs is read before and written after.

Authlib's server is synchronous. So a request is answered in three steps: the client (and the code) that it names are
read from the database, Authlib judges over what was read, and what it wants kept is written then.
"""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hmac import compare_digest
from typing import Any
from uuid import UUID

import orjson
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    InvalidClientError,
    InvalidScopeError,
    OAuth2Error,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from backend.database.record import Row, fetch, fetch_one, transaction
from backend.kit import clock
from backend.kit.bearer import digest_of
from backend.providers.clients.actions import SHARED
from backend.providers.clients.models import ClientAuth
from backend.providers.clients.tokens import Issued, issue
from backend.resources import Resources
from backend.viewer import ProviderScope

CLIENT_PREFIX = "jmc_"
PROGRAM_LIFETIME = timedelta(hours=1)
SHARED_LIFETIME = timedelta(days=30)
"""A consent that is taken back ends its tokens at once, so they may live until somebody should be asked again."""
CODE_SECONDS = 60
ASSERTION_SECONDS = 600
"""For so long an assertion's id is remembered; one that lives longer is refused."""

ALGORITHMS = ["ES256", "PS256", "RS256", "Ed25519"]
TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address
METHODS = {
    ClientAuth.SECRET: ("client_secret_basic", "client_secret_post"),
    ClientAuth.PRIVATE_KEY: (JWTBearerClientAssertion.CLIENT_AUTH_METHOD,),
    ClientAuth.PUBLIC: ("none",),
}


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A program as Authlib asks about it."""

    id: UUID
    organisation_id: UUID
    name: str
    organisation_name: str
    auth: ClientAuth
    scopes: frozenset[ProviderScope]
    redirect_uris: Sequence[str]
    jwks: Any
    secrets: Sequence[str]

    def get_client_id(self) -> str:
        """Its id in the protocol."""
        return f"{CLIENT_PREFIX}{self.id.hex}"

    def get_default_redirect_uri(self) -> str | None:
        """The only one, where there is one."""
        return self.redirect_uris[0] if len(self.redirect_uris) == 1 else None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What of the asked it may have; all it may have without asking, None where it asks for more."""
        asked = set((scope or "").split())
        allowed = {one.value for one in self.scopes}
        if not asked:
            return " ".join(sorted(allowed))
        return " ".join(sorted(asked)) if asked <= allowed else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Exactly one of those registered."""
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether it is one of those that count now."""
        digest = digest_of(client_secret)
        return any([compare_digest(digest, known) for known in self.secrets])  # noqa: C419 - every one is compared

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """Whether it proves itself in this way."""
        return method in METHODS[self.auth]

    def check_response_type(self, response_type: str) -> bool:
        """Codes only."""
        return response_type == "code" and bool(self.scopes & SHARED)

    def check_grant_type(self, grant_type: str) -> bool:
        """Public clients cannot act for their organisation."""
        if grant_type == "client_credentials":
            return self.auth is not ClientAuth.PUBLIC
        return grant_type == "authorization_code" and bool(self.scopes & SHARED)


@dataclass(frozen=True, slots=True)
class Code:
    """An authorisation code that was taken out of the store: it is good for this one use."""

    grant_id: UUID
    client_id: UUID
    redirect_uri: str
    scope: str
    code_challenge: str
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """Where it was sent."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What it is good for."""
        return self.scope


@dataclass(slots=True)
class Judged:
    """What came of a request."""

    status: int
    body: object
    headers: Mapping[str, str] = field(default_factory=dict)


class Request(OAuth2Request):  # type: ignore[misc]  # Authlib has no types
    """A request as Authlib reads it."""

    def __init__(self, method: str, form: Mapping[str, str], headers: Mapping[str, str]) -> None:
        # TLS ends before us: what reaches this process was sent over https, or to loopback in development.
        super().__init__(
            method,
            "https://jinmin.invalid/oauth",
            headers={"Authorization": headers.get("authorization", "")},
        )
        self.payload = BasicOAuth2Payload(dict(form))

    @property
    def form(self) -> Mapping[str, str]:
        """What was posted."""
        data: Mapping[str, str] = self.payload.data
        return data

    @property
    def args(self) -> Mapping[str, str]:
        """What stood in the address."""
        return self.form


class _Assertion(JWTBearerClientAssertion):  # type: ignore[misc]  # as above
    def __init__(self, audiences: Sequence[str]) -> None:
        super().__init__()
        self._audiences = list(audiences)
        self.used: str | None = None

    def get_audiences(self) -> Sequence[str]:
        return self._audiences

    def verify_claims(self, claims: Any) -> None:
        super().verify_claims(claims)
        if claims["exp"] > clock.now().timestamp() + ASSERTION_SECONDS:
            raise InvalidClientError(description="exp is more than ten minutes ahead")

    def process_assertion_claims(self, assertion: str, resolve_key: Any) -> Any:
        """As upstream, with the algorithms named: keys of a program's choice, none of them shared or weak."""
        try:
            told = jwt.decode(assertion, resolve_key, algorithms=ALGORITHMS)
        except (JoseError, ValueError) as error:
            raise InvalidClientError(description="The assertion is not sound.") from error
        self.verify_claims(told.claims)
        return told.claims

    def validate_jti(self, claims: Mapping[str, Any], jti: str) -> bool:
        # Whether it was used before is asked once everything else holds; nobody else can use it up then.
        self.used = f"{claims['sub']}:{jti}"
        return True

    def resolve_client_public_key(self, client: KnownClient) -> Any:
        return KeySet.import_key_set(client.jwks)


class _Credentials(ClientCredentialsGrant):  # type: ignore[misc]  # as above
    TOKEN_ENDPOINT_AUTH_METHODS = (*METHODS[ClientAuth.SECRET], *METHODS[ClientAuth.PRIVATE_KEY])


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # as above
    TOKEN_ENDPOINT_AUTH_METHODS = (*_Credentials.TOKEN_ENDPOINT_AUTH_METHODS, "none")

    def query_authorization_code(self, _code: str, client: KnownClient) -> Code | None:
        held: Code | None = self.server.code
        return held if held is not None and held.client_id == client.id else None

    def authenticate_user(self, authorization_code: Code) -> UUID:
        return authorization_code.grant_id

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """It was taken out of the store before anybody looked at it."""


class _Pkce(CodeChallenge):  # type: ignore[misc]  # as above
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)


class OAuthServer(AuthorizationServer):  # type: ignore[misc]  # as above
    """One request's server, over what was read for it."""

    def __init__(self, client: KnownClient | None, code: Code | None, audiences: Sequence[str]) -> None:
        super().__init__()
        self._known = client
        self.code = code
        self.wanted: Mapping[str, Any] | None = None
        self.assertion = _Assertion(audiences)
        self.register_token_generator("default", self._token)
        self.register_client_auth_method_of(self.assertion)
        self.register_grant(_Credentials)
        self.register_grant(_CodeGrant, [_Pkce(required=True)])

    def register_client_auth_method_of(self, assertion: _Assertion) -> None:
        """Take assertions, too."""
        self.register_client_auth_method(JWTBearerClientAssertion.CLIENT_AUTH_METHOD, assertion)

    def query_client(self, client_id: str) -> KnownClient | None:
        """The client that was read, if it is meant."""
        known = self._known
        return known if known is not None and known.get_client_id() == client_id else None

    def save_token(self, token: Mapping[str, Any], _request: Request) -> None:
        """Remember what is to be issued."""
        self.wanted = token

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Request) -> Request:
        """It is one already."""
        return request

    def handle_response(self, status: int, body: object, headers: Sequence[tuple[str, str]]) -> Judged:
        """What came of it, for the transport to write."""
        return Judged(status, body, dict(headers))

    def _token(
        self, *, client: KnownClient, scope: str | None, user: UUID | None = None, **_more: object
    ) -> Mapping[str, Any]:
        allowed = client.get_allowed_scope(scope)
        if allowed is None:
            raise InvalidScopeError
        scopes = frozenset(map(ProviderScope, allowed.split()))
        # What is shared rests on a citizen's consent; what is the organisation's own does not go with it.
        kept = scopes & SHARED if user is not None else scopes - SHARED
        return {"scopes": kept, "grant": user, "client": client}


async def known_client(client_id: str | None) -> KnownClient | None:
    """The program of this id in the protocol, if it and its organisation are active."""
    if client_id is None or not client_id.startswith(CLIENT_PREFIX):
        return None
    try:
        key = UUID(hex=client_id.removeprefix(CLIENT_PREFIX))
    except ValueError:
        return None
    row = await fetch_one(
        "SELECT client.id, client.organisation_id, client.name, organisation.name AS organisation_name, client.auth,"
        " client.scopes, client.redirect_uris, client.jwks FROM api_client client"
        " JOIN organisation ON organisation.id = client.organisation_id"
        " WHERE client.id = $1 AND client.disabled_at IS NULL AND organisation.state = 'ACTIVE'",
        key,
    )
    if row is None:
        return None
    secrets = await fetch(
        "SELECT digest FROM api_client_secret WHERE client_id = $1 AND (expires_at IS NULL OR expires_at > $2)",
        key,
        clock.now(),
    )
    return _known(row, [one["digest"] for one in secrets])


def _known(row: Row, secrets: Sequence[str]) -> KnownClient:
    return KnownClient(
        id=row["id"],
        organisation_id=row["organisation_id"],
        name=row["name"],
        organisation_name=row["organisation_name"],
        auth=ClientAuth(row["auth"]),
        scopes=frozenset(map(ProviderScope, orjson.loads(row["scopes"]))),
        redirect_uris=orjson.loads(row["redirect_uris"]),
        jwks=None if row["jwks"] is None else orjson.loads(row["jwks"]),
        secrets=secrets,
    )


async def token(resources: Resources, form: Mapping[str, str], headers: Mapping[str, str]) -> Judged:
    """Answer the token endpoint (RFC 6749 §3.2): client credentials, or a code with its PKCE verifier."""
    client = await known_client(_named(form, headers))
    code = await _taken(resources, form)
    audiences = [f"{resources.public_url}{TOKEN_PATH}", resources.public_url]
    server = OAuthServer(client, code, audiences)
    judged = _judge(server, Request("POST", form, headers))
    if server.wanted is None:
        return judged
    used = server.assertion.used
    if used is not None and not await resources.shared.first_use("assertion", used, ASSERTION_SECONDS + 120):
        return Judged(401, {"error": "invalid_client", "error_description": "JWT ID is used before."})
    issued = await _issue(server.wanted)
    return Judged(
        200,
        {
            "access_token": issued.token,
            "token_type": "Bearer",
            "expires_in": int((issued.expires_at - clock.now()).total_seconds()),
            "scope": " ".join(sorted(issued.scopes)),
        },
    )


def _judge(server: OAuthServer, request: Request) -> Judged:
    try:
        judged: Judged = server.create_token_response(request)
    except OAuth2Error as error:
        status, body, headers = error()
        judged = Judged(status, body, dict(headers))
    return judged


async def _issue(wanted: Mapping[str, Any]) -> Issued:
    client, grant_id = wanted["client"], wanted["grant"]
    async with transaction() as tx:
        return await issue(
            tx,
            client.organisation_id,
            scopes=wanted["scopes"],
            lifetime=PROGRAM_LIFETIME if grant_id is None else SHARED_LIFETIME,
            client_id=client.id,
            grant_id=grant_id,
        )


async def _taken(resources: Resources, form: Mapping[str, str]) -> Code | None:
    given = form.get("code")
    if form.get("grant_type") != "authorization_code" or not given:
        return None
    held = await resources.shared.take("oauth_code", digest_of(given))
    if held is None:
        return None
    told = {name: str(value) for name, value in held.items()}
    return Code(
        grant_id=UUID(told["grant"]),
        client_id=UUID(told["client"]),
        redirect_uri=told["redirect"],
        scope=told["scope"],
        code_challenge=told["challenge"],
    )


def _named(form: Mapping[str, str], headers: Mapping[str, str]) -> str | None:
    """Which client a request says that it is, before anybody believed it."""
    if form.get("client_assertion"):
        try:
            body = form["client_assertion"].split(".")[1]
            told = orjson.loads(b64decode(body + "=" * (-len(body) % 4), altchars=b"-_"))
            return str(told["sub"])
        except (ValueError, IndexError, KeyError, TypeError):
            return None
    scheme, _, basic = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return b64decode(basic).decode().partition(":")[0]
        except ValueError:
            return None
    return form.get("client_id")
