"""Public-domain portraits that installed packages carry, and a re-shot variant of one of them.

They show that the plumbing works. A photograph against a re-shot variant of itself says nothing about how
well faces are told apart: for that, give two photographs of your own.
"""

from importlib.resources import files
from io import BytesIO

from PIL import Image, ImageEnhance, ImageOps


def reference() -> bytes:
    """Rear Admiral Grace Hopper (US Navy, public domain), carried by matplotlib."""
    return files("matplotlib").joinpath("mpl-data", "sample_data", "grace_hopper.jpg").read_bytes()


def reshot(portrait: bytes) -> bytes:
    """The same picture as another camera would take it: tilted, cropped, darker, smaller, recompressed.

    Raises ``OSError`` for bytes that are not a picture.
    """
    with Image.open(BytesIO(portrait)) as original:
        upright = ImageOps.exif_transpose(original).convert("RGB")
    picture = upright.rotate(2, resample=Image.Resampling.BICUBIC, expand=False)
    width, height = picture.size
    picture = picture.crop((int(width * 0.06), int(height * 0.04), int(width * 0.96), int(height * 0.94)))
    picture = ImageEnhance.Brightness(picture).enhance(0.88)
    picture = picture.resize((int(picture.width * 0.92), int(picture.height * 0.92)))
    out = BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def stranger() -> bytes:
    """Eileen Collins (NASA, public domain), carried by scikit-image."""
    return files("skimage").joinpath("data", "astronaut.png").read_bytes()
