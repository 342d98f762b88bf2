"""Who is compared: the API itself, and the peers, all on the same rows and the same keys; Node's only where Node is."""

import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from backend.database.config import DatabaseUrl
from benchmarks.lab.cluster import Lab
from benchmarks.lab.servers import Server, running

PEERS = Path(__file__).parent.parent / "peers"


def redis_url(stack: ExitStack, port: int) -> str:
    """A Redis for the time of a benchmark: Debian's where it is installed."""
    server = shutil.which("redis-server")
    if server is None:
        print("redis-server is not installed: fakeredis takes its place, and takes time from everybody.")
        command = [sys.executable, "-m", "backend.launcher.redis_server", str(port)]
    else:
        command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    stack.enter_context(running("redis", port, command, {}))
    return f"redis://127.0.0.1:{port}/0"


@dataclass(slots=True)
class Peers:
    """Starts servers on one lab, each on a port of its own; they end with ``stack``."""

    place: Lab
    stack: ExitStack
    redis: str = field(init=False)
    _started: int = 0

    def __post_init__(self) -> None:
        """Redis first."""
        self.redis = redis_url(self.stack, self.place.settings.port + 90)

    def house(self, name: str, place: Lab | None = None, **more: str) -> Server:
        """One process of ours, on this lab or on another, with settings of its own."""
        command = [sys.executable, "-m", "benchmarks.lab.house"]
        # The peers have no budgets: whoever asks must not be turned away, but everything is counted.
        unlimited = {f"JINMIN_COST_PER_{who}": "2000000000" for who in ("VIEWER", "CLIENT", "ADDRESS")}
        return self._start(name, command, place or self.place, {**unlimited, **more})

    def handwritten(self) -> Server:
        """Starlette, asyncpg and orjson."""
        return self._start(
            "Starlette by hand", [sys.executable, "-m", "benchmarks.peers.handwritten"], self.place, {}
        )

    def mercurius(self, name: str, mode: str) -> Server | None:
        """``loaders`` or ``lean``."""
        node = _node(PEERS)
        if node is None:
            return None
        return self._start(name, [node, str(PEERS / "mercurius.mjs")], self.place, {"PEER_MODE": mode})

    def postgraphile(self) -> Server | None:
        """With the Node that comes with it: it needs a newer one than Debian has."""
        folder = PEERS / "postgraphile"
        if _node(folder) is None:
            return None
        node = str(folder / "node_modules" / ".bin" / "node")
        return self._start("PostGraphile", [node, str(folder / "server.mjs")], self.place, {})

    def _start(self, name: str, command: list[str], place: Lab, more: dict[str, str]) -> Server:
        port = self.place.settings.port + 10 * self._started
        self._started += 1
        address = DatabaseUrl.parse(place.settings.database_url)
        [key] = place.keys.tokens.jwks()["keys"]
        environ = {
            "JINMIN_DATA": str(place.settings.data),
            "JINMIN_DATABASE_URL": place.settings.database_url,
            "JINMIN_REDIS_URL": self.redis,
            "JINMIN_PORT": str(port),
            "PEER_PORT": str(port),
            "PEER_PG_HOST": address.host,
            "PEER_PG_NAME": address.name,
            "PEER_JWK": orjson.dumps(key).decode(),
            **more,
        }
        return self.stack.enter_context(running(name, port, command, environ))


def _node(folder: Path) -> str | None:
    """Node, and the packages of ``folder`` installed from its lock on first use."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        print("Node is not installed: its peers are left out.")
        return None
    if not (folder / "node_modules").exists():
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=folder, check=True)  # noqa: S603 - our lock
    return node
