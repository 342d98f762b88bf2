"""One-time passwords by time (RFC 6238, with HMAC-SHA-1 and six digits, as every authenticator app speaks it)."""

import hmac
import secrets
import struct
from base64 import b32encode
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

STEP = timedelta(seconds=30)
DIGITS = 6
DRIFT = 1
"""Steps to either side that count: clocks differ, and people type slowly (RFC 6238 §5.2)."""


def new_secret() -> bytes:
    """160 bits, the length of the digest (RFC 4226 §4)."""
    return secrets.token_bytes(20)


def code_at(secret: bytes, step: int) -> str:
    """The code of one time step (RFC 4226 §5.3)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    at = digest[-1] & 0xF
    number: int = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_of(moment: datetime) -> int:
    """The time step of a moment."""
    return int(moment.timestamp() // STEP.total_seconds())


def matching_step(secret: bytes, code: str, moment: datetime, *, after: int) -> int | None:
    """The step whose code this is; None for a wrong code, and for one of a step up to ``after``, which was used."""
    now, found = step_of(moment), None
    for step in range(now - DRIFT, now + DRIFT + 1):
        # Every step is compared, so that time does not tell which one it was.
        if hmac.compare_digest(code_at(secret, step), code) and step > after:
            found = step
    return found


def shown(secret: bytes) -> str:
    """The secret as people type it into an app."""
    return b32encode(secret).decode()


def uri(secret: bytes, *, account: str, issuer: str) -> str:
    """What a QR code for an authenticator app holds."""
    label = quote(f"{issuer}:{account}")
    return f"otpauth://totp/{label}?{urlencode({'secret': shown(secret), 'issuer': issuer})}"
