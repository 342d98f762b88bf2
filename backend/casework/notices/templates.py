"""What citizens are told, by event: in the inbox in full, plainly for elder mode, and in a message in a few signs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.casework.lifecycle import CaseEventKind
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


_LOOK = Text("请打开小程序查看", "Open the app to read")
_REMEDIES = Text(
    "如有异议，可依法申请行政复议或者提起行政诉讼，期限见通知书。",
    "If you disagree, you may ask for administrative review or go to court; the limits are in the notice.",
)

TEMPLATES: Mapping[CaseEventKind, NoticeTemplate] = {
    CaseEventKind.SUBMITTED: NoticeTemplate(
        NoticeKind.RECEIVED,
        Text("已收到您的申请", "Your application was received"),
        Text(
            "{organ}已收到您的“{item}”申请，将在{due}前办结，受理情况会再通知您。",
            "{organ} has received your application for “{item}”. It will be decided by {due}; we will tell you"
            " when it is accepted.",
        ),
        Text(
            "您申请的“{item}”收到了，最晚{due}有结果。",
            "We have your application for “{item}”. You will have an answer by {due}.",
        ),
        Text("已收件", "Received"),
        Text("无需操作，请留意后续通知", "Nothing to do now"),
    ),
    CaseEventKind.ACCEPTED: NoticeTemplate(
        NoticeKind.ACCEPTED,
        Text("申请已受理", "Your application was accepted"),
        Text(
            "{organ}已受理您的“{item}”申请，将在{due}前办结。",
            "{organ} has accepted your application for “{item}” and will decide by {due}.",
        ),
        Text(
            "“{item}”已经开始办了，最晚{due}有结果。", "“{item}” is being handled. An answer comes by {due}."
        ),
        Text("已受理", "Accepted"),
        Text("无需操作，请留意后续通知", "Nothing to do now"),
    ),
    CaseEventKind.NOT_ACCEPTED: NoticeTemplate(
        NoticeKind.NOT_ACCEPTED,
        Text("申请不予受理", "Your application was not accepted"),
        Text(
            f"{{organ}}对您的“{{item}}”申请不予受理，理由见办件详情。{_REMEDIES.zh}",
            "{organ} did not accept your application for “{item}”; the reason is with the case. "
            + _REMEDIES.en,
        ),
        Text(
            "“{item}”这次不能受理，点开看原因。不同意可以申请复议。",
            "“{item}” could not be accepted. Open it to read why. You may ask for a review.",
        ),
        Text("不予受理", "Not accepted"),
        _LOOK,
        Purpose.ACTION,
    ),
    CaseEventKind.APPROVED: NoticeTemplate(
        NoticeKind.APPROVED,
        Text("申请已通过", "Your application was approved"),
        Text(
            "{organ}已批准您的“{item}”申请，结果文书生成后会再通知您。",
            "{organ} has approved your application for “{item}”. We will tell you when the document is ready.",
        ),
        Text("“{item}”批下来了。", "“{item}” was approved."),
        Text("已批准", "Approved"),
        _LOOK,
    ),
    CaseEventKind.REFUSED: NoticeTemplate(
        NoticeKind.REFUSED,
        Text("申请未通过", "Your application was refused"),
        Text(
            f"{{organ}}对您的“{{item}}”申请作出不予批准的决定，理由和依据见办件详情。{_REMEDIES.zh}",
            "{organ} has refused your application for “{item}”; reason and basis are with the case. "
            + _REMEDIES.en,
        ),
        Text(
            "“{item}”没有批准，点开看原因。不同意可以申请复议。",
            "“{item}” was refused. Open it to read why. You may ask for a review.",
        ),
        Text("未通过", "Refused"),
        _LOOK,
        Purpose.ACTION,
    ),
    CaseEventKind.RESULT_ISSUED: NoticeTemplate(
        NoticeKind.RESULT_READY,
        Text("结果文书已生成", "The document is ready"),
        Text(
            "“{item}”的结果文书已生成，可在线查看、下载和核验，也欢迎评价本次服务。",
            "The document about “{item}” is ready to read, download and verify. Please evaluate the service.",
        ),
        Text("“{item}”的结果单子出来了，点开就能看。", "The paper about “{item}” is ready. Open it here."),
        Text("已办结", "Completed"),
        _LOOK,
    ),
}
"""The only list: an event that is not in it is not told."""

BY_KIND: Mapping[NoticeKind, NoticeTemplate] = {template.kind: template for template in TEMPLATES.values()}
