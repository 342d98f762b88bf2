"""A person's own data: all of it as one file, and closing what may be closed.

Every area that keeps something of people has a ``Holding``; the composition root names them all. A holding
tells what it keeps, and what of it is still open: with an open matter nobody is closed.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import orjson

from backend.database import audit
from backend.database.record import Transaction, fetch, transaction
from backend.errors import Conflict, ProblemCode, StepUpNeeded, Text
from backend.kit import clock
from backend.people.identity.ladder import NAME_FIRST, TO_APPLY, require
from backend.people.identity.models import ConsentKind
from backend.people.identity.queries import facts_of
from backend.people.identity.templates import shred_template
from backend.people.privacy.looks import TOLD
from backend.resources import Resources
from backend.viewer import Citizen

EXPORTS = "5/day"
"""Per person: it opens everything that is sealed."""

OPEN_MATTERS = Text(
    "您还有未办结的事项，办结或撤回后才能注销。",
    "There are matters of yours that are still open; finish or withdraw them first.",
)

Told = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Holding:
    """What one area keeps of a person."""

    name: str
    """Its part of the file."""
    tell: Callable[[Resources, UUID], Awaitable[object]]
    """Everything of this person, open, as JSON can hold it; of other people nothing that is not theirs to know."""
    still_open: Callable[[Transaction, UUID], Awaitable[bool]] | None = None
    """Whether something of it forbids to close the person's accounts, with the person's row held."""


@dataclass(frozen=True, slots=True)
class DataExport:
    """The file."""

    file_name: str
    content: str
    """JSON."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Closed:
    """Accounts were closed."""

    at: datetime
    accounts: int


async def export_data(citizen: Citizen, resources: Resources, holdings: Sequence[Holding]) -> DataExport:
    """Everything that is kept of the viewer, as one file (PIPL 45). Nothing of it is stored anywhere.

    Raises ``StepUpNeeded`` unless the viewer is proven in this session, and ``TooMany``.
    """
    person_id = _person(citizen)
    await require(citizen, person_id, TO_APPLY)
    await resources.shared.limit(EXPORTS, "export", str(person_id))
    parts = {holding.name: await holding.tell(resources, person_id) for holding in holdings}
    content = orjson.dumps(
        {"exportedAt": clock.now(), **parts}, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z
    )
    digest = sha256(content).hexdigest()
    async with transaction() as tx:
        await _tell(tx, person_id, "data_exported", parts=sorted(parts), sha256=digest)
    return DataExport(f"jinmin-{clock.today().isoformat()}.json", content.decode(), digest)


async def close_accounts(citizen: Citizen, resources: Resources, holdings: Sequence[Holding]) -> Closed:
    """Close all accounts of the viewer (PIPL 47): sessions end, consents and delegations too, a template is shredded.

    What cases and audit entries say is kept as long as archives law wants it; nobody can sign in to it any more.
    Raises ``Conflict`` with an open matter, ``StepUpNeeded``.
    """
    person_id = _person(citizen)
    await require(citizen, person_id, TO_APPLY)
    await shred_template(resources, person_id, actor=f"person:{person_id}")
    now, refused = clock.now(), False
    async with transaction() as tx:
        await tx.execute("SELECT 1 FROM person WHERE id = $1 FOR UPDATE", person_id)
        for holding in holdings:
            if holding.still_open is not None and await holding.still_open(tx, person_id):
                refused = True
        if refused:
            await _tell(tx, person_id, "closing_refused")
        else:
            accounts = await _close(tx, resources, person_id, now)
            await _tell(tx, person_id, "accounts_closed", accounts=accounts)
    if refused:
        raise Conflict(OPEN_MATTERS, code=ProblemCode.ILLEGAL_STATE)
    return Closed(now, accounts)


async def _close(tx: Transaction, resources: Resources, person_id: UUID, now: datetime) -> int:
    """End everything that lets somebody in or act; how many accounts there were."""
    rows = await tx.fetch("SELECT id FROM account WHERE person_id = $1 ORDER BY id FOR UPDATE", person_id)
    ids = [row["id"] for row in rows]
    await tx.execute(
        "UPDATE session SET revoked_at = $2 WHERE account_id = ANY($1) AND revoked_at IS NULL", ids, now
    )
    await tx.execute(
        "UPDATE consent SET withdrawn_at = $2 WHERE (person_id = $1 OR guardian_id = $1) AND withdrawn_at IS NULL",
        person_id,
        now,
    )
    await tx.execute(
        "UPDATE delegation SET state = 'REVOKED', ended_at = $2, ended_by = 'person:' || $1::uuid::text"
        " WHERE (agent_id = $1 OR principal_id = $1) AND state IN ('PROPOSED', 'ACTIVE')",
        person_id,
        now,
    )
    # The platform's id is what would find this account again: without it the next sign-in is somebody new.
    for account_id in ids:
        index = f"closed:{account_id}"
        await tx.execute(
            "UPDATE account SET person_id = NULL, claimed_person_id = NULL, proved_at = NULL, open_id_index = $2,"
            " open_id_sealed = $3 WHERE id = $1",
            account_id,
            index,
            resources.keys.ring.seal(b"", context=f"account.open_id:{index}"),
        )
    return len(ids)


async def _tell(tx: Transaction, person_id: UUID, kind: str, **detail: object) -> None:
    subject = f"person:{person_id}"
    await audit.append(tx, subject=subject, kind=kind, actor=subject, detail=detail)


def _person(citizen: Citizen) -> UUID:
    if citizen.person_id is None:
        raise StepUpNeeded(NAME_FIRST)
    return citizen.person_id


# --- what is kept of people here -------------------------------------------------------------------


async def _identity(resources: Resources, person_id: UUID) -> Told:
    person = await facts_of(person_id, resources)
    accounts = await fetch(
        "SELECT platform, created_at, last_sign_in_at FROM account WHERE person_id = $1 ORDER BY id",
        person_id,
    )
    proofs = await fetch(
        "SELECT level, method, proven_at, expires_at, model FROM assurance_record WHERE person_id = $1 ORDER BY id",
        person_id,
    )
    return {
        "name": person.name,
        "documentNumber": person.resident_id,
        "documentKind": person.document_kind,
        "birthDate": person.birth_date,
        "sex": person.sex,
        "householdDivision": person.household_division,
        "accounts": [dict(row) for row in accounts],
        "proofs": [dict(row) for row in proofs],
        "faceTemplate": bool(await fetch("SELECT 1 FROM face_template WHERE person_id = $1", person_id)),
    }


async def _consents(_resources: Resources, person_id: UUID) -> Sequence[Told]:
    rows = await fetch(
        "SELECT kind, version, given_at, withdrawn_at, CASE WHEN guardian_id IS NULL THEN 'SELF'"
        " WHEN guardian_id = $1 THEN 'FOR_CHILD' ELSE 'BY_GUARDIAN' END AS given"
        " FROM consent WHERE person_id = $1 OR guardian_id = $1 ORDER BY id",
        person_id,
    )
    return [{**dict(row), "kind": ConsentKind(row["kind"])} for row in rows]


async def _delegations(_resources: Resources, person_id: UUID) -> Sequence[Told]:
    rows = await fetch(
        "SELECT kind, state, CASE WHEN agent_id = $1 THEN 'AGENT' ELSE 'PRINCIPAL' END AS role, items, actions,"
        " valid_until, created_at, accepted_at, ended_at FROM delegation"
        " WHERE agent_id = $1 OR principal_id = $1 ORDER BY id",
        person_id,
    )
    return [
        {**dict(row), "items": orjson.loads(row["items"]), "actions": orjson.loads(row["actions"])}
        for row in rows
    ]


async def _trail(_resources: Resources, person_id: UUID) -> Sequence[Told]:
    own = f"person:{person_id}"
    rows = await fetch("SELECT at, kind, actor FROM audit_entry WHERE subject = $1 ORDER BY sequence", own)
    return [
        {
            "at": row["at"],
            "kind": row["kind"],
            "what": TOLD[row["kind"]].zh if row["kind"] in TOLD else None,
            "by": "SELF" if row["actor"] == own else row["actor"].partition(":")[0].upper(),
        }
        for row in rows
    ]


HOLDINGS = (
    Holding("identity", _identity),
    Holding("consents", _consents),
    Holding("delegations", _delegations),
    Holding("trail", _trail),
)
"""What this package keeps."""
