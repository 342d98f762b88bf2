"""What travels between the API and the face service: JSON in memory, nothing that could land in a file."""

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from backend.ports import FaceMotion, FaceOutcome

LARGEST_BODY = 24 * 1024 * 1024
MOST_FRAMES = 12


class Question(BaseModel):
    """``POST /v1/verify``."""

    model_config = ConfigDict(extra="forbid", ser_json_bytes="base64")

    frames: list[Base64Bytes] = Field(min_length=1, max_length=MOST_FRAMES)
    reference: Base64Bytes
    motions: list[FaceMotion] = Field(default_factory=list, max_length=8)


class Verdict(BaseModel):
    """Its answer. The distance stays inside the service."""

    outcome: FaceOutcome
    model: str
