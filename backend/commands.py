"""What each command of the command line does; each imports only what it needs."""

import argparse
import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from backend.errors import BadSettings
from backend.places import DOCUMENTS, ROOT
from backend.settings import Settings


def with_embedded(settings: Settings) -> Settings:
    """The settings of an installation that `run` has started beside us, where there is one."""
    from backend.launcher.servers import beside_run

    return beside_run(settings)


def run(settings: Settings, _args: argparse.Namespace) -> int:
    from backend.launcher.run import run

    return run(settings)


def serve(settings: Settings, _args: argparse.Namespace) -> int:
    import uvloop

    from backend.app import serve

    uvloop.run(serve(settings))
    return 0


def work(settings: Settings, _args: argparse.Namespace) -> int:
    import uvloop

    from backend.worker import work

    uvloop.run(work(settings))
    return 0


def migrate(settings: Settings, _args: argparse.Namespace) -> int:
    from backend.database.migrate import migrate

    asyncio.run(migrate(settings.database_url))
    return 0


def load(settings: Settings, _args: argparse.Namespace) -> int:
    from backend.house import open_house
    from backend.load import load

    async def loaded() -> None:
        async with open_house(settings) as work:
            await load(work)

    if not settings.development:
        raise BadSettings("demo data belongs into a development installation")
    asyncio.run(loaded())
    return 0


def schema(_settings: Settings, args: argparse.Namespace) -> int:
    from resolvers.schema import printed

    return _print_or_check(ROOT / "schema.graphql", printed(), check=args.check)


def schema_changes(_settings: Settings, args: argparse.Namespace) -> int:
    from resolvers.changes import changes
    from resolvers.schema import printed

    found = changes(args.older.read_text(encoding="utf-8"), printed())
    sys.stdout.write(found.as_markdown())
    return 1 if found.breaking else 0


def operations(_settings: Settings, args: argparse.Namespace) -> int:
    import orjson

    from resolvers.execution.documents import INDEX, index_operations

    text = orjson.dumps(index_operations(DOCUMENTS), option=orjson.OPT_INDENT_2).decode() + "\n"
    return _print_or_check(DOCUMENTS / INDEX, text, check=args.check)


def explain(settings: Settings, args: argparse.Namespace) -> int:
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


def numbers(settings: Settings, args: argparse.Namespace) -> int:
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


def keys_list(settings: Settings, _args: argparse.Namespace) -> int:
    from backend.keys import key_file
    from backend.keys.rotation import states

    for key in states(key_file(settings)):
        sys.stdout.write(f"{key.kid}  {key.algorithm}  {key.told()}\n")
    return 0


def keys_rotate(settings: Settings, args: argparse.Namespace) -> int:
    from backend.keys import key_file
    from backend.keys.rotation import rotate

    kid = rotate(key_file(settings), settings.crypto, notice=timedelta(minutes=args.notice))
    sys.stdout.write(f"{kid} is published and signs in {args.notice} minutes.\n")
    return 0


def keys_retire(settings: Settings, args: argparse.Namespace) -> int:
    from backend.keys import key_file
    from backend.keys.rotation import retire

    retire(key_file(settings), args.kid, compromised=args.compromised)
    sys.stdout.write(f"{args.kid} is gone.\n")
    return 0


def keys_reseal(settings: Settings, _args: argparse.Namespace) -> int:
    from backend.house import open_house
    from backend.resealing import reseal, sentences

    async def resealed() -> int:
        async with open_house(with_embedded(settings)) as work:
            ring = work.resources.keys.ring
            told = await reseal(ring, work.resources.ports.files)
        sys.stdout.writelines(f"{line}\n" for line in sentences(told, ring.active))
        return 1 if told.unopened else 0

    return asyncio.run(resealed())


def officers(settings: Settings, args: argparse.Namespace) -> int:
    from backend.house import open_house
    from backend.staff import import_staff

    async def imported() -> int:
        async with open_house(settings) as work:
            return await import_staff(work.resources, args.file)

    return asyncio.run(imported())


def training(settings: Settings, args: argparse.Namespace) -> int:
    from backend.house import open_house
    from backend.training import make_cases

    async def made() -> int:
        async with open_house(settings) as work:
            return await make_cases(work, args.number)

    sys.stdout.write(f"{asyncio.run(made())} generated cases wait in the training county.\n")
    return 0


def attention(settings: Settings, args: argparse.Namespace) -> int:
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


def catalogue(settings: Settings, args: argparse.Namespace) -> int:
    from backend.casework.catalogue.command import run
    from backend.house import open_house

    async def ran() -> int:
        async with open_house(settings) as work:
            return await run(work, args)

    return asyncio.run(ran())


def calendar(settings: Settings, args: argparse.Namespace) -> int:
    from backend.casework.legal_time.command import run
    from backend.house import open_house

    async def ran() -> int:
        async with open_house(settings) as work:
            return await run(work, args)

    return asyncio.run(ran())


def boards(settings: Settings, _args: argparse.Namespace) -> int:
    from backend.database.config import connected
    from backend.supervision.counting import rebuild

    async def ran() -> int:
        async with connected(settings.database_url):
            return await rebuild()

    sys.stdout.write(f"{asyncio.run(ran())} totals were made anew.\n")
    return 0


def faces_evaluate(settings: Settings, args: argparse.Namespace) -> int:
    from integrations.faces.command import evaluate_folder

    return evaluate_folder(settings, args.folder, curve=args.curve, as_lines=args.json)


def audit(settings: Settings, args: argparse.Namespace) -> int:
    from backend.database.audit_command import run
    from backend.database.config import connected
    from backend.keys import read_keys

    async def ran() -> int:
        async with connected(settings.database_url):
            return await run(read_keys(settings).blind_index, args)

    return asyncio.run(ran())


def teams(settings: Settings, args: argparse.Namespace) -> int:
    from backend.database.config import connected
    from backend.frontends.command import run_teams

    async def ran() -> int:
        async with connected(settings.database_url):
            return await run_teams(args)

    return asyncio.run(ran())


def documents(settings: Settings, args: argparse.Namespace) -> int:
    from backend.database.config import connected
    from backend.database.shared import shared_state
    from backend.frontends.command import run_documents
    from resolvers.execution.documents import examiner
    from resolvers.schema import schema

    async def ran() -> int:
        async with connected(settings.database_url), shared_state(settings.redis_url) as shared:
            return await run_documents(args, shared, examiner(schema))

    return asyncio.run(ran())


def certificates(settings: Settings, args: argparse.Namespace) -> int:
    from backend.casework.certificates.command import check_files, show_keys
    from backend.keys import read_keys

    if args.action == "keys":
        return show_keys(read_keys(settings).documents)
    # With published keys nothing of this installation is needed: anybody may check a document anywhere.
    return check_files(args.files, args.keys, None if args.keys else read_keys(settings).documents)


def exchange(settings: Settings, args: argparse.Namespace) -> int:
    from backend.exchange.command import run_exchange
    from backend.house import open_house

    async def ran() -> int:
        async with open_house(settings) as work:
            return await run_exchange(work, args)

    return asyncio.run(ran())


def evidence(settings: Settings, args: argparse.Namespace) -> int:
    from backend.exchange import command
    from backend.exchange.evidence_file import export, published_keys, seal_keys
    from backend.house import open_house

    if args.what == "verify" and args.keys:
        # With published keys nothing of this installation is needed: anybody may check a file anywhere.
        return command.verify_with_file(args.files, args.keys)

    async def ran() -> int:
        async with open_house(with_embedded(settings)) as work:
            if args.what == "export":
                made = await export(
                    work, args.case_number, actor="machine:operator", with_content=args.with_content
                )
                return command.write_evidence(made, args.file)
            if args.what == "keys":
                return await command.print_keys(work)
            return command.verify(args.files, await published_keys(seal_keys(work)))

    return asyncio.run(ran())


def demo(settings: Settings, args: argparse.Namespace) -> int:
    from integrations.demo.walk import Pictures, walk

    return asyncio.run(walk(settings, Pictures.read(args.reference, args.selfie), as_json=args.json))


def status(settings: Settings, _args: argparse.Namespace) -> int:
    from backend.house import open_house
    from backend.operations.status import Health, as_text, worst
    from backend.operations.status import status as look

    async def looked() -> int:
        async with open_house(settings) as work:
            parts = await look(work)
        sys.stdout.write(f"{as_text(parts)}\n")
        return {Health.DOWN: 3, Health.ATTENTION: 1}.get(worst(parts), 0)

    return asyncio.run(looked())


def statistics(settings: Settings, args: argparse.Namespace) -> int:
    from backend.house import open_house
    from backend.statistics.counting import rebuild_facts
    from backend.statistics.folding import fold, rebuild_figures
    from backend.statistics.legacy.actions import rebuild_imported_facts

    async def made() -> str:
        async with open_house(settings) as work:
            if args.what == "fold":
                return f"{await fold()} facts were folded."
            facts = await rebuild_facts(work.standards, work.resources.keys.ring)
            imported = await rebuild_imported_facts()
            figures = await rebuild_figures()
            return f"{facts} facts, {imported} of imported cases, {figures} figures were made anew."

    sys.stdout.write(f"{asyncio.run(made())}\n")
    return 0
