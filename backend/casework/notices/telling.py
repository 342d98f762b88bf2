"""Telling a citizen something that is no event of a case: an appointment, an evaluation. Once for each cause."""

from collections.abc import Mapping
from uuid import UUID

import orjson

from backend.casework.notices.kinds import NoticeKind
from backend.database.jobs import Job, enqueue
from backend.database.record import Transaction
from backend.kit import clock
from backend.kit.ids import new_id


async def tell(
    tx: Transaction,
    person_id: UUID,
    kind: NoticeKind,
    *,
    cause: str,
    application_id: UUID | None = None,
    parameters: Mapping[str, str] | None = None,
) -> bool:
    """Put a notice into the inbox and its message into the queue, with the caller's transaction.

    ``cause`` is what it tells of, such as ``appointment:…:confirmed``: the same cause again tells a person nothing, and
    False comes back. ``parameters`` are the words that the template needs, nothing about a person.
    """
    made = await tx.fetch_one(
        "INSERT INTO notice (id, created_at, person_id, application_id, cause, kind, parameters, open, next_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, true, $2) ON CONFLICT (person_id, cause) DO NOTHING RETURNING id",
        new_id(),
        clock.now(),
        person_id,
        application_id,
        cause,
        kind.value,
        orjson.dumps(dict(parameters or {})).decode(),
    )
    if made is None:
        return False
    await count_and_send(tx, person_id, application_id)
    return True


async def count_and_send(tx: Transaction, person_id: UUID, application_id: UUID | None) -> None:
    """What a notice that was just made brings with it: one more unread in the inbox, and its message in the queue."""
    await ensure_box(tx, person_id)
    await tx.execute("UPDATE notice_box SET unread = unread + 1 WHERE person_id = $1", person_id)
    await enqueue(tx, Job.SEND_NOTICES, {"application": str(application_id or person_id)})


async def ensure_box(tx: Transaction, person_id: UUID) -> None:
    """The person's inbox, made on first use with the defaults."""
    await tx.execute(
        "INSERT INTO notice_box (id, created_at, person_id, unread, mini_program, sms, plain, language,"
        " quiet_from, quiet_until) VALUES ($1, $2, $3, 0, true, true, false, 'zh-CN', $4, $5)"
        " ON CONFLICT (person_id) DO NOTHING",
        new_id(),
        clock.now(),
        person_id,
        21 * 60,
        8 * 60,
    )
