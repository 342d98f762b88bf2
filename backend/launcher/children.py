"""Child processes of an installation: started, watched, stopped together."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

STOP_LIMIT = 15.0
"""Seconds a child may take to end after SIGTERM before it is killed."""

Ready = Callable[[], Awaitable[bool]]


class Ended(Exception):
    """A child ended although nobody asked it to."""


@dataclass(slots=True)
class Children:
    """Every process that was started, in the order of starting."""

    logs: Path
    environ: Mapping[str, str]
    _running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    async def start(self, name: str, *command: str, module: bool = True) -> None:
        """Start ``python -m`` ``command`` (or the command itself); its output goes to ``logs/name.log``."""
        self.logs.mkdir(parents=True, exist_ok=True)
        whole = (sys.executable, "-m", "backend.launcher.child", *command) if module else command
        with self.log(name).open("ab") as log:
            self._running[name] = await asyncio.create_subprocess_exec(
                *whole,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environ),
                start_new_session=True,  # Ctrl-C reaches the launcher alone, which ends them in order
            )

    def log(self, name: str) -> Path:
        """Where a child's output goes."""
        return self.logs / f"{name}.log"

    async def until(self, name: str, ready: Ready, limit: float = 90.0) -> None:
        """Wait for a child to be ready. Raises ``Ended`` when it ends or stays silent instead."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                while not await ready():
                    if self._running[name].returncode is not None:
                        raise Ended(self._obituary(name))
                    await asyncio.sleep(0.05)
                return
        raise Ended(f"{name} was not ready after {limit:.0f} s.\n{self._last_lines(name)}")

    async def first_to_end(self) -> str:
        """Wait until any child ends; what to tell about it."""
        waits = {asyncio.create_task(child.wait()): name for name, child in self._running.items()}
        done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        return self._obituary(waits[done.pop()])

    async def stop(self) -> None:
        """SIGTERM to all at once, SIGKILL to whoever stays; returns when none is left."""
        alive = [child for child in self._running.values() if child.returncode is None]
        for child in alive:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
        await asyncio.gather(*(_ended(child) for child in alive))

    def _obituary(self, name: str) -> str:
        return f"{name} ended with status {self._running[name].returncode}.\n{self._last_lines(name)}"

    def _last_lines(self, name: str) -> str:
        lines = self.log(name).read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
        return "\n".join([f"Last lines of {self.log(name)}:", *(f"  {line[:300]}" for line in lines)])


async def _ended(child: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(STOP_LIMIT):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()


async def answers(port: int, path: str) -> bool:
    """Whether an HTTP server on this machine answers ``path`` with 200."""
    try:
        async with asyncio.timeout(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
