"""试点工作小结: a pilot region's summary report as a PDF, set by typst; nothing of it is evaluated as markup."""

from collections.abc import Sequence

from backend.casework.catalogue.pilots import ConnectionMode
from backend.casework.certificates.typesetting import set_page
from backend.kit import clock, regions
from backend.kit.days import chinese_day
from backend.operations.models import PilotPhase
from backend.operations.queries import PilotView
from backend.statistics.reports.queries import CellView

PHASE_NAMES = {
    PilotPhase.PREPARING: "准备",
    PilotPhase.PRACTICE: "培训演练",
    PilotPhase.TRIAL: "试运行",
    PilotPhase.LIVE: "正式运行",
    PilotPhase.PAUSED: "暂停",
    None: "未启动",
}
MODE_NAMES = {
    ConnectionMode.UNIFIED_INTERNAL: "统一应用+内部交换",
    ConnectionMode.UNIFIED_PLATFORM: "统一应用+统一数据交换平台",
    ConnectionMode.OWN_INTERFACE: "自建应用+接口调用",
}


def render_region_report(pilot: PilotView, figures: Sequence[CellView], period: str) -> bytes:
    """The PDF. Takes some tenths of a second: not on the event loop. The same input makes the same bytes on one day."""
    today = clock.today()
    plan = pilot.plan
    told = {
        "title": f"{regions.full_name(plan.division)}试点工作小结",
        "subtitle": f"金民工程第{plan.batch}批试点　{chinese_day(today)}",
        "facts": [
            ("应用与交换模式", MODE_NAMES[plan.mode]),
            ("计划试运行", f"{chinese_day(plan.trial_from)}至{chinese_day(plan.trial_until)}"),
            ("当前阶段", PHASE_NAMES[pilot.phase]),
            ("省级平台", "已连接" if pilot.connected else "未连接（在本平台办理）"),
            ("在用实施清单", f"{pilot.editions} 份，涉及 {pilot.items} 个事项"),
            ("本月收件", f"{pilot.received} 件"),
            ("本月办结", f"{pilot.finished} 件，其中按时 {pilot.on_time} 件"),
            ("待处理反馈", f"{pilot.open_feedback} 条"),
        ],
        "steps": [
            (chinese_day(clock.local(step.at).date()), PHASE_NAMES[step.phase], step.remarks)
            for step in pilot.steps
        ],
        "figures": [
            (line.indicator.name.zh, line.indicator.code, line.value or "—", line.indicator.unit.zh)
            for line in figures
            if line.value not in (None, "0", "0.00")
        ],
        "figures_title": f"{period}主要指标（由办件生成）",
    }
    return set_page("backend.operations", "region.typ", told, day=today)
