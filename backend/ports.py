"""What the house needs from outside, as protocols. ``integrations`` implements each of them.

Every call may raise ``backend.errors.Unavailable`` when the other side cannot be reached in time
(nothing was changed then, or it is safe to call again with the same arguments).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from backend.exchange_ports import ProvinceDesk
from backend.kit.documents import Document, DocumentKind
from backend.kit.resident_id import Sex
from backend.means_ports import MeansChecker
from backend.message_ports import Channel, MessageChannel
from backend.provider_ports import WebhookCarrier
from backend.province_ports import ProvinceConnector
from backend.sharing_ports import DataSharing
from backend.statistics_ports import StatisticsSystem

# --- sign-in -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlatformAccount:
    """An account on a mini-program platform; ``session_key`` stays inside the adapter."""

    platform: str
    open_id: str
    union_id: str | None


class MiniProgramPlatform(Protocol):
    """WeChat, Alipay: turns a login code (single use, 5 minutes) into an account."""

    async def exchange_code(self, code: str) -> PlatformAccount:
        """The account behind ``code``. Raises ``Invalid(SIGN_IN_FAILED)`` for a bad or used code."""


class SmsGateway(Protocol):
    """Sends text messages of templates that were registered beforehand."""

    async def send_code(self, *, phone: str, code: str, minutes: int) -> None:
        """Send ``code``, good for ``minutes``, to ``phone`` (E.164). Never repeated by itself.

        Raises ``Invalid(PHONE_REFUSED)`` for a number that cannot be sent to and ``TooMany``.
        """


# --- real name ---------------------------------------------------------------------------------


class RegistryAnswer(StrEnum):
    """What the registry says about a name and a document."""

    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    UNKNOWN = "UNKNOWN"
    EXPIRED = "EXPIRED"
    """Name and document belong together, but the document is no longer valid."""


@dataclass(frozen=True, slots=True)
class RegistryRecord:
    """The registry's answer; everything but the answer only on MATCH, and as far as it is known."""

    answer: RegistryAnswer
    household_division: str | None = None
    """户籍地, 6 digits or more."""
    birth_date: date | None = None
    sex: Sex | None = None
    expires_on: date | None = None
    former_numbers: Sequence[str] = field(default=(), repr=False)
    """Numbers of the same kind of document that this person had before."""


class PopulationRegistry(Protocol):
    """The registers behind documents: 国家人口基础信息库, and the immigration administration's for all others."""

    async def check(self, *, name: str, document: Document) -> RegistryRecord:
        """Does this name belong to this document?"""

    async def reference_portrait(self, *, name: str, document: Document) -> bytes | None:
        """The reference photograph (JPEG or PNG bytes), or None where the registry has none."""


# --- proof by others -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlatformFaceTicket:
    """What the front end starts the platform's own face check with, and what its result is asked for by."""

    token: str
    url: str | None
    """Where the platform wants an address as well."""


class PlatformFaceCheck(Protocol):
    """A mini-program platform's own face check. What the phone says of it is never believed: we ask again."""

    async def begin(self, *, order: str, open_id: str, name: str, number: str) -> PlatformFaceTicket:
        """Announce a check of this person (mainland resident ID) on this account under our ``order`` (32 hex digits).

        Raises ``Invalid(PROOF_REFUSED)`` where the platform does not take this person.
        """

    async def passed(self, *, order: str, token: str, open_id: str, name: str, number: str) -> bool:
        """Whether that very check, of that person on that account, was passed; False as long as it was not."""


@dataclass(frozen=True, slots=True)
class NetworkIdentityStart:
    """What the front end hands to the national app (国家网络身份认证) to have a credential made."""

    organ: str
    app: str
    business_number: str


@dataclass(frozen=True, slots=True)
class NetworkIdentityHolder:
    """Whose credential (网证) it was."""

    network_id: str
    """网号: one and the same for this person in this application."""
    name: str | None = field(default=None, repr=False)
    number: str | None = field(default=None, repr=False)
    kind: DocumentKind | None = None
    """Name and document in the open only where the holder released them in the national app."""


class NetworkIdentity(Protocol):
    """国家网络身份认证公共服务: voluntary; whoever uses it is not asked for a name and a number."""

    def start(self, order: str) -> NetworkIdentityStart:
        """What a credential for our ``order`` (32 hex digits) is made with."""

    async def verify(
        self,
        *,
        order: str,
        credential: str,
        password: str,
        expected: Sequence[tuple[str, str]],
    ) -> tuple[NetworkIdentityHolder, bool] | None:
        """The holder of a credential and whether they are one of ``expected`` (name, number); None if it is not good.

        The comparison is of digests that the national service makes for this order: neither side tells a name.
        """


@dataclass(frozen=True, slots=True)
class VideoEntrance:
    """How one participant joins a room."""

    url: str
    token: str = field(repr=False)
    expires_at: datetime


class VideoRoom(Protocol):
    """Rooms for a call between a citizen and an officer; nothing is recorded in them."""

    async def open(self, room: str) -> None:
        """Make a room for two that closes by itself when it is empty; an existing one is fine."""

    def entrance(self, room: str, *, participant: str) -> VideoEntrance:
        """A short-lived entrance for one participant."""

    async def close(self, room: str) -> None:
        """End the call for both; a room that is not there is fine."""


# --- faces -------------------------------------------------------------------------------------


class FaceMotion(StrEnum):
    """What an active challenge asks for, one after the other."""

    FRONT = "FRONT"
    TURN_LEFT = "TURN_LEFT"
    TURN_RIGHT = "TURN_RIGHT"


class FaceOutcome(StrEnum):
    """What the face service found."""

    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    NO_FACE = "NO_FACE"
    MANY_FACES = "MANY_FACES"
    POOR_QUALITY = "POOR_QUALITY"
    REFUSED_IMAGE = "REFUSED_IMAGE"
    MOTION_NOT_SEEN = "MOTION_NOT_SEEN"
    REPEATED_FRAME = "REPEATED_FRAME"
    FLAT_PICTURE = "FLAT_PICTURE"
    """A turned face that is the straight one seen from the side, as a print held at an angle would be."""
    DIFFERENT_PEOPLE = "DIFFERENT_PEOPLE"
    REFERENCE_UNUSABLE = "REFERENCE_UNUSABLE"
    TEMPLATE_OUTDATED = "TEMPLATE_OUTDATED"
    """The enrolled template is of another model, or no template at all: compare with the reference again."""


@dataclass(frozen=True, slots=True)
class FaceVerdict:
    """The outcome and what produced it. The distance stays inside the face service."""

    outcome: FaceOutcome
    model: str
    """Model and threshold version, e.g. ``dlib-resnet-v1@0.060``."""


@dataclass(frozen=True, slots=True)
class FaceTemplate:
    """An enrolled face, in two halves that say nothing without each other: seal and keep them apart.

    The second enrolment of a face shares nothing with the first, so one that was lost is revoked by
    enrolling anew; shredding either half shreds the template.
    """

    model: str
    """What described the face, without the threshold, e.g. ``dlib-resnet-v1``."""
    rotated: bytes = field(repr=False)
    """512 bytes: the mean description of three frames, turned by the secret."""
    secret: bytes = field(repr=False)
    """32 bytes, new for every template."""


@dataclass(frozen=True, slots=True)
class FaceEnrolment:
    """The verdict on the frames, and on MATCH the template made from three of them."""

    outcome: FaceOutcome
    model: str
    template: FaceTemplate | None = None


class FaceService(Protocol):
    """Compares frames with a reference or a template. Keeps nothing.

    Every function raises ``TooMany(BUSY)`` with ``retry_after`` when every worker is occupied and
    ``Unavailable`` when the service cannot be reached.
    """

    async def verify(
        self, *, frames: Sequence[bytes], reference: bytes, motions: Sequence[FaceMotion]
    ) -> FaceVerdict:
        """Compare with a photograph. ``motions`` empty means a plain selfie: one frame."""

    async def enrol(
        self, *, frames: Sequence[bytes], reference: bytes, motions: Sequence[FaceMotion]
    ) -> FaceEnrolment:
        """``verify``, and on MATCH a template as well; three of the frames must be frontal.

        Without ``motions`` there are exactly three frames. Again with the same frames gives another template.
        """

    async def compare(
        self, *, frames: Sequence[bytes], template: FaceTemplate, motions: Sequence[FaceMotion]
    ) -> FaceVerdict:
        """``verify`` against an enrolled template.

        TEMPLATE_OUTDATED says that it is of another model: then ``enrol`` with the same frames verifies
        against the reference and gives a new template in one go.
        """

    async def ready(self) -> bool:
        """Is at least one worker warm?"""

    async def refusals(self) -> "RefusedAtGate":
        """What the service has refused before a question was read: for the audit trail. Raises ``Unavailable``."""


@dataclass(frozen=True, slots=True)
class RefusedAtGate:
    """What one process has refused in all its life, by kind."""

    process: str
    """Made up at its start."""
    sums: Mapping[str, int]


# --- files -------------------------------------------------------------------------------------


class FileStore(Protocol):
    """Keeps bytes under a key. What it is given is already sealed where it is personal."""

    async def put(self, key: str, content: bytes) -> None:
        """Store; the same key with the same content again is fine."""

    async def get(self, key: str) -> bytes:
        """Read. Raises ``NotFound``."""

    async def delete(self, key: str) -> None:
        """Remove; a key that is not there is fine."""


# --- e-licences --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ELicence:
    """An electronic licence (电子证照) with its document."""

    number: str
    issuer: str
    issued_on: date
    valid_until: date | None
    media_type: str
    content: bytes


class ELicences(Protocol):
    """The national e-licence sharing service (国家政务服务平台电子证照共享服务)."""

    async def register(self, *, kind: str, name: str, number: str, licence: ELicence) -> None:
        """Put a licence of ours into the store (归集); the same again changes nothing. Raises ``Unavailable``."""

    async def withdraw(self, *, kind: str, number: str, licence_number: str) -> None:
        """Say that one of ours no longer counts; one not there is fine. Raises ``Unavailable``."""

    async def find(self, *, kind: str, name: str, number: str, purpose: str) -> ELicence | None:
        """The valid licence of ``kind`` (``LicenceKind``) of this person, or None where there is none.

        ``number`` is the person's, ``purpose`` the item it is used for, noted there (国令716 Art. 7: for no other end).
        """


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside, connected; built once by ``integrations.connect``."""

    platforms: Mapping[str, MiniProgramPlatform]
    """By platform name: ``WECHAT``, ``ALIPAY``."""
    sms: SmsGateway | None
    """None where the installation has none."""
    messages: Mapping[Channel, MessageChannel]
    """By channel; those that are not connected are not in it."""
    platform_faces: Mapping[str, PlatformFaceCheck]
    """By platform name; platforms without one are not in it."""
    network_identity: NetworkIdentity | None
    video: VideoRoom | None
    registry: PopulationRegistry
    faces: FaceService
    files: FileStore
    licences: ELicences | None
    """None where no e-licence store is connected: every paper is asked for then."""
    means: MeansChecker | None
    """None where no centre for checking household means is connected."""
    statistics: StatisticsSystem | None
    webhooks: WebhookCarrier
    provinces: Mapping[str, ProvinceConnector]
    """By the first digits of the division code, the longest prefix wins: ``33``, ``3702``."""
    sharing: DataSharing | None = None
    desks: Mapping[str, ProvinceDesk] = field(default_factory=dict)
    """What regions answer beside taking cases, by the same digits; not every region has one."""
