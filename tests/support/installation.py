"""A whole installation as ``make run`` starts it: real processes on ports and a folder of their own."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from backend.launcher.postgres import embedded_url
from backend.launcher.servers import MAIN
from tests.support.sandbox import OutsideSandbox, ZhejiangSandbox
from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
PORTS = 5
READY = "Jinmin is ready: "


def free_ports() -> int:
    """The first of five neighbouring ports that nobody uses."""
    while True:
        # Below the range that outgoing connections take theirs from; anywhere, so that runs do not meet.
        base = 10_000 + secrets.randbelow(4_000) * PORTS
        if not any(_taken(port) for port in range(base, base + PORTS)):
            return base


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


@dataclass(slots=True)
class Installation:
    """``python -m backend run`` on one folder and one row of ports; started, stopped and killed by tests."""

    data: Path
    port: int
    more: dict[str, str] = field(default_factory=dict)
    """Further variables of the environment."""
    said: list[str] = field(default_factory=list)
    """Every line of the launcher since it was started last."""
    _process: subprocess.Popen[str] | None = None
    _listening: Thread | None = None

    @property
    def url(self) -> str:
        """The API."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def outside(self) -> OutsideSandbox:
        """WeChat and the population registry."""
        return OutsideSandbox(f"http://127.0.0.1:{self.port + 2}")

    @property
    def zhejiang(self) -> ZhejiangSandbox:
        """The province."""
        return ZhejiangSandbox(f"http://127.0.0.1:{self.port + 3}/33")

    @property
    def redis_url(self) -> str:
        """Shared state."""
        return f"redis://127.0.0.1:{self.port + 4}/0"

    @property
    def database_url(self) -> str:
        """The house's own database."""
        return embedded_url(self.data / "postgres", MAIN)

    @property
    def environ(self) -> dict[str, str]:
        """What its processes see, and what a command that shall talk to it must see."""
        kept = {name: held for name, held in os.environ.items() if not name.startswith("JINMIN_")}
        return {**kept, "JINMIN_DATA": str(self.data), "JINMIN_PORT": str(self.port), **self.more}

    @property
    def pid(self) -> int:
        """The launcher's."""
        assert self._process is not None
        return self._process.pid

    def begin(self) -> None:
        """Start the launcher without waiting for anything."""
        self.said.clear()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "backend", "run"],
            cwd=ROOT,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._listening = Thread(target=self._listen, args=(self._process,), daemon=True)
        self._listening.start()

    def start(self) -> float:
        """Start and wait until it says that it is ready; seconds it took."""
        began = time.monotonic()
        self.begin()
        self.wait_for(READY)
        return time.monotonic() - began

    def wait_for(self, text: str) -> str:
        """The first line with ``text``; fails with everything that was said when the launcher ends before."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for line in list(self.said):
                if text in line:
                    return line
            assert self._process is not None
            if self._process.poll() is not None and self._listening and not self._listening.is_alive():
                break
            time.sleep(0.02)
        raise AssertionError(f"{text!r} was not said:\n{self.told}")

    @property
    def told(self) -> str:
        """Everything the launcher said."""
        return "\n".join(self.said)

    @property
    def runs(self) -> bool:
        """Whether the launcher is alive."""
        return self._process is not None and self._process.poll() is None

    def signal(self, number: int) -> None:
        """Send the launcher a signal, if it is alive."""
        assert self._process is not None
        self._process.send_signal(number)

    def ended(self) -> int:
        """Wait for the launcher's end; its status."""
        assert self._process is not None
        assert self._listening is not None
        status = self._process.wait(PATIENCE)
        self._listening.join(PATIENCE)
        return status

    def stop(self) -> int:
        """Ctrl-C, and wait; the launcher's status."""
        self.signal(signal.SIGINT)
        return self.ended()

    def end(self) -> None:
        """Stop it if it runs, and wait for all of it: for the end of a fixture."""
        if self._process is not None:
            self.stop()
        wait_until_gone(self)

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """``python -m backend …`` beside it, as a person at another terminal would."""
        return subprocess.run(  # noqa: S603 - our own interpreter and words
            [sys.executable, "-m", "backend", *arguments],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def processes(self) -> dict[int, str]:
        """Every process of this installation that is alive, the launcher included: pid and command."""
        return processes_with(f"JINMIN_DATA={self.data}")

    def child(self, command: str) -> int:
        """The process whose command holds ``command``."""
        found = [pid for pid, told in self.processes().items() if command in told and pid != self.pid]
        assert found, f"{command} is not running:\n{self.processes()}"
        return min(found)

    def taken_ports(self) -> list[int]:
        """Those of its ports that somebody holds."""
        return [port for port in range(self.port, self.port + PORTS) if _taken(port)]

    def logs(self) -> Sequence[Path]:
        """Everything its processes wrote down."""
        return sorted((self.data / "logs").iterdir())

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self.said.append(line.rstrip("\n"))


def processes_with(setting: str) -> dict[int, str]:
    """Processes that were started with ``NAME=value`` in their environment and are alive."""
    found: dict[int, str] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            environ = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except (OSError, ValueError):
            continue  # it ended meanwhile, or is not ours
        if setting.encode() in environ and command:  # a zombie has no command
            found[int(folder.name)] = command
    return found


def wait_until_gone(installation: Installation, limit: float = PATIENCE) -> dict[int, str]:
    """Wait for the last process of an installation to end; whatever is left after ``limit`` seconds."""
    until = time.monotonic() + limit
    while (left := installation.processes()) and time.monotonic() < until:
        time.sleep(0.05)
    return left
