"""GraphQL over HTTP: one endpoint that reads, looks up, executes and answers with bytes.

Follows the GraphQL-over-HTTP draft: with ``application/json`` a well-formed request is answered 200
whatever its outcome; with ``application/graphql-response+json`` one that could not be executed is 400.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

import orjson
from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry import Schema
from structlog.contextvars import bound_contextvars

from backend.database.answers import StoredAnswers
from backend.database.budgets import OverBudget, rate_limit_headers
from backend.database.record import current_request_id
from backend.database.seats import Seats
from backend.errors import NotSignedIn, Refusal, TooMany, Unavailable
from backend.kit.drain import Drain
from backend.kit.tally import Tally
from resolvers.context import Caller, MakeContext
from resolvers.execution.cached import CachedExecutor, Version
from resolvers.execution.core import CoreExecutor
from resolvers.execution.deadline import Deadlines
from resolvers.execution.documents import Documents, Registry, Terms
from resolvers.execution.edge import Edge, Opened
from resolvers.execution.fast import Compilation
from resolvers.execution.gate import read_caller, read_request
from resolvers.execution.graphiql import PAGE_HEADERS, Examples, graphiql_page
from resolvers.execution.once import Once
from resolvers.execution.port import BEGINS_WITH_DATA, ERRORS, Executor, RequestRefused, refused
from resolvers.execution.sharing import entity_tag, is_current, retirement_headers, sharing_headers
from resolvers.execution.sockets import Sockets
from resolvers.execution.spending import Spending
from resolvers.execution.streams import EVENT_STREAM, SINCE, EventStream, declares_since
from resolvers.problems import ProtocolCode, public_exception

PATH = "/graphql"

JSON = "application/json"
RESPONSE_JSON = "application/graphql-response+json"

_STATUS = ((NotSignedIn, 401), (TooMany, 429), (Unavailable, 503))


def graphql_routes(
    schema: Schema,
    documents: Mapping[str, str],
    make_context: MakeContext,
    *,
    development: bool,
    registry: Registry | None = None,
    seats: Seats | None = None,
    spending: Spending | None = None,
    answers: StoredAnswers | None = None,
    drain: Drain | None = None,
    tally: Tally | None = None,
    origins: Collection[str] = (),
    compilation: Compilation | None = None,
    version: Version | None = None,
    examples: Examples = (),
) -> list[BaseRoute]:
    """The routes of the API: HTTP, event streams and sockets at ``/graphql``.

    ``documents`` are the trusted ones, id -> text (``documents.read_operations``). ``development``
    serves GraphiQL with ``examples``, answers introspection and lets everyone send free documents.
    ``version`` is that of what shared answers are made of; without it none are kept. Raises
    ``BadSettings`` for a trusted document that does not fit the schema.
    """
    core, compilation = CoreExecutor(schema), compilation or Compilation()
    known = Documents(schema, documents, development=development, registry=registry)
    executor: Executor = Deadlines(compilation.executor(schema, core))
    if answers is not None:
        executor = Once(executor, answers)
    if version is not None:
        executor = CachedExecutor(executor, known.shared_for, version, counted=compilation.counted)
    edge = Edge(
        documents=known,
        executor=executor,
        events=core.events,
        make_context=make_context,
        seats=seats,
        spending=spending,
        drain=drain or Drain(),
        tally=tally or Tally(),
        origins=origins,
    )
    page = graphiql_page(documents, examples) if development else None
    return [
        Route(PATH, Endpoint(edge, page=page), methods=["GET", "POST"], name="graphql"),
        WebSocketRoute(PATH, Sockets(edge).serve, name="graphql-sockets"),
    ]


class Endpoint:
    """Answers requests. Every answer is JSON, also to what makes no sense."""

    def __init__(self, edge: Edge, *, page: str | None = None) -> None:
        self._edge = edge
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as an ASGI application."""
        answer = await self._answer(Request(scope, receive, send))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> ASGIApp:
        accepted = request.headers.get("accept")
        if (
            self._page
            and request.method == "GET"
            and "text/html" in (accepted or "")
            and not request.url.query
        ):
            return HTMLResponse(self._page, headers=PAGE_HEADERS)
        media_type = negotiated(accepted)
        caller = read_caller(request, request.headers.get("authorization"))
        if current_request_id() == caller.request_id:
            return await self._respond(request, caller, media_type)
        with bound_contextvars(request_id=caller.request_id):
            return await self._respond(request, caller, media_type)

    async def _respond(self, request: Request, caller: Caller, media_type: str | None) -> ASGIApp:
        try:
            opened = await self._open(request, caller, media_type)
            if media_type == EVENT_STREAM:
                return self._stream(request, opened, caller)
            body = await self._edge.executor(opened.operation, opened.variables, opened.context)
        except Exception as error:  # noqa: BLE001 - a refusal, or the last net: logged and masked
            self._edge.note_refused(error, caller.address)
            return refusal_response(error, caller, media_type)
        started = body.startswith(BEGINS_WITH_DATA)
        if request.method != "POST" and started and ERRORS not in body:
            shared = self._shared(request, opened, body, caller, media_type)
            if shared is not None:
                return shared
        status = 200 if started or media_type == JSON else 400
        told = {**rate_limit_headers(opened.left), **_retirement(opened.terms)}
        return _response(status, body, caller, media_type, **told)

    def _shared(
        self, request: Request, opened: Opened, body: bytes, caller: Caller, media_type: str | None
    ) -> Response | None:
        """The answer as browsers and proxies may keep it: for trusted documents that are public."""
        seconds = self._edge.documents.shared_for(opened.operation)
        if seconds is None:
            return None
        response = _response(200, body, caller, media_type)
        tag = entity_tag(response.headers["content-type"], body)
        headers = sharing_headers(seconds, tag, caller.language)
        if is_current(tag, request.headers.get("if-none-match")):
            return Response(status_code=304, headers={**headers, "X-Request-Id": caller.request_id})
        response.headers.update({**headers, **_retirement(opened.terms)})
        return response

    async def _open(self, request: Request, caller: Caller, media_type: str | None) -> Opened:
        if media_type is None:
            raise refused(406, ProtocolCode.BAD_REQUEST, f"Accept {RESPONSE_JSON} or {JSON}.")
        context = await self._edge.authenticate(caller)
        opened = await self._edge.open(await read_request(request), context)
        kind = opened.operation.kind
        if kind is OperationType.MUTATION and request.method != "POST":
            raise refused(405, ProtocolCode.BAD_REQUEST, "Mutations are sent by POST.")
        if kind is OperationType.SUBSCRIPTION and media_type != EVENT_STREAM:
            sentence = f"Subscriptions go over graphql-transport-ws or {EVENT_STREAM}."
            raise refused(400, ProtocolCode.BAD_REQUEST, sentence)
        return opened

    def _stream(self, request: Request, opened: Opened, caller: Caller) -> EventStream:
        seen = request.headers.get("last-event-id")
        if seen and declares_since(opened.operation):
            opened = replace(opened, variables={**opened.variables, SINCE: seen})

        def refuse(refusal: TooMany) -> Response:
            return refusal_response(refusal, caller, EVENT_STREAM)

        return EventStream(self._edge, opened, caller, refuse)


def _retirement(terms: Terms) -> dict[str, str]:
    return retirement_headers(terms.deprecated_at, terms.sunset_on)


def refusal_response(error: Exception, caller: Caller, media_type: str | None) -> Response:
    """The answer to a request that ended before its operation began."""
    if isinstance(error, RequestRefused):
        status = 200 if error.well_formed and media_type == JSON else error.status
        return _response(status, _errors(*error.errors), caller, media_type)
    # A refusal is raised while the context is made: before any field could carry it.
    otherwise = 403 if isinstance(error, Refusal) else 500
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), otherwise)
    left = error.left if isinstance(error, OverBudget) else ()
    again = error.retry_after if isinstance(error, Refusal) else None
    return _response(
        status,
        _errors(public_exception(error, caller.language)),
        caller,
        media_type,
        **rate_limit_headers(left, retry_after=again),
    )


def _response(status: int, body: bytes, caller: Caller, media_type: str | None, **more: str) -> Response:
    headers = {"Cache-Control": "no-store", "X-Request-Id": caller.request_id, **more}
    if status == 405:
        headers["Allow"] = "POST"
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    kind = RESPONSE_JSON if media_type == RESPONSE_JSON else JSON
    return Response(body, status, headers, f"{kind}; charset=utf-8")


_MEDIA_TYPES = {
    RESPONSE_JSON: RESPONSE_JSON,
    JSON: JSON,
    EVENT_STREAM: EVENT_STREAM,
    "*/*": JSON,
    "application/*": JSON,
}


def negotiated(accept: str | None) -> str | None:
    """The media type to answer with, None if neither of ours is accepted (RFC 9110 §12.5.1)."""
    if accept is None or not accept.strip():
        return JSON
    best, best_weight = None, 0.0
    for entry in accept[:1024].split(","):
        media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
        weight = next((_weight(part[2:]) for part in parameters if part.startswith("q=")), 1.0)
        match = _MEDIA_TYPES.get(media_type)
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
