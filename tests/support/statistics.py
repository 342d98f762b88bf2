"""Statistics for tests: a real item's code on the test item, officers of four levels, and a month that is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from backend.casework.applications.actions import start_application, submit_application
from backend.casework.declaring.codes import OLD_AGE_ALLOWANCE
from backend.casework.machine import Casework
from backend.casework.switches.models import Feature, FeatureSwitch
from backend.errors import Text
from backend.kit import clock
from backend.operations.desk import give_feedback
from backend.operations.models import Announcement, FeedbackKind
from backend.resources import Resources
from backend.statistics.counting import count_cases
from backend.statistics.legacy.models import ImportBatch
from backend.statistics.periods import Period, month_of
from backend.statistics.reports.checks import Finding, Severity
from backend.statistics.reports.lifecycle import ReportAct
from backend.statistics.reports.models import Adjustment, ReportEntry, StatisticsReport
from backend.viewer import Citizen, Officer, OfficerRole
from tests.support import cases
from tests.support.front import Outspoken
from tests.support.people import ScriptedFaces, new_key

ALLOWANCE = replace(cases.ITEM, base_code=OLD_AGE_ALLOWANCE)
"""Rules and form of the test item under a code that indicators count."""
CLERK, HEAD = frozenset({OfficerRole.STATISTICS}), frozenset({OfficerRole.STATISTICS, OfficerRole.APPROVAL})
COUNTY, CITY, PROVINCE, NATION = cases.HOME, "330500", "330000", "000000"


def officer(division: str, roles: frozenset[OfficerRole] = CLERK) -> Officer:
    """Somebody of an organ of this division."""
    return Officer(uuid4(), uuid4(), uuid4(), division, roles)


async def counting_house(resources: Resources) -> Casework:
    """Casework that counts, with the allowance offered in 德清."""
    faces = replace(resources, ports=replace(resources.ports, faces=ScriptedFaces()))
    plain = cases.machine(faces, declared=(ALLOWANCE,))
    work = cases.machine(faces, count_cases(plain.standards, resources.keys.ring), declared=(ALLOWANCE,))
    await cases.publish(work, item=ALLOWANCE)
    return work


def this_month() -> Period:
    """The month of the cases."""
    return month_of(clock.today())


def month_after(month: Period) -> Period:
    """The month after."""
    return month_of(month.last + timedelta(days=1))


@contextmanager
def hours(number: int) -> Iterator[None]:
    """So many hours on."""
    with clock.shifted(timedelta(hours=number)):
        yield


@contextmanager
def later(months: int = 1) -> Iterator[None]:
    """So many months after this one has begun, and a day."""
    end = this_month()
    for _ in range(months):
        end = month_of(end.last + timedelta(days=1))
    with clock.shifted(timedelta(days=(end.first - clock.today()).days + 1)):
        yield


def lines(report: Any) -> dict[str, Any]:
    """Lines of a report by code."""
    return {line["indicator"]["code"]: line for line in report["lines"]}


async def explained(front: Outspoken, report: Any) -> Any:
    """The report with every finding explained."""
    for finding in report["findings"]:
        if finding["explanation"] is None:
            report = await front.do(
                "ExplainStatistics",
                reportId=report["id"],
                version=report["version"],
                rule=finding["rule"],
                code=finding["code"],
                explanation="经核实无误。",
            )
    return report


async def signed(work: Casework, division: str, period: str) -> Any:
    """A report that was prepared, explained and signed."""
    clerk, head = Outspoken(work, officer(division)), Outspoken(work, officer(division, HEAD))
    report = await explained(clerk, await clerk.do("PrepareStatisticsReport", period=period))
    return await head.do("SignStatisticsReport", reportId=report["id"], version=report["version"])


async def accepted(work: Casework, division: str, report: Any) -> Any:
    """The report, accepted by the division above."""
    front = Outspoken(work, officer(division))
    return await front.do(
        "ReviewStatisticsReport", reportId=report["id"], version=report["version"], accept=True
    )


async def received(work: Casework, citizen: Citizen, item_code: str = OLD_AGE_ALLOWANCE) -> UUID:
    """A case of the allowance that was handed in."""
    case = await start_application(
        citizen, work, item_code=item_code, division=COUNTY, idempotency_key=new_key()
    )
    await cases.complete_draft(citizen, work, case)
    return await submit_application(citizen, work, application_id=case, idempotency_key=new_key())


async def approved(work: Casework, citizen: Citizen, item_code: str = OLD_AGE_ALLOWANCE) -> UUID:
    """A case of the allowance that was granted."""
    case = await received(work, citizen, item_code)
    await cases.decide(work, case)
    return case


async def reported_and_run(work: Casework, citizen: Citizen, division: str, period: str) -> None:
    """Something of everything that statistics and operations keep."""
    await reported(division, period)
    await run_by_operators(work, citizen, division)


async def reported(division: str, period: str) -> None:
    """A report with a finding, an act and an adjustment in it."""
    report = await StatisticsReport.create(
        published_at=clock.now(),
        released={"JM-EC-101": [[division, "", 1, False], [division, "SEX:1", 1, False]]},
        division=division,
        superior=division[:4] + "00",
        period=period,
        cells={"JM-EC-101": {"computed": 1}},
        typed={},
        findings=[Finding("sum", "JM-EC-101", Severity.ERROR, Text("不平衡", "No balance")).told()],
        missing=[],
        prepared_by="machine:test",
        prepared_at=clock.now(),
    )
    await ReportEntry.create(report_id=report.id, act=ReportAct.PREPARE, version=1, actor="machine:test")
    await Adjustment.create(
        report_id=report.id, code="JM-SV-101", about="2026-09", delta=1, reason="补报", actor="machine:test"
    )
    await ImportBatch.create(
        division=division,
        digest="D1.0",
        file_name="old.xlsx",
        rows=1,
        totals={"granted": 1, "inForce": 1},
        actor="machine:test",
    )


async def run_by_operators(work: Casework, citizen: Citizen, division: str) -> None:
    """A switch, an announcement, and feedback of a citizen."""
    await FeatureSwitch.create(
        feature=Feature.APPLY,
        division=division,
        on=True,
        reason="已恢复",
        changed_by="machine:test",
        changed_at=clock.now(),
    )
    await Announcement.create(
        division=division,
        title_zh="公告",
        title_en="Notice",
        body_zh="内容",
        body_en="Text",
        since=clock.now(),
        until=clock.now() + timedelta(days=1),
        announced_by="machine:test",
    )
    await give_feedback(
        citizen,
        work,
        division=division,
        kind=FeedbackKind.PROBLEM,
        text="打不开",
        idempotency_key=new_key(),
    )
