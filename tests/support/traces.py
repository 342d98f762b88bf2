"""Looking for what must not be there: in every row, file and Redis key of an installation, in every guise."""

import re
import struct
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
from redis.asyncio import Redis

SLICE = 36
"""Bytes; long enough to occur nowhere by chance, short enough to lie whole within a chunk of whatever keeps it."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One guise of something."""

    name: str
    pattern: bytes


def of_bytes(name: str, content: bytes, slices: int = 5) -> list[Trace]:
    """Slices of ``content`` from its inside, as they would look raw, in hex, in base64, as numbers."""
    step = len(content) // (slices + 1)
    return [
        trace
        for number in range(1, slices + 1)
        for trace in _guises(name, content[number * step : number * step + SLICE])
    ]


def of_text(name: str, text: str) -> list[Trace]:
    """A text in UTF-8 and in UTF-16, escaped as JSON and URLs do it, in hex and in base64."""
    plain = text.encode()
    other = (
        Trace(f"{name} in UTF-16", text.encode("utf-16-le")),
        Trace(f"{name} escaped", text.encode("ascii", "backslashreplace")),
        Trace(f"{name} in a URL", quote(text).encode()),
    )
    return [*_guises(name, plain), *(trace for trace in other if trace.pattern != plain)]


def of_numbers(name: str, values: Sequence[float]) -> list[Trace]:
    """A vector as text, and packed as single and double floats in both orders of bytes."""
    few = values[3:9]
    packed = [
        trace for shape in ("<6d", ">6d", "<6f", ">6f") for trace in _guises(name, struct.pack(shape, *few))
    ]
    # Six digits, however many are written; the first of them is enough, it occurs nowhere by chance.
    return [*packed, *(Trace(f"{name} as text", f"{value:.9f}"[:9].encode()) for value in few)]


def _guises(name: str, raw: bytes) -> Iterator[Trace]:
    yield Trace(f"{name} raw", raw)
    yield Trace(f"{name} in hex", raw.hex().encode())
    yield Trace(f"{name} in hex", raw.hex().upper().encode())
    yield Trace(f"{name} as numbers", ",".join(map(str, raw)).encode())
    yield Trace(f"{name} as numbers", ", ".join(map(str, raw)).encode())
    for offset in range(3):
        # Three bytes are four signs; the signs at both ends depend on the neighbours.
        whole = raw[offset : offset + (len(raw) - offset) // 3 * 3]
        if len(whole) >= 6:
            coded = b64encode(whole)
            yield Trace(f"{name} in base64", coded)
            yield Trace(f"{name} in base64", coded.translate(bytes.maketrans(b"+/", b"-_")))


def found_in(hay: bytes, traces: Iterable[Trace]) -> list[str]:
    """Names of the traces in some bytes, each once."""
    return sorted({trace.name for trace in traces if trace.pattern in hay})


async def every_row(rows: asyncpg.Pool) -> Mapping[str, list[str]]:
    """Every row of every table as text, large values whole and bytes in hex; large objects, too."""
    held: dict[str, list[str]] = {}
    tables = await rows.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    for table in [row["name"] for row in tables]:
        dumped = await rows.fetch(f"SELECT held::text AS line FROM {table} AS held")  # noqa: S608 - from the catalogue
        held[table] = [row["line"] for row in dumped]
    objects = await rows.fetch("SELECT encode(lo_get(oid), 'hex') AS line FROM pg_largeobject_metadata")
    held["large objects"] = [row["line"] for row in objects]
    return held


async def every_key(redis: Redis) -> Mapping[str, bytes]:
    """Every Redis key with all it holds."""
    return {key.decode(): b"\n".join([key, *await _held(redis, key)]) async for key in redis.scan_iter("*")}


async def _held(redis: Redis, key: bytes) -> list[bytes]:
    match await redis.type(key):
        case b"string":
            found: Any = [await redis.get(key)]
        case b"hash":
            found = [part for pair in (await redis.hgetall(key)).items() for part in pair]
        case b"zset":
            found = await redis.zrange(key, 0, -1)
        case b"set":
            found = await redis.smembers(key)
        case b"list":
            found = await redis.lrange(key, 0, -1)
        case other:
            raise AssertionError(f"{key!r} is a {other!r}: teach me to read it")
    return [part for part in found if part is not None]


async def in_rows(rows: asyncpg.Pool, traces: Sequence[Trace]) -> list[str]:
    """Where in the house's own database."""
    return [
        f"{table}: {name}"
        for table, lines in (await every_row(rows)).items()
        for name in found_in("\n".join(lines).encode(), traces)
    ]


async def in_redis(redis: Redis, traces: Sequence[Trace]) -> list[str]:
    """Where in Redis."""
    return [
        f"{key}: {name}" for key, held in (await every_key(redis)).items() for name in found_in(held, traces)
    ]


def in_files(folder: Path, traces: Sequence[Trace], *, but: str | None = None, since: float = 0) -> list[str]:
    """Where in the files under ``folder`` that were written after ``since``, but not under ``but``."""
    return [
        f"{path.relative_to(folder)}: {name}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.stat().st_mtime >= since
        and (but is None or folder / but not in path.parents)
        for name in found_in(path.read_bytes(), traces)
    ]


def longest(lines: Iterable[str]) -> int:
    """Characters of the longest line, 0 without any."""
    return max(map(len, lines), default=0)


def numbers_in_a_row(text: str) -> int:
    """How many fractions stand side by side at most, as a vector written out would have them."""
    runs = re.findall(r"(?:-?\d?\.\d{3,}(?:e-?\d+)?[,\s\[\]]{0,3})+", text)
    return max((len(re.findall(r"\.\d{3,}", run)) for run in runs), default=0)
