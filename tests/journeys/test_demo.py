"""``python -m backend demo``: the journey as anybody can try it, beside a running installation."""

import subprocess
import sys
from pathlib import Path

import asyncpg
import orjson
import pytest

from integrations.demo import portraits
from tests.support.installation import ROOT, Installation

pytestmark = pytest.mark.xdist_group("journeys")

TIMELINE = "STARTED→SUBMITTED→NUMBERED→LODGED→ACCEPTED→APPROVED→RESULT_ISSUED"


async def cases(rows: asyncpg.Pool) -> int:
    held: int = await rows.fetchval("SELECT count(*) FROM application")
    return held


async def test_without_arguments_it_reaches_a_verified_result(
    jinmin: Installation, rows: asyncpg.Pool
) -> None:
    before = await cases(rows)

    ended = jinmin.command("demo")

    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert [line.split(".")[0].strip() for line in lines] == ["1", "2", "3", "4", "4", "5", "6", "6"]
    assert "method=FACE_SELFIE" in lines[2]
    assert f"timeline={TIMELINE}  approved=True  monthly_fen=10000" in lines[5]
    assert lines[7].endswith("level=5")
    assert await cases(rows) == before + 1


async def test_a_stranger_is_stopped_at_the_face_check_and_nothing_is_submitted(
    jinmin: Installation, rows: asyncpg.Pool
) -> None:
    before = await cases(rows)

    ended = jinmin.command("demo", "--selfie", "stranger")

    assert (ended.returncode, ended.stderr) == (1, "")
    lines = ended.stdout.splitlines()
    assert [line.split(".")[0].strip() for line in lines] == ["1", "2", "3"]
    assert "verify face" in lines[2]
    assert "refused: FACE_MISMATCH: 照片与证件照比对未通过。" in lines[2]
    assert await cases(rows) == before


async def test_as_json_every_step_is_a_line(jinmin: Installation) -> None:
    ended = jinmin.command("demo", "--json")

    steps = [orjson.loads(line) for line in ended.stdout.splitlines()]
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [(step["step"], step["ok"]) for step in steps] == [
        (number, True) for number in (1, 2, 3, 4, 4, 5, 6, 6)
    ]
    assert len(steps[4]["case_number"]) == 43
    assert (steps[5]["timeline"], steps[5]["approved"], steps[5]["monthly_fen"]) == (TIMELINE, True, 10_000)
    assert steps[6]["verify"].startswith(f"{jinmin.url}/verify/")


async def test_own_photographs_are_compared_with_each_other(
    jinmin: Installation, tmp_path: Path, rows: asyncpg.Pool
) -> None:
    before = await cases(rows)
    mine, theirs = tmp_path / "mine.png", tmp_path / "theirs.jpg"
    mine.write_bytes(portraits.stranger())
    theirs.write_bytes(portraits.reference())

    same = jinmin.command("demo", "--reference", str(mine), "--selfie", str(mine), "--json")
    other = jinmin.command("demo", "--reference", str(mine), "--selfie", str(theirs), "--json")

    assert (same.returncode, len(same.stdout.splitlines())) == (0, 8)
    refused = orjson.loads(other.stdout.splitlines()[-1])
    assert other.returncode == 1
    assert (refused["step"], refused["ok"], refused["code"]) == (3, False, "FACE_MISMATCH")
    assert await cases(rows) == before + 1


async def test_a_picture_without_a_face_is_told_as_such(jinmin: Installation, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.jpg"
    nothing.write_bytes(b"\xff\xd8\xff nothing of a picture")

    ended = jinmin.command("demo", "--selfie", str(nothing), "--json")

    refused = orjson.loads(ended.stdout.splitlines()[-1])
    assert (ended.returncode, refused["step"], refused["code"]) == (1, 3, "FACE_UNUSABLE")


async def test_whoever_stops_reading_is_shown_no_stack(jinmin: Installation) -> None:
    demo = subprocess.Popen(  # noqa: ASYNC220 - our own interpreter and words; nothing else runs meanwhile
        [sys.executable, "-m", "backend", "demo"],
        cwd=ROOT,
        env=jinmin.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert demo.stdout is not None
    assert demo.stderr is not None
    first = demo.stdout.readline()
    demo.stdout.close()

    assert "signed in with WeChat" in first
    assert (demo.stderr.read(), demo.wait()) == ("", 1)
    demo.stderr.close()
