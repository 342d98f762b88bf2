"""A front end that sends our own trusted documents straight to the schema, past the edge."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from strawberry.types import ExecutionResult

from backend.casework.machine import Casework
from backend.viewer import Viewer
from resolvers.context import Context
from resolvers.schema import schema
from tests.support.people import new_key


@cache
def trusted(operation: str) -> str:
    """The text of the trusted document that bears the name of its operation."""
    (path,) = Path("graphql/operations").glob(f"*/{operation}.graphql")
    return path.read_text()


def only_value(result: ExecutionResult) -> Any:
    """What the only field of an operation came to; nothing may have gone wrong."""
    assert result.errors is None, result.errors
    assert result.data is not None
    (answer,) = result.data.values()
    return answer


@dataclass(slots=True)
class Front:
    """Somebody's front end."""

    work: Casework
    viewer: Viewer
    language: str = "zh-CN"

    async def execute(self, text: str, /, **variables: object) -> ExecutionResult:
        """Whatever a document is answered."""
        context = Context(viewer=self.viewer, request_id="test", language=self.language, work=self.work)
        result = await schema.execute(text, variable_values=variables, context_value=context)
        assert isinstance(result, ExecutionResult)
        return result

    async def send(self, operation: str, /, **variables: object) -> Any:
        """What a trusted document is answered."""
        return only_value(await self.execute(trusted(operation), **variables))

    async def do(self, operation: str, /, **given: object) -> Any:
        """A mutation's result, under a fresh key."""
        return await self.send(operation, input={"idempotencyKey": new_key(), **given})


class Outspoken(Front):
    """One that is told the class of a refusal where there is no answer."""

    __slots__ = ()

    async def send(self, operation: str, /, **variables: object) -> Any:
        """What a trusted document is answered, or the name of what was raised instead."""
        result = await self.execute(trusted(operation), **variables)
        if result.errors:
            return type(result.errors[0].original_error).__name__
        return only_value(result)
