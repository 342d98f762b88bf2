"""Short messages to citizens: WeChat's and Alipay's subscribed messages, and SMS, each in its platform's protocol."""

from collections.abc import Mapping

import orjson
import structlog
from pydantic import BaseModel, Field

from backend.errors import Unavailable
from backend.keys import Keys
from backend.keys.files import NoticeTemplatesEntry
from backend.message_ports import Channel, MessageChannel, Outcome, Purpose, ShortMessage, Told
from backend.settings import Settings
from integrations.alipay import AlipayRefusedError, Gateway
from integrations.sms import OK, REFUSED_NUMBERS, TencentSms
from integrations.transport import Transport
from integrations.wechat_token import WeChatRefusedError, WeChatServer

_log = structlog.get_logger()


def message_channels(
    transport: Transport,
    settings: Settings,
    keys: Keys,
    *,
    wechat: WeChatServer,
    alipay: Gateway | None,
) -> Mapping[Channel, MessageChannel]:
    """The channels that this installation has templates for."""
    registered = keys.notice_templates
    if registered is None:
        return {}
    channels: dict[Channel, MessageChannel] = {
        Channel.WECHAT: WeChatMessages(wechat, registered, development=settings.development)
    }
    if alipay is not None:
        channels[Channel.ALIPAY] = AlipayMessages(alipay, registered)
    if settings.sms_url and keys.sms is not None:
        channels[Channel.SMS] = SmsMessages(
            TencentSms(transport, url=settings.sms_url, keys=keys.sms), registered
        )
    return channels


def _unanswered(refusal: Unavailable) -> Told:
    return Told(Outcome.UNCERTAIN if refusal.reached else Outcome.LATER, "no answer")


# --- WeChat ----------------------------------------------------------------------------------------

WECHAT_OUTCOMES: Mapping[int, Outcome] = {
    0: Outcome.SENT,
    43101: Outcome.NOT_SUBSCRIBED,  # user refuse to accept the msg
    40003: Outcome.REFUSED,  # invalid openid
    43107: Outcome.REFUSED,  # the capability is banned for this receiver
    45009: Outcome.QUOTA,  # reach max api daily quota limit
    45011: Outcome.LATER,  # minute quota
    -1: Outcome.LATER,  # system busy
}
"""What the codes of ``subscribeMessage.send`` mean; every other one is about our set-up."""


class _WeChatAnswer(BaseModel):
    errcode: int = 0


class WeChatMessages:
    """``subscribeMessage.send`` of one mini-program, on long-term templates."""

    def __init__(self, server: WeChatServer, registered: NoticeTemplatesEntry, *, development: bool) -> None:
        self._server = server
        self._templates = {
            Purpose.PROGRESS: registered.wechat_progress,
            Purpose.ACTION: registered.wechat_action,
        }
        self._state = "developer" if development else "formal"

    def template(self, purpose: Purpose) -> str:
        """The template's id; see ``backend.message_ports.MessageChannel``."""
        return self._templates[purpose]

    async def send(self, address: str, message: ShortMessage) -> Told:
        """Send once; see ``backend.message_ports.MessageChannel``."""
        told = {
            "touser": address,
            "template_id": self._templates[message.purpose],
            "page": message.page,
            "miniprogram_state": self._state,
            "lang": "en_US" if message.language.startswith("en") else "zh_CN",
            "data": {
                "thing1": {"value": message.subject},
                "thing2": {"value": message.status},
                "time3": {"value": message.time},
                "thing4": {"value": message.hint},
            },
        }
        try:
            answer = await self._server.call("cgi-bin/message/subscribe/send", told, _WeChatAnswer)
        except WeChatRefusedError as error:
            code, sent_nothing = error.errcode, True
        except Unavailable as refusal:
            return _unanswered(refusal)
        else:
            code, sent_nothing = answer.errcode, False
        outcome = WECHAT_OUTCOMES.get(code)
        if outcome is None or (sent_nothing and outcome is not Outcome.LATER):
            _log.error("wechat_refuses_us", errcode=code)
            outcome = Outcome.LATER
        return Told(outcome, str(code))


# --- Alipay ----------------------------------------------------------------------------------------

ALIPAY_OUTCOMES: Mapping[str, Outcome] = {
    "USER_NOT_SUBSCRIBE": Outcome.NOT_SUBSCRIBED,
    "USER_TEMPLATE_ILLEGAL": Outcome.REFUSED,
    "INVALID_USER": Outcome.REFUSED,
    "SEND_LIMIT": Outcome.QUOTA,
    "isv.app-call-limited": Outcome.LATER,
    "isp.unknow-error": Outcome.LATER,
    "aop.unknow-error": Outcome.LATER,
    "ACQ.SYSTEM_ERROR": Outcome.LATER,
    "SYSTEM_ERROR": Outcome.LATER,
}
"""What the sub-codes of ``templatemessage.send`` mean; every other one is about our set-up."""


class _AlipayAnswer(BaseModel):
    code: str = Field(default="")


class AlipayMessages:
    """``alipay.open.app.mini.templatemessage.send`` of one mini-program."""

    def __init__(self, gateway: Gateway, registered: NoticeTemplatesEntry) -> None:
        self._gateway = gateway
        self._templates = {
            Purpose.PROGRESS: registered.alipay_progress,
            Purpose.ACTION: registered.alipay_action,
        }

    def template(self, purpose: Purpose) -> str:
        """The template's id; see ``backend.message_ports.MessageChannel``."""
        return self._templates[purpose]

    async def send(self, address: str, message: ShortMessage) -> Told:
        """Send once; see ``backend.message_ports.MessageChannel``.

        An application sees either ``user_id`` (2088…) or ``open_id``, and addresses by the same.
        """
        receiver = "to_user_id" if address.startswith("2088") else "to_open_id"
        told = {
            receiver: address,
            "user_template_id": self._templates[message.purpose],
            "page": message.page,
            "data": orjson.dumps(
                {
                    "keyword1": {"value": message.subject},
                    "keyword2": {"value": message.status},
                    "keyword3": {"value": message.time},
                    "keyword4": {"value": message.hint},
                }
            ).decode(),
        }
        try:
            await self._gateway.call(
                "alipay.open.app.mini.templatemessage.send",
                {"biz_content": orjson.dumps(told).decode()},
                _AlipayAnswer,
            )
        except AlipayRefusedError as error:
            outcome = ALIPAY_OUTCOMES.get(error.sub_code)
            if outcome is None:
                _log.error("alipay_refuses_us", code=error.code, sub_code=error.sub_code)
            return Told(outcome or Outcome.LATER, error.sub_code)
        except Unavailable as refusal:
            return _unanswered(refusal)
        return Told(Outcome.SENT, "10000")


# --- SMS -------------------------------------------------------------------------------------------


class SmsMessages:
    """Registered SMS templates with three parts: subject, status, hint."""

    def __init__(self, gateway: TencentSms, registered: NoticeTemplatesEntry) -> None:
        self._gateway = gateway
        self._templates = {
            Purpose.PROGRESS: registered.sms_progress,
            Purpose.ACTION: registered.sms_action,
        }

    def template(self, purpose: Purpose) -> str:
        """The template's id; see ``backend.message_ports.MessageChannel``."""
        return self._templates[purpose]

    async def send(self, address: str, message: ShortMessage) -> Told:
        """Send once; see ``backend.message_ports.MessageChannel``."""
        try:
            code = await self._gateway.send(
                phone=address,
                template=self._templates[message.purpose],
                parameters=(message.subject, message.status, message.hint),
            )
        except Unavailable as refusal:
            return _unanswered(refusal)
        return Told(_sms_outcome(code), code)


def _sms_outcome(code: str) -> Outcome:
    if code == OK:
        return Outcome.SENT
    if code in REFUSED_NUMBERS:
        return Outcome.REFUSED
    if code == "LimitExceeded.AppDailyLimit":
        return Outcome.QUOTA
    if not code:  # an answer that is none: it may have been sent
        return Outcome.UNCERTAIN
    if code.startswith("LimitExceeded.PhoneNumber"):
        return Outcome.LATER
    if not code.startswith("InternalError"):
        _log.error("sms_gateway_refuses_us", code=code)
    return Outcome.LATER
