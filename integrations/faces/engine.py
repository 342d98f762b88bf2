"""From a picture to a face: found by dlib, described by DeepFace.

Imported in worker processes only, one call at a time: neither dlib's detector nor OpenCV is safe in threads.
"""

import os
from collections.abc import Sequence
from functools import cache, partial
from hashlib import sha256
from importlib.util import find_spec
from math import cos, sin
from pathlib import Path
from typing import Any

import dlib
import numpy as np
import numpy.typing as npt
from PIL import Image

from backend.ports import FaceOutcome
from integrations.faces import flatness
from integrations.faces.challenge import Embedding, Seen, Unusable, yaw_of
from integrations.faces.pictures import decode, sketch

Pixels = npt.NDArray[np.uint8]

SEARCHED = 640
"""Longer side of the picture in which a face is looked for; dlib finds those of 80 pixels and more."""
FOLLOWED = 130
"""Pixels to which a face that was seen in the frame before is reduced: others two thirds as large are noticed."""
SHRUNK = 0.8
"""A followed face that is smaller than this share of what it was is looked for anew: others may be as large."""

SMALLEST_FACE = 60
"""Pixels in the picture of 800; less says too little."""

CHIP, PADDING = 150, 0.25
"""The aligned face that the model was trained on."""

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


class Engine:
    """Loaded models. Making one takes a second or two, ``see`` two hundredths, describing what is seen a tenth."""

    def __init__(self, folder: Path) -> None:
        prepare(folder)
        from deepface import DeepFace  # noqa: PLC0415 - reads the environment that prepare() sets

        self._represent = DeepFace.represent
        self._detector = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(str(models_folder() / LANDMARKS))
        self._embed(np.zeros((CHIP, CHIP, 3), dtype=np.uint8))

    def see(self, content: bytes, before: Seen | None = None) -> Seen:
        """The one face in a picture; ``before`` is what the frame before showed. Raises ``Unusable``."""
        picture = decode(content)
        pixels = np.asarray(picture)
        face = self._find(picture, before)
        if min(face.width(), face.height()) < SMALLEST_FACE:
            raise Unusable(FaceOutcome.POOR_QUALITY)
        shape = self._landmarks(pixels, face)
        points = [(float(point.x), float(point.y)) for point in shape.parts()]
        place = dlib.get_face_chip_details(shape, CHIP, PADDING)
        chip_bgr = np.ascontiguousarray(dlib.extract_image_chip(pixels, place)[:, :, ::-1])
        return Seen(
            yaw=yaw_of(points),
            describe=cache(partial(self._embed, chip_bgr)),
            sketch=sketch(picture),
            size=face.width() / max(picture.size),
            patch=flatness.patch_of(chip_bgr),
            points=_in_patch(points, place),
        )

    def _find(self, picture: Image.Image, before: Seen | None) -> Any:
        """The only face, in the picture's own pixels. Raises ``Unusable``.

        Followed at the size it had; else looked for in a smaller picture, the whole one, an enlarged one:
        each costs four times as much as the one before, and enlarging finds faces in medals.
        """
        side = max(picture.size)
        wide = min(1.0, SEARCHED / side)
        if before is not None:
            faces = self._search(picture, min(wide, FOLLOWED / (before.size * side)))
            if len(faces) == 1 and faces[0].width() > SHRUNK * before.size * side:
                return faces[0]
        for scale in (wide, 1.0, 2.0):
            faces = self._search(picture, scale)
            if len(faces) > 1:
                raise Unusable(FaceOutcome.MANY_FACES)
            if faces:
                return faces[0]
        raise Unusable(FaceOutcome.NO_FACE)

    def _search(self, picture: Image.Image, scale: float) -> Sequence[Any]:
        size = (round(picture.width * scale), round(picture.height * scale))
        seen = picture if scale == 1 else picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2)
        return [_scaled(face, 1 / scale) for face in self._detector(np.asarray(seen), 0)]

    def _embed(self, chip_bgr: Pixels) -> Embedding:
        [found] = self._represent(
            chip_bgr, model_name="Dlib", detector_backend="skip", enforce_detection=False
        )
        return tuple(found["embedding"])


def _scaled(face: Any, factor: float) -> Any:
    return dlib.rectangle(
        *(round(edge * factor) for edge in (face.left(), face.top(), face.right(), face.bottom()))
    )


def _in_patch(points: Sequence[flatness.Point], place: Any) -> Sequence[flatness.Point]:
    """Landmarks where the patch shows them: the chip is cut at ``place``, which leans by an angle."""
    middle, along, across = place.rect.dcenter(), cos(place.angle), sin(place.angle)
    scale = flatness.SIDE / place.rect.width()

    def moved(x: float, y: float) -> flatness.Point:
        x, y = x - middle.x, y - middle.y
        return (
            (x * along + y * across) * scale + flatness.SIDE / 2,
            (y * along - x * across) * scale + flatness.SIDE / 2,
        )

    return [moved(*point) for point in points]
