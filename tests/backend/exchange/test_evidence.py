"""Evidence: a third party who has nothing but a file and the published keys can say what happened, or what is wrong."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from backend.__main__ import main
from backend.app import create_app
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import NotFound
from backend.exchange.delivery import deliver
from backend.exchange.evidence_file import KEYS_AT, examine, export, published_keys, seal_keys
from backend.keys import SandboxKeys
from backend.kit.signatures import generate_sm2, sign_sm2
from backend.settings import Settings
from tests.backend.conftest import Zhejiang
from tests.support import cases
from tests.support.province import Platform, message
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox

Told = dict[str, Any]


@pytest.fixture
async def exchanged(
    connected_work: Casework,
    outside_world: OutsideSandbox,
    zhejiang: Zhejiang,
    installation: Settings,
    sandbox_keys: SandboxKeys,
) -> tuple[str, bytes, bytes]:
    """A case that was lodged at the second try, and accepted: its number, its evidence, the published keys."""
    citizen = await cases.proven(connected_work.resources, outside_world)
    application_id = await cases.submitted(citizen, connected_work)
    zhejiang.sandbox.scenario("lose_reply")
    await deliver(connected_work, application_id)
    zhejiang.sandbox.scenario()
    await deliver(connected_work, application_id)
    row = await cases.row_of(application_id)
    (delivery,) = await fetch("SELECT external_case_number FROM delivery")
    transport = httpx2.ASGITransport(app=create_app(installation, connected_work))
    async with httpx2.AsyncClient(transport=transport, base_url="http://jinmin.test") as client:
        external = delivery["external_case_number"]
        said = message(row["case_number"], "2", "1", externalCaseNo=external)
        assert await Platform(client, sandbox_keys).send(said) == (200, "RECEIVED")
        keys = (await client.get(KEYS_AT)).content
    return row["case_number"], await export(connected_work, row["case_number"], actor="officer:1"), keys


async def test_a_file_tells_every_hop_and_nothing_of_the_person(
    connected_work: Casework, exchanged: tuple[str, bytes, bytes]
) -> None:
    number, made, _ = exchanged
    file, flaws = examine(made, await published_keys(seal_keys(connected_work)))

    assert file is not None
    assert flaws == []
    assert file.case == number
    assert [(hop.way, hop.what, hop.outcome, hop.status) for hop in file.hops] == [
        ("OUT", "lodge", "NO_ANSWER", None),
        ("OUT", "lodge", "ANSWERED", 200),
        ("IN", "callback", "HEARD", None),
    ]
    assert {key.owner for key in file.keys.values()} == {"ours", "33"}
    for personal in ("沈阿福", "13800000000", "622848001234567890"):
        assert personal.encode() not in made
        assert b64encode(personal.encode())[:8] not in made
    (case_id,) = [row["id"] for row in await fetch("SELECT id FROM application")]
    assert (await told(f"application:{case_id}"))[-1] == "evidence_exported"
    with pytest.raises(NotFound):
        await export(connected_work, "no such case", actor="officer:1")


async def test_by_right_it_tells_what_was_said(
    connected_work: Casework, exchanged: tuple[str, bytes, bytes]
) -> None:
    made = await export(connected_work, exchanged[0], actor="officer:1", with_content=True)
    file, flaws = examine(made, await published_keys(seal_keys(connected_work)))

    assert file is not None
    assert flaws == []
    assert "沈阿福" in b64decode(file.hops[1].content or "").decode()


def altered(hop: int, *path: str) -> Callable[[Told], None]:
    """Changes one letter at ``path`` of a hop."""

    def alter(told: Told) -> None:
        at: Any = told["hops"][hop]
        for name in path[:-1]:
            at = at[name]
        before = at[path[-1]]
        if isinstance(before, list):
            before[3] = str(int(before[3]) + 1)
        else:
            at[path[-1]] = before[:40] + ("A" if before[40] != "A" else "B") + before[41:]

    return alter


def swapped(told: Told) -> None:
    """Another request's answer."""
    told["hops"][1]["request"] = told["hops"][0]["request"]


def shortened(told: Told) -> None:
    del told["hops"][0]


def forged(told: Told) -> None:
    """Sealed anew by somebody else under the same name."""
    private, _ = generate_sm2()
    plain = {name: value for name, value in told.items() if name != "seal"}
    signature = sign_sm2(private, orjson.dumps(plain, option=orjson.OPT_SORT_KEYS))
    told["seal"]["signature"] = b64encode(signature).decode()


def their_own_key(told: Told) -> None:
    """Signed with a key that the file itself brings along."""
    told["hops"][1]["answer"]["key"] = "0" * 64


SEAL = "file: The file was altered after it was made."


@pytest.mark.parametrize(
    ("alter", "wrong"),
    [
        (
            altered(1, "request", "lines"),
            [SEAL, "hop 2, request: The signature does not fit what was signed."],
        ),
        (
            altered(1, "answer", "signature"),
            [SEAL, "hop 2, answer: The signature does not fit what was signed."],
        ),
        (altered(1, "receipt"), [SEAL, "hop 2, receipt: The receipt does not fit its digest."]),
        (
            swapped,
            [
                SEAL,
                "hop 2, answer: The answer belongs to another request.",
            ],
        ),
        (shortened, [SEAL]),
        (forged, [SEAL]),
        (their_own_key, [SEAL, "hop 2, answer: The key of the signature is not among the published ones."]),
    ],
    ids=["request", "answer", "receipt", "swapped", "shortened", "forged", "their_own_key"],
)
async def test_of_an_altered_file_it_is_said_what_is_wrong(
    connected_work: Casework,
    exchanged: tuple[str, bytes, bytes],
    alter: Callable[[Told], None],
    wrong: list[str],
) -> None:
    file = orjson.loads(exchanged[1])
    alter(file)
    _, flaws = examine(orjson.dumps(file), await published_keys(seal_keys(connected_work)))
    assert [f"{flaw.where}: {flaw.what.en}" for flaw in flaws] == wrong


async def test_anybody_checks_it_with_the_published_keys_alone(
    exchanged: tuple[str, bytes, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number, made, keys = exchanged
    file, published = tmp_path / "evidence.json", tmp_path / "keys.json"
    file.write_bytes(made)
    published.write_bytes(keys)
    command = ["evidence", "verify", str(file), "--keys", str(published)]

    assert await asyncio.to_thread(main, command) == 0
    assert number in capsys.readouterr().out
    file.write_bytes(made.replace(b"ANSWERED", b"REFUSED "))
    assert await asyncio.to_thread(main, command) == 1
    assert "The file was altered after it was made." in capsys.readouterr().out
    file.write_bytes(b"{}")
    assert await asyncio.to_thread(main, command) == 1
    assert "This is not an evidence file" in capsys.readouterr().out
