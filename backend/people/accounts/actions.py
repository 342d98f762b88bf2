"""Signing in from a mini-program."""

import re

from backend.database.record import transaction
from backend.errors import FieldProblem, Invalid, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.people.accounts.models import Platform
from backend.people.accounts.sessions import SignedIn, open_session
from backend.resources import Resources
from backend.viewer import Viewer

SIGN_INS = "60/minute"
"""Per address: many citizens come from one address of a mobile network."""
SIGN_INS_OF_DEVICE = "30/hour"
"""Per device, as far as the front end names it."""
SIGN_INS_OF_ACCOUNT = "30/hour"
LONGEST_CODE = 256
LONGEST_DEVICE_NAME = 80

NO_SUCH_PLATFORM = Text("暂不支持该平台登录。", "Signing in from this platform is not offered.")
BAD_CODE = Text("登录凭证无效，请重新打开小程序。", "The login code is not valid; reopen the app.")
BAD_DEVICE_NAME = Text(
    "设备名称不超过80个字符，且不含控制字符。", "A device name has at most 80 printable characters."
)
BAD_DEVICE_ID = Text(
    "设备标识须为16至64个可见的ASCII字符。", "A device id has 16 to 64 visible ASCII characters."
)

_DEVICE_ID = re.compile(r"[\x21-\x7e]{16,64}")


async def sign_in(
    viewer: Viewer,
    resources: Resources,
    *,
    platform: Platform,
    code: str,
    device_name: str = "",
    device_id: str | None = None,
) -> SignedIn:
    """Exchange a mini-program login code for a session; a first sign-in makes the account.

    Raises ``Invalid(SIGN_IN_FAILED)`` for a bad or used code, ``TooMany`` and ``Unavailable``.
    """
    adapter = resources.ports.platforms.get(platform)
    if adapter is None:
        raise Invalid(NO_SUCH_PLATFORM, fields=(FieldProblem(("input", "platform"), NO_SUCH_PLATFORM),))
    if not (0 < len(code) <= LONGEST_CODE and code.isascii() and code.isprintable()):
        raise Invalid(BAD_CODE, code=ProblemCode.SIGN_IN_FAILED)
    check_device_name(device_name)
    device_index = await admit_device(viewer, resources, device_id)
    found = await adapter.exchange_code(code)
    return await sign_in_account(
        resources,
        platform=platform,
        open_id=found.open_id,
        device_name=device_name,
        device_index=device_index,
    )


async def admit_device(viewer: Viewer, resources: Resources, device_id: str | None) -> str | None:
    """Count a sign-in against the limits of its address and its device; the device's blind index.

    Raises ``Invalid`` for an id of the wrong shape, and ``TooMany``.
    """
    device_index = index_device(resources, device_id)
    await resources.shared.limit(SIGN_INS, "sign-in", viewer.address)
    if device_index is not None:
        await resources.shared.limit(SIGN_INS_OF_DEVICE, "sign-in-device", device_index)
    return device_index


def index_device(resources: Resources, device_id: str | None) -> str | None:
    """The blind index of an id that a front end made for its device. Raises ``Invalid``."""
    if device_id is None:
        return None
    if not _DEVICE_ID.fullmatch(device_id):
        raise Invalid(BAD_DEVICE_ID, fields=(FieldProblem(("input", "deviceId"), BAD_DEVICE_ID),))
    return resources.keys.blind_index.of(device_id, "session.device")


async def sign_in_account(
    resources: Resources, *, platform: Platform, open_id: str, device_name: str, device_index: str | None
) -> SignedIn:
    """A session of the account that the platform, or a code sent to its number, has vouched for."""
    open_id_index = resources.keys.blind_index.of(open_id, f"open_id.{platform}")
    await resources.shared.limit(SIGN_INS_OF_ACCOUNT, "sign-in-account", open_id_index)
    async with transaction() as tx:
        account = await tx.fetch_one(
            "INSERT INTO account (id, created_at, platform, open_id_index, open_id_sealed, last_sign_in_at)"
            " VALUES ($1, $2, $3, $4, $5, $2) ON CONFLICT (platform, open_id_index)"
            " DO UPDATE SET last_sign_in_at = EXCLUDED.last_sign_in_at RETURNING id",
            new_id(),
            clock.now(),
            platform.value,
            open_id_index,
            resources.keys.ring.seal(open_id.encode(), context=f"account.open_id:{open_id_index}"),
        )
        assert account is not None  # noqa: S101 - an upsert always returns its row
        return await open_session(
            tx, resources, account_id=account["id"], device_name=device_name, device_index=device_index
        )


def check_device_name(device_name: str) -> None:
    """Raise ``Invalid`` for a name that is too long or not printable."""
    if len(device_name) > LONGEST_DEVICE_NAME or not device_name.isprintable():
        raise Invalid(BAD_DEVICE_NAME, fields=(FieldProblem(("input", "deviceName"), BAD_DEVICE_NAME),))
