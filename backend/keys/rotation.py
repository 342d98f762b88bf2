"""Replacing token keys while everything runs.

A new key is published at once and signs only after ``NOTICE``: by then every process has read the file
again (``TokenKeys`` looks every few seconds) and every reader of the JWKS has fetched it anew. The old
key goes on verifying until no token it signed can be alive, and is retired after that.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from backend.errors import BadSettings
from backend.keys.files import KeyFile, TokenKeyEntry, alone_with, read_file, write_file
from backend.kit import clock
from backend.kit.suites import CryptoSuite
from backend.kit.tokens import generate_token_key

NOTICE = timedelta(minutes=10)
"""Twice as long as the JWKS may be kept by others (``/.well-known/jwks.json``: five minutes)."""
LONGEST_TOKEN = timedelta(days=30)
"""No token lives longer: a refresh token of a citizen's session."""


@dataclass(frozen=True, slots=True)
class TokenKeyState:
    """One key as an operator sees it."""

    kid: str
    algorithm: str
    signs_from: datetime
    signs_until: datetime | None
    """When the next one takes over, where there is a next one."""
    active: bool
    needed_until: datetime | None
    """When the last token it signed ends; None while it signs or has yet to."""

    def told(self) -> str:
        """What it is still there for."""
        if self.active:
            return "signs now"
        if self.needed_until is None:
            return f"signs from {self.signs_from:%Y-%m-%d %H:%M} UTC"
        if self.needed_until > clock.now():
            return f"verifies, needed until {self.needed_until:%Y-%m-%d %H:%M} UTC"
        return "may be retired"


def states(path: Path) -> list[TokenKeyState]:
    """All token keys, oldest first."""
    return _states(read_file(path, KeyFile))


def rotate(path: Path, suite: CryptoSuite, *, notice: timedelta = NOTICE) -> str:
    """Add a key that signs after ``notice``; its ``kid``."""
    with alone_with(path):
        told = read_file(path, KeyFile)
        signs_from = clock.now() + notice
        algorithm, pem = generate_token_key(suite)
        kid = f"t{clock.local(signs_from):%Y%m%d}-{secrets.token_hex(3)}"
        entry = TokenKeyEntry(algorithm=algorithm, pem=pem, signs_from=signs_from)
        _write(path, told, {**told.token_keys, kid: entry})
    return kid


def retire(path: Path, kid: str, *, compromised: bool = False) -> None:
    """Take a key out: its tokens are worthless from then on.

    Raises ``BadSettings`` for the key that signs, for one whose tokens may still be in use unless it is
    ``compromised``, and for one that is not there.
    """
    with alone_with(path):
        told = read_file(path, KeyFile)
        found = next((state for state in _states(told) if state.kid == kid), None)
        if found is None:
            raise BadSettings(f"There is no token key {kid}.")
        if found.active:
            raise BadSettings(f"{kid} is the key that signs. Rotate first, then retire it.")
        if not compromised and found.needed_until is not None and found.needed_until > clock.now():
            raise BadSettings(
                f"Tokens signed with {kid} may be in use until {found.needed_until:%Y-%m-%d %H:%M} UTC."
                " If the key has leaked, say --compromised: everybody who holds such a token signs in again."
            )
        _write(path, told, {name: entry for name, entry in told.token_keys.items() if name != kid})


def _states(told: KeyFile) -> list[TokenKeyState]:
    now = clock.now()
    ordered = sorted(told.token_keys.items(), key=lambda item: (item[1].signs_from, item[0]))
    active = max(index for index, (_, entry) in enumerate(ordered) if entry.signs_from <= now)
    found = []
    for index, (kid, entry) in enumerate(ordered):
        until = ordered[index + 1][1].signs_from if index + 1 < len(ordered) else None
        found.append(
            TokenKeyState(
                kid=kid,
                algorithm=entry.algorithm,
                signs_from=entry.signs_from,
                signs_until=until,
                active=index == active,
                needed_until=until + LONGEST_TOKEN if until is not None and index < active else None,
            )
        )
    return found


def _write(path: Path, told: KeyFile, entries: dict[str, TokenKeyEntry]) -> None:
    content: dict[str, Any] = told.model_dump(mode="json", exclude_none=True)
    content["token_keys"] = {kid: entry.model_dump(mode="json") for kid, entry in entries.items()}
    write_file(path, content)
