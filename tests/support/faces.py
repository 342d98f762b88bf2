"""Face services for tests: the real server on a free port, over whatever workers a test brings."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

import httpx2
import uvicorn

from integrations.faces.server import READ_LIMIT, create_face_app
from integrations.faces.supervisor import Supervisor
from tests.support.sandbox import plain_client

KEY = "the face service's key"
PATIENCE = 60.0
"""Seconds; a machine with much else to do takes long to load the models."""


@dataclass(frozen=True, slots=True)
class RunningFaces:
    """A face service, its supervisor, and what it counted."""

    url: str
    supervisor: Supervisor

    def post(self, question: str, content: bytes, *, key: str | None = KEY) -> httpx2.Response:
        """Ask as the API does."""
        headers = [] if key is None else [(b"authorization", f"Bearer {key}".encode())]
        return plain_client().post(f"{self.url}/v1/{question}", content=content, headers=headers, timeout=60)

    def counted(self, question: str, outcome: str) -> float:
        """How often a question had this outcome until now."""
        return self._figure(f'jinmin_face_outcomes_total{{outcome="{outcome}",question="{question}"}}')

    def until_warm(self, workers: int = 1) -> None:
        """Wait for loaded workers."""
        until = time.monotonic() + PATIENCE
        while self.supervisor.warm < workers:
            assert time.monotonic() < until, "no worker came up"
            time.sleep(0.02)

    def _figure(self, name: str) -> float:
        text = plain_client().get(f"{self.url}/metrics").raise_for_status().text
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


@contextmanager
def running_faces(
    supervisor: Supervisor, *, workers: int | None = None, read_limit: float = READ_LIMIT
) -> Iterator[RunningFaces]:
    """Serve as production does (uvicorn, uvloop), and wait until so many workers are warm, all of them by default."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        create_face_app(supervisor, KEY, read_limit=read_limit),
        loop="uvloop",
        log_config=None,
        access_log=False,
    )
    config.timeout_graceful_shutdown = 0
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    running = RunningFaces(f"http://127.0.0.1:{listening.getsockname()[1]}", supervisor)
    try:
        running.until_warm(supervisor.size if workers is None else workers)
        yield running
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listening.close()
