"""How long what is kept, and the clock that takes it away: periods are data, with what they rest on.

Every rule takes a limited number of rows in a transaction of its own, so that no run holds anything for long, and
finds what is left after a crash. What was taken away is an entry of the trail: sums, no names.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

import structlog

from backend.database import audit
from backend.database.record import Transaction, transaction
from backend.errors import Text
from backend.kit import clock
from backend.resources import Resources

BATCH = 500

log = structlog.get_logger()


class Ground(StrEnum):
    """What a period rests on."""

    LAW = "LAW"
    """Read in the text of the statute."""
    HOUSE = "HOUSE"
    """The law says "no longer than needed" (PIPL 19), and how long that is was set here."""
    UNVERIFIED = "UNVERIFIED"
    """General knowledge; needs a lawyer's eye."""


@dataclass(frozen=True, slots=True)
class Old:
    """What is past its time: whatever ended before a moment, and was made before the first id of it."""

    before: datetime
    first_id: UUID
    """Ids are in the order of time: the primary key finds what may be old enough."""
    most: int


Take: TypeAlias = Callable[[Transaction, Resources, Old], Awaitable[int]]
"""Takes away at most so many rows; how many it were."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What goes when."""

    name: str
    what: Text
    days: int
    since: Text
    """From when the days are counted."""
    basis: Text
    ground: Ground
    take: Take


def deleting(table: str, condition: str) -> Take:
    """Deletes rows of ``table`` for which ``condition`` on ``held`` is true."""
    return _running(
        f"WITH chosen AS MATERIALIZED (SELECT held.id FROM {table} held WHERE held.id < $2 AND ({condition})"  # noqa: S608 - names of our own lists
        f" ORDER BY held.id LIMIT $3) DELETE FROM {table} held USING chosen WHERE held.id = chosen.id RETURNING held.id"
    )


def emptying(table: str, columns: Sequence[str], condition: str, *, to: str = "NULL") -> Take:
    """Empties ``columns`` of rows for which ``condition`` on ``held`` is true; ``to`` is what then stands there."""
    filled = " OR ".join(f"held.{column} IS DISTINCT FROM {to}" for column in columns)
    emptied = ", ".join(f"{column} = {to}" for column in columns)
    return _running(
        f"WITH chosen AS MATERIALIZED (SELECT held.id FROM {table} held WHERE held.id < $2 AND ({filled})"  # noqa: S608 - names of our own lists
        f" AND ({condition}) ORDER BY held.id LIMIT $3)"
        f" UPDATE {table} held SET {emptied} FROM chosen WHERE held.id = chosen.id RETURNING held.id"
    )


def _running(statement: str) -> Take:
    async def take(tx: Transaction, _resources: Resources, old: Old) -> int:
        return len(await tx.fetch(statement, old.before, old.first_id, old.most))

    return take


async def apply_retentions(
    resources: Resources, retentions: Sequence[Retention], *, batch: int = BATCH
) -> int:
    """Take away whatever is past its time; how much that was. Safe to be killed and to run beside itself."""
    gone = 0
    for rule in retentions:
        took = await _apply(resources, rule, batch)
        if took:
            log.info("retention_applied", rule=rule.name, rows=took)
        gone += took
    return gone


async def _apply(resources: Resources, rule: Retention, batch: int) -> int:
    before = clock.now() - timedelta(days=rule.days)
    old, taken = Old(before, UUID(int=int(before.timestamp() * 1000) << 80), batch), 0
    while True:
        async with transaction() as tx:
            took = await rule.take(tx, resources, old)
            if took:
                await audit.append(
                    tx,
                    subject=f"retention:{rule.name}",
                    kind="retention_applied",
                    actor="machine:retention",
                    detail={"rows": took, "days": rule.days},
                )
        taken += took
        if took < batch:
            return taken


NEEDED = Text("《个人信息保护法》第十九条、第四十七条", "Personal Information Protection Law, Art. 19 and 47")
LIMITATION = Text(
    "《民法典》第一百八十八条（诉讼时效三年）", "Civil Code, Art. 188: claims lapse after three years"
)
_ENDED_SESSION = (
    "EXISTS (SELECT 1 FROM session WHERE session.id = held.session_id"
    " AND coalesce(session.revoked_at, session.expires_at) < $1)"
)

RETENTIONS = (
    Retention(
        "calls",
        Text("视频核验记录", "Video calls that have ended"),
        180,
        Text("通话结束", "the call's end"),
        NEEDED,
        Ground.HOUSE,
        deleting("video_ticket", "held.ended_at < $1"),
    ),
    Retention(
        "identity_reviews",
        Text("身份复核记录", "Reviews of identity that were decided"),
        180,
        Text("复核结束", "the decision"),
        NEEDED,
        Ground.HOUSE,
        deleting(
            "identity_review",
            "held.state <> 'OPEN' AND coalesce(held.decided_at, held.created_at) < $1"
            " AND NOT EXISTS (SELECT 1 FROM video_ticket WHERE video_ticket.review_id = held.id)",
        ),
    ),
    Retention(
        "proofs",
        Text("身份核验结果", "Proofs of identity that no longer count"),
        180,
        Text("核验失效", "the end of its validity"),
        NEEDED,
        Ground.HOUSE,
        deleting(
            "assurance_record", f"held.expires_at < $1 AND (held.session_id IS NULL OR {_ENDED_SESSION})"
        ),
    ),
    Retention(
        "failed_faces",
        Text("刷脸失败次数", "Counts of failed face checks"),
        30,
        Text("开始计数", "the first of them"),
        NEEDED,
        Ground.HOUSE,
        deleting("face_standing", "held.locked_at IS NULL AND held.counted_from < $1"),
    ),
    Retention(
        "sessions",
        Text("登录记录", "Sessions that have ended"),
        180,
        Text("退出或失效", "signing out, or the session's end"),
        Text(
            "《网络安全法》第二十一条（日志不少于六个月）",
            "Cybersecurity Law, Art. 21: logs for six months at least",
        ),
        Ground.LAW,
        deleting(
            "session",
            "coalesce(held.revoked_at, held.expires_at) < $1"
            " AND NOT EXISTS (SELECT 1 FROM assurance_record WHERE assurance_record.session_id = held.id)"
            " AND NOT EXISTS (SELECT 1 FROM identity_review WHERE identity_review.session_id = held.id)"
            " AND NOT EXISTS (SELECT 1 FROM video_ticket WHERE video_ticket.session_id = held.id)",
        ),
    ),
    Retention(
        "consents",
        Text("已撤回或被取代的同意", "Consents that were withdrawn or replaced"),
        3 * 365,
        Text("撤回", "the withdrawal"),
        LIMITATION,
        Ground.LAW,
        deleting("consent", "held.withdrawn_at < $1"),
    ),
    Retention(
        "delegations",
        Text("已结束的代办授权", "Delegations that are over"),
        3 * 365,
        Text("授权结束", "the grant's end"),
        LIMITATION,
        Ground.LAW,
        deleting("delegation", "coalesce(held.ended_at, held.valid_until::timestamptz) < $1"),
    ),
    Retention(
        "corrections",
        Text("已处理的更正申请", "Requests for correction that were decided"),
        3 * 365,
        Text("处理完毕", "the decision"),
        LIMITATION,
        Ground.LAW,
        deleting("data_correction", "held.decided_at < $1"),
    ),
    Retention(
        "requests",
        Text("请求的幂等记录（摘要）", "Digests of requests, against sending twice"),
        30,
        Text("请求", "the request"),
        NEEDED,
        Ground.HOUSE,
        deleting("idempotency_record", "held.created_at < $1"),
    ),
)
"""In this order: what points to something goes before it."""
