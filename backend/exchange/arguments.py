"""What ``python -m backend exchange`` and ``evidence`` may be told; apart from their doing, so that others start quickly."""

import argparse
from datetime import date
from pathlib import Path
from uuid import UUID


def add_exchange_arguments(parser: argparse.ArgumentParser) -> None:
    """Commands about what is on its way."""
    commands = parser.add_subparsers(required=True, dest="what", metavar="WHAT")
    commands.add_parser("regions", help="how the exchange with each region stands, one JSON line each")
    dead = commands.add_parser("dead", help="dead letters, one JSON line each; ends 1 if there is any")
    dead.add_argument("--region", help="only those to this region")
    again = commands.add_parser("redeliver", help="set dead letters on their way again")
    again.add_argument("ids", nargs="*", type=UUID, metavar="ID")
    again.add_argument("--region", help="all of this region")
    again.add_argument("--problem", help="only those with this code")
    again.add_argument("--all", action="store_true", help="all of every region")
    mend = commands.add_parser("mend", help="put fields of a message right before it is redelivered")
    mend.add_argument("id", type=UUID, metavar="ID")
    mend.add_argument(
        "--set",
        dest="fields",
        action="append",
        required=True,
        metavar="FIELD=VALUE",
        help="task_code, item_code, item_name or division",
    )
    mend.add_argument("--reason", required=True)
    aside = commands.add_parser("aside", help="end a message that was settled otherwise")
    aside.add_argument("id", type=UUID, metavar="ID")
    aside.add_argument("--reason", required=True)
    compared = commands.add_parser(
        "reconcile",
        help="compare a day's account with a region's and repair what differs; ends 1 if they differ",
    )
    compared.add_argument("--region", help="else every region that has a desk")
    compared.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD of legal time, else yesterday")
    commands.add_parser(
        "flow-back", help="send each region the records of its residents' cases handled elsewhere"
    )


def add_evidence_arguments(parser: argparse.ArgumentParser) -> None:
    """Commands about what proves it."""
    commands = parser.add_subparsers(required=True, dest="what", metavar="export|verify|keys")
    export = commands.add_parser("export", help="write the evidence of a case into one file")
    export.add_argument("case_number")
    export.add_argument("file", type=Path, metavar="FILE")
    export.add_argument(
        "--with-content", action="store_true", help="with what was said: for those who have a right to it"
    )
    verify = commands.add_parser(
        "verify", help="check a file; ends 1 and says what is wrong if it is not right"
    )
    verify.add_argument("files", type=Path, nargs="+", metavar="FILE")
    verify.add_argument(
        "--keys", type=Path, help="published keys (a file): then neither a network nor a database is needed"
    )
    commands.add_parser("keys", help="print the keys that evidence can be checked with, as we publish them")
