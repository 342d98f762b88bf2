"""Signing in on an H5 page with a code sent by SMS.

A number that has an account and one that has none are treated alike in every step: nothing is looked up
before the code was right, and a first sign-in makes the account.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from backend.database import audit
from backend.database.record import transaction
from backend.errors import FieldProblem, Invalid, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.phone import parse
from backend.people.accounts.actions import admit_device, check_device_name, index_device, sign_in_account
from backend.people.accounts.models import Platform
from backend.people.accounts.sessions import SignedIn
from backend.resources import Resources
from backend.viewer import Viewer

LIFETIME = timedelta(minutes=5)
AGAIN_AFTER = timedelta(minutes=1)
TRIES = 5
"""Wrong codes before a code is void: with six digits and ten codes a day, one in 20,000 on a day."""

PER_NUMBER = ("1/minute", "5/hour", "10/day")
PER_DEVICE = "10/hour"
PER_ADDRESS = "60/hour"
"""Many citizens come from one address of a mobile network."""

_KIND, _SENT = "sms-code", "sms-sent"

NO_SMS = Text("暂不支持短信登录。", "Signing in by SMS is not offered.")
BAD_PHONE = Text(
    "请填写中国大陆手机号码；港澳台号码请加区号，如+852。",
    "Enter a mainland mobile number; for Hong Kong, Macao and Taiwan with its code, such as +852.",
)
WRONG_CODE = Text("验证码不正确或已过期。", "The code is wrong or no longer valid.")


@dataclass(frozen=True, slots=True)
class SmsCode:
    """A code was sent: what to sign in with, until when, and when another may be asked for."""

    id: UUID
    expires_at: datetime
    again_at: datetime


async def request_code(
    viewer: Viewer, resources: Resources, *, phone: str, device_id: str | None = None, idempotency_key: str
) -> SmsCode:
    """Send a code to ``phone``; asked again with the same key within its life, nothing more is sent.

    Raises ``Invalid`` (INVALID_INPUT, PHONE_REFUSED), ``TooMany`` and ``Unavailable``.
    """
    gateway = resources.ports.sms
    if gateway is None:
        raise Invalid(NO_SMS)
    try:
        number = parse(phone)
    except ValueError:
        raise Invalid(BAD_PHONE, fields=(FieldProblem(("input", "phone"), BAD_PHONE),)) from None
    index = resources.keys.blind_index
    once = index.of(f"{number}\0{idempotency_key}", "sms.once")
    if (sent := await resources.shared.peek(_SENT, once)) is not None:
        return _read(sent)
    phone_index = index.of(number, "open_id.H5")
    await resources.shared.limit(PER_ADDRESS, "sms", viewer.address)
    if (device_index := index_device(resources, device_id)) is not None:
        await resources.shared.limit(PER_DEVICE, "sms-device", device_index)
    for rate in PER_NUMBER:
        await resources.shared.limit(rate, "sms-number", phone_index)
    code = f"{secrets.randbelow(10**6):06d}"
    now = clock.now()
    told = SmsCode(new_id(), now + LIFETIME, now + AGAIN_AFTER)
    await resources.shared.put_once(
        _KIND,
        str(told.id),
        {
            "phone": resources.keys.ring.seal(number.encode(), context=f"sms.phone:{told.id}"),
            "digest": _digest(resources, told.id, code),
            "tries": TRIES,
            "until": told.expires_at.isoformat(),
        },
        int(LIFETIME.total_seconds()),
    )
    await gateway.send_code(phone=number, code=code, minutes=int(LIFETIME.total_seconds() / 60))
    await resources.shared.put_once(_SENT, once, _write(told), int(LIFETIME.total_seconds()))
    return told


async def sign_in_with_code(
    viewer: Viewer,
    resources: Resources,
    *,
    code_id: UUID,
    code: str,
    device_name: str = "",
    device_id: str | None = None,
) -> SignedIn:
    """A session of the account under the number that ``code`` was sent to; a code is good once.

    Raises ``Invalid(SIGN_IN_FAILED)`` in the same words for a code that is wrong, used, void or too old.
    """
    check_device_name(device_name)
    device_index = await admit_device(viewer, resources, device_id)
    # Taken away before it is looked at: of two who try at once, one has nothing to try against.
    stored = await resources.shared.take(_KIND, str(code_id))
    left = timedelta() if stored is None else datetime.fromisoformat(str(stored["until"])) - clock.now()
    if stored is None or left <= timedelta():
        raise _wrong()
    number = resources.keys.ring.open(str(stored["phone"]), context=f"sms.phone:{code_id}").decode()
    if not hmac.compare_digest(str(stored["digest"]), _digest(resources, code_id, code)):
        await _note_wrong_code(resources, code_id, stored, number, left)
        raise _wrong()
    return await sign_in_account(
        resources, platform=Platform.H5, open_id=number, device_name=device_name, device_index=device_index
    )


async def _note_wrong_code(
    resources: Resources, code_id: UUID, stored: dict[str, object], number: str, left: timedelta
) -> None:
    """Count the miss against the code, the metrics and the number, whether it has an account or not."""
    tries = int(str(stored["tries"])) - 1
    if tries > 0:
        await resources.shared.put_back(
            _KIND, str(code_id), {**stored, "tries": tries}, max(1, int(left.total_seconds()))
        )
    resources.tally.add("sms_code_wrong")
    subject = f"phone:{resources.keys.blind_index.of(number, 'open_id.H5')}"
    async with transaction() as tx:
        await audit.append(
            tx, subject=subject, kind="sms_code_wrong", actor="anonymous", detail={"triesLeft": tries}
        )


def _digest(resources: Resources, code_id: UUID, code: str) -> str:
    return resources.keys.blind_index.of(f"{code_id}:{code.strip()[:20]}", "sms.code")


def _wrong() -> Invalid:
    return Invalid(WRONG_CODE, code=ProblemCode.SIGN_IN_FAILED)


def _write(told: SmsCode) -> dict[str, object]:
    return {"id": str(told.id), "until": told.expires_at.isoformat(), "again": told.again_at.isoformat()}


def _read(sent: dict[str, object]) -> SmsCode:
    until, again = (datetime.fromisoformat(str(sent[name])) for name in ("until", "again"))
    return SmsCode(UUID(str(sent["id"])), until, again)
