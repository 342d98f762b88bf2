"""The papers of licences: handed in by an organisation, for the reviewing officer's eyes."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from backend.casework.applications.events import STALE
from backend.casework.materials import unclaimed
from backend.database.record import Transaction, transaction
from backend.errors import Conflict, Invalid, ProblemCode, Refusal, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.media import BadMedia, media_type
from backend.ports import FileStore
from backend.providers.organisations.actions import first_time, held, tell
from backend.providers.organisations.kinds import LicenceKind
from backend.resources import Resources
from backend.viewer import Provider

PAPERS = "60/hour"
LARGEST_PAPER = 8 * 1024 * 1024

UNDER_REVIEW = Text(
    "审核期间不能更换证照，请待审核结束。",
    "A paper is not replaced while a review is open: wait for its end.",
)
BAD_FILE = Text("请上传8 MB以内的JPEG、PNG或PDF。", "Hand in a sound JPEG, PNG or PDF of at most 8 MB.")


@dataclass(frozen=True, slots=True)
class _Paper:
    """A paper on its way in."""

    id: UUID
    licence: LicenceKind
    media_type: str
    size: int
    sha256: str


async def add_paper(
    provider: Provider, resources: Resources, *, licence: LicenceKind, content: bytes, idempotency_key: str
) -> UUID:
    """Hand in the paper of a licence, in place of an earlier one; the organisation's id.

    Raises ``Invalid(FILE_REFUSED)`` for what is no picture or PDF, before anything of it is decoded, and ``Conflict``
    for an earlier one that officers are looking at: what they approve is what they saw.
    """
    organisation_id = provider.organisation_id
    await resources.shared.limit(PAPERS, "organisation-paper", str(organisation_id))
    paper = _Paper(new_id(), licence, _kind_of(content), len(content), sha256(content).hexdigest())
    file_key = f"organisations/{organisation_id}/{paper.id}"
    ring, files = resources.keys.ring, resources.ports.files
    # As with materials: no row points to a file that is not there, and no file stays to which no row points.
    await unclaimed.expect(file_key)
    try:
        await files.put(file_key, ring.seal_bytes(content, context=f"organisation.paper:{file_key}"))
        async with transaction() as tx:
            given = [licence, paper.sha256]
            new = await first_time(tx, provider, "addOrganisationPaper", idempotency_key, given)
            if new:
                await _note_paper(tx, files, provider, paper, file_key)
    except Refusal:
        await unclaimed.drop(files, file_key)
        raise
    if not new:
        await unclaimed.drop(files, file_key)
    return organisation_id


async def _note_paper(
    tx: Transaction, files: FileStore, provider: Provider, paper: _Paper, file_key: str
) -> None:
    organisation_id = provider.organisation_id
    await held(tx, organisation_id)
    if not await unclaimed.claim(tx, file_key):
        raise Conflict(STALE, code=ProblemCode.STALE_VERSION)
    replaced = await tx.fetch_one(
        "SELECT file_key FROM organisation_paper WHERE organisation_id = $1 AND licence = $2",
        organisation_id,
        paper.licence,
    )
    if replaced is not None and await _under_review(tx, organisation_id):
        raise Conflict(UNDER_REVIEW)
    await tx.execute(
        "INSERT INTO organisation_paper (id, created_at, organisation_id, licence, file_key, media_type, size, sha256)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (organisation_id, licence) DO UPDATE SET"
        " file_key = excluded.file_key, media_type = excluded.media_type, size = excluded.size,"
        " sha256 = excluded.sha256, created_at = excluded.created_at",
        paper.id,
        clock.now(),
        organisation_id,
        paper.licence,
        file_key,
        paper.media_type,
        paper.size,
        paper.sha256,
    )
    if replaced is not None:
        await unclaimed.give_up(tx, files, replaced["file_key"])
    await tell(
        tx,
        organisation_id,
        "organisation_paper_added",
        provider.agent,
        {"licence": paper.licence, "sha256": paper.sha256},
    )


async def _under_review(tx: Transaction, organisation_id: UUID) -> bool:
    """Whether the organisation itself is before an officer: its registration or an appeal, not one of its listings."""
    return bool(
        await tx.fetch_one(
            "SELECT 1 FROM provider_review WHERE organisation_id = $1 AND subject_id = $1 AND state = 'OPEN'",
            organisation_id,
        )
    )


def _kind_of(content: bytes) -> str:
    try:
        kind = media_type(content)
    except BadMedia:
        kind = ""
    if not kind or len(content) > LARGEST_PAPER:
        raise Invalid(BAD_FILE, code=ProblemCode.FILE_REFUSED).about("input", "file")
    return kind
