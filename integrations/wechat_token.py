"""The access token of a mini-program's server calls (``getStableAccessToken``): one for all processes until it ends."""

import asyncio
import time
from collections.abc import Mapping

import orjson
from pydantic import BaseModel, Field

from backend.errors import Unavailable
from integrations.transport import Answer, Shape, Transport

STALE_TOKEN = {40001, 40014, 42001}
"""The access token is not (or no longer) good: it is fetched anew and the call made once more."""
_EARLY = 300.0
"""Seconds before its end in which an access token is not used any more."""


class WeChatRefusedError(Exception):
    """WeChat gives us no token. Holds its code only."""

    def __init__(self, errcode: int) -> None:
        self.errcode = errcode
        super().__init__(str(errcode))


class _Token(BaseModel):
    access_token: str = Field(default="", max_length=600)
    expires_in: int = 0
    errcode: int = 0


class WeChatServer:
    """Server calls of one mini-program."""

    def __init__(self, transport: Transport, *, base_url: str, app_id: str, app_secret: str) -> None:
        self._transport = transport
        self._base_url = base_url
        self._app_id = app_id
        self._app_secret = app_secret
        self._token = ""
        self._until = 0.0
        self._renewing = asyncio.Lock()

    async def call(
        self, path: str, told: Mapping[str, object], shape: type[Shape], *, repeatable: bool = False
    ) -> Shape:
        """The answer of ``path``, whatever its ``errcode``, on a token that was good.

        Raises ``WeChatRefusedError`` where there is no token to be had, and ``Unavailable``.
        """
        for last in (False, True):
            try:
                token = await self._access_token(renew=last)
            except Unavailable as refusal:
                refusal.reached = False  # the call itself was not made
                raise
            answer: Answer = await self._transport.send(
                "wechat",
                "POST",
                f"{self._base_url}/{path}",
                params={"access_token": token},
                headers={"content-type": "application/json"},
                content=orjson.dumps(told),
                repeatable=repeatable,
            )
            found = answer.read(shape)
            if getattr(found, "errcode", 0) not in STALE_TOKEN:
                break
        return found

    async def _access_token(self, *, renew: bool) -> str:
        async with self._renewing:
            if renew or time.monotonic() >= self._until:
                answer = await self._transport.send(
                    "wechat",
                    "POST",
                    f"{self._base_url}/cgi-bin/stable_token",
                    headers={"content-type": "application/json"},
                    content=orjson.dumps(
                        {
                            "grant_type": "client_credential",
                            "appid": self._app_id,
                            "secret": self._app_secret,
                            "force_refresh": renew,
                        }
                    ),
                    repeatable=True,
                )
                told = answer.read(_Token)
                if told.errcode or not told.access_token:
                    raise WeChatRefusedError(told.errcode)
                self._token = told.access_token
                self._until = time.monotonic() + max(0.0, told.expires_in - _EARLY)
            return self._token
