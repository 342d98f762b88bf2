"""A citizen's answer to a program's authorisation request: shown on a page of ours, good once, with PKCE or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

from authlib.oauth2.rfc6749 import OAuth2Error

from backend.database.record import fetch_one
from backend.errors import Forbidden, Invalid, ProblemCode, StepUpNeeded, Text
from backend.kit import clock
from backend.kit.bearer import digest_of
from backend.kit.ids import new_nonce
from backend.people.identity.consents import require_age
from backend.people.identity.ladder import NAME_FIRST
from backend.people.identity.queries import facts_of
from backend.providers.clients.actions import SHARED, give_grant
from backend.providers.clients.oauth import CODE_SECONDS, KnownClient, OAuthServer, Request, known_client
from backend.resources import Resources
from backend.viewer import Citizen, ProviderScope

PAGE_SECONDS = 600
BAD_REQUEST = Text("授权请求有误：{why}", "The authorisation request is wrong: {why}")
NO_PKCE = "code_challenge with code_challenge_method=S256 is wanted"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a program asks a citizen for, as the page shows it."""

    client: KnownClient
    redirect_uri: str
    scopes: frozenset[ProviderScope]
    state: str
    challenge: str


async def open_consent(citizen: Citizen, resources: Resources, *, parameters: Mapping[str, str]) -> str:
    """The address of a page where this citizen answers an authorisation request, good once and for ten minutes.

    Only the citizen's own signed-in front end can open it, so a link that somebody sends shows nothing.
    Raises ``Invalid`` for a request that Authlib refuses, and without PKCE, and ``Forbidden`` for a child under 14:
    what a guardian agrees to does not reach third parties.
    """
    if citizen.person_id is None:
        raise StepUpNeeded(NAME_FIRST)
    require_age((await facts_of(citizen.person_id, resources)).birth_date)
    await _asked(parameters)
    ticket = new_nonce()
    await resources.shared.put_once(
        "consent_page",
        ticket,
        {"parameters": dict(parameters), "session": str(citizen.session_id)},
        PAGE_SECONDS,
    )
    return f"{resources.public_url}/oauth/consent/{ticket}"


async def consent_asked(resources: Resources, ticket: str) -> Asked | None:
    """What the page of this ticket shows; None once it was answered, is too old, or its citizen has signed out."""
    held = await resources.shared.peek("consent_page", ticket)
    return None if held is None or await _person(held) is None else await _asked(_parameters(held))


async def answer_consent(resources: Resources, ticket: str, *, agrees: bool) -> str | None:
    """Where the browser goes next: back to the program, with a code or with ``access_denied``; None as above."""
    held = await resources.shared.take("consent_page", ticket)
    person_id = None if held is None else await _person(held)
    if held is None or person_id is None:
        return None
    asked = await _asked(_parameters(held))
    if not agrees:
        return _back(asked, error="access_denied")
    grant_id = await give_grant(person_id, client_id=asked.client.id, scopes=asked.scopes)
    code = new_nonce()
    await resources.shared.put_once(
        "oauth_code",
        digest_of(code),
        {
            "grant": str(grant_id),
            "client": str(asked.client.id),
            "redirect": asked.redirect_uri,
            "scope": " ".join(sorted(asked.scopes)),
            "challenge": asked.challenge,
        },
        CODE_SECONDS,
    )
    return _back(asked, code=code)


async def _asked(parameters: Mapping[str, str]) -> Asked:
    client = await known_client(parameters.get("client_id"))
    server = OAuthServer(client, None, [])
    try:
        grant = server.get_consent_grant(Request("GET", parameters, {}))
    except OAuth2Error as error:
        raise Invalid(BAD_REQUEST.filled(why=error.description or error.error)) from None
    if client is None or not parameters.get("code_challenge"):
        raise Invalid(BAD_REQUEST.filled(why=NO_PKCE))
    if parameters.get("code_challenge_method") != "S256":
        raise Invalid(BAD_REQUEST.filled(why=NO_PKCE))
    scopes = frozenset(map(ProviderScope, str(grant.request.scope or "").split())) & SHARED
    if not scopes:
        raise Forbidden(BAD_REQUEST.filled(why="scope"), code=ProblemCode.INVALID_INPUT)
    return Asked(
        client=client,
        redirect_uri=parameters.get("redirect_uri") or client.redirect_uris[0],
        scopes=scopes,
        state=parameters.get("state", ""),
        challenge=parameters["code_challenge"],
    )


async def _person(held: Mapping[str, object]) -> UUID | None:
    """Who opened the page, while the session in which they did lives."""
    row = await fetch_one(
        "SELECT account.person_id FROM session JOIN account ON account.id = session.account_id"
        " WHERE session.id = $1 AND session.revoked_at IS NULL AND session.expires_at > $2",
        UUID(str(held["session"])),
        clock.now(),
    )
    return None if row is None else row["person_id"]


def _parameters(held: Mapping[str, object]) -> Mapping[str, str]:
    told = held["parameters"]
    return {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}


def _back(asked: Asked, **told: str) -> str:
    parts = urlsplit(asked.redirect_uri)
    more = {**told, **({"state": asked.state} if asked.state else {})}
    query = "&".join(part for part in (parts.query, urlencode(more)) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
