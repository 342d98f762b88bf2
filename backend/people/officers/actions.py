"""Officers: signing in with a password, and being appointed.

A password is the only factor so far: one-time codes (TOTP) come with a later issue, and until then an
installation keeps its officers' endpoint inside the government network.
"""

import asyncio
from collections.abc import Collection
from functools import cache
from uuid import UUID

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from backend.database import audit
from backend.database.record import fetch_one, transaction
from backend.errors import FieldProblem, Invalid, ProblemCode, Text
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.people.accounts.actions import check_device_name
from backend.people.accounts.sessions import SignedIn, open_session
from backend.people.officers.models import Officer as OfficerRow
from backend.resources import Resources
from backend.viewer import OfficerRole, Viewer

PER_ADDRESS = "30/minute"
PER_LOGIN = "10/15minutes"
LONGEST_PASSWORD = 200
SHORTEST_PASSWORD = 10

SIGN_IN_FAILED = Text("账号或密码不正确。", "The login or the password is not right.")
WEAK_PASSWORD = Text("密码应为10至200个字符。", "A password has 10 to 200 characters.")
NO_SUCH_DIVISION = Text("没有这个行政区划。", "There is no such division.")

_log = structlog.get_logger()


async def sign_in_officer(
    viewer: Viewer, resources: Resources, *, login: str, password: str, device_name: str = ""
) -> SignedIn:
    """A session for the officer with this login and password.

    Raises ``Invalid(SIGN_IN_FAILED)``, the same and after the same time whether the login is unknown,
    the officer was disabled or the password is wrong; ``TooMany`` after a few failures in a row.
    """
    check_device_name(device_name)
    login = login.strip().lower()
    await resources.shared.limit(PER_ADDRESS, "officer-sign-in", viewer.address)
    # A login is somebody's name: what Redis keeps is its blind index.
    known_as = resources.keys.blind_index.of(login, "officer.login")
    await resources.shared.limit(PER_LOGIN, "officer-login", known_as)
    # A text with control characters cannot be anybody's login, nor go into a statement.
    row = None
    if login.isprintable():
        row = await fetch_one("SELECT id, password_hash, disabled_at FROM officer WHERE login = $1", login)
    right = await asyncio.to_thread(_verify, row["password_hash"] if row else None, password)
    if row is None or row["disabled_at"] is not None or not right:
        # Logged and not audited: a write for known logins only would tell them apart by time.
        _log.warning("officer_sign_in_failed", officer=str(row["id"]) if row else None)
        raise Invalid(SIGN_IN_FAILED, code=ProblemCode.SIGN_IN_FAILED)
    await resources.shared.forgive(PER_LOGIN, "officer-login", known_as)
    async with transaction() as tx:
        return await open_session(tx, resources, officer_id=row["id"], device_name=device_name)


async def ensure_organ(*, credit_code: str, name: str, division: str) -> UUID:
    """The organ with this credit code, made if there is none yet; an existing one takes the name.

    Raises ``Invalid(UNKNOWN_DIVISION)``.
    """
    if regions.get(division) is None:
        raise Invalid(
            NO_SUCH_DIVISION,
            code=ProblemCode.UNKNOWN_DIVISION,
            fields=(FieldProblem(("division",), NO_SUCH_DIVISION),),
        )
    async with transaction() as tx:
        row = await tx.fetch_one(
            "INSERT INTO organ (id, created_at, credit_code, name, division) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (credit_code) DO UPDATE SET name = EXCLUDED.name RETURNING id",
            new_id(),
            clock.now(),
            credit_code,
            name,
            division,
        )
    assert row is not None  # noqa: S101 - an upsert always returns its row
    organ_id: UUID = row["id"]
    return organ_id


async def ensure_officer(
    *, organ_id: UUID, login: str, name: str, password: str, roles: Collection[OfficerRole]
) -> UUID:
    """The officer with this login, appointed if there is none yet; an existing one stays as they are.

    For demo data and the command line, never for a request. Raises ``Invalid`` for a weak password.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(WEAK_PASSWORD, fields=(FieldProblem(("password",), WEAK_PASSWORD),))
    login = login.strip().lower()
    known = await fetch_one("SELECT id FROM officer WHERE login = $1", login)
    if known is not None:
        known_id: UUID = known["id"]
        return known_id
    password_hash = await asyncio.to_thread(_hasher().hash, password)
    officer_id, told = new_id(), sorted(roles)
    async with transaction() as tx:
        await OfficerRow.create(
            id=officer_id,
            organ_id=organ_id,
            login=login,
            name=name,
            password_hash=password_hash,
            roles=told,
        )
        await audit.append(
            tx,
            subject=f"officer:{officer_id}",
            kind="officer_appointed",
            actor="machine:house",
            detail={"organ": str(organ_id), "roles": told},
        )
    return officer_id


@cache
def _hasher() -> PasswordHasher:
    """argon2id with the second choice of RFC 9106 §4 (64 MiB, 3 passes), the library's default."""
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """What an unknown login's password is compared with, so that it takes as long as a known one's."""
    return _hasher().hash("")


def _verify(password_hash: str | None, password: str) -> bool:
    """Slow on purpose, so never on the event loop."""
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        return _hasher().verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except VerificationError:
        return False
