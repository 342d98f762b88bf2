"""Telephone numbers of mobiles in the mainland, Hong Kong, Macao and Taiwan."""

import re
import unicodedata

_SHAPES = (
    (re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})"), "+86"),
    (re.compile(r"(?:\+|00)852([4-9]\d{7})"), "+852"),
    (re.compile(r"(?:\+|00)853(6\d{7})"), "+853"),
    (re.compile(r"(?:\+|00)886(9\d{8})"), "+886"),
)


def parse(text: str) -> str:
    """The number in E.164, as people type it (full-width digits, spaces, dashes). Raises ``ValueError``."""
    bare = re.sub(r"[\s()-]", "", unicodedata.normalize("NFKC", text[:40]))
    for shape, code in _SHAPES:
        if (found := shape.fullmatch(bare)) is not None and bare.isascii():
            return code + found[1]
    raise ValueError("not a mobile number")
