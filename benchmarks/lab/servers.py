"""Servers under measurement: started one at a time or side by side, and what CPU they used."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    name: str
    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """CPU of the process and its children so far."""
        whole = psutil.Process(self.pid)
        return sum(sum(part.cpu_times()[:2]) for part in (whole, *whole.children(recursive=True)))


@contextmanager
def running(name: str, port: int, command: list[str], environ: Mapping[str, str]) -> Iterator[Server]:
    """Start ``command`` and wait until its port answers."""
    log = Path("var/bench") / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own servers
            command, env={**os.environ, **environ}, stdout=out, stderr=out, start_new_session=True
        )
    try:
        _wait(port, process, log)
        yield Server(name, port, process.pid)
    finally:
        process.terminate()
        process.wait(15)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path, limit: float = 30.0) -> None:
    until = time.monotonic() + limit
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    sys.stdout.write(log.read_text(errors="replace")[-2000:])
    raise SystemExit(f"{log.stem} did not start")
