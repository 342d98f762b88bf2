"""What files are taken for, and which are not taken."""

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from backend.kit.media import MAX_PIXELS, BadMedia, media_type


def picture(kind: str, **options: object) -> bytes:
    out = BytesIO()
    Image.effect_noise((300, 200), 60).convert("RGB").save(out, kind, **options)
    return out.getvalue()


def with_thumbnail() -> bytes:
    """A JPEG whose header holds another one, as cameras make them."""
    small = picture("JPEG", quality=20)[:20_000]
    exif = Image.Exif()
    exif[0x010E] = "a description"
    return picture("JPEG", exif=exif, comment=small + b"\xff\xd9")


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
        (picture("JPEG", progressive=True), "image/jpeg"),
        (with_thumbnail(), "image/jpeg"),
        (picture("JPEG") + bytes(5000) + b"SEFT of some telephone", "image/jpeg"),
        (picture("PNG"), "image/png"),
        (b"%PDF-1.7 something %%EOF\n", "application/pdf"),
    ],
)
def test_pictures_and_documents_are_known_by_their_bytes(content: bytes, kind: str) -> None:
    assert media_type(content) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff",
        b"GIF89a",
        picture("GIF"),
        picture("TIFF"),
        picture("WEBP"),
        picture("JPEG")[:-2000],
        picture("JPEG", progressive=True)[:-2000],
        with_thumbnail()[:-2000],
        picture("PNG")[:-2000],
        picture("PNG").replace(b"IDAT", b"IDAX"),
        b"%PDF-1.7 cut off",
    ],
)
def test_what_is_cut_off_or_of_another_kind_is_not_taken(content: bytes) -> None:
    with pytest.raises(BadMedia):
        media_type(content)


def test_a_picture_of_too_many_pixels_is_not_taken() -> None:
    large = Image.new("1", (8_000, 6_000))
    out = BytesIO()
    large.save(out, "PNG")

    assert len(out.getvalue()) < 100_000
    with pytest.raises(BadMedia):
        media_type(out.getvalue())


def test_a_picture_with_a_damaged_part_is_not_taken() -> None:
    sound = bytearray(picture("PNG"))
    sound[-20] ^= 1
    with pytest.raises(BadMedia):
        media_type(bytes(sound))


def test_too_many_pixels_are_refused_by_the_header_alone() -> None:
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
