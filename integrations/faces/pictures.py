"""Opening a picture that may be hostile: judged by its first bytes and its header before anything is decoded."""

import warnings
from collections.abc import Mapping
from io import BytesIO

from PIL import Image, ImageOps

from backend.ports import FaceOutcome
from integrations.faces.challenge import SKETCH_SIDE, Unusable

LARGEST_PICTURE = 8 * 1024 * 1024
"""Bytes."""

MOST_PIXELS: Mapping[str, int] = {"JPEG": 40_000_000, "PNG": 12_000_000, "WEBP": 12_000_000}
"""Only a JPEG can be decoded at a fraction of its size, and only cameras make pictures that large."""

SIDE = 800
"""Pictures are reduced to this: what is larger shows no more of a face."""

SMALLEST_PICTURE = 80
"""Pixels of the shorter side; less says too little."""


def decode(content: bytes) -> Image.Image:
    """An upright RGB picture with sides of at most 800 pixels.

    Raises ``Unusable(REFUSED_IMAGE)`` for everything but a sound JPEG, PNG or WebP of a sensible size, and
    ``MemoryError`` where this process has too little left, which is not the picture's fault.
    """
    kind = _kind(content)
    picture = None if kind is None or len(content) > LARGEST_PICTURE else _opened(content, kind)
    if picture is None:
        raise Unusable(FaceOutcome.REFUSED_IMAGE)
    return picture


def sketch(picture: Image.Image) -> bytes:
    """The whole picture in 32 x 32 grey levels."""
    small = picture.convert("L").resize((SKETCH_SIDE, SKETCH_SIDE), Image.Resampling.BOX)
    return small.tobytes()


def _opened(content: bytes, kind: str) -> Image.Image | None:
    try:
        with (
            warnings.catch_warnings(action="error"),
            Image.open(BytesIO(content), formats=(kind,)) as picture,
        ):
            if picture.width * picture.height > MOST_PIXELS[kind] or min(picture.size) < SMALLEST_PICTURE:
                return None
            picture.draft("RGB", (SIDE, SIDE))
            reduced = picture.convert("RGB")
            reduced.thumbnail((SIDE, SIDE))
            return ImageOps.exif_transpose(reduced)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - forged EXIF makes Pillow raise nearly anything; it is the picture's fault
        return None


def _kind(content: bytes) -> str | None:
    """The format that the first bytes tell; None for every other (GIF, TIFF, SVG, HEIC …)."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    return "WEBP" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None
