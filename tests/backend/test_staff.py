"""A staff list appoints everybody, or nobody and says why row by row."""

from pathlib import Path

import orjson
import pytest
import xlsxwriter

from backend.database.record import fetch
from backend.kit.item_codes import credit_code
from backend.people.officers.second_factor import enrol
from backend.resources import Resources
from backend.staff import TITLES, import_staff
from tests.support.people import nobody
from tests.support.rows import count

ORGAN = credit_code("11330521MB1234567")
ROW = {
    "organCode": ORGAN,
    "organName": "德清县民政局",
    "division": "330521",
    "login": "wang.yue",
    "name": "王月娥",
    "roles": "受理、审核",
}


def listed(folder: Path, *changes: dict[str, str]) -> Path:
    path = folder / "staff.json"
    path.write_bytes(orjson.dumps([{**ROW, **change} for change in changes]))
    return path


async def test_everybody_of_the_list_is_appointed_with_a_code_of_their_own(
    resources: Resources, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = listed(tmp_path, {}, {"login": "li.wen", "roles": "APPROVAL，统计"})
    assert await import_staff(resources, wanted) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines() if "\t" in line]
    assert [login for login, _ in lines] == ["wang.yue", "li.wen"]
    await enrol(nobody(), resources, login="li.wen", code=lines[1][1], password="a long password")
    rows = await fetch("SELECT login, roles, password_hash = '' AS fresh FROM officer ORDER BY id")
    assert [(row["login"], orjson.loads(row["roles"]), row["fresh"]) for row in rows] == [
        ("wang.yue", ["INTAKE", "REVIEW"], True),
        ("li.wen", ["APPROVAL", "STATISTICS"], False),
    ]


async def test_with_a_wrong_row_nobody_is_appointed_and_each_is_named(
    resources: Resources, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = listed(
        tmp_path,
        {},
        {"organCode": "11330521MB1234567X"},
        {"login": "li", "division": "999999"},
        {"login": "zhao.x", "roles": "局长"},
        {"login": "qian", "name": "钱"},
    )
    assert await import_staff(resources, wrong) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in told] == [
        "row 2, organCode",
        "row 2, login",
        "row 3, division",
        "row 3, login",
        "row 4, roles",
        "row 5, name",
        "Nobody was appointed.",
    ]
    assert (await count("officer"), await count("organ")) == (0, 0)


async def test_who_is_there_already_and_an_organ_of_another_place_are_refused(
    resources: Resources, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await import_staff(resources, listed(tmp_path, {})) == 0
    capsys.readouterr()
    again = listed(tmp_path, {}, {"login": "li.wen", "division": "330522"})
    assert await import_staff(resources, again) == 1
    told = [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()]
    assert told[:2] == ["row 1, login", "row 2, division"]
    assert await count("officer") == 1


async def test_a_workbook_is_read_by_its_titles(
    resources: Resources, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "staff.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, list(TITLES))
        sheet.write_row(1, 0, [ROW[key] for key in TITLES.values()])
    assert await import_staff(resources, tmp_path / "staff.xlsx") == 0
    assert "wang.yue\t" in capsys.readouterr().out
    (tmp_path / "broken.json").write_text("[{")
    assert await import_staff(resources, tmp_path / "broken.json") == 1
    assert await count("officer") == 1
