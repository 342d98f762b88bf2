"""How the platform behaves until told otherwise; kept in its database like everything it knows."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Mode(StrEnum):
    """One way to behave, or to misbehave."""

    NORMAL = "normal"
    DOWN = "down"
    """503 to every case, and callbacks wait."""
    SLOW = "slow"
    """Takes the case and answers after ``slowSeconds``."""
    LOSE_REPLY = "lose_reply"
    """Takes the case, then drops the connection."""
    REJECT = "reject"
    """Refuses every message as such: a signed 422."""
    NOT_ACCEPT = "not_accept"
    """Takes the message, then does not accept the case (不受理)."""
    REFUSE = "refuse"
    """Accepts every case, then refuses it (退回)."""
    GARBAGE = "garbage"
    """Answers properly signed nonsense."""
    BAD_SIGNATURE = "bad_signature"
    """Signs answers and callbacks with a key that is not the platform's."""
    STALE_STAMP = "stale_stamp"
    """Stamps answers and callbacks ten minutes ago."""
    OLD_ANSWER = "old_answer"
    """Answers what it answered last, to the byte."""
    DUPLICATE_CALLBACKS = "duplicate_callbacks"
    """Says everything twice, each time under a new nonce."""
    REPLAY_CALLBACKS = "replay_callbacks"
    """Sends every callback twice, to the byte."""
    OUT_OF_ORDER = "out_of_order"
    """Sends the decision before the acceptance."""
    WRONG_CODE = "wrong_code"
    """Says everything under a result code that is not in the agreement."""
    HALF_FILE = "half_file"
    """Gives half of a result's file, under the digest of the whole."""
    DROPPED = "dropped"
    """Drops the connection before anything was done."""
    STORM = "storm"
    """Drops calls, loses replies, is down for a moment, repeats and reorders: by chance, from ``seed``."""


class Scenario(BaseModel):
    """``POST /admin/scenario``."""

    model_config = ConfigDict(extra="forbid")

    mode: Mode = Mode.NORMAL
    delay_seconds: float = Field(default=2.0, alias="delaySeconds", ge=0, le=3600)
    """Between receipt and acceptance, and again between acceptance and decision."""
    seed: int = Field(default=1, ge=0)
    """Of the chances of a storm: the same seed tells the same story."""
    slow_seconds: float = Field(default=10.0, alias="slowSeconds", ge=0, le=60)
