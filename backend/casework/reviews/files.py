"""What an officer reads of a case: its answers, its materials, its visits. Each look is in the applicant's own trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from backend.casework.applications.actions import NO_SUCH_CASE, open_answers, own_case
from backend.casework.applications.queries import application
from backend.casework.machine import Casework
from backend.casework.materials.looking import OpenedFile, StoredFile, hand_out
from backend.casework.reviews.desk import stand_aside
from backend.database import audit
from backend.database.record import Row, Transaction, fetch, fetch_one, transaction
from backend.errors import Invalid, NotFound, Text
from backend.kit import regions
from backend.people.delegation.kinds import DelegatedAction
from backend.people.privacy.looks import LookReason
from backend.viewer import Citizen, Officer, OfficerRole

FILES_RATE = "120/hour"
"""Case files that one officer opens: a day's work is below it."""
PAPERS_RATE = "600/hour"
"""Materials and visits that one officer opens: several of each case."""
DOING = frozenset({OfficerRole.INTAKE, OfficerRole.REVIEW, OfficerRole.APPROVAL})
"""Roles that read cases because they do their steps."""

NO_SUCH_MATERIAL = Text("没有这份材料。", "There is no such material.")
NO_SUCH_VISIT = Text("没有这次入户调查记录。", "There is no such visit.")
WHY = Text("请说明查看原因。", "Say why it is opened.")

_CASE = (
    "SELECT id AS application_id, person_id, item_code, division, township, collecting, assisting,"
    " answers_sealed FROM application WHERE id = $1 AND state <> 'DRAFT'"
)


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A home visit without what was seen."""

    id: UUID
    visited_at: datetime
    step_code: str
    photos: int


@dataclass(frozen=True, slots=True)
class OpenedVisit:
    """A home visit in the open."""

    visited_at: datetime
    latitude: float
    longitude: float
    words: str
    photos: Sequence[OpenedFile]


async def open_file(
    officer: Officer, work: Casework, *, application_id: UUID, reason: LookReason
) -> Mapping[str, object]:
    """The answers of a case in the officer's division, household members among them.

    The look and its reason go into the applicant's trail, where the applicant reads it. Raises ``NotFound``,
    ``Forbidden`` in the case of a relative, and ``TooMany``.
    """
    await work.resources.shared.limit(FILES_RATE, "open-file", str(officer.officer_id))
    async with transaction() as tx:
        row = await _readable(tx, work, officer, application_id)
        await _note(tx, officer, row, "case_file_opened", reason)
    return open_answers(work, application_id, row["answers_sealed"])


async def open_material(
    viewer: Citizen | Officer, work: Casework, *, application_id: UUID, code: str, reason: LookReason | None
) -> OpenedFile:
    """One material: for the applicant and who acts for them, and with a reason for an officer of the case.

    Raises ``NotFound``, ``Invalid`` for an officer without a reason, ``Forbidden`` in the case of a relative, ``TooMany``.
    """
    if isinstance(viewer, Citizen):
        await own_case(viewer, application_id, DelegatedAction.FOLLOW)
        file = await _material(application_id, code)
    else:
        if reason is None:
            raise Invalid(WHY).about("input", "reason")
        await work.resources.shared.limit(PAPERS_RATE, "open-paper", str(viewer.officer_id))
        async with transaction() as tx:
            row = await _readable(tx, work, viewer, application_id)
            file = await _material(application_id, code)
            await _note(tx, viewer, row, "material_opened", reason, material=code)
    [opened] = await hand_out(work, viewer, [file])
    return opened


async def _material(application_id: UUID, code: str) -> StoredFile:
    row = await fetch_one(
        "SELECT id, file_key, media_type, sha256 FROM material WHERE application_id = $1 AND code = $2",
        application_id,
        code,
    )
    if row is None:
        raise NotFound(NO_SUCH_MATERIAL)
    return StoredFile(row["file_key"], f"material.file:{row['id']}", row["sha256"], row["media_type"])


async def visits_of(officer: Officer, application_id: UUID, *, limit: int = 50) -> Sequence[VisitRow]:
    """The visits of a case that the officer may see, the latest first; of any other case none."""
    if officer.roles.isdisjoint(DOING) or await application(officer, application_id) is None:
        return ()
    rows = await fetch(
        "SELECT v.id, v.visited_at, t.step_code, jsonb_array_length(v.photos) AS photos FROM review_task t"
        " JOIN home_visit v ON v.task_id = t.id WHERE t.application_id = $1 ORDER BY v.id DESC LIMIT $2",
        application_id,
        limit,
    )
    return [VisitRow(row["id"], row["visited_at"], row["step_code"], row["photos"]) for row in rows]


async def open_visit(officer: Officer, work: Casework, *, visit_id: UUID, reason: LookReason) -> OpenedVisit:
    """What was seen at a visit, and an address for each photograph. Raises as ``open_file`` does."""
    await work.resources.shared.limit(PAPERS_RATE, "open-paper", str(officer.officer_id))
    visit = await fetch_one(
        "SELECT v.visited_at, v.told_sealed, v.photos, t.application_id FROM home_visit v"
        " JOIN review_task t ON t.id = v.task_id WHERE v.id = $1",
        visit_id,
    )
    if visit is None:
        raise NotFound(NO_SUCH_VISIT)
    async with transaction() as tx:
        try:
            row = await _readable(tx, work, officer, visit["application_id"])
        except NotFound:
            raise NotFound(NO_SUCH_VISIT) from None
        await _note(tx, officer, row, "home_visit_opened", reason, visit=str(visit_id))
    told = orjson.loads(
        work.resources.keys.ring.open(visit["told_sealed"], context=f"home_visit.told:{visit_id}")
    )
    photos = [
        StoredFile(photo_key(visit_id, place), photo_context(visit_id, place), digest)
        for place, digest in enumerate(orjson.loads(visit["photos"]))
    ]
    return OpenedVisit(
        visit["visited_at"],
        told["latitude"],
        told["longitude"],
        told["words"],
        await hand_out(work, officer, photos),
    )


def photo_key(visit_id: UUID, place: int) -> str:
    """Where the photograph at ``place`` of a visit is stored."""
    return f"visits/{visit_id}/{place}"


def photo_context(visit_id: UUID, place: int) -> str:
    """Where a sealed photograph belongs."""
    return f"home_visit.photo:{photo_key(visit_id, place)}"


def _has_it(row: Row, division: str) -> bool:
    """Whether a case is in an officer's division now, or at a receiving office there, or a part of it is."""
    place = regions.prefix(division)[:6]
    return regions.within(row["collecting"] or row["township"] or row["division"], division) or (
        len(place) == 6 and f",{place}," in row["assisting"]
    )


async def _readable(tx: Transaction, work: Casework, officer: Officer, application_id: UUID) -> Row:
    """The case, which this officer may read: handed in, in their division, and nobody of it their relative."""
    row = await tx.fetch_one(_CASE, application_id)
    if row is None or officer.roles.isdisjoint(DOING) or not _has_it(row, officer.division):
        raise NotFound(NO_SUCH_CASE)
    await stand_aside(tx, work, officer, row)
    return row


async def _note(
    tx: Transaction, officer: Officer, row: Row, kind: str, reason: LookReason, **detail: object
) -> None:
    await audit.append(
        tx,
        subject=f"person:{row['person_id']}",
        kind=kind,
        actor=f"officer:{officer.officer_id}",
        detail={
            "case": str(row["application_id"]),
            "reason": reason.value,
            "organ": str(officer.organ_id),
            **detail,
        },
    )
