"""A signed endpoint: the envelope is checked, the scenario played, the answer signed, whatever is asked."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from backend.kit import clock
from integrations.sandbox.province.scenario import Mode, Scenario
from integrations.sandbox.province.store import DifferentBodyError, Store
from integrations.sandbox.province.wire import Wire, WireError

Act = Callable[[Any, bytes, Scenario], Awaitable[Mapping[str, object]]]
"""What is done with a sound message, its bytes, and how the platform behaves; what is told."""

STORMY = ((0.06, Mode.DOWN), (0.12, Mode.DROPPED), (0.22, Mode.LOSE_REPLY))
"""In a storm: up to which chance what happens; the rest goes well."""


class _Dropped(Response):
    """An answer that never arrives: it is announced, then the connection ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _ = scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})


class Signed:
    """Makes endpoints of one platform."""

    def __init__(self, store: Store, wire: Wire) -> None:
        self._store = store
        self._wire = wire
        self._last_answer: Response | None = None
        self._chances: tuple[int, random.Random] | None = None

    def route(self, path: str, shape: type[BaseModel], act: Act) -> Route:
        """``POST path`` for messages of ``shape``."""

        async def endpoint(request: Request) -> Response:
            scenario = await self._store.scenario()
            mode = self.chance(scenario) if scenario.mode is Mode.STORM else scenario.mode
            if mode is Mode.DOWN:
                return Response(status_code=503)
            if mode is Mode.DROPPED:
                return _Dropped()
            if mode is Mode.OLD_ANSWER and self._last_answer is not None:
                return self._last_answer
            body = await request.body()
            status, told = await self._done(request, body, shape, act, scenario)
            match mode:
                case Mode.LOSE_REPLY:
                    return _Dropped()
                case Mode.SLOW:
                    await asyncio.sleep(scenario.slow_seconds)
                case Mode.GARBAGE:
                    told = {"receipt": {"externalCaseNo": 7}}
            content = orjson.dumps(told)
            nonce = request.headers.get("X-Nonce", "")
            headers = self._wire.sign_answer(status=status, nonce=nonce, body=content, mode=mode)
            answer = Response(content, status_code=status, headers=headers, media_type="application/json")
            self._last_answer = answer
            return answer

        return Route(path, endpoint, methods=["POST"])

    def chance(self, scenario: Scenario) -> Mode:
        """What happens next in a storm: the same seed tells the same story."""
        if self._chances is None or self._chances[0] != scenario.seed:
            self._chances = scenario.seed, random.Random(scenario.seed)
        drawn = self._chances[1].random()
        return next((mode for limit, mode in STORMY if drawn < limit), Mode.NORMAL)

    async def _done(
        self, request: Request, body: bytes, shape: type[BaseModel], act: Act, scenario: Scenario
    ) -> tuple[int, Mapping[str, object]]:
        try:
            await self._admit(request, body, scenario)
            return 200, await act(shape.model_validate_json(body), body, scenario)
        except WireError as error:
            return error.status, {"code": error.code, "message": "请求未通过校验。"}
        except ValidationError as error:
            wrong = [".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False)]
            return 422, {"code": "MESSAGE_INVALID", "message": "报文不符合接口规范。", "fields": wrong}
        except DifferentBodyError:
            return 409, {"code": "DELIVERY_DIFFERS", "message": "同一投递编号的报文内容不一致。"}

    async def _admit(self, request: Request, body: bytes, scenario: Scenario) -> None:
        """Raises ``WireError`` for a request that is not sound, not fresh or not new."""
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        nonce = self._wire.verify(method=request.method, target=target, headers=request.headers, body=body)
        if not await self._store.first_seen(nonce, clock.now()):
            raise WireError(409, "NONCE_REPLAYED")
        if scenario.mode is Mode.REJECT:
            raise WireError(422, "CASE_REJECTED")
