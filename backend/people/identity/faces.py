"""The face check: a single-use challenge, and one comparison that leaves nothing but its result.

Frames and the reference photograph pass through these functions' arguments and are dropped when they
return: no row, file, log entry, Redis value or error holds them.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from backend.database import audit
from backend.database.record import transaction
from backend.errors import (
    Conflict,
    FieldProblem,
    Forbidden,
    Invalid,
    ProblemCode,
    Refusal,
    StepUpNeeded,
    Text,
    Unavailable,
)
from backend.kit import clock
from backend.kit.ids import new_id, new_nonce
from backend.people.identity.consents import require_subject
from backend.people.identity.frames import FacePurpose, frames_due, wrong_frames
from backend.people.identity.ladder import FACE_LIFETIME, PROVE_FIRST
from backend.people.identity.lockout import count_outcome, require_unlocked
from backend.people.identity.models import AssuranceMethod, ConsentKind
from backend.people.identity.persons import By, record_proof
from backend.people.identity.queries import facts_of, has_consented, still_consents
from backend.people.identity.templates import keep_template, read_template
from backend.ports import FaceEnrolment, FaceMotion, FaceOutcome, FaceTemplate
from backend.resources import Resources
from backend.viewer import Assurance, AssuranceLevel, Citizen

SELFIE_LIFETIME = timedelta(seconds=20)
ACTIVE_LIFETIME = timedelta(seconds=60)
"""Turning the head as asked takes longer than a selfie, for old people most of all."""
CHALLENGES = "30/hour"
CHECKS = "10/hour"
"""Per person and account: a stranger's face must not be tried until one passes."""
CHECKS_OF_ONE = "40/day"
"""Per person, over all accounts that carry their name."""
TURNS = 3

_KIND = "face-challenge"

log = structlog.get_logger()

CONSENT_NEEDED = Text(
    "刷脸前请先阅读并同意《人脸信息处理单独同意书》；不同意的，可到就近窗口核验身份，效果相同。",
    "A face check needs your separate consent first. If you decline, any window can confirm you, with the"
    " same result.",
)
TEMPLATE_CONSENT_NEEDED = Text(
    "保存人脸特征前请先阅读并同意《人脸特征保存单独同意书》；不同意的，每次仍可直接刷脸。",
    "Keeping a template of your face needs another separate consent. If you decline, every face check works as"
    " before.",
)
EXPIRED = Text(
    "本次刷脸已过期或已使用，请重新开始。", "This face check has expired or was used. Start again."
)
NO_PORTRAIT = Text(
    "人口库中没有可用的证件照，无法刷脸；请持身份证到就近窗口核验，效果相同。",
    "There is no usable photograph to compare with. Please bring your ID card to any window: it has the same"
    " result.",
)
OR_A_WINDOW = Text(
    "也可以持身份证到就近窗口由工作人员核验，效果相同。",
    "Or bring your ID card to any window, with the same result.",
)
REFUSALS = {
    FaceOutcome.MISMATCH: (
        ProblemCode.FACE_MISMATCH,
        Text("照片与证件照比对未通过。", "The picture does not match your document photograph."),
    ),
    FaceOutcome.NO_FACE: (
        ProblemCode.FACE_UNUSABLE,
        Text(
            "照片中没有看清人脸，请正对镜头、光线充足时重拍。",
            "No face was found: look at the camera in good light.",
        ),
    ),
    FaceOutcome.MANY_FACES: (
        ProblemCode.FACE_UNUSABLE,
        Text(
            "照片中有多张人脸，请单独拍摄。", "There are several faces in the picture: please be alone in it."
        ),
    ),
    FaceOutcome.POOR_QUALITY: (
        ProblemCode.FACE_UNUSABLE,
        Text(
            "照片不够清晰，请擦净镜头后重拍。",
            "The picture is not clear enough: wipe the lens and try again.",
        ),
    ),
    FaceOutcome.REFUSED_IMAGE: (
        ProblemCode.FACE_UNUSABLE,
        Text("请上传JPEG或PNG格式的现拍照片。", "Send a picture just taken, as JPEG or PNG."),
    ),
    FaceOutcome.MOTION_NOT_SEEN: (
        ProblemCode.CHALLENGE_FAILED,
        Text(
            "没有看到提示的动作，请按提示缓慢转头。",
            "The motion was not seen: turn your head slowly as asked.",
        ),
    ),
    FaceOutcome.REPEATED_FRAME: (
        ProblemCode.CHALLENGE_FAILED,
        Text("各张照片应分别拍摄。", "Each picture must be taken on its own."),
    ),
    FaceOutcome.FLAT_PICTURE: (
        ProblemCode.CHALLENGE_FAILED,
        Text(
            "请由本人直接面对镜头转头，不要拍摄照片或屏幕。",
            "Turn your own head before the camera; do not show it a photograph or a screen.",
        ),
    ),
    FaceOutcome.DIFFERENT_PEOPLE: (
        ProblemCode.CHALLENGE_FAILED,
        Text("各张照片不是同一个人。", "The pictures do not show the same person."),
    ),
    FaceOutcome.REFERENCE_UNUSABLE: (ProblemCode.FACE_UNUSABLE, NO_PORTRAIT),
    FaceOutcome.TEMPLATE_OUTDATED: (
        ProblemCode.FACE_UNUSABLE,
        Text(
            "您登记的人脸模板已失效，请重新刷脸。",
            "Your enrolled face template is no longer valid: please check your face again.",
        ),
    ),
}
"""What each outcome but MATCH is called and how to go on."""


@dataclass(frozen=True, slots=True)
class FaceChallenge:
    """What the citizen is asked to show, until when; no motions means plain pictures."""

    id: UUID
    nonce: str
    motions: Sequence[FaceMotion]
    expires_at: datetime
    purpose: FacePurpose
    frames: tuple[int, int]
    """How many at least and at most."""


async def request_face_challenge(
    citizen: Citizen, resources: Resources, *, purpose: FacePurpose = FacePurpose.VERIFY
) -> FaceChallenge:
    """A new challenge, good for one check in this session and for this person.

    Raises ``StepUpNeeded`` without a real name, or without a proof in this account where a template is to be
    kept; ``Forbidden`` (CONSENT_NEEDED, FACE_LOCKED) and ``TooMany``.
    """
    person_id = require_subject(citizen)
    await _require_consent(citizen, person_id, purpose)
    await require_unlocked(citizen, resources, person_id)
    await resources.shared.limit(CHALLENGES, "face-challenge", str(person_id), str(citizen.account_id))
    motions = _random_motions() if resources.active_face_challenge else ()
    lifetime = ACTIVE_LIFETIME if motions else SELFIE_LIFETIME
    challenge = FaceChallenge(
        id=new_id(),
        nonce=new_nonce(),
        motions=motions,
        expires_at=clock.now() + lifetime,
        purpose=purpose,
        frames=frames_due(purpose, active=bool(motions)),
    )
    await resources.shared.put_once(
        _KIND,
        str(challenge.id),
        {
            "nonce": challenge.nonce,
            "session": str(citizen.session_id),
            "person": str(person_id),
            "purpose": purpose.value,
            "motions": " ".join(motions),
            "until": challenge.expires_at.isoformat(),
        },
        int(lifetime.total_seconds()),
    )
    async with transaction() as tx:
        await audit.append(
            tx,
            subject=f"person:{person_id}",
            kind="face_challenge_issued",
            actor=_actor(citizen),
            detail={"challenge": str(challenge.id), "session": str(citizen.session_id)},
        )
    return challenge


async def verify_face(
    citizen: Citizen, resources: Resources, *, challenge_id: UUID, nonce: str, frames: Sequence[bytes]
) -> Assurance:
    """Compare the frames with the registry's photograph; on a match the person is VERIFIED in this session.

    Somebody who has enrolled is compared with their template instead. A challenge for enrolling keeps a
    template as well. The challenge is taken before anything else, so that it serves once whatever comes of
    it. Raises ``Conflict(CHALLENGE_EXPIRED)`` for one that is used, too old or another's, ``Invalid`` with
    FACE_MISMATCH, FACE_UNUSABLE or CHALLENGE_FAILED, ``Forbidden(FACE_LOCKED)``, ``TooMany`` (BUSY too) and
    ``Unavailable``.
    """
    person_id = require_subject(citizen)
    purpose, motions = await _take_challenge(citizen, person_id, resources, challenge_id, nonce)
    wrong = wrong_frames(frames, frames_due(purpose, active=bool(motions)))
    if wrong is not None:
        await _note_refused(
            citizen, person_id, resources, challenge_id, kind="face_frames_refused", why=wrong.code
        )
        raise wrong
    try:
        await _require_consent(citizen, person_id, purpose)
    except Forbidden as refusal:
        await _note_refused(
            citizen, person_id, resources, challenge_id, kind="face_consent_gone", why="before_the_look"
        )
        raise refusal from None
    await require_unlocked(citizen, resources, person_id)
    await resources.shared.limit(CHECKS, "face-check", str(person_id), str(citizen.account_id))
    await resources.shared.limit(CHECKS_OF_ONE, "face-check-person", str(person_id))
    found = await _look(citizen, resources, person_id, frames=frames, motions=motions, purpose=purpose)
    if not await _keep_template(citizen, resources, person_id, found, purpose):
        raise await _consent_gone(citizen, person_id, resources, challenge_id)
    method = AssuranceMethod.FACE_ACTIVE if motions else AssuranceMethod.FACE_SELFIE
    matched = found.outcome is FaceOutcome.MATCH
    now = clock.now()
    proof = Assurance(AssuranceLevel.VERIFIED, method, now, now + FACE_LIFETIME)
    async with transaction() as tx:
        consents = await still_consents(tx, citizen, person_id, ConsentKind.FACE_VERIFICATION)
        if consents:
            await count_outcome(tx, citizen, person_id, found.outcome)
        if consents and matched:
            await record_proof(
                tx,
                person_id=person_id,
                proof=proof,
                by=By(session_id=citizen.session_id),
                challenge_id=challenge_id,
                model=found.model,
            )
        if consents:
            await audit.append(
                tx,
                subject=f"person:{person_id}",
                kind="face_verified" if matched else "face_refused",
                actor=_actor(citizen),
                detail={
                    "challenge": str(challenge_id),
                    "session": str(citizen.session_id),
                    "method": method.value,
                    "outcome": found.outcome.value,
                    "model": found.model,
                },
            )
    if not consents:
        # What was seen is dropped: it counts for nothing, not even as a failure.
        raise await _consent_gone(citizen, person_id, resources, challenge_id)
    if not matched:
        resources.tally.add(f"face_{found.outcome.value.lower()}")
        raise _refusal(found.outcome)
    return proof


async def _look(
    citizen: Citizen,
    resources: Resources,
    person_id: UUID,
    *,
    frames: Sequence[bytes],
    motions: Sequence[FaceMotion],
    purpose: FacePurpose,
) -> FaceEnrolment:
    """What the face service says, and a template where one is to be kept (anew).

    A template of an older model is replaced on the way: the same frames are compared with the registry's
    photograph, and described again.
    """
    faces = resources.ports.faces
    wants_template = purpose is FacePurpose.ENROL
    if not wants_template and citizen.person_id is not None:
        template = await _template(citizen, resources, person_id)
        if template is not None:
            verdict = await faces.compare(frames=frames, template=template, motions=motions)
            if verdict.outcome is not FaceOutcome.TEMPLATE_OUTDATED:
                return FaceEnrolment(verdict.outcome, verdict.model)
            wants_template = bool(motions)  # a single selfie is no template: it is only verified below
    person = await facts_of(person_id, resources)
    reference = await resources.ports.registry.reference_portrait(name=person.name, document=person.document)
    if reference is None:
        return FaceEnrolment(FaceOutcome.REFERENCE_UNUSABLE, "")
    if wants_template:
        return await faces.enrol(frames=frames, reference=reference, motions=motions)
    verdict = await faces.verify(frames=frames, reference=reference, motions=motions)
    return FaceEnrolment(verdict.outcome, verdict.model)


async def _consent_gone(
    citizen: Citizen, person_id: UUID, resources: Resources, challenge_id: UUID
) -> Forbidden:
    """Count and audit that the consent was taken back while the face was looked at; the refusal to raise."""
    await _note_refused(
        citizen, person_id, resources, challenge_id, kind="face_consent_gone", why="during_the_look"
    )
    return Forbidden(CONSENT_NEEDED, code=ProblemCode.CONSENT_NEEDED)


async def _keep_template(
    citizen: Citizen, resources: Resources, person_id: UUID, found: FaceEnrolment, purpose: FacePurpose
) -> bool:
    """Keep the template that was made, before anything is proven: an enrolment happens whole or not at all.

    False where it was asked for and the consent to it was taken back meanwhile.
    """
    if found.template is None:
        return True
    try:
        kept = await keep_template(citizen, resources, person_id, found.template, actor=_actor(citizen))
    except Unavailable:
        if purpose is FacePurpose.ENROL:
            raise
        log.warning("face_template_not_renewed")  # the old one is asked about again next time
        return True
    return kept or purpose is FacePurpose.VERIFY


async def _template(citizen: Citizen, resources: Resources, person_id: UUID) -> FaceTemplate | None:
    """The person's template, as long as they want it to be used."""
    if not await has_consented(citizen, person_id, ConsentKind.FACE_TEMPLATE):
        return None
    return await read_template(resources, person_id)


async def _require_consent(citizen: Citizen, person_id: UUID, purpose: FacePurpose) -> None:
    if not await has_consented(citizen, person_id, ConsentKind.FACE_VERIFICATION):
        raise Forbidden(CONSENT_NEEDED, code=ProblemCode.CONSENT_NEEDED)
    if purpose is FacePurpose.VERIFY:
        return
    if citizen.person_id is None:
        raise StepUpNeeded(PROVE_FIRST, level=AssuranceLevel.VERIFIED)
    if not await has_consented(citizen, person_id, ConsentKind.FACE_TEMPLATE):
        raise Forbidden(TEMPLATE_CONSENT_NEEDED, code=ProblemCode.CONSENT_NEEDED)


async def _take_challenge(
    citizen: Citizen, person_id: UUID, resources: Resources, challenge_id: UUID, nonce: str
) -> tuple[FacePurpose, tuple[FaceMotion, ...]]:
    """Use the challenge up; what it was for and the motions it asked for."""
    stored = await resources.shared.take(_KIND, str(challenge_id))
    if stored is None:
        raise await _expired(citizen, person_id, resources, challenge_id, why="used_or_unknown")
    ours = stored["session"] == str(citizen.session_id) and stored["person"] == str(person_id)
    in_time = clock.now() < datetime.fromisoformat(str(stored["until"]))
    if not (ours and in_time and hmac.compare_digest(str(stored["nonce"]).encode(), nonce.encode())):
        why = "another_session" if not ours else "too_old" if not in_time else "another_nonce"
        raise await _expired(citizen, person_id, resources, challenge_id, why=why)
    return FacePurpose(str(stored["purpose"])), tuple(
        FaceMotion(motion) for motion in str(stored["motions"]).split()
    )


def _random_motions() -> tuple[FaceMotion, ...]:
    """Turns in an order that nobody knows beforehand, the face straight before each of them."""
    turns = (FaceMotion.TURN_LEFT, FaceMotion.TURN_RIGHT)
    return tuple(motion for _ in range(TURNS) for motion in (FaceMotion.FRONT, secrets.choice(turns)))


async def _expired(
    citizen: Citizen, person_id: UUID, resources: Resources, challenge_id: UUID, *, why: str
) -> Conflict:
    """Count and audit a challenge that is not good; the refusal to raise, the same for every reason."""
    await _note_refused(citizen, person_id, resources, challenge_id, kind="face_challenge_refused", why=why)
    return Conflict(EXPIRED, code=ProblemCode.CHALLENGE_EXPIRED).about("input", "challengeId")


async def _note_refused(
    citizen: Citizen, person_id: UUID, resources: Resources, challenge_id: UUID, *, kind: str, why: str
) -> None:
    """Count and audit what is refused before any face is looked at."""
    resources.tally.add(kind)
    async with transaction() as tx:
        await audit.append(
            tx,
            subject=f"person:{person_id}",
            kind=kind,
            actor=_actor(citizen),
            detail={"challenge": str(challenge_id), "session": str(citizen.session_id), "why": why},
        )


def _actor(citizen: Citizen) -> str:
    """Who holds the camera: the person where the account is theirs, else only the account."""
    return f"person:{citizen.person_id}" if citizen.person_id else f"account:{citizen.account_id}"


def _refusal(outcome: FaceOutcome) -> Refusal:
    code, why = REFUSALS[outcome]
    if why is not NO_PORTRAIT:
        why = Text(f"{why.zh}{OR_A_WINDOW.zh}", f"{why.en} {OR_A_WINDOW.en}")
    return Invalid(why, code=code, fields=(FieldProblem(("input", "frames"), why),))
