"""Rows by their id: those that many requests ask for at the same moment come in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.database.record import Row, fetch
from backend.kit.gathering import Gathering


@dataclass(frozen=True, slots=True)
class _Found:
    row: Row | None


class GatheredReads:
    """A process's own. What is read was committed before or while it was asked for, as with any read."""

    def __init__(self) -> None:
        self._gathering: Gathering[str, UUID, _Found] = Gathering(_rows)

    async def row(self, statement: str, row_id: UUID) -> Row | None:
        """The row of this id. ``statement`` takes an array of ids, ``= ANY($1)``, and tells each row's ``id``."""
        return (await self._gathering.ask(statement, row_id)).row


async def _rows(statement: str, ids: Sequence[UUID]) -> Sequence[_Found]:
    rows = {row["id"]: row for row in await fetch(statement, ids)}
    return [_Found(rows.get(row_id)) for row_id in ids]
