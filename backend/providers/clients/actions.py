"""Programs of an organisation: made, given new secrets, disabled; and what a citizen takes back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_urlsafe
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Transaction, transaction
from backend.errors import Conflict, FieldProblem, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock
from backend.kit.bearer import digest_of
from backend.kit.ids import new_id
from backend.providers.clients.models import ClientAuth
from backend.providers.organisations.actions import active, first_time, tell
from backend.viewer import Citizen, Provider, ProviderScope

CLIENT_SCOPES = frozenset(
    {
        ProviderScope.PLACES,
        ProviderScope.ORDERS,
        ProviderScope.SHARED_PROFILE,
        ProviderScope.SHARED_CASES,
    }
)
"""What a program may be given: never the organisation itself, its staff or its keys."""
SHARED = frozenset({ProviderScope.SHARED_PROFILE, ProviderScope.SHARED_CASES})
"""What only a citizen can give."""
SECRET_PREFIX = "jms_"  # noqa: S105 - what secrets begin with, so that one that leaked is recognised
OVERLAP = timedelta(hours=24)
"""How long the secret before counts beside a new one."""
MOST_CLIENTS = 20
MOST_SECRETS = 3
"""Of a program, that count at the same time."""
MOST_REDIRECTS = 10
LOOPBACK = frozenset({"127.0.0.1", "[::1]", "localhost"})

NO_SUCH_CLIENT = Text("没有这个应用。", "There is no such program.")
BAD_NAME = Text("应用名称为2至60个字。", "A name has 2 to 60 characters.")
BAD_SCOPES = Text("请选择应用可以使用的权限。", "Choose scopes that a program may have.")
BAD_REDIRECT = Text(
    "回调地址须为https地址、本机地址或应用自有协议，且不含片段，最多10个。",
    "A redirect address is https, on this machine or of an app's own scheme, without a fragment; at most 10.",
)
BAD_KEYS = Text(
    "请提供JWKS公钥（P-256、RSA或Ed25519），不得包含私钥。",
    "Give a JWKS of public keys (P-256, RSA or Ed25519), without private parts.",
)
TOO_MANY = Text("应用数量已达20个。", "There are 20 programs already.")
NO_SECRET = Text("该应用不使用密钥。", "This program has no secret.")
TOO_MANY_SECRETS = Text(
    "同时有效的密钥已达3个，请待旧密钥失效，或立即停用旧密钥。",
    "3 secrets count already: wait until one ends, or end them at once.",
)
SHOWN_ONCE = Text("密钥只显示一次，请重新生成。", "A secret is shown once: make a new one.")


@dataclass(frozen=True, slots=True)
class NewClient:
    """A program as it is wished for."""

    name: str
    auth: ClientAuth
    scopes: Collection[ProviderScope]
    redirect_uris: Sequence[str]
    jwks: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Made:
    """A program, with its secret where it has one: told this once."""

    client_id: UUID
    secret: str | None


async def make_client(provider: Provider, wished: NewClient, *, idempotency_key: str) -> Made:
    """A new program of an active organisation. Raises ``Invalid`` naming all that is wrong, and ``Conflict``."""
    wrong = tuple(_wrong(wished))
    if wrong:
        raise Invalid(wrong[0].message, fields=wrong)
    client_id, now = new_id(), clock.now()
    async with transaction() as tx:
        given = [wished.name, wished.auth, sorted(wished.scopes), list(wished.redirect_uris), wished.jwks]
        known = await once(
            tx,
            actor=provider.agent,
            operation="makeApiClient",
            key=idempotency_key,
            given=given,
            subject=client_id,
        )
        if known is not None:
            raise Conflict(SHOWN_ONCE, code=ProblemCode.ALREADY_DONE)
        await active(tx, provider)
        held = await tx.fetch_one(
            "SELECT count(*) AS clients FROM api_client WHERE organisation_id = $1 AND disabled_at IS NULL",
            provider.organisation_id,
        )
        if held is not None and held["clients"] >= MOST_CLIENTS:
            raise Conflict(TOO_MANY)
        await tx.execute(
            "INSERT INTO api_client (id, created_at, organisation_id, name, auth, scopes, redirect_uris, jwks)"
            " VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8::jsonb)",
            client_id,
            now,
            provider.organisation_id,
            wished.name,
            wished.auth,
            _json(sorted(wished.scopes)),
            _json(list(wished.redirect_uris)),
            None if wished.jwks is None else _json(wished.jwks),
        )
        secret = await _new_secret(tx, client_id) if wished.auth is ClientAuth.SECRET else None
        await tell(
            tx, provider.organisation_id, "api_client_made", provider.agent, {"client": str(client_id)}
        )
    return Made(client_id, secret)


async def rotate_secret(provider: Provider, *, client_id: UUID, at_once: bool, idempotency_key: str) -> Made:
    """A new secret; the one before counts for another day, or ends with every token when it leaked (``at_once``).

    Raises ``Conflict`` where too many count already.
    """
    now = clock.now()
    async with transaction() as tx:
        if not await first_time(
            tx, provider, "rotateApiClientSecret", idempotency_key, [str(client_id), at_once]
        ):
            raise Conflict(SHOWN_ONCE, code=ProblemCode.ALREADY_DONE)
        await active(tx, provider)
        row = await tx.fetch_one(
            "SELECT auth FROM api_client WHERE id = $1 AND organisation_id = $2 AND disabled_at IS NULL FOR UPDATE",
            client_id,
            provider.organisation_id,
        )
        if row is None:
            raise NotFound(NO_SUCH_CLIENT)
        if row["auth"] != ClientAuth.SECRET:
            raise Conflict(NO_SECRET)
        rows = await tx.fetch(
            "UPDATE api_client_secret SET expires_at = least(coalesce(expires_at, $2), $2) WHERE client_id = $1"
            " RETURNING expires_at",
            client_id,
            now if at_once else now + OVERLAP,
        )
        if sum(held["expires_at"] > now for held in rows) >= MOST_SECRETS:
            raise Conflict(TOO_MANY_SECRETS)
        if at_once:
            await _end_tokens(tx, client_id)
        secret = await _new_secret(tx, client_id)
        await tell(
            tx,
            provider.organisation_id,
            "api_secret_rotated",
            provider.agent,
            {"client": str(client_id), "atOnce": at_once},
        )
    return Made(client_id, secret)


async def disable_client(provider: Provider, *, client_id: UUID, idempotency_key: str) -> UUID:
    """End a program: its secrets, tokens and consents count for nothing from this moment on."""
    async with transaction() as tx:
        if not await first_time(tx, provider, "disableApiClient", idempotency_key, str(client_id)):
            return client_id
        row = await tx.fetch_one(
            "UPDATE api_client SET disabled_at = $3 WHERE id = $1 AND organisation_id = $2 AND disabled_at IS NULL"
            " RETURNING id",
            client_id,
            provider.organisation_id,
            clock.now(),
        )
        if row is None:
            raise NotFound(NO_SUCH_CLIENT)
        await _end_tokens(tx, client_id)
        await tell(
            tx, provider.organisation_id, "api_client_disabled", provider.agent, {"client": str(client_id)}
        )
    return client_id


async def give_grant(person_id: UUID, *, client_id: UUID, scopes: Collection[ProviderScope]) -> UUID:
    """Share with a program what it asks for, in place of what was shared with it before; the consent's id."""
    grant_id, now = new_id(), clock.now()
    async with transaction() as tx:
        await tx.execute("SELECT 1 FROM person WHERE id = $1 FOR UPDATE", person_id)
        await _withdraw(tx, "client_id = $2 AND person_id = $3", client_id, person_id)
        await tx.execute(
            "INSERT INTO api_grant (id, created_at, client_id, person_id, scopes, given_at)"
            " VALUES ($1, $2, $3, $4, $5::jsonb, $2)",
            grant_id,
            now,
            client_id,
            person_id,
            _json(sorted(scopes)),
        )
        subject = f"person:{person_id}"
        detail = {"client": str(client_id), "scopes": sorted(scopes)}
        await audit.append(tx, subject=subject, kind="sharing_begun", actor=subject, detail=detail)
    return grant_id


async def withdraw_grant(citizen: Citizen, *, grant_id: UUID, idempotency_key: str) -> UUID:
    """Take a consent back: nothing is shared from this moment on. Raises ``NotFound``."""
    subject = f"person:{citizen.person_id}"
    async with transaction() as tx:
        known = await once(
            tx,
            actor=subject,
            operation="withdrawSharing",
            key=idempotency_key,
            given=str(grant_id),
            subject=grant_id,
        )
        if known is not None:
            return known
        if not await _withdraw(tx, "id = $2 AND person_id = $3", grant_id, citizen.person_id):
            raise NotFound(NO_SUCH_CLIENT)
        await audit.append(
            tx, subject=subject, kind="sharing_ended", actor=subject, detail={"grant": str(grant_id)}
        )
    return grant_id


async def _withdraw(tx: Transaction, which: str, *values: object) -> bool:
    rows = await tx.fetch(
        f"UPDATE api_grant SET withdrawn_at = $1 WHERE {which} AND withdrawn_at IS NULL RETURNING id",  # noqa: S608 - written above
        clock.now(),
        *values,
    )
    return bool(rows)


async def _end_tokens(tx: Transaction, client_id: UUID) -> None:
    await tx.execute(
        "UPDATE provider_token SET revoked_at = $2 WHERE client_id = $1 AND revoked_at IS NULL",
        client_id,
        clock.now(),
    )


async def _new_secret(tx: Transaction, client_id: UUID) -> str:
    secret = SECRET_PREFIX + token_urlsafe(32)
    await tx.execute(
        "INSERT INTO api_client_secret (id, created_at, client_id, digest, hint) VALUES ($1, $2, $3, $4, $5)",
        new_id(),
        clock.now(),
        client_id,
        digest_of(secret),
        secret[-4:],
    )
    return secret


def _wrong(wished: NewClient) -> Sequence[FieldProblem]:
    scopes = frozenset(wished.scopes)
    code_flow = wished.auth is ClientAuth.PUBLIC or bool(scopes & SHARED)
    checks = (
        ("name", BAD_NAME, 2 <= len(wished.name) <= 60),
        (
            "scopes",
            BAD_SCOPES,
            bool(scopes) and scopes <= (SHARED if wished.auth is ClientAuth.PUBLIC else CLIENT_SCOPES),
        ),
        (
            "redirectUris",
            BAD_REDIRECT,
            all(map(_sound_redirect, wished.redirect_uris))
            and len(wished.redirect_uris) <= MOST_REDIRECTS
            and (bool(wished.redirect_uris) or not code_flow),
        ),
        ("jwks", BAD_KEYS, _sound_keys(wished)),
    )
    return [FieldProblem(("input", name), message) for name, message, holds in checks if not holds]


def _sound_redirect(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        return False
    if len(uri) > 300 or parts.fragment or not uri.isascii() or not uri.isprintable() or " " in uri:
        return False
    if parts.scheme == "https":
        return bool(host) and parts.username is None
    if parts.scheme == "http":
        return host in {name.strip("[]") for name in LOOPBACK} and parts.username is None
    # An app's own scheme is a reversed name of its maker's (RFC 8252 §7.1): nothing a browser would run.
    return "." in parts.scheme


def _sound_keys(wished: NewClient) -> bool:
    if wished.auth is not ClientAuth.PRIVATE_KEY:
        return wished.jwks is None
    try:
        keys = KeySet.import_key_set(wished.jwks).keys  # type: ignore[arg-type]  # whatever it is, it says so
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return False
    return 0 < len(keys) <= 10 and all(
        one.key_type in {"OKP", "EC", "RSA"} and not one.is_private for one in keys
    )


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
