"""Passwords of officers: how strong, how kept, how compared."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from backend.errors import FieldProblem, Invalid, Text

LONGEST_PASSWORD = 200
SHORTEST_PASSWORD = 10

WEAK_PASSWORD = Text("密码应为10至200个字符。", "A password has 10 to 200 characters.")


def check_strength(password: str) -> None:
    """Raise ``Invalid`` for a password that is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(WEAK_PASSWORD, fields=(FieldProblem(("input", "password"), WEAK_PASSWORD),))


def hashed(password: str) -> str:
    """What is kept of a password. Slow on purpose, so never on the event loop."""
    return _hasher().hash(password)


def verified(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; as slow for nobody's. Never on the event loop."""
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        return _hasher().verify(password_hash or _nobodys_hash(), password) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    """argon2id with the second choice of RFC 9106 §4 (64 MiB, 3 passes), the library's default."""
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """What an unknown login's password is compared with, so that it takes as long as a known one's."""
    return _hasher().hash("")
