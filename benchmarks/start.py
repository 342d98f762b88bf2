"""How long ``python -m backend run`` takes until it is ready: on an empty folder, and again on the same one."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure

SECOND_START = 8.0
READY = "Jinmin is ready"
STARTS = 3


def start() -> Iterable[Figure]:
    """The bar is on the slowest of the later starts."""
    with TemporaryDirectory(prefix="jinmin-bench-", ignore_cleanup_errors=True) as folder:
        yield Figure("first start, everything is made", _one_start(Path(folder)), "s")
        again = [_one_start(Path(folder)) for _ in range(STARTS)]
        yield Figure(f"second start, slowest of {STARTS}", max(again), "s", must=SECOND_START, at_most=True)


def _one_start(folder: Path) -> float:
    kept = {name: held for name, held in os.environ.items() if not name.startswith("JINMIN_")}
    began = time.perf_counter()
    launcher = subprocess.Popen(
        [sys.executable, "-m", "backend", "run"],
        env={**kept, "JINMIN_DATA": str(folder / "var"), "JINMIN_PORT": str(_free_ports())},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert launcher.stdout is not None
    with launcher:
        ready = any(line.startswith(READY) for line in launcher.stdout)  # reads until it says so, or ends
        seconds = time.perf_counter() - began
        launcher.send_signal(signal.SIGINT)
        launcher.stdout.read()
    if not ready or launcher.returncode != 0:
        raise RuntimeError(f"it did not start: see {folder}/var/logs")
    return seconds


def _free_ports() -> int:
    """The first of five that are free now; in the range that nobody is given a port of by chance."""
    for base in range(18_000, 20_000, 5):
        try:
            for port in range(base, base + 5):
                socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return base
    raise RuntimeError("no five free ports in a row")
