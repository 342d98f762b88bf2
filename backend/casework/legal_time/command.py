"""``python -m backend calendar load | show``: the days off of a year from the command line."""

import argparse
import sys

from backend.casework.legal_time import calendars
from backend.casework.machine import Casework
from backend.errors import Invalid

ACTOR = "machine:operator"


async def run(work: Casework, args: argparse.Namespace) -> int:
    """Carry out one command: 0 done, 1 a calendar that cannot be true, 2 no such file."""
    if args.action == "show":
        for year in await calendars.announced_years():
            off, worked = (" ".join(str(day) for day in days) for days in (year.days_off, year.make_up_days))
            sys.stdout.write(
                f"{year.year} {year.source} (version {year.version})\n  off: {off}\n  worked: {worked}\n"
            )
        return 0
    try:
        announcement, source = calendars.read_file(args.file)
        version = await calendars.announce(work.resources.shared, announcement, source=source, actor=ACTOR)
    except FileNotFoundError as missing:
        sys.stderr.write(f"No such file: {missing.filename}\n")
        return 2
    except Invalid as refused:
        for problem in refused.fields:
            sys.stderr.write(f"{problem.path[-1]}: {problem.message.zh} {problem.message.en}\n")
        sys.stderr.write(f"{refused.message.zh} {refused.message.en}\n")
        return 1
    sys.stdout.write(
        f"{announcement.year} is announced (version {version}); the worker reckons open cases anew within a minute.\n"
    )
    return 0
