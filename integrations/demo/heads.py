"""The demo portrait before a camera: as a head that turns, and as a print that is tilted. Computed, not filmed.

A head is a portrait laid over a rough relief (skull, nose, eye sockets) and seen from another side. That is
enough to show how an active challenge runs where no camera is at hand; it says nothing about how well faces are
told apart, and a filmed head will differ more from one frame to the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from backend.ports import FaceMotion
from integrations.demo import portraits

TURNS = {FaceMotion.FRONT: 0.0, FaceMotion.TURN_LEFT: 19.0, FaceMotion.TURN_RIGHT: -25.0}
"""Degrees of each motion: both portraits look a little to the picture's right already."""

_CAMERA = 8.0
"""How far the camera is, in distances between the eyes: an arm's length."""
_AXIS = 0.45
"""Depth of the neck, around which the head turns, in the same unit."""
_STEPS = 16

Pixels = npt.NDArray[np.uint8]
Field = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Head:
    """A portrait, and where the middles of the eyes are in it (the one at the picture's left first)."""

    picture: Pixels = field(repr=False)
    left: tuple[float, float]
    right: tuple[float, float]

    def turned(self, yaw: float, pitch: float = 0.0) -> Pixels:
        """The head turned by degrees: ``yaw`` above 0 to the picture's right, ``pitch`` above 0 downwards."""
        height, width = self.picture.shape[:2]
        down, across = np.mgrid[0:height, 0:width].astype(np.float32)
        x, y = self._to_face(across, down)
        relief = _relief(x, y)
        # Where each pixel comes from: begin with its own place and mend the error, step by step.
        from_x, from_y = x.copy(), y.copy()
        for _ in range(_STEPS):
            depth = _looked_up(relief, *self._to_picture(from_x, from_y))
            seen_x, seen_y = _projected(from_x, from_y, depth, np.radians(yaw), np.radians(pitch))
            from_x += 0.6 * (x - seen_x)
            from_y += 0.6 * (y - seen_y)
        return np.asarray(_looked_up(self.picture, *self._to_picture(from_x, from_y)), np.uint8)

    def _to_face(self, across: Field, down: Field) -> tuple[Field, Field]:
        """Pixels in units of the distance between the eyes, from the middle between them, level with them."""
        cos, sin = self._axis()
        x, y = across - self._middle()[0], down - self._middle()[1]
        scale = np.float32(cos**2 + sin**2)
        return (x * cos + y * sin) / scale, (y * cos - x * sin) / scale

    def _to_picture(self, x: Field, y: Field) -> tuple[Field, Field]:
        cos, sin = self._axis()
        return self._middle()[0] + x * cos - y * sin, self._middle()[1] + x * sin + y * cos

    def _axis(self) -> tuple[np.float32, np.float32]:
        return np.float32(self.right[0] - self.left[0]), np.float32(self.right[1] - self.left[1])

    def _middle(self) -> tuple[np.float32, np.float32]:
        across, down = self.right[0] + self.left[0], self.right[1] + self.left[1]
        return np.float32(across / 2), np.float32(down / 2)


@cache
def reference_head() -> Head:
    """The demo's reference portrait."""
    return Head(_opened(portraits.reference()), (222.5, 194.5), (306.5, 190.5))


@cache
def stranger_head() -> Head:
    """The demo's stranger, cut out around the face and enlarged."""
    whole = _opened(portraits.stranger())
    cut = cv2.resize(whole[0:300, 80:380], (600, 600), interpolation=cv2.INTER_CUBIC)
    return Head(np.asarray(cut, np.uint8), (247.0, 205.0), (333.0, 209.0))


def challenge_frames(head: Head, motions: Sequence[FaceMotion], *, between: bool = True) -> Sequence[bytes]:
    """JPEG frames of somebody who does as asked; with ``between`` also one on the way to each turn."""
    angles: list[float] = []
    for motion in motions:
        goal = TURNS[motion]
        if between and goal:
            angles.append(goal / 2)
        angles.append(goal)
    return [shot(_turned(head, angle, place), place) for place, angle in enumerate(angles)]


def tilted(picture: Pixels, axis: float, angle: float, nearness: float = 1.5) -> Pixels:
    """A print, turned by ``angle`` degrees about a line through its middle that leans by ``axis`` degrees.

    ``nearness``: how far the camera is, in lengths of the print's longer side.
    """
    height, width = picture.shape[:2]
    focus = nearness * max(height, width)
    line = np.array([np.cos(np.radians(axis)), np.sin(np.radians(axis)), 0.0])
    rotation, _ = cv2.Rodrigues(line * np.radians(angle))
    placed = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 0]])
    seen = np.asarray(rotation) @ placed + np.array([[0, 0, 0], [0, 0, 0], [0, 0, focus]])
    camera = np.array([[focus, 0, width / 2], [0, focus, height / 2], [0, 0, 1]])
    grey = (120, 120, 120)
    return np.asarray(
        cv2.warpPerspective(picture, camera @ seen, (width, height), borderValue=grey), np.uint8
    )


def shot(picture: Pixels, place: int) -> bytes:
    """A picture as the ``place``-th frame of a hand-held camera: a little moved, noisy, compressed."""
    random = np.random.default_rng(place)
    height, width = picture.shape[:2]
    aside, down = random.uniform(-0.02, 0.02, 2) * max(height, width)
    move = np.array([[1.0, 0.0, aside], [0.0, 1.0, down]])
    moved = cv2.warpAffine(picture, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
    noisy = moved * random.uniform(0.95, 1.05) + random.normal(0, 2, moved.shape)
    _, encoded = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return encoded.tobytes()


def _opened(content: bytes) -> Pixels:
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def _turned(head: Head, angle: float, place: int) -> Pixels:
    random = np.random.default_rng(1000 + place)
    return head.turned(angle + random.uniform(-1.5, 1.5), random.uniform(-2, 2))


def _relief(x: Field, y: Field) -> Field:
    """How far the face comes towards the camera: a skull, a nose on it, two eye sockets in it."""
    skull = 1.5 * np.sqrt(np.clip(1 - (x / 1.25) ** 2 - ((y - 0.45) / 1.9) ** 2, 0, None) + 0.02)
    bridge = np.clip((y - 0.05) / 0.61, 0, 1) ** 1.2
    ridge = np.where(y < 0.66, bridge, np.exp(-(((y - 0.66) / 0.10) ** 2)))
    nose = 0.33 * np.exp(-((x / 0.17) ** 2)) * ridge
    sockets = sum(0.10 * np.exp(-(((x - side) / 0.22) ** 2) - (y / 0.15) ** 2) for side in (-0.5, 0.5))
    return np.asarray(cv2.GaussianBlur((skull + nose - sockets).astype(np.float32), (0, 0), 3), np.float32)


def _projected(x: Field, y: Field, depth: Field, yaw: float, pitch: float) -> tuple[Field, Field]:
    depth = depth - np.float32(_AXIS)
    aside = x * np.cos(yaw) + depth * np.sin(yaw)
    ahead = depth * np.cos(yaw) - x * np.sin(yaw)
    down = y * np.cos(pitch) + ahead * np.sin(pitch)
    nearer = (_CAMERA - 1) / (_CAMERA - ahead - _AXIS)
    return (aside * nearer).astype(np.float32), (down * nearer).astype(np.float32)


def _looked_up(field: Field | Pixels, across: Field, down: Field) -> Field:
    return np.asarray(
        cv2.remap(field, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
