"""How a province with its own application speaks: names, codes and moments as data, and the shapes that come of them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from backend.errors import Text
from backend.kit.signatures import sm3_hex
from backend.province_ports import ProvinceEventKind, ProvinceStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one province's platform speaks. Names are theirs on the right, ours on the left."""

    system: str
    """What its calls are called in logs and metrics."""
    name: Text
    paths: Mapping[str, str]
    """Of ``lodge``, ``supplement``, ``withdraw``, ``query``, ``result``, below the address."""
    case: Mapping[str, str]
    applicant: Mapping[str, str]
    applicant_in: str = ""
    """The object that holds the applicant; empty where it stands beside the case."""
    certificate: tuple[str, str]
    """The field that names the kind of document, and their code of the resident identity card."""
    materials_in: str
    material: Mapping[str, str]
    receipt_in: str = ""
    receipt: Mapping[str, str]
    """``external_case_number delivery_id case_number received_at body_sm3``."""
    callback: Mapping[str, str]
    """``event_id case_number external_case_number sequence link outcome happened_at reason result_number result``."""
    events: Mapping[tuple[str, str], ProvinceEventKind]
    """By link (环节) and result code of that link."""
    about: Mapping[str, str]
    """``delivery_id case_number external_case_number reason``, in messages about a lodged case."""
    progress: tuple[str, str]
    """Their fields of stage and since when."""
    stages: Mapping[str, ProvinceStage]
    lists: tuple[str, str, str] | None = None
    """Where progress is asked for many at once: their fields of the numbers, of the cases and of the steps of each."""
    document: Mapping[str, str]
    """``number file_name media_type content`` of a result, and its checksum: ``sm3`` or ``sha256``."""
    asks_by_both: bool = True
    """Whether a result is asked for by both numbers, or by theirs alone."""
    refusal: str = "code"
    """Their field of the code with which they refuse."""
    our_fault: frozenset[str]
    """Refusals of the envelope, not of the case: mended by keys and clocks, then the case goes through."""
    unknown_case: frozenset[str] = frozenset({"CASE_UNKNOWN", "RESULT_NOT_THERE"})
    moments: str = ""
    """``strptime`` format of Beijing time; empty for ISO 8601 with zone."""
    sealed_in: str = ""
    """The only field of a message whose payload is sealed (SM4-GCM); empty where it is not."""


Number = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x20]{1,64}$")]
"""Theirs or ours: no sign in it that a database or a log could stumble over."""


class ReceiptBodyShape(BaseModel):
    """A receipt, in our names."""

    external_case_number: Number
    delivery_id: UUID
    case_number: str
    received_at: AwareDatetime
    body_sm3: str


class CallbackShape(BaseModel):
    """A callback, in our names."""

    event_id: Number
    case_number: Number
    external_case_number: Number
    sequence: int = Field(ge=1, lt=2**31)
    link: str = Field(max_length=20)
    outcome: str = Field(max_length=20)
    happened_at: AwareDatetime
    reason: str | None = Field(default=None, max_length=2000)
    result_number: str | None = Field(default=None, max_length=100)
    result: dict[str, str | int | bool | None] = Field(default_factory=dict)


class ProgressShape(BaseModel):
    """How far a case is."""

    stage: str = Field(max_length=40)
    since: AwareDatetime


class StepShape(BaseModel):
    """One step that was taken."""

    link: str = Field(max_length=20)
    outcome: str = Field(max_length=20)
    happened_at: AwareDatetime


class DocumentShape(BaseModel):
    """A result document."""

    number: Number
    file_name: str = Field(default="", max_length=200)
    media_type: str = Field(max_length=100)
    content: str
    sm3: str | None = None
    sha256: str | None = None

    def whole(self, content: bytes) -> bool:
        """Whether it has the checksum that came with it; one without a checksum is not believed."""
        if self.sm3 is not None:
            return self.sm3 == sm3_hex(content)
        return self.sha256 == hashlib.sha256(content).hexdigest()


class RefusedShape(BaseModel):
    """Why something was refused."""

    code: str = Field(pattern="^[A-Z0-9_]{1,40}$")
