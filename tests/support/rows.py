"""Reading the audit trail in tests."""

from backend.database.record import fetch


async def told(subject: str) -> list[str]:
    """The kinds of a subject's entries, in order."""
    rows = await fetch("SELECT kind FROM audit_entry WHERE subject = $1 ORDER BY sequence", subject)
    return [row["kind"] for row in rows]


async def count(table: str) -> int:
    """How many rows a table holds."""
    rows = await fetch(f"SELECT count(*) AS held FROM {table}")  # noqa: S608 - a test's own constant
    held: int = rows[0]["held"]
    return held
