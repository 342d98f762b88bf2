"""What a file really is, by its bytes and not by its name; hostile pictures never reach a decoder."""

import warnings
from collections.abc import Sequence
from io import BytesIO

from PIL import Image, UnidentifiedImageError

MAX_PIXELS = 40_000_000
_START_OF_SCAN = 0xDA
_PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png"}


class BadMedia(ValueError):
    """The bytes are not an acceptable picture or PDF."""


def media_type(content: bytes) -> str:
    """``image/jpeg``, ``image/png`` or ``application/pdf``. Raises ``BadMedia`` for anything else.

    Only headers and checksums are read; a picture of more than 40 million pixels is refused
    before any of it is decoded.
    """
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-2048:]:
            raise BadMedia("the PDF is cut off")
        return "application/pdf"
    try:
        with (
            warnings.catch_warnings(action="error"),
            Image.open(BytesIO(content), formats=tuple(_PICTURES)) as picture,
        ):
            kind, (width, height) = picture.format, picture.size
            if width * height > MAX_PIXELS:
                raise BadMedia("too many pixels")
            picture.verify()  # checksums of a PNG; a JPEG has none
            if kind == "JPEG" and not _has_its_end(content):
                raise BadMedia("the picture is cut off")
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Warning,
    ) as error:
        raise BadMedia("not a sound JPEG, PNG or PDF") from error
    return _PICTURES[str(kind)]


def _has_its_end(jpeg: bytes) -> bool:
    """Whether the end marker comes after the picture's data began; within the data it cannot occur.

    Cameras put things of their own behind the end, and thumbnails with ends of theirs before the data.
    """
    place = 2
    while len(segment := jpeg[place : place + 4]) == 4 and segment[0] == 0xFF:
        if segment[1] == _START_OF_SCAN:
            return jpeg.find(b"\xff\xd9", place) >= 0
        place += 2 + int.from_bytes(segment[2:], "big")
    return False


def as_one_pdf(pages: Sequence[bytes]) -> bytes:
    """Scanned pages, each JPEG or PNG, as one PDF in their order. Raises ``BadMedia`` for anything that is no picture."""
    pictures = []
    for page in pages:
        if media_type(page) not in _PICTURES.values():
            raise BadMedia("a page is no picture")
        try:
            pictures.append(Image.open(BytesIO(page)).convert("RGB"))
        except (OSError, SyntaxError, ValueError) as error:
            raise BadMedia("a page cannot be read") from error
    out = BytesIO()
    pictures[0].save(out, "PDF", save_all=True, append_images=pictures[1:], quality=85, resolution=200)
    return out.getvalue()
