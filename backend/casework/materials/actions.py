"""The four ways a material comes to a draft: upload, e-licence, signed statement, scan at a window."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import orjson

from backend.casework.applications.actions import (
    NO_SUCH_CASE,
    Draft,
    open_answers,
    own_case,
    proven,
)
from backend.casework.applications.events import actor_name
from backend.casework.definitions import Material, MaterialSource
from backend.casework.lifecycle import NOT_A_DRAFT, CaseState
from backend.casework.machine import Casework
from backend.casework.materials.keeping import Incoming, keep
from backend.casework.materials.licences import find_licence, keep_licence
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Transaction, fetch_one
from backend.errors import Conflict, FieldProblem, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock
from backend.kit.media import BadMedia, as_one_pdf, media_type
from backend.people.delegation.kinds import DelegatedAction
from backend.people.identity.queries import facts_of
from backend.viewer import Citizen, Officer

NO_SUCH_MATERIAL = Text("此事项不需要这份材料。", "This item does not ask for such a material.")
EMPTY = Text("文件是空的，请重新选择。", "The file is empty. Please choose it again.")
TOO_LARGE = Text("文件过大，请压缩后重新上传。", "The file is too large.")
WRONG_KIND = Text("请上传清晰完整的图片（JPEG、PNG）或 PDF。", "Please upload a sound JPEG, PNG or PDF.")
OTHER_WAY = Text("这份材料不能以这种方式提交。", "This material cannot come in this way.")
NO_LICENCE = Text(
    "没有查到这份电子证照，请上传照片或到窗口扫描。",
    "No such e-licence was found. Upload a picture or have it scanned at a window.",
)
OTHER_WORDS = Text(
    "承诺内容与本事项公布的不一致，请重新阅读。", "These are not the words of the statement. Read it again."
)

HOW_MANY_PAGES = Text("一次扫描1至20页。", "Scan 1 to 20 pages at once.")
WRONG_PAGE = Text("每一页须为清晰完整的图片（JPEG、PNG）。", "Each page has to be a sound JPEG or PNG.")

PAGES = range(1, 21)
SCANS_RATE = "60/minute"
STATEMENT_COUNTS_FOR = timedelta(days=365 * 30)
"""How long the attestation of a statement can be verified: as long as its case is kept."""


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
    wanted = _wanted(work, draft.item_code, code, MaterialSource.UPLOAD)
    incoming = Incoming(
        code=code,
        source=MaterialSource.UPLOAD,
        supplied_by=actor_name(citizen),
        file_name=file_name,
        media_type=_kind(wanted, content),
        content=content,
    )
    claim = _once(
        actor_name(citizen), "uploadMaterial", idempotency_key, [str(draft.id), code, incoming.sha256]
    )
    return await keep(work, draft.id, incoming, claim)


async def reuse_licence(
    citizen: Citizen, work: Casework, *, application_id: UUID, code: str, idempotency_key: str
) -> UUID:
    """Fetch one material of an own draft from the e-licence store; returns the material's id.

    Raises ``NotFound(LICENCE_NOT_FOUND)`` where the store has none and ``Unavailable`` while it does not answer.
    """
    draft = await own_case(citizen, application_id)
    wanted = _wanted(work, draft.item_code, code, MaterialSource.E_LICENCE)
    _check_draft(draft)
    found = await find_licence(
        work,
        work.standards.get(draft.item_code),
        wanted,
        await facts_of(draft.person_id, work.resources),
        open_answers(work, draft.id, draft.answers_sealed),
    )
    if found is None:
        raise NotFound(NO_LICENCE, code=ProblemCode.LICENCE_NOT_FOUND)
    claim = _once(actor_name(citizen), "reuseLicence", idempotency_key, [str(draft.id), code])
    return await keep_licence(work, draft.id, wanted, found, claim)


async def sign_statement(
    citizen: Citizen,
    work: Casework,
    *,
    application_id: UUID,
    code: str,
    statement: str,
    idempotency_key: str,
) -> UUID:
    """Sign a statement instead of handing in the paper (告知承诺); returns the material's id.

    ``statement`` is the text as it was shown, in either language: what is signed is what was read. The
    signer is known as surely as the item asks. Raises ``Invalid`` for other words, ``StepUpNeeded``.
    """
    draft = await own_case(citizen, application_id, DelegatedAction.SUBMIT)
    wanted = _wanted(work, draft.item_code, code, MaterialSource.UNDERTAKING)
    _check_draft(draft)
    told = wanted.undertaking
    if told is None or statement not in {told.zh, told.en}:
        raise _refused(OTHER_WORDS, "statement", ProblemCode.INVALID_INPUT)
    assurance = await proven(citizen, work.standards.get(draft.item_code))
    signed = {
        "application": str(draft.id),
        "material": code,
        "statement": statement,
        "signedBy": actor_name(citizen),
        "signedAt": clock.now(),
        "identity": f"{assurance.level.name}/{assurance.method}",
    }
    incoming = Incoming(
        code=code,
        source=MaterialSource.UNDERTAKING,
        supplied_by=actor_name(citizen),
        file_name=f"{wanted.name.zh}（告知承诺书）",
        media_type="application/json",
        content=orjson.dumps(signed, option=orjson.OPT_SORT_KEYS),
    )
    attested = work.resources.keys.tokens.issue(
        {"sub": str(draft.person_id), "signedBy": actor_name(citizen), "sha256": incoming.sha256},
        use="statement",
        lifetime=STATEMENT_COUNTS_FOR,
    )

    once_more = _once(actor_name(citizen), "signStatement", idempotency_key, [str(draft.id), code, statement])

    async def claim(tx: Transaction, material_id: UUID) -> UUID | None:
        known = await once_more(tx, material_id)
        if known is None:
            await audit.append(
                tx,
                subject=actor_name(citizen),
                kind="statement_signed",
                actor=actor_name(citizen),
                detail={"application": str(draft.id), "material": code, "sha256": incoming.sha256},
            )
        return known

    return await keep(work, draft.id, replace(incoming, evidence={"attested": attested}), claim)


async def scan_material(
    officer: Officer,
    work: Casework,
    *,
    application_id: UUID,
    number: str,
    code: str,
    file_name: str,
    pages: Sequence[bytes],
    idempotency_key: str,
) -> UUID:
    """Put a paper that an officer has in hand on the draft of the citizen who stands there; the material's id.

    ``number`` is that of the citizen's document: a draft belongs to its citizen alone, so that an officer
    reaches it only together with them. Several pages, as a scanner sends them one by one, become one PDF.
    Raises ``NotFound`` unless number and draft belong together.
    """
    await work.resources.shared.limit(SCANS_RATE, "scan-material", str(officer.officer_id))
    row = await fetch_one(
        "SELECT person_id, item_code FROM application WHERE id = $1"
        " AND state IN ('DRAFT', 'CORRECTION', 'REVIEW_CORRECTION')",
        application_id,
    )
    if row is None:
        raise NotFound(NO_SUCH_CASE)
    person = await facts_of(row["person_id"], work.resources)
    if number.strip().upper() != person.resident_id:
        raise NotFound(NO_SUCH_CASE)
    wanted = _wanted(work, row["item_code"], code, MaterialSource.WINDOW_SCAN)
    content = await _one_file(pages)
    incoming = Incoming(
        code=code,
        source=MaterialSource.WINDOW_SCAN,
        supplied_by=actor_name(officer),
        file_name=file_name,
        media_type=_kind(wanted, content),
        content=content,
    )
    once_more = _once(
        actor_name(officer),
        "scanMaterial",
        idempotency_key,
        [str(application_id), code, *(sha256(page).hexdigest() for page in pages)],
    )

    async def claim(tx: Transaction, material_id: UUID) -> UUID | None:
        known = await once_more(tx, material_id)
        if known is None:
            await audit.append(
                tx,
                subject=f"person:{person.person_id}",
                kind="material_scanned",
                actor=actor_name(officer),
                detail={"application": str(application_id), "material": code, "organ": str(officer.organ_id)},
            )
        return known

    return await keep(work, application_id, incoming, claim)


async def _one_file(pages: Sequence[bytes]) -> bytes:
    """The only page as it came, or all of them as one PDF."""
    if len(pages) not in PAGES:
        raise _refused(HOW_MANY_PAGES, "pages")
    if len(pages) == 1:
        return pages[0]
    try:
        return await asyncio.to_thread(as_one_pdf, pages)
    except BadMedia:
        raise _refused(WRONG_PAGE, "pages") from None


def _wanted(work: Casework, item_code: str, code: str, way: MaterialSource) -> Material:
    """The material of the item, if it may come this way."""
    wanted = {m.code: m for m in work.standards.get(item_code).materials}.get(code)
    if wanted is None:
        raise _refused(NO_SUCH_MATERIAL, "materialCode", ProblemCode.INVALID_INPUT)
    if way not in wanted.sources:
        raise _refused(OTHER_WAY, "materialCode", ProblemCode.INVALID_INPUT)
    return wanted


def _check_draft(draft: Draft) -> None:
    """Before anybody outside is asked; ``keep`` looks again inside its transaction."""
    if draft.state not in {CaseState.DRAFT, CaseState.CORRECTION, CaseState.REVIEW_CORRECTION}:
        raise Conflict(NOT_A_DRAFT)


def _kind(wanted: Material, content: bytes) -> str:
    """What the bytes are, if the material allows it."""
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
    return kind


def _once(
    actor: str, operation: str, key: str, given: list[str]
) -> Callable[[Transaction, UUID], Awaitable[UUID | None]]:
    """A claim that a repeat with the same key answers with the first one's material."""

    async def claim(tx: Transaction, material_id: UUID) -> UUID | None:
        return await once(tx, actor=actor, operation=operation, key=key, given=given, subject=material_id)

    return claim


def _refused(why: Text, field: str, code: ProblemCode = ProblemCode.FILE_REFUSED) -> Invalid:
    return Invalid(why, code=code, fields=(FieldProblem(("input", field), why),))
