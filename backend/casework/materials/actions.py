"""Uploading a material: judged by its bytes, sealed, stored, then noted on the draft."""

from hashlib import sha256
from uuid import UUID

from backend.casework.applications.actions import NOT_A_DRAFT, own_case
from backend.casework.lifecycle import CaseState
from backend.casework.machine import Casework
from backend.database.idempotency import once
from backend.database.record import transaction
from backend.errors import Conflict, FieldProblem, Invalid, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.media import BadMedia, media_type
from backend.viewer import Citizen

NO_SUCH_MATERIAL = Text("此事项不需要这份材料。", "This item does not ask for such a material.")
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
    if draft.state is not CaseState.DRAFT:
        raise Conflict(NOT_A_DRAFT)
    wanted = {m.code: m for m in work.standards.get(draft.item_code).materials}.get(code)
    if wanted is None:
        raise _refused(NO_SUCH_MATERIAL, "materialCode", ProblemCode.INVALID_INPUT)
    if not 0 < len(content) <= wanted.max_bytes:
        raise _refused(TOO_LARGE, "file")
    try:
        kind = media_type(content)
    except BadMedia:
        raise _refused(WRONG_KIND, "file") from None
    if kind not in wanted.media_types:
        raise _refused(WRONG_KIND, "file")

    material_id, digest = new_id(), sha256(content).hexdigest()
    ring = work.resources.keys.ring
    file_key = f"materials/{application_id}/{material_id}"
    # The bytes go first: a row never points to nothing, and bytes without a row are harmless.
    await work.resources.ports.files.put(
        file_key, ring.seal_bytes(content, context=f"material.file:{material_id}")
    )
    async with transaction() as tx:
        known = await once(
            tx,
            actor=f"person:{draft.person_id}",
            operation="uploadMaterial",
            key=idempotency_key,
            given=[str(application_id), code, digest],
            subject=material_id,
        )
        if known is None:
            open_still = await tx.fetch_one(
                "UPDATE application SET version = version + 1 WHERE id = $1 AND state = 'DRAFT' RETURNING id",
                application_id,
            )
            if open_still is None:
                raise Conflict(NOT_A_DRAFT)
            replaced = await tx.fetch_one(
                "DELETE FROM material WHERE application_id = $1 AND code = $2 RETURNING file_key",
                application_id,
                code,
            )
            await tx.execute(
                "INSERT INTO material (id, created_at, application_id, code, file_key, file_name_sealed,"
                " media_type, size, sha256) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                material_id,
                clock.now(),
                application_id,
                code,
                file_key,
                ring.seal(file_name[:200].encode(), context=f"material.name:{material_id}"),
                kind,
                len(content),
                digest,
            )
            if replaced is not None:
                old = replaced["file_key"]
                tx.after_commit(lambda: work.resources.ports.files.delete(old))
    if known is not None:
        await work.resources.ports.files.delete(file_key)
        return known
    return material_id


def _refused(why: Text, field: str, code: ProblemCode = ProblemCode.FILE_REFUSED) -> Invalid:
    return Invalid(why, code=code, fields=(FieldProblem(("input", field), why),))
