"""Identifiers: time-ordered row ids, opaque node ids for clients, codes for people to read out."""

import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from threading import Lock
from uuid import UUID

CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 signs without 0 O 1 I, so that a code survives being read over the telephone."""

_lock = Lock()
_last = 0


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): milliseconds, then a counter that keeps one process's ids in order."""
    global _last  # noqa: PLW0603 - the order of ids within this process is the point
    with _lock:
        stamp = max((time.time_ns() // 1_000_000) << 12, _last + 1)
        _last = stamp
    value = (stamp >> 12 & (1 << 48) - 1) << 80 | 7 << 76 | (stamp & 0xFFF) << 64
    return UUID(int=value | 2 << 62 | secrets.randbits(62))


def node_id(type_name: str, value: UUID | str) -> str:
    """The opaque id of an object for clients: base64url of ``Type:id``."""
    return urlsafe_b64encode(f"{type_name}:{value}".encode()).decode().rstrip("=")


def parse_node_id(text: str) -> tuple[str, str]:
    """Type and id from ``node_id``. Raises ``ValueError`` for anything else."""
    try:
        decoded = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (BadBase64, UnicodeDecodeError, ValueError):
        raise ValueError("not a node id") from None
    type_name, separator, value = decoded.partition(":")
    if not (separator and type_name and value) or node_id(type_name, value) != text:
        raise ValueError("not a node id")
    return type_name, value


def new_code(length: int = 24) -> str:
    """A random code of 5 bits a sign: 24 signs are 120 bits, not to be guessed."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))


def new_nonce() -> str:
    """A random single-use value of 192 bits for URLs and headers."""
    return secrets.token_urlsafe(24)
