"""How everything stands, in one look: database, Redis, queue, clocks, connectors, faces, dead letters, reports."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from backend.casework.machine import Casework
from backend.database.jobs import queue_figures
from backend.database.record import fetch, fetch_one
from backend.errors import Refusal, Text
from backend.exchange.queries import unapplied_events, unfinished_deliveries
from backend.kit import clock

PATIENCE = 3.0
"""Seconds that one part may take to answer."""
LATE_JOBS = 60.0
CLOCK_GRACE = timedelta(minutes=5)


class Health(StrEnum):
    """How a part is."""

    OK = "OK"
    ATTENTION = "ATTENTION"
    """It works; somebody should look."""
    DOWN = "DOWN"
    UNUSED = "UNUSED"
    """This installation has none."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the installation."""

    name: str
    label: Text
    health: Health
    said: str
    figures: Mapping[str, float]


LABELS: Mapping[str, Text] = {
    "database": Text("数据库", "Database"),
    "redis": Text("Redis", "Redis"),
    "queue": Text("任务队列", "Jobs"),
    "clocks": Text("定时任务", "Clocks"),
    "faces": Text("人脸服务", "Face service"),
    "deliveries": Text("跨省转办与死信", "Deliveries and dead letters"),
    "messages": Text("各省回传消息", "Messages of provinces"),
    "connectors": Text("省级连接", "Connectors"),
    "statistics": Text("统计", "Statistics"),
}

_Found = tuple[Health, str, Mapping[str, float]]


async def status(work: Casework) -> Sequence[Part]:
    """Every part, asked at once. One that does not answer in time is down, and so is one that fails."""
    asked: Mapping[str, Callable[[], Awaitable[_Found]]] = {
        "database": _database,
        "redis": lambda: _redis(work),
        "queue": _queue,
        "clocks": _clocks,
        "faces": lambda: _faces(work),
        "deliveries": _deliveries,
        "messages": _messages,
        "connectors": lambda: _connectors(work),
        "statistics": _statistics,
    }
    found = await asyncio.gather(*(_looked_at(ask) for ask in asked.values()))
    return [Part(name, LABELS[name], *told) for name, told in zip(asked, found, strict=True)]


async def _looked_at(ask: Callable[[], Awaitable[_Found]]) -> _Found:
    try:
        async with asyncio.timeout(PATIENCE):
            return await ask()
    except TimeoutError:
        return Health.DOWN, "no answer in time", {}
    except (Refusal, OSError) as error:
        return Health.DOWN, type(error).__name__, {}
    except Exception as error:  # noqa: BLE001 - whatever a part answers with, the look has to end
        return Health.DOWN, type(error).__name__, {}


async def _database() -> _Found:
    row = await fetch_one(
        "SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())::int AS connections,"
        " current_setting('max_connections')::int AS most, pg_database_size(current_database())::float AS bytes,"
        " (SELECT count(*) FROM pg_stat_replication)::int AS standbys, coalesce((SELECT max(extract(epoch FROM"
        "  replay_lag)) FROM pg_stat_replication), 0)::float AS lag, current_setting('server_version') AS version"
    )
    if row is None:
        raise LookupError("a row of functions is always there")
    full = row["connections"] > 0.8 * row["most"]
    health = Health.ATTENTION if full or row["lag"] > 30 else Health.OK
    figures = {name: float(row[name]) for name in ("connections", "most", "bytes", "standbys", "lag")}
    return health, f"PostgreSQL {row['version'].split()[0]}", figures


async def _redis(work: Casework) -> _Found:
    await work.resources.shared.ping()
    return Health.OK, "", {}


async def _queue() -> _Found:
    figures = await queue_figures()
    late = figures.oldest_due_seconds > LATE_JOBS
    told = {
        "due": float(figures.due),
        "running": float(figures.running),
        "held": float(figures.held),
        "oldestDueSeconds": figures.oldest_due_seconds,
    }
    if late:
        return Health.DOWN, "no worker, or too few", told
    return (Health.ATTENTION, "held after a bug", told) if figures.held else (Health.OK, "", told)


async def _clocks() -> _Found:
    rows = await fetch("SELECT entrypoint, next_run, last_run FROM pgqueuer_schedules ORDER BY entrypoint")
    now = clock.now()
    late = [row["entrypoint"] for row in rows if row["next_run"] + CLOCK_GRACE < now]
    told = {"clocks": float(len(rows)), "late": float(len(late))}
    if not rows:
        return Health.DOWN, "no worker has ever run", told
    return (Health.DOWN, "late: " + ", ".join(late[:5]), told) if late else (Health.OK, "", told)


async def _faces(work: Casework) -> _Found:
    if await work.resources.ports.faces.ready():
        return Health.OK, "", {}
    return Health.DOWN, "no engine is warm", {}


async def _deliveries() -> _Found:
    found = await unfinished_deliveries()
    told = {str(state).lower(): count for state, count in found.items()}
    return (Health.ATTENTION, "dead letters", told) if found["DEAD"] else (Health.OK, "", told)


async def _messages() -> _Found:
    found = await unapplied_events()
    told = {str(outcome).lower(): count for outcome, count in found.items()}
    return (Health.ATTENTION, "contradict their case", told) if found["IMPOSSIBLE"] else (Health.OK, "", told)


async def _connectors(work: Casework) -> _Found:
    """By the breakers: whoever failed last and has not succeeded since."""
    provinces = sorted(work.resources.ports.provinces)
    rows = await fetch(
        "SELECT upstream, failures, open_until, last_problem FROM breaker WHERE failures > 0 ORDER BY upstream"
    )
    shut = [
        row["upstream"] for row in rows if row["open_until"] is not None and row["open_until"] > clock.now()
    ]
    told = {"connected": float(len(provinces)), "failing": float(len(rows)), "notAsked": float(len(shut))}
    if shut:
        return Health.DOWN, "not asked for now: " + ", ".join(shut), told
    return (
        (Health.ATTENTION, "failing: " + ", ".join(row["upstream"] for row in rows), told)
        if rows
        else (Health.OK, ", ".join(provinces), told)
    )


async def _statistics() -> _Found:
    row = await fetch_one(
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM statistics_fact WHERE NOT folded LIMIT 100000) f)::int AS unfolded,"
        " (SELECT count(*) FROM statistics_report WHERE lodging_due IS NOT NULL)::int AS unlodged,"
        " (SELECT count(*) FROM statistics_report WHERE lodging_due IS NOT NULL AND lodging_tries > 5)::int AS late"
    )
    if row is None:
        raise LookupError("a row of counts is always there")
    told = {name: float(row[name]) for name in ("unfolded", "unlodged", "late")}
    if row["late"] or row["unfolded"] >= 100_000:
        return Health.ATTENTION, "reports are not taken, or facts not folded", told
    return Health.OK, "", told


def as_text(parts: Sequence[Part]) -> str:
    """For a terminal: a line per part."""
    marks = {Health.OK: "ok", Health.ATTENTION: "LOOK", Health.DOWN: "DOWN", Health.UNUSED: "-"}
    lines = []
    for part in parts:
        figures = "  ".join(f"{name}={value:g}" for name, value in part.figures.items())
        lines.append(f"{marks[part.health]:5} {part.name:12} {part.said}{'  ' if part.said else ''}{figures}")
    return "\n".join(lines)


def worst(parts: Sequence[Part]) -> Health:
    """The worst of them."""
    order = (Health.DOWN, Health.ATTENTION, Health.OK)
    return next((health for health in order if any(part.health is health for part in parts)), Health.OK)
