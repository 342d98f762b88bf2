"""A person's own data: all of it as one file, and closing what may be closed.

Every area that keeps something of people has a ``Holding``; the composition root names them all, and a test holds
them against the tables of the database. A holding tells what it keeps, what of it is still open (with an open matter
nobody is closed), what goes at once when somebody closes, and what the law keeps for how long.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypeAlias
from uuid import UUID

import orjson

from backend.database import audit
from backend.database.record import Transaction, transaction
from backend.errors import Conflict, ProblemCode, StepUpNeeded, Text
from backend.kit import clock
from backend.people.identity.ladder import NAME_FIRST, TO_APPLY, require
from backend.people.identity.templates import shred_template
from backend.resources import Resources
from backend.viewer import Citizen

EXPORTS = "5/day"
"""Per person: it opens everything that is sealed."""

OPEN_MATTERS = Text(
    "您还有未办结的事项（{what}），办结或撤回后才能注销。",
    "There are matters of yours that are still open ({what}); finish or withdraw them first.",
)

Told = Mapping[str, object]
Holds: TypeAlias = Callable[[Transaction, UUID], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays when somebody closes, and by which law for how long."""

    what: Text
    why: Text
    there: Holds
    """Whether there is any of it, of this person."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one area keeps of a person."""

    name: str
    """Its part of the file."""
    tell: Callable[[Resources, UUID], Awaitable[object]]
    """Everything of this person, open, as JSON can hold it; of other people nothing that is not theirs to know."""
    still_open: Holds | None = None
    """Whether something of it forbids to close the person's accounts, with the person's row held."""
    open_matter: Text | None = None
    """What that is, in words."""
    erase: Callable[[Transaction, UUID, Sequence[UUID]], Awaitable[None]] | None = None
    """Takes away at once what no law keeps; the last are the accounts that are closed."""
    kept: Kept | None = None
    tables: tuple[str, ...] = ()
    """The tables that it tells of."""


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
    kept: Sequence[Kept]
    """What stays, and why; everything else is gone."""


async def export_data(citizen: Citizen, resources: Resources, holdings: Sequence[Holding]) -> DataExport:
    """Everything that is kept of the viewer, as one file (PIPL 45). Nothing of it is stored anywhere.

    Raises ``StepUpNeeded`` unless the viewer is proven in this session, and ``TooMany``.
    """
    person_id = _person(citizen)
    await require(citizen, person_id, TO_APPLY)
    await resources.shared.limit(EXPORTS, "export", str(person_id))
    parts = {
        holding.name: told
        for holding in holdings
        if (told := await holding.tell(resources, person_id)) is not None
    }
    content = orjson.dumps(
        {"exportedAt": clock.now(), **parts}, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z
    )
    digest = sha256(content).hexdigest()
    async with transaction() as tx:
        await _tell(tx, person_id, "data_exported", parts=sorted(parts), sha256=digest)
    return DataExport(f"jinmin-{clock.today().isoformat()}.json", content.decode(), digest)


async def close_accounts(citizen: Citizen, resources: Resources, holdings: Sequence[Holding]) -> Closed:
    """Close all accounts of the viewer (PIPL 47): nobody can sign in to them, and what no law keeps is gone at once.

    A template of the face is shredded, sessions, consents and delegations end. What stays is told with the law that
    keeps it; the clock of retention takes it away when its time is over. Raises ``Conflict`` with an open matter,
    ``StepUpNeeded``.
    """
    person_id = _person(citizen)
    await require(citizen, person_id, TO_APPLY)
    now, matters = clock.now(), list[Text]()
    accounts: Sequence[UUID] = ()
    kept: list[Kept] = []
    async with transaction() as tx:
        await tx.execute("SELECT 1 FROM person WHERE id = $1 FOR UPDATE", person_id)
        for holding in holdings:
            if holding.still_open is not None and await holding.still_open(tx, person_id):
                matters.append(holding.open_matter or Text(holding.name, holding.name))
        if matters:
            await _tell(tx, person_id, "closing_refused")
        else:
            accounts = await _close(tx, resources, person_id, now)
            for holding in holdings:
                if holding.erase is not None:
                    await holding.erase(tx, person_id, accounts)
            parts = [holding.kept for holding in holdings if holding.kept is not None]
            kept = [part for part in parts if await part.there(tx, person_id)]
            await _tell(tx, person_id, "accounts_closed", accounts=len(accounts))
    if matters:
        what = Text("、".join(one.zh for one in matters), ", ".join(one.en for one in matters))
        raise Conflict(_filled(what), code=ProblemCode.ILLEGAL_STATE)
    await shred_template(resources, person_id, actor=f"person:{person_id}")
    return Closed(now, len(accounts), kept)


def _filled(what: Text) -> Text:
    return Text(OPEN_MATTERS.zh.format(what=what.zh), OPEN_MATTERS.en.format(what=what.en))


async def _close(tx: Transaction, resources: Resources, person_id: UUID, now: datetime) -> Sequence[UUID]:
    """End everything that lets somebody in or act; the accounts that there were."""
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
    return ids


async def _tell(tx: Transaction, person_id: UUID, kind: str, **detail: object) -> None:
    subject = f"person:{person_id}"
    await audit.append(tx, subject=subject, kind=kind, actor=subject, detail=detail)


def _person(citizen: Citizen) -> UUID:
    if citizen.person_id is None:
        raise StepUpNeeded(NAME_FIRST)
    return citizen.person_id
