"""What ``python -m backend exchange`` and ``evidence`` do."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import orjson

from backend.casework.machine import Casework
from backend.errors import BadSettings
from backend.exchange import dead_letters as letters
from backend.exchange.evidence_file import (
    PublishedExchangeKeys,
    examine,
    published_keys,
    read_keys_file,
    seal_keys,
)
from backend.exchange.flow_back import flow_back
from backend.exchange.lanes import lanes
from backend.exchange.models import ReconciliationState
from backend.exchange.reconciling import reconcile
from backend.kit import clock
from backend.viewer import Machine

OPERATOR = Machine("operator", language="en")
MOST = 200


async def run_exchange(work: Casework, args: argparse.Namespace) -> int:
    """Run one of the commands about what is on its way."""
    match args.what:
        case "regions":
            for lane in await lanes(OPERATOR, sorted(work.resources.ports.provinces)):
                _line(asdict(lane))
        case "dead":
            return await _dead(args.region)
        case "reconcile":
            return await _reconcile(work, args)
        case "flow-back":
            _say(f"{await flow_back(work)} records were received.")
        case "redeliver":
            await _redeliver(args)
        case "mend":
            await letters.mend(
                OPERATOR, work, delivery_id=args.id, fields=_fields(args.fields), reason=args.reason
            )
            _say(f"{args.id}: mended; `exchange redeliver {args.id}` sends it.")
        case "aside":
            await letters.set_aside(OPERATOR, work, delivery_id=args.id, reason=args.reason)
            _say(f"{args.id}: set aside.")
    return 0


async def _dead(region: str | None) -> int:
    found, after = 0, None
    while page := await letters.dead_letters(OPERATOR, limit=MOST, after=after, region=region):
        for letter in page:
            _line(asdict(letter))
        found, after = found + len(page), page[-1].id
    return 1 if found else 0


async def _reconcile(work: Casework, args: argparse.Namespace) -> int:
    day = args.day or clock.today() - timedelta(days=1)
    regions = [args.region] if args.region else sorted(work.resources.ports.desks)
    found = [await reconcile(work, region, day) for region in regions]
    for one in found:
        _line(asdict(one))
    return 0 if all(one.state is ReconciliationState.MATCHED for one in found) else 1


async def _redeliver(args: argparse.Namespace) -> None:
    if not (args.ids or args.region or args.problem or args.all):
        raise BadSettings("Say which: ids, --region, --problem or --all.")
    ids: Sequence[UUID] | None = args.ids or None
    sent = 0
    while True:
        replay = await letters.redeliver(OPERATOR, ids=ids, region=args.region, problem=args.problem)
        sent += replay.count
        if replay.count < letters.AT_ONCE:
            break
    _say(f"{sent} were set on their way again.")


def _fields(given: Sequence[str]) -> dict[str, str]:
    return {name: value for name, _, value in (one.partition("=") for one in given)}


def write_evidence(made: bytes, file: Path) -> int:
    """Write a case's evidence, readable by its owner only."""
    file.touch(mode=0o600)
    file.write_bytes(made)
    _say(f"{file}: {len(orjson.loads(made)['hops'])} hops")
    return 0


async def print_keys(work: Casework) -> int:
    """Print what ``KEYS_AT`` answers."""
    _say((await published_keys(seal_keys(work))).model_dump_json(indent=2))
    return 0


def verify_with_file(files: Sequence[Path], keys: Path) -> int:
    """Check files with published keys: without a database, without a network."""
    return verify(files, read_keys_file(keys))


def verify(files: Sequence[Path], keys: PublishedExchangeKeys) -> int:
    """Tell of each file what it proves, or what is wrong with it; 0 if all are right."""
    wrong = 0
    for path in files:
        try:
            raw = path.read_bytes()
        except OSError:
            _say(f"{path}: 无法读取。 The file cannot be read.")
            wrong += 1
            continue
        file, flaws = examine(raw, keys)
        wrong += bool(flaws)
        for flaw in flaws:
            _say(f"{path}: {flaw.where}: {flaw.what.zh} {flaw.what.en}")
        if file is not None and not flaws:
            _say(f"{path}: 真实，未被改动。 Genuine and unaltered: {file.case}")
            for hop in file.hops:
                answered = f"{hop.answer.lines[1]} signed by {hop.region}" if hop.answer else "no answer"
                _say(f"  {hop.number}. {hop.at} {hop.way} {hop.what} {hop.region} {hop.outcome}: {answered}")
    return 1 if wrong else 0


def _line(told: object) -> None:
    _say(orjson.dumps(told, default=str).decode())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
