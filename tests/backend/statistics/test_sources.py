"""Lineage, reported files, imports, bulletins and what they are made into, over the API and as files."""

import csv
from io import BytesIO, StringIO
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import pytest
import xlsxwriter
from PIL import Image
from python_calamine import CalamineWorkbook

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Conflict, Invalid, NotFound
from backend.resources import Resources
from backend.statistics.counting import rebuild_facts
from backend.statistics.differences import Why, compare
from backend.statistics.folding import fold, rebuild_figures
from backend.statistics.legacy.actions import (
    Control,
    import_cases,
    imported,
    rebuild_imported_facts,
)
from backend.statistics.lineage import figures_of_case, lineage
from backend.statistics.live import figures
from backend.statistics.public.bulletin import public_chart, report_chart
from backend.statistics.public.charts import ChartKind, draw
from backend.statistics.public.files import public_file, report_file
from backend.statistics.public.release import published
from backend.statistics.reported_files import read_reported
from backend.statistics.reports.lodging import lodge_due
from backend.statistics.reports.queries import report, reports
from backend.viewer import Anonymous, Citizen, OfficerRole
from resolvers.pagination import read_global_id
from tests.support import cases
from tests.support import statistics as told
from tests.support.front import Outspoken
from tests.support.people import new_key
from tests.support.sandbox import OutsideSandbox

CLERK = told.officer(told.COUNTY)
TRACER = told.officer(told.COUNTY, frozenset({OfficerRole.STATISTICS, OfficerRole.SUPERVISION}))


@pytest.fixture
async def work(resources: Resources) -> Casework:
    return await told.counting_house(resources)


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)


def workbook(*sheets: tuple[str, list[list[Any]]], merged: bool = False, formula: str = "") -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)
            if merged:
                sheet.merge_range(8, 0, 8, 2, "合并")
            if formula:
                sheet.write_formula(1, 1, formula, None, 3)
    return out.getvalue()


async def test_a_figure_leads_to_its_cases_by_right_and_a_case_to_its_figures(
    work: Casework, citizen: Citizen
) -> None:
    case = await told.approved(work, citizen)
    month = told.this_month().code
    asked: dict[str, Any] = {
        "code": "JM-EC-101",
        "period": month,
        "division": None,
        "before": None,
        "limit": 10,
    }
    seen = await lineage(TRACER, work, **asked)
    assert (seen.total, seen.own_cases, seen.imported_cases) == (1, 1, 0)
    assert seen.cases is not None
    assert [one.id for one in seen.cases] == [case]
    counted = await lineage(CLERK, work, **asked)
    assert (counted.total, counted.cases) == (1, None)
    entered = await figures_of_case(citizen, work, case)
    assert sorted(one.indicator.code for one in entered) == [
        "JM-EC-101", "JM-EC-102", "JM-SV-101", "JM-SV-102", "JM-SV-111",
    ]  # fmt: skip
    assert await figures_of_case(CLERK, work, case) == ()


async def test_a_reported_file_differs_case_by_case(work: Casework, citizen: Citizen) -> None:
    await told.approved(work, citizen)
    await fold()
    month = told.this_month().code
    (row,) = await fetch("SELECT case_number FROM application")
    content = workbook(
        ("报表", [["标题"], ["指标名称", "代码", "数量"], ["", "JM-EC-101", 3], ["", "JM-SV-101", 1]]),
        ("明细", [["代码", "申办流水号"], ["JM-EC-101", "X1"], ["JM-EC-101", "X2"]]),
    )
    file = read_reported("报表.xlsx", content, division=told.COUNTY, period=month)
    found = await compare(TRACER, work, file)
    (one,) = found.differences
    assert (found.same, one.indicator.code, one.reported, one.here, one.delta) == (
        1, "JM-EC-101", "3", "1", "-2",
    )  # fmt: skip
    assert one.cases is not None
    assert [(case.why, case.case_number) for case in one.cases] == [
        (Why.ONLY_HERE, row["case_number"]),
        (Why.UNKNOWN, "X1"),
        (Why.UNKNOWN, "X2"),
    ]
    assert (await compare(CLERK, work, file)).differences[0].cases is None
    odd = {
        "division": told.COUNTY,
        "period": month,
        "cells": [{"code": "JM-EC-101", "value": "0", "cases": ["\0"]}],
    }
    file = read_reported("报表.json", orjson.dumps(odd), division=None, period=None)
    (one,) = (await compare(TRACER, work, file)).differences
    assert [(case.why, case.case_number) for case in one.cases or ()] == [
        (Why.ONLY_HERE, row["case_number"]),
        (Why.UNKNOWN, "\0"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        workbook(("报表", [["代码", "数量"], ["JM-EC-101", "三"]])),
        workbook(("报表", [["代码", "数量"], ["JM-EC-101", "3"]])),
        workbook(("报表", [["代码", "数量"], ["JM-NONE", 3]])),
        workbook(("报表", [["代码", "数量"], ["JM-EC-101", 3], ["JM-EC-101", 4]])),
        workbook(("报表", [["代码", "数量"], ["JM-EC-101", 3]]), merged=True),
        workbook(("报表", [["代码", "数量"], ["JM-EC-101", 3]]), formula='=HYPERLINK("http://x","3")'),
        workbook(("报表", [["指标", "多少"]])),
        workbook(("报表", [["代码", "数量"], ["JM-EC-101", 1e300]])),
        b"PK\x03\x04 no workbook",
    ],
    ids=["text", "text-number", "unknown", "twice", "merged", "formula", "headless", "immense", "broken"],
)
def test_a_hostile_spreadsheet_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_reported("报表.xlsx", content, division=told.COUNTY, period="2026-10")
    assert (refused.value.code, bool(refused.value.fields)) == ("FILE_REFUSED", True)


@pytest.mark.parametrize("value", ["1e999999", "1e9999999", "-1e9999999", "NaN", "Infinity", "1e-9"])
def test_a_number_beyond_all_bounds_is_refused(value: str) -> None:
    told_ = {"division": told.COUNTY, "period": "2026", "cells": [{"code": "JM-EC-101", "value": value}]}
    with pytest.raises(Invalid) as refused:
        read_reported("报表.json", orjson.dumps(told_), division=None, period=None)
    assert [field.path for field in refused.value.fields] == [("file", "cells", 0)]


HEAD = [
    "区划",
    "事项编码",
    "原编号",
    "收件日期",
    "批准日期",
    "停发日期",
    "性别",
    "年龄段",
    "城乡",
    "月标准",
    "人数",
]


def old_cases(count: int, **wrong: Any) -> bytes:
    rows = [
        [
            told.COUNTY,
            told.ALLOWANCE.base_code,
            f"旧{at}",
            "2026-01-05",
            "2026-01-20",
            "2026-03-01" if at == 0 else None,
            "女",
            "80-89",
            "农村",
            100,
            None,
        ]
        for at in range(count)
    ]
    for name, value in wrong.items():
        rows[-1][HEAD.index(name)] = value
    return workbook(("办件", [HEAD, *rows]))


async def test_old_cases_come_in_whole_reconciled_and_told_apart(work: Casework, citizen: Citizen) -> None:
    await told.approved(work, citizen)
    officer = told.officer(told.COUNTY)

    async def brought(content: bytes, rows: int, granted: int, in_force: int) -> Any:
        return await import_cases(
            officer,
            work,
            name="old.xlsx",
            content=content,
            control=Control(rows, granted, in_force),
            idempotency_key=new_key(),
        )

    for content, wrong in (
        (old_cases(3, 批准日期="2026-01-01"), Invalid),
        (old_cases(3, 区划="330522"), Invalid),
        (old_cases(3, 原编号="旧0"), Invalid),
        (old_cases(3, 月标准="1e999999"), Invalid),
        (old_cases(3, 人数="9" * 5_000), Invalid),
        (workbook(("办件", [[*HEAD, "姓名"], [told.COUNTY]])), Invalid),
    ):
        with pytest.raises(wrong):
            await brought(content, 3, 3, 2)
    with pytest.raises(Conflict):
        await brought(old_cases(3), 3, 3, 3)
    assert await fetch("SELECT FROM imported_case UNION ALL SELECT FROM statistics_import") == []
    batch = await brought(old_cases(3), 3, 3, 2)
    assert (await imported(officer, batch)).rows == 3
    with pytest.raises(NotFound):
        await imported(told.officer("440106"), batch)
    for content in (old_cases(3), old_cases(3, 月标准=90)):
        with pytest.raises(Conflict):
            await brought(content, 3, 3, 2)
    await fold()
    lines = {
        line.indicator.code: line
        for line in await figures(officer, work, period=told.this_month().code, division=None)
    }
    stock = lines["JM-EC-101"].cell
    assert (stock.computed, stock.imported, stock.splits["AREA:R"]) == (3, 2, 2)
    kept = await fetch("SELECT kind, month, cases, stock FROM statistics_figure ORDER BY 1, 2, 3, 4")
    await rebuild_facts(work.standards, work.resources.keys.ring)
    assert await rebuild_imported_facts() == 7
    await rebuild_figures()
    assert await fetch("SELECT kind, month, cases, stock FROM statistics_figure ORDER BY 1, 2, 3, 4") == kept


async def test_a_published_report_is_a_bulletin_with_files_charts_and_a_receipt(
    work: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    await told.approved(work, citizen)
    month = told.this_month().code
    with told.later():
        at = await told.signed(work, told.COUNTY, month)
        for above in (told.CITY, told.PROVINCE):
            await told.accepted(work, above, at)
            at = await told.signed(work, above, month)
        at = await told.accepted(work, told.NATION, at)
        head = Outspoken(work, told.officer(told.PROVINCE, told.HEAD))
        await head.do("PublishStatisticsReport", reportId=at["id"], version=at["version"])
    # The other side has a clock of its own, so that nothing is lodged in times to come.
    await fetch("UPDATE statistics_report SET lodging_due = now()")
    outside_world.statistics("down")
    assert await lodge_due(work) == 0
    await fetch("UPDATE statistics_report SET lodging_due = now()")
    outside_world.statistics("bad_signature")
    assert await lodge_due(work) == 0
    await fetch("UPDATE statistics_report SET lodging_due = now()")
    outside_world.statistics()
    assert (await lodge_due(work), await lodge_due(work)) == (3, 0)
    assert {
        orjson.loads(row["receipt"])["number"][:11]
        for row in await fetch("SELECT receipt FROM statistics_report")
    } == {f"TJ-{month}-"}
    told_ = await published(Anonymous(), division=told.PROVINCE, period=month)
    line = told_.line("JM-EC-101")
    assert line is not None
    assert (line.value, {part.value for part in line.parts}) == (None, {None})
    assert {part.key.partition(":")[0] for part in line.parts} == {told.CITY, "AGE", "AREA", "SEX"}
    rows = list(csv.reader(StringIO(public_file(told_, "csv").decode("utf-8-sig"))))
    assert ["享受高龄津贴人数", "人", "JM-EC-101", "合计", "…"] in rows
    chart = await public_chart(ChartKind.REGIONS, told.PROVINCE, month, "JM-EC-101")
    assert Image.open(BytesIO(draw(chart, "png"))).size == (1640, 920)
    assert ET.fromstring(draw(chart, "svg")).tag.endswith("svg")  # noqa: S314 - our own drawing
    viewer = told.officer(told.PROVINCE)
    own = await report(viewer, read_global_id(at["id"], "StatisticsReport"))
    sheet = CalamineWorkbook.from_object(BytesIO(report_file(own, "xlsx"))).get_sheet_by_index(0)
    (found,) = [row for row in sheet.to_python() if row[2] == "JM-EC-101"]
    assert found[:4] == ["享受高龄津贴人数", "人", "JM-EC-101", 1.0]
    for kind in ChartKind:
        assert (await report_chart(viewer, kind, own.id, "JM-SV-101")).unit == "件"
    assert len(await reports(viewer, period=month, state=None, before=None, limit=9)) == 3
