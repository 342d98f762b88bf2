"""The sandbox servers as processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from tests.support.installation import free_ports
from tests.support.sandbox import plain_client
from tests.support.waiting import PATIENCE


def environ(data: Path, **more: str) -> dict[str, str]:
    kept = {key: held for key, held in os.environ.items() if not key.startswith("JINMIN_")}
    return {**kept, "JINMIN_DATA": str(data), **more}


def start(data: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-m", "integrations.sandbox", *arguments],
        env=environ(data, **more),
        stderr=subprocess.PIPE,
        text=True,
    )


def healthy(port: int) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            return plain_client().get(f"http://127.0.0.1:{port}/healthz").text == "ok"
        except httpx2.ConnectError:
            time.sleep(0.05)
    return False


def test_both_servers_serve_until_they_are_stopped(tmp_path: Path, new_database: Callable[[], str]) -> None:
    base = free_ports()
    port = {"JINMIN_PORT": str(base)}
    processes = [
        start(tmp_path, "outside", OUTSIDE_DATABASE_URL=new_database(), **port),
        start(tmp_path, "provinces", PROVINCES_DATABASE_URL=new_database(), **port),
    ]
    served = [healthy(base + 2), healthy(base + 3)]
    for process in processes:
        process.send_signal(signal.SIGTERM)
    said = [process.communicate(timeout=PATIENCE)[1] for process in processes]

    assert (served, said) == ([True, True], ["", ""])


def test_a_wrong_start_is_told_in_a_sentence(tmp_path: Path) -> None:
    wrong = {
        "PROVINCES_DATABASE_URL is not set": start(tmp_path, "provinces"),
        "Say which": start(tmp_path, "shanghai"),
        "JINMIN_SURPRISE": start(tmp_path, "outside", JINMIN_SURPRISE="1"),
    }

    for sentence, process in wrong.items():
        said = process.communicate(timeout=PATIENCE)[1].splitlines()
        assert (process.returncode, len(said)) == (2, 1)
        assert sentence in said[0]
