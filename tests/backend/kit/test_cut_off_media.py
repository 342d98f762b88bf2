"""What files are taken for, and which are not taken."""

from io import BytesIO

import pytest
from PIL import Image

from backend.kit.media import BadMedia, media_type


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
