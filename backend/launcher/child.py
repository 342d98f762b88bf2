"""``python -m backend.launcher.child …``: become a module or a program that ends when the launcher does.

The kernel sends a signal when the parent is gone, so that nothing stays behind even if the launcher is
killed in a way it cannot answer.
"""

import argparse
import ctypes
import os
import runpy
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def child_command(
    words: Sequence[str],
    *,
    module: bool,
    stop: signal.Signals = signal.SIGTERM,
    owner: tuple[int, int] | None = None,
) -> tuple[str, ...]:
    """The command for a process of ours that becomes ``words`` and is sent ``stop`` when we are gone.

    The process is bound to the thread that starts it, so that has to be the main one. ``owner`` is whom
    a program becomes first (user and group).
    """
    return (
        *(sys.executable, "-m", "backend.launcher.child"),
        *("--parent", str(os.getpid()), "--stop", stop.name),
        *(() if owner is None else ("--owner", f"{owner[0]}:{owner[1]}")),
        *(() if module else ("--program",)),
        "--",
        *words,
    )


def main() -> None:
    """Become what the words say."""
    parser = argparse.ArgumentParser(prog="python -m backend.launcher.child")
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--stop", default="SIGTERM")
    parser.add_argument("--owner")
    parser.add_argument("--program", action="store_true")
    parser.add_argument("words", nargs="+")
    args = parser.parse_args()
    if args.owner:
        uid, gid = (int(number) for number in args.owner.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
        os.chdir("/")  # where we are may be closed to them
    if sys.platform == "linux":  # last of all: becoming somebody else would undo it
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.Signals[args.stop])
    if os.getppid() != args.parent:  # it was gone before we asked to be told
        sys.exit(1)
    if args.program:
        os.execv(args.words[0], args.words)  # noqa: S606 - that is what it is for
    sys.argv = args.words
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
