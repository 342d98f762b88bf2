"""What ``python -m backend certificates`` may be told; apart from its doing, so that other commands start quickly."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two commands."""
    commands = parser.add_subparsers(required=True, dest="action", metavar="verify|keys")
    verify = commands.add_parser("verify", help="check sealed documents; ends 1 if any of them is not right")
    verify.add_argument("files", type=Path, nargs="+", metavar="FILE")
    verify.add_argument(
        "--keys", type=Path, help="published keys (a file); without it, this installation's own"
    )
    commands.add_parser("keys", help="print the keys that documents can be checked with, as we publish them")
