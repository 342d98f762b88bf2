"""Global ids, and lists in pages by keyset: never a count, never an offset."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar, cast
from uuid import UUID

import orjson
import strawberry

from backend.errors import FieldProblem, Invalid, NotFound, Text
from resolvers.access import PARENT
from resolvers.context import Info
from resolvers.directives import LARGEST_PAGE as LARGEST_PAGE  # noqa: PLC0414 - whoever reads pages takes it from here
from resolvers.fields import field, object_type

First = Annotated[int, strawberry.argument(description="How many, 1 to 50.")]
After = Annotated[
    str | None,
    strawberry.argument(description="The `endCursor` of the page before; none for the first page."),
]

_NOT_THERE = Text("没有找到。", "Not found.")
_BAD_PAGE = Text("每页数量应为 1 至 50。", "A page has 1 to 50 entries.")
_BAD_CURSOR = Text(
    "分页游标无效，请从第一页重新开始。", "This cursor is not valid; start with the first page."
)

_URL_SAFE = bytes.maketrans(b"+/", b"-_")

T = TypeVar("T")
Row = TypeVar("Row")

# --- ids -------------------------------------------------------------------------------------------


def global_id(type_name: str, key: object) -> strawberry.ID:
    """The opaque id of ``key`` in the type ``type_name``, as Relay wants it: unique over all types."""
    return strawberry.ID(_to_text(f"{type_name}:{key}".encode()))


def read_global_id(given: strawberry.ID | str, type_name: str) -> UUID:
    """The key in a global id. Raises ``NotFound`` for an id of another type or none at all."""
    name, _, key = _from_text(given).partition(b":")
    try:
        if name == type_name.encode():
            return UUID(key.decode())
    except ValueError:
        pass
    raise NotFound(_NOT_THERE)


def type_of_global_id(given: strawberry.ID | str) -> str:
    """The type's name in a global id; raises ``NotFound`` if there is none."""
    name, separator, _ = _from_text(given).partition(b":")
    if not separator or not name.isalnum():
        raise NotFound(_NOT_THERE)
    return name.decode()


def _id_of(root: strawberry.Parent[Any], info: Info) -> strawberry.ID:
    return global_id(info._raw_info.parent_type.name, root.id)  # noqa: SLF001 - the only way to the type's name


@strawberry.interface(description="Anything with an id of its own.")
class Node:
    """Interface of everything that can be asked for again by its id, made from the view's ``id``."""

    id: strawberry.ID = field(
        access=PARENT, description="Opaque, and the same for as long as the thing exists.", resolver=_id_of
    )


# --- pages -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Placed(Generic[Row]):
    """An entry and the values by which it is ordered; a cursor is made of them only for who asks."""

    node: Row
    key: Sequence[object]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list, shown as ``Connection`` and as its ``PageInfo``."""

    edges: list[Placed[Row]]
    has_next_page: bool
    has_previous_page: bool


def _start_cursor(root: strawberry.Parent[Page[Any]]) -> str | None:
    return cursor(*root.edges[0].key) if root.edges else None


def _end_cursor(root: strawberry.Parent[Page[Any]]) -> str | None:
    return cursor(*root.edges[-1].key) if root.edges else None


@object_type(reads=Page, description="Where a page begins and ends, and whether there is more.")
class PageInfo:
    """Relay's ``PageInfo``."""

    has_next_page: bool = field(access=PARENT, description="Is there a page after this one?")
    has_previous_page: bool = field(access=PARENT, description="Is there a page before this one?")
    start_cursor: str | None = field(
        access=PARENT, description="Cursor of the first entry.", resolver=_start_cursor
    )
    end_cursor: str | None = field(
        access=PARENT, description="Cursor of the last entry, for `after`.", resolver=_end_cursor
    )


def _cursor(root: strawberry.Parent[Placed[Any]]) -> str:
    return cursor(*root.key)


@object_type(reads=Placed, description="An entry of a list and its place in it.")
class Edge(Generic[T]):
    """Relay's edge."""

    node: T = field(access=PARENT, description="The entry.")
    cursor: str = field(access=PARENT, description="Its place in the list.", resolver=_cursor)


def _page_info(root: strawberry.Parent[Page[Any]]) -> PageInfo:
    return cast("PageInfo", root)


@object_type(reads=Page, description="One page of a list.")
class Connection(Generic[T]):
    """Relay's connection. ``Connection[Application]`` is published as ``ApplicationConnection``."""

    edges: list[Edge[T]] = field(access=PARENT, description="The entries of this page.")
    page_info: PageInfo = field(access=PARENT, description="Where this page is.", resolver=_page_info)


def page_size(first: int) -> int:
    """``first`` if it is 1 to 50, else ``Invalid``. Ask the database for one more than this."""
    if not 1 <= first <= LARGEST_PAGE:
        raise Invalid(_BAD_PAGE, fields=(FieldProblem(("first",), _BAD_PAGE),))
    return first


def keyset_page(
    rows: Sequence[Row], *, first: int, after: str | None, key: Callable[[Row], Sequence[object]]
) -> Connection[Row]:
    """The page made of up to ``first + 1`` rows, the last of which only says that there is more.

    ``key`` gives the values by which the list is ordered; they make the cursors.
    """
    shown = [Placed(row, key(row)) for row in rows[: page_size(first)]]
    return cast("Connection[Row]", Page(shown, len(rows) > first, after is not None))


def cursor(*key: object) -> str:
    """The opaque cursor of a place in a list: its ordering values (str, int, UUID, date, datetime)."""
    # The UUIDs of rows are of a class of asyncpg's own, which orjson does not know.
    return _to_text(orjson.dumps(key, default=str))


def read_cursor(after: str | None, *types: type) -> tuple[Any, ...] | None:
    """The ordering values in a cursor, of these types; None for the first page. Raises ``Invalid``."""
    if after is None:
        return None
    try:
        values = orjson.loads(_from_text(after))
        if isinstance(values, list) and len(values) == len(types):
            return tuple(_value(value, wanted) for value, wanted in zip(values, types, strict=True))
    except ValueError:
        pass
    raise Invalid(_BAD_CURSOR, fields=(FieldProblem(("after",), _BAD_CURSOR),))


def _value(value: object, wanted: type) -> object:
    if wanted in {str, int} and type(value) is wanted:
        return value
    if isinstance(value, str):
        if wanted is UUID:
            return UUID(value)
        if wanted in {date, datetime}:
            return wanted.fromisoformat(value)
    raise ValueError(value)


def _to_text(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE, b"=").decode()


def _from_text(given: str) -> bytes:
    """The bytes behind a token of ours; nothing for one that is not ours."""
    try:
        return base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
