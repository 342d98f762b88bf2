"""What clocks, and times at which they stand still, are called."""

from collections.abc import Mapping
from enum import StrEnum

from backend.casework.legal_time.models import ClockKind
from backend.errors import Text


class PauseReason(StrEnum):
    """挂起类型: why the clocks of a case stand still (practice of exchange tables, FACTS §2)."""

    SPECIAL_PROCEDURE = "SPECIAL_PROCEDURE"
    """特别程序: hearing, test, inspection, appraisal, review by experts; told in writing (行政许可法 45)."""
    HEARING = "HEARING"
    TENDER = "TENDER"
    AUCTION = "AUCTION"
    TEST = "TEST"
    INSPECTION = "INSPECTION"
    QUARANTINE = "QUARANTINE"
    APPRAISAL = "APPRAISAL"
    EXPERT_REVIEW = "EXPERT_REVIEW"
    CORRECTION = "CORRECTION"
    """补正: until the applicant has handed in what was missing."""
    EXCLUDED_STEP = "EXCLUDED_STEP"
    """公示、评估、冷静期: a step whose days do not count."""
    SUSPENDED = "SUSPENDED"
    """挂起 for another reason that the law knows."""


_WHY: Mapping[str, Text] = {
    PauseReason.SPECIAL_PROCEDURE: Text(
        "特别程序（行政许可法第四十五条）", "special procedure (行政许可法 Art. 45)"
    ),
    **{
        reason: Text(
            f"特别程序：{zh}（行政许可法第四十五条）", f"special procedure: {en} (行政许可法 Art. 45)"
        )
        for reason, zh, en in (
            (PauseReason.HEARING, "听证", "hearing"),
            (PauseReason.TENDER, "招标", "tender"),
            (PauseReason.AUCTION, "拍卖", "auction"),
            (PauseReason.TEST, "检验、检测", "test"),
            (PauseReason.INSPECTION, "勘验、核查", "inspection"),
            (PauseReason.QUARANTINE, "检疫", "quarantine"),
            (PauseReason.APPRAISAL, "鉴定", "appraisal"),
            (PauseReason.EXPERT_REVIEW, "专家评审", "review by experts"),
        )
    },
    PauseReason.CORRECTION: Text("等待申请人补正材料", "waiting for the applicant's correction"),
    PauseReason.EXCLUDED_STEP: Text(
        "依法不计入时限的环节（公示、评估等）",
        "a step whose days do not count (publicity, assessment)",
    ),
    PauseReason.SUSPENDED: Text("依法挂起", "suspended as the law allows"),
}

CLOCKS: Mapping[ClockKind, Text] = {
    ClockKind.ACCEPTANCE: Text("受理期限", "Time for accepting"),
    ClockKind.PROMISED: Text("承诺办结时限", "Promised limit"),
    ClockKind.STATUTORY: Text("法定办结时限", "Statutory limit"),
    ClockKind.STEP: Text("环节时限", "Limit of the step"),
    ClockKind.FORWARD: Text("收件地转出时限", "Time for passing on (receiving side)"),
    ClockKind.HANDLE: Text("属地办理时限", "Time for handling (deciding side)"),
    ClockKind.INFORM: Text("收件地告知时限", "Time for informing (receiving side)"),
    ClockKind.SETTLE: Text("管辖争议裁定时限", "Time for settling who is competent"),
    ClockKind.DELIVERY: Text("送达时限（行政许可法第四十四条）", "Time for delivering (行政许可法 Art. 44)"),
}

STARTS: Mapping[str, Text] = {
    "SUBMITTED": Text("收件日", "Day of receipt"),
    "ACCEPTED": Text("受理日", "Day of acceptance"),
    "DEEMED_ACCEPTED": Text("收件日（逾期未告知，视为受理）", "Day of receipt (deemed accepted)"),
    "NUMBERED": Text("转交属地日", "Day of handing over"),
    "LODGED": Text("转交属地日", "Day of handing over"),
    "HANDOVER": Text("转办交接日", "Day of the change of hands"),
    "APPROVED": Text("决定日", "Day of the decision"),
    "REFUSED": Text("决定日", "Day of the decision"),
}
"""What the first day of a clock is, by the event that started it."""

SOME_START = Text("起算日", "Start")


def why_of(reason: str) -> Text:
    """Why the clocks stand still, in words."""
    return _WHY.get(reason, _WHY[PauseReason.SUSPENDED])


SPECIAL_PROCEDURES = frozenset(
    {
        PauseReason.HEARING,
        PauseReason.TENDER,
        PauseReason.AUCTION,
        PauseReason.TEST,
        PauseReason.INSPECTION,
        PauseReason.QUARANTINE,
        PauseReason.APPRAISAL,
        PauseReason.EXPERT_REVIEW,
    }
)
"""What an officer may suspend a case for: the list of the law, so that no reason is made up."""
