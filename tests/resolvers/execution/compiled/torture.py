"""A schema that holds everything an executor can trip over, with resolvers that misbehave on purpose.

What a field does is decided by the seed of its object and the field's name, so that two executions of one
operation meet the same behaviour: a value, a value that must be awaited, nothing, something of the wrong
kind, or an exception, raised or returned.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from functools import cache
from typing import Annotated, Any, cast
from zlib import crc32

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.types.field import StrawberryField


class Tone(Enum):
    LOW = "low"
    HIGH = 2


class Shade(StrEnum):
    DARK = "dark"
    LIGHT = "light"


strawberry.enum(Tone)
strawberry.enum(Shade)


@dataclass(frozen=True, slots=True)
class Thing:
    """The source of every object: a seed, and how often its fields misbehave (in 16ths)."""

    seed: int
    wild: int

    def roll(self, name: str) -> int:
        return crc32(f"{self.seed}/{name}".encode())

    def child(self, name: str) -> "Thing":
        return Thing(self.roll(name) % 1000, self.wild)

    def children(self, name: str) -> "list[Thing]":
        return [Thing(self.roll(f"{name}{n}") % 1000, self.wild) for n in range(self.roll(name) % 3)]

    def kind(self) -> str:
        return ("Cat", "Dog", "Rock")[self.seed % 3]


@dataclass(frozen=True, slots=True)
class _later:  # noqa: N801 - reads like the coroutine function it stands for
    """Awaits to its value, or raises it. No coroutine: nobody complains if it is never awaited."""

    value: Any

    def __await__(self) -> Generator[Any, None, Any]:
        yield from asyncio.sleep(0).__await__()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


def _twice(value: Any) -> Any:
    """Awaits to something that must be awaited itself."""
    return _later(_later(value))


def behave(thing: Thing, name: str, value: Any) -> Any:  # noqa: PLR0911 - one way to misbehave per line
    """``value``, or what ``thing`` does instead in the field ``name``."""
    roll = thing.roll("!" + name)
    if roll % 16 >= thing.wild:
        return value
    match (roll >> 8) % 9:
        case 0:
            return None
        case 1:
            raise RuntimeError(f"{name} of {thing.seed}")
        case 2:
            return RuntimeError(f"{name} of {thing.seed}, returned")
        case 3:
            return _later(value)
        case 4:
            return _later(RuntimeError(f"{name} of {thing.seed}, later"))
        case 5:
            return _twice(value)
        case 6:
            return object()
        case 7:
            return (part for part in value) if isinstance(value, list) else _later(None)
        case _:
            return [_later(part) for part in value] if isinstance(value, list) else [value]


class Twice(FieldExtension):
    def resolve(self, next_: Callable[..., Any], source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        value = next_(source, info, **kwargs)
        return value * 2 if isinstance(value, str) else value


class MayNot(BasePermission):
    message = "no"

    def has_permission(self, source: Any, info: strawberry.Info, **kwargs: Any) -> bool:  # noqa: ARG002 - their signature
        return not isinstance(source, Thing) or source.seed % 4 != 0


class Guarded(StrawberryField):
    """A field with a check of its own in ``get_result`` that still says it is basic."""

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        if isinstance(source, Thing) and source.seed % 5 == 0:
            raise PermissionError("guarded")
        return super().get_result(source, info, args, kwargs)


def guarded(function: Callable[..., Any] | None = None) -> Any:
    made = Guarded(python_name=None, type_annotation=None)
    return made if function is None else made(function)


@strawberry.input
class Inner:
    number: int = 3
    tones: list[Tone] | None = None


@strawberry.input
class Wish:
    text: str
    inner: Inner | None = None
    maybe: int | None = strawberry.UNSET


def _from(name: str, value: Callable[[Thing], Any]) -> Callable[..., Any]:
    def resolve(root: Any) -> Any:
        return behave(root, name, value(root))

    return resolve


def _typed(name: str, annotation: Any, value: Callable[[Thing], Any], **more: Any) -> Any:
    resolve = _from(name, value)
    resolve.__annotations__ = {"root": strawberry.Parent[Thing], "return": annotation}
    resolve.__name__ = name
    return strawberry.field(resolver=resolve, **more)


def _path(root: strawberry.Parent[Thing], info: strawberry.Info) -> str:
    return str(info.path.as_list())


def _asked(root: strawberry.Parent[Thing], info: strawberry.Info) -> str:
    raw = info._raw_info  # noqa: SLF001 - as the house's own ids do
    return f"{info.field_name} {raw.parent_type.name} {len(raw.field_nodes)}"


def _grant(
    root: strawberry.Parent[Thing],
    wish: Wish,
    times: int = 2,
    tone: Tone = Tone.LOW,
    flag: bool | None = None,
) -> str:
    said = f"{wish.text} {wish.inner} {wish.maybe!r} {times} {tone} {flag}"
    return cast("str", behave(root, "grant", said))


async def _slow(root: strawberry.Parent[Thing], ticks: int = 1) -> int | None:
    for _ in range(min(ticks, 3)):
        await asyncio.sleep(0)
    value = behave(root, "slow", root.seed)
    return cast("int | None", await value if hasattr(value, "__await__") else value)


Beast = Annotated["Animal", strawberry.lazy(__name__)]
Any1 = Annotated["Anything", strawberry.lazy(__name__)]


@strawberry.interface
class Animal:
    seed: int
    name: str = _typed("name", str, lambda thing: f"name {thing.seed}")
    nick: str | None = _typed("nick", str | None, lambda thing: f"nick {thing.seed}")
    friend: Beast | None = _typed("friend", Beast | None, lambda thing: thing.child("friend"))

    @classmethod
    def resolve_type(cls, value: Any, *_: Any) -> str | None:
        return value.kind() if isinstance(value, Thing) else None


class _Everything:
    """Fields that both animals have."""


def _fields(cls: type) -> type:
    """Add the fields of the torture to an object type."""
    more: dict[str, tuple[Any, Any]] = {
        "tone": (Tone | None, _typed("tone", Tone | None, lambda thing: list(Tone)[thing.seed % 2])),
        "shade": (Shade, _typed("shade", Shade, lambda thing: list(Shade)[thing.seed % 2])),
        "size": (float | None, _typed("size", float | None, lambda thing: thing.seed / 7)),
        "large": (int | None, _typed("large", int | None, lambda thing: thing.seed * 9_999_999)),
        "sure": (bool, _typed("sure", bool, lambda thing: thing.seed % 2 == 0)),
        "key": (strawberry.ID, _typed("key", strawberry.ID, lambda thing: thing.seed)),
        "words": (
            list[str | None] | None,
            _typed("words", list[str | None] | None, lambda thing: ["a", None, str(thing.seed)]),
        ),
        "grid": (list[list[int]], _typed("grid", list[list[int]], lambda thing: [[thing.seed], [], [1, 2]])),
        "kin": (list[Beast], _typed("kin", list[Beast], lambda thing: thing.children("kin"))),
        "pack": (list[Beast | None] | None, _typed("pack", list[Beast | None] | None, _pack)),
        "found": (Any1 | None, _typed("found", Any1 | None, lambda thing: thing.child("found"))),
        "doubled": (str, _typed("doubled", str, lambda thing: f"<{thing.seed}>", extensions=[Twice()])),
        "hidden": (
            str | None,
            _typed("hidden", str | None, lambda _: "hidden", permission_classes=[MayNot]),
        ),
        "path": (str, strawberry.field(resolver=_path)),
        "asked": (str, strawberry.field(resolver=_asked)),
        "grant": (str | None, strawberry.field(resolver=_grant)),
        "slow": (int | None, strawberry.field(resolver=_slow)),
        "wild": (int, guarded()),
    }
    for name, (annotation, declared) in more.items():
        cls.__annotations__[name] = annotation
        setattr(cls, name, declared)
    return cls


def _pack(thing: Thing) -> list[Thing | None]:
    return [None, *thing.children("pack"), thing.child("last")]


@strawberry.type
@_fields
class Cat(Animal):
    lives: int | None = _typed("lives", int | None, lambda thing: thing.seed % 9)

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return isinstance(value, Thing) and value.kind() == "Cat"


@strawberry.type
@_fields
class Dog(Animal):
    lives: str | None = _typed("lives", str | None, lambda _: "one")

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return isinstance(value, Thing)


@strawberry.type
@_fields
class Rock:
    seed: int

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return isinstance(value, Thing) and value.kind() == "Rock"


Anything = Annotated[Cat | Dog | Rock, strawberry.union("Anything")]


@dataclass
class Effects:
    """What mutations did, in order."""

    done: list[str] = field(default_factory=list)


def _root(name: str, annotation: Any, value: Callable[[Thing], Any]) -> Any:
    def resolve(seed: int = 7, wild: int = 0) -> Any:
        thing = Thing(seed, max(0, min(wild, 16)))
        return behave(thing, name, value(thing))

    resolve.__annotations__["return"] = annotation
    resolve.__name__ = name
    return strawberry.field(resolver=resolve)


@strawberry.type
class Query:
    cat: Cat | None = _root("cat", Cat | None, lambda thing: Thing(thing.seed * 3, thing.wild))
    rock: Rock = _root("rock", Rock, lambda thing: Thing(thing.seed * 3 + 2, thing.wild))
    animal: Animal | None = _root("animal", Animal | None, lambda thing: thing)
    animals: list[Animal] = _root("animals", list[Animal], lambda thing: thing.children("animals"))
    things: list[Any1 | None] = _root("things", list[Any1 | None], lambda thing: thing.children("things"))

    @strawberry.field
    async def later(self, seed: int = 1, wild: int = 0) -> Cat | None:
        await asyncio.sleep(0)
        value = behave(Thing(seed, max(0, min(wild, 16))), "later", Thing(seed * 3, wild % 17))
        return cast("Cat | None", await value if hasattr(value, "__await__") else value)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def change(
        self, info: strawberry.Info, seed: int = 1, wild: int = 0, wish: Wish | None = None
    ) -> Cat | None:
        await asyncio.sleep(0)
        info.context.effects.done.append(f"change {seed} {wish}")
        value = behave(Thing(seed, max(0, min(wild, 16))), "change", Thing(seed * 3, wild % 17))
        return cast("Cat | None", await value if hasattr(value, "__await__") else value)

    @strawberry.mutation
    def count(self, info: strawberry.Info, fail: bool = False) -> int:
        info.context.effects.done.append(f"count {fail}")
        if fail:
            raise RuntimeError("count")
        return len(info.context.effects.done)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncGenerator[int, None]:
        yield 1


@cache
def torture_schema() -> strawberry.Schema:
    return strawberry.Schema(
        query=Query, mutation=Mutation, subscription=Subscription, types=[Cat, Dog, Rock]
    )
