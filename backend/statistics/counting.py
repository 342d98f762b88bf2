"""Facts: appended by a reactor in the transaction of the event that they are of, and made anew from all events.

One insert per event. What is counted is read from the rows that the event has just left, by the same statement
whether one event is counted or all of them, so that facts can be made again to the same values.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import orjson

from backend.casework.catalogue.standards import Standards
from backend.casework.declaring.codes import DISABILITY_SUBSIDIES, ORPHAN_ALLOWANCE
from backend.casework.lifecycle import CaseEvent, CaseEventKind
from backend.database.record import Row, Transaction, fetch, transaction
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.kit.sealing import KeyRing
from backend.statistics.indicators import AGE_BOUNDS, COUNTED, FINISHED, IN_FORCE, LATE, ON_TIME
from backend.statistics.told import ASKED, Told, read_told

AT_ONCE = 2_000
"""Cases whose facts are made anew in one statement."""

STANDARDS_BY_MARK = {
    (ORPHAN_ALLOWANCE, "institution"): "institution_monthly_fen",
    (ORPHAN_ALLOWANCE, "relatives"): "scattered_monthly_fen",
    (DISABILITY_SUBSIDIES, "nursing"): "nursing_monthly_fen",
    (DISABILITY_SUBSIDIES, "living"): "living_monthly_fen",
    (DISABILITY_SUBSIDIES, "living+nursing"): "living_monthly_fen",
}
"""Which standard is paid, where an item has several: the first one that it pays otherwise."""

_COLUMNS = (
    "(id, created_at, application_id, sequence, kind, item_code, division, month, area, sex, age_band, mark,"
    " cases, people, stock, stock_people, standard_fen, folded)"
)
_LISTED = ", ".join(f"'{kind.value}'" for kind in sorted(COUNTED))
_FINISHED = ", ".join(f"'{kind.value}'" for kind in FINISHED)
_IN_FORCE = ", ".join(f"'{kind.value}'" for kind in IN_FORCE)
_NO_PRACTICE = (
    # Nobody lives where codes begin with 99: those are made up for officers who are learning.
    "a.division NOT LIKE '99%' AND NOT EXISTS (SELECT 1 FROM practice_window w WHERE left(a.division, length(rtrim(w.division, '0')))"
    " = rtrim(w.division, '0') AND a.created_at >= w.since AND a.created_at < w.until)"
)
_DAY = "(e.at AT TIME ZONE 'Asia/Shanghai')::date"
_HELD = (
    "(SELECT coalesce(sum(f.stock), 0) FROM application o JOIN statistics_fact f ON f.application_id = o.id"
    f" AND f.kind IN ({_IN_FORCE}) WHERE o.person_id = a.person_id AND o.item_code = a.item_code)"
)
"""How many benefits of this item the applicant has already: a second grant of the same is no second recipient."""

_MARK = (
    "CASE WHEN e.kind = 'SUBMITTED' THEN CASE WHEN e.actor LIKE 'officer:%' THEN 'WINDOW' ELSE 'ONLINE' END"
    " || CASE WHEN left(p.household_division, 2) <> left(a.division, 2) THEN '_CROSS' ELSE '' END"
    f" WHEN e.kind IN ({_FINISHED}) THEN CASE WHEN a.due_on IS NULL OR a.due_on >= coalesce("
    "   (SELECT max((d.at AT TIME ZONE 'Asia/Shanghai')::date) FROM case_event d WHERE d.application_id = a.id"
    f"    AND d.kind IN ('APPROVED', 'REFUSED')), {_DAY}) THEN '{ON_TIME}' ELSE '{LATE}' END"
    " WHEN e.kind = 'EVALUATED' THEN coalesce((SELECT v.level::text FROM evaluation v WHERE v.application_id = a.id), '')"
    " ELSE coalesce(t.mark, '') END"
)
_BOUNDS = ", ".join(map(str, AGE_BOUNDS))


def _insert(*, stock: str, where: str, new: str) -> str:
    """Facts of the events in ``where``; parameters 1 to 9 are those of ``_known``."""
    return (
        f"INSERT INTO statistics_fact {_COLUMNS}"
        f" SELECT {new}, e.at, a.id, e.sequence, e.kind, a.item_code, left(a.division, 6),"
        f" (extract(year FROM {_DAY}) * 100 + extract(month FROM {_DAY}))::int,"
        " CASE WHEN left(a.township, 9) = ANY($1::text[]) THEN 'U' WHEN left(a.township, 9) = ANY($2::text[]) THEN 'R'"
        " ELSE '-' END, coalesce(t.sex, p.sex),"
        f" width_bucket(extract(year FROM age({_DAY}, coalesce(t.born, p.birth_date)))::int, ARRAY[{_BOUNDS}]),"
        f" {_MARK}, 1, n.people, s.stock, s.stock * n.people, s.stock * coalesce((a.figures ->> coalesce(t.standard,"
        " y.standard))::bigint, 0), false"
        " FROM case_event e JOIN application a ON a.id = e.application_id JOIN person p ON p.id = a.person_id"
        " LEFT JOIN unnest($3::uuid[], $4::text[], $5::int[], $6::text[], $7::date[], $8::text[])"
        "   AS t(id, mark, people, sex, born, standard) ON t.id = a.id AND e.kind = 'APPROVED'"
        " LEFT JOIN jsonb_each_text($9::jsonb) AS y(item_code, standard) ON y.item_code = a.item_code"
        " CROSS JOIN LATERAL (SELECT coalesce(t.people, 1) AS people) n"
        f" CROSS JOIN LATERAL (SELECT CASE WHEN e.kind = 'APPROVED' THEN {stock} ELSE 0 END AS stock) s"
        f" WHERE {where} AND {_NO_PRACTICE} ON CONFLICT (application_id, sequence) DO NOTHING"
    )


_ONE = _insert(stock=f"1 - {_HELD}", where="e.application_id = $10 AND e.sequence = $11", new="$12::uuid")
_END = (
    f"INSERT INTO statistics_fact {_COLUMNS}"
    f" SELECT $3::uuid, e.at, a.id, e.sequence, e.kind, a.item_code, f.division,"
    f" (extract(year FROM {_DAY}) * 100 + extract(month FROM {_DAY}))::int, f.area, f.sex, f.age_band, f.mark, 1,"
    " max(f.people), -sum(f.stock), -sum(f.stock_people), -sum(f.standard_fen), false"
    " FROM case_event e JOIN application a ON a.id = e.application_id"
    " JOIN application o ON o.person_id = a.person_id AND o.item_code = a.item_code"
    f" JOIN statistics_fact f ON f.application_id = o.id AND f.kind IN ({_IN_FORCE})"
    " WHERE e.application_id = $1 AND e.sequence = $2"
    " GROUP BY e.at, a.id, e.sequence, e.kind, a.item_code, f.division, f.area, f.sex, f.age_band, f.mark"
    " HAVING sum(f.stock) <> 0 ON CONFLICT (application_id, sequence) DO NOTHING"
)
"""What ends is what was granted, in the same words: a stock by age or place comes down where it went up."""

_ALONE = (
    " AND NOT (e.kind = 'APPROVED' AND (SELECT count(*) FROM application o JOIN case_event g ON g.application_id = o.id"
    f" AND g.kind IN ({_IN_FORCE}) WHERE o.person_id = a.person_id AND o.item_code = a.item_code) > 1)"
)
_MANY = _insert(
    stock="1",
    where=f"e.application_id = ANY($10::uuid[]) AND e.kind IN ({_LISTED}) AND e.kind <> 'BENEFIT_ENDED'{_ALONE}",
    new="gen_random_uuid()",
)


Areas = tuple[list[str], list[str]]
"""Codes of townships: 城镇, 农村."""


@dataclass(frozen=True, slots=True)
class _Case:
    """What the answers of one approved case tell."""

    id: UUID
    item_code: str
    told: Told


def count_cases(standards: Standards, ring: KeyRing) -> Callable[[Transaction, CaseEvent], Awaitable[None]]:
    """The reactor that appends facts."""
    pays = paid_by(standards)

    async def react(tx: Transaction, event: CaseEvent) -> None:
        if event.kind in COUNTED:
            await append_fact(
                tx,
                ring,
                pays,
                Counted(
                    event.application_id,
                    event.sequence,
                    event.kind,
                    event.item_code,
                    event.division,
                    event.at,
                ),
            )

    return react


def paid_by(standards: Standards) -> str:
    """Of each item that pays the parameter of its standard, as JSON."""
    return orjson.dumps(
        {code: item.pays[0] for code, item in standards.by_code.items() if item.pays}
    ).decode()


@dataclass(frozen=True, slots=True)
class Counted:
    """An event that leaves a fact."""

    application_id: UUID
    sequence: int
    kind: CaseEventKind
    item_code: str
    division: str
    at: datetime


async def append_fact(tx: Transaction, ring: KeyRing, pays: str, event: Counted) -> None:
    """The fact of one event; ``pays`` is what ``paid_by`` says."""
    told: list[_Case] = []
    if event.kind in IN_FORCE:
        # Two grants of one benefit to one person at once are one recipient.
        await tx.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('statistics:' || person_id::text || item_code, 0))"
            " FROM application WHERE id = $1",
            event.application_id,
        )
    if event.kind is CaseEventKind.BENEFIT_ENDED:
        await tx.execute(_END, event.application_id, event.sequence, new_id())
        return
    if event.kind is CaseEventKind.APPROVED and event.item_code in ASKED:
        row = await tx.fetch_one(
            "SELECT id, item_code, answers_sealed FROM application WHERE id = $1", event.application_id
        )
        if row is not None:
            told.append(_opened(ring, row, clock.local(event.at).date()))
    known = _known(told, pays, townships_in(event.division[:6]))
    await tx.execute(_ONE, *known, event.application_id, event.sequence, new_id())


def _known(told: Sequence[_Case], pays: str, townships: Areas) -> tuple[Any, ...]:
    return (
        *townships,
        [one.id for one in told],
        [one.told.mark for one in told],
        [one.told.people for one in told],
        [one.told.sex for one in told],
        [one.told.born for one in told],
        [STANDARDS_BY_MARK.get((one.item_code, one.told.mark)) for one in told],
        pays,
    )


def _opened(ring: KeyRing, row: Row, day: date) -> _Case:
    answers = orjson.loads(ring.open(row["answers_sealed"], context=f"application.answers:{row['id']}"))
    return _Case(row["id"], row["item_code"], read_told(row["item_code"], answers, day))


@cache
def townships_by_area() -> Areas:
    """Codes of townships that count as 城镇 (街道) and as 农村 (镇, 乡); of the rest it is not known.

    The bureau of statistics classifies villages, not townships: an approximation, marked unverified in the docs.
    """
    urban, rural = [], []
    for code, name in regions.township_names():
        if name.endswith("街道"):
            urban.append(code)
        elif name.endswith(("镇", "乡", "苏木")):
            rural.append(code)
    return urban, rural


@lru_cache(4096)
def townships_in(county: str) -> Areas:
    """Those of one county, in which a case's township lies: an event takes ten thousand codes along for nothing."""
    urban, rural = ([code for code in area if code.startswith(county)] for area in townships_by_area())
    return urban, rural


async def rebuild_facts(standards: Standards, ring: KeyRing) -> int:
    """Make every fact of cases anew from their events; returns how many. Nothing is counted meanwhile.

    Of whom a benefit was granted more than once or ended, the events are counted one after the other.
    """
    pays = paid_by(standards)
    async with transaction() as tx:
        await tx.execute("LOCK TABLE statistics_fact IN SHARE ROW EXCLUSIVE MODE")
        await tx.execute("DELETE FROM statistics_fact WHERE application_id IS NOT NULL")
        last = UUID(int=0)
        while True:
            rows = await tx.fetch(
                "SELECT id, item_code, answers_sealed, state IN ('APPROVED', 'COMPLETED') AND item_code = ANY($3)"
                " AS asked FROM application WHERE id > $1 AND state <> 'DRAFT' ORDER BY id LIMIT $2",
                last,
                AT_ONCE,
                list(ASKED),
            )
            if not rows:
                break
            last = rows[-1]["id"]
            days = await _approved_on(tx, [row["id"] for row in rows if row["asked"]])
            told = [_opened(ring, row, days[row["id"]]) for row in rows if row["id"] in days]
            await tx.execute(_MANY, *_known(told, pays, townships_by_area()), [row["id"] for row in rows])
        await _one_after_the_other(tx, ring, pays)
        (count,) = await tx.fetch(
            "SELECT count(*)::int AS facts FROM statistics_fact WHERE application_id IS NOT NULL"
        )
    facts: int = count["facts"]
    return facts


async def _approved_on(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, date]:
    rows = await tx.fetch(
        "SELECT application_id, at FROM case_event WHERE application_id = ANY($1::uuid[]) AND kind = 'APPROVED'",
        list(ids),
    )
    return {row["application_id"]: clock.local(row["at"]).date() for row in rows}


async def _one_after_the_other(tx: Transaction, ring: KeyRing, pays: str) -> None:
    rows = await tx.fetch(
        "SELECT application_id, sequence, kind, item_code, division, at FROM (SELECT e.application_id, e.sequence, e.kind, e.at,"
        " a.item_code, a.division, count(*) OVER (PARTITION BY a.person_id, a.item_code) AS events"
        f" FROM case_event e JOIN application a ON a.id = e.application_id WHERE e.kind IN ({_IN_FORCE})) g"
        " WHERE events > 1 ORDER BY at, application_id, sequence"
    )
    for row in rows:
        kind = CaseEventKind(row["kind"])
        event = Counted(
            row["application_id"], row["sequence"], kind, row["item_code"], row["division"], row["at"]
        )
        await append_fact(tx, ring, pays, event)


async def facts_of_case(application_id: UUID) -> Sequence[Row]:
    """The facts of one case in the order of its timeline. Reached from visible cases only."""
    return await fetch(
        "SELECT sequence, kind, item_code, division, month, area, sex, age_band, mark, cases, people, stock,"
        " stock_people, standard_fen, created_at FROM statistics_fact WHERE application_id = $1 ORDER BY sequence",
        application_id,
    )
