"""What citizens are told beside the events of their cases: appointments, and what became of an evaluation.

``{item}`` and ``{organ}`` are known where the notice is about a case; everything else stands in its parameters.
"""

from backend.casework.notices.kinds import NoticeKind, NoticeTemplate
from backend.errors import Text
from backend.message_ports import Purpose

_LOOK = Text("请打开小程序查看", "Open the app to read")
_WAIT = Text("无需操作", "Nothing to do now")
_ACT = Text("请打开小程序处理", "Open the app and act")
_VISIT = ("what", "place", "when")


_EVALUATIONS = (
    NoticeTemplate(
        NoticeKind.EVALUATION_ASKED,
        Text("请评价本次服务", "Please evaluate the service"),
        Text(
            "“{what}”已办理，您尚未评价。评价自愿，{until}前可评；评价内容对被评价人保密。",
            "“{what}” was handled and you have not evaluated it. It is up to you, until {until}; who is rated does not"
            " learn who you are.",
        ),
        Text("“{what}”办得怎么样？{until}前可以评一评。", "How was “{what}”? You may say so until {until}."),
        Text("待评价", "May be evaluated"),
        _LOOK,
        Purpose.PROGRESS,
        parameters=("what", "until"),
    ),
    NoticeTemplate(
        NoticeKind.EVALUATION_ANSWERED,
        Text("您的评价已有答复", "Your evaluation was answered"),
        Text(
            "您对“{what}”的差评已核实处理，答复见评价详情。请在{until}前确认；不满意的，可以申请复核一次。",
            "Your bad evaluation of “{what}” was looked into; the answer is with it. Please confirm by {until}; if you"
            " are not satisfied you may ask once for another look.",
        ),
        Text(
            "您给的差评有答复了，点开看看满意不满意。",
            "Your evaluation was answered. Open it and say if it will do.",
        ),
        Text("差评已答复", "Answered"),
        _ACT,
        Purpose.ACTION,
        parameters=("what", "until"),
    ),
    NoticeTemplate(
        NoticeKind.EVALUATION_EXCLUDED,
        Text("您的评价未计入", "Your evaluation was not counted"),
        Text(
            "您对“{what}”的评价经两名工作人员核定为误评或恶意评价，不计入统计，理由见评价详情。不同意的，可在{until}前提出异议。",
            "Two officers found your evaluation of “{what}” to be mistaken or malicious, so that it is not counted; the reason"
            " is with it. If you disagree you may object until {until}.",
        ),
        Text(
            "您的评价没有被计入，点开看原因。不同意可以提异议。",
            "Your evaluation was not counted. Open it to read why and to object.",
        ),
        Text("评价未计入", "Not counted"),
        _ACT,
        Purpose.ACTION,
        parameters=("what", "until"),
    ),
    NoticeTemplate(
        NoticeKind.EVALUATION_SETTLED,
        Text("评价复核已有结论", "The other look has ended"),
        Text(
            "您对“{what}”评价提出的复核或异议已有结论，见评价详情。",
            "What you asked about the evaluation of “{what}” was decided; see the evaluation.",
        ),
        Text("您对评价提出的意见有结论了，点开看。", "What you asked about the evaluation was decided."),
        Text("复核已有结论", "Decided"),
        _LOOK,
        Purpose.PROGRESS,
        parameters=("what",),
    ),
)

_APPOINTMENTS = (
    NoticeTemplate(
        NoticeKind.APPOINTMENT_HELD,
        Text("预约已为您保留", "A place is held for you"),
        Text(
            "{place}“{what}”（{when}）已为您保留，请在{until}前确认（双方办理的由另一方确认），逾期自动释放。",
            "{place}, “{what}” ({when}) is held for you. Confirm by {until}, or it is given away; of two parties the other one confirms.",
        ),
        Text("{when}的号给您留着，{until}前要点确认。", "Your place at {when} is held. Confirm by {until}."),
        Text("待确认", "To be confirmed"),
        _ACT,
        Purpose.ACTION,
        urgent=True,
        parameters=(*_VISIT, "until"),
    ),
    NoticeTemplate(
        NoticeKind.APPOINTMENT_LET_IN,
        Text("候补成功，请确认", "You moved up from the waiting list"),
        Text(
            "您候补的{place}“{what}”（{when}）有空位，已为您保留，请在{until}前确认，逾期由下一位候补。",
            "A place came free at {place}, “{what}” ({when}), and is held for you. Confirm by {until}, or the next one gets it.",
        ),
        Text("您排到号了：{when}。{until}前要点确认。", "You got a place: {when}. Confirm by {until}."),
        Text("候补成功待确认", "Moved up"),
        _ACT,
        Purpose.ACTION,
        urgent=True,
        parameters=(*_VISIT, "until"),
    ),
    NoticeTemplate(
        NoticeKind.APPOINTMENT_CONFIRMED,
        Text("预约成功", "Your appointment is confirmed"),
        Text(
            "您已预约{place}“{what}”，时间{when}。凭预约码签到；不能到场请提前取消。",
            "You are expected at {place} for “{what}”, {when}. Check in with your code; cancel in time if you cannot come.",
        ),
        Text("约好了：{when}，{place}。", "It is settled: {when}, {place}."),
        Text("预约成功", "Confirmed"),
        _WAIT,
        parameters=_VISIT,
    ),
    NoticeTemplate(
        NoticeKind.APPOINTMENT_MOVED,
        Text("预约已改期", "Your appointment was moved"),
        Text(
            "您预约的{place}“{what}”已改到{when}。",
            "Your appointment at {place} for “{what}” was moved to {when}.",
        ),
        Text("改到{when}了，还在{place}。", "It is now {when}, at {place}."),
        Text("预约已改期", "Moved"),
        _LOOK,
        parameters=_VISIT,
    ),
    NoticeTemplate(
        NoticeKind.APPOINTMENT_TOMORROW,
        Text("明天有预约", "You are expected tomorrow"),
        Text(
            "提醒：您预约的{place}“{what}”在{when}。凭预约码签到；不能到场请及时取消，以便他人使用。",
            "You are expected at {place} for “{what}”, {when}. Check in with your code; cancel if you cannot come, so that"
            " somebody else can.",
        ),
        Text("别忘了：{when}，{place}。", "Remember: {when}, {place}."),
        Text("明天有预约", "Tomorrow"),
        _LOOK,
        Purpose.ACTION,
        parameters=_VISIT,
    ),
    NoticeTemplate(
        NoticeKind.APPOINTMENT_CALLED_OFF,
        Text("预约已被取消", "Your appointment was called off"),
        Text(
            "很抱歉，{place}取消了您{when}的“{what}”预约，原因：{reason}。不计入爽约，请另选时间。",
            "We are sorry: {place} had to call off “{what}”, {when}. Reason: {reason}. Please choose another time.",
        ),
        Text("{when}的预约取消了，请另约时间。", "{when} was called off. Please choose another time."),
        Text("预约被取消", "Called off"),
        _ACT,
        Purpose.ACTION,
        urgent=True,
        parameters=(*_VISIT, "reason"),
    ),
    NoticeTemplate(
        NoticeKind.APPOINTMENT_LAPSED,
        Text("预约未成功", "The appointment came to nothing"),
        Text(
            "{place}“{what}”（{when}）未在时限内确认，或候补未成功，已释放，可以另行预约。",
            "{place}, “{what}” ({when}) was not confirmed in time, or the waiting list did not move. You may book again.",
        ),
        Text("{when}没约上，可以再约别的时间。", "{when} came to nothing. You may book again."),
        Text("预约未成功", "Not booked"),
        _LOOK,
        parameters=_VISIT,
    ),
    NoticeTemplate(
        NoticeKind.APPOINTMENT_MISSED,
        Text("预约未到", "You did not come"),
        Text(
            "您{when}未到{place}办理“{what}”。多次未到会暂停预约；有正当理由的，可请工作人员解除。",
            "You were expected at {place} for “{what}”, {when}. Missing several pauses booking; an officer may lift that.",
        ),
        Text(
            "{when}您没有来。常不来会暂时不能预约。",
            "You did not come at {when}. Missing often pauses booking.",
        ),
        Text("预约未到", "Missed"),
        _LOOK,
        parameters=_VISIT,
    ),
)

OCCASIONS = (*_EVALUATIONS, *_APPOINTMENTS)
