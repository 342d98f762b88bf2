"""What ``python -m backend catalogue`` may be told; apart from its doing, so that other commands start quickly."""

import argparse
from pathlib import Path

NATION = "000000"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The four commands and what each may be told."""
    commands = parser.add_subparsers(required=True, dest="action", metavar="import|export|diff|audit")
    take = commands.add_parser("import", help="publish the editions of a .json or .xlsx file, all or none")
    take.add_argument("file", type=Path)
    take.add_argument("--preview", action="store_true", help="tell what would change and change nothing")
    take.add_argument("--codes", action="store_true", help="the file holds official base codes, not editions")
    give = commands.add_parser("export", help="write the editions that count today or later to a file")
    give.add_argument("file", type=Path)
    compare = commands.add_parser("diff", help="compare a file with the catalogue, or with another file")
    compare.add_argument("file", type=Path)
    compare.add_argument("other", type=Path, nargs="?", help="the newer file")
    look = commands.add_parser("audit", help="list what is unverified, assigned here or no longer conforming")
    look.add_argument("--json", action="store_true", help="one JSON line per finding")
    for command in (give, look):
        command.add_argument("--division", default=NATION, help="only within this division")
        command.add_argument("--item", action="append", default=[], help="only this base code (repeatable)")
