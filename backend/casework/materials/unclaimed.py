"""Files that no row points to: noted before they are written, dropped whatever crashes in between."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from backend.casework.machine import Casework
from backend.database.record import Transaction, fetch, transaction
from backend.errors import Refusal
from backend.kit import clock
from backend.kit.ids import new_id
from backend.ports import FileStore

GIVEN_UP_AFTER = timedelta(hours=1)
"""Storing one file and noting its row takes seconds; after this nobody is at it any more."""
MOST_AT_ONCE = 200

_NOTE = (
    "INSERT INTO unclaimed_file (id, created_at, file_key, due_at, doomed) SELECT n.id, $1, n.file_key, $2, $3"
    " FROM unnest($4::uuid[], $5::text[]) AS n(id, file_key)"
    " ON CONFLICT (file_key) DO UPDATE SET doomed = excluded.doomed, due_at = excluded.due_at"
)


async def expect(*file_keys: str) -> None:
    """Note that bytes are about to be stored under these keys."""
    async with transaction() as tx:
        await _note(tx, file_keys, due_at=clock.now() + GIVEN_UP_AFTER, doomed=False)


async def claim(tx: Transaction, *file_keys: str) -> bool:
    """A row points to them from now on; False where one was given up meanwhile."""
    rows = await tx.fetch(
        "DELETE FROM unclaimed_file WHERE file_key = ANY($1::text[]) AND NOT doomed RETURNING id",
        list(file_keys),
    )
    return len(rows) == len(file_keys)


async def give_up(tx: Transaction, files: FileStore, file_key: str) -> None:
    """No row points to it from the end of ``tx`` on: it is dropped at once, or by the clock if that fails."""
    await doom(tx, file_key)
    tx.after_commit(lambda: drop(files, file_key))


async def doom(tx: Transaction, *file_keys: str) -> None:
    """No row points to them from the end of ``tx`` on: the clock drops them, however often it has to try."""
    await _note(tx, file_keys, due_at=clock.now(), doomed=True)


async def _note(tx: Transaction, file_keys: Sequence[str], *, due_at: datetime, doomed: bool) -> None:
    keys = list(dict.fromkeys(file_keys))
    await tx.execute(_NOTE, clock.now(), due_at, doomed, [new_id() for _ in keys], keys)


async def drop(files: FileStore, file_key: str) -> None:
    """Delete the bytes, then the note. Safe to run again and beside itself."""
    await files.delete(file_key)
    async with transaction() as tx:
        await tx.execute("DELETE FROM unclaimed_file WHERE file_key = $1", file_key)


async def drop_unclaimed(work: Casework, *, most: int = MOST_AT_ONCE) -> int:
    """Drop what nobody claimed in time, for the worker's clock; how many there were.

    Dooming comes first: from then on no row can come to point to a file that goes.
    """
    async with transaction() as tx:
        rows = await tx.fetch(
            "WITH due AS MATERIALIZED (SELECT file_key FROM unclaimed_file"
            " WHERE due_at <= $1 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
            " UPDATE unclaimed_file file SET doomed = TRUE FROM due WHERE file.file_key = due.file_key"
            " RETURNING file.file_key",
            clock.now(),
            most,
        )
    dropped = 0
    for row in rows:
        try:
            await drop(work.resources.ports.files, row["file_key"])
        except (Refusal, OSError):
            continue  # the store does not answer: the note stays, and the next round tries again
        dropped += 1
    return dropped


async def count_unclaimed() -> float:
    """How many files are overdue to be dropped: it only grows while the store does not answer."""
    (row,) = await fetch("SELECT count(*) AS held FROM unclaimed_file WHERE due_at <= $1", clock.now())
    return float(row["held"])
