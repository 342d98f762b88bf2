"""What happens to teams and documents: registered by a team, reviewed by an officer, retired in the open.

What is accepted is announced, so that every process of the installation knows it at once; a document
that is deprecated goes on being answered, because apps that were installed do not change.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import orjson

from backend.database import audit
from backend.database.record import Transaction, fetch_one, transaction
from backend.database.shared import Shared
from backend.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound, ProblemCode, Text
from backend.frontends.models import DocumentState
from backend.frontends.queries import KEY_PREFIX, USE_WINDOW
from backend.kit import clock
from backend.kit.bearer import digest_of
from backend.kit.ids import new_id
from backend.viewer import Machine, Officer, OfficerRole, Team, TeamRight

CHANNEL = "documents"
"""Where processes hear that a document was accepted, deprecated or withdrawn."""
MOST_AT_ONCE = 100
LONGEST_NOTE = 500

NO_SUCH_DOCUMENT = Text("没有这个文档。", "There is no such document.")
NO_SUCH_TEAM = Text("没有这个前端团队。", "There is no such front-end team.")
NAME_TAKEN = Text("该团队名称已被使用。", "This name is taken by another team.")
BAD_NAME = Text(
    "团队名称为2至60个小写字母、数字或连字符。", "A name has 2 to 60 lower-case letters, digits or hyphens."
)
MAY_NOT_REGISTER = Text("您的密钥不能登记文档。", "Your key may not register documents.")
OPERATIONS_ONLY = Text("只有运维岗位可以审核文档。", "Only an officer of operations may review documents.")
OF_ANOTHER = Text("该文档已由其他团队登记。", "This document was registered by another team.")
NOT_WAITING = Text("该文档不在待审状态。", "This document does not wait for review.")
NOT_USABLE = Text("该文档未在使用中。", "This document is not in use.")
STILL_USED = Text(
    "该文档近30天仍被使用{uses}次，最近一次在{day}。",
    "It was used {uses} times within 30 days, last on {day}.",
)
TOO_LONG = Text("说明请控制在500字以内。", "Please keep the note within 500 characters.")
REASON_WANTED = Text("请说明理由。", "Please give the reason.")


@dataclass(frozen=True, slots=True)
class Draft:
    """A document that fits the schema, with what is known about it."""

    text: str
    operations: Sequence[str]
    touches: Mapping[str, str]
    cost: int

    @property
    def digest(self) -> str:
        """Its id."""
        return digest_of(self.text)


# --- teams -----------------------------------------------------------------------------------------


async def add_team(name: str, rights: Collection[TeamRight], *, actor: Machine) -> tuple[UUID, str]:
    """A new team; its id and its key, which is shown this once. Raises ``Invalid`` and ``Conflict``."""
    if not (2 <= len(name) <= 60 and name.isascii() and name.replace("-", "").isalnum() and name.islower()):
        raise Invalid(BAD_NAME, fields=(FieldProblem(("name",), BAD_NAME),))
    team_id, key = new_id(), _new_key()
    async with transaction() as tx:
        made = await tx.fetch_one(
            "INSERT INTO front_end_team (id, created_at, name, key_digest, rights) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (name) DO NOTHING RETURNING id",
            team_id,
            clock.now(),
            name,
            digest_of(key),
            _json(sorted(rights)),
        )
        if made is None:
            raise Conflict(NAME_TAKEN, code=ProblemCode.ALREADY_DONE)
        await _tell(tx, team_id, "team_added", actor=actor, name=name, rights=sorted(rights))
    return team_id, key


async def renew_key(name: str, *, actor: Machine) -> str:
    """A new key for a team; the old one is worthless from this moment on. Raises ``NotFound``."""
    key = _new_key()
    async with transaction() as tx:
        row = await tx.fetch_one(
            "UPDATE front_end_team SET key_digest = $2, disabled_at = NULL WHERE name = $1 RETURNING id",
            name,
            digest_of(key),
        )
        if row is None:
            raise NotFound(NO_SUCH_TEAM)
        await _tell(tx, row["id"], "team_key_renewed", actor=actor)
    return key


async def disable_team(name: str, *, actor: Machine) -> None:
    """Take a team's key away; its documents go on being answered. Raises ``NotFound``."""
    async with transaction() as tx:
        row = await tx.fetch_one(
            "UPDATE front_end_team SET disabled_at = $2 WHERE name = $1 RETURNING id", name, clock.now()
        )
        if row is None:
            raise NotFound(NO_SUCH_TEAM)
        await _tell(tx, row["id"], "team_disabled", actor=actor)


async def team_named(name: str, *, language: str = "zh-CN") -> Team:
    """A team by its name, for the command line, with every right. Raises ``NotFound``."""
    row = await fetch_one("SELECT id, name FROM front_end_team WHERE name = $1", name)
    if row is None:
        raise NotFound(NO_SUCH_TEAM)
    return Team(row["id"], row["name"], frozenset(TeamRight), language)


# --- documents -------------------------------------------------------------------------------------


async def keep_house_documents(drafts: Sequence[Draft]) -> None:
    """Remember the house's own documents, so that apps built for this release are answered by later ones."""
    async with transaction() as tx:
        for draft in drafts:
            await _insert(tx, draft, team_id=None, app_version="", state=DocumentState.ACCEPTED)


async def register(team: Team, drafts: Sequence[Draft], *, app_version: str = "") -> list[UUID]:
    """Hand documents in for review; the ids of their rows. One that is known already stays as it is.

    A refused one is handed in again by this. Raises ``Forbidden`` without the right to register, and
    ``Conflict`` for a document of another team.
    """
    if TeamRight.REGISTER not in team.rights:
        raise Forbidden(MAY_NOT_REGISTER)
    kept: list[UUID] = []
    async with transaction() as tx:
        for draft in sorted(drafts, key=lambda one: one.digest):
            row = await _insert(
                tx, draft, team_id=team.team_id, app_version=app_version, state=DocumentState.SUBMITTED
            )
            if row is None:
                row = await tx.fetch_one(
                    "UPDATE front_end_document SET state = CASE WHEN state = $3 THEN $4 ELSE state END,"
                    " app_version = $5 WHERE digest = $1 AND team_id = $2 RETURNING id",
                    draft.digest,
                    team.team_id,
                    DocumentState.REFUSED,
                    DocumentState.SUBMITTED,
                    app_version,
                )
            if row is None:
                raise Conflict(OF_ANOTHER, code=ProblemCode.ALREADY_DONE)
            kept.append(row["id"])
        await _tell(
            tx, team.team_id, "documents_registered", actor=team, count=len(kept), app_version=app_version
        )
    return kept


async def review(
    reviewer: Officer | Machine, shared: Shared, document_id: UUID, *, accept: bool, note: str = ""
) -> None:
    """Accept a document, after which apps may send its id, or refuse it with a reason."""
    _check_reviewer(reviewer)
    if not accept and not note.strip():
        raise Invalid(REASON_WANTED, fields=(FieldProblem(("input", "note"), REASON_WANTED),))
    await _change(
        reviewer,
        shared,
        document_id,
        kind="document_accepted" if accept else "document_refused",
        changes="state = $2, note = $3, reviewed_by = $4, reviewed_at = $5",
        values=(
            DocumentState.ACCEPTED if accept else DocumentState.REFUSED,
            _checked(note),
            _name_of(reviewer),
            clock.now(),
        ),
        allowed=(DocumentState.SUBMITTED,),
        otherwise=NOT_WAITING,
    )


async def deprecate(
    actor: Officer | Team | Machine, shared: Shared, document_id: UUID, *, reason: str, sunset_on: date | None
) -> None:
    """Announce that a document will go: it is still answered, and its answers say so."""
    if not isinstance(actor, Team):
        _check_reviewer(actor)
    if not reason.strip():
        raise Invalid(REASON_WANTED, fields=(FieldProblem(("input", "reason"), REASON_WANTED),))
    await _change(
        actor,
        shared,
        document_id,
        kind="document_deprecated",
        changes="state = $2, note = $3, deprecated_at = coalesce(deprecated_at, $4), sunset_on = $5",
        values=(DocumentState.DEPRECATED, _checked(reason), clock.now(), sunset_on),
        allowed=(DocumentState.ACCEPTED, DocumentState.DEPRECATED),
        otherwise=NOT_USABLE,
    )


async def withdraw(
    reviewer: Officer | Machine, shared: Shared, document_id: UUID, *, even_if_used: bool = False
) -> None:
    """Stop answering a document. Raises ``Conflict`` while apps use it, unless ``even_if_used``."""
    _check_reviewer(reviewer)
    used = await fetch_one(
        "SELECT sum(u.count) AS uses, max(u.day) AS day FROM front_end_document_use u"
        " JOIN front_end_document d ON d.digest = u.digest WHERE d.id = $1 AND u.day > $2",
        document_id,
        clock.today() - USE_WINDOW,
    )
    if used is not None and used["uses"] and not even_if_used:
        raise Conflict(STILL_USED.filled(uses=used["uses"], day=used["day"].isoformat()))
    await _change(
        reviewer,
        shared,
        document_id,
        kind="document_withdrawn",
        changes="state = $2",
        values=(DocumentState.WITHDRAWN,),
        allowed=tuple(DocumentState),
        otherwise=NOT_USABLE,
    )


async def count_uses(uses: Mapping[str, int]) -> None:
    """Add what a process has counted since it told last: times by document id."""
    if not uses:
        return
    # In one order for all processes, so that no two wait for each other.
    digests = sorted(uses)
    async with transaction() as tx:
        await tx.execute(
            "INSERT INTO front_end_document_use (id, created_at, digest, day, count)"
            " SELECT u.id, $1, u.digest, $2, u.count"
            " FROM unnest($3::uuid[], $4::text[], $5::bigint[]) AS u(id, digest, count)"
            " ON CONFLICT (digest, day) DO UPDATE SET count = front_end_document_use.count + EXCLUDED.count",
            clock.now(),
            clock.today(),
            [new_id() for _ in digests],
            digests,
            [uses[digest] for digest in digests],
        )


async def _insert(
    tx: Transaction, draft: Draft, *, team_id: UUID | None, app_version: str, state: DocumentState
) -> Mapping[str, UUID] | None:
    return await tx.fetch_one(
        "INSERT INTO front_end_document (id, created_at, team_id, digest, text, operations, touches, cost,"
        " app_version, state, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '')"
        " ON CONFLICT (digest) DO NOTHING RETURNING id",
        new_id(),
        clock.now(),
        team_id,
        draft.digest,
        draft.text,
        _json(list(draft.operations)),
        _json(dict(draft.touches)),
        draft.cost,
        app_version,
        state,
    )


async def _change(
    actor: Officer | Team | Machine,
    shared: Shared,
    document_id: UUID,
    *,
    kind: str,
    changes: str,
    values: Sequence[object],
    allowed: Sequence[DocumentState],
    otherwise: Text,
) -> None:
    """Move a document and tell every process. A team reaches its own documents only."""
    own = actor.team_id if isinstance(actor, Team) else None
    async with transaction() as tx:
        row = await tx.fetch_one(
            "SELECT state, digest FROM front_end_document WHERE id = $1"
            " AND ($2::uuid IS NULL OR team_id = $2) FOR NO KEY UPDATE",
            document_id,
            own,
        )
        if row is None:
            raise NotFound(NO_SUCH_DOCUMENT)
        if row["state"] not in allowed:
            raise Conflict(otherwise)
        await tx.execute(f"UPDATE front_end_document SET {changes} WHERE id = $1", document_id, *values)  # noqa: S608 - written above
        await audit.append(tx, subject=f"document:{document_id}", kind=kind, actor=_name_of(actor), detail={})
        digest = row["digest"]
        tx.after_commit(lambda: shared.announce(CHANNEL, digest))


async def _tell(
    tx: Transaction, team_id: UUID, kind: str, *, actor: Team | Machine, **detail: object
) -> None:
    await audit.append(tx, subject=f"team:{team_id}", kind=kind, actor=_name_of(actor), detail=detail)


def _check_reviewer(reviewer: Officer | Machine) -> None:
    if isinstance(reviewer, Officer) and OfficerRole.OPERATIONS not in reviewer.roles:
        raise Forbidden(OPERATIONS_ONLY)


def _checked(note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise Invalid(TOO_LONG, fields=(FieldProblem(("input", "note"), TOO_LONG),))
    return note.strip()


def _name_of(actor: Officer | Team | Machine) -> str:
    match actor:
        case Officer():
            return f"officer:{actor.officer_id}"
        case Team():
            return f"team:{actor.team_id}"
        case Machine():
            return f"machine:{actor.name}"


def _new_key() -> str:
    return KEY_PREFIX + secrets.token_urlsafe(32)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
