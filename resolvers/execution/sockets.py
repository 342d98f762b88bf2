"""GraphQL over WebSocket, protocol graphql-transport-ws.

The client says ``{"authorization": "Bearer …"}`` in ``connection_init``, within five seconds. There
are no cookies, so a page on a foreign origin has nothing to abuse and every origin may connect. The
protocol is spoken by Strawberry's handler; looking up, executing and masking are the house's own.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from json import JSONDecodeError
from typing import Any, cast

import orjson
from graphql import OperationType
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.unset import UNSET
from structlog.contextvars import bound_contextvars

from backend.errors import NotSignedIn
from resolvers.context import Caller, Context, MakeContext
from resolvers.execution.core import CoreExecutor
from resolvers.execution.documents import Documents
from resolvers.execution.gate import Asked, has_nul, read_asked, read_caller
from resolvers.execution.port import RequestRefused
from resolvers.problems import public_exception

INIT_SECONDS = 5
MOST_OPERATIONS = 20
LARGEST_MESSAGE = 256 * 1024

_BY_ID = "sha256:"


@dataclass(slots=True)
class Connection:
    """One socket: who it says it is, asked anew for every operation and event."""

    caller: Caller
    make_context: MakeContext
    connection_params: dict[str, object] | None = None

    async def context(self) -> Context:
        """A fresh context. Raises ``NotSignedIn`` once the token is no longer good."""
        given = (self.connection_params or {}).get("authorization")
        caller = self.caller
        return await self.make_context(
            Caller(
                authorization=given if isinstance(given, str) else None,
                language=caller.language,
                address=caller.address,
                request_id=caller.request_id,
            )
        )


class _Operations:
    """What Strawberry's handler asks a schema for: the results of an operation, one after the other."""

    def __init__(self, documents: Documents, executor: CoreExecutor) -> None:
        self._documents = documents
        self._executor = executor

    async def stream(
        self,
        query: str,
        *,
        variable_values: dict[str, Any] | None,
        context_value: Connection,
        operation_name: str | None,
        root_value: None,  # noqa: ARG002 - given by the handler
    ) -> AsyncGenerator[ExecutionResult, None]:
        asked = Asked(
            query=None if query.startswith(_BY_ID) else query,
            document_id=query if query.startswith(_BY_ID) else None,
            operation_name=operation_name,
            variables=variable_values or {},
        )
        return self._results(asked, context_value)

    async def _results(self, asked: Asked, connection: Connection) -> AsyncGenerator[ExecutionResult, None]:
        language = connection.caller.language
        try:
            context = await connection.context()
            operation = self._documents.operation(asked, context.viewer)
            if operation.kind is not OperationType.SUBSCRIPTION:
                result = await self._executor.result(operation, asked.variables, context)
                yield ExecutionResult(result.data, result.errors)
                return
            events = self._executor.events(operation, asked.variables, connection.context)
            async with aclosing(events):
                first = True
                async for event in events:
                    failed = first and event.data is None
                    yield (PreExecutionError if failed else ExecutionResult)(event.data, event.errors)
                    first = False
        except RequestRefused as refusal:
            yield PreExecutionError(None, list(refusal.errors))
        except Exception as error:  # noqa: BLE001 - a refusal, or a bug that is logged and masked
            yield PreExecutionError(None, [public_exception(error, language)])


class _Handler(BaseGraphQLTransportWSHandler[Connection, None]):
    """Strawberry's handler, which also takes ``documentId`` for ``query``."""

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        payload: Any = message["payload"]
        try:
            asked = read_asked(payload)
        except RequestRefused as refusal:
            await self.handle_invalid_message(refusal.errors[0].message)
            return
        # An id travels in the place of the text: no document begins like this.
        text = asked.query or f"{_BY_ID}{(asked.document_id or '').removeprefix(_BY_ID)}"
        await super().handle_subscribe(
            {
                "id": message["id"],
                "type": "subscribe",
                "payload": {
                    "query": text,
                    "variables": dict(asked.variables),
                    "operationName": asked.operation_name,
                },
            }
        )


class Sockets(GraphQL[Connection, None]):
    """The socket endpoint of the API."""

    graphql_transport_ws_handler_class = _Handler

    def __init__(self, documents: Documents, executor: CoreExecutor, make_context: MakeContext) -> None:
        super().__init__(
            cast("BaseSchema", _Operations(documents, executor)),
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=INIT_SECONDS),
            max_subscriptions_per_connection=MOST_OPERATIONS,
            allowed_origins=["*"],
        )
        self._make_context = make_context

    async def serve(self, websocket: WebSocket) -> None:
        """Speak with one client until it goes."""
        caller = read_caller(websocket, None)
        with bound_contextvars(request_id=caller.request_id):
            await self.run(websocket, context=Connection(caller, self._make_context))

    async def on_ws_connect(self, context: Connection) -> Any:
        """Refuse a token that is not good; no token at all is a visitor's right."""
        try:
            await context.context()
        except NotSignedIn as refusal:
            raise ConnectionRejectionError from refusal
        return UNSET

    def decode_json(self, data: str | bytes) -> object:
        """A message of the protocol, or ``JSONDecodeError``, after which the socket is closed with 4400."""
        if len(data) > LARGEST_MESSAGE:
            raise JSONDecodeError("too large", "", 0)
        message = orjson.loads(data)
        if (
            not isinstance(message, dict)
            or not isinstance(message.get("id", ""), str)
            or not isinstance(message.get("payload"), dict | None)
            or has_nul(message)
        ):
            raise JSONDecodeError("not a message of the protocol", "", 0)
        return message

    def encode_json(self, data: object) -> str:
        """A message as text, as the protocol wants it."""
        return orjson.dumps(data).decode()
