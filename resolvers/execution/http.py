"""GraphQL over HTTP: one endpoint that reads, looks up, executes and answers with bytes.

Follows the GraphQL-over-HTTP draft: with ``application/json`` a well-formed request is answered 200
whatever its outcome; with ``application/graphql-response+json`` one that could not be executed is 400.
"""

from collections.abc import Mapping

import orjson
from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from strawberry import Schema
from strawberry.http.ides import get_graphql_ide_html
from structlog.contextvars import bound_contextvars

from backend.errors import NotSignedIn, Refusal, TooMany, Unavailable
from resolvers.context import Caller, MakeContext
from resolvers.execution.core import CoreExecutor
from resolvers.execution.documents import Documents
from resolvers.execution.gate import read_caller, read_request
from resolvers.execution.port import BEGINS_WITH_DATA, Executor, Operation, RequestRefused, refused
from resolvers.execution.sockets import Sockets
from resolvers.problems import ProtocolCode, public_exception

PATH = "/graphql"

JSON = "application/json"
RESPONSE_JSON = "application/graphql-response+json"

_STATUS = ((NotSignedIn, 401), (TooMany, 429), (Unavailable, 503))


def graphql_routes(
    schema: Schema, documents: Mapping[str, str], make_context: MakeContext, *, development: bool
) -> list[BaseRoute]:
    """The routes of the API: HTTP and sockets at ``/graphql``.

    ``documents`` are the trusted ones, id -> text (``documents.read_operations``). ``development``
    serves GraphiQL, answers introspection and lets everyone send free documents. Raises
    ``BadSettings`` for a trusted document that does not fit the schema.
    """
    known = Documents(schema, documents, development=development)
    executor = CoreExecutor(schema)
    endpoint = Endpoint(known, executor, make_context, development=development)
    sockets = Sockets(known, executor, make_context)
    return [
        Route(PATH, endpoint.respond, methods=["GET", "POST"], name="graphql"),
        WebSocketRoute(PATH, sockets.serve, name="graphql-sockets"),
    ]


class Endpoint:
    """Answers requests. Every answer is JSON, also to what makes no sense."""

    def __init__(
        self, documents: Documents, executor: Executor, make_context: MakeContext, *, development: bool
    ) -> None:
        self._documents = documents
        self._executor = executor
        self._make_context = make_context
        # GraphiQL takes its scripts from a public CDN: for developers' browsers, never for citizens'.
        self._page = get_graphql_ide_html("graphiql") if development else None

    async def respond(self, request: Request) -> Response:
        """Answer ``request``."""
        accepted = request.headers.get("accept")
        if (
            self._page
            and request.method == "GET"
            and "text/html" in (accepted or "")
            and not request.url.query
        ):
            return HTMLResponse(self._page)
        media_type = negotiated(accepted)
        caller = read_caller(request, request.headers.get("authorization"))
        with bound_contextvars(request_id=caller.request_id):
            return await self._respond(request, caller, media_type)

    async def _respond(self, request: Request, caller: Caller, media_type: str | None) -> Response:
        try:
            status, body = await self._answer(request, caller, media_type)
        except RequestRefused as refusal:
            status = 200 if refusal.well_formed and media_type == JSON else refusal.status
            body = _errors(*refusal.errors)
        except Refusal as refusal:
            # Raised while the context was made: before any field could carry it.
            status = next((code for kind, code in _STATUS if isinstance(refusal, kind)), 403)
            body = _errors(public_exception(refusal, caller.language))
        except Exception as error:  # noqa: BLE001 - the last net: logged with a reference, and masked
            status, body = 500, _errors(public_exception(error, caller.language))
        headers = {"Cache-Control": "no-store", "X-Request-Id": caller.request_id}
        if status == 405:
            headers["Allow"] = "POST"
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return Response(body, status, headers, f"{media_type or JSON}; charset=utf-8")

    async def _answer(self, request: Request, caller: Caller, media_type: str | None) -> tuple[int, bytes]:
        if media_type is None:
            raise refused(406, ProtocolCode.BAD_REQUEST, f"Accept {RESPONSE_JSON} or {JSON}.")
        context = await self._make_context(caller)
        asked = await read_request(request)
        operation = self._documents.operation(asked, context.viewer)
        _check_transport(request, operation)
        body = await self._executor(operation, asked.variables, context)
        started = body.startswith(BEGINS_WITH_DATA)
        return (200 if started or media_type == JSON else 400), body


def _check_transport(request: Request, operation: Operation) -> None:
    if operation.kind is OperationType.SUBSCRIPTION:
        raise refused(400, ProtocolCode.BAD_REQUEST, "Subscriptions go over graphql-transport-ws.")
    if operation.kind is OperationType.MUTATION and request.method != "POST":
        raise refused(405, ProtocolCode.BAD_REQUEST, "Mutations are sent by POST.")


def negotiated(accept: str | None) -> str | None:
    """The media type to answer with, None if neither of ours is accepted (RFC 9110 §12.5.1)."""
    if accept is None or not accept.strip():
        return JSON
    best, best_weight = None, 0.0
    for entry in accept[:1024].split(","):
        media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
        weight = next((_weight(part[2:]) for part in parameters if part.startswith("q=")), 1.0)
        match = {RESPONSE_JSON: RESPONSE_JSON, JSON: JSON, "*/*": JSON, "application/*": JSON}.get(media_type)
        if match is not None and weight > best_weight:
            best, best_weight = match, weight
    return best


def _weight(number: str) -> float:
    try:
        return float(number)
    except ValueError:
        return 0.0


def _errors(*errors: GraphQLError) -> bytes:
    return orjson.dumps({"errors": [error.formatted for error in errors]})
