"""One worker process: loads the models once, then answers one question at a time until it is told to stop.

It reads what strangers took for pictures, so it is kept small: it can write no file, leaves no core dump,
has a limit of memory, and its answers are JSON that the service checks.
"""

import ctypes
import os
import resource
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from integrations.faces.messages import Question

HEADROOM = 1024**3
"""Bytes of address space a question may take beside the loaded models.

Models and libraries map .7 GB, of which .15 are in memory; a 40-megapixel picture takes .4 for a moment.
"""

READY = b"ready"

_LARGE_ALLOCATION = 32 * 1024
_M_MMAP_THRESHOLD, _M_PERTURB, _PR_SET_DUMPABLE = -3, -6, 4


def run(pipe: Connection, folder: str) -> None:
    """Say ``ready``, then answer each question (its name, then its JSON) with the JSON of a verdict."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the service stops us
    forget_quickly()
    # Heavy, and not for the service's own process, which reads this module too.
    from integrations.faces.answers import answer  # noqa: PLC0415
    from integrations.faces.engine import Engine  # noqa: PLC0415

    engine = Engine(Path(folder))
    confine(HEADROOM)
    pipe.send_bytes(READY)
    while True:
        try:
            name, body = pipe.recv_bytes(), pipe.recv_bytes()
        except EOFError:
            return
        pipe.send_bytes(answer(engine, Question(name.decode()), body))
        del body


def forget_quickly() -> None:
    """Hand memory that held a picture back to the system at once, and leave nothing in a core dump.

    The C library keeps freed memory for later, contents and all: larger blocks than this it unmaps, and
    smaller ones it overwrites.
    """
    libc = ctypes.CDLL(None)
    libc.mallopt(_M_MMAP_THRESHOLD, _LARGE_ALLOCATION)
    libc.mallopt(_M_PERTURB, 0xA5)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def confine(headroom: int) -> None:
    """From now on: no file is written, and at most ``headroom`` bytes more are used than now."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    limit = _mapped() + headroom
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _mapped() -> int:
    """Bytes of address space this process has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()
