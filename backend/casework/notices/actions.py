"""Making a notice with its event, and what a citizen does with their inbox."""

from collections.abc import Collection, Sequence
from uuid import UUID

import orjson

from backend.casework.applications.actions import require_person
from backend.casework.lifecycle import CaseEvent
from backend.casework.machine import Reactor
from backend.casework.notices.telling import count_and_send, ensure_box
from backend.casework.notices.templates import TEMPLATES
from backend.database.idempotency import once
from backend.database.record import Transaction, transaction
from backend.database.shared import Shared
from backend.errors import FieldProblem, Invalid, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.message_ports import Purpose
from backend.viewer import Citizen

MOST_AT_ONCE = 50
MINUTES = range(24 * 60)
LANGUAGES = ("zh-CN", "en")

BAD_TIME = Text("时间须在0:00至23:59之间。", "A time of day is 0 to 1439 minutes.")
BAD_LANGUAGE = Text("暂不支持该语言。", "This language is not offered.")
TOO_MANY_NOTICES = Text("一次最多标记50条。", "Mark at most 50 at once.")


def tell_the_citizen(shared: Shared) -> Reactor:
    """The reactor that makes one notice of each event a citizen must know, and counts it as unread."""

    async def react(tx: Transaction, event: CaseEvent) -> None:
        template = TEMPLATES.get(event.kind)
        if template is None:
            return
        told = {name: str(event.detail[name]) for name in template.parameters}
        made = await tx.fetch_one(
            "INSERT INTO notice (id, created_at, person_id, application_id, sequence, kind, parameters, open, next_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, true, $2)"
            " ON CONFLICT (application_id, sequence) DO NOTHING RETURNING id",
            new_id(),
            event.at,
            event.person_id,
            event.application_id,
            event.sequence,
            template.kind.value,
            orjson.dumps(told).decode(),
        )
        if made is None:
            return
        await count_and_send(tx, event.person_id, event.application_id)
        tx.after_commit(lambda: shared.announce(f"notices:{event.person_id}", str(made["id"])))

    return react


async def mark_read(
    citizen: Citizen, shared: Shared, *, notice_ids: Sequence[UUID] | None, idempotency_key: str
) -> UUID:
    """Mark notices as read, or all of them where ``notice_ids`` is None; somebody else's are left alone.

    Returns the person whose inbox it is. Raises ``Invalid`` for more than 50 at once.
    """
    person_id = require_person(citizen)
    if notice_ids is not None and len(notice_ids) > MOST_AT_ONCE:
        raise Invalid(TOO_MANY_NOTICES, fields=(FieldProblem(("input", "noticeIds"), TOO_MANY_NOTICES),))
    async with transaction() as tx:
        given = None if notice_ids is None else sorted(map(str, notice_ids))
        if not await _first_time(tx, person_id, "markNoticesRead", idempotency_key, given):
            return person_id
        # The box first: whoever marks at once takes turns, and the count follows what was really marked.
        await ensure_box(tx, person_id)
        await tx.execute("SELECT 1 FROM notice_box WHERE person_id = $1 FOR NO KEY UPDATE", person_id)
        marked = await tx.fetch(
            "UPDATE notice SET read_at = $2 WHERE person_id = $1 AND read_at IS NULL"
            " AND ($3::uuid[] IS NULL OR id = ANY($3)) RETURNING id",
            person_id,
            clock.now(),
            None if notice_ids is None else list(notice_ids),
        )
        await tx.execute(
            "UPDATE notice_box SET unread = unread - $2 WHERE person_id = $1", person_id, len(marked)
        )
        tx.after_commit(lambda: shared.announce(f"notices:{person_id}", "read"))
    return person_id


async def set_preferences(
    citizen: Citizen,
    *,
    mini_program: bool,
    sms: bool,
    plain: bool,
    language: str,
    quiet_from: int,
    quiet_until: int,
    idempotency_key: str,
) -> UUID:
    """How the citizen wants to be told from now on; times are minutes since midnight. Raises ``Invalid``."""
    person_id = require_person(citizen)
    wrong = [
        FieldProblem(("input", name), BAD_TIME)
        for name, minute in (("quietFrom", quiet_from), ("quietUntil", quiet_until))
        if minute not in MINUTES
    ]
    if wrong:
        raise Invalid(BAD_TIME, fields=tuple(wrong))
    if language not in LANGUAGES:
        raise Invalid(BAD_LANGUAGE, fields=(FieldProblem(("input", "language"), BAD_LANGUAGE),))
    wanted = [mini_program, sms, plain, language, quiet_from, quiet_until]
    async with transaction() as tx:
        if await _first_time(tx, person_id, "setNoticePreferences", idempotency_key, wanted):
            await ensure_box(tx, person_id)
            await tx.execute(
                "UPDATE notice_box SET mini_program = $2, sms = $3, plain = $4, language = $5, quiet_from = $6,"
                " quiet_until = $7 WHERE person_id = $1",
                person_id,
                *wanted,
            )
    return person_id


async def note_subscription(
    citizen: Citizen, *, accepted: Collection[Purpose], declined: Collection[Purpose], idempotency_key: str
) -> UUID:
    """What the citizen answered when the mini-program asked for messages, for the account they are in."""
    person_id = require_person(citizen)
    answers = {purpose.value: False for purpose in declined} | {purpose.value: True for purpose in accepted}
    async with transaction() as tx:
        if await _first_time(
            tx, person_id, "noteNoticeSubscription", idempotency_key, [str(citizen.account_id), answers]
        ):
            for purpose in sorted(answers):
                await keep_subscription(tx, citizen.account_id, Purpose(purpose), accepted=answers[purpose])
    return person_id


async def keep_subscription(tx: Transaction, account_id: UUID, purpose: Purpose, *, accepted: bool) -> None:
    """Keep whether an account takes messages of a purpose."""
    await tx.execute(
        "INSERT INTO notice_subscription (id, created_at, account_id, purpose, accepted, said_at)"
        " VALUES ($1, $2, $3, $4, $5, $2) ON CONFLICT (account_id, purpose)"
        " DO UPDATE SET accepted = EXCLUDED.accepted, said_at = EXCLUDED.said_at",
        new_id(),
        clock.now(),
        account_id,
        purpose.value,
        accepted,
    )


async def _first_time(tx: Transaction, person_id: UUID, operation: str, key: str, given: object) -> bool:
    known = await once(
        tx, actor=f"person:{person_id}", operation=operation, key=key, given=given, subject=person_id
    )
    return known is None
