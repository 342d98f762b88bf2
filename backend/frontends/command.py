"""What ``python -m backend teams`` and ``documents`` do."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import orjson

from backend.database.shared import Shared
from backend.errors import BadSettings, NotFound
from backend.frontends import actions, queries
from backend.frontends.actions import NO_SUCH_DOCUMENT, Draft
from backend.frontends.models import DocumentState
from backend.frontends.queries import DocumentView
from backend.kit.bearer import digest_of
from backend.viewer import Machine

Examine = Callable[[str], Draft]
"""What is to be known about a text; raises ``ValueError`` with a sentence where it does not fit the schema."""

OPERATOR = Machine("operator", language="en")


async def run_teams(args: argparse.Namespace) -> int:
    """Run one of the commands about teams."""
    match args.what:
        case "add":
            _, key = await actions.add_team(args.team, args.rights, actor=OPERATOR)
            _say(f"The key of {args.team}, shown this once:\n{key}")
        case "renew":
            _say(f"The new key of {args.team}:\n{await actions.renew_key(args.team, actor=OPERATOR)}")
        case "disable":
            await actions.disable_team(args.team, actor=OPERATOR)
            _say(f"{args.team} can no longer sign in.")
    return 0


async def run_documents(args: argparse.Namespace, shared: Shared, examine: Examine) -> int:
    """Run one of the commands about documents; 1 when a check finds something."""
    match args.what:
        case "register":
            return await _register(args, shared, examine)
        case "list":
            await _list(args.state)
        case "check":
            return await _check(examine)
        case _:
            for given in args.ids:
                found = await _found(given)
                await _change(args, shared, found)
                _say(f"{found.digest}  {args.what}: done")
    return 0


async def _register(args: argparse.Namespace, shared: Shared, examine: Examine) -> int:
    drafts, failed = [], 0
    for name, text in _texts(args.files):
        try:
            drafts.append(examine(text))
        except ValueError as problem:
            failed += 1
            _say(f"{name}: {problem}")
    if failed:
        _say(f"{failed} do not fit the schema; nothing was registered.")
        return 1
    kept = await actions.register(await actions.team_named(args.team), drafts, app_version=args.app_version)
    for document_id in kept:
        found = await queries.document(OPERATOR, document_id)
        if args.accept and found is not None and found.state is DocumentState.SUBMITTED:
            await actions.review(OPERATOR, shared, document_id, accept=True)
    for draft in drafts:
        _say(f"{draft.digest}  {', '.join(draft.operations)}")
    return 0


def _texts(paths: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Every document of these files and folders, with a name for messages."""
    for path in paths:
        if path.is_dir():
            yield from _texts(sorted(path.rglob("*.graphql")))
        elif path.suffix == ".json":
            yield from _of_manifest(path)
        else:
            yield str(path), _read(path)


def _of_manifest(path: Path) -> Iterator[tuple[str, str]]:
    """A manifest as code generators write it. An id that is not its text's would never be found."""
    try:
        told = orjson.loads(_read(path))
    except orjson.JSONDecodeError:
        raise BadSettings(f"{path} is not JSON.") from None
    if not isinstance(told, dict) or not all(isinstance(text, str) for text in told.values()):
        raise BadSettings(f"{path} is no manifest: an object from ids to texts.")
    for name, text in told.items():
        if name.removeprefix("sha256:") != digest_of(text):
            raise BadSettings(f"{path}: the id {name} is not the SHA-256 of its text.")
        yield f"{path}: {name}", text


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path} cannot be read: {type(error).__name__}.") from None


async def _list(state: str | None) -> None:
    before = None
    while rows := await queries.documents(
        OPERATOR, state=DocumentState(state) if state else None, before=before, limit=100
    ):
        for row in rows:
            _say(
                f"{row.digest[:16]}  {row.state:<10} {row.team or 'house':<20} {', '.join(row.operations):<32}"
                f" cost {row.cost:<6} uses {row.uses:<8} {row.app_version}"
            )
        before = rows[-1].id


async def _check(examine: Examine) -> int:
    wrong = 0
    for digest, text in await queries.usable_texts():
        try:
            examine(text)
        except ValueError as problem:
            wrong += 1
            _say(f"{digest}: {problem}")
    _say(f"{wrong} documents in use do not fit this schema." if wrong else "Every document in use fits.")
    return 1 if wrong else 0


async def _change(args: argparse.Namespace, shared: Shared, found: DocumentView) -> None:
    match args.what:
        case "accept" | "refuse":
            accept = args.what == "accept"
            await actions.review(OPERATOR, shared, found.id, accept=accept, note=args.note)
        case "deprecate":
            await actions.deprecate(OPERATOR, shared, found.id, reason=args.note, sunset_on=args.sunset)
        case "withdraw":
            await actions.withdraw(OPERATOR, shared, found.id, even_if_used=args.even_if_used)


async def _found(given: str) -> DocumentView:
    found = await queries.document_with(OPERATOR, given)
    if found is None:
        raise NotFound(NO_SUCH_DOCUMENT)
    return found


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
