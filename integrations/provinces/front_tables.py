"""The exchange tables of a front-end database (前置库), as both sides know them.

Columns after exchange practice (FACTS §2: accept, process, special_procedure, material, result with batch number,
operation mark and row guid); the batches' own table, which says when all of it is there, is unverified. Rows are only
added: what changes is written again under its row guid with the mark U, what no longer counts with D.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import orjson

from backend.kit.signatures import sm3_hex

MARKS = """
    cd_batch text NOT NULL REFERENCES exchange_batch ON DELETE RESTRICT,
    cd_operation text NOT NULL CHECK (cd_operation IN ('I', 'U', 'D')),
    cd_time timestamptz NOT NULL DEFAULT now(),
    row_guid uuid NOT NULL,
    PRIMARY KEY (row_guid, cd_batch)
"""
TABLES = f"""
CREATE TABLE IF NOT EXISTS exchange_batch (
    batch_no text PRIMARY KEY,
    serial bigint GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL CHECK (source IN ('NATION', 'PROVINCE')),
    row_count int NOT NULL,
    sm3 text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    taken_at timestamptz,
    refused text
);
CREATE INDEX IF NOT EXISTS batches_to_take ON exchange_batch (source, serial) WHERE taken_at IS NULL AND refused IS NULL;
CREATE TABLE IF NOT EXISTS accept (
    project_no text NOT NULL, task_code text, catalog_code text, task_name text, region_code text, applyer_name text,
    applyer_page_type text, applyer_page_code text, auth_level text, apply_date timestamptz, promise_date date,
    form_data jsonb, cancel_reason text, {MARKS}
);
CREATE TABLE IF NOT EXISTS material (
    project_no text NOT NULL, material_code text NOT NULL, material_name text, attach_name text, attach_type text,
    attach_size int, attach_sm3 text, attach_body bytea, {MARKS}
);
CREATE TABLE IF NOT EXISTS process (
    project_no text NOT NULL, order_no int NOT NULL, process_code text NOT NULL, process_name text, event_name text,
    handle_user text, handle_explain text NOT NULL, start_time timestamptz, end_time timestamptz NOT NULL, {MARKS}
);
CREATE TABLE IF NOT EXISTS special_procedure (
    project_no text NOT NULL, special_type text NOT NULL, special_name text, special_reason text NOT NULL,
    start_time timestamptz NOT NULL, end_time timestamptz, special_result text, {MARKS}
);
CREATE TABLE IF NOT EXISTS result (
    project_no text NOT NULL, order_no int NOT NULL, result_type text NOT NULL, result_date timestamptz NOT NULL,
    result_explain text, cert_name text, cert_no text, result_data jsonb, is_delivery_results text, {MARKS}
);
CREATE INDEX IF NOT EXISTS process_of_project ON process (project_no);
CREATE INDEX IF NOT EXISTS result_of_project ON result (project_no);
CREATE INDEX IF NOT EXISTS material_of_project ON material (project_no);
CREATE INDEX IF NOT EXISTS special_of_project ON special_procedure (project_no);
"""
NAMES = ("accept", "material", "process", "special_procedure", "result")
UNSIGNED = frozenset({"cd_batch", "cd_time", "attach_body"})
"""What a batch's digest leaves out: what the database adds, and bytes, which have a checksum of their own."""

JSON = frozenset({"form_data", "result_data"})

Rows = Mapping[str, Iterable[Mapping[str, object]]]


def digest(rows: Rows) -> tuple[int, str]:
    """How many rows a batch has and the SM3 over all of them, whatever order they are read in."""
    lines = sorted(
        orjson.dumps(
            [
                table,
                {
                    name: _plain(name, held)
                    for name, held in row.items()
                    if name not in UNSIGNED and held is not None
                },
            ],
            option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z,
            default=str,
        )
        for table in NAMES
        for row in rows.get(table, ())
    )
    return len(lines), sm3_hex(b"\n".join(lines))


def _plain(name: str, value: object) -> object:
    """As it reads whoever wrote it: moments in UTC, JSON as what it says."""
    if name in JSON and isinstance(value, str):
        return orjson.loads(value)
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def whole(rows: Rows, count: int, sm3: str) -> bool:
    """Whether a batch is what was announced, its files too."""
    files = all(
        isinstance(held, bytes) and sm3_hex(held) == row["attach_sm3"]
        for row in rows.get("material", ())
        if (held := row.get("attach_body")) is not None
    )
    return files and digest(rows) == (count, sm3)
