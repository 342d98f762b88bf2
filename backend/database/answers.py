"""The first answer to a mutation, kept so that every repeat under the same key is told the same.

That a write happens once is the business of the action's own transaction (``idempotency``); here is
only what was answered, sealed, for a day and in Redis. If it is lost, or Redis is away, a repeat is
answered from the rows as they are now.
"""

import asyncio
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.database.pipelined import Pipelined
from backend.kit.ids import new_nonce
from backend.kit.sealing import BlindIndex, CannotOpen, KeyRing

log = structlog.get_logger()

KEPT = timedelta(hours=24)
KEPT_FOR_VISITORS = timedelta(minutes=10)
"""Their answers hold tokens, which should lie nowhere for long."""
LARGEST = 256 * 1024
PATIENCE = 15.0
"""Seconds that a repeat waits for the first of its kind to be answered."""

_FINISH = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then return redis.call('DEL', KEYS[1]) end
return redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
"""
"""Replace the claim, or take it away: only if it is still the one that was made."""


class Standing(StrEnum):
    """What is known about a key."""

    NEW = "new"
    """Nobody has used it: do it, then ``finish``."""
    ANSWERED = "answered"
    """The same was asked before: ``body`` is the answer."""
    OTHERWISE = "otherwise"
    """The same input, but asked for in another document: let the action say what is so now."""
    REUSED = "reused"
    """It was used for another input."""
    BUSY = "busy"
    """The first one is still at work after all patience."""
    UNKNOWN = "unknown"
    """Redis is away."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A mutation as its repeats must look; digests are keyed, because inputs hold secrets."""

    place: str
    """Digest of whoever asks and the key."""
    given: str
    """Digest of the input."""
    document: str
    """Digest of document and variables."""


@dataclass(slots=True)
class Claim:
    """What ``begin`` found."""

    standing: Standing
    body: bytes = b""
    place: str = field(default="", repr=False)
    held: bytes = field(default=b"", repr=False)
    """What lies there until the claim is finished."""


class StoredAnswers:
    """First answers of this installation."""

    def __init__(self, redis: Redis | Pipelined, ring: KeyRing, index: BlindIndex) -> None:
        self._redis = redis
        self._ring = ring
        self._index = index

    def digest(self, *parts: bytes) -> str:
        """A keyed digest of ``parts``, of which nothing can be guessed by trying."""
        return self._index.of(b"\0".join(parts).hex(), "stored_answer")

    async def begin(self, asked: Asked, *, seconds: float) -> Claim:
        """Claim a key for at most ``seconds``, or learn what became of it; waits for another who is at it."""
        place = f"jinmin:answer:{asked.place}"
        held = orjson.dumps({"given": asked.given, "claim": new_nonce()})
        pause, waited = 0.05, 0.0
        try:
            while not await self._redis.set(place, held, nx=True, px=int(seconds * 1000)):
                stored = await self._redis.get(place)
                if stored == held:
                    break  # it was set, and only the answer to that was lost
                claim = self._known(stored, asked)
                if claim is not None:
                    return claim
                if waited >= PATIENCE:
                    return Claim(Standing.BUSY)
                await asyncio.sleep(pause)
                waited, pause = waited + pause, min(pause * 1.5, 0.5)
        except RedisError as error:
            log.warning("answers_not_kept", exception=type(error).__name__)
            return Claim(Standing.UNKNOWN)
        return Claim(Standing.NEW, place=place, held=held)

    def _known(self, stored: bytes | str | None, asked: Asked) -> Claim | None:
        """What a stored entry says about ``asked``; None where it is still at work, or gone again."""
        if stored is None:
            return None
        entry = orjson.loads(stored)
        if entry["given"] != asked.given:
            return Claim(Standing.REUSED)
        if "answer" not in entry:
            return None
        if entry["document"] != asked.document:
            return Claim(Standing.OTHERWISE)
        try:
            packed = self._ring.open_bytes(b64decode(entry["answer"]), context=f"answer:{asked.place}")
        except CannotOpen:
            log.warning("stored_answer_unreadable")
            return Claim(Standing.OTHERWISE)
        return Claim(Standing.ANSWERED, zlib.decompress(packed))

    async def finish(self, claim: Claim, asked: Asked, body: bytes | None, *, kept: timedelta) -> None:
        """Keep the answer; None gives the key back, because nothing came of it."""
        if claim.standing is not Standing.NEW:
            return
        entry = b""
        if body is not None and len(body) <= LARGEST:
            packed = self._ring.seal_bytes(zlib.compress(body, 1), context=f"answer:{asked.place}")
            entry = orjson.dumps(
                {"given": asked.given, "document": asked.document, "answer": b64encode(packed).decode()}
            )
        try:
            await self._redis.eval(
                _FINISH,
                1,
                claim.place,
                claim.held,
                entry,
                int(kept.total_seconds() * 1000),
            )
        except RedisError as error:
            log.warning("answers_not_kept", exception=type(error).__name__)
