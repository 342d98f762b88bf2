"""From an operation to plans, one for each valuation of its @skip and @include, and their execution."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import collect_fields
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from resolvers.execution.compiled.emit import Direct, Emitter, NotCompiled
from resolvers.execution.compiled.run import Anomaly, Asked, Complete, Memory, Run

MOST_PLANS = 32
"""Valuations of one operation that are kept; more are a sign of something that is not worth compiling."""


class Unfit(Exception):
    """The variables do not fit the operation, or it has more valuations than are kept."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The generated functions of one valuation."""

    asked: list[Asked]
    select: Complete | None
    """Makes the whole answer of a query."""
    roots: tuple[tuple[str, Complete, Complete], ...]
    """Of a mutation: response key, resolver and completion, in series."""
    text: str


@dataclass(slots=True)
class Program:
    """A compiled operation."""

    schema: Schema
    document: DocumentNode
    name: str | None
    kind: OperationType
    direct: Direct
    valued: tuple[str, ...]
    """The variables that @skip and @include read."""
    plans: dict[tuple[Any, ...], Plan] = field(default_factory=dict)

    async def run(self, variables: Mapping[str, Any], context: object, memory: Memory) -> dict[str, Any]:
        """``data`` of the answer. Any exception means: run it again with graphql-core and ``memory``.

        ``memory`` is filled with what the mutation roots came to, so that none of them runs twice.
        """
        executor = self._executor(variables, context)
        plan = self._plan(executor)
        run = Run(self.schema, executor, plan.asked, memory)
        try:
            if plan.select is None:
                return await _serially(plan, run, memory)
            data: dict[str, Any] = plan.select(run, None)
            await run.drain()
        except Anomaly as anomaly:
            memory.left.append(anomaly.met)
            raise
        finally:
            run.close()
        return data

    def explain(self, variables: Mapping[str, Any]) -> str:
        """The generated text for ``variables``."""
        return self._plan(self._executor(variables, None)).text

    def _executor(self, variables: Mapping[str, Any], context: object) -> Executor[Any]:
        """graphql-core's executor of this operation: it coerces variables and makes every ``info``."""
        built = StrawberryGraphQLCoreExecutionContext.build(
            self.schema._schema,  # noqa: SLF001 - Strawberry has no public way to graphql-core's schema
            self.document,
            context_value=context,
            raw_variable_values=dict(variables),
            operation_name=self.name,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # says bool where a TypeGuard is asked for
            hide_suggestions=True,
            operation_extensions=None,
        )
        if isinstance(built, list):
            raise Unfit("variables")
        return built

    def _plan(self, executor: Executor[Any]) -> Plan:
        coerced = executor.variable_values.coerced
        valuation = tuple(coerced.get(name) for name in self.valued)
        plan = self.plans.get(valuation)
        if plan is None:
            if len(self.plans) >= MOST_PLANS:
                raise Unfit("valuations")
            plan = self.plans[valuation] = _made(self, executor)
        return plan


@dataclass(frozen=True, slots=True)
class Compiler:
    """Makes programs for the operations of one schema."""

    schema: Schema
    direct: Direct

    def program(self, document: DocumentNode, name: str | None, kind: OperationType) -> Program:
        """The program of an operation, its plans to be made on first use. Raises ``NotCompiled``."""
        if kind is OperationType.SUBSCRIPTION:
            raise NotCompiled("a subscription")
        if any(
            isinstance(node, FragmentDefinitionNode) and node.variable_definitions
            for node in document.definitions
        ):
            raise NotCompiled("fragment variables")
        found = _Conditions()
        visit(document, found)
        return Program(self.schema, document, name, kind, self.direct, tuple(sorted(found.variables)))


def _made(program: Program, executor: Executor[Any]) -> Plan:
    schema = program.schema._schema  # noqa: SLF001 - as above
    operation: OperationDefinitionNode = executor.operation
    root = schema.get_root_type(program.kind)
    if root is None:
        raise NotCompiled("no root")
    collected = collect_fields(
        schema, executor.fragments, executor.variable_values, root, operation, hide_suggestions=True
    )
    emitter = Emitter(program.schema, executor, program.direct)
    if program.kind is OperationType.QUERY:
        select = emitter.selection(root, collected.grouped_field_set, None)
        names = emitter.finish()
        return Plan(emitter.asked, names[select], (), emitter.text)
    written = {key: emitter.root(root, details) for key, details in collected.grouped_field_set.items()}
    names = emitter.finish()
    roots = tuple((key, names[resolve], names[complete]) for key, (resolve, complete) in written.items())
    return Plan(emitter.asked, None, roots, emitter.text)


async def _serially(plan: Plan, run: Run, memory: Memory) -> dict[str, Any]:
    """Mutation roots, one after the other, each whole before the next begins and each remembered."""
    data: dict[str, Any] = {}
    for key, resolve, complete in plan.roots:
        try:
            value = resolve(run, None)
            later = optimized_is_awaitable(value)
            if later:
                value = await value
        except Exception as error:
            memory.roots[key] = partial(_raised, error)
            raise
        memory.roots[key] = partial(_awaited if later else _returned, value)
        if optimized_is_awaitable(value):
            raise Anomaly("awaited, and still awaitable")
        data[key] = None
        data[key] = complete(run, value)
        await run.drain()
    return data


async def _awaited(value: Any) -> Any:
    return value


def _returned(value: Any) -> Any:
    return value


def _raised(error: Exception) -> Any:
    raise error


class _Conditions(Visitor):
    """Finds the variables on which it depends what is selected."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()

    def enter_directive(self, node: Any, *_: Any) -> None:
        if node.name.value in {"skip", "include"}:
            for argument in node.arguments or ():
                if isinstance(argument.value, VariableNode):
                    self.variables.add(argument.value.name.value)
