"""One worker process: loads the models once, then answers one question at a time until it is told to stop."""

import os
import resource
import signal
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from backend.ports import FaceMotion, FaceOutcome
from integrations.faces.challenge import Seen, Unusable, judge, refuse_unseen

HEADROOM = 1024**3
"""Bytes of address space a question may take beside the loaded models.

Models and libraries map .7 GB, of which .15 are in memory; a 40-megapixel picture takes .4 for a moment.
"""


def run(pipe: Connection, folder: str) -> None:
    """Answer ``(frames, reference, motions)`` with an outcome's name; say ``ready`` first."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the service stops us
    from integrations.faces.engine import Engine  # noqa: PLC0415 - heavy, and not for the service's own process

    engine = Engine(Path(folder))
    limit = _mapped() + HEADROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    pipe.send("ready")
    while True:
        try:
            frames, reference, motions = pipe.recv()
        except EOFError:
            return
        pipe.send(answer(engine.see, frames, reference, motions).value)
        del frames, reference


def answer(
    see: Callable[[bytes], Seen], frames: Sequence[bytes], reference: bytes, motions: Sequence[FaceMotion]
) -> FaceOutcome:
    """Look at everything and judge; ``see`` raises ``Unusable``."""
    if (refused := refuse_unseen(frames, motions)) is not None:
        return refused
    try:
        known = see(reference)
    except Unusable:
        return FaceOutcome.REFERENCE_UNUSABLE
    try:
        return judge([see(frame) for frame in frames], known, motions)
    except Unusable as unusable:
        return unusable.outcome


def _mapped() -> int:
    """Bytes of address space this process has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()
