"""Mutations are answered once: a repeat under the same idempotency key gets the first answer's bytes.

Stands before any executor. Only what succeeded is kept: a refusal changed nothing, so the client may
mend what was wrong and try again under the same key.
"""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from graphql import (
    FieldNode,
    OperationDefinitionNode,
    OperationType,
    Undefined,
    VariableNode,
    value_from_ast_untyped,
)

from backend.database.answers import KEPT, KEPT_FOR_VISITORS, Asked, Standing, StoredAnswers
from backend.errors import Conflict, ProblemCode, Text
from backend.viewer import Anonymous, Viewer
from resolvers.context import Context
from resolvers.execution.port import Document, Executor, Operation
from resolvers.execution.sharing import root_fields
from resolvers.execution.spending import name_of
from resolvers.problems import public_exception
from resolvers.scalars import Upload

LONGEST = 40.0
"""Seconds after which a mutation that was not finished is taken to be lost with its process."""

_AT_WORK = Text(
    "相同的请求正在处理，请稍后用同一幂等键再试。",
    "The same request is being worked on. Try again under the same key in a moment.",
)


class Once:
    """An executor that answers repeats of mutations from ``answers``."""

    def __init__(self, executor: Executor, answers: StoredAnswers) -> None:
        self._executor = executor
        self._answers = answers
        self._inputs: WeakKeyDictionary[Document, dict[str, tuple[FieldNode, ...]]] = WeakKeyDictionary()

    async def __call__(self, operation: Operation, variables: Mapping[str, Any], context: Context) -> bytes:
        """See ``port.Executor``."""
        asked = self._asked(operation, variables, context.viewer)
        if asked is None:
            return await self._executor(operation, variables, context)
        claim = await self._answers.begin(asked, seconds=LONGEST)
        if claim.standing is Standing.ANSWERED:
            return claim.body
        if claim.standing is Standing.BUSY:
            busy = Conflict(_AT_WORK, code=ProblemCode.BUSY, retry_after=2)
            error = public_exception(busy, context.language).formatted
            return orjson.dumps({"data": None, "errors": [error]})
        context.key_reused = claim.standing is Standing.REUSED
        kept = KEPT_FOR_VISITORS if isinstance(context.viewer, Anonymous) else KEPT
        body: bytes | None = None
        try:
            body = await self._executor(operation, variables, context)
        finally:
            worth_keeping = body is not None and not context.refused and "errors" not in orjson.loads(body)
            await self._answers.finish(claim, asked, body if worth_keeping else None, kept=kept)
        return body

    def _asked(self, operation: Operation, variables: Mapping[str, Any], viewer: Viewer) -> Asked | None:
        """What is asked for, as repeats are recognised; None where there is no key to recognise it by."""
        if operation.kind is not OperationType.MUTATION:
            return None
        inputs = [(node.name.value, _input(node, variables)) for node in self._roots(operation)]
        keys = [given.get("idempotencyKey") if isinstance(given, dict) else None for _, given in inputs]
        if not keys or not all(isinstance(key, str) for key in keys):
            return None
        digest = self._answers.digest
        given = digest(_canonical(inputs))
        who = name_of(viewer)
        return Asked(
            # Visitors have nothing but their input to be told apart by: keys of two of them may be equal.
            place=digest(_canonical([who or given, *keys])),
            given=given,
            document=digest(
                operation.document.text.encode(), operation.name.encode(), _canonical(dict(variables))
            ),
        )

    def _roots(self, operation: Operation) -> tuple[FieldNode, ...]:
        known = self._inputs.setdefault(operation.document, {})
        if operation.name not in known:
            known[operation.name] = _roots_of(operation)
        return known[operation.name]


def _roots_of(operation: Operation) -> tuple[FieldNode, ...]:
    ast = operation.document.ast
    for node in ast.definitions:
        if (
            isinstance(node, OperationDefinitionNode)
            and (node.name.value if node.name else "") == operation.name
        ):
            return tuple(root_fields(ast, node))
    return ()


def _input(node: FieldNode, variables: Mapping[str, Any]) -> object:
    """The argument ``input`` of a root field, as the client wrote it."""
    for argument in node.arguments or ():
        if argument.name.value == "input":
            if isinstance(argument.value, VariableNode):
                return variables.get(argument.value.name.value)
            return value_from_ast_untyped(argument.value, dict(variables))
    return None


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS)


def _plain(value: object) -> object:
    if value is Undefined:  # a variable that was left to its default
        return None
    if isinstance(value, Upload):
        return {"name": value.file_name, "type": value.media_type, "sha256": value.sha256}
    raise TypeError(type(value).__name__)
