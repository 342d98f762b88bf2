"""Many cases on their way at once: copies of one that was handed in, each under a number of its own."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import orjson
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from backend.database.jobs import Job, entrypoint
from backend.keys import Keys
from backend.kit import clock
from backend.kit.ids import new_id

BESIDE = ("case_event", "case_clock", "supervised_case")
"""Tables that hold rows of every case."""


async def multiplied(
    connection: asyncpg.Connection,
    keys: Keys,
    application_id: UUID,
    count: int,
    *,
    region: str = "33",
    series: int = 9,
) -> Sequence[UUID]:
    """``count`` more cases like this one, handed in, numbered and on their way to ``region``; their ids."""
    case = await connection.fetchrow(
        "SELECT answers_sealed, case_number FROM application WHERE id = $1", application_id
    )
    answers = keys.ring.open(case["answers_sealed"], context=f"application.answers:{application_id}")
    made = [new_id() for _ in range(count)]
    async with connection.transaction():
        await connection.execute(
            "INSERT INTO application SELECT (jsonb_populate_record(a, jsonb_build_object("
            " 'id', n.id, 'case_number', n.number, 'answers_sealed', n.sealed))).*"
            " FROM application a, unnest($2::uuid[], $3::text[], $4::text[]) AS n(id, number, sealed) WHERE a.id = $1",
            application_id,
            made,
            [f"{case['case_number'][:-7]}{series}{number:06d}" for number in range(count)],
            [keys.ring.seal(answers, context=f"application.answers:{one}") for one in made],
        )
        for table in BESIDE:
            await connection.execute(
                f"INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object("  # noqa: S608 - our own words
                " 'id', gen_random_uuid(), 'application_id', n.id))).*"
                f" FROM {table} t, unnest($2::uuid[]) AS n(id) WHERE t.application_id = $1",
                application_id,
                made,
            )
        await connection.executemany(
            "INSERT INTO delivery (id, created_at, application_id, kind, sequence, region, state, attempts, next_try_at)"
            " VALUES ($1, $2, $3, 'LODGE', 1, $4, 'PENDING', 0, $2)",
            [(new_id(), clock.now(), one, region) for one in made],
        )
        await Queries(AsyncpgDriver(connection)).enqueue(
            [entrypoint(Job.DELIVER_CASE, region)] * count,
            [orjson.dumps({"application": str(one)}) for one in made],
            [0] * count,
        )
    return made


async def left(
    connection: asyncpg.Connection | asyncpg.Pool, cases: Sequence[UUID], messages: int = 2
) -> int:
    """How many of these are not delivered, or have not had ``messages`` messages applied."""
    found: int = await connection.fetchval(
        "SELECT count(*) FROM unnest($1::uuid[]) AS n(id) WHERE NOT EXISTS (SELECT FROM delivery d"
        "   WHERE d.application_id = n.id AND d.state = 'DELIVERED')"
        " OR (SELECT count(*) FROM inbound_event i WHERE i.application_id = n.id AND i.outcome = 'APPLIED') < $2",
        list(cases),
        messages,
    )
    return found


async def told_once(connection: asyncpg.Connection | asyncpg.Pool, cases: Sequence[UUID]) -> int:
    """How many of these have each of a decided case's events exactly once, and no message that was impossible."""
    found: int = await connection.fetchval(
        "SELECT count(*) FROM unnest($1::uuid[]) AS n(id) WHERE (SELECT array_agg(kind::text ORDER BY sequence)"
        "   FROM case_event e WHERE e.application_id = n.id)"
        "   = ARRAY['STARTED', 'SUBMITTED', 'NUMBERED', 'LODGED', 'ACCEPTED', 'APPROVED']"
        " AND NOT EXISTS (SELECT FROM inbound_event i WHERE i.application_id = n.id AND i.outcome <> 'APPLIED')",
        list(cases),
    )
    return found
