"""Hostile and unusual pictures: what is opened, what is refused, and what refusing costs."""

import struct
import tracemalloc
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from backend.ports import FaceOutcome
from integrations.demo import portraits
from integrations.faces.challenge import Unusable
from integrations.faces.pictures import LARGEST_PICTURE, MOST_PIXELS, decode, sketch

ORIENTATION = 0x0112


def portrait() -> Image.Image:
    with Image.open(BytesIO(portraits.reference())) as picture:
        return picture.convert("RGB")


def saved(picture: Image.Image, kind: str, **how: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def as_a_camera_stores_it(orientation: int) -> Image.Image:
    """The pixels that this orientation makes upright."""
    how = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return portrait().transpose(how[orientation]) if orientation in how else portrait()


def refused(content: bytes) -> bool:
    try:
        decode(content)
    except Unusable as unusable:
        return unusable.outcome is FaceOutcome.REFUSED_IMAGE
    return False


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says how large it is and would take gigabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: saved(picture, "JPEG", quality=90),
        lambda picture: saved(picture, "JPEG", progressive=True),
        lambda picture: saved(picture.convert("L"), "JPEG"),
        lambda picture: saved(picture.convert("CMYK"), "JPEG"),
        lambda picture: saved(picture, "MPO"),
        lambda picture: saved(picture, "PNG"),
        lambda picture: saved(picture.convert("RGBA"), "PNG"),
        lambda picture: saved(picture.convert("P"), "PNG"),
        lambda picture: saved(picture.convert("1"), "PNG"),
        lambda picture: saved(picture, "WEBP"),
        lambda picture: saved(picture, "WEBP", lossless=True),
    ],
)
def test_every_way_a_camera_or_a_program_saves_a_picture_is_opened(
    change: Callable[[Image.Image], bytes],
) -> None:
    picture = decode(change(portrait()))
    assert (picture.mode, picture.size) == ("RGB", (512, 600))


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "ICO", "PPM", "JPEG2000", "PDF"])
def test_other_formats_are_refused_by_their_first_bytes(kind: str) -> None:
    assert refused(saved(portrait(), kind))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x00\x00\x00\x00WEBP",
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200),
        b"\x00\x00\x00\x18ftypavif" + bytes(200),
        b"https://example.test/face.jpg",
        b"/etc/passwd",
        b"%PDF-1.7\n%%EOF",
        b"<html><img src=x></html>",
        b"\xff\xd8\xff\xe0" + bytes(10_000),
        b"\x89PNG\r\n\x1a\n" + bytes(10_000),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    assert refused(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_was_cut_off_is_refused(kind: str) -> None:
    whole = saved(portrait(), kind)
    assert not refused(whole)
    assert all(refused(whole[: int(len(whole) * part)]) for part in (0.05, 0.3, 0.6, 0.9))


def test_a_picture_under_the_name_of_another_format_is_refused() -> None:
    jpeg = saved(portrait(), "JPEG")
    assert refused(b"\x89PNG\r\n\x1a\n" + jpeg)
    assert refused(b"\xff\xd8\xff" + saved(portrait(), "PNG"))
    assert refused(b"GIF89a" + jpeg)


def test_what_follows_a_sound_picture_is_not_looked_at() -> None:
    assert decode(saved(portrait(), "PNG") + b"<?php system($_GET[0]) ?>").size == (512, 600)


@pytest.mark.parametrize(
    ("width", "height"), [(4000, 3001), (50_000, 50_000), (2**31 - 1, 2**31 - 1), (1, 13_000_000)]
)
def test_a_pixel_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    content = bomb(width, height)
    assert len(content) < 2000
    tracemalloc.start()
    assert refused(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_each_format_has_its_largest_picture(kind: str) -> None:
    side = int(MOST_PIXELS[kind] ** 0.5)
    if kind != "JPEG":  # one as large as a JPEG may be would take a second here
        assert refused(saved(Image.new("RGB", (side + 1, side + 1)), kind))
    assert decode(saved(Image.new("RGB", (side, side // 8)), kind)).size == (800, 100)


def test_more_bytes_than_a_camera_needs_are_refused_unread() -> None:
    sound = saved(portrait(), "JPEG")
    assert not refused(sound + bytes(LARGEST_PICTURE - len(sound)))
    assert refused(sound + bytes(LARGEST_PICTURE - len(sound) + 1))


@pytest.mark.parametrize("size", [(79, 300), (300, 79), (1, 1)])
def test_a_picture_too_small_to_say_anything_is_refused(size: tuple[int, int]) -> None:
    assert refused(saved(Image.new("RGB", size, "white"), "PNG"))
    assert not refused(saved(Image.new("RGB", (80, 80), "white"), "PNG"))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright_as_its_camera_says(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    upright = decode(saved(portrait(), "JPEG", quality=95))
    opened = decode(saved(as_a_camera_stores_it(orientation), "JPEG", quality=95, exif=exif))
    assert opened.size == (512, 600)
    far = sum(abs(a - b) for a, b in zip(sketch(opened), sketch(upright), strict=True)) / 1024
    assert far < 1


@pytest.mark.parametrize(
    "forged",
    [b"Exif\x00\x00MM\x00*" + b"\xff" * 60, b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff" + bytes(40)],
)
def test_forged_exif_does_no_harm(forged: bytes) -> None:
    content = saved(portrait(), "JPEG", exif=forged)
    assert refused(content) or decode(content).size == (512, 600)


def test_a_sketch_tells_a_picture_saved_again_from_one_that_moved() -> None:
    def far(one: Image.Image, other: Image.Image) -> float:
        return sum(abs(a - b) for a, b in zip(sketch(one), sketch(other), strict=True)) / 1024

    first = portrait()
    assert len(sketch(first)) == 1024
    for again in (saved(first, "JPEG", quality=40), saved(first, "WEBP"), saved(first, "PNG")):
        assert far(first, decode(again)) <= 0.5
    assert far(first, first.transform(first.size, Image.Transform.AFFINE, (1, 0, 5, 0, 1, 0))) > 2
