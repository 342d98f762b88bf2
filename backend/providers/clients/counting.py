"""What programs ask for, counted by each process and written down every ten seconds."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import structlog

from backend.database.record import transaction
from backend.kit import clock
from backend.kit.every import every
from backend.kit.ids import new_id
from backend.viewer import Provider, Viewer

log = structlog.get_logger()

TOLD_EVERY = 10.0
MOST = 10_000
"""Different entries that a process holds: the names of operations are the clients' own."""
OTHERS = "(others)"

Uses = Mapping[tuple[UUID, str], tuple[int, int]]
"""By program and operation: times and cost."""


class ApiUses:
    """A process's own counts."""

    def __init__(self) -> None:
        self._counted: dict[tuple[UUID, str], tuple[int, int]] = {}

    def note(self, viewer: Viewer, operation: str, cost: int) -> None:
        """One operation of a program's; those of other viewers are nobody's statistics."""
        if not isinstance(viewer, Provider) or not viewer.agent.startswith("client:"):
            return
        client_id = UUID(viewer.agent.removeprefix("client:"))
        key = (client_id, operation[:80] or "(unnamed)")
        if key not in self._counted and len(self._counted) >= MOST:
            key = (client_id, OTHERS)
        count, spent = self._counted.get(key, (0, 0))
        self._counted[key] = (count + 1, spent + cost)

    async def report(self) -> None:
        """Write the counts down; what cannot be written is kept for the next time."""
        counted, self._counted = self._counted, {}
        try:
            await write_uses(counted)
        except Exception:
            for key, (count, cost) in counted.items():
                before = self._counted.get(key, (0, 0))
                self._counted[key] = (before[0] + count, before[1] + cost)
            raise

    def reporting(self) -> AbstractAsyncContextManager[None]:
        """Report while this is entered, and once more when it is left."""
        return every(TOLD_EVERY, self._reported)

    async def _reported(self) -> None:
        try:
            await self.report()
        except Exception as error:  # noqa: BLE001 - the database may be away; the counts are kept
            log.warning("api_uses_not_counted", exception=type(error).__name__)


async def write_uses(uses: Uses) -> None:
    """Add counts to today's."""
    if not uses:
        return
    # In one order for all processes, so that no two wait for each other.
    keys = sorted(uses)
    async with transaction() as tx:
        await tx.execute(
            "INSERT INTO api_use (id, created_at, client_id, day, operation, count, cost)"
            " SELECT u.id, $1, u.client_id, $2, u.operation, u.count, u.cost"
            " FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::bigint[])"
            "  AS u(id, client_id, operation, count, cost)"
            " ON CONFLICT (client_id, day, operation) DO UPDATE SET count = api_use.count + excluded.count,"
            " cost = api_use.cost + excluded.cost",
            clock.now(),
            clock.today(),
            [new_id() for _ in keys],
            [client_id for client_id, _ in keys],
            [operation for _, operation in keys],
            [uses[key][0] for key in keys],
            [uses[key][1] for key in keys],
        )
