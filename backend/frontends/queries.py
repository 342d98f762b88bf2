"""Reading teams and documents: by key, by id, and as lists for those who may see them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import orjson

from backend.database.record import Row, fetch, fetch_one
from backend.errors import NotSignedIn, Text
from backend.frontends.models import USABLE, DocumentState
from backend.kit import clock
from backend.kit.bearer import bearer, digest_of
from backend.viewer import Machine, Officer, OfficerRole, Team, TeamRight, Viewer

KEY_PREFIX = "jmt_"
"""What every team's key begins with, so that one that leaked is recognised as one."""
USE_WINDOW = timedelta(days=30)
"""For how long use counts as recent."""

BAD_KEY = Text("前端团队密钥无效。", "The key of the front-end team is not valid.")

_COLUMNS = (
    "d.id, d.digest, d.text, d.operations, d.touches, d.cost, d.app_version, d.state, d.note, d.created_at,"
    " d.reviewed_at, d.deprecated_at, d.sunset_on, t.name AS team"
)
_USE = (
    "LEFT JOIN LATERAL (SELECT coalesce(sum(u.count), 0) AS uses, max(u.day) AS last_used_on"
    " FROM front_end_document_use u WHERE u.digest = d.digest AND u.day > $1) AS used ON true"
)
_VISIBLE = "($2::uuid IS NULL OR d.team_id = $2)"


@dataclass(frozen=True, slots=True)
class Registered:
    """A document as it is served."""

    text: str
    team_id: UUID | None
    deprecated_at: datetime | None
    sunset_on: date | None


@dataclass(frozen=True, slots=True)
class Touched:
    """A root field that a document asks for, and who may."""

    name: str
    access: str


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document as its team and its reviewers see it."""

    id: UUID
    digest: str
    text: str
    operations: Sequence[str]
    touches: Sequence[Touched]
    cost: int
    app_version: str
    state: DocumentState
    note: str
    created_at: datetime
    reviewed_at: datetime | None
    deprecated_at: datetime | None
    sunset_on: date | None
    team: str | None
    uses: int
    last_used_on: date | None


def team_key(authorization: str | None) -> str | None:
    """The team's key in an ``Authorization`` header; None where there is another token or none."""
    return bearer(authorization, KEY_PREFIX)


async def authenticate_team(key: str, *, language: str, address: str) -> Team:
    """The team of this key. Raises ``NotSignedIn``, the same for an unknown and a disabled one."""
    row = await fetch_one(
        "SELECT id, name, rights FROM front_end_team WHERE key_digest = $1 AND disabled_at IS NULL",
        digest_of(key),
    )
    if row is None:
        raise NotSignedIn(BAD_KEY)
    rights = frozenset(TeamRight(right) for right in orjson.loads(row["rights"]))
    return Team(row["id"], row["name"], rights, language, address)


async def registered(digest: str) -> Registered | None:
    """The usable document of this id, or None."""
    row = await fetch_one(
        "SELECT text, team_id, deprecated_at, sunset_on FROM front_end_document"
        " WHERE digest = $1 AND state = ANY($2)",
        digest,
        list(USABLE),
    )
    return Registered(**dict(row)) if row else None


async def unknown_among(digests: Collection[str]) -> set[str]:
    """Those of these ids that were never registered."""
    rows = await fetch("SELECT digest FROM front_end_document WHERE digest = ANY($1)", list(digests))
    return set(digests) - {row["digest"] for row in rows}


async def usable_texts() -> Sequence[tuple[str, str]]:
    """Ids and texts of every usable document: to check that all of them fit a new schema."""
    rows = await fetch(
        "SELECT digest, text FROM front_end_document WHERE state = ANY($1) ORDER BY id", list(USABLE)
    )
    return [(row["digest"], row["text"]) for row in rows]


async def documents(
    viewer: Viewer | Machine, *, state: DocumentState | None, before: UUID | None, limit: int
) -> Sequence[DocumentView]:
    """A team's own documents, or all of them for a reviewer; newest first, those before ``before``."""
    if not _may_see(viewer):
        return ()
    rows = await fetch(
        f"SELECT {_COLUMNS}, used.uses, used.last_used_on FROM front_end_document d"  # noqa: S608 - constants of this module
        f" LEFT JOIN front_end_team t ON t.id = d.team_id {_USE}"
        f" WHERE {_VISIBLE} AND ($3::text IS NULL OR d.state = $3) AND ($4::uuid IS NULL OR d.id < $4)"
        " ORDER BY d.id DESC LIMIT $5",
        _since(),
        _own(viewer),
        state,
        before,
        limit,
    )
    return [_view(row) for row in rows]


async def document(viewer: Viewer | Machine, document_id: UUID) -> DocumentView | None:
    """One document, or None where there is none that this viewer may see."""
    if not _may_see(viewer):
        return None
    row = await fetch_one(
        f"SELECT {_COLUMNS}, used.uses, used.last_used_on FROM front_end_document d"  # noqa: S608 - constants of this module
        f" LEFT JOIN front_end_team t ON t.id = d.team_id {_USE} WHERE {_VISIBLE} AND d.id = $3",
        _since(),
        _own(viewer),
        document_id,
    )
    return _view(row) if row else None


async def documents_of(team: Team, ids: Sequence[UUID]) -> Sequence[DocumentView]:
    """These of a team's own documents."""
    rows = await fetch(
        f"SELECT {_COLUMNS}, used.uses, used.last_used_on FROM front_end_document d"  # noqa: S608 - constants of this module
        f" LEFT JOIN front_end_team t ON t.id = d.team_id {_USE} WHERE {_VISIBLE} AND d.id = ANY($3)",
        _since(),
        team.team_id,
        list(ids),
    )
    return [_view(row) for row in rows]


async def document_with(viewer: Viewer | Machine, digest: str) -> DocumentView | None:
    """The document whose id begins with ``digest``; None where there is none or more than one."""
    rows = await fetch(
        "SELECT id FROM front_end_document WHERE starts_with(digest, $1) LIMIT 2", digest.lower()
    )
    return await document(viewer, rows[0]["id"]) if len(rows) == 1 else None


def _may_see(viewer: Viewer | Machine) -> bool:
    match viewer:
        case Team() | Machine():
            return True
        case Officer():
            return OfficerRole.OPERATIONS in viewer.roles
        case _:
            return False


def _own(viewer: Viewer | Machine) -> UUID | None:
    return viewer.team_id if isinstance(viewer, Team) else None


def _since() -> date:
    return clock.today() - USE_WINDOW


def _view(row: Row) -> DocumentView:
    told = dict(row)
    return DocumentView(
        **{
            **told,
            "operations": tuple(orjson.loads(told["operations"])),
            "touches": tuple(Touched(*one) for one in orjson.loads(told["touches"]).items()),
            "state": DocumentState(told["state"]),
            "uses": int(told["uses"]),
        }
    )
