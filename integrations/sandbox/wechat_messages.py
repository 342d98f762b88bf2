"""Plays WeChat's subscribed messages: checks token, template, fields and subscription, and shows them on a phone."""

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from backend.keys import SandboxKeys
from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.phones import Phones

_ERRORS = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40003: "invalid openid",
    40037: "invalid template_id",
    43101: "user refuse to accept the msg",
    45009: "reach max api daily quota limit",
    47003: "argument invalid",
}
_FIELDS = {"thing1", "thing2", "time3", "thing4"}
_LONGEST = 20


class _Value(BaseModel):
    value: str = Field(min_length=1)


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")

    touser: str
    template_id: str
    page: str
    miniprogram_state: str = Field(pattern="^(developer|trial|formal)$")
    lang: str = Field(pattern="^(zh_CN|en_US|zh_HK|zh_TW)$")
    data: dict[str, _Value]


class WeChatMessages:
    """``subscribeMessage.send``; subscriptions and messages live in memory."""

    def __init__(self, keys: SandboxKeys, holds: Callable[[str | None], bool]) -> None:
        registered = keys.notice_templates
        self._phones = Phones((registered.wechat_progress, registered.wechat_action))
        self._holds = holds
        self._faults = Faults()

    def routes(self) -> list[BaseRoute]:
        """The protocol under ``/wechat``, the phone and the switches under ``/admin/wechat``."""
        return [
            Route("/wechat/cgi-bin/message/subscribe/send", self.send, methods=["POST"]),
            Route("/admin/wechat/message-scenario", self._faults.set_scenario, methods=["POST"]),
            *self._phones.routes("wechat"),
        ]

    async def send(self, request: Request) -> Response:
        """``subscribeMessage.send``; errors are status 200 with an ``errcode``, as in reality.

        A slow server has sent the message before it answers.
        """
        slow = self._faults.scenario.mode is Fault.SLOW
        if not slow and (faulty := await self._faults.play()) is not None:
            return faulty
        errcode = self._errcode(request, _Message.model_validate_json(await request.body()))
        if slow:
            await self._faults.play()
        return JSONResponse({"errcode": errcode, "errmsg": _ERRORS.get(errcode, "ok")})

    def _errcode(self, request: Request, message: _Message) -> int:
        values = {name: part.value for name, part in message.data.items()}
        lengths = [len(value) for name, value in values.items() if name.startswith("thing")]
        mode = self._faults.scenario.mode
        wrong = (
            (-1, mode is Fault.BUSY),
            (45009, mode is Fault.TOO_FREQUENT),
            (40001, not self._holds(request.query_params.get("access_token"))),
            (40037, message.template_id not in self._phones.templates),
            (47003, set(values) != _FIELDS or max(lengths) > _LONGEST),
            (40003, not message.touser),
            (43101, not self._phones.takes(message.touser, message.template_id)),
        )
        errcode = next((code for code, applies in wrong if applies), 0)
        if errcode == 0:
            self._phones.show(message.touser, message.template_id, {**values, "page": message.page})
        return errcode
