"""A signed report: canonical JSON, its digest, and a signature that names suite and key."""

from collections.abc import Mapping
from datetime import datetime

import orjson

from backend.casework.machine import Casework
from backend.database.record import Row
from backend.keys import DocumentKeys
from backend.kit import regions
from backend.kit.signatures import SUITE, canonical, verify_sm2_text
from backend.kit.suites import named_digest
from backend.statistics.catalogue import BY_CODE, FORM
from backend.statistics.values import read_cell, typed_share

FORMAT = "jinmin-statistics-1"


def sign_snapshot(
    work: Casework, row: Row, *, version: int, signer: str, at: datetime
) -> tuple[str, Mapping[str, str]]:
    """What is frozen of a report and the signature over exactly these bytes."""
    keys = work.resources.keys.documents
    told = orjson.loads(row["cells"])
    cells = {code: read_cell(code, cell) for code, cell in told.items() if code in BY_CODE}
    by_hand, lines = typed_share(cells.values())
    snapshot = canonical(
        {
            "format": FORMAT,
            "form": FORM,
            "division": row["division"],
            "name": regions.full_name(row["division"]) or "全国",
            "period": row["period"],
            "version": version,
            "cells": {
                code: {
                    "value": cell.shown,
                    "unit": BY_CODE[code].unit.zh,
                    "imported": cell.imported,
                    "typed": cell.by_hand,
                    "splits": dict(cell.splits),
                }
                for code, cell in cells.items()
            },
            "typedCells": by_hand,
            "allCells": lines,
            "missing": orjson.loads(row["missing"]),
            "findings": orjson.loads(row["findings"]),
            "preparedBy": row["prepared_by"],
            "signedBy": signer,
            "signedAt": at.isoformat(),
            "key": keys.active,
        }
    )
    signature = {
        "suite": SUITE,
        "key": keys.active,
        "digest": named_digest(work.resources.keys.digests, snapshot),
        "signature": keys.sign(snapshot),
    }
    return snapshot.decode(), signature


def verify_snapshot(keys: DocumentKeys, snapshot: str, signature: Mapping[str, str]) -> bool:
    """Whether a snapshot is what one of our keys signed."""
    entry = keys.entries.get(signature["key"])
    return entry is not None and verify_sm2_text(
        entry.sm2_public_pem, snapshot.encode(), signature["signature"]
    )
