"""The platform's database: cases exactly once per delivery, nonces, and what is still to be said."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from integrations.sandbox.province.decisions import Statement
from integrations.sandbox.province.scenario import Scenario

TABLES = """
CREATE TABLE IF NOT EXISTS cases (
    delivery_id uuid PRIMARY KEY,
    serial bigint GENERATED ALWAYS AS IDENTITY,
    case_no text NOT NULL,
    body_sm3 text NOT NULL,
    materials jsonb NOT NULL,
    receipt jsonb,
    lodged integer NOT NULL DEFAULT 1,
    received_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS cases_case_no ON cases (case_no);
CREATE TABLE IF NOT EXISTS callbacks (
    event_id uuid PRIMARY KEY,
    delivery_id uuid NOT NULL REFERENCES cases ON DELETE RESTRICT,
    sequence integer NOT NULL,
    payload jsonb NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL,
    sent_at timestamptz,
    UNIQUE (delivery_id, sequence)
);
CREATE INDEX IF NOT EXISTS callbacks_waiting ON callbacks (next_try_at) WHERE sent_at IS NULL;
CREATE INDEX IF NOT EXISTS cases_received ON cases (received_at);
CREATE TABLE IF NOT EXISTS records (
    batch_no uuid PRIMARY KEY,
    body_sm3 text NOT NULL,
    told jsonb NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS nonces (
    nonce text PRIMARY KEY,
    seen_at timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS scenario (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    told jsonb NOT NULL
);
"""

_LONGEST_PAUSE = 5.0
"""Seconds between tries of a callback, at most."""


class DifferentBodyError(Exception):
    """A known delivery id came with another message."""


@dataclass(frozen=True, slots=True)
class Callback:
    """One callback that is due."""

    event_id: UUID
    payload: dict[str, Any]
    tries: int


class Store:
    """All SQL of the platform."""

    def __init__(self, pool: asyncpg.Pool, *, region: str, short: str) -> None:
        self._pool = pool
        self._region = region
        self._short = short

    async def reset(self) -> None:
        """As on the first day: nothing held, nothing to say, behaving well."""
        await self._pool.execute("TRUNCATE cases, callbacks, records, nonces, scenario RESTART IDENTITY")

    async def totals(self) -> dict[str, int]:
        """How much of everything, for the page."""
        row = await self._pool.fetchrow(
            "SELECT (SELECT count(*) FROM cases) AS cases,"
            " (SELECT count(*) FROM callbacks WHERE sent_at IS NULL) AS waiting,"
            " (SELECT coalesce(sum(jsonb_array_length(told)), 0) FROM records) AS records"
        )
        return dict(row)

    async def scenario(self) -> Scenario:
        """What the platform was told last."""
        told = await self._pool.fetchval("SELECT told FROM scenario")
        return Scenario() if told is None else Scenario.model_validate(told)

    async def set_scenario(self, scenario: Scenario, now: datetime) -> None:
        """Behave so from now on. Whatever still waits happens after the new delay at the latest."""
        latest = now + timedelta(seconds=scenario.delay_seconds)
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO scenario (told) VALUES ($1) ON CONFLICT (only_one) DO UPDATE SET told = excluded.told",
                scenario.model_dump(mode="json", by_alias=True),
            )
            await connection.execute(
                """
                UPDATE callbacks SET next_try_at = $1, payload =
                    CASE tries WHEN 0 THEN jsonb_set(payload, '{happenedAt}', to_jsonb($2::text)) ELSE payload END
                WHERE sent_at IS NULL AND next_try_at > $1
                """,
                latest,
                latest.isoformat(),
            )

    async def first_seen(self, nonce: str, now: datetime) -> bool:
        """Remember a nonce for as long as its stamp could be fresh; False when it was seen before."""
        await self._pool.execute("DELETE FROM nonces WHERE seen_at < $1", now - timedelta(minutes=11))
        status = await self._pool.execute(
            "INSERT INTO nonces (nonce, seen_at) VALUES ($1, $2) ON CONFLICT DO NOTHING", nonce, now
        )
        return bool(status == "INSERT 0 1")

    async def take(
        self,
        *,
        delivery_id: UUID,
        case_no: str,
        body_sm3: str,
        materials: Sequence[dict[str, str]],
        received_at: datetime,
        statements: Sequence[Statement],
    ) -> dict[str, Any]:
        """Take a case, once per delivery, with everything that will be said about it; the receipt.

        Raises ``DifferentBodyError``.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                """
                INSERT INTO cases (delivery_id, case_no, body_sm3, materials, received_at) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (delivery_id) DO UPDATE SET lodged = cases.lodged + 1
                RETURNING serial, body_sm3, receipt
                """,
                delivery_id,
                case_no,
                body_sm3,
                materials,
                received_at,
            )
            if row["body_sm3"] != body_sm3:
                raise DifferentBodyError
            if row["receipt"] is not None:
                known: dict[str, Any] = row["receipt"]
                return known
            receipt = {
                "externalCaseNo": f"{self._region}{received_at:%Y%m%d}{row['serial']:08d}",
                "deliveryId": str(delivery_id),
                "caseNo": case_no,
                "receivedAt": received_at.isoformat(),
                "bodySm3": body_sm3,
            }
            await connection.execute(
                "UPDATE cases SET receipt = $2 WHERE delivery_id = $1", delivery_id, receipt
            )
            await connection.executemany(
                "INSERT INTO callbacks (event_id, delivery_id, sequence, payload, next_try_at) VALUES ($1, $2, $3, $4, $5)",
                [
                    (
                        event_id,
                        delivery_id,
                        sequence,
                        _payload(event_id, sequence, receipt, statement, self._short),
                        statement.due_at,
                    )
                    for sequence, statement in enumerate(statements, start=1)
                    for event_id in (uuid5(delivery_id, str(sequence)),)
                ],
            )
            return receipt

    async def due(self, now: datetime, *, backwards: bool) -> list[Callback]:
        """What can be said now: per case only the next one in order (or, backwards, the last one)."""
        rows = await self._pool.fetch(
            """
            SELECT event_id, payload, tries FROM callbacks AS this
            WHERE sent_at IS NULL AND next_try_at <= $1 AND NOT EXISTS (
                SELECT FROM callbacks AS other
                WHERE other.delivery_id = this.delivery_id AND other.sent_at IS NULL
                  AND other.sequence * $2 < this.sequence * $2
            )
            ORDER BY next_try_at LIMIT 50
            """,
            now,
            -1 if backwards else 1,
        )
        return [Callback(row["event_id"], row["payload"], row["tries"]) for row in rows]

    async def progress(self, numbers: Sequence[str]) -> list[dict[str, Any]]:
        """What was decided so far about each of these cases that is known here, however much of it was heard."""
        rows = await self._pool.fetch(
            """
            SELECT receipt->>'externalCaseNo' AS number, received_at,
                   coalesce((SELECT jsonb_agg(jsonb_build_object('linkCode', payload->>'linkCode',
                       'resultCode', payload->>'resultCode', 'happenedAt', payload->>'happenedAt') ORDER BY sequence)
                    FROM callbacks c WHERE c.delivery_id = cases.delivery_id
                      AND (payload->>'happenedAt')::timestamptz <= now()), '[]') AS steps
            FROM cases WHERE receipt->>'externalCaseNo' = ANY($1)
            """,
            list(numbers),
        )
        return [
            {
                "externalCaseNo": row["number"],
                "receivedAt": row["received_at"].isoformat(),
                "steps": row["steps"],
            }
            for row in rows
        ]

    async def decision(self, number: str) -> dict[str, Any] | None:
        """The approval of a case, once it was decided, however much of it was heard: as ``progress`` tells."""
        found: dict[str, Any] | None = await self._pool.fetchval(
            "SELECT payload FROM callbacks WHERE payload->>'externalCaseNo' = $1 AND payload->>'resultNo' IS NOT NULL"
            " AND (payload->>'happenedAt')::timestamptz <= now()",
            number,
        )
        return found

    async def say_again(self, number: str, now: datetime) -> int:
        """Say everything about a case again that was said; how much it is."""
        status = await self._pool.execute(
            "UPDATE callbacks SET sent_at = NULL, tries = 0, next_try_at = $2"
            " WHERE payload->>'externalCaseNo' = $1 AND sent_at IS NOT NULL",
            number,
            now,
        )
        return int(status.rpartition(" ")[2])

    async def entries(self, day: date, *, after: int, limit: int | None) -> list[dict[str, Any]]:
        """What was received on a day of legal time, in the order of its coming."""
        rows = await self._pool.fetch(
            """
            SELECT serial, delivery_id, case_no, receipt->>'externalCaseNo' AS number,
                   (SELECT count(*) FROM callbacks c WHERE c.delivery_id = cases.delivery_id
                      AND c.sent_at IS NOT NULL) AS said
            FROM cases WHERE received_at >= $1::date::timestamp AT TIME ZONE 'Asia/Shanghai'
              AND received_at < ($1::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AND serial > $2
            ORDER BY serial LIMIT $3
            """,
            day,
            after,
            limit,
        )
        return [
            {
                "serial": row["serial"],
                "deliveryId": str(row["delivery_id"]),
                "externalCaseNo": row["number"],
                "caseNo": row["case_no"],
                "said": row["said"],
            }
            for row in rows
        ]

    async def take_records(
        self, batch: UUID, records: Sequence[dict[str, Any]], body_sm3: str, now: datetime
    ) -> int:
        """Keep a batch of records once; how many it holds. Raises ``DifferentBodyError``."""
        known = await self._pool.fetchval(
            "INSERT INTO records (batch_no, body_sm3, told, received_at) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (batch_no) DO UPDATE SET batch_no = excluded.batch_no RETURNING body_sm3",
            batch,
            body_sm3,
            list(records),
            now,
        )
        if known != body_sm3:
            raise DifferentBodyError
        return len(records)

    def slots(self, area_code: str, first: date, days: int) -> list[dict[str, object]]:
        """Free places of a hall: the same question is answered with the same made-up numbers."""
        return [
            {
                "date": day.isoformat(),
                "from": f"{hour:02d}:00",
                "free": zlib.crc32(f"{area_code}{day}{hour}".encode()) % 6,
            }
            for day in (first + timedelta(days=number) for number in range(days))
            if day.isoweekday() <= 5
            for hour in (9, 14)
        ]

    async def sent(self, callback: Callback, now: datetime) -> None:
        """It was heard."""
        await self._pool.execute(
            "UPDATE callbacks SET sent_at = $2 WHERE event_id = $1", callback.event_id, now
        )

    async def not_heard(self, callback: Callback, now: datetime) -> None:
        """It was not: try again, a little later each time."""
        pause = min(_LONGEST_PAUSE, 0.25 * 2**callback.tries)
        await self._pool.execute(
            "UPDATE callbacks SET tries = least(tries + 1, 10), next_try_at = $2 WHERE event_id = $1",
            callback.event_id,
            now + timedelta(seconds=pause),
        )

    async def cases(self, case_no: str | None) -> list[dict[str, Any]]:
        """What the platform holds, the latest first, without personal data: one entry per effect."""
        rows = await self._pool.fetch(
            """
            SELECT case_no, delivery_id, receipt->>'externalCaseNo' AS external_case_no, lodged, received_at, materials,
                   coalesce((SELECT jsonb_agg(jsonb_build_object(
                       'eventId', event_id, 'sequence', sequence, 'linkCode', payload->>'linkCode',
                       'resultCode', payload->>'resultCode', 'sentAt', sent_at, 'tries', tries) ORDER BY sequence)
                    FROM callbacks WHERE callbacks.delivery_id = cases.delivery_id), '[]') AS callbacks
            FROM cases WHERE $1::text IS NULL OR case_no = $1 ORDER BY serial DESC LIMIT 50
            """,
            case_no,
        )
        return [
            {
                "caseNo": row["case_no"],
                "externalCaseNo": row["external_case_no"],
                "deliveryId": str(row["delivery_id"]),
                "lodged": row["lodged"],
                "receivedAt": row["received_at"].isoformat(),
                "materials": row["materials"],
                "callbacks": row["callbacks"],
            }
            for row in rows
        ]


def _payload(
    event_id: UUID, sequence: int, receipt: dict[str, str], statement: Statement, short: str
) -> dict[str, Any]:
    external = receipt["externalCaseNo"]
    return {
        "eventId": str(event_id),
        "caseNo": receipt["caseNo"],
        "externalCaseNo": external,
        "sequence": sequence,
        "linkCode": statement.link_code,
        "resultCode": statement.result_code,
        "happenedAt": statement.due_at.isoformat(),
        "reason": statement.reason,
        "resultNo": f"{short}民决字{external}号" if statement.approved else None,
        "result": statement.result or {},
    }
