"""More API processes on an installation's database and Redis, as behind one address in production."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.installation import ROOT, Installation
from tests.support.sandbox import OutsideSandbox
from tests.support.waiting import PATIENCE


@dataclass(slots=True)
class Api:
    """``python -m backend serve`` beside an installation."""

    installation: Installation
    port: int
    more: dict[str, str] = field(default_factory=dict)
    """Further variables of the environment."""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def outside(self) -> OutsideSandbox:
        """WeChat and the population registry, shared with the installation."""
        return self.installation.outside

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def begin(self) -> None:
        """Start it without waiting for it."""
        first = self.installation.port
        named = {
            "PORT": self.port,
            "DATABASE_URL": self.installation.database_url,
            "REDIS_URL": self.installation.redis_url,
            "FACE_URL": f"http://127.0.0.1:{first + 1}",
            "ZHEJIANG_URL": f"http://127.0.0.1:{first + 3}",
            "PUBLIC_URL": self.installation.url,
        }
        beside = {
            "WECHAT_URL": "wechat",
            "REGISTRY_URL": "registry",
            "ALIPAY_URL": "alipay/gateway.do",
            "SMS_URL": "sms",
            "NETWORK_IDENTITY_URL": "network-identity",
            "VIDEO_URL": "video",
            "LICENCES_URL": "licences",
        }
        named |= {name: f"http://127.0.0.1:{first + 2}/{path}" for name, path in beside.items()}
        environ = {f"JINMIN_{name}": str(value) for name, value in named.items()}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "backend", "serve"],
                cwd=ROOT,
                env={**self.installation.environ, **environ, **self.more},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait(self) -> None:
        """Wait until it answers; fails with its last words where it ends instead."""
        assert self._process is not None
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError(self.log.read_text(errors="replace")[-3000:])

    def signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def ended(self) -> int:
        """Wait for its end; its status."""
        assert self._process is not None
        return self._process.wait(PATIENCE)

    def end(self) -> None:
        """End it at once, if it was started and runs."""
        if self._process is not None and self._process.poll() is None:
            self.signal(signal.SIGKILL)
            self.ended()

    @property
    def log(self) -> Path:
        """What it says."""
        return self.installation.data / "logs" / f"api-{self.port}.log"


@contextmanager
def running(*processes: Api) -> Iterator[None]:
    """Start all of them at once and end them afterwards."""
    try:
        for one in processes:
            one.begin()
        for one in processes:
            one.wait()
        yield
    finally:
        for one in processes:
            one.end()
