"""Every kind of notice, and what the words of one consist of."""

from dataclasses import dataclass
from enum import StrEnum

from backend.errors import Text
from backend.message_ports import Purpose


class NoticeKind(StrEnum):
    """Every notice there is."""

    RECEIVED = "RECEIVED"
    ACCEPTED = "ACCEPTED"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    RESULT_READY = "RESULT_READY"
    CORRECTION_ASKED = "CORRECTION_ASKED"
    CORRECTION_LAPSED = "CORRECTION_LAPSED"
    DEEMED_ACCEPTED = "DEEMED_ACCEPTED"
    PUBLICITY_BEGUN = "PUBLICITY_BEGUN"
    SUSPENDED = "SUSPENDED"
    RESUMED = "RESUMED"
    EXTENDED = "EXTENDED"
    RETURNED = "RETURNED"
    WITHDRAWN = "WITHDRAWN"
    FORWARDED = "FORWARDED"
    TERMINATED = "TERMINATED"
    URGENT_PAID = "URGENT_PAID"
    PAPERS_REMINDED = "PAPERS_REMINDED"
    CLAWBACK_BEGUN = "CLAWBACK_BEGUN"
    CLAWBACK_ENDED = "CLAWBACK_ENDED"
    BENEFIT_ENDED = "BENEFIT_ENDED"
    EVALUATION_ASKED = "EVALUATION_ASKED"
    """Three days after a service that nobody has evaluated yet."""
    EVALUATION_ANSWERED = "EVALUATION_ANSWERED"
    EVALUATION_EXCLUDED = "EVALUATION_EXCLUDED"
    EVALUATION_SETTLED = "EVALUATION_SETTLED"
    APPOINTMENT_HELD = "APPOINTMENT_HELD"
    APPOINTMENT_LET_IN = "APPOINTMENT_LET_IN"
    APPOINTMENT_CONFIRMED = "APPOINTMENT_CONFIRMED"
    APPOINTMENT_MOVED = "APPOINTMENT_MOVED"
    APPOINTMENT_TOMORROW = "APPOINTMENT_TOMORROW"
    APPOINTMENT_CALLED_OFF = "APPOINTMENT_CALLED_OFF"
    APPOINTMENT_LAPSED = "APPOINTMENT_LAPSED"
    APPOINTMENT_MISSED = "APPOINTMENT_MISSED"


@dataclass(frozen=True, slots=True)
class NoticeTemplate:
    """The words of one notice. ``{item}``, ``{organ}`` and ``{due}`` are known of every case.

    ``title``, ``body`` and ``plain`` are read behind the sign-in and may name the item; ``status`` and
    ``hint`` leave the house and say nothing that a stranger could learn from.
    """

    kind: NoticeKind
    title: Text
    body: Text
    plain: Text
    status: Text
    hint: Text
    """Both at most 20 characters, as WeChat's ``thing`` wants it."""
    purpose: Purpose = Purpose.PROGRESS
    urgent: bool = False
    """Goes out in quiet hours too, and on the next channel where it is not certain that one took it."""
    parameters: tuple[str, ...] = ()
    """Names in the event's detail that the words need."""
