"""``python -m backend.launcher.child MODULE …``: run a module that ends when the launcher does.

The kernel sends SIGTERM when the parent is gone, so that nothing stays behind even if the launcher is
killed in a way it cannot answer.
"""

import ctypes
import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the module named first; the rest are its arguments."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it was gone before we asked to be told
        sys.exit(1)
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
