"""Ways to send a citizen a short message, as one protocol. ``integrations`` implements it per platform."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Channel(StrEnum):
    """Where a message goes; the inbox is not one of them, it always has the notice."""

    WECHAT = "WECHAT"
    ALIPAY = "ALIPAY"
    SMS = "SMS"


class Purpose(StrEnum):
    """What a message is for: platforms register one template for each, citizens subscribe to each."""

    PROGRESS = "PROGRESS"
    """办理进度提醒"""
    ACTION = "ACTION"
    """待办事项提醒: the citizen has to do something by a date."""


class Outcome(StrEnum):
    """What became of one try."""

    SENT = "SENT"
    NOT_SUBSCRIBED = "NOT_SUBSCRIBED"
    """The citizen does not want these messages there."""
    REFUSED = "REFUSED"
    """This receiver or this message will never be taken; another channel may."""
    QUOTA = "QUOTA"
    """The channel takes no more today."""
    LATER = "LATER"
    """Nothing was sent; the same try may succeed later."""
    UNCERTAIN = "UNCERTAIN"
    """No answer came, so that the message may have been sent: trying again could send it twice."""


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """What leaves the house about a case: enough to recognise one's own, nothing about whose or which it is."""

    purpose: Purpose
    subject: str
    """民政事项（尾号0068）: at most 20 characters."""
    status: str
    """Where the case stands, at most 20 characters."""
    time: str
    """2026年11月25日 09:30, legal time."""
    hint: str
    """What to do next, at most 20 characters."""
    page: str
    """Where the mini-program opens."""
    language: str
    """BCP 47."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a try, with the platform's own code for it."""

    outcome: Outcome
    code: str = ""


class MessageChannel(Protocol):
    """One platform's messages. Never raises for what the platform says: that is the outcome."""

    def template(self, purpose: Purpose) -> str:
        """The platform's id of the template, which the front end asks the citizen to subscribe to."""
        ...

    async def send(self, address: str, message: ShortMessage) -> Told:
        """Send once to ``address`` (an open id, or a number in E.164)."""
        ...
