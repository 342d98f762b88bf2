"""The materials of cases that the caller has already been allowed to see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.casework.definitions import MaterialSource
from backend.casework.machine import Casework
from backend.database.record import fetch


@dataclass(frozen=True, slots=True)
class UploadedMaterial:
    """What is known of an uploaded file, without its content."""

    id: UUID
    code: str
    source: MaterialSource
    media_type: str
    size: int
    sha256: str
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class MaterialContent:
    """A material opened for delivery. Lives in memory only."""

    code: str
    file_name: str
    media_type: str
    sha256: str
    content: bytes


async def materials_of(application_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[UploadedMaterial]]:
    """Per case, in the order of their codes: one statement."""
    rows = await fetch(
        "SELECT application_id, id, code, source, media_type, size, sha256, created_at FROM material"
        " WHERE application_id = ANY($1::uuid[]) ORDER BY application_id, code",
        list(application_ids),
    )
    found: dict[UUID, list[UploadedMaterial]] = {application_id: [] for application_id in application_ids}
    for row in rows:
        found[row["application_id"]].append(
            UploadedMaterial(
                row["id"],
                row["code"],
                MaterialSource(row["source"]),
                row["media_type"],
                row["size"],
                row["sha256"],
                row["created_at"],
            )
        )
    return found


async def material_contents(work: Casework, application_id: UUID) -> Sequence[MaterialContent]:
    """Every material of a case with its bytes, opened, for handing the case over."""
    rows = await fetch(
        "SELECT id, code, file_key, file_name_sealed, media_type, sha256 FROM material"
        " WHERE application_id = $1 ORDER BY code",
        application_id,
    )
    ring, files = work.resources.keys.ring, work.resources.ports.files
    return [
        MaterialContent(
            code=row["code"],
            file_name=ring.open(row["file_name_sealed"], context=f"material.name:{row['id']}").decode(),
            media_type=row["media_type"],
            sha256=row["sha256"],
            content=ring.open_bytes(await files.get(row["file_key"]), context=f"material.file:{row['id']}"),
        )
        for row in rows
    ]
