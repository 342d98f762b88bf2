"""Typed decorators for everything in the schema; each one wants an access and a description.

How an area module looks (``First``, ``After``, ``Connection`` … are in ``resolvers.pagination``)::

    def _item_name(root: strawberry.Parent[ApplicationView], info: Info) -> str:
        return root.item_name.of(info.context.language)

    @object_type(reads=ApplicationView, description="A case (办件).")
    class Application(Node):                     # Node brings `id`, made from the view's own `id`
        case_number: str = field(access=PARENT, description="申办流水号, 43 characters.")
        note: str | None = field(access=OFFICER, description="A note for officers.")
        item_name: str = field(access=PARENT, description="The item.", resolver=_item_name)

    @query(access=CITIZEN | OFFICER, description="One case.", returns=Application | None)
    async def application(
        info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Id of the case.")]
    ) -> ApplicationView | None:
        return await queries.application(info.context.viewer, read_global_id(id, "Application"))

    @query(access=CITIZEN, description="The viewer's cases.", returns=Connection[Application])
    async def my_applications(info: Info, first: First = 20, after: After = None) -> Connection[ApplicationView]:
        place = read_cursor(after, UUID)
        rows = await queries.my_applications(info.context.viewer, limit=page_size(first) + 1, after=place)
        return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))

    @input_type(description="What is handed in.")
    class SubmitApplicationInput(MutationInput):  # MutationInput brings `idempotency_key`
        draft_id: strawberry.ID = input_field(description="The draft.")

    @mutation(access=CITIZEN, description="Hand in a draft.", returns=Application)
    async def submit_application(info: Info, input: SubmitApplicationInput) -> ApplicationView:
        return await actions.submit(…)           # publishes SubmitApplicationResult = Application | Problem

    @subscription(access=CITIZEN, description="Changes of a case.", returns=Application)
    async def application_changed(info: Info, id: …) -> AsyncGenerator[ApplicationView]:
        …

    QUERIES = (application, my_applications)
    MUTATIONS = (submit_application,)
    SUBSCRIPTIONS = (application_changed,)

and ``resolvers/schema.py`` calls ``build_schema(queries=…, mutations=…, subscriptions=…)``.

``returns`` names the GraphQL type where it differs from the Python type: a type declared with
``object_type(reads=View)`` reads the attributes of ``View``, so nothing stands between the query
function and the answer. Every name in a decorated function's annotations must exist when it is
decorated, and these modules have no ``from __future__ import annotations``: both are read at run time.
"""

import dataclasses
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Annotated, Any, Literal, TypeVar, dataclass_transform, get_type_hints, overload

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.base import get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import capitalize_first, to_camel_case

from backend.database.idempotency import KEY_REUSED
from backend.errors import Conflict, FieldProblem, Invalid, NotSignedIn, ProblemCode, Refusal, Text
from resolvers.access import PARENT, PUBLIC, Access
from resolvers.context import Context, Info
from resolvers.directives import DEFAULT_WEIGHT, MUTATION_WEIGHT, CacheControl, Cost, ListSize
from resolvers.problems import Problem, to_problem

T = TypeVar("T")

_KEY = re.compile(r"[\x21-\x7e]{8,80}")
_BAD_KEY = Text(
    "幂等键须为 8 至 80 个可见的 ASCII 字符。", "An idempotency key has 8 to 80 visible ASCII characters."
)


class AccessField(StrawberryField):
    """A field that checks its access before it is resolved.

    The check is synchronous and sits in the field itself: no permission classes, no extension, no
    coroutine per field. A field with ``PARENT`` has nothing to check and stays as cheap as an attribute.
    """

    @property
    def access(self) -> Access:
        """The declared access."""
        access: Access = self.metadata["access"]
        return access

    @property
    def is_basic_field(self) -> bool:
        """Whether reading the attribute is all there is to do; never true where access is checked."""
        return self.access is PARENT and super().is_basic_field

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """Check, then resolve."""
        if self.access is not PARENT:
            self.access.admit(info.context.viewer)
        return super().get_result(source, info, args, kwargs)


def _declare(
    *,
    access: Access,
    description: str,
    returns: object | None = None,
    is_subscription: bool = False,
    default: object = dataclasses.MISSING,
    deprecated: str | None = None,
    weight: int = DEFAULT_WEIGHT,
    most: int | None = None,
    shared_for: int | None = None,
) -> AccessField:
    return AccessField(
        type_annotation=StrawberryAnnotation.from_annotation(returns),
        description=description,
        is_subscription=is_subscription,
        default=default,
        metadata={"access": access},
        deprecation_reason=deprecated,
        directives=_price(weight, most, shared_for),
    )


def _price(weight: int, most: int | None, shared_for: int | None) -> list[object]:
    """The directives that say what a field costs and how long its answer may be shared."""
    said: list[object] = []
    if weight != DEFAULT_WEIGHT:
        said.append(Cost(weight=str(weight)))
    if most is not None:
        said.append(ListSize(assumed_size=most))
    if shared_for is not None:
        said.append(CacheControl(max_age=shared_for))
    return said


# --- fields of object types ----------------------------------------------------------------------


@overload
def field(
    *,
    access: Access,
    description: str,
    deprecated: str | None = None,
    init: Literal[True] = True,
    weight: int = ...,
    most: int | None = ...,
) -> Any: ...


@overload
def field(
    *,
    access: Access,
    description: str,
    default: object,
    deprecated: str | None = None,
    init: Literal[True] = True,
    weight: int = ...,
    most: int | None = ...,
) -> Any: ...


@overload
def field(
    *,
    access: Access,
    description: str,
    resolver: Callable[..., Any],
    deprecated: str | None = None,
    init: Literal[False] = False,
    weight: int = ...,
    most: int | None = ...,
) -> Any: ...


def field(
    *,
    access: Access,
    description: str,
    default: object = dataclasses.MISSING,
    resolver: Callable[..., Any] | None = None,
    deprecated: str | None = None,
    init: bool = True,  # noqa: ARG001 - read by the type checker only, see dataclass_transform
    weight: int = DEFAULT_WEIGHT,
    most: int | None = None,
) -> Any:
    """A field of an object type: the attribute of that name, or what ``resolver`` says.

    ``weight`` is what it costs beside a plain attribute, ``most`` how many entries a list has at most
    (or nearly always); both are published, see ``resolvers.directives``.

    A resolver is synchronous and pure: ``(root: strawberry.Parent[View], info: Info, **arguments) -> value``; it
    may return a loader's future (``info.context.load``), so it is never an ``async def``.
    """
    declared = _declare(
        access=access,
        description=description,
        default=default,
        deprecated=deprecated,
        weight=weight,
        most=most,
    )
    if resolver is None:
        return declared
    declared = declared(resolver)
    if declared.is_async:
        raise TypeError(f"{resolver.__qualname__}: a resolver of a field is synchronous (see field)")
    return declared


def _input_field(*, description: str, default: object = dataclasses.MISSING) -> Any:
    return strawberry.field(description=description, default=default)


input_field = _input_field
"""A field of an input type."""


def _shows(classes: tuple[type, ...]) -> Callable[[Any, Any], bool]:
    def is_type_of(value: Any, _info: Any) -> bool:
        return isinstance(value, classes)

    is_type_of.by_class = True  # type: ignore[attr-defined]  # one look at each class is enough, see compiled/README.md
    return is_type_of


@dataclass_transform(kw_only_default=True, field_specifiers=(field, StrawberryField))
def object_type(
    *, description: str, reads: type | tuple[type, ...] = (), name: str | None = None
) -> Callable[[type[T]], type[T]]:
    """An object type. ``reads`` are the classes of ``backend`` whose instances it shows."""

    def decorate(cls: type[T]) -> type[T]:
        if reads:
            shown = (cls, *reads) if isinstance(reads, tuple) else (cls, reads)
            # Strawberry looks this up by name; unions and interfaces need it to recognise a view.
            cls.is_type_of = staticmethod(_shows(shown))  # type: ignore[attr-defined]
        return strawberry.type(cls, name=name, description=description)

    return decorate


@dataclass_transform(kw_only_default=True, field_specifiers=(_input_field, StrawberryField))
def input_type(*, description: str, name: str | None = None) -> Callable[[type[T]], type[T]]:
    """An input type."""

    def decorate(cls: type[T]) -> type[T]:
        return strawberry.input(cls, name=name, description=description)

    return decorate


@input_type(description="What every mutation's input has.")
class MutationInput:
    """Base of every mutation's input."""

    idempotency_key: str = input_field(
        description="Made by the client for this intent, 8 to 80 visible ASCII characters: however often"
        " the same key arrives, the mutation happens once, and every repeat gets the first answer."
    )


I_contra = TypeVar("I_contra", bound=MutationInput, contravariant=True)

# --- root fields -----------------------------------------------------------------------------------


def query(
    *,
    access: Access,
    description: str,
    returns: object | None = None,
    deprecated: str | None = None,
    weight: int = DEFAULT_WEIGHT,
    shared_for: int | None = None,
) -> Callable[[Callable[..., Awaitable[Any]]], StrawberryField]:
    """A field of ``Query``. Raised refusals become top-level errors.

    ``shared_for`` is for how many seconds anybody's answer is good for everybody: it must depend on
    nothing but the arguments and the language. Such answers may be asked for by GET and kept by proxies.
    """
    _root_access(access)
    if shared_for is not None and access is not PUBLIC:
        raise TypeError("only what everybody may ask for can be shared")

    def decorate(function: Callable[..., Awaitable[Any]]) -> StrawberryField:
        declared = _declare(
            access=access,
            description=description,
            returns=returns,
            deprecated=deprecated,
            weight=weight,
            shared_for=shared_for,
        )
        return declared(function)

    return decorate


def subscription(
    *, access: Access, description: str, returns: object | None = None
) -> Callable[[Callable[..., AsyncGenerator[Any, None]]], StrawberryField]:
    """A field of ``Subscription``: an async generator, one value per event.

    Access is checked when the subscription starts and again for every event, since each event is
    executed for whoever the connection's token stands for at that moment.
    """
    _root_access(access)

    def decorate(function: Callable[..., AsyncGenerator[Any, None]]) -> StrawberryField:
        declared = _declare(
            access=access,
            description=description,
            returns=None if returns is None else AsyncGenerator[returns, None],  # type: ignore[valid-type]
            is_subscription=True,
        )
        return declared(function)

    return decorate


def mutation(
    *,
    access: Access,
    description: str,
    returns: object | None = None,
    deprecated: str | None = None,
    weight: int = MUTATION_WEIGHT,
) -> Callable[[Callable[[Info, I_contra], Awaitable[Any]]], StrawberryField]:
    """A field of ``Mutation``: ``async (info, input) -> X``, published as ``XxxResult = X | Problem``.

    ``Xxx`` is the mutation's name. Every ``Refusal`` becomes a ``Problem``, except ``NotSignedIn``,
    which is a top-level error so that clients can sign in again in one place.
    """
    _root_access(access)

    def decorate(function: Callable[[Info, I_contra], Awaitable[Any]]) -> StrawberryField:
        async def resolve(info: Info, input: I_contra) -> Any:  # noqa: A002 - the argument's name in the schema
            try:
                access.admit(info.context.viewer)
                _check_key(input.idempotency_key, info.context)
                return await function(info, input)
            except NotSignedIn:
                raise
            except Refusal as refusal:
                info.context.refused = True
                return to_problem(refusal, info.context.language)

        _publish(resolve, function, description, returns)
        return StrawberryField(
            description=description,
            metadata={"access": access},
            deprecation_reason=deprecated,
            directives=_price(weight, None, None),
        )(resolve)

    return decorate


def _publish(
    resolve: Callable[..., Any], function: Callable[..., Any], description: str, returns: object | None
) -> None:
    """Give ``resolve`` the name and the annotations from which Strawberry makes the field."""
    hints = get_type_hints(function, include_extras=True)
    if set(hints) != {"info", "input", "return"} or get_object_definition(hints["input"]) is None:
        raise TypeError(f"{function.__qualname__}: a mutation is (info: Info, input: SomeInput) -> SomeType")
    result = hints["return"] if returns is None else returns
    name = capitalize_first(to_camel_case(function.__name__))
    union = strawberry.union(
        f"{name}Result", description=f"Answer of {to_camel_case(function.__name__)}: {description}"
    )
    resolve.__name__, resolve.__qualname__ = function.__name__, function.__qualname__
    resolve.__module__, resolve.__doc__ = function.__module__, function.__doc__
    resolve.__annotations__ = {
        "info": Info,
        "input": Annotated[hints["input"], strawberry.argument(description="What to do.")],
        "return": Annotated[result | Problem, union],
    }


def _check_key(key: str, context: Context) -> None:
    if not _KEY.fullmatch(key):
        raise Invalid(_BAD_KEY, fields=(FieldProblem(("input", "idempotencyKey"), _BAD_KEY),))
    if context.key_reused:
        raise Conflict(KEY_REUSED, code=ProblemCode.IDEMPOTENCY_KEY_REUSED)


def _root_access(access: Access) -> None:
    if access is PARENT:
        raise TypeError("a root field has no parent: name its access")
