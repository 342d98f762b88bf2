"""Organisations as their staff, the officers of their division and the citizens who work for them see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import orjson

from backend.database import audit
from backend.database.record import Row, fetch, fetch_one, transaction
from backend.errors import NotFound, Text
from backend.kit import regions
from backend.kit.sealing import KeyRing
from backend.ports import FileStore
from backend.providers.organisations.actions import NO_SUCH_ORGANISATION
from backend.providers.organisations.kinds import LicenceKind
from backend.providers.organisations.models import OrganisationState, ReviewKind, ReviewState, StaffRole
from backend.viewer import Citizen, Officer, OfficerRole, Provider, Viewer

REVIEWERS = frozenset({OfficerRole.REVIEW, OfficerRole.APPROVAL})
"""Officers who look at third parties."""
NO_SUCH_PAPER = Text("没有这份证照。", "There is no such paper.")


@dataclass(frozen=True, slots=True)
class LicenceView:
    """A licence as it was approved, or as it is asked for."""

    kind: LicenceKind
    number: str
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """An organisation."""

    id: UUID
    credit_code: str
    name: str
    division: str
    address: str
    licences: Sequence[LicenceView]
    state: OrganisationState
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StaffView:
    """A member of the staff, by what the organisation calls them: whose name it is, is not told."""

    id: UUID
    label: str
    role: StaffRole
    joined_at: datetime | None
    invited_until: datetime | None


@dataclass(frozen=True, slots=True)
class ReviewView:
    """Something that waits for an officer, or what became of it."""

    id: UUID
    kind: ReviewKind
    state: ReviewState
    organisation: OrganisationView
    proposed: object
    told: str
    reason: str
    created_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class PaperView:
    """A paper with its content, for an officer who reviews."""

    licence: LicenceKind
    media_type: str
    content: bytes


COLUMNS = (
    "organisation.id, organisation.credit_code, organisation.name, organisation.division, organisation.address,"
    " organisation.licences, organisation.state, organisation.reason, organisation.proposed, organisation.created_at"
)


async def organisation(viewer: Viewer, organisation_id: UUID) -> OrganisationView | None:
    """One organisation: everybody sees an active one; others its staff and the officers of its division."""
    row = await fetch_one(f"SELECT {COLUMNS} FROM organisation WHERE id = $1", organisation_id)  # noqa: S608 - a constant of ours
    if row is None or not await _may_see(viewer, row):
        return None
    return view_of(row)


async def own_organisation(provider: Provider) -> OrganisationView:
    """The organisation that a provider acts for."""
    row = await fetch_one(f"SELECT {COLUMNS} FROM organisation WHERE id = $1", provider.organisation_id)  # noqa: S608 - as above
    if row is None:
        raise NotFound(NO_SUCH_ORGANISATION)
    return view_of(row)


async def organisations_of(citizen: Citizen) -> Sequence[OrganisationView]:
    """The organisations that a citizen may act for, the newest first."""
    rows = await fetch(
        f"SELECT {COLUMNS} FROM organisation_staff staff JOIN organisation ON organisation.id = staff.organisation_id"  # noqa: S608 - as above
        " WHERE staff.person_id = $1 AND staff.removed_at IS NULL ORDER BY staff.id DESC LIMIT 50",
        citizen.person_id,
    )
    return [view_of(row) for row in rows]


async def staff(provider: Provider, *, after: UUID | None, limit: int) -> Sequence[StaffView]:
    """The provider's own staff of today, in the order of their coming."""
    rows = await fetch(
        "SELECT id, label, role, joined_at, invited_until FROM organisation_staff WHERE organisation_id = $1"
        " AND removed_at IS NULL AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        provider.organisation_id,
        after,
        limit,
    )
    return [
        StaffView(row["id"], row["label"], StaffRole(row["role"]), row["joined_at"], row["invited_until"])
        for row in rows
    ]


_REVIEWS = (
    "SELECT review.id AS review_id, review.kind, review.state AS review_state, review.told, review.reason AS review_reason,"  # noqa: S608 - a constant of ours
    " review.created_at AS asked_at, review.decided_at,"
    f" coalesce(version.content, organisation.proposed) AS laid_before, {COLUMNS}"
    " FROM provider_review review JOIN organisation ON organisation.id = review.organisation_id"
    " LEFT JOIN place_version version ON review.kind = 'LISTING' AND version.id = review.subject_id"
    " WHERE (review.division LIKE $1 OR review.organisation_id = $2)"
)


async def reviews(
    viewer: Officer | Provider, *, state: ReviewState | None, before: UUID | None, limit: int
) -> Sequence[ReviewView]:
    """Reviews of the officer's division, or of the provider's own organisation; the newest first."""
    within, own = _reach(viewer)
    rows = await fetch(
        f"{_REVIEWS} AND ($3::text IS NULL OR review.state = $3) AND ($4::uuid IS NULL OR review.id < $4)"
        " ORDER BY review.id DESC LIMIT $5",
        within,
        own,
        state,
        before,
        limit,
    )
    return [_review(row) for row in rows]


async def review(viewer: Officer | Provider, review_id: UUID) -> ReviewView | None:
    """One of them."""
    within, own = _reach(viewer)
    row = await fetch_one(f"{_REVIEWS} AND review.id = $3", within, own, review_id)
    return _review(row) if row else None


async def paper(
    officer: Officer, ring: KeyRing, files: FileStore, *, organisation_id: UUID, licence: LicenceKind
) -> PaperView:
    """A paper of an organisation in the officer's division; that it was looked at is written down. Raises ``NotFound``."""
    row = await fetch_one(
        "SELECT paper.file_key, paper.media_type FROM organisation_paper paper"
        " JOIN organisation ON organisation.id = paper.organisation_id"
        " WHERE paper.organisation_id = $1 AND paper.licence = $2 AND organisation.division LIKE $3",
        organisation_id,
        licence,
        f"{regions.prefix(officer.division)}%",
    )
    if row is None or officer.roles.isdisjoint(REVIEWERS):
        raise NotFound(NO_SUCH_PAPER)
    sealed = await files.get(row["file_key"])
    content = ring.open_bytes(sealed, context=f"organisation.paper:{row['file_key']}")
    async with transaction() as tx:
        await audit.append(
            tx,
            subject=f"organisation:{organisation_id}",
            kind="organisation_paper_opened",
            actor=f"officer:{officer.officer_id}",
            detail={"licence": licence},
        )
    return PaperView(licence, row["media_type"], content)


def view_of(row: Row) -> OrganisationView:
    """An organisation from ``COLUMNS``."""
    state = OrganisationState(row["state"])
    return OrganisationView(
        id=row["id"],
        credit_code=row["credit_code"],
        name=row["name"],
        division=row["division"],
        address=row["address"],
        licences=[
            LicenceView(
                LicenceKind(one["kind"]),
                one["number"],
                date.fromisoformat(one["valid_until"]) if one["valid_until"] else None,
            )
            for one in orjson.loads(row["licences"])
        ],
        state=state,
        reason=row["reason"],
        created_at=row["created_at"],
    )


def _review(row: Row) -> ReviewView:
    return ReviewView(
        id=row["review_id"],
        kind=ReviewKind(row["kind"]),
        state=ReviewState(row["review_state"]),
        organisation=view_of(row),
        proposed=None if row["laid_before"] is None else orjson.loads(row["laid_before"]),
        told=row["told"],
        reason=row["review_reason"],
        created_at=row["asked_at"],
        decided_at=row["decided_at"],
    )


def _reach(viewer: Officer | Provider) -> tuple[str | None, UUID | None]:
    """Officers reach their division, providers themselves."""
    match viewer:
        case Officer():
            return f"{regions.prefix(viewer.division)}%", None
        case Provider():
            return None, viewer.organisation_id


async def _may_see(viewer: Viewer, row: Row) -> bool:
    if row["state"] == OrganisationState.ACTIVE:
        return True
    match viewer:
        case Officer():
            return row["state"] != OrganisationState.DRAFT and regions.within(
                row["division"], viewer.division
            )
        case Provider():
            return bool(viewer.organisation_id == row["id"])
        case Citizen() if viewer.person_id is not None:
            return bool(
                await fetch_one(
                    "SELECT 1 FROM organisation_staff WHERE organisation_id = $1 AND person_id = $2"
                    " AND removed_at IS NULL",
                    row["id"],
                    viewer.person_id,
                )
            )
        case _:
            return False
