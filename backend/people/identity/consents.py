"""Consenting to a text, and taking it back."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, transaction
from backend.errors import Conflict, Forbidden, ProblemCode, StepUpNeeded, Text
from backend.kit import clock
from backend.people.identity.models import Consent, ConsentKind
from backend.people.identity.queries import STANDING, facts_of
from backend.people.identity.texts import current_text
from backend.resources import Resources
from backend.viewer import Citizen

AGE_OF_OWN_CONSENT = 14
"""PIPL 31: below it a guardian consents."""

REAL_NAME_FIRST = Text("请先完成实名认证。", "Please bind your real name first.")
GUARDIAN_CONSENTS = Text(
    "未满14周岁须由监护人同意，请由监护人陪同到窗口核验身份。",
    "Under the age of 14 a guardian has to consent: please come to a window together.",
)
TEXT_CHANGED = Text(
    "同意书已更新，请阅读新版本后再同意。", "The text has changed. Please read the new version first."
)


async def give_consent(
    citizen: Citizen, resources: Resources, *, kind: ConsentKind, version: str, idempotency_key: str
) -> None:
    """Consent to the text of today. Consenting again to the same one changes nothing.

    Raises ``Conflict(STALE_VERSION)`` for a text that is no longer the one in force, ``StepUpNeeded``
    without a real name and ``Forbidden`` for a child under 14.
    """
    person_id = require_subject(citizen)
    if version != current_text(kind).version:
        raise Conflict(TEXT_CHANGED, code=ProblemCode.STALE_VERSION)
    person = await facts_of(person_id, resources)
    require_age(person.birth_date)
    async with transaction() as tx:
        if not await _first_time(tx, person_id, "giveConsent", idempotency_key, [kind, version]):
            return
        standing = await _standing(tx, citizen, person_id, kind)
        if any(row["version"] == version for row in standing):
            return
        await _withdraw(tx, standing)
        await Consent.create(
            person_id=person_id,
            account_id=citizen.account_id,
            kind=kind,
            version=version,
            given_at=clock.now(),
        )
        await _audit_consent(tx, citizen, person_id, event="consent_given", kind=kind, version=version)


async def withdraw_consent(citizen: Citizen, *, kind: ConsentKind, idempotency_key: str) -> None:
    """Take a consent back; what was proven on its ground stays (PIPL 15). Without one, nothing happens."""
    person_id = require_subject(citizen)
    async with transaction() as tx:
        if not await _first_time(tx, person_id, "withdrawConsent", idempotency_key, [kind]):
            return
        standing = await _standing(tx, citizen, person_id, kind)
        await _withdraw(tx, standing)
        for row in standing[:1]:
            await _audit_consent(
                tx, citizen, person_id, event="consent_withdrawn", kind=kind, version=row["version"]
            )


def require_subject(citizen: Citizen) -> UUID:
    """Whom the account is about, proven here or not. Raises ``StepUpNeeded`` before a name was bound."""
    if citizen.subject_id is None:
        raise StepUpNeeded(REAL_NAME_FIRST)
    return citizen.subject_id


def require_age(birth_date: date) -> None:
    """Raise ``Forbidden`` for a child whose guardian consents in their stead."""
    if not _is_of_age(birth_date):
        raise Forbidden(GUARDIAN_CONSENTS)


async def _first_time(tx: Transaction, person_id: UUID, operation: str, key: str, given: list[str]) -> bool:
    known = await once(
        tx, actor=f"person:{person_id}", operation=operation, key=key, given=given, subject=person_id
    )
    return known is None


async def _standing(tx: Transaction, citizen: Citizen, person_id: UUID, kind: ConsentKind) -> Sequence[Row]:
    """What was not withdrawn; the person's row is held, so that two devices take turns."""
    await tx.execute("SELECT 1 FROM person WHERE id = $1 FOR NO KEY UPDATE", person_id)
    return await tx.fetch(
        f"SELECT id, version FROM consent WHERE {STANDING} AND kind = $3 ORDER BY given_at DESC",  # noqa: S608 - a constant of ours
        person_id,
        citizen.account_id,
        kind.value,
    )


async def _withdraw(tx: Transaction, standing: Sequence[Row]) -> None:
    await tx.execute(
        "UPDATE consent SET withdrawn_at = $2 WHERE id = ANY($1)",
        [row["id"] for row in standing],
        clock.now(),
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
