"""Booking: one guarded statement for all who want the same slot at the same moment.

The statement judges each request (open, closed, paused, booked already), locks the slot once, gives places and
then places on the waiting list in the order of coming, and writes down appointments, what they bind and the
audit trail. The database's clock says what time it is: it is the same one for every process. Whoever gets
nothing writes nothing and waits for nobody. What two processes do at the same instant for the same person,
couple or matter is caught by a unique index; the loser is judged again and told so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

import asyncpg
import orjson

from backend.casework.appointments.models import AppointmentState
from backend.casework.appointments.queries import DayView, next_free_days
from backend.database import audit
from backend.database.record import Row, fetch
from backend.kit import clock
from backend.kit.gathering import Gathering
from backend.kit.ids import new_id


class Outcome(StrEnum):
    """What became of a request."""

    HELD = "HELD"
    WAITING = "WAITING"
    FULL = "FULL"
    REPEATED = "REPEATED"
    """This key has booked before: the appointment is the first one's."""
    KEY_REUSED = "KEY_REUSED"
    UNKNOWN = "UNKNOWN"
    NOT_OPEN = "NOT_OPEN"
    CLOSED = "CLOSED"
    PAUSED = "PAUSED"
    BOUND = "BOUND"
    """The person, the couple or the matter has a living appointment."""
    INVITED = "INVITED"
    """The second party has booked for both already. What else they have booked is not told."""
    PARTNER_NEEDED = "PARTNER_NEEDED"
    PARTNER_SELF = "PARTNER_SELF"
    MATTER_NEEDED = "MATTER_NEEDED"


@dataclass(frozen=True, slots=True)
class Sealed:
    """Somebody who was named: the blind index of their number, and name and number sealed to the appointment."""

    index: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One person's wish for a place in a slot."""

    id: UUID
    """Of the appointment that comes of it."""
    account_id: UUID
    person_id: UUID
    key: str
    """Idempotency key."""
    partner: Sealed | None = None
    matter: Sealed | None = None
    at: datetime = field(default_factory=clock.now)

    def digest(self, slot_id: UUID) -> str:
        """What was asked for, to tell a repeat from another request under the same key."""
        told = [str(slot_id), *(named and named.index for named in (self.partner, self.matter))]
        return sha256(orjson.dumps(told)).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request came to, with what there is to tell about the slot."""

    outcome: Outcome
    appointment_id: UUID | None
    state: AppointmentState | None
    place: int | None
    """On the waiting list, from 1."""
    hold_until: datetime | None
    until: datetime | None
    """The end of a pause."""
    slot: Row | None = field(repr=False)
    """Calendar, place and times of the slot; None where there is none."""


BOOK = """
WITH asked AS MATERIALIZED (
    SELECT asked.*, theirs.person_id AS partner_person
    FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::text[], $11::timestamptz[], $12::uuid[], $13::text[], $14::text[])
         WITH ORDINALITY AS asked(id, account_id, person_id, request_key, request_digest, partner_index,
                partner_sealed, matter_index, matter_sealed, at, entry_id, held_digest, waiting_digest, n)
    LEFT JOIN identity_document theirs ON theirs.number_index = asked.partner_index AND theirs.ended_at IS NULL
), facts AS MATERIALIZED (
    SELECT slot.id, slot.calendar_id, slot.starts_at, slot.ends_at, slot.opens_at, slot.closes_at, slot.withdrawn,
           calendar.name AS calendar_name, calendar.subject, calendar.binding,
           least(statement_timestamp() + calendar.hold_minutes * interval '1 minute', slot.starts_at) AS hold_until,
           place.name AS place_name, place.address, place.telephone, statement_timestamp() AS now
    FROM appointment_slot slot
    JOIN appointment_calendar calendar ON calendar.id = slot.calendar_id
    JOIN appointment_place place ON place.id = calendar.place_id
    WHERE slot.id = $1 AND calendar.closed_at IS NULL AND place.closed_at IS NULL
), bound AS MATERIALIZED (
    SELECT n, 'person:' || person_id AS bound FROM asked, facts WHERE binding <> 'MATTER'
    UNION ALL
    SELECT n, 'couple:' || least(one, other) || '+' || greatest(one, other)
    FROM (SELECT n, person_id::text AS one, coalesce(partner_person::text, partner_index) AS other FROM asked) pair,
         facts
    WHERE binding = 'COUPLE' AND other IS NOT NULL
    UNION ALL
    SELECT n, 'matter:' || matter_index FROM asked, facts WHERE binding = 'MATTER' AND matter_index IS NOT NULL
), judged AS MATERIALIZED (
    SELECT asked.*, before.id AS before_id, pause.until, CASE
        WHEN before.request_digest = asked.request_digest THEN 'REPEATED'
        WHEN before.id IS NOT NULL THEN 'KEY_REUSED'
        WHEN withdrawn OR closes_at <= now THEN 'CLOSED'
        WHEN opens_at > now THEN 'NOT_OPEN'
        WHEN binding = 'COUPLE' AND asked.partner_index IS NULL THEN 'PARTNER_NEEDED'
        WHEN binding = 'COUPLE' AND partner_person = asked.person_id THEN 'PARTNER_SELF'
        WHEN binding = 'MATTER' AND matter_index IS NULL THEN 'MATTER_NEEDED'
        WHEN pause.until IS NOT NULL THEN 'PAUSED'
        WHEN binding = 'COUPLE' AND EXISTS (SELECT FROM appointment_party party
            JOIN appointment theirs ON theirs.id = party.appointment_id
            JOIN identity_document mine ON mine.number_index = theirs.partner_index
            WHERE party.subject = facts.subject AND party.bound = 'person:' || partner_person AND party.living
            AND mine.person_id = asked.person_id AND theirs.partner_id IS NULL) THEN 'INVITED'
        WHEN EXISTS (SELECT FROM bound JOIN appointment_party party
            ON party.subject = facts.subject AND party.bound = bound.bound AND party.living
            WHERE bound.n = asked.n) THEN 'BOUND'
        WHEN EXISTS (SELECT FROM bound mine JOIN bound others ON others.bound = mine.bound AND others.n < mine.n
            WHERE mine.n = asked.n) THEN 'AGAIN'
        END AS refusal
    FROM asked CROSS JOIN facts
    LEFT JOIN appointment before ON before.account_id = asked.account_id AND before.request_key = asked.request_key
    LEFT JOIN LATERAL (SELECT max(until) AS until FROM appointment_pause pause
        WHERE pause.person_id = asked.person_id AND pause.subject = facts.subject
        AND pause.until > facts.now AND pause.lifted_at IS NULL) pause ON true
), sound AS MATERIALIZED (
    SELECT judged.*, row_number() OVER (ORDER BY n) AS turn FROM judged WHERE refusal IS NULL
), spot AS MATERIALIZED (
    SELECT id, CASE WHEN waiting > 0 THEN 0 ELSE greatest(capacity - taken, 0) END AS free,
           greatest(waiting_room - waiting, 0) AS room, waiting, last_ticket
    FROM appointment_slot
    WHERE id = $1 AND NOT withdrawn AND (taken < capacity OR waiting < waiting_room) AND EXISTS (SELECT FROM sound)
    FOR NO KEY UPDATE
), given AS MATERIALIZED (
    SELECT sound.*, CASE WHEN turn <= free THEN 'HELD' ELSE 'WAITING' END AS state, last_ticket + turn AS ticket,
           CASE WHEN turn > free THEN waiting + turn - free END AS place
    FROM sound, spot WHERE turn <= free + room
), moved AS (
    UPDATE appointment_slot slot
    SET taken = taken + held, waiting = waiting + queued, last_ticket = last_ticket + held + queued
    FROM (SELECT count(*) FILTER (WHERE state = 'HELD') AS held, count(*) FILTER (WHERE state = 'WAITING') AS queued
          FROM given) counted
    WHERE slot.id = $1 AND held + queued > 0
), booked AS (
    INSERT INTO appointment (id, created_at, slot_id, account_id, person_id, request_key, request_digest, state, ticket,
        hold_until, partner_index, partner_sealed, matter_sealed)
    SELECT given.id, at, $1, account_id, person_id, request_key, request_digest, state, ticket,
        CASE WHEN state = 'HELD' THEN hold_until END,
        CASE WHEN binding = 'COUPLE' THEN partner_index END, CASE WHEN binding = 'COUPLE' THEN partner_sealed END,
        CASE WHEN binding = 'MATTER' THEN matter_sealed END
    FROM given, facts ORDER BY given.account_id, request_key
), tied AS (
    INSERT INTO appointment_party (id, created_at, appointment_id, subject, bound, living)
    SELECT gen_random_uuid(), at, given.id, facts.subject, bound.bound, true
    FROM given JOIN bound USING (n), facts ORDER BY bound.bound
), told AS (
    INSERT INTO audit_entry (id, created_at, subject, sequence, kind, actor, detail, at, previous_digest, digest)
    SELECT entry_id, at, 'appointment:' || id, 1,
        CASE WHEN state = 'HELD' THEN 'appointment_held' ELSE 'appointment_waiting' END, 'account:' || account_id,
        $15::jsonb, at, $16, CASE WHEN state = 'HELD' THEN held_digest ELSE waiting_digest END
    FROM given
)
SELECT judged.n, coalesce(judged.refusal, given.state, 'FULL') AS outcome, coalesce(judged.before_id, given.id) AS appointment_id,
    given.state, given.place, CASE WHEN given.state = 'HELD' THEN facts.hold_until END AS hold_until, judged.until,
    facts.id AS slot_id, facts.calendar_id, starts_at, ends_at, opens_at, calendar_name, place_name, address, telephone,
    binding, facts.now
FROM judged CROSS JOIN facts LEFT JOIN given USING (n) ORDER BY judged.n
"""


async def book_together(slot_id: UUID, requests: Sequence[Request]) -> Sequence[Answer | None]:
    """One answer for each request, in order; None for one that has to be judged again.

    The statement is a transaction of its own. Raises what the database raises, and then nothing was booked.
    """
    try:
        rows = await fetch(BOOK, *_arguments(slot_id, requests))
    except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
        if len(requests) > 1:
            raise
        return [None]  # somebody was first a moment ago: the next look sees it
    if not rows:
        nothing = Answer(Outcome.UNKNOWN, None, None, None, None, None, None)
        return [nothing] * len(requests)
    return [_answer(row) for row in rows]


async def _free_together(calendar_id: UUID, asked: Sequence[None]) -> Sequence[Sequence[DayView]]:
    return [await next_free_days(calendar_id)] * len(asked)


class Bookings:
    """A process's own: bookings of one slot that arrive at once become one statement."""

    def __init__(self) -> None:
        self._requests: Gathering[UUID, Request, Answer] = Gathering(book_together)
        self._free: Gathering[UUID, None, Sequence[DayView]] = Gathering(_free_together)

    async def ask(self, slot_id: UUID, request: Request) -> Answer:
        """What becomes of a request."""
        return await self._requests.ask(slot_id, request)

    async def free_days(self, calendar_id: UUID) -> Sequence[DayView]:
        """The next days with free places, for those who got none."""
        return await self._free.ask(calendar_id, None)


def _arguments(slot_id: UUID, requests: Sequence[Request]) -> Sequence[object]:
    detail = {"slot": str(slot_id)}
    rows = [
        (
            request.id,
            request.account_id,
            request.person_id,
            request.key,
            request.digest(slot_id),
            request.partner and request.partner.index,
            request.partner and request.partner.text,
            request.matter and request.matter.index,
            request.matter and request.matter.text,
            request.at,
            new_id(),
            *(_entry_digest(request, kind, detail) for kind in ("appointment_held", "appointment_waiting")),
        )
        for request in requests
    ]
    return [slot_id, *map(list, zip(*rows, strict=True)), orjson.dumps(detail).decode(), audit.GENESIS]


def _entry_digest(request: Request, kind: str, detail: dict[str, str]) -> str:
    return audit.entry_digest(
        audit.GENESIS,
        subject=f"appointment:{request.id}",
        sequence=1,
        kind=kind,
        actor=f"account:{request.account_id}",
        detail=detail,
        at=request.at,
    )


def _answer(row: Row) -> Answer | None:
    if row["outcome"] == "AGAIN":
        return None
    return Answer(
        Outcome(row["outcome"]),
        row["appointment_id"],
        None if row["state"] is None else AppointmentState(row["state"]),
        row["place"],
        row["hold_until"],
        row["until"],
        row,
    )
