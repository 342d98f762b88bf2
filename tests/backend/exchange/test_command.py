"""The exchange from the command line: what stands, what is dead, and how it is set on its way again."""

import argparse
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from backend.casework.machine import Casework
from backend.errors import BadSettings, Invalid
from backend.exchange.arguments import add_exchange_arguments
from backend.exchange.command import run_exchange, write_evidence
from backend.exchange.delivery import deliver
from tests.backend.conftest import Zhejiang
from tests.support import cases
from tests.support.sandbox import OutsideSandbox


async def run(work: Casework, *words: str) -> int:
    parser = argparse.ArgumentParser()
    add_exchange_arguments(parser)
    return await run_exchange(work, parser.parse_args(words))


@pytest.fixture
async def dead(connected_work: Casework, outside_world: OutsideSandbox, zhejiang: Zhejiang) -> UUID:
    citizen = await cases.proven(connected_work.resources, outside_world)
    application_id = await cases.submitted(citizen, connected_work)
    zhejiang.sandbox.scenario("reject")
    await deliver(connected_work, application_id)
    zhejiang.sandbox.scenario()
    return application_id


async def test_a_dead_letter_is_listed_explained_mended_and_redelivered(
    connected_work: Casework, dead: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run(connected_work, "dead") == 1
    letter = orjson.loads(capsys.readouterr().out)
    assert (letter["application_id"], letter["problem"]) == (str(dead), "INVALID_INPUT")
    assert "CASE_REJECTED" in letter["explanation"]["en"]
    with pytest.raises(Invalid):
        await run(connected_work, "mend", letter["id"], "--set", "answers=x", "--reason", "理由充分")
    with pytest.raises(BadSettings):
        await run(connected_work, "redeliver")
    assert (
        await run(connected_work, "mend", letter["id"], "--set", "item_name=津贴", "--reason", "名称不同")
        == 0
    )
    assert await run(connected_work, "redeliver", "--region", "33") == 0
    assert "1 were set on their way again." in capsys.readouterr().out
    await deliver(connected_work, dead)
    assert await run(connected_work, "dead") == 0
    assert await run(connected_work, "regions") == 0
    lines = capsys.readouterr().out.splitlines()  # logs among them
    lanes = [orjson.loads(line) for line in lines if line.startswith("{")]
    assert [(lane["region"], lane["pending"], lane["dead"]) for lane in lanes if lane["region"] == "33"] == [
        ("33", 0, 0)
    ]


async def test_what_was_settled_otherwise_is_set_aside(
    connected_work: Casework, dead: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    await run(connected_work, "dead", "--region", "33")
    letter = orjson.loads(capsys.readouterr().out)
    assert await run(connected_work, "aside", letter["id"], "--reason", "已线下移交") == 0
    assert await run(connected_work, "dead") == 0
    assert (await cases.row_of(dead))["state"] == "SUBMITTED"


async def test_reconciling_from_the_command_line_ends_one_while_the_sides_differ(
    connected_work: Casework, dead: UUID, zhejiang: Zhejiang
) -> None:
    zhejiang.sandbox.reset()
    assert await run(connected_work, "reconcile", "--region", "33") == 0
    zhejiang.sandbox.scenario("down")
    assert await run(connected_work, "reconcile", "--region", "33") == 1
    assert dead


def test_evidence_is_written_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "evidence.json"
    assert write_evidence(b'{"hops": []}', file) == 0
    assert file.stat().st_mode & 0o077 == 0
