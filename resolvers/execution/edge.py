"""What every transport of the API shares: look up, execute, and say no in the same words."""

from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLError, OperationType

from backend.database.seats import Seats
from backend.kit.drain import Drain
from backend.viewer import Anonymous, Citizen, Officer, Viewer
from resolvers.context import Caller, Context, MakeContext
from resolvers.execution.documents import Documents
from resolvers.execution.gate import Asked
from resolvers.execution.port import EventSource, Executor, Happened, Operation, RequestRefused
from resolvers.problems import public_exception


@dataclass(frozen=True, slots=True)
class Edge:
    """The parts that HTTP, sockets and server-sent events have in common."""

    documents: Documents
    executor: Executor
    events: EventSource
    make_context: MakeContext
    seats: Seats | None = None
    """None counts nothing: for a schema that is served without Redis."""
    drain: Drain = field(default_factory=Drain)
    origins: Collection[str] = ()
    """Origins whose pages may connect a socket: ``https://host[:port]``, or ``*`` for all."""

    def admits_origin(self, origin: str | None, host: str | None) -> bool:
        """Whether a page of ``origin`` may connect. Only browsers send one, and ``host`` is their own."""
        if origin is None or "*" in self.origins or origin in self.origins:
            return True
        return host is not None and urlsplit(origin).netloc == host

    def seat(
        self, kind: str, viewer: Viewer, *, most: int, of_visitors: int
    ) -> AbstractAsyncContextManager[None]:
        """One seat of ``viewer`` for as long as it is held; raises ``TooMany`` when entered."""
        if self.seats is None:
            return nullcontext()
        if isinstance(viewer, Anonymous):
            most = of_visitors
        return self.seats.taken(kind, _seat_of(viewer), most=most)

    async def answers(
        self, operation: Operation, variables: Mapping[str, Any], context: Context, caller: Caller
    ) -> AsyncGenerator[Happened, None]:
        """The answers of an operation of any kind, one after the other. Never raises ``Exception``."""
        if operation.kind is not OperationType.SUBSCRIPTION:
            yield Happened(await self.executor(operation, variables, context))
            return
        fresh: Context | None = context

        async def next_context() -> Context:
            nonlocal fresh
            ready, fresh = fresh, None
            return ready or await self.make_context(caller)

        async with aclosing(self.events(operation, variables, next_context)) as events:
            async for event in events:
                yield event


@dataclass(frozen=True, slots=True)
class Opened:
    """An operation that may begin."""

    operation: Operation
    variables: Mapping[str, Any]
    context: Context
    trusted: bool = False
    """Whether it is of a document that was registered."""


async def open_operation(edge: Edge, asked: Asked, caller: Caller) -> Opened:
    """Authenticate the caller and look the operation up. Raises ``Refusal`` and ``RequestRefused``."""
    context = await edge.make_context(caller)
    return Opened(edge.documents.operation(asked, context.viewer), asked.variables, context)


def errors_of(exception: Exception, language: str) -> tuple[GraphQLError, ...]:
    """What a client is told about an operation that could not be opened; bugs are logged and masked."""
    if isinstance(exception, RequestRefused):
        return exception.errors
    return (public_exception(exception, language),)


def authorized(caller: Caller, authorization: object) -> Caller:
    """The same caller with another token; anything but a text is none."""
    return replace(caller, authorization=authorization if isinstance(authorization, str) else None)


def _seat_of(viewer: Viewer) -> str:
    """Under which name a viewer's open connections are counted: people, and addresses of visitors."""
    match viewer:
        case Anonymous():
            return f"address:{viewer.address}"
        case Citizen():
            return f"account:{viewer.account_id}"
        case Officer():
            return f"officer:{viewer.officer_id}"
