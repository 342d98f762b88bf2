"""An officer has the person and their document before them: the way that is equal to any face check.

What the officer saw must reach the right device. A citizen who has one shows a code from it, and the proof
goes to that session. Everybody else takes a slip home: whoever enters its code within a day has their
account bound and proven. Without either, a name and a number that a stranger knows would inherit the proof.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Transaction, fetch_one, transaction
from backend.errors import Conflict, FieldProblem, Forbidden, Invalid, ProblemCode, Text
from backend.kit import clock
from backend.kit.documents import DocumentKind
from backend.kit.ids import CODE_ALPHABET, new_code, new_id
from backend.people.identity.actions import refused
from backend.people.identity.claims import Claim, Told, index_of, read_claim
from backend.people.identity.ladder import SEEN_LIFETIME
from backend.people.identity.models import AssuranceMethod
from backend.people.identity.persons import By, bind_account, keep_person, own_account, record_proof
from backend.people.officers.training import require_duty
from backend.ports import RegistryAnswer, RegistryRecord
from backend.resources import Resources
from backend.viewer import Assurance, AssuranceLevel, Citizen, Officer, OfficerRole

CONFIRMATIONS = "120/hour"
"""Per officer: a window serves fewer, and the registry is not to be browsed."""
CODE_LIFETIME = timedelta(minutes=10)
CODES = "30/hour"
"""Per session."""
CODE_LENGTH = 8
"""40 bits for ten minutes, and only an officer may try."""
SLIPS = "10/hour"
"""Per account: codes of slips are not to be guessed."""
SLIP_LENGTH = 12
"""60 bits for a day."""

_KIND = "window-code"

INTAKE_ONLY = Text("只有受理岗位可以在窗口核验身份。", "Only an officer of intake may confirm somebody.")
OTHER_DOCUMENT = Text(
    "所见证件与填写的证件类型不符。", "The document that was seen is not of the kind that was entered."
)
UNKNOWN = Text(
    "人口库中暂无此人。请核对证件原件；确认无误的，可勾选“人口库暂无、已核对原件”后提交。",
    "The registry does not know this person. Check the original document; if all is right, attest that and send"
    " again.",
)
BAD_CODE = Text(
    "办事码无效或已过期，请群众在手机上重新获取。", "This code is not valid; ask for a new one on the phone."
)
BAD_SLIP = Text("核验单编号无效或已使用。", "The code of this slip is not valid or was used.")


class WindowDocument(StrEnum):
    """The document an officer holds in hand: those that show a face."""

    ID_CARD = "ID_CARD"
    TEMPORARY_ID_CARD = "TEMPORARY_ID_CARD"
    RESIDENCE_PERMIT = "RESIDENCE_PERMIT"
    PERMANENT_RESIDENCE_CARD = "PERMANENT_RESIDENCE_CARD"
    PASSPORT = "PASSPORT"


KINDS = {
    WindowDocument.ID_CARD: {DocumentKind.RESIDENT_ID},
    WindowDocument.TEMPORARY_ID_CARD: {DocumentKind.RESIDENT_ID},
    WindowDocument.RESIDENCE_PERMIT: {
        DocumentKind.HK_MACAO_RESIDENCE_PERMIT,
        DocumentKind.TAIWAN_RESIDENCE_PERMIT,
    },
    WindowDocument.PERMANENT_RESIDENCE_CARD: {DocumentKind.PERMANENT_RESIDENCE_CARD},
    WindowDocument.PASSPORT: {DocumentKind.PASSPORT},
}


class Place(StrEnum):
    """Where the officer met the person."""

    WINDOW = "WINDOW"
    HOME_VISIT = "HOME_VISIT"


@dataclass(frozen=True, slots=True)
class WindowCode:
    """What the citizen shows to the officer: it stands for this very session."""

    window_code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The proof, and the code of the slip where it has not reached a session."""

    assurance: Assurance
    slip: str | None


async def request_window_code(citizen: Citizen, resources: Resources) -> WindowCode:
    """A code that an officer enters to confirm the person in this session. Raises ``TooMany``."""
    await resources.shared.limit(CODES, "window-code", str(citizen.session_id))
    code = new_code(CODE_LENGTH)
    told = WindowCode(code, clock.now() + CODE_LIFETIME)
    await resources.shared.put_once(
        _KIND,
        _code_index(resources, code),
        {"session": str(citizen.session_id), "until": told.expires_at.isoformat()},
        int(CODE_LIFETIME.total_seconds()),
    )
    return told


async def confirm_at_window(
    officer: Officer,
    resources: Resources,
    told: Told,
    *,
    document_seen: WindowDocument,
    idempotency_key: str,
    place: Place = Place.WINDOW,
    session_code: str | None = None,
    attest_unknown: bool = False,
) -> Confirmed:
    """Confirm somebody who is present; they need not have an account yet.

    ``attest_unknown`` says that the officer has checked the original of somebody whom the registry does
    not know. Raises what ``bind_real_name`` raises, ``Invalid(IDENTITY_UNKNOWN)``, ``Invalid(CODE_REFUSED)``
    for a bad ``session_code`` and ``Forbidden`` for an officer without the role INTAKE.
    """
    if OfficerRole.INTAKE not in officer.roles:
        raise Forbidden(INTAKE_ONLY)
    require_duty(officer)
    claim = read_claim(told)
    if claim.document.kind not in KINDS[document_seen]:
        raise Invalid(OTHER_DOCUMENT, fields=(FieldProblem(("input", "documentSeen"), OTHER_DOCUMENT),))
    actor = f"officer:{officer.officer_id}"
    await resources.shared.limit(CONFIRMATIONS, "window", actor)
    session_id = None if session_code is None else await _session_of(resources, session_code)
    record = await resources.ports.registry.check(name=claim.name, document=claim.document)
    if record.answer is RegistryAnswer.UNKNOWN and not attest_unknown:
        raise Invalid(UNKNOWN, code=ProblemCode.IDENTITY_UNKNOWN)
    if record.answer not in {RegistryAnswer.MATCH, RegistryAnswer.UNKNOWN}:
        raise await refused(resources, record, subject=actor, actor=actor, kind="window_refused")
    now, method = clock.now(), AssuranceMethod(place.value)
    proof = Assurance(AssuranceLevel.AUTHORITATIVE, method, now, now + SEEN_LIFETIME)
    async with transaction() as tx:
        record_id = await once(
            tx,
            actor=actor,
            operation="confirmIdentityAtWindow",
            key=idempotency_key,
            given=[index_of(resources, claim.document), document_seen, place],
            subject=(new := new_id()),
        )
        if record_id is not None:
            return await _told_again(tx, resources, record_id)
        await _confirm(
            tx,
            resources,
            officer,
            claim,
            record,
            proof=proof,
            record_id=new,
            session_id=session_id,
            document_seen=document_seen,
        )
    if session_code is not None:
        await resources.shared.take(_KIND, _code_index(resources, session_code))
    return Confirmed(proof, None if session_id else _slip(resources, new))


async def redeem_slip(citizen: Citizen, resources: Resources, *, code: str) -> Assurance:
    """Bring what an officer saw to this session: the account is bound to the person and proven.

    Raises ``Invalid(CODE_REFUSED)`` for a slip that is unknown, used or too old, ``Conflict(ALREADY_DONE)``
    for an account of somebody else, and ``TooMany``.
    """
    await resources.shared.limit(SLIPS, "slip", str(citizen.account_id))
    subject = f"account:{citizen.account_id}"
    async with transaction() as tx:
        row = await tx.fetch_one(
            "UPDATE assurance_record SET session_id = $2, slip_index = NULL"
            " WHERE slip_index = $1 AND expires_at > $3"
            " RETURNING id, person_id, level, method, proven_at, expires_at",
            _slip_index(resources, code),
            citizen.session_id,
            clock.now(),
        )
        if row is not None:
            await bind_account(tx, account_id=citizen.account_id, person_id=row["person_id"])
            await own_account(tx, person_id=row["person_id"], session_id=citizen.session_id)
            await audit.append(
                tx,
                subject=f"person:{row['person_id']}",
                kind="slip_redeemed",
                actor=subject,
                detail={"assurance": str(row["id"]), "session": str(citizen.session_id)},
            )
            return Assurance(AssuranceLevel(row["level"]), row["method"], row["proven_at"], row["expires_at"])
        resources.tally.add("slip_refused")
        await audit.append(tx, subject=subject, kind="slip_refused", actor=subject)
    raise Invalid(
        BAD_SLIP, code=ProblemCode.CODE_REFUSED, fields=(FieldProblem(("input", "code"), BAD_SLIP),)
    )


async def _confirm(
    tx: Transaction,
    resources: Resources,
    officer: Officer,
    claim: Claim,
    record: RegistryRecord,
    *,
    proof: Assurance,
    record_id: UUID,
    session_id: UUID | None,
    document_seen: WindowDocument,
) -> None:
    actor = f"officer:{officer.officer_id}"
    known = record.answer is RegistryAnswer.MATCH
    person_id = await keep_person(tx, resources, claim, record if known else None, actor=actor)
    if session_id is not None:
        account = await tx.fetch_one("SELECT account_id FROM session WHERE id = $1", session_id)
        if account is None or account["account_id"] is None:
            raise _bad_code()
        await bind_account(tx, account_id=account["account_id"], person_id=person_id)
    await record_proof(
        tx,
        person_id=person_id,
        proof=proof,
        by=By(session_id=session_id, officer_id=officer.officer_id),
        record_id=record_id,
        slip_index=None if session_id else _slip_index(resources, _slip(resources, record_id)),
    )
    await audit.append(
        tx,
        subject=f"person:{person_id}",
        kind="confirmed_at_window",
        actor=actor,
        detail={
            "organ": str(officer.organ_id),
            "document": document_seen.value,
            "method": str(proof.method),
            "registry": record.answer.value,
            "assurance": str(record_id),
        },
    )


async def _told_again(tx: Transaction, resources: Resources, record_id: UUID) -> Confirmed:
    row = await tx.fetch_one(
        "SELECT level, method, proven_at, expires_at, session_id FROM assurance_record WHERE id = $1",
        record_id,
    )
    if row is None:
        raise Conflict(BAD_CODE)
    proof = Assurance(AssuranceLevel(row["level"]), row["method"], row["proven_at"], row["expires_at"])
    return Confirmed(proof, None if row["session_id"] else _slip(resources, record_id))


async def _session_of(resources: Resources, code: str) -> UUID:
    """The living session that a code on a phone stands for. Raises ``Invalid(CODE_REFUSED)``."""
    stored = await resources.shared.peek(_KIND, _code_index(resources, code))
    if stored is None or clock.now() >= datetime.fromisoformat(str(stored["until"])):
        raise _bad_code()
    session_id = UUID(str(stored["session"]))
    alive = await fetch_one(
        "SELECT 1 FROM session WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2",
        session_id,
        clock.now(),
    )
    if alive is None:
        raise _bad_code()
    return session_id


def _bad_code() -> Invalid:
    return Invalid(
        BAD_CODE, code=ProblemCode.CODE_REFUSED, fields=(FieldProblem(("input", "sessionCode"), BAD_CODE),)
    )


def _slip(resources: Resources, record_id: UUID) -> str:
    """The code of a proof's slip: worked out from its id by us alone, so that it can be printed again."""
    digest = sha256(resources.keys.blind_index.of(str(record_id), "window.slip").encode()).digest()
    return "".join(CODE_ALPHABET[byte % 32] for byte in digest[:SLIP_LENGTH])


def _slip_index(resources: Resources, code: str) -> str:
    return resources.keys.blind_index.of(_typed(code), "window.slip_code")


def _code_index(resources: Resources, code: str) -> str:
    return resources.keys.blind_index.of(_typed(code), "window.code")


def _typed(code: str) -> str:
    """A code as people type it: in groups, in small letters."""
    return code[:40].upper().replace(" ", "").replace("-", "")
