"""``python -m backend catalogue import | export | diff | audit``: the catalogue from the command line.

Ends with 0 where all is well, 1 where rows are refused or files differ, 2 where a file or an option makes no sense.
"""

import argparse
import sys
import time
from collections.abc import Iterable

import orjson

from backend.casework.catalogue import auditing, codes, differences, transfer
from backend.casework.catalogue.actions import Progress
from backend.casework.catalogue.reports import Change, FieldChange, PublishReport, RefusedRows
from backend.casework.catalogue.transfer import Selection
from backend.casework.machine import Casework

ACTOR = "machine:operator"
TOLD_EVERY = 2.0
"""Seconds between two lines of progress."""


async def run(work: Casework, args: argparse.Namespace) -> int:
    """Carry out one command. Raises ``Refusal`` for input that makes no sense."""
    try:
        match args.action:
            case "import":
                return await _import(work, args)
            case "export":
                return await _export(work, args)
            case "diff":
                return await _diff(work, args)
            case _:
                return await _audit(work, args)
    except FileNotFoundError as missing:
        sys.stderr.write(f"No such file: {missing.filename}\n")
        return 2


async def _import(work: Casework, args: argparse.Namespace) -> int:
    try:
        if args.codes:
            report = await codes.import_codes(work, args.file, actor=ACTOR, dry_run=args.preview)
        else:
            report = await transfer.import_file(
                work, args.file, actor=ACTOR, dry_run=args.preview, progress=_progress("rows read")
            )
    except RefusedRows as refused:
        _tell_refused(refused)
        return 1
    _tell(report, preview=args.preview)
    return 0


async def _export(work: Casework, args: argparse.Namespace) -> int:
    chosen = await _selection(work, args)
    count = await transfer.export_file(work, args.file, chosen, progress=_progress("editions written"))
    sys.stdout.write(f"{count} editions were written to {args.file}.\n")
    return 0


async def _diff(work: Casework, args: argparse.Namespace) -> int:
    try:
        found = (
            await differences.with_catalogue(work, args.file)
            if args.other is None
            else await differences.between(work, args.file, args.other)
        )
    except RefusedRows as refused:
        _tell_refused(refused)
        return 1
    for one in found.told:
        where = f"{one.item_code} {one.division} {one.in_force_from}"
        sys.stdout.write(f"{one.kind.value.lower():<8} {where}{_fields(one.fields)}\n")
    counts = ", ".join(f"{count} {kind.value.lower()}" for kind, count in found.counts.items())
    sys.stdout.write("No differences.\n" if found.none else f"{counts}.\n")
    return 0 if found.none else 1


async def _audit(work: Casework, args: argparse.Namespace) -> int:
    report = await auditing.audited(work, await _selection(work, args))
    for finding in report.findings:
        line = (
            orjson.dumps(finding).decode()
            if args.json
            else f"{finding.kind.value:<18} {finding.item_code} {finding.item_name}  {finding.subject}  {finding.detail}"
        )
        sys.stdout.write(line.rstrip() + "\n")
    told = f"{len(report.findings)} findings; {report.not_conforming} of {report.editions} editions depart from the standard."
    (sys.stderr if args.json else sys.stdout).write(told + "\n")
    return 0


async def _selection(work: Casework, args: argparse.Namespace) -> Selection:
    keys = [(await work.catalogue.find(code)).base_code for code in args.item]
    return Selection(args.division, tuple(keys))


def _tell(report: PublishReport, *, preview: bool) -> None:
    for change in report.changes:
        sys.stdout.write(f"{_change(change)}\n")
    hidden = report.added + report.changed - len(report.changes)
    if hidden:
        sys.stdout.write(f"… and {hidden} more.\n")
    would = "would be " if preview else ""
    sys.stdout.write(
        f"{report.rows} rows: {report.added} {would}added, {report.changed} {would}changed, {report.unchanged} as they were.\n"
    )


def _change(change: Change) -> str:
    what = "changed" if change.fields else "added"
    return f"row {change.place}: {what} {change.item_code} {change.division}{_fields(change.fields)}"


def _fields(fields: Iterable[FieldChange]) -> str:
    told = ", ".join(f"{one.field} {one.before!r} → {one.after!r}" for one in fields)
    return f": {told}" if told else ""


def _tell_refused(refused: RefusedRows) -> None:
    for problem in refused.problems:
        said = f" ({problem.said})" if problem.said else ""
        sys.stderr.write(
            f"row {problem.place}: {problem.field}{said}: {problem.message.zh} {problem.message.en}\n"
        )
    if refused.count > len(refused.problems):
        sys.stderr.write(f"… and {refused.count - len(refused.problems)} more.\n")
    sys.stderr.write(f"{refused.message.zh} {refused.message.en}\n")


def _progress(what: str) -> Progress:
    """Tells how far a long file is, every two seconds."""
    told_at = time.monotonic()

    def tell(count: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= TOLD_EVERY:
            told_at = time.monotonic()
            sys.stderr.write(f"{count} {what} …\n")
            sys.stderr.flush()

    return tell
