"""Keeping persons, their documents and their accounts: the writes that several actions share.

Each runs inside its caller's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from backend.database import audit
from backend.database.record import Transaction
from backend.errors import Conflict, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.resident_id import Sex
from backend.people.identity.claims import Claim, index_of, index_of_number
from backend.people.identity.models import (
    AssuranceMethod,
    AssuranceRecord,
    ConfirmedBy,
    IdentityDocument,
    Person,
)
from backend.people.identity.queries import open_name
from backend.ports import RegistryRecord
from backend.resources import Resources
from backend.viewer import Assurance, AssuranceLevel

CHECK_AGAIN_AFTER = timedelta(days=1)
"""How long until the registry is asked again about somebody it did not know."""

BOUND_ALREADY = Text(
    "该账号已绑定其他实名信息，如需更换请到窗口办理。",
    "This account is bound to another real name. To change that, please come to a window.",
)


@dataclass(frozen=True, slots=True)
class By:
    """Who proves: a session, an officer, or an officer for a session."""

    session_id: UUID | None = None
    officer_id: UUID | None = None


async def keep_person(
    tx: Transaction, resources: Resources, claim: Claim, record: RegistryRecord | None, *, actor: str
) -> UUID:
    """The person of this document, made or brought up to date; ``record`` is None where an officer vouches.

    A known number, also a former one, finds its person: another name or a new number is added to them,
    what it replaces is ended and stays. Two who bind the same person at once take turns.
    """
    index = index_of(resources, claim.document)
    former = [
        index_of_number(resources, claim.document.kind, number, claim.document.country)
        for number in (record.former_numbers if record else ())
    ]
    for lock in sorted({index, *former}):
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", lock)
    person_id = await _find_person(tx, resources, index, former)
    birth_date = (record.birth_date if record else None) or claim.document.birth_date
    sex = claim.document.sex or (record.sex if record else None) or Sex.UNKNOWN
    if birth_date is None:
        raise AssertionError("every document is read with a birth date")
    if person_id is None:
        person_id = new_id()
        await Person.create(
            id=person_id,
            birth_date=birth_date,
            sex=sex,
            household_division=record.household_division if record else None,
        )
    else:
        await tx.execute(
            "UPDATE person SET birth_date = $2, sex = CASE WHEN $3 = '0' THEN sex ELSE $3 END,"
            " household_division = coalesce($4, household_division) WHERE id = $1",
            person_id,
            birth_date,
            sex.value,
            record.household_division if record else None,
        )
    await _keep_document(tx, resources, person_id, claim, record, index=index, former=former, actor=actor)
    return person_id


async def _find_person(
    tx: Transaction, resources: Resources, index: str, former: Sequence[str]
) -> UUID | None:
    rows = await tx.fetch(
        "SELECT DISTINCT person_id, number_index = $1 AS own FROM identity_document"
        " WHERE number_index = ANY($2) ORDER BY own DESC, person_id",
        index,
        [index, *former],
    )
    people = list(dict.fromkeys(row["person_id"] for row in rows))
    if len(people) > 1:
        # Somebody came with a new number before the registry knew that it was one. Nothing is merged
        # by a machine: both trails say so, and the operator sees it counted.
        resources.tally.add("one_person_twice")
        for person_id in sorted(people):
            await audit.append(
                tx,
                subject=f"person:{person_id}",
                kind="registry_says_one_person",
                actor="machine:registry",
                detail={"people": sorted(map(str, people))},
            )
    return people[0] if people else None


async def _keep_document(
    tx: Transaction,
    resources: Resources,
    person_id: UUID,
    claim: Claim,
    record: RegistryRecord | None,
    *,
    index: str,
    former: Sequence[str],
    actor: str,
) -> None:
    """The claim's document as the person's main one, and what it replaces ended."""
    now = clock.now()
    living = await tx.fetch(
        "SELECT id, number_index, name_sealed FROM identity_document WHERE person_id = $1 AND ended_at IS NULL",
        person_id,
    )
    same = next((row for row in living if row["number_index"] == index), None)
    renamed = same is not None and open_name(resources, same) != claim.name
    ended = [row["id"] for row in living if (row is same and renamed) or row["number_index"] in former]
    await tx.execute(
        "UPDATE identity_document SET main = false, ended_at = CASE WHEN id = ANY($2) THEN $3 ELSE ended_at END"
        " WHERE person_id = $1 AND (main OR id = ANY($2))",
        person_id,
        ended,
        now,
    )
    if same is not None and not renamed:
        await tx.execute(
            "UPDATE identity_document SET main = true, expires_on = coalesce($2, expires_on),"
            " confirmed_by = CASE WHEN $3 THEN 'REGISTRY' ELSE confirmed_by END,"
            " registry_checked_at = CASE WHEN $3 THEN $4 ELSE registry_checked_at END,"
            " check_again_at = CASE WHEN $3 THEN NULL ELSE check_again_at END WHERE id = $1",
            same["id"],
            record.expires_on if record else None,
            record is not None,
            now,
        )
    else:
        await _add_document(resources, person_id, claim, record, index=index, now=now)
    if living and (renamed or same is None):
        kind = "name_changed" if renamed else "number_changed" if ended else "document_added"
        await audit.append(tx, subject=f"person:{person_id}", kind=kind, actor=actor)


async def _add_document(
    resources: Resources,
    person_id: UUID,
    claim: Claim,
    record: RegistryRecord | None,
    *,
    index: str,
    now: datetime,
) -> None:
    ring, document = resources.keys.ring, claim.document
    await IdentityDocument.create(
        person_id=person_id,
        kind=document.kind,
        country=document.country,
        number_index=index,
        number_sealed=ring.seal(document.number.encode(), context=f"person.resident_id:{index}"),
        name_sealed=ring.seal(claim.name.encode(), context=f"person.name:{index}"),
        expires_on=record.expires_on if record else None,
        main=True,
        confirmed_by=ConfirmedBy.REGISTRY if record else ConfirmedBy.OFFICER,
        registry_checked_at=now if record else None,
        check_again_at=None if record else now + CHECK_AGAIN_AFTER,
    )


async def bind_account(tx: Transaction, *, account_id: UUID, person_id: UUID) -> bool:
    """Let the account be this person's; False where it is held until the person is proven in it.

    A name and a number are known to many. Whoever comes second with them sees nothing of the person until
    a face, an officer or another way has shown who holds this account. Raises ``Conflict(ALREADY_DONE)``
    for an account of somebody else.
    """
    await tx.execute("SELECT 1 FROM person WHERE id = $1 FOR NO KEY UPDATE", person_id)
    account = await tx.fetch_one(
        "SELECT person_id, claimed_person_id FROM account WHERE id = $1 FOR UPDATE", account_id
    )
    if account is None or {account["person_id"], account["claimed_person_id"]} - {None, person_id}:
        raise Conflict(BOUND_ALREADY, code=ProblemCode.ALREADY_DONE)
    if account["person_id"] is not None:
        return True
    others = await tx.fetch_one(
        "SELECT 1 FROM account WHERE person_id = $1 AND id <> $2 LIMIT 1", person_id, account_id
    )
    await tx.execute(
        "UPDATE account SET person_id = CASE WHEN $3 THEN $2::uuid END,"
        " claimed_person_id = CASE WHEN $3 THEN NULL ELSE $2::uuid END WHERE id = $1",
        account_id,
        person_id,
        others is None,
    )
    event = "real_name_bound" if others is None else "real_name_held"
    for subject, other in ((f"account:{account_id}", person_id), (f"person:{person_id}", account_id)):
        await audit.append(
            tx,
            subject=subject,
            kind=event,
            actor=f"account:{account_id}",
            detail={"of": str(other)},
        )
    return others is None


async def record_proof(
    tx: Transaction,
    *,
    person_id: UUID,
    proof: Assurance,
    by: By,
    record_id: UUID | None = None,
    challenge_id: UUID | None = None,
    model: str | None = None,
    slip_index: str | None = None,
) -> UUID:
    """Write a proof down; from VERIFIED on, the account it was made in is the person's own from now on."""
    record_id = record_id or new_id()
    await AssuranceRecord.create(
        id=record_id,
        person_id=person_id,
        level=proof.level,
        method=AssuranceMethod(proof.method),
        session_id=by.session_id,
        officer_id=by.officer_id,
        challenge_id=challenge_id,
        model=model,
        slip_index=slip_index,
        proven_at=proof.proven_at,
        expires_at=proof.expires_at,
    )
    if by.session_id is not None and proof.level >= AssuranceLevel.VERIFIED:
        await own_account(tx, person_id=person_id, session_id=by.session_id)
    return record_id


async def own_account(tx: Transaction, *, person_id: UUID, session_id: UUID) -> None:
    """The person has proven themselves in this session: the account is theirs, those never proven are held."""
    await tx.execute("SELECT 1 FROM person WHERE id = $1 FOR NO KEY UPDATE", person_id)
    now = clock.now()
    mine = await tx.fetch_one(
        "UPDATE account SET person_id = $2, claimed_person_id = NULL, proved_at = coalesce(proved_at, $3)"
        " FROM session WHERE session.id = $1 AND account.id = session.account_id"
        " AND coalesce(account.person_id, account.claimed_person_id, $2) = $2 RETURNING account.id",
        session_id,
        person_id,
        now,
    )
    if mine is None:
        raise Conflict(BOUND_ALREADY, code=ProblemCode.ALREADY_DONE)
    held = await tx.fetch(
        "UPDATE account SET claimed_person_id = person_id, person_id = NULL"
        " WHERE person_id = $1 AND id <> $2 AND proved_at IS NULL RETURNING id",
        person_id,
        mine["id"],
    )
    for account_id in sorted(row["id"] for row in held):
        for subject in (f"account:{account_id}", f"person:{person_id}"):
            await audit.append(
                tx,
                subject=subject,
                kind="real_name_held",
                actor=f"account:{mine['id']}",
                detail={"account": str(account_id)},
            )
