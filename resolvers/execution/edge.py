"""What every transport of the API shares: admit, look up, charge, execute, and say no in the same words."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLError, OperationType

from backend.database.budgets import Left
from backend.database.seats import Seats
from backend.kit.drain import Drain
from backend.kit.tally import Tally
from backend.viewer import Anonymous, Viewer
from resolvers.context import Caller, Context, MakeContext
from resolvers.execution.documents import Documents, Terms
from resolvers.execution.gate import Asked
from resolvers.execution.port import EventSource, Executor, Happened, Operation, RequestRefused
from resolvers.execution.spending import FREE_COST, Spending, name_of
from resolvers.problems import public_exception

TOO_LARGE = "body_too_large"
"""What the tally counts: bodies that were refused before anybody was asked who they are."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An operation that may begin: it was looked up, and paid for."""

    operation: Operation
    variables: Mapping[str, Any]
    context: Context
    terms: Terms = field(default_factory=Terms)
    cost: int = 0
    left: Sequence[Left] = ()
    """What is left of the budgets."""


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
    tally: Tally = field(default_factory=Tally)
    spending: Spending | None = None
    """None charges nothing."""
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
        return self.seats.taken(kind, name_of(viewer) or f"address:{viewer.address}", most=most)

    def note_refused(self, error: Exception, address: str) -> None:
        """Count what came to nothing: against its address, and at the gate what was too large to be read."""
        if self.spending is not None:
            self.spending.note_refused(address)
        if isinstance(error, RequestRefused) and error.status == 413:
            self.tally.add(TOO_LARGE)

    async def authenticate(self, caller: Caller) -> Context:
        """Who asks. Raises ``Refusal``, and at once for an address that asks too much."""
        if self.spending is not None:
            self.spending.admit(caller.address)
        return await self.make_context(caller)

    async def open(self, asked: Asked, context: Context) -> Opened:
        """Look the operation up and charge for it. Raises ``Refusal`` and ``RequestRefused``."""
        operation = await self.documents.operation(asked, context.viewer)
        terms = self.documents.terms(operation)
        cost = self.documents.cost(operation, asked.variables)
        left: Sequence[Left] = ()
        if self.spending is not None:
            charged = cost if terms.trusted else cost + FREE_COST
            left = await self.spending.spend(context.viewer, terms.client, charged, operation.name)
        return Opened(operation, asked.variables, context, terms, cost, left)

    async def answers(self, opened: Opened, caller: Caller) -> AsyncGenerator[Happened, None]:
        """The answers of an operation of any kind, one after the other. Never raises ``Exception``."""
        operation, variables = opened.operation, opened.variables
        if operation.kind is not OperationType.SUBSCRIPTION:
            yield Happened(await self.executor(operation, variables, opened.context))
            return
        fresh: Context | None = opened.context

        async def next_context() -> Context:
            nonlocal fresh
            ready, fresh = fresh, None
            return ready or await self.make_context(caller)

        async with aclosing(self.events(operation, variables, next_context)) as events:
            async for event in events:
                if self.spending is not None:
                    self.spending.note_event(opened.context.viewer, opened.cost)
                yield event


def errors_of(exception: Exception, language: str) -> tuple[GraphQLError, ...]:
    """What a client is told about an operation that could not be opened; bugs are logged and masked."""
    if isinstance(exception, RequestRefused):
        return exception.errors
    return (public_exception(exception, language),)


def authorized(caller: Caller, authorization: object) -> Caller:
    """The same caller with another token; anything but a text is none."""
    return replace(caller, authorization=authorization if isinstance(authorization, str) else None)
