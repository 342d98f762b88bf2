"""Files in and out, and every way in which an office's file may be wrong."""

import io
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import xlsxwriter

from backend.casework.catalogue.current import CodeBook
from backend.casework.catalogue.drafts import EditionDraft
from backend.casework.catalogue.files.columns import columns_of
from backend.casework.catalogue.files.json_files import read_json
from backend.casework.catalogue.files.packages import NotAWorkbook, inspect
from backend.casework.catalogue.files.rows import drafts
from backend.casework.catalogue.files.workbooks import LARGEST_UPLOAD
from backend.casework.catalogue.reports import Incoming, RefusedRows, RowProblem
from backend.casework.catalogue.standards import Standards
from backend.casework.catalogue.transfer import (
    FileFormat,
    Selection,
    export_file,
    format_of,
    import_file,
    read_file,
    read_upload,
)
from backend.casework.machine import Casework
from backend.errors import Invalid
from tests.support.catalogue import BATHS, COUNTY_ORGAN, MEALS, PROVINCE_ORGAN
from tests.support.rows import count

FULL = EditionDraft(
    MEALS.base_code,
    "330521",
    date(2026, 1, 1),
    in_force_until=date(2027, 12, 31),
    parameters={"minimum_age": 65, "monthly_fen": 12_345, "list_code": "=1+1"},
    promised_days=9,
    organ_credit_code=COUNTY_ORGAN,
    organ_name="德清县民政局",
    organ_level="4",
    organ_nature="1",
    power_source="6",
    delegate_name="武康街道办事处",
    delegate_level="5",
    delegate_credit_code=COUNTY_ORGAN,
    local_catalog_code="ZJ-01",
    local_task_code="007",
    hall_zh="一楼\n民政窗口",
    hall_en="Ground floor",
    hours_zh="-9:00",
    hours_en="@nine",
    enquiries="0572-8000000",
    complaints="+86 12345",
    guidance_zh='=HYPERLINK("x")，“引号”与\\反斜杠',
    guidance_en="Tabs and\nlines",
)
PLAIN = EditionDraft(
    BATHS.base_code,
    "330000",
    date(2026, 1, 1),
    organ_credit_code=PROVINCE_ORGAN,
    organ_name="浙江省民政厅",
    organ_level="2",
)
LATER = replace(FULL, in_force_from=date(2028, 1, 1), in_force_until=None, parameters={})

BOOK = CodeBook(Standards.of((MEALS, BATHS)), {}, {})

Sheet = Callable[..., Path]


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    """Makes a workbook of one sheet from titles and rows of cells."""

    def make(titles: list[str], *rows: list[Any], then: Callable[[Any, Any], None] | None = None) -> Path:
        path = tmp_path / "made.xlsx"
        with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
            made = book.add_worksheet("表")
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            for line, cells in enumerate((titles, *rows)):
                for at, cell in enumerate(cells):
                    if isinstance(cell, date | datetime):
                        made.write_datetime(line, at, cell, day)
                    elif cell is not None:
                        made.write(line, at, cell)
            if then is not None:
                then(book, made)
        return path

    return make


def read(path: Path) -> list[Incoming | RowProblem]:
    return list(read_file(path, BOOK.item))


def problems(path: Path) -> list[tuple[str, str, str]]:
    return [(str(p.place), p.field, p.message.en) for p in read(path) if isinstance(p, RowProblem)]


def as_json(tmp_path: Path, content: bytes | object) -> Path:
    path = tmp_path / "made.json"
    path.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
    return path


async def publish(work: Casework, tmp_path: Path, *given: EditionDraft) -> None:
    source = tmp_path / "given.json"
    fields = [{k: v for k, v in orjson.loads(orjson.dumps(d)).items() if v not in (None, "")} for d in given]
    source.write_bytes(orjson.dumps([{"item": f.pop("item_code"), **f} for f in fields]))
    await import_file(work, source, actor="machine:test")


@pytest.mark.parametrize("suffix", ["json", "xlsx"])
async def test_an_export_comes_back_exactly(work: Casework, tmp_path: Path, suffix: str) -> None:
    await publish(work, tmp_path, FULL, PLAIN, LATER)
    first, second = tmp_path / f"first.{suffix}", tmp_path / f"second.{suffix}"
    assert await export_file(work, first, Selection()) == 3
    read_back = [row.draft for row in read(first) if isinstance(row, Incoming)]
    assert read_back == [FULL, LATER, PLAIN]
    again = await import_file(work, first, actor="machine:test")
    assert (again.rows, again.unchanged) == (3, 3)
    assert await count("edition") == 3
    await export_file(work, second, Selection())
    if suffix == "json":
        assert first.read_bytes() == second.read_bytes()
    assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == []  # noqa: PTH208 - a test may wait


async def test_an_export_leaves_out_what_no_longer_counts(work: Casework, tmp_path: Path) -> None:
    past = replace(FULL, in_force_from=date(2020, 1, 1), in_force_until=date(2020, 12, 31))
    hidden = replace(FULL, in_force_from=date(2021, 1, 1), in_force_until=date(2027, 1, 1))
    await publish(work, tmp_path, past, hidden, FULL, LATER, PLAIN)
    out = tmp_path / "out.json"
    await export_file(work, out, Selection("330000", (MEALS.base_code,)))
    assert [row.draft for row in read(out) if isinstance(row, Incoming)] == [FULL, LATER]
    assert await export_file(work, out, Selection("330521")) == 2
    assert await export_file(work, out, Selection("110000")) == 0
    assert orjson.loads(out.read_bytes()) == []


def test_a_sheet_has_the_figures_of_its_item_with_their_units() -> None:
    titles = [column.title for column in columns_of(MEALS)]
    assert titles[:7] == [
        "基本编码",
        "事项名称",
        "行政区划代码",
        "行政区划名称",
        "minimum_age（岁）",
        "monthly_fen（元）",
        "list_code",
    ]
    assert len(set(titles)) == len(titles)


async def test_texts_that_look_like_formulas_are_texts(work: Casework, tmp_path: Path) -> None:
    await publish(work, tmp_path, FULL)
    out = tmp_path / "out.xlsx"
    await export_file(work, out, Selection())
    with zipfile.ZipFile(out) as package:
        sheets = [package.read(name) for name in package.namelist() if "worksheets/sheet" in name]
        styles = package.read("xl/styles.xml")
    assert not any(b"<f" in text for text in sheets)
    assert b'quotePrefix="1"' in styles


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a valid JSON array"),
        (b"{}", "not a valid JSON array"),
        (b"[", "not a valid JSON array"),
        (b"[1 2]", "not a valid JSON array"),
        (b'[{"a": 1}', "not a valid JSON array"),
        (b'[{"a": 1}]x', "not a valid JSON array"),
        (b'[{"a": 1, "a": 2}]', "not a valid JSON array"),
        (b"[NaN]", "not a valid JSON array"),
        (b"[" * 100_000, "not a valid JSON array"),
        (b"[" + b"9" * 10_000 + b"]", "not a valid JSON array"),
        (b'["' + b"x" * 3_000_000, "not a valid JSON array"),
        (b'[{"a": "\xff"}]', "not UTF-8"),
        (b'["\xe4\xb8', "not UTF-8"),
        (b"[[]]", "must be an object"),
    ],
)
def test_a_broken_json_file_is_one_problem(tmp_path: Path, content: bytes, message: str) -> None:
    found = problems(as_json(tmp_path, content))
    assert len([one for one in found if message in one[2]]) == 1


PIECES = (
    '\ufeff [ {"a": "中文\\u4e2d \\" 😀"} ,\n{"b": [1, -2.5e3, true, null, {"c": {}}]},{}\t,{"d":123} ]\n'
)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_json_is_read_in_pieces_wherever_they_end(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.casework.catalogue.files.json_files.CHUNK", size)
    rows = list(read_json(io.BytesIO(PIECES.encode())))
    assert [row for _, row in rows] == orjson.loads(PIECES.removeprefix("\ufeff"))
    assert [place.row for place, _ in rows] == [1, 2, 3, 4]
    assert list(read_json(io.BytesIO(b"[ ]"))) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"item": "999999999999"}, "item"),
        ({"item": 511001000}, "item"),
        ({"division": 330521}, "division"),
        ({"division": None}, "division"),
        ({"in_force_from": None}, "in_force_from"),
        ({"in_force_from": "1.1.2026"}, "in_force_from"),
        ({"in_force_until": 2027}, "in_force_until"),
        ({"promised_days": "9"}, "promised_days"),
        ({"promised_days": True}, "promised_days"),
        ({"promised_days": 9.0}, "promised_days"),
        ({"organ_name": 1}, "organ_name"),
        ({"parameters": [1]}, "parameters"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_each_field_of_a_json_row_is_checked(tmp_path: Path, change: dict[str, object], field: str) -> None:
    sound = {"item": MEALS.base_code, "division": "330521", "in_force_from": "2026-01-01"}
    (problem,) = problems(as_json(tmp_path, [sound, {**sound, **change}]))
    assert problem[:2] == ("2", field)


def test_what_a_row_repeats_of_the_standard_must_be_right(tmp_path: Path) -> None:
    sound = {"item": MEALS.base_code, "division": "330521", "in_force_from": "2026-01-01"}
    said = {**sound, "name": "助餐", "division_name": "安吉县", "statutory_days": 20}
    (row,) = read(as_json(tmp_path, [said]))
    assert isinstance(row, Incoming)
    assert [(d.field, d.said, d.standard) for d in row.deviations] == [
        ("name", "助餐", "助餐服务预约"),
        ("division_name", "安吉县", "浙江省湖州市德清县"),
    ]


TITLES = [
    "基本编码",
    "行政区划代码",
    "生效日期",
    "minimum_age（岁）",
    "monthly_fen（元）",
    "咨询方式",
    "失效日期",
]
ROW: list[Any] = [MEALS.base_code, "330521", date(2026, 1, 1), 65, 123.45, "12345", None]


def changed(at: int, cell: object) -> list[Any]:
    return [*ROW[:at], cell, *ROW[at + 1 :]]


def test_a_sheet_of_an_office_is_read(sheet: Sheet) -> None:
    (row,) = read(sheet(TITLES, [None], changed(6, "2027-01-31")))
    assert isinstance(row, Incoming)
    assert (str(row.place), row.draft) == (
        "表!3",
        EditionDraft(
            MEALS.base_code,
            "330521",
            date(2026, 1, 1),
            in_force_until=date(2027, 1, 31),
            parameters={"minimum_age": 65, "monthly_fen": 12_345},
            enquiries="12345",
        ),
    )


@pytest.mark.parametrize(
    ("at", "cell", "field", "message"),
    [
        (0, "999999999999", "item", "no such service item"),
        (0, 511001000, "item", "no such service item"),
        (1, 330521, "行政区划代码", "must be text"),
        (2, "2026年1月1日", "生效日期", "must be a day"),
        (2, datetime(2026, 1, 1, 12), "生效日期", "must be a day"),  # noqa: DTZ001 - a sheet knows no zone
        (2, 46023, "生效日期", "must be a day"),
        (3, "65", "minimum_age（岁）", "whole number"),
        (3, 65.5, "minimum_age（岁）", "whole number"),
        (3, True, "minimum_age（岁）", "whole number"),
        (4, "123.45", "monthly_fen（元）", "amount in yuan"),
        (4, 123.456, "monthly_fen（元）", "amount in yuan"),
        (4, 1e300, "monthly_fen（元）", "amount in yuan"),
        (5, 12345, "咨询方式", "must be text"),
    ],
)
def test_each_cell_that_is_wrong_is_told_with_its_row(
    sheet: Sheet, at: int, cell: object, field: str, message: str
) -> None:
    (problem,) = problems(sheet(TITLES, ROW, changed(at, cell)))
    assert problem[:2] == ("表!3", field)
    assert message in problem[2]


def test_columns_that_nobody_knows_or_that_stand_twice_are_told(sheet: Sheet) -> None:
    assert problems(sheet([*TITLES, "颜色", "咨询方式"], [*ROW, "红", "1"])) == [
        ("表!1", "颜色", "There is no such column."),
        ("表!1", "咨询方式", "This column stands here twice."),
    ]
    assert problems(sheet(["编码"], ["x"])) == [
        ("表!1", "", "There is no header line with 基本编码 (base code).")
    ]


def test_merged_cells_and_formulas_are_told_with_their_row(sheet: Sheet) -> None:
    def merge(_book: Any, made: Any) -> None:
        made.merge_range(1, 5, 2, 5, "12345")

    def calculate(_book: Any, made: Any) -> None:
        made.write_formula(2, 3, "=60+5", None, 65)
        made.write_formula(3, 3, "=1/0", None, "#DIV/0!")

    assert [problem[0] for problem in problems(sheet(TITLES, ROW, ROW, then=merge))] == ["表!2"]
    assert problems(sheet(TITLES, ROW, ROW, ROW, then=calculate)) == [
        ("表!3", "", "There is a formula or an error; paste it as a value."),
        ("表!4", "", "There is a formula or an error; paste it as a value."),
    ]


def test_what_is_no_workbook_or_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "made.xlsx"
    path.write_bytes(b"PK\x03\x04 not really")
    assert problems(path) == [("1", "", "This is not an xlsx spreadsheet.")]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", "<workbook/>")
        package.writestr("xl/_rels/workbook.xml.rels", "<Relationships/>")
        package.writestr("xl/worksheets/sheet1.xml", b"\0" * 2_000_000)
    with path.open("rb") as bomb, pytest.raises(NotAWorkbook) as refused:
        inspect(bomb, largest=1_000_000)
    assert refused.value.message.en == "The spreadsheet becomes too large when it is unpacked."
    assert path.stat().st_size < 10_000


FAR = b'<row r="1"><c r="A1"><v>1</v></c></row>'


@pytest.mark.parametrize(
    "rows",
    [
        FAR + b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        FAR + b"<row><c t='n' r='XFD1048576'><v>1</v></c></row>",
        FAR + b'<x:row r="1048576"><x:c\nr = "XFD1048576"><x:v>1</x:v></x:c></x:row>',
        FAR + b'<row r="1000000"><c r="ZZZZZZZ1000000"><v>1</v></c></row>',
        b"<row>" + b"<c><v>1</v></c>" * 5_000 + b'</row><row r="900000"><c r="A900000"><v>1</v></c></row>',
        b"<row>" + b"<c a=' r=\"A1\"'><v>1</v></c>" * 5_000 + b'</row><row r="900000"><c><v>1</v></c></row>',
        b'<row r="1"><c r="ZZZ1"><v>1</v></c></row>' + b"</row>" * 100_000 + b"<row><c><v>1</v></c></row>",
    ],
    ids=["corner", "quotes", "prefix", "beyond", "loose", "pretended", "ends"],
)
def test_a_cell_in_a_far_corner_does_not_make_a_small_file_a_large_sheet(rows: bytes, tmp_path: Path) -> None:
    path = tmp_path / "made.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", "<workbook/>")
        package.writestr("xl/_rels/workbook.xml.rels", "<Relationships/>")
        package.writestr("xl/worksheets/sheet1.xml", b"<sheetData>" + rows + b"</sheetData>")
    with path.open("rb") as far, pytest.raises(NotAWorkbook) as refused:
        inspect(far, largest=LARGEST_UPLOAD)
    assert refused.value.message.en == "The spreadsheet becomes too large when it is unpacked."
    assert path.stat().st_size < 10_000


def test_a_full_sheet_of_an_upload_is_read(tmp_path: Path) -> None:
    path = tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        made = book.add_worksheet()
        for line in range(20_000):
            made.write_row(line, 0, ["330521", "德清县", line, 1.5] * 10)
    with path.open("rb") as full:
        assert inspect(full, largest=LARGEST_UPLOAD) == []


def test_an_upload_is_read_like_a_file(sheet: Sheet, tmp_path: Path) -> None:
    content = sheet(TITLES, ROW).read_bytes()
    (row,) = read_upload(content, FileFormat.XLSX, BOOK.item)
    assert isinstance(row, Incoming)
    listed = as_json(
        tmp_path, [{"item": MEALS.base_code, "division": "330521", "in_force_from": "2026-01-01"}]
    )
    (row,) = read_upload(listed.read_bytes(), FileFormat.JSON, BOOK.item)
    assert isinstance(row, Incoming)


def test_only_two_kinds_of_file_are_known() -> None:
    assert [format_of("a.JSON"), format_of("b.xlsx")] == [FileFormat.JSON, FileFormat.XLSX]
    with pytest.raises(Invalid):
        format_of("c.xls")


async def test_a_file_with_one_wrong_row_publishes_nothing(work: Casework, sheet: Sheet) -> None:
    with pytest.raises(RefusedRows) as refused:
        await import_file(work, sheet(TITLES, ROW, changed(3, 49), changed(0, "1")), actor="machine:test")
    assert [(str(p.place), p.field) for p in refused.value.problems] == [
        ("表!3", "parameters.minimum_age"),
        ("表!4", "item"),
    ]
    assert refused.value.fields[0].path == ("rows", "表", 3, "parameters.minimum_age")
    assert await count("edition") == 0


def test_wrong_rows_are_told_all_at_once() -> None:
    rows = list(
        drafts(read_json(io.BytesIO(b'[{"item": 1, "division": 2, "promised_days": "3"}]')), BOOK.item)
    )
    assert {row.field for row in rows if isinstance(row, RowProblem)} == {
        "item",
        "division",
        "in_force_from",
        "promised_days",
    }
