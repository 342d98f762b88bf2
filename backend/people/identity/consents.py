"""Consenting to a text, and taking it back."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, transaction
from backend.errors import Conflict, Forbidden, ProblemCode, StepUpNeeded, Text
from backend.kit import clock
from backend.people.identity.ladder import GUARDIAN, NAME_FIRST, of_age
from backend.people.identity.models import Consent, ConsentKind
from backend.people.identity.queries import STANDING, facts_of
from backend.people.identity.templates import shred_template
from backend.people.identity.texts import current_text
from backend.resources import Resources
from backend.viewer import AssuranceLevel, Citizen

OF_TEMPLATES = {ConsentKind.FACE_TEMPLATE, ConsentKind.FACE_VERIFICATION}
"""Without either of these no template may be kept."""

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


async def withdraw_consent(
    citizen: Citizen, resources: Resources, *, kind: ConsentKind, idempotency_key: str
) -> None:
    """Take a consent back; what was proven on its ground stays (PIPL 15). Without one, nothing happens.

    A template of the face is shredded with the consent to it, or to any look at the face.
    """
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
    if kind in OF_TEMPLATES and citizen.person_id is not None:
        await shred_template(resources, person_id, actor=f"person:{person_id}")


def require_subject(citizen: Citizen) -> UUID:
    """Whom the account is about, proven here or not. Raises ``StepUpNeeded`` before a name was bound."""
    if citizen.subject_id is None:
        raise StepUpNeeded(NAME_FIRST, level=AssuranceLevel.REAL_NAME)
    return citizen.subject_id


def require_age(birth_date: date) -> None:
    """Raise ``Forbidden`` for a child whose guardian consents in their stead."""
    if not of_age(birth_date):
        raise Forbidden(GUARDIAN)


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
