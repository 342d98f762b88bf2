"""WeChat mini-program sign-in: ``code2Session`` as WeChat's server API defines it."""

import structlog
from pydantic import BaseModel, Field

from backend.errors import Invalid, ProblemCode, Refusal, Text, TooMany
from backend.ports import PlatformAccount
from integrations.transport import Transport, no_answer

NAME = "WECHAT"

_BUSY = -1
_RATE_LIMITED = 45011
_REFUSED = {
    40029: Text(
        zh="微信登录凭证无效，请重新打开小程序。", en="The WeChat login code is not valid; reopen the app."
    ),
    40163: Text(
        zh="微信登录凭证已被使用，请重新打开小程序。",
        en="The WeChat login code was already used; reopen the app.",
    ),
    40226: Text(
        zh="微信判定该账号存在风险，暂不能登录。",
        en="WeChat considers this account a risk and does not sign it in.",
    ),
}
"""Codes of ``code2Session`` that are about the citizen's login code; every other one is about our set-up."""

_log = structlog.get_logger()


class _Session(BaseModel):
    """The answer. ``session_key`` is left out on purpose: what is not read cannot leak."""

    openid: str = Field(default="", max_length=128)
    unionid: str | None = Field(default=None, max_length=128)
    errcode: int = 0


class WeChatPlatform:
    """``MiniProgramPlatform`` of one WeChat mini-program."""

    def __init__(self, transport: Transport, *, base_url: str, app_id: str, app_secret: str) -> None:
        self._transport = transport
        self._url = f"{base_url}/sns/jscode2session"
        self._app_id = app_id
        self._app_secret = app_secret

    async def exchange_code(self, code: str) -> PlatformAccount:
        """The account behind a login code; see ``backend.ports.MiniProgramPlatform``."""
        answer = await self._transport.send(
            "wechat",
            "GET",
            self._url,
            params={
                "appid": self._app_id,
                "secret": self._app_secret,
                "js_code": code,
                "grant_type": "authorization_code",
            },
            # Not repeatable: the first try may have used the code up, and the second would say so.
        )
        session = answer.read(_Session)
        if session.errcode or not session.openid:
            raise self._refusal(session.errcode)
        return PlatformAccount(platform=NAME, open_id=session.openid, union_id=session.unionid)

    @staticmethod
    def _refusal(errcode: int) -> Refusal:
        if errcode in _REFUSED:
            return Invalid(_REFUSED[errcode], code=ProblemCode.SIGN_IN_FAILED)
        if errcode == _RATE_LIMITED:
            return TooMany(
                Text(zh="登录过于频繁，请一分钟后再试。", en="Too many sign-ins; try again in a minute."),
                retry_after=60,
            )
        if errcode != _BUSY:
            _log.error("wechat_refuses_us", errcode=errcode)
        return no_answer()
