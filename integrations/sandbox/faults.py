"""The common ways in which a server outside fails, switched on by ``POST …/scenario``."""

import asyncio
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class Fault(StrEnum):
    """What the server does to every call of its protocol."""

    NORMAL = "normal"
    DOWN = "down"
    """503, nothing happens."""
    SLOW = "slow"
    """Works, after ``slowSeconds``."""
    GARBAGE = "garbage"
    """200 with something that is not the protocol."""
    BUSY = "busy"
    """The protocol's own word for "not now"."""
    TOO_FREQUENT = "too_frequent"
    """The protocol's own word for "too many calls"."""


class Scenario(BaseModel):
    """How a server behaves until told otherwise."""

    model_config = ConfigDict(extra="forbid")

    mode: Fault = Fault.NORMAL
    slow_seconds: float = Field(default=5.0, alias="slowSeconds", ge=0, le=60)


class Faults:
    """Holds one server's scenario and plays it."""

    def __init__(self) -> None:
        self.scenario = Scenario()

    async def play(self) -> Response | None:
        """The faulty answer, or None when the call is to be served."""
        match self.scenario.mode:
            case Fault.DOWN:
                return Response(status_code=503)
            case Fault.GARBAGE:
                return Response("<html>502 from somewhere else</html>")
            case Fault.SLOW:
                await asyncio.sleep(self.scenario.slow_seconds)
        return None

    async def set_scenario(self, request: Request) -> Response:
        """``POST {mode, slowSeconds}``."""
        self.scenario = Scenario.model_validate_json(await request.body())
        return JSONResponse(self.scenario.model_dump(mode="json", by_alias=True))
