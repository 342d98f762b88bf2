"""A memory of bounded size: what was made of a text is made once, and the longest unused goes first."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

LEAST = 200
"""What a text counts at least, however short it is."""


class Remembered(Generic[T]):
    """``make`` with a memory: of ``most`` characters of texts, since what is made of them grows with them."""

    def __init__(self, make: Callable[[str], T], *, most: int) -> None:
        self._make = make
        self._most = most
        self._left = most
        self._made: OrderedDict[str, T] = OrderedDict()

    def __call__(self, text: str) -> T:
        """What is made of ``text``."""
        if text in self._made:
            self._made.move_to_end(text)
            return self._made[text]
        made = self._made[text] = self._make(text)
        self._left -= max(len(text), LEAST)
        while self._left < 0 and len(self._made) > 1:
            oldest, _ = self._made.popitem(last=False)
            self._left += max(len(oldest), LEAST)
        return made

    def __len__(self) -> int:
        """How many texts are remembered."""
        return len(self._made)
