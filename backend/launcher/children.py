"""Child processes of an installation: started, watched, stopped together."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from backend.launcher.child import child_command

STOP_LIMIT = 15.0
"""Seconds a child may take to end after it was asked to before it is killed."""

Ready = Callable[[], Awaitable[bool]]


class Ended(Exception):
    """A child ended although nobody asked it to."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process and how it wants to be stopped."""

    process: asyncio.subprocess.Process
    stop: signal.Signals
    foundation: bool
    """Whether others stand on it, so that it ends after them."""


@dataclass(slots=True)
class Children:
    """Every process that was started, in the order of starting."""

    logs: Path
    environ: Mapping[str, str]
    held: tuple[int, ...] = ()
    """File descriptors that stay open as long as one of them lives."""
    _running: dict[str, Child] = field(default_factory=dict)

    async def start(
        self,
        name: str,
        *words: str,
        module: bool = True,
        stop: signal.Signals = signal.SIGTERM,
        owner: tuple[int, int] | None = None,
        foundation: bool = False,
    ) -> None:
        """Start a module, or a program, with its arguments; its output goes to ``logs/name.log``."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with self.log(name).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *child_command(words, module=module, stop=stop, owner=owner),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environ),
                start_new_session=True,  # Ctrl-C reaches the launcher alone, which ends them in order
                pass_fds=self.held,
            )
        self._running[name] = Child(process, stop, foundation)

    def log(self, name: str) -> Path:
        """Where a child's output goes."""
        return self.logs / f"{name}.log"

    async def until(self, name: str, ready: Ready, limit: float = 90.0) -> None:
        """Wait for a child to be ready. Raises ``Ended`` when it ends or stays silent instead."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                while not await ready():
                    if self._running[name].process.returncode is not None:
                        raise Ended(self._obituary(name))
                    await asyncio.sleep(0.05)
                return
        raise Ended(f"{name} was not ready after {limit:.0f} s.\n{self._last_lines(name)}")

    async def first_to_end(self) -> str:
        """Wait until any child ends; what to tell about it."""
        waits = {asyncio.create_task(child.process.wait()): name for name, child in self._running.items()}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
        return self._obituary(waits[done.pop()])

    async def stop(self) -> None:
        """Ask all to end, those that others stand on after the others; returns when none is left."""
        for foundation in (False, True):
            alive = [
                child
                for child in self._running.values()
                if child.process.returncode is None and child.foundation is foundation
            ]
            await asyncio.gather(*(_stopped(child) for child in alive))

    def _obituary(self, name: str) -> str:
        status = self._running[name].process.returncode
        return f"{name} ended with status {status}.\n{self._last_lines(name)}"

    def _last_lines(self, name: str) -> str:
        lines = self.log(name).read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
        return "\n".join([f"Last lines of {self.log(name)}:", *(f"  {line[:300]}" for line in lines)])


async def _stopped(child: Child) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.process.send_signal(child.stop)
    try:
        async with asyncio.timeout(STOP_LIMIT):
            await child.process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            child.process.kill()
        await child.process.wait()


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
