"""Load by wrk (Debian's package of that name): requests per second, latencies, and every answer looked at once."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2
import orjson

SCRIPT = """
local ports, threads = {$ports}, 0
function setup(thread)
  threads = threads + 1
  for _, address in ipairs(wrk.lookup("127.0.0.1", ports[threads])) do thread.addr = address end
end
local tokens, next_token = {}, 0
for line in io.lines("$tokens") do tokens[#tokens + 1] = line end
function request()
  local headers = {["Content-Type"] = "application/json"}
  if #tokens > 0 then
    next_token = next_token % #tokens + 1
    headers["Authorization"] = "Bearer " .. tokens[next_token]
  end
  return wrk.format("$method", "$path", headers, $body)
end
function done(summary, latency)
  io.write(string.format("\\nRESULT %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), summary.errors.status,
    summary.errors.read + summary.errors.write + summary.errors.timeout + summary.errors.connect))
end
"""


class NoLoad(Exception):
    """wrk is not installed, or a server did not answer as it should."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One round."""

    per_second: float
    answers: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Shot:
    """One kind of request."""

    path: str
    body: Mapping[str, object] | None = None
    method: str = "POST"


def ask(port: int, shot: Shot, token: str | None) -> object:
    """Ask once and give the answer's JSON."""
    answer = httpx2.request(
        shot.method,
        f"http://127.0.0.1:{port}{shot.path}",
        content=None if shot.body is None else orjson.dumps(shot.body),
        headers={"Content-Type": "application/json"}
        | ({"Authorization": f"Bearer {token}"} if token else {}),
        trust_env=False,
    )
    if answer.status_code != 200:
        raise NoLoad(f"{shot.path} on {port}: {answer.status_code} {answer.text[:300]}")
    return answer.json()


def fire(
    ports: Sequence[int], shot: Shot, tokens: Sequence[str], *, seconds: int, connections: int = 32
) -> Measured:
    """Load the processes of one server for some seconds, one thread for each; without ``tokens`` as visitors."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise NoLoad("install Debian's package wrk")
    folder = Path("var/bench")
    (folder / "tokens.txt").write_text("".join(f"{token}\n" for token in tokens))
    given = {
        "$ports": ", ".join(f'"{port}"' for port in ports),
        "$tokens": str((folder / "tokens.txt").absolute()),
        "$method": shot.method,
        "$path": shot.path,
        "$body": "nil" if shot.body is None else json.dumps(orjson.dumps(shot.body).decode()),
    }
    script = SCRIPT
    for name, value in given.items():
        script = script.replace(name, value)
    (folder / "wrk.lua").write_text(script)
    command = [
        wrk,
        f"-t{len(ports)}",
        f"-c{connections}",
        f"-d{seconds}s",
        "--timeout",
        "20s",
        "-s",
        str(folder / "wrk.lua"),
    ]
    told = subprocess.run(  # noqa: S603 - wrk itself
        [*command, f"http://127.0.0.1:{ports[0]}"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", told)
    if found is None:
        raise NoLoad(told[-500:])
    requests, duration, p50, p99, refused, broken = map(int, found.groups())
    if refused or broken:
        raise NoLoad(f"{refused} refused, {broken} broken of {requests}")
    return Measured(requests / (duration / 1e6), requests, p50 / 1000, p99 / 1000)
