"""One worker process: loads the models once, then answers one question at a time until it is told to stop."""

import os
import resource
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from backend.ports import FaceMotion, FaceOutcome
from integrations.faces.challenge import judge
from integrations.faces.engine import Engine, Unusable

MEMORY_LIMIT = 3 * 1024**3
"""Bytes of address space (not of memory in use, which stays near 300 MB): a runaway decoder hits it."""


def run(pipe: Connection, folder: str) -> None:
    """Answer ``(frames, reference, motions)`` with an outcome's name; say ``ready`` first."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the service stops us
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold pictures
    engine = Engine(Path(folder))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    pipe.send("ready")
    while True:
        try:
            frames, reference, motions = pipe.recv()
        except EOFError:
            return
        pipe.send(answer(engine, frames, reference, motions).value)
        del frames, reference


def answer(engine: Engine, frames: Sequence[bytes], reference: bytes, motions: Sequence[FaceMotion]) -> FaceOutcome:
    """Look at everything and judge."""
    try:
        known = engine.see(reference)
    except Unusable:
        return FaceOutcome.REFERENCE_UNUSABLE
    try:
        return judge([engine.see(frame) for frame in frames], known, motions)
    except Unusable as unusable:
        return unusable.outcome
