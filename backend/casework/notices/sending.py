"""Sending messages about notices: one channel after another, each asked once at a time, none of them twice.

A try is claimed before it is made and settled after it: a worker that dies in between leaves a claim,
which after two minutes counts as UNCERTAIN. What is uncertain is not sent there again. The notice itself
waits in the inbox, whatever becomes of its messages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from backend.casework.applications.actions import open_answers
from backend.casework.definitions import FieldKind
from backend.casework.machine import Casework
from backend.casework.notices.actions import keep_subscription
from backend.casework.notices.kinds import NoticeKind, NoticeTemplate
from backend.casework.notices.models import DeliveryState
from backend.casework.notices.templates import BY_KIND
from backend.database.jobs import Job, enqueue
from backend.database.record import Row, Transaction, fetch, fetch_one, transaction
from backend.errors import Text, TooMany
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.phone import parse
from backend.message_ports import Channel, Outcome, ShortMessage, Told
from backend.people.delegation.force import acts_for
from backend.people.delegation.kinds import DelegatedAction

log = structlog.get_logger()

ROUTE = (Channel.WECHAT, Channel.ALIPAY, Channel.SMS)
"""In which order channels are tried: those that cost nothing first."""

LOST_AFTER = timedelta(minutes=2)
"""A try that was not settled by then is uncertain; adapters answer within seconds."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
MOST_TRIES = 6
"""On one channel, over about half an hour; then comes the next."""

RATES: Mapping[Channel, str] = {
    Channel.WECHAT: "3000/minute",
    Channel.ALIPAY: "3000/minute",
    Channel.SMS: "600/minute",
}
"""Over all workers, below what the platforms allow an application."""
TEXTS_PER_NUMBER = "10/day"
"""Whatever happens to somebody's cases, their phone stays usable."""

_SUBJECT = Text("民政事项（尾号{tail}）", "Civil affairs *{tail}")
_SUBJECT_WITHOUT_NUMBER = Text("民政事项", "Civil affairs")


@dataclass(frozen=True, slots=True)
class _Open:
    """A notice whose message is due."""

    id: UUID
    application_id: UUID | None
    person_id: UUID
    template: NoticeTemplate
    at: datetime
    next_at: datetime
    case_number: str | None
    item_code: str | None
    answers_sealed: str | None
    mini_program: bool
    sms: bool
    language: str
    quiet_from: int
    quiet_until: int


_FOLLOWS = acts_for(
    agent="a.person_id",
    person="$1",
    item="$3::text",
    action=f"'{DelegatedAction.FOLLOW}'",
    today="$4::date",
)
"""Of somebody without an account, who follows their cases is told: a grandmother without a phone has somebody."""


@dataclass(frozen=True, slots=True)
class _Way:
    """A channel that can reach the person, and under which address."""

    channel: Channel
    address: str
    account_id: UUID | None


async def send_notices(work: Casework, subject_id: UUID) -> None:
    """Send what is due of the notices of a case, or of a person where they are of no case, the oldest first.

    Safe to repeat and to run beside itself.
    """
    rows = await fetch(
        "SELECT id, person_id, cause FROM notice WHERE (application_id = $1 OR person_id = $1 AND application_id IS NULL)"
        " AND open AND next_at <= $2 ORDER BY sequence, id",
        subject_id,
        clock.now(),
    )
    for row in rows:
        if row["cause"] is not None:  # one of no event: its inbox has not heard of it yet
            await work.resources.shared.announce(f"notices:{row['person_id']}", str(row["id"]))
        while await _advance(work, row["id"]):
            pass


async def wake_due(grace: timedelta = timedelta(seconds=30), limit: int = 1000) -> int:
    """Give a job to every case or person with a notice whose time has come; returns how many."""
    rows = await fetch(
        "SELECT DISTINCT n.subject FROM (SELECT coalesce(application_id, person_id) AS subject FROM notice"
        "   WHERE open AND next_at < $1 ORDER BY next_at LIMIT $2) n"
        " WHERE NOT EXISTS (SELECT FROM pgqueuer q WHERE q.entrypoint = 'send_notices'"
        "   AND convert_from(q.payload, 'UTF8')::jsonb ->> 'application' = n.subject::text)",
        clock.now() - grace,
        limit,
    )
    async with transaction() as tx:
        for row in rows:
            await enqueue(tx, Job.SEND_NOTICES, {"application": str(row["subject"])})
    return len(rows)


async def unsent() -> int:
    """Notices with a message that should have gone out an hour ago: what operators are alarmed by."""
    row = await fetch_one(
        "SELECT count(*) AS held FROM notice WHERE open AND next_at < $1", clock.now() - timedelta(hours=1)
    )
    return row["held"] if row else 0


async def _advance(work: Casework, notice_id: UUID) -> bool:
    """One step with a due notice; whether there may be another one at once."""
    notice = await _due(notice_id)
    if notice is None:
        return False
    held = await _deliveries(notice.id)
    if DeliveryState.SENDING in held.values():
        await _settle_lost(notice)
        return True
    way = None if _is_over(notice, held) else await _next_way(work, notice, held)
    if way is None:
        return await _close(notice)
    if (later := await _not_before(work, notice, way)) is not None:
        return await _postpone(notice, later)
    return await _try(work, notice, way)


def _is_over(notice: _Open, held: Mapping[Channel, DeliveryState]) -> bool:
    """Whether a message went out; of an urgent one it has to be certain."""
    over = {DeliveryState.SENT} if notice.template.urgent else {DeliveryState.SENT, DeliveryState.UNCERTAIN}
    return not over.isdisjoint(held.values())


async def _not_before(work: Casework, notice: _Open, way: _Way) -> datetime | None:
    """When it may go out, where that is not now: after the quiet hours, or when the channel takes more."""
    later = quiet_until(notice.quiet_from, notice.quiet_until)
    if later is not None and not notice.template.urgent:
        return later
    try:
        await _within_rates(work, way)
    except TooMany as refusal:
        return clock.now() + timedelta(seconds=refusal.retry_after or 60)
    return None


async def _try(work: Casework, notice: _Open, way: _Way) -> bool:
    """Send once, if nobody else is about to."""
    if not await _claim(notice, way.channel):
        return False
    told = await work.resources.ports.messages[way.channel].send(way.address, _message(notice))
    await _settle(notice, way, told)
    return True


def quiet_until(begins: int, ends: int) -> datetime | None:
    """When the quiet hours end in which we are now, or None. Times are minutes since midnight, legal time."""
    now = clock.local(clock.now())
    minute = now.hour * 60 + now.minute
    within = begins <= minute < ends if begins <= ends else minute >= begins or minute < ends
    if not within:
        return None
    end = now.replace(hour=ends // 60, minute=ends % 60, second=0, microsecond=0)
    return end if end > now else end + timedelta(days=1)


async def _due(notice_id: UUID) -> _Open | None:
    row = await fetch_one(
        "SELECT n.id, n.application_id, n.person_id, n.kind, n.created_at, n.next_at, a.case_number, a.item_code,"
        " a.answers_sealed, coalesce(b.mini_program, true) AS mini_program, coalesce(b.sms, true) AS sms,"
        " coalesce(b.language, 'zh-CN') AS language, b.quiet_from, b.quiet_until"
        " FROM notice n LEFT JOIN application a ON a.id = n.application_id JOIN notice_box b ON b.person_id = n.person_id"
        " WHERE n.id = $1 AND n.open AND n.next_at <= $2",
        notice_id,
        clock.now(),
    )
    if row is None:
        return None
    told = dict(row)
    kind, at = NoticeKind(told.pop("kind")), told.pop("created_at")
    return _Open(template=BY_KIND[kind], at=at, **told)


async def _deliveries(notice_id: UUID) -> Mapping[Channel, DeliveryState]:
    rows = await fetch("SELECT channel, state FROM notice_delivery WHERE notice_id = $1", notice_id)
    return {Channel(row["channel"]): DeliveryState(row["state"]) for row in rows}


async def _next_way(work: Casework, notice: _Open, held: Mapping[Channel, DeliveryState]) -> _Way | None:
    """The first channel that reaches the person, is wanted, and has not been tried in vain."""
    accounts = await fetch(
        "SELECT a.id, a.platform, a.open_id_index, a.open_id_sealed, s.accepted FROM account a"  # noqa: S608 - a term of our own
        " LEFT JOIN notice_subscription s ON s.account_id = a.id AND s.purpose = $2"
        " WHERE a.person_id = $1 OR (NOT EXISTS (SELECT 1 FROM account own WHERE own.person_id = $1)"
        f" AND {_FOLLOWS}) ORDER BY a.last_sign_in_at DESC",
        notice.person_id,
        notice.template.purpose.value,
        notice.item_code,
        clock.today(),
    )
    for channel in ROUTE:
        if channel not in work.resources.ports.messages:
            continue
        if held.get(channel, DeliveryState.WAITING) is not DeliveryState.WAITING:
            continue
        if channel is Channel.SMS:
            way = _by_sms(work, notice, accounts)
        else:
            way = _by_mini_program(work, notice, accounts, channel)
        if way is not None:
            return way
    return None


def _by_mini_program(work: Casework, notice: _Open, accounts: Sequence[Row], channel: Channel) -> _Way | None:
    wanted = (row for row in accounts if row["platform"] == channel.value and row["accepted"])
    row = next(wanted, None) if notice.mini_program else None
    return None if row is None else _Way(channel, _open_id(work, row), row["id"])


def _by_sms(work: Casework, notice: _Open, accounts: Sequence[Row]) -> _Way | None:
    """The number that the applicant gave for this case, or else the one they sign in with."""
    if not notice.sms:
        return None
    told = _number_given(work, notice)
    if isinstance(told, str):
        try:
            return _Way(Channel.SMS, parse(told), None)
        except ValueError:
            pass  # a landline: it takes no messages
    row = next((row for row in accounts if row["platform"] == "H5"), None)
    return None if row is None else _Way(Channel.SMS, _open_id(work, row), row["id"])


def _number_given(work: Casework, notice: _Open) -> object:
    """What the form of the notice's case says."""
    if notice.application_id is None or notice.item_code is None or notice.answers_sealed is None:
        return None
    fields = work.standards.get(notice.item_code).form.walk()
    name = next((field.name for field in fields if field.kind is FieldKind.PHONE), None)
    return open_answers(work, notice.application_id, notice.answers_sealed).get(name) if name else None


def _open_id(work: Casework, row: Row) -> str:
    context = f"account.open_id:{row['open_id_index']}"
    return work.resources.keys.ring.open(row["open_id_sealed"], context=context).decode()


async def _within_rates(work: Casework, way: _Way) -> None:
    """Raise ``TooMany`` where a channel, or somebody's number, has had enough for now."""
    shared = work.resources.shared
    await shared.limit(RATES[way.channel], "notices", way.channel.value)
    if way.channel is Channel.SMS:
        number = work.resources.keys.blind_index.of(way.address, "notice.phone")
        await shared.limit(TEXTS_PER_NUMBER, "notice-number", number)


def _message(notice: _Open) -> ShortMessage:
    tail = (notice.case_number or "")[-4:]
    subject = _SUBJECT.filled(tail=tail) if tail else _SUBJECT_WITHOUT_NUMBER
    at = clock.local(notice.at)
    return ShortMessage(
        purpose=notice.template.purpose,
        subject=subject.of(notice.language),
        status=notice.template.status.of(notice.language),
        time=f"{at:%Y年%m月%d日 %H:%M}",
        hint=notice.template.hint.of(notice.language),
        page=f"pages/notices/index?id={notice.id}",
        language=notice.language,
    )


async def _claim(notice: _Open, channel: Channel) -> bool:
    """Take the try: of several workers one gets it, and nobody else comes before it counts as lost."""
    now = clock.now()
    async with transaction() as tx:
        taken = await tx.fetch_one(
            "UPDATE notice SET next_at = $3 WHERE id = $1 AND open AND next_at = $2 RETURNING id",
            notice.id,
            notice.next_at,
            now + LOST_AFTER,
        )
        if taken is None:
            return False
        await tx.execute(
            "INSERT INTO notice_delivery (id, created_at, notice_id, channel, state, tries, at, code)"
            " VALUES ($1, $2, $3, $4, 'SENDING', 1, $2, '') ON CONFLICT (notice_id, channel)"
            " DO UPDATE SET state = 'SENDING', tries = notice_delivery.tries + 1, at = EXCLUDED.at, code = ''",
            new_id(),
            now,
            notice.id,
            channel.value,
        )
    return True


async def _settle(notice: _Open, way: _Way, told: Told) -> None:
    """Write down what became of a try, and when the notice is looked at next."""
    now = clock.now()
    async with transaction() as tx:
        row = await tx.fetch_one(
            "SELECT id, tries FROM notice_delivery WHERE notice_id = $1 AND channel = $2 AND state = 'SENDING'"
            " FOR NO KEY UPDATE",
            notice.id,
            way.channel.value,
        )
        if row is None:  # we were given up for lost: what we know now comes too late
            return
        state, next_at = _after(told.outcome, row["tries"], now)
        await tx.execute(
            "UPDATE notice_delivery SET state = $2, code = $3 WHERE id = $1",
            row["id"],
            state.value,
            told.code,
        )
        await tx.execute(
            "UPDATE notice SET open = $2, next_at = $3 WHERE id = $1",
            notice.id,
            state is not DeliveryState.SENT,
            next_at,
        )
        if state is DeliveryState.NOT_SUBSCRIBED and way.account_id is not None:
            await keep_subscription(tx, way.account_id, notice.template.purpose, accepted=False)
    log.info("notice_tried", channel=way.channel.value, state=state.value, code=told.code)


def _after(outcome: Outcome, tries: int, now: datetime) -> tuple[DeliveryState, datetime]:
    if outcome is not Outcome.LATER:
        return DeliveryState(outcome.value), now
    if tries >= MOST_TRIES:
        return DeliveryState.FAILED, now
    pause: timedelta = min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
    return DeliveryState.WAITING, now + pause


async def _settle_lost(notice: _Open) -> None:
    """A try whose time is over and that nobody settled: its worker died, and it may have been sent."""
    async with transaction() as tx:
        await tx.execute(
            "UPDATE notice_delivery SET state = 'UNCERTAIN' WHERE notice_id = $1 AND state = 'SENDING' AND at <= $2",
            notice.id,
            clock.now() - LOST_AFTER,
        )
    log.warning("notice_uncertain", notice=str(notice.id))


async def _close(notice: _Open) -> bool:
    async with transaction() as tx:
        await _change(tx, notice, "open = false")
    return False


async def _postpone(notice: _Open, until: datetime) -> bool:
    async with transaction() as tx:
        await _change(tx, notice, "next_at = $3", until)
    return False


async def _change(tx: Transaction, notice: _Open, what: str, *values: object) -> None:
    """Change a notice that nobody has taken meanwhile."""
    await tx.execute(
        f"UPDATE notice SET {what} WHERE id = $1 AND open AND next_at = $2",  # noqa: S608 - constants of ours
        notice.id,
        notice.next_at,
        *values,
    )
