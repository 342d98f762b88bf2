"""Enrolled templates: the mean description of three frames, turned by a secret of its own.

A rotation keeps every distance, so nothing is lost for comparing; without the secret the turned numbers
cannot be held against any other face, not even against another template of the same person.
"""

from collections.abc import Sequence
from hashlib import shake_256
from secrets import token_bytes

import numpy as np
import numpy.typing as npt

from integrations.faces.challenge import Embedding
from integrations.faces.messages import ROTATED, SECRET

FRAMES = 3

_LENGTH = 128
_STORED = np.dtype("<f4")

Vector = npt.NDArray[np.float64]


def make(embeddings: Sequence[Embedding]) -> tuple[bytes, bytes]:
    """A template in its two halves, ``(rotated, secret)``: 512 and 32 bytes. Another one every time."""
    mean = np.mean([_unit(np.asarray(embedding)) for embedding in embeddings], axis=0)
    secret = token_bytes(SECRET)
    return (_rotation(secret) @ _unit(mean)).astype(_STORED).tobytes(), secret


def read(rotated: bytes, secret: bytes) -> Embedding | None:
    """What ``make`` was given, in the mean; None for halves that do not belong to a template."""
    if len(rotated) != ROTATED:
        return None
    turned = np.frombuffer(rotated, _STORED).astype(np.float64)
    if not 0.99 < np.linalg.norm(turned) < 1.01:  # false for numbers that are none, too
        return None
    return tuple(map(float, _rotation(secret).T @ turned))


def _unit(vector: Vector) -> Vector:
    unit: Vector = vector / np.linalg.norm(vector)
    return unit


def _rotation(secret: bytes) -> Vector:
    """A uniformly random orthogonal matrix, the same for the same secret.

    SHAKE-256 gives uniform numbers, Box and Muller's formula normal ones, and the Q of their QR
    decomposition is uniform over all rotations and reflections once the diagonal of R is positive.
    """
    count = _LENGTH * _LENGTH
    words = np.frombuffer(shake_256(b"jinmin face template 1" + secret).digest(16 * count), "<u8")
    uniform = (words.astype(np.float64) + 0.5) / 2.0**64
    normal = np.sqrt(-2 * np.log(uniform[:count])) * np.cos(2 * np.pi * uniform[count:])
    q, r = np.linalg.qr(normal.reshape(_LENGTH, _LENGTH))
    rotation: Vector = q * np.sign(np.diag(r))
    return rotation
