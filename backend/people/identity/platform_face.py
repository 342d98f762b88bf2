"""The platform's own face check: WeChat or Alipay looks, and we ask them, never the phone, what they saw."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from backend.database import audit
from backend.database.record import fetch_one, transaction
from backend.errors import Conflict, Forbidden, Invalid, ProblemCode, Text, TooMany, Unavailable
from backend.kit import clock
from backend.kit.documents import DocumentKind
from backend.kit.ids import new_id
from backend.people.accounts.models import Platform
from backend.people.identity.consents import require_subject
from backend.people.identity.ladder import GUARDIAN, NOT_THIS_APP, NOT_THIS_DOCUMENT, PLATFORM_FACE, of_age
from backend.people.identity.models import ConsentKind
from backend.people.identity.persons import By, record_proof
from backend.people.identity.queries import facts_of, has_consented, still_consents
from backend.ports import PlatformFaceCheck
from backend.resources import Resources
from backend.viewer import Assurance, Citizen

LIFETIME = timedelta(minutes=10)
CHECKS = "10/hour"
"""Per person and account."""
ASKED = "30/hour"
"""Per account: how often the platform is asked for a result."""

_KIND = "platform-face"

CONSENT_NEEDED = Text(
    "使用平台刷脸前请先阅读并同意《平台人脸核身单独同意书》；不同意的，可选择其他方式，效果相同。",
    "The platform's face check needs your separate consent first. If you decline, any other way has the same"
    " result.",
)
EXPIRED = Text("本次核身已过期或已使用，请重新开始。", "This has expired or was used. Start again.")
NOT_PASSED = Text(
    "平台尚未确认核身通过，请完成刷脸后重试，或选择其他方式。",
    "The platform has not confirmed it. Finish the face check and try again, or choose another way.",
)


@dataclass(frozen=True, slots=True)
class PlatformFaceStart:
    """What the mini-program starts the platform's check with."""

    id: UUID
    platform: Platform
    token: str
    url: str | None
    expires_at: datetime


async def begin_platform_face(citizen: Citizen, resources: Resources) -> PlatformFaceStart:
    """Announce a check of the bound person on this account to its platform.

    Raises ``StepUpNeeded`` without a real name, ``Forbidden`` (CONSENT_NEEDED, or a child under 14),
    ``Invalid(PROOF_REFUSED)`` where the platform does not check this document, ``TooMany``, ``Unavailable``.
    """
    person_id = require_subject(citizen)
    facts = await facts_of(person_id, resources)
    platform, open_id, adapter = await _account(citizen, resources)
    if facts.document_kind is not DocumentKind.RESIDENT_ID:
        raise Invalid(NOT_THIS_DOCUMENT, code=ProblemCode.PROOF_REFUSED)
    if not await has_consented(citizen, person_id, ConsentKind.PLATFORM_FACE):
        why = CONSENT_NEEDED if of_age(facts.birth_date) else GUARDIAN
        raise Forbidden(why, code=ProblemCode.CONSENT_NEEDED)
    await resources.shared.limit(CHECKS, _KIND, str(person_id), str(citizen.account_id))
    order, until = uuid4().hex, clock.now() + LIFETIME
    ticket = await adapter.begin(order=order, open_id=open_id, name=facts.name, number=facts.resident_id)
    told = PlatformFaceStart(new_id(), platform, ticket.token, ticket.url, until)
    await resources.shared.put_once(
        _KIND,
        str(told.id),
        {
            "session": str(citizen.session_id),
            "person": str(person_id),
            "order": order,
            "token": ticket.token,
            "until": until.isoformat(),
        },
        int(LIFETIME.total_seconds()),
    )
    return told


async def finish_platform_face(citizen: Citizen, resources: Resources, *, check_id: UUID) -> Assurance:
    """Ask the platform whether the check was passed; the person is AUTHORITATIVE in this session then.

    Raises ``Conflict(CHALLENGE_EXPIRED)`` for a check that is used, too old or another's, and
    ``Invalid(PROOF_REFUSED)`` as long as the platform has not confirmed it, which may be asked again.
    """
    person_id = require_subject(citizen)
    await resources.shared.limit(ASKED, "platform-face-asked", str(citizen.account_id))
    stored = await resources.shared.take(_KIND, str(check_id))
    left = timedelta() if stored is None else datetime.fromisoformat(str(stored["until"])) - clock.now()
    ours = stored is not None and (stored["session"], stored["person"]) == (
        str(citizen.session_id),
        str(person_id),
    )
    if stored is None or not ours or left <= timedelta():
        resources.tally.add("platform_face_replayed")
        raise Conflict(EXPIRED, code=ProblemCode.CHALLENGE_EXPIRED)
    _, open_id, adapter = await _account(citizen, resources)
    facts = await facts_of(person_id, resources)
    if not await has_consented(citizen, person_id, ConsentKind.PLATFORM_FACE):
        # Taken back meanwhile: the platform is not told name and number again.
        await _refused(citizen, resources, person_id, check_id, why="consent_gone")
        raise Forbidden(CONSENT_NEEDED, code=ProblemCode.CONSENT_NEEDED)
    try:
        passed = await adapter.passed(
            order=str(stored["order"]),
            token=str(stored["token"]),
            open_id=open_id,
            name=facts.name,
            number=facts.resident_id,
        )
    except (Unavailable, TooMany):
        await resources.shared.put_back(_KIND, str(check_id), stored, max(1, int(left.total_seconds())))
        raise
    if not passed:
        await resources.shared.put_back(_KIND, str(check_id), stored, max(1, int(left.total_seconds())))
        raise await _no(citizen, resources, person_id, check_id)
    return await _prove(citizen, resources, person_id, check_id)


async def _prove(citizen: Citizen, resources: Resources, person_id: UUID, check_id: UUID) -> Assurance:
    now, way = clock.now(), PLATFORM_FACE
    proof = Assurance(way.level, way.method, now, now + way.lifetime)
    async with transaction() as tx:
        consents = await still_consents(tx, citizen, person_id, ConsentKind.PLATFORM_FACE)
        if consents:
            await record_proof(
                tx,
                person_id=person_id,
                proof=proof,
                by=By(session_id=citizen.session_id),
                challenge_id=check_id,
            )
            await audit.append(
                tx,
                subject=f"person:{person_id}",
                kind="platform_face_verified",
                actor=f"account:{citizen.account_id}",
                detail={"check": str(check_id), "session": str(citizen.session_id)},
            )
    if not consents:
        await _refused(citizen, resources, person_id, check_id, why="consent_gone")
        raise Forbidden(CONSENT_NEEDED, code=ProblemCode.CONSENT_NEEDED)
    return proof


async def _no(citizen: Citizen, resources: Resources, person_id: UUID, check_id: UUID) -> Invalid:
    await _refused(citizen, resources, person_id, check_id, why="not_passed")
    return Invalid(NOT_PASSED, code=ProblemCode.PROOF_REFUSED)


async def _refused(
    citizen: Citizen, resources: Resources, person_id: UUID, check_id: UUID, *, why: str
) -> None:
    resources.tally.add("platform_face_refused")
    async with transaction() as tx:
        await audit.append(
            tx,
            subject=f"person:{person_id}",
            kind="platform_face_refused",
            actor=f"account:{citizen.account_id}",
            detail={"check": str(check_id), "session": str(citizen.session_id), "why": why},
        )


async def _account(citizen: Citizen, resources: Resources) -> tuple[Platform, str, PlatformFaceCheck]:
    """The account's platform, its id there, and the platform's check. Raises ``Invalid(PROOF_REFUSED)``."""
    row = await fetch_one(
        "SELECT platform, open_id_index, open_id_sealed FROM account WHERE id = $1", citizen.account_id
    )
    adapter = None if row is None else resources.ports.platform_faces.get(row["platform"])
    if row is None or adapter is None:
        raise Invalid(NOT_THIS_APP, code=ProblemCode.PROOF_REFUSED)
    open_id = resources.keys.ring.open(
        row["open_id_sealed"], context=f"account.open_id:{row['open_id_index']}"
    ).decode()
    return Platform(row["platform"]), open_id, adapter
