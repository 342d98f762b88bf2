"""Events of subscriptions that can be resumed.

A subscription that yields ``Event(value, cursor)`` sends the cursor along as ``extensions.cursor`` (on
server-sent events also as the event's id). A client that lost its connection subscribes again with
the last cursor it saw as the argument ``since``, and is told at once whether it missed something.
"""

from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

import strawberry

T_co = TypeVar("T_co", covariant=True)

Since = Annotated[
    str | None,
    strawberry.argument(
        description="`extensions.cursor` of the last event that arrived: at once comes only what happened after it."
    ),
]


@dataclass(frozen=True, slots=True)
class Event(Generic[T_co]):
    """A value, and the place in the stream to resume from after it."""

    value: T_co
    cursor: str
