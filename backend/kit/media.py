"""What a file really is, by its bytes and not by its name; hostile pictures never reach a decoder."""

import warnings
from io import BytesIO

from PIL import Image, UnidentifiedImageError

MAX_PIXELS = 40_000_000
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
            picture.verify()
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
