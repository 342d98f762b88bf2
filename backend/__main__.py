"""The command line: ``python -m backend COMMAND``."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from backend import commands
from backend.errors import BadSettings, Refusal
from backend.logs import configure_logging
from backend.settings import Settings, read_settings

SERVERS = ("serve", "work")
CONNECTED = (
    *SERVERS,
    "migrate",
    "load",
    "numbers",
    "catalogue",
    "calendar",
    "boards",
    "training",
    "status",
    "statistics",
    "teams",
    "documents",
    "audit",
    "officers",
    "explain",
    "exchange",
)
"""Commands that need the database; in development they find the one that `run` has started."""


def _certificate_arguments(parser: argparse.ArgumentParser) -> None:
    from backend.casework.certificates.arguments import add_arguments

    add_arguments(parser)


def _calendar_arguments(parser: argparse.ArgumentParser) -> None:
    from backend.casework.legal_time.arguments import add_arguments

    add_arguments(parser)


def _frontend_arguments(teams: argparse.ArgumentParser, documents: argparse.ArgumentParser) -> None:
    from backend.frontends.arguments import add_document_arguments, add_team_arguments

    add_team_arguments(teams)
    add_document_arguments(documents)


def _key_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(required=True, metavar="WHAT")
    kinds.add_parser("list", help="All token keys and what each is still needed for.").set_defaults(
        do=commands.keys_list, name="keys"
    )
    rotated = kinds.add_parser("rotate", help="Add a key that takes over signing while everything runs.")
    rotated.add_argument("--notice", type=int, default=10, help="minutes before it signs (default 10)")
    rotated.set_defaults(do=commands.keys_rotate, name="keys")
    kinds.add_parser(
        "reseal", help="Seal everything anew with the active sealing key; ends 1 if a key is missing."
    ).set_defaults(do=commands.keys_reseal, name="keys")
    retired = kinds.add_parser("retire", help="Take a key out; refused while its tokens may be in use.")
    retired.add_argument("kid")
    retired.add_argument("--compromised", action="store_true", help="now, whoever has to sign in again")
    retired.set_defaults(do=commands.keys_retire, name="keys")


def _officer_arguments(parser: argparse.ArgumentParser) -> None:
    imported = parser.add_subparsers(required=True, metavar="WHAT").add_parser(
        "import",
        help="Appoint everybody of a staff list (.json or .xlsx), or nobody; prints enrolment codes.",
    )
    imported.add_argument("file", type=Path)


def _audit_arguments(parser: argparse.ArgumentParser) -> None:
    from backend.database.audit_arguments import add_arguments

    add_arguments(parser)


def _exchange_arguments(exchange: argparse.ArgumentParser, evidence: argparse.ArgumentParser) -> None:
    from backend.exchange.arguments import add_evidence_arguments, add_exchange_arguments

    add_exchange_arguments(exchange)
    add_evidence_arguments(evidence)


def _catalogue_arguments(parser: argparse.ArgumentParser) -> None:
    from backend.casework.catalogue.arguments import add_arguments

    add_arguments(parser)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend", description="Jinmin 金民")
    known = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    def add(
        name: str, about: str, do: Callable[[Settings, argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        command = known.add_parser(name, help=about, description=about)
        command.set_defaults(do=do, name=name)
        return command

    add("run", "Start everything for development and stop it with Ctrl-C.", commands.run)
    add("serve", "Serve the API.", commands.serve)
    add("work", "Run jobs and clocks.", commands.work)
    add("migrate", "Bring the database to today's shape.", commands.migrate)
    add("load", "Load the catalogue and demo data (development).", commands.load)
    for name, about, do in (
        ("schema", "Print the schema to schema.graphql.", commands.schema),
        (
            "operations",
            "Print the ids of the trusted documents to graphql/operations.json.",
            commands.operations,
        ),
    ):
        printed = add(name, about, do)
        printed.add_argument("--check", action="store_true", help="compare instead of writing")
        if name == "schema":
            told = printed.add_subparsers(metavar="WHAT").add_parser(
                "changes", help="What changed since an older schema.graphql, as Markdown; ends 1 on a breach."
            )
            told.add_argument("older", type=Path, help="the schema.graphql of an earlier release")
            told.set_defaults(do=commands.schema_changes, name="changes")
    explained = printed.add_subparsers(metavar="WHAT").add_parser(
        "explain", help="Show what an operation costs, compiles to and asks of the database."
    )
    explained.add_argument("operation", metavar="NAME")
    explained.add_argument("--variables", metavar="JSON", type=json.loads, default={})
    explained.add_argument("--token", help="access token of whom to ask as; else a visitor")
    explained.set_defaults(do=commands.explain, name="explain")
    numbers = add(
        "numbers", "Widen a day's number series and number the cases that waited.", commands.numbers
    )
    numbers.add_argument("task_code")
    numbers.add_argument("day", type=date.fromisoformat, help="YYYY-MM-DD")
    numbers.add_argument("width", type=int, help="digits of the serial, 5 to 9")
    _key_arguments(known.add_parser("keys", help="Token keys: see them, replace them, take old ones out."))
    attention = add(
        "attention",
        "List what waits for an operator, one JSON line each; ends 1 if there is any.",
        commands.attention,
    )
    attention.add_argument(
        "--again", action="store_true", help="first set given-up deliveries and held jobs on their way again"
    )
    _officer_arguments(add("officers", "Appoint an organ's officers from a staff list.", commands.officers))
    add("training", "Hand in generated cases for officers in training.", commands.training).add_subparsers(
        required=True, metavar="WHAT"
    ).add_parser("cases", help="Make so many, 200 at most.").add_argument("number", type=int, metavar="N")
    _audit_arguments(add("audit", "Prove that the audit trail was not touched.", commands.audit))
    _catalogue_arguments(
        add("catalogue", "Import, export, compare and audit regions' editions.", commands.catalogue)
    )
    add(
        "status",
        "Show how everything stands; ends 1 if somebody should look, 3 if a part is down.",
        commands.status,
    )
    counted = add("statistics", "Make facts and figures anew from the cases.", commands.statistics)
    counted.add_argument("what", choices=("rebuild", "fold"), help="all of it, or only what is new")
    add("boards", "Make the counts of supervision's boards anew from the cases.", commands.boards)
    _certificate_arguments(
        add(
            "certificates",
            "Check a sealed document, or print the keys to check it by.",
            commands.certificates,
        )
    )
    _calendar_arguments(
        add("calendar", "Announce the days off of a year, or show what is announced.", commands.calendar)
    )
    faces = known.add_parser("faces", help="The face service: measure it on photographs of your own.")
    evaluated = faces.add_subparsers(required=True, metavar="WHAT").add_parser(
        "evaluate", help="Score every pair of photographs in a folder that holds a folder per person."
    )
    evaluated.add_argument("folder", metavar="DIR", type=Path)
    evaluated.add_argument("--curve", metavar="FILE", type=Path, help="where to draw the curve (PNG)")
    evaluated.add_argument("--json", action="store_true", help="one line of JSON")
    evaluated.set_defaults(do=commands.faces_evaluate, name="faces")
    _frontend_arguments(
        add("teams", "Front-end teams and their keys.", commands.teams),
        add(
            "documents",
            "Documents that front ends may send: register, review, retire, check.",
            commands.documents,
        ),
    )
    _exchange_arguments(
        add("exchange", "Cases on their way to provinces: dead letters, redelivery.", commands.exchange),
        add("evidence", "What proves an exchange: export it, check it, print the keys.", commands.evidence),
    )
    demo = add("demo", "Walk the first journey against a running server.", commands.demo)
    demo.add_argument(
        "--reference", metavar="FILE", help="the registry's photograph of the applicant; else a packaged one"
    )
    demo.add_argument(
        "--selfie",
        metavar="FILE",
        help='what the applicant\'s camera shows, or the word "stranger"; else the reference, shot again',
    )
    demo.add_argument("--json", action="store_true", help="one JSON line per step")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; what is wrong with settings or input is told in a sentence."""
    args = _parser().parse_args(arguments)
    try:
        settings = read_settings()
        # Commands that talk to a person at a terminal leave the lines for machines to the servers.
        serving = args.name in SERVERS
        configure_logging(args.name, settings.log_level if serving else "WARNING", for_good=serving)
        do: Callable[[Settings, argparse.Namespace], int] = args.do
        return do(commands.with_embedded(settings) if args.name in CONNECTED else settings, args)
    except (BadSettings, Refusal) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    except KeyboardInterrupt:
        return 130  # as a shell has it; `run` and the servers stop in order by themselves
    except BrokenPipeError:
        # Whoever read our lines has seen enough: `… | head`. What is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
