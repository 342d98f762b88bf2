"""Figures: facts folded by a clock, county by county, so that no case waits for another and no row is the nation's."""

from backend.database.record import fetch, transaction

FOLDED_AT_ONCE = 50_000
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('statistics_figure', 0))"
_WORDS = "division, month, kind, item_code, mark, area, sex, age_band"
_SUMS = (
    "sum(cases)::int, sum(people)::int, sum(stock)::int, sum(stock_people)::int, sum(standard_fen)::bigint"
)
_INTO = (
    f"INSERT INTO statistics_figure AS g (id, created_at, {_WORDS}, imported, cases, people, stock, stock_people,"
    " standard_fen) "
)
_ADDED = (
    f" ON CONFLICT ({_WORDS}, imported) DO UPDATE SET cases = g.cases + EXCLUDED.cases,"
    " people = g.people + EXCLUDED.people, stock = g.stock + EXCLUDED.stock,"
    " stock_people = g.stock_people + EXCLUDED.stock_people, standard_fen = g.standard_fen + EXCLUDED.standard_fen"
)


async def fold() -> int:
    """Fold the facts written so far into figures; returns how many facts. Safe beside itself."""
    done = 0
    while True:
        async with transaction() as tx:
            await tx.execute(_LOCK)
            rows = await tx.fetch(
                "WITH chosen AS MATERIALIZED (SELECT id FROM statistics_fact WHERE NOT folded ORDER BY id LIMIT $1),"
                " taken AS (UPDATE statistics_fact f SET folded = true FROM chosen WHERE f.id = chosen.id"
                f"   RETURNING f.*), added AS ({_INTO} SELECT gen_random_uuid(), now(), {_WORDS},"
                f"   imported_id IS NOT NULL, {_SUMS} FROM taken GROUP BY {_WORDS}, imported_id IS NOT NULL{_ADDED})"
                " SELECT count(*)::int AS facts FROM taken",
                FOLDED_AT_ONCE,
            )
        facts: int = rows[0]["facts"]
        done += facts
        if facts < FOLDED_AT_ONCE:
            return done


_CITIES = (
    "WITH RECURSIVE found AS ((SELECT left(division, 4) AS city FROM statistics_fact ORDER BY division LIMIT 1)"
    " UNION ALL SELECT (SELECT left(f.division, 4) FROM statistics_fact f WHERE f.division > found.city || '99'"
    " ORDER BY f.division LIMIT 1) FROM found WHERE found.city IS NOT NULL)"
    " SELECT city FROM found WHERE city IS NOT NULL"
    " UNION SELECT left(division, 4) FROM statistics_figure ORDER BY city"
)


async def rebuild_figures() -> int:
    """Make every figure anew from all facts, city by city; returns how many figures there are.

    Facts that come meanwhile are folded with their city or later, each once. Safe beside itself and beside ``fold``.
    """
    figures = 0
    for city in [row["city"] for row in await fetch(_CITIES)]:
        async with transaction() as tx:
            await tx.execute(_LOCK)
            bounds = city, f"{city}99"
            await tx.execute("DELETE FROM statistics_figure WHERE division BETWEEN $1 AND $2", *bounds)
            await tx.execute(
                "UPDATE statistics_fact SET folded = true WHERE NOT folded AND division BETWEEN $1 AND $2",
                *bounds,
            )
            rows = await tx.fetch(
                f"WITH made AS ({_INTO} SELECT gen_random_uuid(), now(), {_WORDS}, imported_id IS NOT NULL, {_SUMS}"
                " FROM statistics_fact WHERE folded AND division BETWEEN $1 AND $2"
                f" GROUP BY {_WORDS}, imported_id IS NOT NULL RETURNING 1)"
                " SELECT count(*)::int AS figures FROM made",
                *bounds,
            )
            figures += rows[0]["figures"]
    return figures
