"""The command line, spoken to as an operator does."""

import argparse
from pathlib import Path

import orjson
import pytest

from backend.casework.catalogue.arguments import add_arguments
from backend.casework.catalogue.command import run
from backend.casework.machine import Casework
from backend.database.record import transaction
from backend.errors import NotFound
from tests.support.catalogue import BATHS, COUNTY_ORGAN, MEALS
from tests.support.rows import count

COUNTY = {
    "item": MEALS.base_code,
    "division": "330521",
    "in_force_from": "2026-01-01",
    "parameters": {"minimum_age": 65},
    "organ_credit_code": COUNTY_ORGAN,
    "organ_name": "德清县民政局",
    "organ_level": "4",
}


async def say(work: Casework, *words: object) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return await run(work, parser.parse_args([str(word) for word in words]))


def write(path: Path, rows: object) -> Path:
    path.write_bytes(orjson.dumps(rows))
    return path


async def test_a_preview_then_an_import_then_nothing_new(
    work: Casework, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "a.json", [COUNTY])
    assert await say(work, "import", file, "--preview") == 0
    assert capsys.readouterr().out == (
        f"row 1: added {MEALS.base_code} 330521\n"
        "1 rows: 1 would be added, 0 would be changed, 0 as they were.\n"
    )
    assert await count("edition") == 0
    assert await say(work, "import", file) == 0
    assert await say(work, "import", file) == 0
    assert capsys.readouterr().out.endswith("1 rows: 0 added, 0 changed, 1 as they were.\n")
    assert await count("edition") == 1


async def test_wrong_rows_are_told_in_both_languages_and_end_in_one(
    work: Casework, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "a.json", [COUNTY, {**COUNTY, "promised_days": 99, "division": "330522"}])
    assert await say(work, "import", file) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "row 2: promised_days (99): 承诺时限只能缩短。 A promise may only be shorter.\n"
        "有 1 处问题，全部未予发布。 There are 1 problems; nothing was published.\n"
    )
    assert await count("edition") == 0


async def test_an_export_and_what_differs_from_it(
    work: Casework, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await say(work, "import", write(tmp_path / "a.json", [COUNTY, {**COUNTY, "item": BATHS.base_code}]))
    out = tmp_path / "out.json"
    assert await say(work, "export", out, "--division", "330500") == 0
    assert await say(work, "diff", out) == 0
    assert capsys.readouterr().out.endswith("No differences.\n")
    meals, baths = orjson.loads(out.read_bytes())
    changed = write(
        tmp_path / "b.json",
        [
            {**meals, "parameters": {"minimum_age": 70}},
            {**baths, "division": "330522", "division_name": "长兴县"},
        ],
    )
    expected = (
        f"changed  {MEALS.base_code} 330521 2026-01-01: parameters {{'minimum_age': 65}} → {{'minimum_age': 70}}\n"
        f"missing  {BATHS.base_code} 330521 2026-01-01\n"
        f"added    {BATHS.base_code} 330522 2026-01-01\n"
        "1 added, 1 changed, 1 missing.\n"
    )
    assert await say(work, "diff", changed) == 1
    assert capsys.readouterr().out == expected
    assert await say(work, "diff", out, changed) == 1
    assert capsys.readouterr().out == expected
    assert await say(work, "export", out, "--item", BATHS.base_code) == 0
    assert [row["item"] for row in orjson.loads(out.read_bytes())] == [BATHS.base_code]


async def test_an_official_code_replaces_ours_and_both_find_the_item(
    work: Casework, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await say(work, "import", write(tmp_path / "a.json", [COUNTY]))
    before = await work.catalogue.offered(MEALS.base_code, "330521")
    official = {"item": MEALS.base_code, "official": "000711234567", "source": "国家基本目录2026版"}
    file = write(tmp_path / "codes.json", [official])
    assert await say(work, "import", "--codes", file) == 0
    after = await work.catalogue.offered(MEALS.base_code, "330521")
    assert after == await work.catalogue.offered("000711234567", "330521")
    assert (before.base_code, after.base_code, after.base_code_source) == (
        MEALS.base_code,
        "000711234567",
        "国家基本目录2026版",
    )
    assert after.task_code == f"{COUNTY_ORGAN}4000711234567"
    # Cases hold the item's key and the task code that they began with; neither changes.
    assert (before.item.base_code, after.item.base_code) == (MEALS.base_code, MEALS.base_code)
    assert before.task_code == f"{COUNTY_ORGAN}4{MEALS.base_code}"
    assert await say(work, "import", "--codes", file) == 0
    assert await count("base_code") == 1
    # A newer list replaces it; the one between still finds the item, and an older one may come back.
    for code in ("000711234568", "000711234567"):
        assert await say(work, "import", "--codes", write(file, [{**official, "official": code}])) == 0
        assert (await work.catalogue.offered(MEALS.base_code, "330521")).base_code == code
    assert (await work.catalogue.find("000711234568")).base_code == MEALS.base_code
    out = tmp_path / "out.json"
    await say(work, "export", out)
    assert orjson.loads(out.read_bytes())[0]["item"] == "000711234567"
    assert await say(work, "diff", out) == 0
    capsys.readouterr()
    assert await say(work, "audit", "--json") == 0
    kinds = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["item_code"] for one in kinds if one["kind"] == "ASSIGNED_CODE"] == [BATHS.base_code]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"item": "000000000000"}, "item"),
        ({"official": "12345"}, "official"),
        ({"official": 123456789012}, "official"),
        ({"official": BATHS.base_code}, "official"),
        ({"source": ""}, "source"),
    ],
)
async def test_a_wrong_official_code_is_refused(
    work: Casework, tmp_path: Path, capsys: pytest.CaptureFixture[str], row: dict[str, object], field: str
) -> None:
    official = {"item": MEALS.base_code, "official": "000711234567", "source": "目录", **row}
    assert await say(work, "import", "--codes", write(tmp_path / "c.json", [official])) == 1
    assert capsys.readouterr().err.startswith(f"row 1: {field}")
    assert await count("base_code") == 0


async def test_codes_that_stand_twice_are_refused(work: Casework, tmp_path: Path) -> None:
    one = {"item": MEALS.base_code, "official": "000711234567", "source": "目录"}
    for other in ({**one, "official": "000711234568"}, {**one, "item": BATHS.base_code}):
        assert await say(work, "import", "--codes", write(tmp_path / "c.json", [one, other])) == 1
    assert await count("base_code") == 0


async def test_the_audit_lists_what_is_unverified_and_what_departs(
    work: Casework, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await say(work, "import", write(tmp_path / "a.json", [COUNTY]))
    capsys.readouterr()
    assert await say(work, "audit", "--item", MEALS.base_code) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["ASSIGNED_CODE", *["UNVERIFIED_FIGURE"] * 3]
    assert lines[-1] == "4 findings; 0 of 1 editions depart from the standard."
    # A standard that became stricter after the edition was accepted.
    async with transaction() as tx:
        await tx.execute("UPDATE edition SET parameters = '{\"minimum_age\": 40}'")
    assert await say(work, "audit") == 0
    lines = capsys.readouterr().out.splitlines()
    (departing,) = (line for line in lines if "NOT_CONFORMING" in line)
    assert departing.split(maxsplit=4)[1:] == [
        MEALS.base_code,
        "助餐服务预约",
        "330521",
        "parameters.minimum_age: Outside the bounds of the standard.",
    ]
    assert [line.split()[1] for line in lines if "NOT_OFFERED" in line] == [BATHS.base_code]
    work.catalogue.forget()
    assert (await work.catalogue.offered(MEALS.base_code, "330521")).figures["minimum_age"] == 60


async def test_what_makes_no_sense_is_told(
    work: Casework, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await say(work, "import", tmp_path / "none.json") == 2
    assert "No such file" in capsys.readouterr().err
    with pytest.raises(NotFound):
        await say(work, "audit", "--item", "1")
    with pytest.raises(SystemExit):
        await say(work, "publish")
