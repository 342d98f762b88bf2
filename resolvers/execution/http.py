"""GraphQL over HTTP: one endpoint that reads, looks up, executes and answers with bytes.

Follows the GraphQL-over-HTTP draft: with ``application/json`` a well-formed request is answered 200
whatever its outcome; with ``application/graphql-response+json`` one that could not be executed is 400.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import structlog
from graphql import GraphQLError, OperationType
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from strawberry import Schema
from strawberry.http.ides import get_graphql_ide_html

from backend.errors import NotSignedIn
from backend.viewer import Officer, Viewer
from resolvers.context import Caller, MakeContext, preferred_language
from resolvers.execution.core import CoreExecutor
from resolvers.execution.documents import Documents
from resolvers.execution.gate import Asked, read_request
from resolvers.execution.port import (
    BEGINS_WITH_DATA,
    Executor,
    Operation,
    RequestRefused,
    errors_only,
    refused,
)
from resolvers.execution.sockets import Sockets
from resolvers.problems import ProtocolCode, public_error

PATH = "/graphql"

JSON = "application/json"
RESPONSE_JSON = "application/graphql-response+json"

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")


def graphql_routes(
    schema: Schema,
    documents: Documents,
    make_context: MakeContext,
    *,
    development: bool,
    executor: Executor | None = None,
) -> list[BaseRoute]:
    """The routes of the API: HTTP and sockets at ``/graphql``.

    ``development`` serves GraphiQL and lets everyone send free documents; otherwise only officers may.
    """
    core = CoreExecutor(schema)
    gate = Gate(documents, development=development)
    endpoint = Endpoint(gate, executor or core, make_context, development=development)
    sockets = Sockets(gate, core, executor or core, make_context)
    return [
        Route(PATH, endpoint, methods=["GET", "POST"], name="graphql"),
        WebSocketRoute(PATH, sockets, name="graphql-sockets"),
    ]


class Gate:
    """Looks up what a viewer asks for."""

    def __init__(self, documents: Documents, *, development: bool) -> None:
        self._documents = documents
        self._development = development

    def operation(self, asked: Asked, viewer: Viewer) -> Operation:
        """The operation asked for. Raises ``RequestRefused``."""
