"""Made-up phones with a mini-program on them: which messages they take, and which have come."""

from collections import deque
from collections.abc import Mapping

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

_KEPT = 500


class _Answer(BaseModel):
    open_id: str = Field(alias="openId")
    template: str
    accepted: bool = True


class _Whose(BaseModel):
    open_id: str = Field(alias="openId")


class Phones:
    """Long-term subscriptions, and the last messages, newest first."""

    def __init__(self, templates: tuple[str, ...]) -> None:
        self.templates = templates
        self._accepted: dict[tuple[str, str], bool] = {}
        self._shown: deque[tuple[str, str, Mapping[str, str]]] = deque(maxlen=_KEPT)

    def routes(self, platform: str) -> list[BaseRoute]:
        """The phone's switches under ``/admin``."""
        return [
            Route(f"/admin/{platform}/subscribe", self.subscribe, methods=["POST"]),
            Route(f"/admin/{platform}/messages", self.messages, methods=["POST"]),
        ]

    async def subscribe(self, request: Request) -> Response:
        """``POST {openId, template, accepted}``: what was tapped when the mini-program asked."""
        told = _Answer.model_validate_json(await request.body())
        self._accepted[told.open_id, told.template] = told.accepted
        return Response(status_code=204)

    async def messages(self, request: Request) -> Response:
        """``POST {openId} -> {messages: [{template, …}]}``: what the phone has shown."""
        whose = _Whose.model_validate_json(await request.body()).open_id
        shown = [{"template": template, **told} for phone, template, told in self._shown if phone == whose]
        return JSONResponse({"messages": shown})

    def takes(self, open_id: str, template: str) -> bool:
        """Whether this phone wants messages of the template."""
        return self._accepted.get((open_id, template), False)

    def show(self, open_id: str, template: str, told: Mapping[str, str]) -> None:
        """The message has come."""
        self._shown.appendleft((open_id, template, told))
