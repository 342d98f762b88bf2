"""The second factor of officers: choosing a password and an app with a code from a colleague, then a code per sign-in."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from backend.database import audit
from backend.database.record import Row, Transaction, fetch_one, transaction
from backend.errors import FieldProblem, Invalid, ProblemCode, Text
from backend.kit import clock, totp
from backend.kit.ids import new_code
from backend.people.accounts.actions import check_device_name
from backend.people.accounts.sessions import SignedIn, open_session
from backend.people.officers.passwords import check_strength, hashed
from backend.resources import Resources
from backend.viewer import Viewer

ISSUER = "Jinmin"
ENROLMENT_LIFETIME = timedelta(hours=72)
"""From a Friday afternoon to a Monday morning."""
CODE_LENGTH = 16
"""80 bits: it stands for a password and an app."""
PER_ADDRESS = "30/minute"
PER_LOGIN = "10/15minutes"

BAD_CODE = Text(
    "启用码无效或已过期，请联系运维人员重新发放。", "This enrolment code is not valid or too old."
)
WRONG = Text("动态口令不正确或已使用。", "The one-time code is wrong or was used.")
NEEDED = Text("请输入动态口令。", "Enter the one-time code of your app.")
ENROL_FIRST = Text(
    "请先用启用码设置密码和动态口令。", "Set a password and a second factor with your enrolment code first."
)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the officer's app is given, shown this once; it counts from its first code on."""

    secret: str
    uri: str


async def issue_enrolment(tx: Transaction, resources: Resources, officer_id: UUID) -> str:
    """A new enrolment code; password and second factor of before are worthless from now on."""
    code = new_code(CODE_LENGTH)
    await tx.execute(
        "UPDATE officer SET password_hash = '', second_factor_sealed = NULL, second_factor_since = NULL,"
        " enrolment_index = $2, enrolment_until = $3 WHERE id = $1",
        officer_id,
        _index(resources, code),
        clock.now() + ENROLMENT_LIFETIME,
    )
    return code


async def enrol(viewer: Viewer, resources: Resources, *, login: str, code: str, password: str) -> Enrolment:
    """Choose a password and get the secret for the app. The code is good until a first code of the app was shown.

    Raises ``Invalid(CODE_REFUSED)``, the same for an unknown login and a wrong code, and ``TooMany``.
    """
    check_strength(password)
    row = await _by_enrolment(viewer, resources, login, code)
    secret = totp.new_secret()
    password_hash = await asyncio.to_thread(hashed, password)
    async with transaction() as tx:
        kept = await tx.fetch_one(
            "UPDATE officer SET password_hash = $2, second_factor_sealed = $3, second_factor_since = NULL"
            " WHERE id = $1 AND enrolment_index = $4 RETURNING id",
            row["id"],
            password_hash,
            resources.keys.ring.seal(secret, context=_context(row["id"])),
            _index(resources, code),
        )
        if kept is None:
            raise _bad_code()
        await _tell(tx, row["id"], "second_factor_offered")
    return Enrolment(totp.shown(secret), totp.uri(secret, account=row["login"], issuer=ISSUER))


async def confirm(
    viewer: Viewer,
    resources: Resources,
    *,
    login: str,
    code: str,
    one_time_code: str,
    device_name: str = "",
) -> SignedIn:
    """Show a first code of the app: from now on it is the officer's second factor, and they are signed in.

    Raises ``Invalid`` (CODE_REFUSED, SECOND_FACTOR_NEEDED) and ``TooMany``.
    """
    check_device_name(device_name)
    row = await _by_enrolment(viewer, resources, login, code)
    if row["second_factor_sealed"] is None:
        raise Invalid(ENROL_FIRST, code=ProblemCode.SECOND_FACTOR_NEEDED)
    step = _step(resources, row, one_time_code)
    async with transaction() as tx:
        kept = await tx.fetch_one(
            "UPDATE officer SET second_factor_since = $3, second_factor_step = $4, enrolment_index = NULL,"
            " enrolment_until = NULL WHERE id = $1 AND enrolment_index = $2 RETURNING id",
            row["id"],
            _index(resources, code),
            clock.now(),
            step,
        )
        if kept is None:
            raise _bad_code()
        await _tell(tx, row["id"], "second_factor_enrolled")
        return await open_session(tx, resources, officer_id=row["id"], device_name=device_name)


async def use_code(tx: Transaction, resources: Resources, row: Row, one_time_code: str | None) -> None:
    """Take the code that a sign-in showed; where two show the same one, one of them is refused.

    ``row`` is the officer's, with ``second_factor_sealed``, ``second_factor_since`` and ``second_factor_step``. An
    officer without a second factor comes in with the password only where the installation allows it
    (development). Raises ``Invalid(SECOND_FACTOR_NEEDED)``.
    """
    if row["second_factor_since"] is None:
        if resources.second_factor:
            raise Invalid(ENROL_FIRST, code=ProblemCode.SECOND_FACTOR_NEEDED)
        return
    if not one_time_code:
        raise Invalid(NEEDED, code=ProblemCode.SECOND_FACTOR_NEEDED).about("input", "oneTimeCode")
    step = _step(resources, row, one_time_code)
    used = await tx.fetch_one(
        "UPDATE officer SET second_factor_step = $2 WHERE id = $1 AND second_factor_step < $2 RETURNING id",
        row["id"],
        step,
    )
    if used is None:
        raise _wrong()


def _step(resources: Resources, row: Row, one_time_code: str) -> int:
    secret = resources.keys.ring.open(row["second_factor_sealed"], context=_context(row["id"]))
    given = one_time_code.replace(" ", "")
    step = (
        totp.matching_step(secret, given, clock.now(), after=row["second_factor_step"])
        if given.isascii()
        else None
    )
    if step is None:
        resources.tally.add("second_factor_refused")
        raise _wrong()
    return step


async def _by_enrolment(viewer: Viewer, resources: Resources, login: str, code: str) -> Row:
    login = login.strip().lower()
    await resources.shared.limit(PER_ADDRESS, "officer-enrolment", viewer.address)
    await resources.shared.limit(
        PER_LOGIN, "officer-enrolment-login", resources.keys.blind_index.of(login, "officer.login")
    )
    row = None
    if login.isprintable():
        row = await fetch_one(
            "SELECT id, login, second_factor_sealed, second_factor_step FROM officer WHERE login = $1"
            " AND enrolment_index = $2 AND enrolment_until > $3 AND disabled_at IS NULL",
            login,
            _index(resources, code),
            clock.now(),
        )
    if row is None:
        resources.tally.add("enrolment_refused")
        raise _bad_code()
    return row


async def _tell(tx: Transaction, officer_id: UUID, kind: str) -> None:
    await audit.append(tx, subject=f"officer:{officer_id}", kind=kind, actor=f"officer:{officer_id}")


def _index(resources: Resources, code: str) -> str:
    typed = code[:60].upper().replace(" ", "").replace("-", "")
    return resources.keys.blind_index.of(typed, "officer.enrolment")


def _context(officer_id: UUID) -> str:
    return f"officer.second_factor:{officer_id}"


def _bad_code() -> Invalid:
    return Invalid(
        BAD_CODE,
        code=ProblemCode.CODE_REFUSED,
        fields=(FieldProblem(("input", "enrolmentCode"), BAD_CODE),),
    )


def _wrong() -> Invalid:
    return Invalid(WRONG, code=ProblemCode.SECOND_FACTOR_NEEDED).about("input", "oneTimeCode")
