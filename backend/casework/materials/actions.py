"""Uploading a material: judged by its bytes, sealed, stored, then noted on the draft."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from backend.casework.applications.actions import NOT_A_DRAFT, Draft, own_case
from backend.casework.machine import Casework
from backend.database.idempotency import once
from backend.database.record import transaction
from backend.errors import Conflict, FieldProblem, Invalid, ProblemCode, Refusal, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.media import BadMedia, media_type
from backend.viewer import Citizen

NO_SUCH_MATERIAL = Text("此事项不需要这份材料。", "This item does not ask for such a material.")
EMPTY = Text("文件是空的，请重新选择。", "The file is empty. Please choose it again.")
TOO_LARGE = Text("文件过大，请压缩后重新上传。", "The file is too large.")
WRONG_KIND = Text("请上传清晰完整的图片（JPEG、PNG）或 PDF。", "Please upload a sound JPEG, PNG or PDF.")


async def upload_material(
    citizen: Citizen,
    work: Casework,
    *,
    application_id: UUID,
    code: str,
    file_name: str,
    content: bytes,
    idempotency_key: str,
) -> UUID:
    """Add or replace one material of an own draft; returns the material's id.

    Raises ``Invalid(FILE_REFUSED)`` for a file that is too large, of another kind or hostile.
    """
    draft = await own_case(citizen, application_id)
    wanted = {m.code: m for m in work.standards.get(draft.item_code).materials}.get(code)
    if wanted is None:
        raise _refused(NO_SUCH_MATERIAL, "materialCode", ProblemCode.INVALID_INPUT)
    if not content:
        raise _refused(EMPTY, "file")
    if len(content) > wanted.max_bytes:
        raise _refused(TOO_LARGE, "file")
    try:
        kind = media_type(content)
    except BadMedia:
        raise _refused(WRONG_KIND, "file") from None
    if kind not in wanted.media_types:
        raise _refused(WRONG_KIND, "file")

    material = _Material(new_id(), code, file_name[:200], kind, content)
    file_key = f"materials/{application_id}/{material.id}"
    ring, files = work.resources.keys.ring, work.resources.ports.files
    # The bytes go first, so that a row never points to nothing; they go away again if there is no row.
    await files.put(file_key, ring.seal_bytes(content, context=f"material.file:{material.id}"))
    try:
        kept = await _note(work, draft, material, file_key, idempotency_key)
    except Refusal:
        await files.delete(file_key)
        raise
    if kept != material.id:
        await files.delete(file_key)
    return kept


@dataclass(frozen=True, slots=True)
class _Material:
    id: UUID
    code: str
    file_name: str
    media_type: str
    content: bytes


async def _note(
    work: Casework, draft: Draft, material: _Material, file_key: str, idempotency_key: str
) -> UUID:
    """Put the file on the draft instead of an earlier one; the id of what the key was first used for."""
    digest, ring = sha256(material.content).hexdigest(), work.resources.keys.ring
    async with transaction() as tx:
        known = await once(
            tx,
            actor=f"person:{draft.person_id}",
            operation="uploadMaterial",
            key=idempotency_key,
            given=[str(draft.id), material.code, digest],
            subject=material.id,
        )
        if known is not None:
            return known
        open_still = await tx.fetch_one(
            "UPDATE application SET version = version + 1 WHERE id = $1 AND state = 'DRAFT' RETURNING id",
            draft.id,
        )
        if open_still is None:
            raise Conflict(NOT_A_DRAFT)
        replaced = await tx.fetch_one(
            "DELETE FROM material WHERE application_id = $1 AND code = $2 RETURNING file_key",
            draft.id,
            material.code,
        )
        await tx.execute(
            "INSERT INTO material (id, created_at, application_id, code, file_key, file_name_sealed,"
            " media_type, size, sha256) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            material.id,
            clock.now(),
            draft.id,
            material.code,
            file_key,
            ring.seal(material.file_name.encode(errors="replace"), context=f"material.name:{material.id}"),
            material.media_type,
            len(material.content),
            digest,
        )
        if replaced is not None:
            old = replaced["file_key"]
            tx.after_commit(lambda: work.resources.ports.files.delete(old))
    return material.id


def _refused(why: Text, field: str, code: ProblemCode = ProblemCode.FILE_REFUSED) -> Invalid:
    return Invalid(why, code=code, fields=(FieldProblem(("input", field), why),))
