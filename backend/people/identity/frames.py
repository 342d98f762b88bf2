"""Pictures for a face check: how many are due, how large they may be, and what is said of others."""

from collections.abc import Sequence
from enum import StrEnum

from backend.errors import FieldProblem, Invalid, ProblemCode, Text

LARGEST_FRAME = 8_000_000
LARGEST_FRAMES = 12_000_000
"""Bytes, one and all together; the face service refuses more, and is not to be sent it."""
SELFIE_FRAMES = (1, 1)
ENROL_FRAMES = (3, 3)
"""A template is the mean of three pictures; an active challenge has enough of them anyway."""
ACTIVE_FRAMES = (6, 12)
"""Fewest and most: turns are seen between frames, so there are more frames than motions."""

WRONG_COUNT = Text("照片数量应为{fewest}至{most}张。", "Between {fewest} and {most} pictures are expected.")
ONE_PICTURE = Text("请只上传一张照片。", "Exactly one picture is expected.")
WRONG_SIZE = Text(
    "照片不能为空，每张不超过8MB，合计不超过12MB。",
    "A picture must not be empty and has at most 8 MB, all together 12 MB.",
)


class FacePurpose(StrEnum):
    """What a challenge is for."""

    VERIFY = "VERIFY"
    ENROL = "ENROL"
    """To prove oneself, and to keep a template for the next times."""


def frames_due(purpose: FacePurpose, *, active: bool) -> tuple[int, int]:
    """How many pictures a challenge takes, at least and at most."""
    if active:
        return ACTIVE_FRAMES
    return ENROL_FRAMES if purpose is FacePurpose.ENROL else SELFIE_FRAMES


def wrong_frames(frames: Sequence[bytes], bounds: tuple[int, int]) -> Invalid | None:
    """Why nobody looks at these frames: there are too few or too many, or they are empty or too large."""
    fewest, most = bounds
    if not fewest <= len(frames) <= most:
        told = ONE_PICTURE if most == 1 else WRONG_COUNT.filled(fewest=fewest, most=most)
        return Invalid(told, fields=(FieldProblem(("input", "frames"), told),))
    wrong = [place for place, frame in enumerate(frames) if not 0 < len(frame) <= LARGEST_FRAME]
    if not wrong and sum(map(len, frames)) <= LARGEST_FRAMES:
        return None
    places: list[tuple[str | int, ...]] = [("input", "frames", place) for place in wrong]
    return Invalid(
        WRONG_SIZE,
        code=ProblemCode.FACE_UNUSABLE,
        fields=tuple(FieldProblem(place, WRONG_SIZE) for place in places or [("input", "frames")]),
    )
