"""What becomes of an operation: what it costs, the Python it is compiled to, and the statements it sends."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import OperationType

from backend.casework.machine import Casework
from backend.database.record import heard_statements
from backend.errors import FieldProblem, Invalid, Text
from backend.places import DOCUMENTS
from backend.viewer import Viewer
from resolvers.context import Context
from resolvers.execution.compiled import NotCompiled, Unfit
from resolvers.execution.core import CoreExecutor
from resolvers.execution.documents import Documents, read_operations
from resolvers.execution.fast import CompiledExecutor
from resolvers.execution.port import Document, Operation
from resolvers.schema import schema

UNKNOWN = Text("没有这个操作。", "There is no operation of that name under graphql/operations.")


async def explain(name: str, variables: Mapping[str, Any], viewer: Viewer, work: Casework) -> str:
    """The whole explanation as text. A query is run once, for ``viewer``; a mutation never.

    Raises ``Invalid`` for a name that no trusted document has.
    """
    texts = read_operations(DOCUMENTS)
    documents = Documents(schema, texts, development=True)
    operation = _named((documents.trusted(digest) for digest in texts), name)
    executor = CompiledExecutor(schema, CoreExecutor(schema))
    parts = [
        f"{operation.kind.value} {name}",
        f"cost: {documents.cost(operation, variables)} units",
        _shared(documents, operation),
        "",
        _compiled(executor, operation, variables),
    ]
    if operation.kind is OperationType.QUERY:
        with heard_statements() as heard:
            context = Context(viewer=viewer, request_id="explain", language=viewer.language, work=work)
            body = await executor(operation, variables, context)
        parts += [
            f"-- {len(heard)} statements, for {type(viewer).__name__}, {len(body)} bytes",
            *_counted(heard),
        ]
        if b'"errors"' in body:
            parts += ["", body.decode()]
    else:
        parts.append("-- only queries are run, so no statement is shown")
    return "\n".join(parts)


def _named(trusted: Iterable[Document], name: str) -> Operation:
    for document in trusted:
        if name in document.operations:
            return document.operation(name)
    raise Invalid(UNKNOWN, fields=(FieldProblem(("name",), UNKNOWN),))


def _shared(documents: Documents, operation: Operation) -> str:
    seconds = documents.shared_for(operation)
    return "the viewer's own" if seconds is None else f"the same for everybody, kept for {seconds} s"


def _compiled(executor: CompiledExecutor, operation: Operation, variables: Mapping[str, Any]) -> str:
    program = executor.program(operation)
    if program is None:
        return "# not compiled: graphql-core runs it\n"
    try:
        return program.explain(variables)
    except (NotCompiled, Unfit) as reason:
        return f"# not compiled ({reason}): graphql-core runs it\n"


def _counted(heard: list[str]) -> Iterator[str]:
    for statement, times in Counter(heard).items():
        yield f"{statement}{f'  -- {times} times' if times > 1 else ''}"
