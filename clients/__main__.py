"""``python -m clients [--short]``: start an installation (or use ``JINMIN_URL``) and let real clients talk to it.

Node 20 or newer is needed; without it this says so and is content, because nothing else needs Node.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson

from integrations.demo.walk import ANSWERS

HERE = Path(__file__).parent
ROOT = HERE.parent
LEAST_NODE = 20
TEST_SECONDS, ALL_SECONDS = 90, 600
SHORT_TEST_SECONDS, SHORT_SECONDS = 30, 60
READY = "Jinmin is ready: "
SHORT = ("audits", "streams", "graphql-request")
"""The short form: conformance, subscriptions, and one client."""


def main(arguments: list[str]) -> int:
    """Run the clients; 0 when all of them are content, or when there is no Node."""
    parser = argparse.ArgumentParser(prog="python -m clients", description=__doc__)
    parser.add_argument("--short", action="store_true", help=f"only {', '.join(SHORT)}")
    short = parser.parse_args(arguments).short
    node = _node()
    if node is None:
        _say(f"No Node {LEAST_NODE} or newer here: the clients are skipped.")
        return 0
    _install(short=short)
    with _server() as served:
        environ = {**served, "JINMIN_ANSWERS": orjson.dumps(ANSWERS).decode()}
        names = SHORT if short else sorted(path.name.split(".")[0] for path in HERE.glob("tests/*.test.mjs"))
        files = [str(HERE / "tests" / f"{name}.test.mjs") for name in names]
        # A client that hangs is a finding, not a reason to wait: each test has its time, and so has the whole.
        each, whole = (SHORT_TEST_SECONDS, SHORT_SECONDS) if short else (TEST_SECONDS, ALL_SECONDS)
        failed = _within(whole, [node, "--test", f"--test-timeout={each * 1000}", *files], environ)
        if not short:
            failed = _schemathesis(environ) or failed
    return 1 if failed else 0


def _within(seconds: int, command: list[str], environ: Mapping[str, str]) -> int:
    """The exit status of a command; 1 with a sentence for one that does not end in time."""
    try:
        return subprocess.run(command, env=environ, cwd=HERE, check=False, timeout=seconds).returncode
    except subprocess.TimeoutExpired:
        _say(f"{command[0]} did not end within {seconds} s.")
        return 1


def _node() -> str | None:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return node if int(version.strip().lstrip("v").split(".")[0]) >= LEAST_NODE else None


def _install(*, short: bool) -> None:
    """Bring what the locks name, once per lock."""
    _once(
        HERE / "node_modules",
        HERE / "package-lock.json",
        ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
    )
    if short:
        return
    python = HERE / ".venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(HERE / ".venv")], check=True)
    lock = HERE / "requirements.txt"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _once(HERE / ".venv", lock, [*install, "--no-deps", "--require-hashes", "-r", str(lock)])


def _once(folder: Path, lock: Path, command: list[str]) -> None:
    stamp = folder / ".installed-lock"
    if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
        return
    _say(f"Installing {folder.name} …")
    subprocess.run(command, cwd=HERE, check=True)
    stamp.write_bytes(lock.read_bytes())


@contextmanager
def _server() -> Iterator[Mapping[str, str]]:
    """The environment for the clients, with a server behind it."""
    given = os.environ.get("JINMIN_URL")
    if given:
        yield os.environ
        return
    port = _free_ports(5)
    with tempfile.TemporaryDirectory(prefix="jinmin-clients-") as folder:
        settings = {"JINMIN_PORT": str(port), "JINMIN_DATA": folder}
        launcher = subprocess.Popen(
            [sys.executable, "-m", "backend", "run"],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            if not any(line.startswith(READY) for line in launcher.stdout or ()):
                raise SystemExit("The server did not start; its own lines above say why.")
            base = f"http://127.0.0.1:{port}"
            yield {**os.environ, "JINMIN_URL": base, "JINMIN_SANDBOX_URL": f"http://127.0.0.1:{port + 2}"}
        finally:
            launcher.send_signal(signal.SIGINT)
            try:
                launcher.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                launcher.kill()


def _free_ports(count: int) -> int:
    for first in range(18_200, 19_200, count):
        if all(_free(port) for port in range(first, first + count)):
            return first
    raise SystemExit("No free ports.")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _schemathesis(environ: Mapping[str, str]) -> int:
    """Made-up operations over the whole schema, by a visitor and by a citizen (see ``hooks``)."""
    command = [
        *(str(HERE / ".venv" / "bin" / "schemathesis"), "run", f"{environ['JINMIN_URL']}/graphql"),
        *("--phases", "fuzzing", "--max-examples", "30", "--checks", "told_properly", "--no-color"),
        # These would end the session that the others speak in.
        *("--exclude-name-regex", r"Mutation\.(signOut|end|refresh).*"),
    ]
    hooks = {**environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}
    failed = 0
    for headers in ([], ["--header", f"Authorization: Bearer {_token(environ)}"]):
        failed = _within(ALL_SECONDS, [*command, *headers], hooks) or failed
    return failed


def _token(environ: Mapping[str, str]) -> str:
    """The access token of a new citizen."""
    lib = "import { citizen } from './tests/lib.mjs'; console.log(await citizen());"
    command = ["node", "--input-type=module", "--eval", lib]
    said = subprocess.run(command, env=dict(environ), cwd=HERE, check=True, capture_output=True, text=True)
    return said.stdout.strip()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
