"""What is put on record beside the steps: visits, objections, relatives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import orjson

from backend.casework.applications.events import STALE, record_event
from backend.casework.definitions import StepKind
from backend.casework.lifecycle import CaseEventKind
from backend.casework.machine import Casework
from backend.casework.materials import unclaimed
from backend.casework.reviews.desk import note, number_index, said, take_up
from backend.casework.reviews.files import photo_context, photo_key
from backend.casework.reviews.models import ObjectionState
from backend.casework.reviews.steps import Key
from backend.database import audit
from backend.database.record import transaction
from backend.errors import Conflict, Invalid, NotFound, ProblemCode, Refusal, Text
from backend.kit import clock, resident_id
from backend.kit.ids import new_id
from backend.kit.media import BadMedia, media_type
from backend.viewer import Officer

PHOTOS = range(1, 10)
LARGEST_PHOTO = 10_000_000

NO_PHOTO = Text(
    "请拍摄1至9张现场照片（JPEG、PNG，每张不超过10MB）。", "Take 1 to 9 photographs, JPEG or PNG, 10 MB each."
)
NO_SUCH_PLACE = Text("坐标无效。", "These coordinates are nowhere.")
NO_SUCH_OBJECTION = Text("没有这条待处理的异议。", "There is no such open objection.")
BAD_NUMBER = Text("居民身份证号码不正确。", "This is not a resident ID.")


@dataclass(frozen=True, slots=True)
class Visit:
    """What was seen at somebody's home. Lives in memory only until it is sealed."""

    latitude: float
    longitude: float
    visited_at: datetime
    words: str


async def record_visit(
    officer: Officer,
    work: Casework,
    *,
    task_id: UUID,
    version: int,
    visit: Visit,
    photos: Sequence[bytes],
    key: str,
) -> UUID:
    """Put a home visit on record with photographs and place; its id. The bytes go first and away again on a refusal.

    Raises as ``take_up`` does, and ``Invalid(FILE_REFUSED)`` for anything that is no photograph.
    """
    words = said(visit.words, "words")
    if not (-90 <= visit.latitude <= 90 and -180 <= visit.longitude <= 180):
        raise Invalid(NO_SUCH_PLACE).about("input", "latitude")
    if len(photos) not in PHOTOS or not all(_is_photo(photo) for photo in photos):
        raise Invalid(NO_PHOTO, code=ProblemCode.FILE_REFUSED).about("input", "photos")
    visit_id, ring, files = new_id(), work.resources.keys.ring, work.resources.ports.files
    digests = [sha256(photo).hexdigest() for photo in photos]
    keys = [photo_key(visit_id, place) for place in range(len(photos))]
    told = {
        "latitude": visit.latitude,
        "longitude": visit.longitude,
        "words": words,
    }
    # Noted before they are stored, so that no crash leaves a photograph that nobody knows of.
    await unclaimed.expect(*keys)
    try:
        for place, (name, photo) in enumerate(zip(keys, photos, strict=True)):
            await files.put(name, ring.seal_bytes(photo, context=photo_context(visit_id, place)))
        async with transaction() as tx:
            first = await Key(officer, "recordHomeVisit", key, task_id, version, *digests).first(tx, visit_id)
            if first is None:
                hand = await take_up(tx, work, officer, task_id, version)
                hand.wants(StepKind.HOME_VISIT)
                if not await unclaimed.claim(tx, *keys):
                    raise Conflict(STALE, code=ProblemCode.STALE_VERSION)
                await tx.execute(
                    "INSERT INTO home_visit (id, created_at, task_id, officer_id, visited_at, told_sealed, photos)"
                    " VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb)",
                    visit_id,
                    clock.now(),
                    hand.id,
                    officer.officer_id,
                    visit.visited_at,
                    ring.seal(orjson.dumps(told), context=f"home_visit.told:{visit_id}"),
                    orjson.dumps(digests).decode(),
                )
                await note(tx, officer, hand, "home_visit_recorded", photos=len(photos))
    except Refusal:
        await _drop(work, keys)
        raise
    if first is not None:
        await _drop(work, keys)
        return first
    return visit_id


async def _drop(work: Casework, keys: Sequence[str]) -> None:
    for name in keys:
        await unclaimed.drop(work.resources.ports.files, name)


def _is_photo(content: bytes) -> bool:
    if not 0 < len(content) <= LARGEST_PHOTO:
        return False
    try:
        return media_type(content) in {"image/jpeg", "image/png"}
    except BadMedia:
        return False


async def take_down_objection(
    officer: Officer, work: Casework, *, task_id: UUID, version: int, words: str, key: str
) -> UUID:
    """Take down what somebody said against a published case; its id. Who said it is not asked for."""
    words, objection_id = said(words, "words"), new_id()
    async with transaction() as tx:
        first = await Key(officer, "recordObjection", key, task_id, version).first(tx, objection_id)
        if first is not None:
            return first
        hand = await take_up(tx, work, officer, task_id, version)
        hand.wants(StepKind.PUBLICITY)
        await tx.execute(
            "INSERT INTO case_objection (id, created_at, application_id, task_id, officer_id, told_sealed, state)"
            " VALUES ($1, $2, $3, $4, $5, $6, 'OPEN')",
            objection_id,
            clock.now(),
            hand.application_id,
            hand.id,
            officer.officer_id,
            work.resources.keys.ring.seal(words.encode(), context=f"case_objection.told:{objection_id}"),
        )
        await record_event(
            tx, work, hand.application_id, CaseEventKind.OBJECTION_RAISED, before=hand.state, actor=officer
        )
        await note(tx, officer, hand, "objection_raised", objection=str(objection_id))
    return objection_id


async def settle_objection(
    officer: Officer,
    work: Casework,
    *,
    task_id: UUID,
    version: int,
    objection_id: UUID,
    upheld: bool,
    finding: str,
    key: str,
) -> None:
    """Say what was found about an objection; until then the publicity cannot end."""
    finding = said(finding, "finding")
    async with transaction() as tx:
        if await Key(officer, "settleObjection", key, objection_id, upheld).known(tx, objection_id):
            return
        hand = await take_up(tx, work, officer, task_id, version)
        settled = await tx.fetch_one(
            "UPDATE case_objection SET state = $3, finding_sealed = $4"
            " WHERE id = $1 AND task_id = $2 AND state = 'OPEN' RETURNING id",
            objection_id,
            hand.id,
            (ObjectionState.UPHELD if upheld else ObjectionState.DISMISSED).value,
            work.resources.keys.ring.seal(finding.encode(), context=f"case_objection.finding:{objection_id}"),
        )
        if settled is None:
            raise NotFound(NO_SUCH_OBJECTION)
        await record_event(
            tx, work, hand.application_id, CaseEventKind.OBJECTION_SETTLED, before=hand.state, actor=officer
        )
        await note(tx, officer, hand, "objection_settled", upheld=upheld)


async def declare_interest(officer: Officer, work: Casework, *, number: str, key: str) -> int:
    """Declare a relative, or oneself, by resident ID (回避申报); how many are declared. Only a blind index is kept."""
    number = number.strip().upper()
    try:
        resident_id.parse(number, clock.today())
    except resident_id.InvalidResidentId:
        raise Invalid(BAD_NUMBER, code=ProblemCode.INVALID_RESIDENT_ID).about("input", "residentId") from None
    index = number_index(work.resources, number)
    async with transaction() as tx:
        if not await Key(officer, "declareInterest", key, index).known(tx, officer.officer_id):
            await tx.execute(
                "INSERT INTO officer_interest (id, created_at, officer_id, number_index) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (officer_id, number_index) DO NOTHING",
                new_id(),
                clock.now(),
                officer.officer_id,
                index,
            )
            await audit.append(
                tx,
                subject=f"officer:{officer.officer_id}",
                kind="interest_declared",
                actor=f"officer:{officer.officer_id}",
            )
        row = await tx.fetch_one(
            "SELECT count(*) AS declared FROM officer_interest WHERE officer_id = $1", officer.officer_id
        )
    declared: int = row["declared"] if row is not None else 0
    return declared
