"""My applications: 20 cases with item and last events, against other servers on the same rows."""

import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson

from backend.database.config import DatabaseUrl
from backend.keys import read_keys
from benchmarks.figures import Figure
from benchmarks.lab.cluster import Lab, lab
from benchmarks.lab.load import Measured, NoLoad, Shot, ask, fire
from benchmarks.lab.servers import Server, running

PEERS = Path(__file__).parent / "peers"
ROUNDS, SECONDS, WARM_UP = 5, 4, 2
BARS = (("mercurius", 1.0), ("mercurius-lean", 0.75), ("handwritten", 0.65))

DOCUMENT = """
query Mine($first: Int! = 20) {
  applications(first: $first) {
    edges { node { id caseNumber itemName organName state createdAt submittedAt dueDate { on } timeline(last: 5) { sequence kind at } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
"""What every peer can be asked, too."""
MINE = Shot("/graphql", {"query": DOCUMENT, "variables": {"first": 20}})


def reads() -> Iterable[Figure]:
    """Medians of interleaved rounds; every server is asked once before and must tell the same cases."""
    with lab() as place, ExitStack() as stack:
        servers = _servers(place, stack)
        _compare(servers, place)
        rates = dict(_rounds(servers, place))
    yield from (Figure(f"{name}: answers per second", rate, "/s") for name, rate in rates.items())
    for name, must in BARS:
        if name in rates:
            yield Figure(f"jinmin against {name}", rates["jinmin"] / rates[name], "×", must=must)
    yield Figure("compiled against graphql-core", rates["jinmin"] / rates["graphql-core"], "×")


def _servers(place: Lab, stack: ExitStack) -> list[Server]:
    """Ours twice (compiled and not), and the peers; Node's only where Node is."""
    port = place.settings.port
    address = DatabaseUrl.parse(place.settings.database_url)
    common = {
        "JINMIN_DATA": str(place.settings.data),
        "JINMIN_DATABASE_URL": place.settings.database_url,
        "JINMIN_REDIS_URL": redis_url(stack, port + 50),
    }

    def start(name: str, offset: int, command: list[str], **more: str) -> Server:
        environ = {**common, "JINMIN_PORT": str(port + offset), "PEER_PORT": str(port + offset), **more}
        return stack.enter_context(running(name, port + offset, command, environ))

    serve = [sys.executable, "-m", "backend", "serve"]
    servers = [
        start("jinmin", 0, serve),
        start("graphql-core", 10, serve, JINMIN_COMPILED_OPERATIONS="false"),
        start("handwritten", 20, [sys.executable, "-m", "benchmarks.peers.handwritten"]),
    ]
    node = _node()
    if node is None:
        print("Node is not installed: its peers are left out.")
        return servers
    [key] = read_keys(place.settings).tokens.jwks()["keys"]
    for offset, mode in ((30, "loaders"), (40, "lean")):
        more = {
            "PEER_PG_HOST": address.host,
            "PEER_PG_NAME": address.name,
            "PEER_JWK": orjson.dumps(key).decode(),
            "PEER_MODE": mode,
        }
        name = "mercurius" if mode == "loaders" else "mercurius-lean"
        servers.append(start(name, offset, [node, str(PEERS / "mercurius.mjs")], **more))
    return servers


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


def _node() -> str | None:
    """Node with the peers' packages, installed from their lock on first use."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    if not (PEERS / "node_modules").exists():
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=PEERS, check=True)  # noqa: S603 - our lock
    return node


def _compare(servers: list[Server], place: Lab) -> None:
    """All tell the same cases and events; ids and cursors differ in their spelling alone."""
    told = {server.name: _told(ask(server.port, MINE, place.tokens[0])) for server in servers}
    first = told.pop(servers[0].name)
    if len(first) != 20 or any(other != first for other in told.values()):
        raise NoLoad(
            f"the servers do not tell the same: {first[:1]} { ({n: o[:1] for n, o in told.items()}) }"
        )


def _told(answer: Any) -> list[Mapping[str, Any]]:
    if "errors" in answer:
        raise NoLoad(str(answer["errors"])[:500])
    page = answer["data"]["applications"]
    moments = ("createdAt", "submittedAt", "timeline", "id")
    return [
        {key: value for key, value in edge["node"].items() if key not in moments}
        | {"events": [(event["sequence"], event["kind"]) for event in edge["node"]["timeline"]]}
        for edge in page["edges"]
    ]


def _rounds(servers: list[Server], place: Lab) -> Iterator[tuple[str, float]]:
    for server in servers:
        fire(server.port, MINE, place.tokens, seconds=WARM_UP)
    found: dict[str, list[Measured]] = {server.name: [] for server in servers}
    cpu = {server.name: 0.0 for server in servers}
    for _ in range(ROUNDS):
        for server in servers:
            before = server.cpu_seconds()
            found[server.name].append(fire(server.port, MINE, place.tokens, seconds=SECONDS))
            cpu[server.name] += server.cpu_seconds() - before
    print("| server | answers/s | p50 ms | p99 ms | CPU ms each |\n|---|---:|---:|---:|---:|")
    for name, rounds in found.items():
        rate = statistics.median(one.per_second for one in rounds)
        p50, p99 = (statistics.median(getattr(one, part) for one in rounds) for part in ("p50_ms", "p99_ms"))
        each = cpu[name] / sum(one.per_second * SECONDS for one in rounds) * 1000
        print(f"| {name} | {rate:.0f} | {p50:.1f} | {p99:.1f} | {each:.2f} |", flush=True)
        yield name, rate
