"""Workers of a face service that have no models and do what the body of a question says.

``match`` · ``sleep 0.2`` · ``hang`` · ``crash`` (a segmentation fault) · ``grow`` (by half a gigabyte) ·
``write FILE`` · ``unreadable`` · ``nonsense`` · ``crash once`` and ``hang once`` (then they match).

They are processes of their own and load this file: its imports are few, so that they start quickly.
"""

import os
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

READY = b"ready"
VERDICT = b'{"outcome":"MATCH","model":"obedient@1"}'


def obedient(pipe: Connection, folder: str) -> None:
    """Answer until told to stop; ``folder`` remembers what was done once."""
    pipe.send_bytes(READY)
    while True:
        try:
            _question, body = pipe.recv_bytes(), pipe.recv_bytes()
        except EOFError:
            return
        pipe.send_bytes(_obeyed(body.decode(), Path(folder) / "done"))


def confined(pipe: Connection, folder: str) -> None:
    """The same, within the limits that real workers set themselves."""
    from integrations.faces import worker  # noqa: PLC0415 - takes half a second, and only this one needs it

    worker.forget_quickly()
    worker.confine(64 * 1024 * 1024)
    obedient(pipe, folder)


def never_ready(pipe: Connection, folder: str) -> None:
    """A worker that dies before it is warm."""
    raise SystemExit(3)


def _obeyed(told: str, done: Path) -> bytes:
    what, _, more = told.partition(" ")
    if more == "once":
        if done.exists():
            return VERDICT
        done.mkdir()
    if what == "sleep":
        time.sleep(float(more))
    elif what == "hang":
        signal.pause()
    elif what == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif what == "grow":
        return bytes(512 * 1024 * 1024)
    elif what == "write":
        return _written(Path(more))
    return {"unreadable": b"unreadable", "nonsense": b'{"outcome":"SURE"}'}.get(what, VERDICT)


def _written(path: Path) -> bytes:
    """Try to write a file; the verdict's model tells what came of it."""
    try:
        path.write_bytes(b"a face")
    except OSError as error:
        return VERDICT.replace(b"obedient@1", str(error.errno).encode())
    return VERDICT
