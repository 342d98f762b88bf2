"""Consenting to a text, and taking it back: for oneself, and as the guardian of a child under 14."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, fetch_one, transaction
from backend.errors import Conflict, Forbidden, NotFound, ProblemCode, StepUpNeeded, Text
from backend.kit import clock
from backend.people.delegation.force import in_force
from backend.people.delegation.kinds import DelegationKind
from backend.people.delegation.queries import NO_SUCH_GRANT
from backend.people.identity.ladder import GUARDIAN, NAME_FIRST, TO_APPLY, of_age, require
from backend.people.identity.models import Consent, ConsentKind
from backend.people.identity.queries import STANDING, facts_of, has_consented
from backend.people.identity.templates import KEPT_BY, shred_template
from backend.people.identity.texts import current_text
from backend.resources import Resources
from backend.viewer import AssuranceLevel, Citizen

OF_GUARDIANS = {ConsentKind.CHILD_DATA}
"""What nobody consents to for themselves."""

TEXT_CHANGED = Text(
    "同意书已更新，请阅读新版本后再同意。", "The text has changed. Please read the new version first."
)
GUARDIANS_ONLY = Text(
    "该同意书由未满14周岁儿童的监护人签署。", "This consent is given by the guardian of a child under 14."
)
NOT_THE_GUARDIAN = Text(
    "只有监护人可以代儿童同意或撤回。", "Only the guardian consents for a child, or takes it back."
)
CONSENTS_ALONE = Text(
    "已满14周岁，须由本人同意。", "From the age of 14 on everybody consents for themselves."
)


@dataclass(frozen=True, slots=True)
class _Given:
    """Whose consent it is, and who speaks."""

    person_id: UUID
    actor: str
    account_id: UUID | None
    guardian_id: UUID | None = None


async def give_consent(
    citizen: Citizen,
    resources: Resources,
    *,
    kind: ConsentKind,
    version: str,
    idempotency_key: str,
    on_behalf_of: UUID | None = None,
) -> None:
    """Consent to the text of today. Consenting again to the same one changes nothing.

    With ``on_behalf_of``, the id of a guardian's grant, it is the child's. Raises ``Conflict(STALE_VERSION)`` for a
    text that is no longer the one in force, ``StepUpNeeded`` without a real name, or to a guardian who is not
    proven in this session, ``NotFound`` for somebody else's grant, and ``Forbidden`` for a child under 14, for
    a grant of another kind and for a child who is old enough.
    """
    given = await _given(citizen, on_behalf_of)
    if version != current_text(kind).version:
        raise Conflict(TEXT_CHANGED, code=ProblemCode.STALE_VERSION)
    person = await facts_of(given.person_id, resources)
    if given.guardian_id is None:
        require_age(person.birth_date)
        if kind in OF_GUARDIANS:
            raise Forbidden(GUARDIANS_ONLY)
    elif of_age(person.birth_date):
        raise Forbidden(CONSENTS_ALONE)
    async with transaction() as tx:
        said = [kind, version, *_of_child(given)]
        if not await _first_time(tx, given, "giveConsent", idempotency_key, said):
            return
        standing = await _standing(tx, citizen, given, kind)
        if any(row["version"] == version for row in standing):
            return
        await _withdraw(tx, standing)
        await Consent.create(
            person_id=given.person_id,
            account_id=given.account_id,
            guardian_id=given.guardian_id,
            kind=kind,
            version=version,
            given_at=clock.now(),
        )
        await _audit_consent(tx, citizen, given, event="consent_given", kind=kind, version=version)


async def withdraw_consent(
    citizen: Citizen,
    resources: Resources,
    *,
    kind: ConsentKind,
    idempotency_key: str,
    on_behalf_of: UUID | None = None,
) -> None:
    """Take a consent back; what was proven on its ground stays (PIPL 15). Without one, nothing happens.

    A template of the face is shredded with the consent to it, or to any look at the face. A child takes back what
    the guardian agreed to as well. Raises as ``give_consent`` does for a grant.
    """
    given = await _given(citizen, on_behalf_of)
    async with transaction() as tx:
        if not await _first_time(tx, given, "withdrawConsent", idempotency_key, [kind, *_of_child(given)]):
            return
        standing = await _standing(tx, citizen, given, kind)
        await _withdraw(tx, standing)
        for row in standing[:1]:
            await _audit_consent(
                tx, citizen, given, event="consent_withdrawn", kind=kind, version=row["version"]
            )
    if kind in KEPT_BY and (given.guardian_id is not None or citizen.person_id is not None):
        await shred_template(resources, given.person_id, actor=given.actor)


def require_subject(citizen: Citizen) -> UUID:
    """Whom the account is about, proven here or not. Raises ``StepUpNeeded`` before a name was bound."""
    if citizen.subject_id is None:
        raise StepUpNeeded(NAME_FIRST, level=AssuranceLevel.REAL_NAME)
    return citizen.subject_id


def require_age(birth_date: date) -> None:
    """Raise ``Forbidden`` for a child whose guardian consents in their stead."""
    if not of_age(birth_date):
        raise Forbidden(GUARDIAN)


async def require_guardian(citizen: Citizen, person_id: UUID) -> None:
    """Return unless a child under 14 acts here whose guardian has not agreed to it (PIPL 31).

    Raises ``Forbidden(CONSENT_NEEDED)``.
    """
    row = await fetch_one("SELECT birth_date FROM person WHERE id = $1", person_id)
    if row is None or of_age(row["birth_date"]):
        return
    if not await has_consented(citizen, person_id, ConsentKind.CHILD_DATA):
        raise Forbidden(GUARDIAN, code=ProblemCode.CONSENT_NEEDED)


async def _given(citizen: Citizen, grant_id: UUID | None) -> _Given:
    """Who speaks for whom. Raises ``StepUpNeeded``, ``NotFound`` and ``Forbidden(OUTSIDE_MANDATE)``, which is told."""
    if grant_id is None:
        person_id = require_subject(citizen)
        return _Given(person_id, f"person:{person_id}", citizen.account_id)
    if citizen.person_id is None:
        raise StepUpNeeded(NAME_FIRST, level=AssuranceLevel.REAL_NAME)
    await require(citizen, citizen.person_id, TO_APPLY)
    row = await fetch_one(
        f"SELECT principal_id, kind, {in_force('delegation', '$3::date')} AS in_force FROM delegation"  # noqa: S608 - a constant of ours
        " WHERE id = $1 AND agent_id = $2 AND principal_id IS NOT NULL",
        grant_id,
        citizen.person_id,
        clock.today(),
    )
    if row is None:
        raise NotFound(NO_SUCH_GRANT).about("input", "onBehalfOf")
    child, actor = row["principal_id"], f"person:{citizen.person_id}"
    if not row["in_force"] or row["kind"] != DelegationKind.GUARDIAN_OF_CHILD:
        async with transaction() as tx:
            why = "kind" if row["in_force"] else "over"
            for person_id in sorted((citizen.person_id, child)):
                await audit.append(
                    tx,
                    subject=f"person:{person_id}",
                    kind="delegation_overstepped",
                    actor=actor,
                    detail={"delegation": str(grant_id), "why": why},
                )
        raise Forbidden(NOT_THE_GUARDIAN, code=ProblemCode.OUTSIDE_MANDATE).about("input", "onBehalfOf")
    return _Given(child, actor, None, citizen.person_id)


def _of_child(given: _Given) -> list[str]:
    return [] if given.guardian_id is None else [str(given.person_id)]


async def _first_time(tx: Transaction, given: _Given, operation: str, key: str, said: list[str]) -> bool:
    known = await once(
        tx, actor=given.actor, operation=operation, key=key, given=said, subject=given.person_id
    )
    return known is None


async def _standing(tx: Transaction, citizen: Citizen, given: _Given, kind: ConsentKind) -> Sequence[Row]:
    """What was not withdrawn; the person's row is held, so that two devices take turns."""
    await tx.execute("SELECT 1 FROM person WHERE id = $1 FOR NO KEY UPDATE", given.person_id)
    if given.guardian_id is not None:
        return await tx.fetch(
            "SELECT id, version FROM consent WHERE person_id = $1 AND guardian_id = $2 AND kind = $3"
            " AND withdrawn_at IS NULL",
            given.person_id,
            given.guardian_id,
            kind.value,
        )
    return await tx.fetch(
        f"SELECT id, version FROM consent WHERE {STANDING} AND kind = $4 ORDER BY given_at DESC",  # noqa: S608 - a constant of ours
        given.person_id,
        citizen.account_id,
        clock.today(),
        kind.value,
    )


async def _withdraw(tx: Transaction, standing: Sequence[Row]) -> None:
    await tx.execute(
        "UPDATE consent SET withdrawn_at = $2 WHERE id = ANY($1)",
        [row["id"] for row in standing],
        clock.now(),
    )


async def _audit_consent(
    tx: Transaction, citizen: Citizen, given: _Given, *, event: str, kind: ConsentKind, version: object
) -> None:
    await audit.append(
        tx,
        subject=f"person:{given.person_id}",
        kind=event,
        actor=given.actor,
        detail={"kind": kind.value, "version": version, "session": str(citizen.session_id)},
    )
