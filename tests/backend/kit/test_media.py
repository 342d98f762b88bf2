"""What a file really is."""

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from backend.kit.media import MAX_PIXELS, BadMedia, media_type


def picture(kind: str, size: tuple[int, int] = (16, 16)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return out.getvalue()


def png(width: int, height: int) -> bytes:
    """A header of these dimensions with hardly anything behind it."""

    def chunk(kind: bytes, told: bytes) -> bytes:
        return struct.pack(">I", len(told)) + kind + told + struct.pack(">I", zlib.crc32(kind + told))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\0"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture("JPEG"), "image/jpeg"),
        (picture("PNG"), "image/png"),
        (b"%PDF-1.4\n...\n%%EOF", "application/pdf"),
        (b"%PDF-2.0" + b" " * 9000 + b"%%EOF" + b"\n" * 2000, "application/pdf"),
    ],
)
def test_the_bytes_decide(content: bytes, kind: str) -> None:
    assert media_type(content) == kind


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "WEBP", "ICO"])
def test_other_pictures_are_refused(kind: str) -> None:
    with pytest.raises(BadMedia):
        media_type(picture(kind))


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"%PDF-1.7 no end", b"%PDF-1.7 %%EOF" + b" " * 2049, b"<html></html>", b"PK\x03\x04",
     picture("PNG")[:40], picture("PNG")[:-9], b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"],
)  # fmt: skip
def test_what_is_cut_off_or_something_else_is_refused(content: bytes) -> None:
    with pytest.raises(BadMedia):
        media_type(content)


def test_a_picture_with_a_damaged_part_is_refused() -> None:
    sound = bytearray(picture("PNG"))
    sound[-20] ^= 1
    with pytest.raises(BadMedia):
        media_type(bytes(sound))


def test_too_many_pixels_are_refused_before_they_are_unpacked() -> None:
    side = int(MAX_PIXELS**0.5)
    assert media_type(png(side, side)) == "image/png"
    for width, height in (
        (side + 1, side + 1),
        (100_000, 100_000),
        (2**31 - 1, 2**31 - 1),
        (MAX_PIXELS + 1, 1),
    ):
        with pytest.raises(BadMedia):
            media_type(png(width, height))


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"%PDF-", b"GIF89a"]),
)
def test_no_bytes_raise_anything_else(content: bytes, begin: bytes) -> None:
    try:
        kind = media_type(begin + content)
    except BadMedia:
        return
    assert kind in {"image/jpeg", "image/png", "application/pdf"}
