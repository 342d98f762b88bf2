"""Citizens and officers for tests, made the way real ones come to be."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count
from secrets import token_bytes
from uuid import UUID, uuid4

from backend.database.record import fetch_one, transaction
from backend.kit import clock, resident_id
from backend.people.accounts.actions import sign_in
from backend.people.accounts.models import Platform
from backend.people.accounts.queries import authenticate
from backend.people.accounts.sessions import SignedIn
from backend.people.identity.actions import bind_real_name
from backend.people.identity.claims import Told
from backend.people.identity.consents import give_consent
from backend.people.identity.models import AssuranceMethod, ConsentKind
from backend.people.identity.persons import By, record_proof
from backend.people.identity.texts import current_text
from backend.people.officers.actions import ensure_officer, ensure_organ, sign_in_officer
from backend.ports import FaceEnrolment, FaceMotion, FaceOutcome, FaceTemplate, FaceVerdict, RefusedAtGate
from backend.resources import Resources
from backend.viewer import Anonymous, Assurance, AssuranceLevel, Citizen, Officer, OfficerRole, Viewer
from tests.support.sandbox import OutsideSandbox

PORTRAIT = "/9j/cG9ydHJhaXQ="
"""Base64 of bytes that nobody could take for a face: the faces here are scripted."""
PASSWORD = "long enough for a test"

_serial = count(1)


@dataclass(slots=True)
class ScriptedFaces:
    """A face service that says what a test tells it to, and notes what it was asked.

    It has a model, and takes templates of that model only, as the real one does.
    """

    outcome: FaceOutcome = FaceOutcome.MATCH
    model: str = "scripted"
    calls: list[str] = field(default_factory=list)
    asked: list[tuple[Sequence[bytes], bytes, Sequence[FaceMotion]]] = field(default_factory=list)
    compared: list[tuple[Sequence[bytes], FaceTemplate, Sequence[FaceMotion]]] = field(default_factory=list)
    made: list[FaceTemplate] = field(default_factory=list)

    async def verify(
        self, *, frames: Sequence[bytes], reference: bytes, motions: Sequence[FaceMotion]
    ) -> FaceVerdict:
        self.calls.append("verify")
        self.asked.append((frames, reference, motions))
        return FaceVerdict(self.outcome, f"{self.model}@1")

    async def enrol(
        self, *, frames: Sequence[bytes], reference: bytes, motions: Sequence[FaceMotion]
    ) -> FaceEnrolment:
        self.calls.append("enrol")
        self.asked.append((frames, reference, motions))
        if self.outcome is not FaceOutcome.MATCH:
            return FaceEnrolment(self.outcome, f"{self.model}@1")
        self.made.append(FaceTemplate(self.model, token_bytes(512), token_bytes(32)))
        return FaceEnrolment(self.outcome, f"{self.model}@1", self.made[-1])

    async def compare(
        self, *, frames: Sequence[bytes], template: FaceTemplate, motions: Sequence[FaceMotion]
    ) -> FaceVerdict:
        self.calls.append("compare")
        self.compared.append((frames, template, motions))
        outcome = self.outcome if template.model == self.model else FaceOutcome.TEMPLATE_OUTDATED
        return FaceVerdict(outcome, f"{self.model}@1")

    async def ready(self) -> bool:
        return True

    async def refusals(self) -> RefusedAtGate:
        return RefusedAtGate("scripted", {})


@dataclass(frozen=True, slots=True)
class Human:
    """Somebody made up whom the sandbox registry knows."""

    name: str
    resident_id: str


def new_human(
    world: OutsideSandbox, *, born: date = date(1943, 5, 12), portrait: str | None = PORTRAIT
) -> Human:
    """Another person of 德清县, each with a number of their own."""
    serial = next(_serial)
    human = Human("沈阿福", resident_id.make("330521", date(born.year, born.month, born.day), serial % 1000))
    world.load_person(name=human.name, resident_id=human.resident_id, division="330521", portrait=portrait)
    return human


def typed(name: str, resident_id: str) -> Told:
    """What somebody types into the form for a resident ID."""
    return Told(name=name, number=resident_id, resident_id_only=True)


def nobody() -> Anonymous:
    """A caller with an address of their own, so that limits of one test are not those of the next."""
    return Anonymous(address=f"10.0.0.{uuid4().hex}")


async def signed_in(
    resources: Resources, world: OutsideSandbox, *, open_id: str | None = None
) -> tuple[Citizen, SignedIn]:
    """A citizen with a fresh session and its tokens."""
    tokens = await sign_in(
        nobody(), resources, platform=Platform.WECHAT, code=world.login_code(open_id), device_name="test"
    )
    viewer = await viewer_of(resources, tokens)
    assert isinstance(viewer, Citizen)
    return viewer, tokens


async def viewer_of(resources: Resources, tokens: SignedIn) -> Viewer:
    return await authenticate(
        resources, f"Bearer {tokens.access_token}", language="zh-CN", address="10.0.0.1"
    )


async def bound(resources: Resources, world: OutsideSandbox, human: Human | None = None) -> Citizen:
    """A citizen with a real name."""
    citizen, _ = await signed_in(resources, world)
    known = human or new_human(world)
    person_id = await bind_real_name(
        citizen, resources, typed(known.name, known.resident_id), idempotency_key=new_key()
    )
    return await seen_again(citizen, person_id)


async def seen_again(citizen: Citizen, person_id: UUID) -> Citizen:
    """The citizen as their next request finds them."""
    row = await fetch_one(
        "SELECT person_id, claimed_person_id FROM account WHERE id = $1", citizen.account_id
    )
    assert row is not None
    assert person_id in {row["person_id"], row["claimed_person_id"]}
    return replace(citizen, person_id=row["person_id"], claimed_id=row["claimed_person_id"])


async def proven(citizen: Citizen, level: AssuranceLevel = AssuranceLevel.VERIFIED) -> None:
    """Let the person have proven themselves in this session for half an hour, whatever the way."""
    now = clock.now()
    row = await fetch_one(
        "SELECT coalesce(person_id, claimed_person_id) AS id FROM account WHERE id = $1", citizen.account_id
    )
    assert row is not None
    async with transaction() as tx:
        await record_proof(
            tx,
            person_id=row["id"],
            proof=Assurance(level, AssuranceMethod.FACE_ACTIVE, now, now + timedelta(minutes=30)),
            by=By(session_id=citizen.session_id),
        )


async def consenting(resources: Resources, world: OutsideSandbox, human: Human | None = None) -> Citizen:
    """A citizen with a real name who has consented to the face check."""
    citizen = await bound(resources, world, human)
    await give_consent(
        citizen,
        resources,
        kind=ConsentKind.FACE_VERIFICATION,
        version=current_text(ConsentKind.FACE_VERIFICATION).version,
        idempotency_key=new_key(),
    )
    return citizen


async def appointed(*roles: OfficerRole, login: str = "wang", password: str = PASSWORD) -> UUID:
    """An officer of 德清县民政局."""
    organ_id = await ensure_organ(credit_code="11330521002562310Q", name="德清县民政局", division="330521")
    return await ensure_officer(organ_id=organ_id, login=login, name="王月娥", password=password, roles=roles)


async def at_the_desk(
    resources: Resources, *roles: OfficerRole, login: str = "wang"
) -> tuple[Officer, SignedIn]:
    """An officer who has signed in."""
    await appointed(*roles, login=login)
    tokens = await sign_in_officer(nobody(), resources, login=login, password=PASSWORD)
    viewer = await viewer_of(resources, tokens)
    assert isinstance(viewer, Officer)
    return viewer, tokens


def new_key() -> str:
    """An idempotency key."""
    return uuid4().hex
