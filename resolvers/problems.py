"""Refusals as values of the API, and everything else as a masked error with a reference.

In the schema a refusal is a ``Problem``, a member of every mutation's result. At the top level,
where queries and protocol errors end, it is ``{"message", "path", "extensions": {"code"}}``. A bug
becomes ``INTERNAL`` with a reference id; its place in the code is logged, its text is not, because
texts of exceptions can quote people's data.
"""

import math
import secrets
import traceback
from enum import StrEnum
from typing import Any

import strawberry
import structlog
from graphql import GraphQLError

from backend.errors import FieldProblem as RefusedField
from backend.errors import ProblemCode, Refusal, StepUpNeeded, Text
from backend.viewer import AssuranceLevel
from resolvers.access import PARENT

log = structlog.get_logger()

strawberry.enum(AssuranceLevel, description="How surely a person is known; each level includes those below.")
strawberry.enum(ProblemCode, description="What went wrong, for programs. Codes are only ever added.")

_INTERNAL = Text(
    "系统内部错误，请稍后重试。如需帮助，请提供编号 {reference}。",
    "Something went wrong on our side. If you need help, quote {reference}.",
)


class ProtocolCode(StrEnum):
    """``extensions.code`` of errors that arise outside of the business."""

    BAD_REQUEST = "BAD_REQUEST"
    BAD_VARIABLES = "BAD_VARIABLES"
    DOCUMENT_INVALID = "DOCUMENT_INVALID"
    DOCUMENT_TOO_COMPLEX = "DOCUMENT_TOO_COMPLEX"
    DOCUMENT_UNKNOWN = "PERSISTED_QUERY_NOT_FOUND"
    """The name that Apollo, urql and Relay know: a client that may speak freely then sends the text."""
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    TIMED_OUT = "TIMED_OUT"
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    INTERNAL = "INTERNAL"


@strawberry.type(description="One field that is wrong.")
class FieldProblem:
    """One wrong field, in the viewer's language."""

    path: list[str] = strawberry.field(
        description='Where: names and indexes from the argument down, e.g. ["input", "answers", "phone"].',
        metadata={"access": PARENT},
    )
    message: str = strawberry.field(
        description="What is wrong with it, a sentence for people.", metadata={"access": PARENT}
    )


@strawberry.type(description="What has to be proven first; the ways are in `waysToProve`.")
class StepUp:
    """A need of the ladder."""

    level: AssuranceLevel = strawberry.field(
        description="How surely the person has to be known.", metadata={"access": PARENT}
    )
    fresh_within_minutes: int | None = strawberry.field(
        description="How long ago the proof may have been; null as long as it counts.",
        metadata={"access": PARENT},
    )


@strawberry.type(description="An expected refusal: nothing was changed.")
class Problem:
    """A refusal in the viewer's language."""

    code: ProblemCode = strawberry.field(description="The reason, for programs.", metadata={"access": PARENT})
    message: str = strawberry.field(
        description="The reason, a sentence for people.", metadata={"access": PARENT}
    )
    fields: list[FieldProblem] = strawberry.field(
        description="The fields it is about; empty if it is about the whole.", metadata={"access": PARENT}
    )
    retry_after: int | None = strawberry.field(
        description="Seconds after which asking again makes sense, where that is known.",
        metadata={"access": PARENT},
    )
    step_up: StepUp | None = strawberry.field(
        description="With STEP_UP_NEEDED: what has to be proven first.", metadata={"access": PARENT}
    )


def to_problem(refusal: Refusal, language: str) -> Problem:
    """``refusal`` as a value of the schema, its sentences in ``language``."""
    return Problem(
        code=refusal.code,
        message=refusal.message.of(language),
        fields=[_field_problem(wrong, language) for wrong in refusal.fields],
        retry_after=None if refusal.retry_after is None else math.ceil(refusal.retry_after),
        step_up=_step_up(refusal) if isinstance(refusal, StepUpNeeded) else None,
    )


def _step_up(refusal: StepUpNeeded) -> StepUp:
    within = refusal.within
    return StepUp(
        level=refusal.level,
        fresh_within_minutes=None if within is None else math.ceil(within.total_seconds() / 60),
    )


def _field_problem(wrong: RefusedField, language: str) -> FieldProblem:
    return FieldProblem(path=[str(part) for part in wrong.path], message=wrong.message.of(language))


def protocol_error(code: ProtocolCode, message: str, **extensions: object) -> GraphQLError:
    """An error about the request itself. For developers, so in English only."""
    return GraphQLError(message, extensions={"code": code, **extensions})


def public_error(error: GraphQLError, language: str) -> GraphQLError:
    """``error`` as the client may see it; a bug is logged here, under the reference that is shown.

    An error of graphql-core about the request (it has no path) names what is wrong with it and is
    shown; an error that a resolver or the completion of its value raised is a refusal or a bug.
    """
    original = _innermost(error)
    if isinstance(original, Refusal):
        return _refused(error, original, language)
    if error.extensions and "code" in error.extensions:
        return error
    if error.path is None and (original is None or isinstance(original, GraphQLError | ValueError)):
        return _rewritten(error, error.message, {"code": ProtocolCode.BAD_VARIABLES})
    return _masked(error, original or error, language)


def public_exception(exception: Exception, language: str) -> GraphQLError:
    """What the client sees of an exception that no field raised: a refusal, or a masked bug."""
    nowhere = GraphQLError("")
    if isinstance(exception, Refusal):
        return _refused(nowhere, exception, language)
    return _masked(nowhere, exception, language)


def _refused(error: GraphQLError, refusal: Refusal, language: str) -> GraphQLError:
    problem = to_problem(refusal, language)
    extensions: dict[str, object] = {"code": problem.code.value}
    if problem.fields:
        extensions["fields"] = [{"path": wrong.path, "message": wrong.message} for wrong in problem.fields]
    if problem.step_up is not None:
        extensions["stepUp"] = {
            "level": problem.step_up.level.name,
            "freshWithinMinutes": problem.step_up.fresh_within_minutes,
        }
    if problem.retry_after is not None:
        extensions["retryAfter"] = problem.retry_after
    return _rewritten(error, problem.message, extensions)


def _innermost(error: GraphQLError) -> Exception | None:
    original = error.original_error
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    return original


def _masked(error: GraphQLError, culprit: Exception, language: str) -> GraphQLError:
    reference = secrets.token_hex(8)
    log.error(
        "graphql_bug",
        reference=reference,
        path=".".join(str(part) for part in error.path or ()),
        raised=_types_of(culprit),
        frames=[
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(culprit.__traceback__)
        ],
    )
    return _rewritten(
        error,
        _INTERNAL.filled(reference=reference).of(language),
        {"code": ProtocolCode.INTERNAL, "reference": reference},
    )


def _types_of(exception: BaseException) -> list[str]:
    """The classes of an exception and its causes: what happened without what was in it."""
    chain: list[str] = []
    link: BaseException | None = exception
    while link is not None and len(chain) < 10:
        chain.append(f"{type(link).__module__}.{type(link).__qualname__}")
        link = link.__cause__ or link.__context__
    return chain


def _rewritten(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
