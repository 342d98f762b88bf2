"""Counting what happens, for whoever wants to read the figures later."""

from collections import Counter
from collections.abc import Iterator


class Tally:
    """How often each named thing happened in this process. Names are words of our own, never ids or people."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, name: str) -> None:
        """Count one."""
        self._counts[name] += 1

    def of(self, name: str) -> int:
        """How often ``name`` was counted."""
        return self._counts[name]

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return iter(sorted(self._counts.items()))
