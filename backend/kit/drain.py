"""The end of a process, announced: what is open learns that it should come to an end."""

import asyncio
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Drain:
    """Begun once, when the process is told to end; from then on it takes no new long-lived work."""

    _begun: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self) -> None:
        """Announce the end. Again is harmless."""
        self._begun.set()

    @property
    def begun(self) -> bool:
        """Whether the end was announced."""
        return self._begun.is_set()

    async def announced(self) -> None:
        """Return once the end was announced."""
        await self._begun.wait()
