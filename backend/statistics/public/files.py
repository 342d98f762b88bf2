"""Reports as files in the layout of the official form (表号, 制表机关, 指标 单位 代码 数量 上期 环比): xlsx, CSV, JSON."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO

import orjson
import xlsxwriter

from backend.kit import regions
from backend.kit.days import chinese_day
from backend.statistics.catalogue import FORM_AUTHORITY, FORM_TITLE
from backend.statistics.public.release import PublicReport
from backend.statistics.reports.queries import ReportView

HEAD = ("指标名称", "计量单位", "代码", "数量", "上期", "环比(%)", "其中导入", "是否填报")
PUBLIC_HEAD = ("指标名称", "计量单位", "代码", "地区或分组", "数量")
SUPPRESSED = "…"
"""数据抑制: a count that is too small to be shown, or would tell one."""
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def area_code(division: str) -> str:
    """地区编码, 12 digits."""
    return division.ljust(12, "0")


def place_name(division: str) -> str:
    """The division's full name."""
    return regions.full_name(division) or "全国"


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def report_rows(report: ReportView) -> Sequence[Sequence[str | float | None]]:
    """The lines of a report."""
    return [
        (
            line.indicator.name.zh,
            line.indicator.unit.zh,
            line.indicator.code,
            _number(line.value),
            _number(line.previous),
            line.change,
            line.cell.imported or None,
            "填报" if line.cell.by_hand else None,
        )
        for line in report.lines
    ]


def public_rows(report: PublicReport) -> Sequence[Sequence[str | float | None]]:
    """Every shown and suppressed cell of a bulletin."""
    found: list[Sequence[str | float | None]] = []
    for line in report.lines:
        one = line.indicator
        found.append((one.name.zh, one.unit.zh, one.code, "合计", _shown(line.value)))
        found += [
            (
                one.name.zh,
                one.unit.zh,
                one.code,
                place_name(part.division) if part.division else group_name(part.key),
                _shown(part.value),
            )
            for part in line.parts
        ]
    return found


_GROUPS = {
    "SEX:1": "男",
    "SEX:2": "女",
    "SEX:0": "性别不详",
    "AREA:U": "城镇",
    "AREA:R": "农村",
    "AREA:-": "城乡不详",
    "AGE:unknown": "年龄不详",
}


def group_name(key: str) -> str:
    """男, 城镇, 80-89岁."""
    if key in _GROUPS:
        return _GROUPS[key]
    axis, _, value = key.partition(":")
    return f"{value}岁" if axis == "AGE" else DOMAINS.get(value, value)


DOMAINS = {
    "elderly_care": "养老服务",
    "children": "儿童福利",
    "community": "社区治理",
    "social_assistance": "社会救助",
    "marriage": "婚姻登记",
    "funeral": "殡葬服务",
}


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _shown(text: str | None) -> str | float:
    return SUPPRESSED if text is None else float(text)


def titles(division: str, period: str) -> Sequence[str]:
    """What stands above the table."""
    return (
        FORM_TITLE,
        FORM_AUTHORITY,
        f"填报单位：{place_name(division)}民政部门　地区编码：{area_code(division)}　报告期：{period}",
    )


def as_xlsx(
    above: Sequence[str], head: Sequence[str], rows: Sequence[Sequence[object]], below: Sequence[str]
) -> bytes:
    """A workbook of one sheet. Texts are written as texts, so that none is taken for a formula."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("报表")
        title = book.add_format({"bold": True, "font_size": 14})
        bold = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1})
        plain = book.add_format({"border": 1})
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 10)
        sheet.set_column(2, len(head), 16)
        for at, text in enumerate(above):
            sheet.write_string(at, 0, text, title if at == 0 else None)
        for at, text in enumerate(head):
            sheet.write_string(len(above), at, text, bold)
        for line, row in enumerate(rows, len(above) + 1):
            for at, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(line, at, value, plain)
                elif isinstance(value, int | float):
                    sheet.write_number(line, at, value, plain)
                else:
                    sheet.write_blank(line, at, None, plain)
        for at, text in enumerate(below, len(above) + len(rows) + 2):
            sheet.write_string(at, 0, text)
    return out.getvalue()


def as_csv(
    above: Sequence[str], head: Sequence[str], rows: Sequence[Sequence[object]], below: Sequence[str]
) -> bytes:
    """The same as UTF-8 with a byte order mark, as spreadsheets in China expect it."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerows([safe(text)] for text in above)
    writer.writerow(head)
    for row in rows:
        writer.writerow(
            ["" if one is None else safe(one) if isinstance(one, str) else _plain(one) for one in row]
        )
    writer.writerow([])
    writer.writerows([safe(text)] for text in below)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _plain(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def report_file(report: ReportView, kind: str) -> bytes:
    """A report as ``xlsx``, ``csv`` or ``json``."""
    if kind == "json":
        return as_json(report)
    signed = chinese_day(report.signed_at.date()) if report.signed_at else "未签署"
    digest = report.signature["digest"] if report.signature else ""
    below = [
        f"填报指标 {report.typed_cells} 项，共 {len(report.cells)} 项",
        f"签署日期：{signed}　摘要：{digest}",
    ]
    make = as_xlsx if kind == "xlsx" else as_csv
    return make(titles(report.division, report.period.chinese), HEAD, report_rows(report), below)


def as_json(report: ReportView) -> bytes:
    """A report in the shape that a reported file is compared in."""
    told = {
        "division": report.division,
        "period": report.period.code,
        "state": report.state.value,
        "cells": [{"code": line.indicator.code, "value": line.value} for line in report.lines],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2)


def public_file(report: PublicReport, kind: str) -> bytes:
    """A bulletin as ``xlsx`` or ``csv``."""
    make = as_xlsx if kind == "xlsx" else as_csv
    below = [f"“{SUPPRESSED}”为数量过小或可推算出过小数量而不公布的数据。"]
    return make(titles(report.division, report.period.chinese), PUBLIC_HEAD, public_rows(report), below)
