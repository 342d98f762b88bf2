"""Officers: signing in with a password and a one-time code, and being appointed."""

import asyncio
from collections.abc import Collection
from uuid import UUID

import structlog

from backend.database import audit
from backend.database.record import fetch_one, transaction
from backend.errors import FieldProblem, Invalid, ProblemCode, Text
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.people.accounts.actions import check_device_name
from backend.people.accounts.sessions import SignedIn, open_session
from backend.people.officers.models import Officer as OfficerRow
from backend.people.officers.passwords import check_strength, hashed, verified
from backend.people.officers.second_factor import use_code
from backend.resources import Resources
from backend.viewer import OfficerRole, Viewer

PER_ADDRESS = "30/minute"
PER_LOGIN = "10/15minutes"

SIGN_IN_FAILED = Text("账号或密码不正确。", "The login or the password is not right.")
NO_SUCH_DIVISION = Text("没有这个行政区划。", "There is no such division.")

_log = structlog.get_logger()


async def sign_in_officer(
    viewer: Viewer,
    resources: Resources,
    *,
    login: str,
    password: str,
    one_time_code: str | None = None,
    device_name: str = "",
) -> SignedIn:
    """A session for the officer with this login and password, and the code of their app.

    Raises ``Invalid(SIGN_IN_FAILED)``, the same and after the same time whether the login is unknown,
    the officer was disabled or the password is wrong; ``Invalid(SECOND_FACTOR_NEEDED)`` once the password
    was right and the code is not; ``TooMany`` after a few failures in a row, of either.
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
        row = await fetch_one(
            "SELECT id, password_hash, disabled_at, second_factor_sealed, second_factor_since,"
            " second_factor_step FROM officer WHERE login = $1",
            login,
        )
    right = await asyncio.to_thread(verified, row["password_hash"] if row else None, password)
    if row is None or row["disabled_at"] is not None or not right:
        # Logged and not audited: a write for known logins only would tell them apart by time.
        _log.warning("officer_sign_in_failed", officer=str(row["id"]) if row else None)
        raise Invalid(SIGN_IN_FAILED, code=ProblemCode.SIGN_IN_FAILED)
    async with transaction() as tx:
        await use_code(tx, resources, row, one_time_code)
        signed_in = await open_session(tx, resources, officer_id=row["id"], device_name=device_name)
    await resources.shared.forgive(PER_LOGIN, "officer-login", known_as)
    return signed_in


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
    check_strength(password)
    login = login.strip().lower()
    known = await fetch_one("SELECT id FROM officer WHERE login = $1", login)
    if known is not None:
        known_id: UUID = known["id"]
        return known_id
    password_hash = await asyncio.to_thread(hashed, password)
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
