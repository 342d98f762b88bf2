"""The catalogue as this process holds it: composed items per division, good for one version and one day.

Whoever changes the catalogue raises its version in the same transaction and announces it over Redis. A
process asks for the version at most once a second, and at once after an announcement, so that public reads
cost no statement and no process shows yesterday's catalogue for longer than that second.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date

import structlog

from backend.casework.catalogue.compose import OfferedItem, compose
from backend.casework.catalogue.search.index import SearchIndex
from backend.casework.catalogue.standards import UNKNOWN_ITEM, Standards
from backend.casework.definitions import ServiceItem
from backend.database.record import Row, fetch, fetch_one
from backend.database.shared import Shared
from backend.errors import NotFound, ProblemCode, Refusal, Text
from backend.kit import clock, regions

CHANNEL = "catalogue"
FRESH_SECONDS = 1.0
MOST_DIVISIONS = 128
"""How many divisions' items are kept; 46 items of one division take about 100 KB."""

UNKNOWN_DIVISION = Text("没有这个行政区划。", "There is no such division.")
NOT_OFFERED = Text("该地区尚未开通此事项。", "This item is not offered in that division yet.")

IN_FORCE = (
    "SELECT DISTINCT ON (item_code, division)"
    " id, item_code, division, version, parameters, promised_days, organ_credit_code, organ_name, organ_level,"
    " organ_nature, power_source, delegate_credit_code, delegate_name, delegate_level, local_catalog_code,"
    " local_task_code, hall_zh, hall_en, hours_zh, hours_en, enquiries, complaints, guidance_zh, guidance_en"
    " FROM edition WHERE division = ANY($1::text[]) AND in_force_from <= $2"
    " AND (in_force_until IS NULL OR in_force_until >= $2)"
    " ORDER BY item_code, division, in_force_from DESC, version DESC"
)
"""Of each item and level the edition that counts on a day: all of a division's items at once."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class GivenCode:
    """An official base code and the list that gives it."""

    code: str
    source: str


@dataclass(frozen=True, slots=True)
class CodeBook:
    """Base codes as they were at one moment: every code an item has ever had, and the one of today."""

    standards: Standards
    given: Mapping[str, GivenCode]
    """The official code of today by the item's key, where an import gave one."""
    keys: Mapping[str, str]
    """The item's key by every official code it has ever had."""

    def item(self, code: str) -> ServiceItem | None:
        """The item of a base code, official or as declared, of today or earlier."""
        by_code = self.standards.by_code
        return by_code.get(code) or by_code.get(self.keys.get(code, ""))

    def of(self, item: ServiceItem) -> GivenCode:
        """The base code of today with its source."""
        return self.given.get(item.base_code) or GivenCode(item.base_code, item.base_code_source)


@dataclass(slots=True)
class _Held:
    """What is known of one version on one day."""

    version: int
    day: date
    codes: CodeBook
    offered: OrderedDict[str, Mapping[str, OfferedItem]] = field(default_factory=OrderedDict)


class Catalogue:
    """Standards and editions, put together once per division and version."""

    def __init__(self, standards: Standards) -> None:
        self.standards = standards
        self._held: _Held | None = None
        self._asked_at = float("-inf")
        self._reading = asyncio.Lock()
        self._index: tuple[CodeBook, SearchIndex] | None = None
        self._indexing = asyncio.Lock()

    async def version(self) -> int:
        """How often the catalogue has changed: what caches of its answers are keyed by, with the day."""
        return (await self._fresh()).version

    async def codes(self) -> CodeBook:
        """The base codes of now."""
        return (await self._fresh()).codes

    async def find(self, code: str) -> ServiceItem:
        """The item of a base code, official or as declared, of today or earlier. Raises ``NotFound(UNKNOWN_ITEM)``."""
        item = self.standards.by_code.get(code) or (await self.codes()).item(code)
        if item is None:
            raise NotFound(UNKNOWN_ITEM, code=ProblemCode.UNKNOWN_ITEM).about("code")
        return item

    async def offered(self, code: str, division: str) -> OfferedItem:
        """The item as it applies in ``division`` today.

        Raises ``NotFound`` with UNKNOWN_ITEM or UNKNOWN_DIVISION, or WRONG_DIVISION when no level names an organ.
        """
        item = await self.find(code)
        offered = (await self._of(known_division(division))).get(item.base_code)
        if offered is None:
            raise NotFound(NOT_OFFERED, code=ProblemCode.WRONG_DIVISION).about("division")
        return offered

    async def all_offered(self, division: str) -> Mapping[str, OfferedItem]:
        """Every item offered in ``division`` by its key, in the order of the standards. Raises ``NotFound``."""
        return await self._of(known_division(division))

    async def search_index(self) -> SearchIndex:
        """What finds the items; built anew only when their codes changed, since nothing else of it can change."""
        codes = await self.codes()
        async with self._indexing:
            if self._index is None or self._index[0].keys != codes.keys:
                items = tuple(self.standards.by_code.values())
                self._index = codes, await asyncio.to_thread(SearchIndex, items, codes.keys)
            return self._index[1]

    def forget(self) -> None:
        """Ask for the version again at the next read."""
        self._asked_at = float("-inf")

    @asynccontextmanager
    async def following(self, shared: Shared) -> AsyncIterator[None]:
        """Forget whenever somebody announces a change, while this is entered; also after Redis was away."""
        hearing = asyncio.create_task(self._hear(shared))
        try:
            yield
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def _hear(self, shared: Shared) -> None:
        while True:
            try:
                async with shared.listening(CHANNEL) as announcements:
                    self.forget()  # whatever was announced before this moment was not heard
                    async for _ in announcements:
                        self.forget()
            except Refusal:
                _log.warning("catalogue_not_followed")
            await asyncio.sleep(FRESH_SECONDS)

    async def _of(self, place: regions.Division) -> Mapping[str, OfferedItem]:
        held = await self._fresh()
        if place.code not in held.offered:
            async with self._reading:  # of many who ask for a division at once, one puts it together
                if place.code not in held.offered:
                    rows = await editions_in_force(place, held.day)
                    held.offered[place.code] = self._composed(held, place, rows)
                    if len(held.offered) > MOST_DIVISIONS:
                        held.offered.popitem(last=False)
        found = held.offered[place.code]
        held.offered.move_to_end(place.code)
        return found

    def _composed(
        self, held: _Held, place: regions.Division, rows: Mapping[str, Sequence[Row]]
    ) -> Mapping[str, OfferedItem]:
        offered = {}
        for key, item in self.standards.by_code.items():
            given = held.codes.of(item)
            composed = compose(item, given.code, given.source, place, rows.get(key, ()))
            if composed is not None:
                offered[key] = composed
        return offered

    async def _fresh(self) -> _Held:
        """What is known of today's version, read anew when it has changed."""
        if self._held is not None and self._is_fresh(self._held):
            return self._held
        async with self._reading:
            held = self._held
            if held is not None and self._is_fresh(held):
                return held
            self._asked_at = time.monotonic()  # before the question: an announcement meanwhile asks again
            version, day = await current_version(), clock.today()
            if held is None or (held.version, held.day) != (version, day):
                held = self._held = _Held(version, day, await self._code_book())
            return held

    async def _code_book(self) -> CodeBook:
        rows = await fetch("SELECT item_code, code, source FROM base_code ORDER BY id")
        return CodeBook(
            self.standards,
            {row["item_code"]: GivenCode(row["code"], row["source"]) for row in rows},
            {row["code"]: row["item_code"] for row in rows},
        )

    def _is_fresh(self, held: _Held) -> bool:
        return time.monotonic() - self._asked_at < FRESH_SECONDS and held.day == clock.today()


def known_division(code: str) -> regions.Division:
    """The division of ``code``, of today. Raises ``NotFound(UNKNOWN_DIVISION)``."""
    division = regions.get(code)
    if division is None or division.until is not None or division.level == 0:
        raise NotFound(UNKNOWN_DIVISION, code=ProblemCode.UNKNOWN_DIVISION).about("division")
    return division


async def current_version() -> int:
    """The catalogue's version as the database has it; 0 before anything was published."""
    row = await fetch_one("SELECT version FROM catalogue_version WHERE name = 'catalogue'")
    return row["version"] if row else 0


async def editions_in_force(place: regions.Division, day: date) -> Mapping[str, Sequence[Row]]:
    """Each item's editions in force on ``day``, one per level from the nation down to ``place``: one statement."""
    levels = [regions.NATION, *(division.code for division in regions.path(place.code))]
    rows = await fetch(IN_FORCE, levels, day)
    found: dict[str, list[Row]] = {}
    for row in rows:  # the code of a level sorts before the codes of what lies in it
        found.setdefault(row["item_code"], []).append(row)
    return found
