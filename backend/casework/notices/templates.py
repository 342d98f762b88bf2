"""What citizens are told, by event: in the inbox in full, plainly for elder mode, and in a message in a few signs."""

from collections.abc import Mapping

from backend.casework.lifecycle import CaseEventKind
from backend.casework.notices.kinds import NoticeKind, NoticeTemplate
from backend.casework.notices.occasions import OCCASIONS
from backend.errors import Text
from backend.message_ports import Purpose

_WAIT = Text("无需操作，请留意后续通知", "Nothing to do now")
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
    CaseEventKind.CORRECTION_ASKED: NoticeTemplate(
        NoticeKind.CORRECTION_ASKED,
        Text("请补正材料", "Something has to be completed"),
        Text(
            "{organ}一次性告知：您的“{item}”申请需要补正，所缺内容和截止日期见办件详情；逾期不补的，办件将按规定终止。",
            "{organ} asks you to complete your application for “{item}”. All that is missing, and by when, is with the case; if nothing comes in time it ends.",
        ),
        Text(
            "“{item}”还差点东西，点开看差什么、哪天前补齐。",
            "Something is missing for “{item}”. Open it to see what, and by when.",
        ),
        Text("需补正", "To be completed"),
        Text("请打开小程序补正", "Open the app and act"),
        purpose=Purpose.ACTION,
        urgent=True,
    ),
    CaseEventKind.CORRECTION_LAPSED: NoticeTemplate(
        NoticeKind.CORRECTION_LAPSED,
        Text("逾期未补正，办件终止", "Your case has ended"),
        Text(
            "“{item}”申请逾期未补正，办件已终止。" + _REMEDIES.zh,
            "Your application for “{item}” was not completed in time and has ended. " + _REMEDIES.en,
        ),
        Text(
            "“{item}”没有按时补齐，这次办不了了。可以重新申请。",
            "“{item}” was not completed in time and has ended. You may apply again.",
        ),
        Text("已终止", "Ended"),
        _LOOK,
        purpose=Purpose.ACTION,
    ),
    CaseEventKind.DEEMED_ACCEPTED: NoticeTemplate(
        NoticeKind.DEEMED_ACCEPTED,
        Text("申请视为受理", "Your application counts as accepted"),
        Text(
            "“{item}”申请逾期未告知补正，依法视为受理，将在{due}前办结。",
            "By law your application for “{item}” counts as accepted, and is decided by {due}.",
        ),
        Text(
            "“{item}”已经开始办了，最晚{due}有结果。", "“{item}” is being handled. An answer comes by {due}."
        ),
        Text("视为受理", "Accepted by law"),
        _WAIT,
        purpose=Purpose.PROGRESS,
    ),
    CaseEventKind.PUBLICITY_BEGUN: NoticeTemplate(
        NoticeKind.PUBLICITY_BEGUN,
        Text("审核结果开始公示", "Your case is published"),
        Text(
            "“{item}”的审核意见已在当地公示，公示期内可能有人提出异议。",
            "The opinion on “{item}” is published where you live; objections may be raised meanwhile.",
        ),
        Text("“{item}”正在公示，公示完就接着办。", "“{item}” is published for a while, then goes on."),
        Text("公示中", "Published"),
        _WAIT,
        purpose=Purpose.PROGRESS,
    ),
    CaseEventKind.SUSPENDED: NoticeTemplate(
        NoticeKind.SUSPENDED,
        Text("办理暂停", "Your case is suspended"),
        Text(
            "{organ}暂停办理您的“{item}”申请，原因见办件详情，暂停时间不计入办理期限。",
            "{organ} has suspended “{item}”; the reason is with the case. That time does not count.",
        ),
        Text("“{item}”先停一停，点开看原因。", "“{item}” is on hold. Open it to read why."),
        Text("已暂停", "Suspended"),
        _LOOK,
        purpose=Purpose.PROGRESS,
    ),
    CaseEventKind.RESUMED: NoticeTemplate(
        NoticeKind.RESUMED,
        Text("恢复办理", "Your case goes on"),
        Text(
            "{organ}已恢复办理您的“{item}”申请，将在{due}前办结。",
            "{organ} has resumed “{item}” and will decide by {due}.",
        ),
        Text("“{item}”接着办了，最晚{due}有结果。", "“{item}” goes on. An answer comes by {due}."),
        Text("恢复办理", "Resumed"),
        _WAIT,
        purpose=Purpose.PROGRESS,
    ),
    CaseEventKind.EXTENDED: NoticeTemplate(
        NoticeKind.EXTENDED,
        Text("办理期限延长", "The time limit was extended"),
        Text(
            "经批准，您的“{item}”申请办理期限延长，理由和新的期限见办件详情。",
            "The time limit of “{item}” was extended with approval; reason and new date are with the case.",
        ),
        Text(
            "“{item}”要多等几天，点开看原因和日期。",
            "“{item}” takes some days more. Open it to see why and how long.",
        ),
        Text("期限延长", "Extended"),
        _LOOK,
        purpose=Purpose.PROGRESS,
    ),
    CaseEventKind.RETURNED: NoticeTemplate(
        NoticeKind.RETURNED,
        Text("申请已退回", "Your application was given back"),
        Text(
            "{organ}已退回您的“{item}”申请，理由见办件详情。" + _REMEDIES.zh,
            "{organ} has given back “{item}”; the reason is with the case. " + _REMEDIES.en,
        ),
        Text("“{item}”被退回来了，点开看原因。", "“{item}” was given back. Open it to read why."),
        Text("已退回", "Given back"),
        _LOOK,
        purpose=Purpose.ACTION,
    ),
    CaseEventKind.WITHDRAWN: NoticeTemplate(
        NoticeKind.WITHDRAWN,
        Text("申请已撤回", "Your application was withdrawn"),
        Text(
            "您的“{item}”申请已撤回，需要时可以重新申请。",
            "Your application for “{item}” was withdrawn. You may apply again.",
        ),
        Text("“{item}”已经撤回。", "“{item}” was withdrawn."),
        Text("已撤回", "Withdrawn"),
        _WAIT,
        purpose=Purpose.PROGRESS,
    ),
    CaseEventKind.FORWARDED: NoticeTemplate(
        NoticeKind.FORWARDED,
        Text("申请已转报上级", "Your application was handed on"),
        Text(
            "{organ}已将您的“{item}”申请转报上级机关办理。",
            "{organ} has handed “{item}” on to an organ above.",
        ),
        Text("“{item}”交给上级去办了。", "“{item}” is now handled by the office above."),
        Text("已转报", "Handed on"),
        _WAIT,
        purpose=Purpose.PROGRESS,
    ),
    CaseEventKind.TERMINATED: NoticeTemplate(
        NoticeKind.TERMINATED,
        Text("办件已终止", "Your case has ended"),
        Text(
            "{organ}已终止办理您的“{item}”申请，理由见办件详情。" + _REMEDIES.zh,
            "{organ} has ended “{item}” without a decision; the reason is with the case. " + _REMEDIES.en,
        ),
        Text(
            "“{item}”不再办理了，点开看原因。不同意可以申请复议。",
            "“{item}” has ended. Open it to read why. You may ask for a review.",
        ),
        Text("已终止", "Ended"),
        _LOOK,
        purpose=Purpose.ACTION,
    ),
    CaseEventKind.URGENT_PAID: NoticeTemplate(
        NoticeKind.URGENT_PAID,
        Text("先行救助已给付", "Urgent help was paid"),
        Text(
            "“{item}”的先行救助金已给付，请在{papersDue}前补齐材料；逾期未补的，将依法追回。",
            "Urgent help for “{item}” was paid. Please complete the papers by {papersDue}; otherwise it has to be paid back.",
        ),
        Text(
            "救急的钱已经给您了。{papersDue}前把材料补上。",
            "The urgent money was paid. Bring the papers by {papersDue}.",
        ),
        Text("已先行办理", "Done first"),
        Text("请打开小程序查看", "Open the app to read"),
        purpose=Purpose.ACTION,
        urgent=True,
        parameters=("papersDue",),
    ),
    CaseEventKind.PAPERS_REMINDED: NoticeTemplate(
        NoticeKind.PAPERS_REMINDED,
        Text("请尽快补齐材料", "The papers are due"),
        Text(
            "“{item}”先行救助的材料须在{papersDue}前补齐，逾期将依法追回救助金。",
            "The papers of the urgent help for “{item}” are due by {papersDue}; otherwise it has to be paid back.",
        ),
        Text(
            "{papersDue}前一定把材料补上，不然钱要退回。",
            "Bring the papers by {papersDue}, or the money goes back.",
        ),
        Text("需补齐材料", "Papers are due"),
        Text("请打开小程序查看", "Open the app to read"),
        purpose=Purpose.ACTION,
        urgent=True,
        parameters=("papersDue",),
    ),
    CaseEventKind.CLAWBACK_BEGUN: NoticeTemplate(
        NoticeKind.CLAWBACK_BEGUN,
        Text("先行救助金须退回", "Urgent help has to be paid back"),
        Text(
            "“{item}”先行救助的材料截至{papersDue}仍未补齐，{organ}依法追回救助金；材料补齐的，可以终止追回。"
            + _REMEDIES.zh,
            "The papers of the urgent help for “{item}” had not come by {papersDue}; {organ} asks it back. Complete papers end this. "
            + _REMEDIES.en,
        ),
        Text(
            "材料一直没补，救急的钱要退回。补齐了就不用退。",
            "The papers never came, so the money goes back. Bring them and it stays.",
        ),
        Text("需要处理", "Needs you"),
        Text("请打开小程序查看", "Open the app to read"),
        purpose=Purpose.ACTION,
        parameters=("papersDue",),
    ),
    CaseEventKind.CLAWBACK_ENDED: NoticeTemplate(
        NoticeKind.CLAWBACK_ENDED,
        Text("追回已结束", "Paying back has ended"),
        Text(
            "“{item}”先行救助金的追回已结束。", "The asking back of the urgent help for “{item}” has ended."
        ),
        Text("救急钱的事办完了。", "The matter of the urgent money is closed."),
        Text("已结束", "Closed"),
        _WAIT,
        purpose=Purpose.PROGRESS,
    ),
    CaseEventKind.BENEFIT_ENDED: NoticeTemplate(
        NoticeKind.BENEFIT_ENDED,
        Text("待遇已停发", "No longer given"),
        Text(
            "{organ}已停发您的“{item}”待遇，理由见办件详情。" + _REMEDIES.zh,
            "{organ} no longer gives what “{item}” granted; the reason is with the case. " + _REMEDIES.en,
        ),
        Text(
            "“{item}”以后不发了，点开看原因。不同意可以申请复议。",
            "“{item}” is no longer given. Open it to read why. You may ask for a review.",
        ),
        Text("已停发", "Ended"),
        _LOOK,
        purpose=Purpose.ACTION,
    ),
}
"""What is told of the events of cases; the rest is in ``occasions``."""

NOT_TOLD = frozenset(
    {
        CaseEventKind.STARTED,
        CaseEventKind.NUMBERED,
        CaseEventKind.LODGED,
        CaseEventKind.PRE_REVIEWED,
        CaseEventKind.CORRECTION_ANSWERED,
        CaseEventKind.STEP_PASSED,
        CaseEventKind.STEP_RETURNED,
        CaseEventKind.STEP_FORWARDED,
        CaseEventKind.OBJECTION_RAISED,
        CaseEventKind.OBJECTION_SETTLED,
        CaseEventKind.PUBLICITY_ENDED,
        CaseEventKind.REMEDY_SOUGHT,
        CaseEventKind.REMEDY_ENDED,
        CaseEventKind.EVALUATED,
        CaseEventKind.URGENT_DECIDED,
        CaseEventKind.PAPERS_COMPLETED,
        CaseEventKind.HANDOVER,
    }
)
"""Steps inside the organ, what citizens have done themselves, and what the next notice tells anyway."""

BY_KIND: Mapping[NoticeKind, NoticeTemplate] = {
    template.kind: template for template in (*TEMPLATES.values(), *OCCASIONS)
}
