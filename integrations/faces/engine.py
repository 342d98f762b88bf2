"""From picture bytes to a face: decoded with suspicion, found by dlib, described by DeepFace.

Imported in worker processes only, one call at a time: neither dlib's detector nor OpenCV is safe in threads.
"""

import os
import warnings
from hashlib import sha256
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import dlib
import numpy as np
from PIL import Image, ImageOps

from backend.ports import FaceOutcome
from integrations.faces.challenge import SKETCH_SIDE, Seen, Unusable, yaw_of

LARGEST_PICTURE = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
SIDE = 800
"""Pictures are reduced to this before a face is looked for."""

SMALLEST_PICTURE, SMALLEST_FACE = 80, 60
"""Pixels; less says too little."""

CHIP, PADDING = 150, 0.25

WEIGHTS = "dlib_face_recognition_resnet_model_v1.dat"
WEIGHTS_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
LANDMARKS = "shape_predictor_5_face_landmarks.dat"


def prepare(folder: Path) -> None:
    """Put the weights where DeepFace looks for them, so that it never asks a network for them.

    Must run before DeepFace is imported. Raises ``RuntimeError`` when the installed weights are not the
    ones that were measured.
    """
    os.environ["DEEPFACE_HOME"] = str(folder.absolute())
    os.environ["DEEPFACE_BACKEND_ENGINE"] = "onnx"  # never imported; keeps it from looking for TensorFlow
    os.environ["DEEPFACE_LOG_LEVEL"] = "50"
    installed = models_folder() / WEIGHTS
    if sha256(installed.read_bytes()).hexdigest() != WEIGHTS_SHA256:
        raise RuntimeError(f"{WEIGHTS} is not the file that was measured")
    place = folder.absolute() / ".deepface" / "weights" / WEIGHTS
    place.parent.mkdir(parents=True, exist_ok=True)
    # Always anew and at once: the environment may have moved since, and another worker may be doing the same.
    draft = place.with_suffix(f".{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(installed)
    draft.replace(place)


def models_folder() -> Path:
    """Where the weights package keeps its files; found without importing it, which needs pkg_resources."""
    spec = find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package face_recognition_models is missing")
    return Path(spec.origin).parent / "models"


def decode(content: bytes) -> Image.Image:
    """An upright RGB picture with sides of at most 800. Raises ``Unusable(REFUSED_IMAGE)`` for anything hostile."""
    kind = _kind(content)
    if kind is None or len(content) > LARGEST_PICTURE:
        raise Unusable(FaceOutcome.REFUSED_IMAGE)
    try:
        with (
            warnings.catch_warnings(action="error"),
            Image.open(BytesIO(content), formats=(kind,)) as picture,
        ):
            if picture.width * picture.height > MOST_PIXELS or min(picture.size) < SMALLEST_PICTURE:
                raise Unusable(FaceOutcome.REFUSED_IMAGE)
            # A JPEG is decoded at a fraction of its size where that is enough.
            picture.draft("RGB", (SIDE, SIDE))
            reduced = picture.convert("RGB")
            reduced.thumbnail((SIDE, SIDE))
            return ImageOps.exif_transpose(reduced)
    except Unusable:
        raise
    except Exception:  # noqa: BLE001 - forged EXIF makes Pillow raise nearly anything; it is the picture's fault
        raise Unusable(FaceOutcome.REFUSED_IMAGE) from None


def _kind(content: bytes) -> str | None:
    """The format that the first bytes tell; None for every other (GIF, TIFF, SVG, HEIC …)."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    return "WEBP" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


class Engine:
    """Loaded models. Making one takes a second or two; ``see`` some tenths."""

    def __init__(self, folder: Path) -> None:
        prepare(folder)
        from deepface import DeepFace  # noqa: PLC0415 - reads the environment that prepare() sets

        self._represent = DeepFace.represent
        self._detector = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(str(models_folder() / LANDMARKS))
        self._embed(np.zeros((CHIP, CHIP, 3), dtype=np.uint8))

    def see(self, content: bytes) -> Seen:
        """The one face in a picture. Raises ``Unusable``."""
        decoded = decode(content)
        picture = np.asarray(decoded)
        # Once at this size, and enlarged only if nothing was found: enlarging finds faces in medals.
        faces = self._detector(picture, 0) or self._detector(picture, 1)
        if len(faces) != 1:
            raise Unusable(FaceOutcome.MANY_FACES if faces else FaceOutcome.NO_FACE)
        if min(faces[0].width(), faces[0].height()) < SMALLEST_FACE:
            raise Unusable(FaceOutcome.POOR_QUALITY)
        shape = self._landmarks(picture, faces[0])
        chip = dlib.get_face_chip(picture, shape, CHIP, PADDING)
        sketch = decoded.convert("L").resize((SKETCH_SIDE, SKETCH_SIDE), Image.Resampling.BOX)
        return Seen(
            yaw=yaw_of([(float(point.x), float(point.y)) for point in shape.parts()]),
            embedding=self._embed(chip[:, :, ::-1]),
            sketch=sketch.tobytes(),
        )

    def _embed(self, chip_bgr: Any) -> tuple[float, ...]:
        [found] = self._represent(
            chip_bgr, model_name="Dlib", detector_backend="skip", enforce_detection=False
        )
        return tuple(found["embedding"])
