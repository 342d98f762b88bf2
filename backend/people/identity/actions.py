"""Binding a real name, consenting, and being confirmed by an officer at a window."""

import unicodedata
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, fetch_one, transaction
from backend.errors import Conflict, FieldProblem, Forbidden, Invalid, ProblemCode, StepUpNeeded, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.resident_id import InvalidResidentId, Reason, ResidentId, parse
from backend.people.identity.models import AssuranceMethod, AssuranceRecord, Consent, ConsentKind
from backend.people.identity.queries import facts_of
from backend.people.identity.texts import current_text
from backend.ports import RegistryAnswer, RegistryRecord
from backend.resources import Resources
from backend.viewer import Assurance, AssuranceLevel, Citizen, Officer, OfficerRole

BINDINGS = "5/hour"
"""Per account: somebody who tries names is not somebody who knows theirs."""
BINDINGS_OF_ONE = "20/day"
"""Per number, over all accounts: names are not to be tried out in turns either."""
CONFIRMATIONS = "120/hour"
"""Per officer: a window serves fewer, and the registry is not to be browsed."""
WINDOW_LIFETIME = timedelta(hours=24)
"""Long enough to finish at home on the same day, too short to be worth stealing a device for."""
AGE_OF_OWN_CONSENT = 14
"""PIPL 31: below it a guardian consents."""
LONGEST_NAME = 50

BAD_NAME = Text("请填写身份证上的姓名（2至50个字）。", "Enter the name on the ID card, 2 to 50 characters.")
BAD_RESIDENT_ID = Text("身份证号码有误，请核对。", "The resident ID number is not right; please check it.")
WHY_BAD = {
    Reason.SHAPE: Text(
        "身份证号码应为18位，前17位为数字，末位为数字或X。",
        "A resident ID has 18 characters: 17 digits, then a digit or X.",
    ),
    Reason.CHECKSUM: Text(
        "身份证号码校验位不符，请检查是否输错。", "The check character does not fit: is there a typing error?"
    ),
    Reason.BIRTH_DATE: Text(
        "身份证号码中的出生日期无效。", "The birth date inside the number is not a possible one."
    ),
    Reason.DIVISION: Text(
        "不是居民身份证号码；港澳台居民居住证等证件请到窗口办理。",
        "Not a resident ID; with a residence permit or another document please come to a window.",
    ),
}
MISMATCH = Text(
    "姓名与身份证号码未能核验通过。请核对后重试，或持身份证到窗口办理。",
    "Name and number could not be confirmed. Check both and try again, or come to a window with your ID card.",
)
BOUND_ALREADY = Text(
    "该账号已绑定其他实名信息，如需更换请到窗口办理。",
    "This account is bound to another real name. To change that, please come to a window.",
)
REAL_NAME_FIRST = Text("请先完成实名认证。", "Please bind your real name first.")
GUARDIAN_CONSENTS = Text(
    "未满14周岁须由监护人同意，请由监护人陪同到窗口核验身份。",
    "Under the age of 14 a guardian has to consent: please come to a window together.",
)
TEXT_CHANGED = Text(
    "同意书已更新，请阅读新版本后再同意。", "The text has changed. Please read the new version first."
)
INTAKE_ONLY = Text("只有受理岗位可以在窗口核验身份。", "Only an officer of intake may confirm somebody.")


class WindowDocument(StrEnum):
    """The document an officer holds in hand: those that show a face."""

    ID_CARD = "ID_CARD"
    TEMPORARY_ID_CARD = "TEMPORARY_ID_CARD"


async def bind_real_name(
    citizen: Citizen, resources: Resources, *, name: str, resident_id: str, idempotency_key: str
) -> UUID:
    """Bind the account to the real person of this name and number; returns the person's id.

    Raises ``Invalid`` (INVALID_INPUT, INVALID_RESIDENT_ID, or IDENTITY_MISMATCH in the same words
    whether the registry knows another name or no such person), ``Conflict(ALREADY_DONE)`` for an
    account of somebody else, ``TooMany``, ``Unavailable``.
    """
    name, number = _clean_name(name), _clean_number(resident_id)
    index = _index(resources, number)
    account = await fetch_one("SELECT person_id FROM account WHERE id = $1", citizen.account_id)
    if account is not None and account["person_id"] is not None:
        bound = await facts_of(account["person_id"], resources)
        if (bound.name, bound.resident_id) == (name, number.number):
            return bound.person_id
        raise Conflict(BOUND_ALREADY, code=ProblemCode.ALREADY_DONE)
    await resources.shared.limit(BINDINGS, "bind", str(citizen.account_id))
    await resources.shared.limit(BINDINGS_OF_ONE, "bind-one", index)
    subject = f"account:{citizen.account_id}"
    record = await resources.ports.registry.check(name=name, resident_id=number.number)
    if record.answer is not RegistryAnswer.MATCH:
        async with transaction() as tx:
            await audit.append(tx, subject=subject, kind="real_name_refused", actor=subject)
        raise _mismatch()
    async with transaction() as tx:
        person_id = await _keep_person(tx, resources, name=name, number=number, record=record)
        known = await once(
            tx,
            actor=subject,
            operation="bindRealName",
            key=idempotency_key,
            given=[index],
            subject=person_id,
        )
        if known is not None:
            return known
        bound_now = await tx.fetch_one(
            "UPDATE account SET person_id = $2 WHERE id = $1 AND (person_id IS NULL OR person_id = $2)"
            " RETURNING id",
            citizen.account_id,
            person_id,
        )
        if bound_now is None:
            raise Conflict(BOUND_ALREADY, code=ProblemCode.ALREADY_DONE)
        await AssuranceRecord.create(
            person_id=person_id,
            level=AssuranceLevel.REAL_NAME,
            method=AssuranceMethod.REAL_NAME,
            session_id=citizen.session_id,
            proven_at=clock.now(),
        )
        await audit.append(
            tx, subject=subject, kind="real_name_bound", actor=subject, detail={"person": str(person_id)}
        )
        await audit.append(
            tx,
            subject=f"person:{person_id}",
            kind="real_name_bound",
            actor=subject,
            detail={"account": str(citizen.account_id)},
        )
    return person_id


async def give_consent(
    citizen: Citizen, resources: Resources, *, kind: ConsentKind, version: str, idempotency_key: str
) -> None:
    """Consent to the text of today. Consenting again to the same one changes nothing.

    Raises ``Conflict(STALE_VERSION)`` for a text that is no longer the one in force, ``StepUpNeeded``
    without a real name and ``Forbidden`` for a child under 14.
    """
    person_id = require_person(citizen)
    if version != current_text(kind).version:
        raise Conflict(TEXT_CHANGED, code=ProblemCode.STALE_VERSION)
    person = await facts_of(person_id, resources)
    if not _is_of_age(person.birth_date):
        raise Forbidden(GUARDIAN_CONSENTS)
    async with transaction() as tx:
        if not await _first_time(tx, person_id, "giveConsent", idempotency_key, [kind, version]):
            return
        standing = await _standing_consent(tx, person_id, kind)
        if standing is not None and standing["version"] == version:
            return
        if standing is not None:
            await tx.execute(
                "UPDATE consent SET withdrawn_at = $2 WHERE id = $1", standing["id"], clock.now()
            )
        await Consent.create(person_id=person_id, kind=kind, version=version, given_at=clock.now())
        await _audit_consent(tx, citizen, person_id, event="consent_given", kind=kind, version=version)


async def withdraw_consent(citizen: Citizen, *, kind: ConsentKind, idempotency_key: str) -> None:
    """Take a consent back; what was proven on its ground stays (PIPL 15). Without one, nothing happens."""
    person_id = require_person(citizen)
    async with transaction() as tx:
        if not await _first_time(tx, person_id, "withdrawConsent", idempotency_key, [kind]):
            return
        standing = await _standing_consent(tx, person_id, kind)
        if standing is not None:
            await tx.execute(
                "UPDATE consent SET withdrawn_at = $2 WHERE id = $1", standing["id"], clock.now()
            )
            await _audit_consent(
                tx, citizen, person_id, event="consent_withdrawn", kind=kind, version=standing["version"]
            )


async def confirm_at_window(
    officer: Officer,
    resources: Resources,
    *,
    name: str,
    resident_id: str,
    document_seen: WindowDocument,
    idempotency_key: str,
) -> Assurance:
    """An officer has the person and their document before them: the way that is equal to a face check.

    The person need not have an account yet. Raises what ``bind_real_name`` raises, and ``Forbidden``
    for an officer without the role INTAKE.
    """
    if OfficerRole.INTAKE not in officer.roles:
        raise Forbidden(INTAKE_ONLY)
    name, number = _clean_name(name), _clean_number(resident_id)
    actor = f"officer:{officer.officer_id}"
    await resources.shared.limit(CONFIRMATIONS, "window", actor)
    record = await resources.ports.registry.check(name=name, resident_id=number.number)
    if record.answer is not RegistryAnswer.MATCH:
        async with transaction() as tx:
            await audit.append(tx, subject=actor, kind="window_refused", actor=actor)
        raise _mismatch()
    now = clock.now()
    proof = Assurance(AssuranceLevel.AUTHORITATIVE, AssuranceMethod.WINDOW, now, now + WINDOW_LIFETIME)
    record_id = new_id()
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor,
            operation="confirmIdentityAtWindow",
            key=idempotency_key,
            given=[_index(resources, number), document_seen],
            subject=record_id,
        )
        if known is not None:
            earlier = await AssuranceRecord.get(id=known)
            return replace(proof, proven_at=earlier.proven_at, expires_at=earlier.expires_at)
        person_id = await _keep_person(tx, resources, name=name, number=number, record=record)
        await AssuranceRecord.create(
            id=record_id,
            person_id=person_id,
            level=proof.level,
            method=proof.method,
            officer_id=officer.officer_id,
            proven_at=proof.proven_at,
            expires_at=proof.expires_at,
        )
        await audit.append(
            tx,
            subject=f"person:{person_id}",
            kind="confirmed_at_window",
            actor=actor,
            detail={
                "organ": str(officer.organ_id),
                "document": document_seen.value,
                "assurance": str(record_id),
            },
        )
    return proof


def require_person(citizen: Citizen) -> UUID:
    """The real person behind the account. Raises ``StepUpNeeded`` before a real name was bound."""
    if citizen.person_id is None:
        raise StepUpNeeded(REAL_NAME_FIRST)
    return citizen.person_id


async def _keep_person(
    tx: Transaction, resources: Resources, *, name: str, number: ResidentId, record: RegistryRecord
) -> UUID:
    """The row of a person the registry has just confirmed, made or brought up to date in one statement.

    Two who bind the same person at once meet at the number's unique index: both get the same row.
    """
    index, ring = _index(resources, number), resources.keys.ring
    row = await tx.fetch_one(
        "INSERT INTO person (id, created_at, resident_id_index, resident_id_sealed, name_sealed, birth_date,"
        " sex, household_division, registry_checked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $2)"
        " ON CONFLICT (resident_id_index) DO UPDATE SET name_sealed = EXCLUDED.name_sealed,"
        " household_division = coalesce(EXCLUDED.household_division, person.household_division),"
        " registry_checked_at = EXCLUDED.registry_checked_at RETURNING id",
        new_id(),
        clock.now(),
        index,
        ring.seal(number.number.encode(), context=f"person.resident_id:{index}"),
        ring.seal(name.encode(), context=f"person.name:{index}"),
        number.birth_date,
        number.sex.value,
        record.household_division,
    )
    assert row is not None  # noqa: S101 - an upsert always returns its row
    person_id: UUID = row["id"]
    return person_id


async def _first_time(tx: Transaction, person_id: UUID, operation: str, key: str, given: list[str]) -> bool:
    known = await once(
        tx, actor=f"person:{person_id}", operation=operation, key=key, given=given, subject=person_id
    )
    return known is None


async def _standing_consent(tx: Transaction, person_id: UUID, kind: ConsentKind) -> Row | None:
    """The consent that was not withdrawn; the person's row is held, so that two devices take turns."""
    await tx.execute("SELECT 1 FROM person WHERE id = $1 FOR NO KEY UPDATE", person_id)
    return await tx.fetch_one(
        "SELECT id, version FROM consent WHERE person_id = $1 AND kind = $2 AND withdrawn_at IS NULL",
        person_id,
        kind.value,
    )


async def _audit_consent(
    tx: Transaction, citizen: Citizen, person_id: UUID, *, event: str, kind: ConsentKind, version: object
) -> None:
    await audit.append(
        tx,
        subject=f"person:{person_id}",
        kind=event,
        actor=f"person:{person_id}",
        detail={"kind": kind.value, "version": version, "session": str(citizen.session_id)},
    )


def _is_of_age(birth_date: date) -> bool:
    today = clock.today()
    years = today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))
    return years >= AGE_OF_OWN_CONSENT


def _index(resources: Resources, number: ResidentId) -> str:
    return resources.keys.blind_index.of(number.number, "person.resident_id")


def _mismatch() -> Invalid:
    return Invalid(MISMATCH, code=ProblemCode.IDENTITY_MISMATCH)


def _clean_name(name: str) -> str:
    """A name as the registry writes it. Raises ``Invalid``.

    People type many dots between the parts of a transliterated name; the registry has one. Rare
    characters may sit in a private-use area, so only what no name can hold is refused.
    """
    name = unicodedata.normalize("NFC", name).strip()
    for dot in "•・‧∙⋅．":
        name = name.replace(dot, "·")
    impossible = any(unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Cn", "Nd"} for sign in name)
    if impossible or not 2 <= len(name) <= LONGEST_NAME:
        raise Invalid(BAD_NAME, fields=(FieldProblem(("input", "name"), BAD_NAME),))
    return name


def _clean_number(resident_id: str) -> ResidentId:
    try:
        return parse(resident_id, clock.today())
    except InvalidResidentId as error:
        raise Invalid(
            BAD_RESIDENT_ID,
            code=ProblemCode.INVALID_RESIDENT_ID,
            fields=(FieldProblem(("input", "residentId"), WHY_BAD[error.reason]),),
        ) from None
