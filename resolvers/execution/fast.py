"""The compiled executor behind the port: the same bytes as the reference, sooner.

Every anomaly is run again by the reference, so that errors, paths and nulls are never written twice.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import orjson
import strawberry
import structlog
from graphql import OperationType
from strawberry.types.field import StrawberryField

from resolvers.access import PARENT
from resolvers.context import Context
from resolvers.execution.compiled import Compiler, Memory, NotCompiled, Program, Unfit
from resolvers.execution.core import CoreExecutor, encode
from resolvers.execution.port import Document, Executor, Operation
from resolvers.fields import AccessField

log = structlog.get_logger()

Counted = Callable[[str], None]
"""Counts one execution by how it went: ``compiled``, ``anomaly``, ``core``, ``same`` or ``different``."""


def _uncounted(_outcome: str) -> None:
    """For whoever does not count."""


@dataclass(frozen=True, slots=True)
class Compilation:
    """How operations are run."""

    on: bool = True
    """Off, every operation is run by graphql-core."""
    compared: float = 0.0
    """The share of queries (0 to 1) that both executors answer; see ``CompiledExecutor``."""
    counted: Counted = _uncounted

    def executor(self, schema: strawberry.Schema, core: CoreExecutor) -> Executor:
        """The executor of queries and mutations."""
        if not self.on:
            return core
        return CompiledExecutor(schema, core, sample=self.compared, counted=self.counted)


def reads_directly(field: StrawberryField) -> bool:
    """Whether nothing but its resolver or attribute stands behind a field: no access of its own to check."""
    return type(field) is StrawberryField or (type(field) is AccessField and field.access is PARENT)


class CompiledExecutor:
    """Runs operations of ``schema`` as generated Python.

    ``sample`` is the share of queries (0 to 1) that both executors answer; a difference is logged, counted,
    and the reference's answer is the one that is given.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        core: CoreExecutor,
        *,
        sample: float = 0.0,
        counted: Counted = _uncounted,
    ) -> None:
        self._core = core
        self._compiler = Compiler(schema, reads_directly)
        self._programs: WeakKeyDictionary[Document, dict[str, Program | None]] = WeakKeyDictionary()
        self._sample = sample
        self._counted = counted

    async def __call__(self, operation: Operation, variables: Mapping[str, Any], context: Context) -> bytes:
        """See ``port.Executor``."""
        memory = Memory()
        try:
            body, outcome = await self._quickly(operation, variables, context, memory)
            self._counted(outcome)
            if body is None:
                return encode(await self._core.result(operation, variables, context, memory))
        finally:
            memory.close()
        if self._sample and operation.kind is OperationType.QUERY and random.random() < self._sample:  # noqa: S311 - a sample, not a secret
            return await self._compared(operation, variables, context, body)
        return body

    async def _quickly(
        self, operation: Operation, variables: Mapping[str, Any], context: Context, memory: Memory
    ) -> tuple[bytes | None, str]:
        """The compiled answer, or None where the reference has to give it, and how it went."""
        program = self.program(operation)
        if program is None:
            return None, "core"
        try:
            return orjson.dumps({"data": await program.run(variables, context, memory)}), "compiled"
        except (NotCompiled, Unfit):
            return None, "core"
        except SyntaxError:
            log.exception("compiled_text_is_wrong", operation=operation.name)
            return None, "core"
        except Exception:  # noqa: BLE001 - whatever it is, the reference says it to the client and to the log
            return None, "anomaly"

    def program(self, operation: Operation) -> Program | None:
        """The compiled operation, made on first use and kept with its document; None if it is not compiled."""
        known = self._programs.setdefault(operation.document, {})
        if operation.name not in known:
            try:
                known[operation.name] = self._compiler.program(
                    operation.document.ast, operation.name or None, operation.kind
                )
            except NotCompiled:
                known[operation.name] = None
        return known[operation.name]

    async def _compared(
        self, operation: Operation, variables: Mapping[str, Any], context: Context, body: bytes
    ) -> bytes:
        reference = await self._core(operation, variables, context)
        same = reference == body
        self._counted("same" if same else "different")
        if not same:
            log.error("compiled_answer_differs", operation=operation.name)
        return reference
