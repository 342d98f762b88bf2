"""Could one picture of a face be the other one on a sheet of paper, held at another angle?

A print that is tilted about a slanting line shifts the nose against the eyes, just as a turned head does.
But everything on a flat sheet moves by one homography, while the nose of a head moves against its cheeks:
so the best homography between two pictures is looked for, and what is left over tells a head from a sheet.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

SIDE = 75
"""Pixels of the square patch that is compared; the face fills about half of it."""

Patch = npt.NDArray[np.float32]
Point = tuple[float, float]

_STEPS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
_FACE = np.zeros((SIDE, SIDE), np.uint8)
cv2.ellipse(_FACE, (SIDE // 2, SIDE // 2), (round(SIDE * 0.36), round(SIDE * 0.42)), 0, 0, 360, 255, -1)


def patch_of(chip_bgr: npt.NDArray[np.uint8]) -> Patch:
    """The aligned face, small and grey, without the light that falls on it."""
    grey = cv2.cvtColor(chip_bgr, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    fine = _blurred(small, 1.0)
    return fine - _blurred(fine, SIDE / 8)


def _blurred(patch: Patch, sigma: float) -> Patch:
    return np.asarray(cv2.GaussianBlur(patch, (0, 0), sigma), np.float32)


def likeness(one: Patch, other: Patch, points: Sequence[Point], others: Sequence[Point]) -> float:
    """How well the best homography explains one patch by the other: a correlation, at most 1; -1 if none is found.

    ``points`` are the landmarks in each patch, from which the search starts.
    """
    return max(
        _from(start, one, other) for start in (_affine(points, others), np.eye(2, 3, dtype=np.float32))
    )


def _affine(points: Sequence[Point], others: Sequence[Point]) -> Patch:
    given = np.hstack([np.asarray(points), np.ones((len(points), 1))])
    found, *_ = np.linalg.lstsq(given, np.asarray(others), rcond=None)
    return np.asarray(found.T, np.float32)


def _from(start: Patch, one: Patch, other: Patch) -> float:
    """An affine map first, which is found from farther away, then the homography beside it."""
    rough, warp = _search(one, other, start, cv2.MOTION_AFFINE, 7)
    homography = np.eye(3, dtype=np.float32)
    homography[:2] = start if warp is None else warp
    fine, _ = _search(one, other, homography, cv2.MOTION_HOMOGRAPHY, 5)
    return max(rough, fine)


def _search(one: Patch, other: Patch, start: Patch, motion: int, blur: int) -> tuple[float, Patch | None]:
    try:
        found, warp = cv2.findTransformECC(one, other, start.copy(), motion, _STEPS, _FACE, blur)
    except cv2.error:  # it did not converge
        return -1.0, None
    return found, np.asarray(warp, np.float32)
