"""What a process that answers needs of the documents: news of them, and somewhere to count their use."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from backend.database.shared import Shared
from backend.errors import Unavailable
from backend.frontends.actions import CHANNEL, count_uses
from backend.frontends.queries import Registered, registered
from backend.kit.every import every

log = structlog.get_logger()

TOLD_EVERY = 10.0
"""Seconds between two reports of use."""


class FrontEndDocuments:
    """The registry that a process asks for documents that are not the house's own."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()
        self._forget: list[Callable[[str], None]] = []

    async def find(self, digest: str) -> Registered | None:
        """The usable document of this id."""
        return await registered(digest)

    def used(self, digest: str) -> None:
        """Count one use; written down every ten seconds."""
        self._counted[digest] += 1

    def on_change(self, forget: Callable[[str], None]) -> None:
        """Call ``forget`` with the id of a document that has changed; with an empty one for any of them."""
        self._forget.append(forget)

    def changed(self, digest: str) -> None:
        """Tell whoever remembers it."""
        for forget in self._forget:
            forget(digest)

    async def report(self) -> None:
        """Write the counts down; what cannot be written is kept for the next time."""
        counted, self._counted = self._counted, Counter()
        try:
            await count_uses(counted)
        except Exception:
            self._counted.update(counted)
            raise

    @asynccontextmanager
    async def following(self, shared: Shared) -> AsyncIterator[None]:
        """Hear of changes and report use while this is entered; the last counts when it is left."""
        hearing = asyncio.create_task(self._hear(shared))
        try:
            async with every(TOLD_EVERY, self._reported):
                yield
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def _hear(self, shared: Shared) -> None:
        while True:
            try:
                async with shared.listening(CHANNEL) as messages:
                    self.changed("")  # whatever was announced before this moment was not heard
                    async for digest in messages:
                        self.changed(digest)
            except Unavailable:
                # What is known is asked for again every minute anyway.
                await asyncio.sleep(5)

    async def _reported(self) -> None:
        try:
            await self.report()
        except Exception as error:  # noqa: BLE001 - the database may be away; the counts are kept
            log.warning("uses_not_counted", exception=type(error).__name__)
