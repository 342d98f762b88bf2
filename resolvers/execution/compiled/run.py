"""One execution of a plan: its state, the waves in which what is awaited is gathered, and its one exception."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from inspect import iscoroutine
from typing import Any, NoReturn, cast

from graphql import GraphQLObjectType, GraphQLResolveInfo, Undefined
from graphql.execution import Executor
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path, is_iterable
from strawberry import Info, Schema
from strawberry.execution import optimized_is_awaitable
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField


class Anomaly(Exception):
    """The plan met something it has no code for. The operation is run again by graphql-core."""

    def __init__(self, reason: str = "null", met: object = None) -> None:
        super().__init__(reason)
        self.met = met
        """What it met; if that is a coroutine, somebody has to close it."""


class _Nowhere:
    """Stands where a resolver would find its path. A plan has none, so whoever looks is sent to graphql-core."""

    def __getattribute__(self, name: str) -> NoReturn:
        raise Anomaly("a resolver reads its path")

    def __str__(self) -> NoReturn:  # looked up on the class, past __getattribute__
        raise Anomaly("a resolver reads its path")

    __repr__ = __iter__ = __str__


NOWHERE = cast("Path", _Nowhere())


@dataclass(slots=True)
class Memory:
    """What outlives an execution that is run again."""

    roots: dict[str, Callable[[], Any]] = field(default_factory=dict)
    """What the mutation roots came to, by response key: gives the value or raises again."""
    left: list[Any] = field(default_factory=list)
    """Values, and collections of values, among which there may be coroutines that nobody awaited."""

    def close(self) -> None:
        """Close what nobody awaited, once nobody will: a coroutine that has ended does not mind."""
        for value in self.left:
            for part in value if isinstance(value, list | tuple) else (value,):
                if iscoroutine(part):
                    part.close()
        self.left = []


@dataclass(frozen=True, slots=True)
class Asked:
    """A field as it stands in the operation, for one parent type: what its resolver may ask about."""

    parent: GraphQLObjectType
    name: str
    nodes: list[Any]
    field: StrawberryField | None
    arguments: Mapping[str, Any] | None
    """The arguments as graphql-core coerces them, where no variable has a part in them."""

    def info(self, executor: Executor[Any], info_class: type[Info[Any, Any]]) -> Any:
        """What the resolver gets as ``info``: Strawberry's where the field is, graphql-core's elsewhere."""
        raw = executor.build_resolve_info(self.parent.fields[self.name], self.nodes, self.parent, NOWHERE)
        return raw if self.field is None else info_class(_raw_info=raw, _field=self.field)


Complete = Callable[["Run", Any], Any]
Pending = tuple[Awaitable[Any], Complete, Any, Any]
"""An awaitable, what completes its value, and where the outcome belongs: container and key."""


@dataclass(slots=True)
class Run:
    """The state of one execution; generated code reads it as ``r``."""

    schema: Schema
    executor: Executor[Any]
    asked: list[Asked]
    memory: Memory
    infos: list[Any] = field(init=False)
    given: list[dict[str, Any] | None] = field(init=False)
    """Arguments as resolvers get them, once they were made."""
    pending: list[Pending] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.infos = [None] * len(self.asked)
        self.given = [None] * len(self.asked)

    def info(self, place: int) -> Any:
        """``info`` of the field at ``place``, made once per execution."""
        made = self.infos[place] = self.asked[place].info(self.executor, self.schema.config.info_class)
        return made

    def raw_info(self, place: int) -> GraphQLResolveInfo[Any]:
        """graphql-core's ``info`` of the field, for type resolvers."""
        info = self.infos[place] or self.info(place)
        raw: GraphQLResolveInfo[Any] = info if self.asked[place].field is None else info._raw_info  # noqa: SLF001 - Strawberry wraps it
        return raw

    def raw_arguments(self, place: int) -> dict[str, Any]:
        """The field's arguments as graphql-core coerces them."""
        asked = self.asked[place]
        if asked.arguments is not None:
            return dict(asked.arguments)
        return get_argument_values(
            asked.parent.fields[asked.name],
            asked.nodes[0],
            self.executor.variable_values,
            None,
            hide_suggestions=True,
        )

    def arguments(self, place: int) -> dict[str, Any]:
        """The field's arguments as Strawberry hands them to a resolver, made once per execution."""
        of = self.asked[place].field
        assert of is not None  # noqa: S101 - only Strawberry's fields are asked for converted arguments
        made = self.given[place] = convert_arguments(
            self.raw_arguments(place),
            of.arguments,
            scalar_registry=self.schema.schema_converter.scalar_registry,
            config=self.schema.config,
            info=self.infos[place] or self.info(place),
        )
        return made

    async def drain(self) -> None:
        """Await what is pending, wave by wave: loaders see all their keys of a wave at once."""
        while self.pending:
            wave, self.pending = self.pending, []
            values = await self._wave(wave)
            self.memory.left.append(values)
            for (_, complete, container, key), value in zip(wave, values, strict=True):
                if optimized_is_awaitable(value):
                    raise Anomaly("awaited, and still awaitable")
                container[key] = complete(self, value)
            self.memory.left.pop()

    async def _wave(self, wave: list[Pending]) -> list[Any]:
        if len(wave) == 1:
            return [await wave[0][0]]
        # Coroutines become tasks, so that all are under way; a loader's futures are, and are only looked at in turn.
        futures = [asyncio.ensure_future(entry[0]) for entry in wave]
        try:
            return [await future for future in futures]
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                for future in futures:
                    future.cancel()
            await asyncio.gather(*futures, return_exceptions=True)
            raise

    def close(self) -> None:
        """Give up what is pending."""
        self.memory.left.extend(awaitable for awaitable, *_ in self.pending)
        self.pending = []


# --- what generated code calls where its own tests do not decide -----------------------------------

SAFE: set[type] = {str, int, bool, float, list, tuple, dict, set, frozenset}
"""Classes whose instances are neither awaitable nor exceptions: what a class is does not change."""


def check_safe(value: Any) -> None:
    """Raise ``Anomaly`` for what graphql-core would await or raise."""
    kind = value.__class__
    if kind in SAFE:
        return
    if value is Undefined or isinstance(value, BaseException) or optimized_is_awaitable(value):
        raise Anomaly(kind.__name__, value)
    if type(value) is kind:  # an instance that claims another class is asked each time
        SAFE.add(kind)


def items_of(value: Any) -> list[Any]:
    """A collection that can be gone through twice, as a list. Anything else is graphql-core's."""
    check_safe(value)
    if is_iterable(value) and hasattr(value, "__len__"):
        return list(value)
    raise Anomaly("not a collection")


def recall(memory: Memory) -> Callable[..., Any]:
    """Middleware for graphql-core under which mutation roots answer what they came to, and do nothing."""

    def remembered(
        following: Callable[..., Any], source: Any, info: GraphQLResolveInfo[Any], **given: Any
    ) -> Any:
        if info.path.prev is None and info.path.key in memory.roots:
            return memory.roots[str(info.path.key)]()
        return following(source, info, **given)

    return remembered
