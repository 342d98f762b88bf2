"""The code of an appointment: short enough for a small QR code, and not to be made by anybody else.

``JM`` and 42 signs: the appointment's id and a keyed digest (HMAC of the installation's suite, 80 bits of it) over
the id and the slot, so that a code that was moved to another slot is no longer good. It says nothing about anybody.
"""

from base64 import b32decode, b32encode
from binascii import Error as BadBase32
from hmac import compare_digest
from uuid import UUID

from backend.keys import Keys

MARK = "JM"
_SEAL_BYTES = 10
_LENGTH = len(MARK) + 42


def make_code(keys: Keys, appointment_id: UUID, slot_id: UUID) -> str:
    """The code, letters and digits only, as the QR alphanumeric mode wants them."""
    told = appointment_id.bytes + _seal(keys, appointment_id, slot_id)
    return MARK + b32encode(told).decode().rstrip("=")


def read_code(code: str) -> tuple[UUID, bytes] | None:
    """Which appointment a code names and how it is sealed; None for what is no code at all."""
    told = code.strip().upper()
    if len(told) != _LENGTH or not told.startswith(MARK):
        return None
    body = told[len(MARK) :]
    try:
        raw = b32decode(body + "=" * (-len(body) % 8))
    except (BadBase32, ValueError):
        return None
    return UUID(bytes=raw[:16]), raw[16:]


def is_genuine(keys: Keys, appointment_id: UUID, slot_id: UUID, seal: bytes) -> bool:
    """Whether ``seal`` is ours for this appointment in this slot."""
    return compare_digest(seal, _seal(keys, appointment_id, slot_id))


def _seal(keys: Keys, appointment_id: UUID, slot_id: UUID) -> bytes:
    # The digest names its suite before the point: what is keyed stands behind it.
    _, _, digest = keys.blind_index.of(f"{appointment_id}:{slot_id}", "appointment.code").partition(".")
    return bytes.fromhex(digest)[:_SEAL_BYTES]
