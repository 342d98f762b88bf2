"""What ``python -m backend calendar`` may be told; apart from its doing, so that other commands start quickly."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two commands."""
    commands = parser.add_subparsers(required=True, dest="action", metavar="load|show")
    load = commands.add_parser("load", help="announce the days off of a year from a JSON file")
    load.add_argument("file", type=Path, help='{"year", "source", "daysOff": […], "makeUpDays": […]}')
    commands.add_parser("show", help="every year that was loaded")
