"""``python -m backend certificates verify FILE``: is this document genuine? Without a database, without a network."""

import sys
from collections.abc import Sequence
from pathlib import Path

from backend.casework.certificates.published import publish, read_published
from backend.casework.certificates.verification import SENTENCES, verify_document
from backend.keys import DocumentKeys
from backend.kit import clock

TOLD = ("title", "itemName", "organ", "applicant", "caseNumber", "issuedOn", "expiresOn", "code", "verifyAt")


def check_files(files: Sequence[Path], published: Path | None, own: DocumentKeys | None) -> int:
    """Tell of each file what it is, or what is wrong with it; 0 if all are genuine and in date."""
    if published is not None:
        keys = read_published(published)
    elif own is not None:
        keys = publish(own)
    else:
        raise TypeError("either published keys or one's own")
    wrong = 0
    for file in files:
        try:
            pdf = file.read_bytes()
        except OSError:
            sys.stdout.write(f"{file}: 无法读取。 The file cannot be read.\n")
            wrong += 1
            continue
        verdict = verify_document(pdf, keys, today=clock.today())
        wrong += bool(verdict.flaws)
        if not verdict.flaws:
            sys.stdout.write(
                f"{file}: 真实，未被改动；是否作废请在线核验。 Genuine and unaltered; ask online whether it was revoked.\n"
            )
        for flaw in verdict.flaws:
            sys.stdout.write(f"{file}: {flaw} {SENTENCES[flaw].zh} {SENTENCES[flaw].en}\n")
        for name in TOLD if verdict.told and not verdict.flaws else ():
            if verdict.told and verdict.told.get(name) is not None:
                sys.stdout.write(f"  {name}: {verdict.told[name]}\n")
    return 1 if wrong else 0


def show_keys(keys: DocumentKeys) -> int:
    """Print what ``PUBLISHED_AT`` answers."""
    sys.stdout.write(publish(keys).model_dump_json(indent=2) + "\n")
    return 0
