"""Signed receipts: what each hand answers for, chained, so that none can be left out or slipped in afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from backend.keys import DocumentKeys
from backend.kit.signatures import SUITE, canonical, sm3_hex, verify_sm2_text

NONE_BEFORE = "0" * 64
"""What the first receipt names as the digest of the one before it."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it was signed."""

    text: str
    """Canonical JSON: keys in order, no blanks."""
    suite: str
    key_id: str
    signature: str
    """Base64."""

    @property
    def digest(self) -> str:
        """SM3 of the text, hex: what the next receipt names."""
        return sm3_hex(self.text.encode())


def sign(keys: DocumentKeys, told: Mapping[str, object], *, before: str | None) -> Receipt:
    """A receipt over ``told`` (no personal data) that follows the receipt with the text ``before``."""
    previous = NONE_BEFORE if before is None else sm3_hex(before.encode())
    text = canonical({**told, "previous": previous}).decode()
    return Receipt(text, SUITE, keys.active, keys.sign(text.encode()))


def broken_at(keys: DocumentKeys, receipts: Sequence[Receipt]) -> int | None:
    """The place of the first receipt that is not what was signed or does not follow the one before; None: all are."""
    previous = NONE_BEFORE
    for place, receipt in enumerate(receipts):
        if not _is_ours(keys, receipt) or orjson.loads(receipt.text).get("previous") != previous:
            return place
        previous = receipt.digest
    return None


def _is_ours(keys: DocumentKeys, receipt: Receipt) -> bool:
    entry = keys.entries.get(receipt.key_id)
    if entry is None or receipt.suite != SUITE:
        return False
    return verify_sm2_text(entry.sm2_public_pem, receipt.text.encode(), receipt.signature)
