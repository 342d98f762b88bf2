"""The reference executor: graphql-core, over documents that were parsed and validated before.

It runs the same graphql-core executor with the same ``is_awaitable`` as ``strawberry.Schema.execute``,
without that method's per-request parsing, validation and extensions.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from inspect import isawaitable
from typing import Any, TypeGuard, cast

import orjson
import strawberry
from graphql import ExecutionResult, execute
from graphql.execution import Executor as GraphQLExecutor
from graphql.execution import create_source_event_stream, execute_subscription_event
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from backend.errors import NotSignedIn, Text
from resolvers.context import Context, MakeEventContext
from resolvers.events import Event
from resolvers.execution.compiled import Memory, recall
from resolvers.execution.deadline import TOO_SLOW
from resolvers.execution.port import Happened, Operation
from resolvers.problems import ProtocolCode, public_error, public_exception

# Strawberry's quicker test, with the type that graphql-core expects of it.
_is_awaitable = cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable)

EVENT_SECONDS = 15.0
"""How long one event of a subscription may take."""
_SOMEONE_ELSE = Text("登录状态已改变，请重新订阅。", "Your sign-in has changed; please subscribe again.")


class CoreExecutor:
    """Runs operations of ``schema``."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = schema._schema  # noqa: SLF001 - Strawberry has no public way to graphql-core's schema

    async def __call__(self, operation: Operation, variables: Mapping[str, Any], context: Context) -> bytes:
        """See ``port.Executor``."""
        return encode(await self.result(operation, variables, context))

    async def result(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        context: Context,
        memory: Memory | None = None,
    ) -> ExecutionResult:
        """The answer before it is bytes; its errors are already fit for the client.

        ``memory`` holds what mutation roots came to that were run already: they are not run again.
        """
        try:
            result = await self._execute(operation, variables, context, memory)
        except Exception as error:  # noqa: BLE001 - the port never raises; the bug is logged and masked
            result = ExecutionResult(None, [public_exception(error, context.language)])
        return published(result, context.language)

    async def _execute(
        self, operation: Operation, variables: Mapping[str, Any], context: Context, memory: Memory | None
    ) -> ExecutionResult:
        result = execute(
            self._schema,
            operation.document.ast,
            context_value=context,
            variable_values=dict(variables),
            operation_name=operation.name or None,
            middleware=[recall(memory)] if memory and memory.roots else None,
            is_awaitable=_is_awaitable,
            executor_class=StrawberryGraphQLCoreExecutionContext,
            hide_suggestions=True,
            operation_extensions=None,
        )
        return await result if isawaitable(result) else result

    async def events(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        make_context: MakeEventContext,
    ) -> AsyncGenerator[Happened, None]:
        """See ``port.EventSource``.

        Loaders never answer with yesterday's rows, because each event has a context of its own. The
        subscription ends when the connection's token no longer stands for the same viewer.
        """
        context = await make_context()
        language = context.language
        executor = StrawberryGraphQLCoreExecutionContext.build(
            self._schema,
            operation.document.ast,
            context_value=context,
            raw_variable_values=dict(variables),
            operation_name=operation.name or None,
            is_awaitable=_is_awaitable,
            hide_suggestions=True,
            operation_extensions=None,
        )
        if isinstance(executor, list):
            yield _not_started(ExecutionResult(None, executor), language)
            return
        source = create_source_event_stream(executor)
        stream = await source if isawaitable(source) else source
        if isinstance(stream, ExecutionResult):
            yield _not_started(stream, language)
            return
        begun = False
        try:
            async with aclosing(cast("AsyncGenerator[Any, None]", stream)) as values:
                async for event in values:
                    value, cursor = (event.value, event.cursor) if isinstance(event, Event) else (event, None)
                    result = await self._event(executor, value, context, make_context)
                    if cursor is not None:
                        result = ExecutionResult(result.data, result.errors, {"cursor": cursor})
                    begun = True
                    yield Happened(encode(result), cursor=cursor)
        except Exception as error:  # noqa: BLE001 - ends the subscription: a refusal, or a bug, masked
            ended = ExecutionResult(None, [public_exception(error, language)])
            yield Happened(encode(ended), started=begun)

    async def _event(
        self, executor: GraphQLExecutor[Any], value: object, first: Context, make_context: MakeEventContext
    ) -> ExecutionResult:
        context = first
        try:
            async with asyncio.timeout(EVENT_SECONDS) as deadline:
                context = await make_context()
                if context.viewer != first.viewer:
                    raise NotSignedIn(_SOMEONE_ELSE)
                of_event = executor.build_per_event_executor(value)
                of_event.context_value = context
                result = execute_subscription_event(of_event)
                return published(await result if isawaitable(result) else result, first.language)
        except TimeoutError:
            if not deadline.expired():
                raise
            return ExecutionResult(None, [TOO_SLOW])
        finally:
            context.close()


def published(result: ExecutionResult, language: str) -> ExecutionResult:
    """``result`` with its errors as the client may see them."""
    errors = [public_error(error, language) for error in result.errors or ()]
    return ExecutionResult(result.data, errors or None)


def _not_started(result: ExecutionResult, language: str) -> Happened:
    return Happened(encode(published(result, language)), started=False)


def encode(result: ExecutionResult) -> bytes:
    """A published result as JSON; ``data`` first, and left out if the operation was never started."""
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
        started = result.data is not None or any(
            error.path or (error.extensions or {}).get("code") != ProtocolCode.BAD_VARIABLES
            for error in result.errors
        )
        if not started:
            del answer["data"]
    if result.extensions:
        answer["extensions"] = result.extensions
    return orjson.dumps(answer)
