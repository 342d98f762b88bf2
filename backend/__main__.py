"""The command line: ``python -m backend COMMAND``. Each command imports only what it needs."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from backend.errors import BadSettings, Refusal
from backend.logs import configure_logging
from backend.places import DOCUMENTS, ROOT
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
    "teams",
    "documents",
    "audit",
    "officers",
    "explain",
)
"""Commands that need the database; in development they find the one that `run` has started."""


def _run(settings: Settings, _args: argparse.Namespace) -> int:
    from backend.launcher.run import run

    return run(settings)


def _with_embedded(settings: Settings) -> Settings:
    from backend.launcher.servers import beside_run

    return beside_run(settings)


def _serve(settings: Settings, _args: argparse.Namespace) -> int:
    import uvloop

    from backend.app import serve

    uvloop.run(serve(settings))
    return 0


def _work(settings: Settings, _args: argparse.Namespace) -> int:
    import uvloop

    from backend.worker import work

    uvloop.run(work(settings))
    return 0


def _migrate(settings: Settings, _args: argparse.Namespace) -> int:
    from backend.database.migrate import migrate

    asyncio.run(migrate(settings.database_url))
    return 0


def _load(settings: Settings, _args: argparse.Namespace) -> int:
    from backend.house import open_house
    from backend.load import load

    async def loaded() -> None:
        async with open_house(settings) as work:
            await load(work)

    if not settings.development:
        raise BadSettings("demo data belongs into a development installation")
    asyncio.run(loaded())
    return 0


def _schema(_settings: Settings, args: argparse.Namespace) -> int:
    from resolvers.schema import printed

    return _print_or_check(ROOT / "schema.graphql", printed(), check=args.check)


def _operations(_settings: Settings, args: argparse.Namespace) -> int:
    import orjson

    from resolvers.execution.documents import INDEX, index_operations

    text = orjson.dumps(index_operations(DOCUMENTS), option=orjson.OPT_INDENT_2).decode() + "\n"
    return _print_or_check(DOCUMENTS / INDEX, text, check=args.check)


def _explain(settings: Settings, args: argparse.Namespace) -> int:
    from backend.house import open_house
    from backend.people.accounts.queries import authenticate
    from resolvers.explain import explain

    async def explained() -> str:
        async with open_house(settings) as work:
            given = f"Bearer {args.token}" if args.token else None
            viewer = await authenticate(work.resources, given, language="zh-CN", address="127.0.0.1")
            return await explain(args.operation, args.variables, viewer, work)

    sys.stdout.write(f"{asyncio.run(explained())}\n")
    return 0


def _print_or_check(path: Path, text: str, *, check: bool) -> int:
    if not check:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{path} is not up to date: run `make schema operations`.\n")
    return 1


def _numbers(settings: Settings, args: argparse.Namespace) -> int:
    from backend.casework.numbering.actions import widen_series
    from backend.house import open_house
    from backend.viewer import Machine

    async def widened() -> int:
        async with open_house(settings) as work:
            return await widen_series(
                work, task_code=args.task_code, day=args.day, width=args.width, actor=Machine("operator")
            )

    numbered = asyncio.run(widened())
    sys.stdout.write(f"{numbered} cases were numbered.\n")
    return 0


def _keys_list(settings: Settings, _args: argparse.Namespace) -> int:
    from backend.keys import key_file
    from backend.keys.rotation import states

    for key in states(key_file(settings)):
        sys.stdout.write(f"{key.kid}  {key.algorithm}  {key.told()}\n")
    return 0


def _keys_rotate(settings: Settings, args: argparse.Namespace) -> int:
    from backend.keys import key_file
    from backend.keys.rotation import rotate

    kid = rotate(key_file(settings), settings.crypto, notice=timedelta(minutes=args.notice))
    sys.stdout.write(f"{kid} is published and signs in {args.notice} minutes.\n")
    return 0


def _keys_retire(settings: Settings, args: argparse.Namespace) -> int:
    from backend.keys import key_file
    from backend.keys.rotation import retire

    retire(key_file(settings), args.kid, compromised=args.compromised)
    sys.stdout.write(f"{args.kid} is gone.\n")
    return 0


def _keys_reseal(settings: Settings, _args: argparse.Namespace) -> int:
    from backend.house import open_house
    from backend.resealing import reseal, sentences

    async def resealed() -> int:
        async with open_house(_with_embedded(settings)) as work:
            ring = work.resources.keys.ring
            told = await reseal(ring, work.resources.ports.files)
        sys.stdout.writelines(f"{line}\n" for line in sentences(told, ring.active))
        return 1 if told.unopened else 0

    return asyncio.run(resealed())


def _officers(settings: Settings, args: argparse.Namespace) -> int:
    from backend.house import open_house
    from backend.staff import import_staff

    async def imported() -> int:
        async with open_house(settings) as work:
            return await import_staff(work.resources, args.file)

    return asyncio.run(imported())


def _attention(settings: Settings, args: argparse.Namespace) -> int:
    from backend.attention import again, told
    from backend.house import open_house

    async def looked() -> int:
        async with open_house(settings):
            if args.again:
                sys.stdout.write(f"{await again()} were set on their way again.\n")
            lines = [line async for line in told()]
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return 1 if lines else 0

    return asyncio.run(looked())


def _catalogue(settings: Settings, args: argparse.Namespace) -> int:
    from backend.casework.catalogue.command import run
    from backend.house import open_house

    async def ran() -> int:
        async with open_house(settings) as work:
            return await run(work, args)

    return asyncio.run(ran())


def _calendar(settings: Settings, args: argparse.Namespace) -> int:
    from backend.casework.legal_time.command import run
    from backend.house import open_house

    async def ran() -> int:
        async with open_house(settings) as work:
            return await run(work, args)

    return asyncio.run(ran())


def _boards(settings: Settings, _args: argparse.Namespace) -> int:
    from backend.database.config import connected
    from backend.supervision.counting import rebuild

    async def ran() -> int:
        async with connected(settings.database_url):
            return await rebuild()

    sys.stdout.write(f"{asyncio.run(ran())} totals were made anew.\n")
    return 0


def _certificate_arguments(parser: argparse.ArgumentParser) -> None:
    from backend.casework.certificates.arguments import add_arguments

    add_arguments(parser)


def _calendar_arguments(parser: argparse.ArgumentParser) -> None:
    from backend.casework.legal_time.arguments import add_arguments

    add_arguments(parser)


def _faces_evaluate(settings: Settings, args: argparse.Namespace) -> int:
    from integrations.faces.command import evaluate_folder

    return evaluate_folder(settings, args.folder, curve=args.curve, as_lines=args.json)


def _audit(settings: Settings, args: argparse.Namespace) -> int:
    from backend.database.audit_command import run
    from backend.database.config import connected
    from backend.keys import read_keys

    async def ran() -> int:
        async with connected(settings.database_url):
            return await run(read_keys(settings).blind_index, args)

    return asyncio.run(ran())


def _teams(settings: Settings, args: argparse.Namespace) -> int:
    from backend.database.config import connected
    from backend.frontends.command import run_teams

    async def ran() -> int:
        async with connected(settings.database_url):
            return await run_teams(args)

    return asyncio.run(ran())


def _documents(settings: Settings, args: argparse.Namespace) -> int:
    from backend.database.config import connected
    from backend.database.shared import shared_state
    from backend.frontends.command import run_documents
    from resolvers.execution.documents import examiner
    from resolvers.schema import schema

    async def ran() -> int:
        async with connected(settings.database_url), shared_state(settings.redis_url) as shared:
            return await run_documents(args, shared, examiner(schema))

    return asyncio.run(ran())


def _certificates(settings: Settings, args: argparse.Namespace) -> int:
    from backend.casework.certificates.command import check_files, show_keys
    from backend.keys import read_keys

    if args.action == "keys":
        return show_keys(read_keys(settings).documents)
    # With published keys nothing of this installation is needed: anybody may check a document anywhere.
    return check_files(args.files, args.keys, None if args.keys else read_keys(settings).documents)


def _demo(settings: Settings, args: argparse.Namespace) -> int:
    from integrations.demo.walk import Pictures, walk

    return asyncio.run(walk(settings, Pictures.read(args.reference, args.selfie), as_json=args.json))


def _frontend_arguments(teams: argparse.ArgumentParser, documents: argparse.ArgumentParser) -> None:
    from backend.frontends.arguments import add_document_arguments, add_team_arguments

    add_team_arguments(teams)
    add_document_arguments(documents)


def _key_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(required=True, metavar="WHAT")
    kinds.add_parser("list", help="All token keys and what each is still needed for.").set_defaults(
        do=_keys_list, name="keys"
    )
    rotated = kinds.add_parser("rotate", help="Add a key that takes over signing while everything runs.")
    rotated.add_argument("--notice", type=int, default=10, help="minutes before it signs (default 10)")
    rotated.set_defaults(do=_keys_rotate, name="keys")
    kinds.add_parser(
        "reseal", help="Seal everything anew with the active sealing key; ends 1 if a key is missing."
    ).set_defaults(do=_keys_reseal, name="keys")
    retired = kinds.add_parser("retire", help="Take a key out; refused while its tokens may be in use.")
    retired.add_argument("kid")
    retired.add_argument("--compromised", action="store_true", help="now, whoever has to sign in again")
    retired.set_defaults(do=_keys_retire, name="keys")


def _officer_arguments(parser: argparse.ArgumentParser) -> None:
    imported = parser.add_subparsers(required=True, metavar="WHAT").add_parser(
        "import",
        help="Appoint everybody of a staff list (.json or .xlsx), or nobody; prints enrolment codes.",
    )
    imported.add_argument("file", type=Path)


def _audit_arguments(parser: argparse.ArgumentParser) -> None:
    from backend.database.audit_arguments import add_arguments

    add_arguments(parser)


def _catalogue_arguments(parser: argparse.ArgumentParser) -> None:
    from backend.casework.catalogue.arguments import add_arguments

    add_arguments(parser)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend", description="Jinmin 金民")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    def add(
        name: str, about: str, do: Callable[[Settings, argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about, description=about)
        command.set_defaults(do=do, name=name)
        return command

    add("run", "Start everything for development and stop it with Ctrl-C.", _run)
    add("serve", "Serve the API.", _serve)
    add("work", "Run jobs and clocks.", _work)
    add("migrate", "Bring the database to today's shape.", _migrate)
    add("load", "Load the catalogue and demo data (development).", _load)
    for name, about, do in (
        ("schema", "Print the schema to schema.graphql.", _schema),
        ("operations", "Print the ids of the trusted documents to graphql/operations.json.", _operations),
    ):
        printed = add(name, about, do)
        printed.add_argument("--check", action="store_true", help="compare instead of writing")
    explained = printed.add_subparsers(metavar="WHAT").add_parser(
        "explain", help="Show what an operation costs, compiles to and asks of the database."
    )
    explained.add_argument("operation", metavar="NAME")
    explained.add_argument("--variables", metavar="JSON", type=json.loads, default={})
    explained.add_argument("--token", help="access token of whom to ask as; else a visitor")
    explained.set_defaults(do=_explain, name="explain")
    numbers = add("numbers", "Widen a day's number series and number the cases that waited.", _numbers)
    numbers.add_argument("task_code")
    numbers.add_argument("day", type=date.fromisoformat, help="YYYY-MM-DD")
    numbers.add_argument("width", type=int, help="digits of the serial, 5 to 9")
    _key_arguments(commands.add_parser("keys", help="Token keys: see them, replace them, take old ones out."))
    attention = add(
        "attention",
        "List what waits for an operator, one JSON line each; ends 1 if there is any.",
        _attention,
    )
    attention.add_argument(
        "--again", action="store_true", help="first set given-up deliveries and held jobs on their way again"
    )
    _officer_arguments(add("officers", "Appoint an organ's officers from a staff list.", _officers))
    _audit_arguments(add("audit", "Prove that the audit trail was not touched.", _audit))
    _catalogue_arguments(add("catalogue", "Import, export, compare and audit regions' editions.", _catalogue))
    add("boards", "Make the counts of supervision's boards anew from the cases.", _boards)
    _certificate_arguments(
        add("certificates", "Check a sealed document, or print the keys to check it by.", _certificates)
    )
    _calendar_arguments(
        add("calendar", "Announce the days off of a year, or show what is announced.", _calendar)
    )
    faces = commands.add_parser("faces", help="The face service: measure it on photographs of your own.")
    evaluated = faces.add_subparsers(required=True, metavar="WHAT").add_parser(
        "evaluate", help="Score every pair of photographs in a folder that holds a folder per person."
    )
    evaluated.add_argument("folder", metavar="DIR", type=Path)
    evaluated.add_argument("--curve", metavar="FILE", type=Path, help="where to draw the curve (PNG)")
    evaluated.add_argument("--json", action="store_true", help="one line of JSON")
    evaluated.set_defaults(do=_faces_evaluate, name="faces")
    _frontend_arguments(
        add("teams", "Front-end teams and their keys.", _teams),
        add("documents", "Documents that front ends may send: register, review, retire, check.", _documents),
    )
    demo = add("demo", "Walk the first journey against a running server.", _demo)
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
        return do(_with_embedded(settings) if args.name in CONNECTED else settings, args)
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
