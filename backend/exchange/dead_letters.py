"""Dead letters (死信): messages that a province refuses as such; seen, explained, mended, redelivered."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from backend.casework.applications.events import actor_name
from backend.casework.machine import Casework
from backend.database import audit
from backend.database.idempotency import once
from backend.database.jobs import Job, enqueue
from backend.database.record import Row, Transaction, fetch, fetch_one, transaction
from backend.errors import Conflict, Forbidden, Invalid, NotFound, Text
from backend.exchange.models import DeliveryKind
from backend.kit import clock, regions
from backend.viewer import Machine, Officer, OfficerRole

Operator = Officer | Machine
"""Who looks after the exchange: an officer of operations within their division, the command line everywhere."""

MENDABLE: Mapping[str, re.Pattern[str]] = {
    "task_code": re.compile(r"[0-9A-Z]{31,36}"),
    "item_code": re.compile(r"[0-9A-Z]{9,12}"),
    "item_name": re.compile(r"\S{1,100}"),
    "division": re.compile(r"[0-9]{6,12}"),
}
"""What of a message an operator may put right, and what it must look like: codes and names of the catalogue.

Never the answers or the person: those are the applicant's, and go through a correction.
"""
AT_ONCE = 200
"""Of one bulk replay, in one transaction."""

NOT_YOURS = Text("您的岗位没有此项权限。", "Your role does not allow this.")
NO_SUCH_LETTER = Text("没有这条死信。", "There is no such dead letter.")
NO_REASON = Text("请说明理由（4 至 500 字）。", "Say why, in 4 to 500 characters.")
NOT_MENDABLE = Text(
    "只能更正事项编码、事项名称或行政区划。", "Only codes, names and the division can be mended."
)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that waits for an operator, without the person it is about."""

    id: UUID
    application_id: UUID
    region: str
    division: str
    item_code: str
    kind: DeliveryKind
    attempts: int
    problem: str
    explanation: Text
    mended: Mapping[str, str]
    held_back: int
    """Later messages of the same case that wait for this one."""
    since: datetime


@dataclass(frozen=True, slots=True)
class Replay:
    """What a redelivery set on its way."""

    count: int


_READ = (
    "SELECT d.id, d.application_id, d.region, a.division, a.item_code, d.kind, d.attempts, d.last_problem,"
    " d.explanation, d.mended, d.next_try_at, (SELECT count(*) FROM delivery later"
    "   WHERE later.application_id = d.application_id AND later.sequence > d.sequence) AS held_back"
    " FROM delivery d JOIN application a ON a.id = d.application_id"
)
_DEAD = f"{_READ} WHERE d.state = 'DEAD' AND starts_with(a.division, $1)"


async def dead_letters(
    viewer: Operator, *, limit: int, after: UUID | None = None, region: str | None = None
) -> Sequence[DeadLetter]:
    """Dead letters within the operator's division, the oldest first."""
    rows = await fetch(
        f"{_DEAD} AND ($2::uuid IS NULL OR d.id > $2) AND ($3::text IS NULL OR d.region = $3)"
        " ORDER BY d.id LIMIT $4",
        scope(viewer),
        after,
        region,
        limit,
    )
    return [_letter(row) for row in rows]


async def dead_letter(viewer: Operator, delivery_id: UUID) -> DeadLetter:
    """One of them. Raises ``NotFound``."""
    row = await fetch_one(f"{_DEAD} AND d.id = $2", scope(viewer), delivery_id)
    if row is None:
        raise NotFound(NO_SUCH_LETTER)
    return _letter(row)


def scope(viewer: Operator) -> str:
    """What divisions within reach begin with. Raises ``Forbidden``."""
    if isinstance(viewer, Machine):
        return ""
    if OfficerRole.OPERATIONS not in viewer.roles:
        raise Forbidden(NOT_YOURS)
    return regions.prefix(viewer.division)


def _letter(row: Row) -> DeadLetter:
    told = orjson.loads(row["explanation"] or '{"zh": "", "en": ""}')
    return DeadLetter(
        row["id"],
        row["application_id"],
        row["region"],
        row["division"],
        row["item_code"],
        DeliveryKind(row["kind"]),
        row["attempts"],
        row["last_problem"] or "",
        Text(told["zh"], told["en"]),
        orjson.loads(row["mended"] or "{}"),
        row["held_back"],
        row["next_try_at"],
    )


async def redeliver(
    actor: Operator,
    *,
    ids: Sequence[UUID] | None = None,
    region: str | None = None,
    problem: str | None = None,
    idempotency_key: str | None = None,
) -> Replay:
    """Set dead letters on their way again once their cause is mended; returns how many.

    Those of ``ids``, or the oldest of a ``region`` (with that ``problem`` where one is named), ``AT_ONCE`` at
    most: whoever replays more asks again. They leave spread over time, so that a province that just came
    back is not run over. What is not dead or not within reach is passed over: pressing twice sends once.
    """
    reach = scope(actor)
    async with transaction() as tx:
        if await _again(
            tx, actor, "redeliver", idempotency_key, [sorted(map(str, ids or ())), region, problem]
        ):
            return Replay(0)
        rows = await tx.fetch(
            "WITH chosen AS MATERIALIZED (SELECT d.id FROM delivery d JOIN application a ON a.id = d.application_id"
            "   WHERE d.state = 'DEAD' AND starts_with(a.division, $1) AND ($2::uuid[] IS NULL OR d.id = ANY($2))"
            "   AND ($3::text IS NULL OR d.region = $3) AND ($4::text IS NULL OR d.last_problem = $4)"
            "   ORDER BY d.id LIMIT $5 FOR UPDATE OF d SKIP LOCKED)"
            " UPDATE delivery SET state = 'PENDING', next_try_at = $6 FROM chosen WHERE delivery.id = chosen.id"
            " RETURNING delivery.id, application_id, region",
            reach,
            list(ids) if ids is not None else None,
            region,
            problem,
            AT_ONCE,
            clock.now(),
        )
        for place, row in enumerate(rows):
            await audit.append(
                tx, subject=f"delivery:{row['id']}", kind="delivery_revived", actor=actor_name(actor)
            )
            await enqueue(
                tx,
                Job.DELIVER_CASE,
                {"application": str(row["application_id"])},
                after=timedelta(milliseconds=50 * place) if place else None,
                lane=row["region"],
            )
    return Replay(len(rows))


async def mend(
    actor: Operator,
    work: Casework,
    *,
    delivery_id: UUID,
    fields: Mapping[str, str],
    reason: str,
    idempotency_key: str | None = None,
) -> DeadLetter:
    """Put fields of a message right; it stays where it is until it is redelivered. Raises ``Invalid``, ``NotFound``."""
    wrong = [name for name, value in fields.items() if not _fits(name, value)]
    if wrong or not fields:
        raise Invalid(NOT_MENDABLE).about("input", *wrong[:1])
    return await _note(
        actor,
        work,
        delivery_id,
        verb="mend",
        reason=reason,
        idempotency_key=idempotency_key,
        state="DEAD",
        mended=dict(fields),
    )


async def set_aside(
    actor: Operator,
    work: Casework,
    *,
    delivery_id: UUID,
    reason: str,
    idempotency_key: str | None = None,
) -> DeadLetter:
    """End a message that was settled otherwise; later ones of its case go on. Raises ``NotFound``."""
    return await _note(
        actor,
        work,
        delivery_id,
        verb="set_aside",
        reason=reason,
        idempotency_key=idempotency_key,
        state="SET_ASIDE",
    )


def _fits(name: str, value: str) -> bool:
    return name in MENDABLE and MENDABLE[name].fullmatch(value) is not None


async def _note(
    actor: Operator,
    work: Casework,
    delivery_id: UUID,
    *,
    verb: str,
    reason: str,
    idempotency_key: str | None,
    state: str,
    mended: Mapping[str, str] | None = None,
) -> DeadLetter:
    if not 4 <= len(reason.strip()) <= 500:
        raise Invalid(NO_REASON).about("input", "reason")
    async with transaction() as tx:
        if await _again(tx, actor, verb, idempotency_key, [str(delivery_id), mended, reason]):
            return await _whatever(delivery_id)
        before = await dead_letter(actor, delivery_id)
        changed = await tx.fetch_one(
            "UPDATE delivery SET state = $2, note_sealed = $3,"
            " mended = CASE WHEN $4::jsonb IS NULL THEN mended ELSE coalesce(mended, '{}'::jsonb) || $4::jsonb END"
            " WHERE id = $1 AND state = 'DEAD' RETURNING id",
            delivery_id,
            state,
            work.resources.keys.ring.seal(reason.strip().encode(), context=f"delivery.note:{delivery_id}"),
            None if mended is None else orjson.dumps(mended).decode(),
        )
        if changed is None:
            raise Conflict(NO_SUCH_LETTER)
        await audit.append(
            tx,
            subject=f"delivery:{delivery_id}",
            kind=f"delivery_{verb}",
            actor=actor_name(actor),
            detail={"fields": sorted(mended or ())},
        )
        if before.held_back and state == "SET_ASIDE":
            payload = {"application": str(before.application_id)}
            await enqueue(tx, Job.DELIVER_CASE, payload, lane=before.region)
    return await _whatever(delivery_id)


async def _whatever(delivery_id: UUID) -> DeadLetter:
    """As it stands now, in whatever state."""
    row = await fetch_one(f"{_READ} WHERE d.id = $1", delivery_id)
    if row is None:
        raise NotFound(NO_SUCH_LETTER)
    return _letter(row)


async def _again(tx: Transaction, actor: Operator, verb: str, key: str | None, given: object) -> bool:
    """Whether this very wish was fulfilled before."""
    if key is None or isinstance(actor, Machine):
        return False
    known = await once(
        tx,
        actor=actor_name(actor),
        operation=f"delivery_{verb}",
        key=key,
        given=given,
        subject=actor.officer_id,
    )
    return known is not None
