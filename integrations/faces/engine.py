"""From picture bytes to a face: decoded with suspicion, found by dlib, described by DeepFace.

Runs in worker processes only, one call at a time: neither dlib's detector nor OpenCV is safe in threads.
Importing this module imports nothing heavy; ``Engine`` does.
"""

import os
import warnings
from hashlib import sha256
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from backend.ports import FaceOutcome
from integrations.faces.challenge import Seen, yaw_of

LARGEST_PICTURE = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
SIDE = 800
"""Pictures are reduced to this before a face is looked for."""

SMALLEST_FACE = 80
"""Pixels; a smaller face says too little."""

CHIP, PADDING = 150, 0.25

WEIGHTS = "dlib_face_recognition_resnet_model_v1.dat"
WEIGHTS_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
LANDMARKS = "shape_predictor_5_face_landmarks.dat"

_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


class Unusable(Exception):  # noqa: N818 - an answer about a picture
    """The picture does not show exactly one usable face."""

    def __init__(self, outcome: FaceOutcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.value)


def prepare(folder: Path) -> None:
    """Put the weights where DeepFace looks for them, so that it never asks a network for them.

    Must run before DeepFace is imported. Raises ``RuntimeError`` when the shipped weights are not the
    ones that were measured.
    """
    os.environ["DEEPFACE_HOME"] = str(folder.absolute())
    os.environ["DEEPFACE_BACKEND_ENGINE"] = "onnx"
    os.environ["DEEPFACE_LOG_LEVEL"] = "50"
    weights = folder.absolute() / ".deepface" / "weights"
    weights.mkdir(parents=True, exist_ok=True)
    shipped = models_folder() / WEIGHTS
    if sha256(shipped.read_bytes()).hexdigest() != WEIGHTS_SHA256:
        raise RuntimeError(f"{WEIGHTS} is not the file that was measured")
    place = weights / WEIGHTS
    if not place.exists():
        try:
            place.symlink_to(shipped)
        except FileExistsError:
            return  # another worker was first


def models_folder() -> Path:
    """Where the weights package keeps its files; found without importing it, which needs pkg_resources."""
    spec = find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package face_recognition_models is missing")
    return Path(spec.origin).parent / "models"


def decode(content: bytes) -> Any:
    """An RGB array with sides of at most 800. Raises ``Unusable(REFUSED_IMAGE)`` for anything hostile."""
    import numpy as np

    if len(content) > LARGEST_PICTURE or not content.startswith(_MAGIC):
        raise Unusable(FaceOutcome.REFUSED_IMAGE)
    try:
        with warnings.catch_warnings(action="error"), Image.open(
            BytesIO(content), formats=("JPEG", "PNG")
        ) as picture:
            if picture.width * picture.height > MOST_PIXELS or min(picture.size) < SMALLEST_FACE:
                raise Unusable(FaceOutcome.REFUSED_IMAGE)
            # A JPEG is decoded at a fraction of its size where that is enough.
            picture.draft("RGB", (SIDE, SIDE))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((SIDE, SIDE))
            return np.asarray(upright.convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Warning):
        raise Unusable(FaceOutcome.REFUSED_IMAGE) from None


class Engine:
    """Loaded models. Making one takes a second or two; ``see`` some tenths."""

    def __init__(self, folder: Path) -> None:
        prepare(folder)
        import dlib
        import numpy as np
        from deepface import DeepFace

        self._dlib = dlib
        self._represent = DeepFace.represent
        self._detector = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(str(models_folder() / LANDMARKS))
        self._embed(np.zeros((CHIP, CHIP, 3), dtype=np.uint8))

    def see(self, content: bytes) -> Seen:
        """The one face in a picture. Raises ``Unusable``."""
        picture = decode(content)
        # Once at this size, and enlarged only if nothing was found: enlarging finds faces in medals.
        faces = self._detector(picture, 0) or self._detector(picture, 1)
        if len(faces) != 1:
            raise Unusable(FaceOutcome.MANY_FACES if faces else FaceOutcome.NO_FACE)
        if min(faces[0].width(), faces[0].height()) < SMALLEST_FACE * 0.75:
            raise Unusable(FaceOutcome.POOR_QUALITY)
        shape = self._landmarks(picture, faces[0])
        chip = self._dlib.get_face_chip(picture, shape, CHIP, PADDING)
        return Seen(
            digest=sha256(content).hexdigest(),
            yaw=yaw_of([(float(point.x), float(point.y)) for point in shape.parts()]),
            embedding=self._embed(chip[:, :, ::-1]),
        )

    def _embed(self, chip_bgr: Any) -> tuple[float, ...]:
        [found] = self._represent(
            chip_bgr, model_name="Dlib", detector_backend="skip", enforce_detection=False
        )
        return tuple(found["embedding"])
