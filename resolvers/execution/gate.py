"""From an HTTP request to what it asks for. Whatever is malformed is refused here with 4xx.

POST with ``application/json``; POST with ``multipart/form-data`` as the GraphQL multipart request
spec has it (one file per part, in memory from end to end); GET for queries. Nothing is parsed before
its size is known to be within the cap.
"""

import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson
import structlog
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, HTTPConnection, Request

from resolvers.context import Caller, preferred_language
from resolvers.execution.port import refused
from resolvers.problems import ProtocolCode
from resolvers.scalars import Upload

LARGEST_JSON_BODY = 1024 * 1024
LARGEST_MULTIPART_BODY = 12 * 1024 * 1024
MOST_FILES = 10
MOST_VALUES = 100_000
"""In one JSON text, reckoned from its commas and brackets before it is read."""
PREFLIGHT_HEADERS = ("x-jinmin-preflight", "apollo-require-preflight", "graphql-preflight")
"""One of these must come with a multipart request: a form on a foreign page cannot set them."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_INDEX = re.compile(r"\d{1,3}")
_NOT_JSON = "The body is not valid JSON."


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks for, well-formed but not yet looked up."""

    query: str | None
    document_id: str | None
    """Wins over ``query``, which is what to fall back on where the id is unknown and free speech allowed."""
    operation_name: str | None
    variables: Mapping[str, Any]


def read_caller(connection: HTTPConnection, authorization: str | None) -> Caller:
    """Who seems to be asking. The request id is the one that logging already has, or a new one."""
    given = structlog.contextvars.get_contextvars().get("request_id") or connection.headers.get(
        "x-request-id", ""
    )
    request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
    return Caller(
        authorization=authorization,
        language=preferred_language(connection.headers.get("accept-language")),
        address=connection.client.host if connection.client else "",
        request_id=request_id,
    )


async def read_request(request: Request) -> Asked:
    """What ``request`` asks for. Raises ``RequestRefused`` with 400, 413 or 415."""
    if request.method in {"GET", "HEAD"}:
        return _read_query_string(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/json":
        return read_asked(_parse(await _read_body(request)))
    if media_type == "multipart/form-data":
        if not any(request.headers.get(name) for name in PREFLIGHT_HEADERS):
            raise _bad(f"A multipart request needs the header {PREFLIGHT_HEADERS[0]}.")
        return await _read_multipart(request)
    raise refused(415, ProtocolCode.BAD_REQUEST, "Send application/json or multipart/form-data.")


def read_asked(data: object) -> Asked:
    """Check the shape of a request's JSON: ``query`` or ``documentId``, ``variables`` …"""
    if not isinstance(data, dict):
        raise _bad("A request is one JSON object.")
    query, name = data.get("query"), data.get("operationName")
    variables, extensions = data.get("variables"), data.get("extensions")
    document = data.get("documentId")
    if not isinstance(query, str | None) or not isinstance(name, str | None):
        raise _bad("`query` and `operationName` are strings.")
    if not isinstance(document, str | None):
        raise _bad("`documentId` is a string.")
    if not isinstance(variables, dict | None) or not isinstance(extensions, dict | None):
        raise _bad("`variables` and `extensions` are objects.")
    document = document or _apollo_id(extensions or {})
    if not query and not document:
        raise _bad("A request has a `query` or a `documentId`.")
    return Asked(
        query=query or None, document_id=document, operation_name=name or None, variables=variables or {}
    )


def _apollo_id(extensions: Mapping[str, Any]) -> str | None:
    """The id as Apollo's and urql's persisted-query links send it."""
    persisted = extensions.get("persistedQuery")
    given = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    return given if isinstance(given, str) else None


def _read_query_string(request: Request) -> Asked:
    given: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _parse(given[name].encode())
    return read_asked(given)


# --- bodies ----------------------------------------------------------------------------------------


async def _chunks(request: Request, cap: int) -> AsyncGenerator[bytes, None]:
    """The body as it arrives; refuses as soon as it is, or says it will be, larger than ``cap``."""
    too_large = refused(
        413, ProtocolCode.PAYLOAD_TOO_LARGE, f"The body is larger than {cap // 1024} KiB.", limit=cap
    )
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or len(announced) > 12 or int(announced) > cap:
        raise too_large
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > cap:
                raise too_large
            yield chunk
    except ClientDisconnect:
        raise _bad("The body ended early.") from None


async def _read_body(request: Request) -> bytes:
    return b"".join([chunk async for chunk in _chunks(request, LARGEST_JSON_BODY)])


def _parse(raw: bytes) -> Any:
    if sum(map(raw.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise _bad("The body has too many values.")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise _bad(_NOT_JSON) from None
    if b"\\u0000" in raw and has_nul(value):
        # PostgreSQL's text cannot hold it, and no text of a person has it.
        raise _bad("Text has no NUL characters.")
    return value


def has_nul(value: Any) -> bool:
    """Whether any string in a JSON value has a U+0000."""
    # orjson refuses what is nested deeper than 1024, far beyond the recursion limit of Python code
    # like this, so the walk keeps its own stack.
    stack = [value]
    while stack:
        top = stack.pop()
        if isinstance(top, str):
            if "\0" in top:
                return True
        elif isinstance(top, dict):
            stack.extend(top)
            stack.extend(top.values())
        elif isinstance(top, list):
            stack.extend(top)
    return False


# --- multipart -------------------------------------------------------------------------------------


class _InMemory(MultiPartParser):
    """Starlette's parser, which would put files over 1 MB on the disk: photographs of faces must not be."""

    spool_max_size = LARGEST_MULTIPART_BODY + 1


async def _read_multipart(request: Request) -> Asked:
    form = await _read_form(request.headers, _chunks(request, LARGEST_MULTIPART_BODY))
    try:
        operations, places = _part(form, "operations"), _part(form, "map")
        if not isinstance(operations, dict):
            raise _bad("`operations` is one JSON object.")
        if not isinstance(places, dict):
            raise _bad("`map` is a JSON object.")
        for name, paths in places.items():
            part = form.get(name)
            if not isinstance(part, UploadFile):
                raise _bad("`map` names a file that is not there.")
            if not isinstance(paths, list) or len(paths) != 1:
                raise _bad("`map` gives each file one place, as a list of one path.")
            content = await part.read()
            upload = Upload(part.filename or "", (part.content_type or "").lower(), content)
            _place(operations, paths[0], upload)
    finally:
        await form.close()
    return read_asked(operations)


async def _read_form(headers: Headers, chunks: AsyncGenerator[bytes, None]) -> FormData:
    parser = _InMemory(
        headers, chunks, max_files=MOST_FILES, max_fields=MOST_FILES, max_part_size=LARGEST_JSON_BODY
    )
    try:
        return await parser.parse()
    except (MultiPartException, ValueError, LookupError):
        raise _bad("The body is not a valid multipart form.") from None


def _part(form: FormData, name: str) -> Any:
    part = form.get(name)
    if not isinstance(part, str):
        raise _bad(f"The part `{name}` is missing.")
    return _parse(part.encode("utf-8", "surrogatepass"))


def _place(operations: dict[str, Any], path: object, upload: Upload) -> None:
    """Put ``upload`` where ``path`` says, e.g. ``variables.input.file``; the place must hold null."""
    steps = path.split(".") if isinstance(path, str) else []
    if len(steps) < 2 or steps[0] != "variables":
        raise _bad("A path in `map` begins with `variables.`.")
    holder: Any = operations
    for step in steps[:-1]:
        holder = _at(holder, step)
    if _at(holder, steps[-1]) is not None or isinstance(holder, Upload):
        raise _bad("A path in `map` points at null.")
    holder[int(steps[-1]) if isinstance(holder, list) else steps[-1]] = upload


def _at(holder: Any, step: str) -> Any:
    if isinstance(holder, dict) and step in holder:
        return holder[step]
    if isinstance(holder, list) and _INDEX.fullmatch(step) and int(step) < len(holder):
        return holder[int(step)]
    raise _bad("A path in `map` leads nowhere.")


def _bad(sentence: str) -> Exception:
    return refused(400, ProtocolCode.BAD_REQUEST, sentence)
