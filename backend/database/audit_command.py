"""What ``python -m backend audit`` does: seal what is waiting, and prove that nothing was touched."""

import argparse
import sys

import orjson

from backend.database.audit_batches import seal_entries
from backend.database.audit_check import verify
from backend.kit.sealing import BlindIndex


async def run(key: BlindIndex, args: argparse.Namespace) -> int:
    """Run one of them; 1 where something was touched."""
    if args.what == "seal":
        sys.stdout.write(f"{await seal_entries(key)} entries were sealed.\n")
        return 0
    verdict = await verify(key, dict(args.anchor))
    for finding in verdict.findings:
        sys.stdout.write(f"{orjson.dumps(finding.told()).decode()}\n")
    sys.stdout.write(
        f"{verdict.entries} entries of {verdict.subjects} subjects, {verdict.batches} batches,"
        f" {verdict.unsealed} entries not sealed yet; last seal {verdict.last_seal}.\n"
    )
    if verdict.findings:
        first = verdict.findings[0]
        sys.stdout.write(
            f"TOUCHED: {len(verdict.findings)} findings. The first: {first.wrong}, entry {first.id}"
            f" of {first.subject or f'batch {first.batch}'}, sequence {first.sequence}.\n"
        )
        return 1
    sys.stdout.write("Nothing was touched.\n")
    return 0
