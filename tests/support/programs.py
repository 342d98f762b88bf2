"""Programs of the system that check our work from outside: a test that needs one is skipped, with a reason, without it."""

import shutil
import subprocess
from pathlib import Path

import pytest


def needed(*names: str) -> str:
    """The path of the first of ``names`` that is installed; skips the test where none is."""
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    pytest.skip(f"{' or '.join(names)} is not installed")


def ran(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """What a program said; at most half a minute."""
    return subprocess.run(  # noqa: S603 - our own words
        [str(part) for part in command], check=False, capture_output=True, text=True, timeout=30
    )
