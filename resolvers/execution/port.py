"""The executor port: an operation, its variables and a context go in, the answer's bytes come out.

What stands behind it is interchangeable and answers the same bytes: graphql-core (``core``) is the
reference. The bytes are a JSON object whose first key is ``data``, unless the operation could not be
started (its variables do not fit); then there is no ``data`` at all.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import DocumentNode, GraphQLError, OperationType

from resolvers.context import Context, MakeEventContext
from resolvers.problems import ProtocolCode, protocol_error

BEGINS_WITH_DATA = b'{"data":'
ERRORS = b',"errors":['
"""In the bytes of every answer with errors. Only ever a key: in texts its quotes are escaped. Where it is a key of an
answer's own JSON value, the answer is just not kept."""


class RequestRefused(Exception):
    """The request cannot become an operation. ``status`` is what HTTP says about it."""

    well_formed = False
    """Whether the request as such is in order and only its document is not."""

    def __init__(self, status: int, *errors: GraphQLError) -> None:
        self.status = status
        self.errors = errors
        super().__init__(status, *(error.message for error in errors))


class DocumentRefused(RequestRefused):
    """The document that a well-formed request brought does not parse or does not fit."""

    well_formed = True

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(400, *errors)


def refused(status: int, code: ProtocolCode, message: str, **extensions: object) -> RequestRefused:
    """A ``RequestRefused`` of one error."""
    return RequestRefused(status, protocol_error(code, message, **extensions))


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Document:
    """A parsed and validated document, made once and shared by all its requests."""

    text: str
    ast: DocumentNode
    operations: Mapping[str, OperationType]
    """By name; the only operation of a document may be anonymous (empty name)."""

    def operation(self, name: str | None) -> "Operation":
        """The operation ``name``, or the only one. Raises ``RequestRefused``."""
        if name is None and len(self.operations) == 1:
            (name,) = self.operations
        if name is None:
            raise refused(400, ProtocolCode.BAD_REQUEST, "Name one of the document's operations.")
        if name not in self.operations:
            raise refused(400, ProtocolCode.BAD_REQUEST, "The document has no operation of that name.")
        return Operation(self, name, self.operations[name])


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document."""

    document: Document
    name: str
    kind: OperationType


class Executor(Protocol):
    """Runs queries and mutations. Never raises; every error is in the answer, masked."""

    async def __call__(self, operation: Operation, variables: Mapping[str, Any], context: Context) -> bytes:
        """The answer as JSON."""
        ...


@dataclass(frozen=True, slots=True)
class Happened:
    """One answer of a subscription."""

    body: bytes
    """The answer as JSON, as an ``Executor`` gives it."""
    started: bool = True
    """False for the only answer of a subscription that could not be started."""
    cursor: str | None = None
    """Where to resume from after it; it is in the body too, as ``extensions.cursor``."""


class EventSource(Protocol):
    """Runs subscriptions. Never raises; every error is in an answer, masked."""

    def __call__(
        self, operation: Operation, variables: Mapping[str, Any], make_context: MakeEventContext
    ) -> AsyncGenerator[Happened, None]:
        """One answer per event. Each event gets a context of its own."""
        ...
