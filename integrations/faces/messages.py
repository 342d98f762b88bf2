"""What travels between the API and the face service: JSON in memory, nothing that could land in a file."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from backend.ports import FaceMotion, FaceOutcome

LARGEST_BODY = 24 * 1024 * 1024
MOST_FRAMES = 12
ROTATED, SECRET = 512, 32
"""Bytes of a template's halves."""

UNREADABLE = b"unreadable"
"""A worker's answer to a question of the wrong shape."""


class Question(StrEnum):
    """What can be asked: ``POST /v1/verify`` and so on."""

    VERIFY = "verify"
    ENROL = "enrol"
    COMPARE = "compare"


class GateRefusal(StrEnum):
    """Why nobody reads a question. Being busy, or having lost a worker, is nobody's attack."""

    UNAUTHORISED = "UNAUTHORISED"
    TOO_LARGE = "TOO_LARGE"
    TOO_SLOW = "TOO_SLOW"
    UNREADABLE = "UNREADABLE"


class Message(BaseModel):
    """Bytes travel as base64, and a field that nobody knows is a mistake."""

    model_config = ConfigDict(
        extra="forbid", ser_json_bytes="base64", val_json_bytes="base64", hide_input_in_errors=True
    )


class Template(Message):
    """An enrolled face on its way; see ``backend.ports.FaceTemplate``."""

    model: str = Field(max_length=64)
    rotated: bytes = Field(min_length=ROTATED, max_length=ROTATED)
    secret: bytes = Field(min_length=SECRET, max_length=SECRET)


class Frames(Message):
    """What was asked of the citizen, and what the camera saw."""

    frames: list[bytes] = Field(min_length=1, max_length=MOST_FRAMES)
    motions: list[FaceMotion] = Field(default_factory=list, max_length=8)


class AgainstReference(Frames):
    """``POST /v1/verify`` and ``POST /v1/enrol``."""

    reference: bytes


class AgainstTemplate(Frames):
    """``POST /v1/compare``."""

    template: Template


class Verdict(Message):
    """The answer. The distance stays inside the service."""

    outcome: FaceOutcome
    model: str
    template: Template | None = None
    """On an enrolment that matched."""


class Refusals(Message):
    """``GET /v1/refusals``: what this process has refused before a question was read."""

    process: str = Field(pattern=r"^[A-Za-z0-9_-]{8,40}$")
    sums: dict[GateRefusal, int]
