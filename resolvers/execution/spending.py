"""Limits by cost: what an operation costs is spent from the budgets of its viewer, client and address."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.database.budgets import Budget, Budgets, Left
from backend.providers.clients.counting import ApiUses
from backend.viewer import Anonymous, Citizen, Officer, Provider, Team, Viewer

REFUSED_COST = 10
"""What a request costs its address that came to nothing: reading and refusing it was work as well."""
FREE_COST = 20
"""What a free document costs beside what it asks for: it may have to be parsed and validated."""


@dataclass(frozen=True, slots=True)
class Quotas:
    """Units of cost per minute; see ``limits`` for what costs how much."""

    viewer: int = 60_000
    """Thirty pages of twenty cases with their timelines."""
    client: int = 6_000_000
    """A front-end team's documents, over all their users."""
    address: int = 600_000
    """Many citizens share the address of a mobile network."""


class Spending:
    """Spends from the budgets of the installation."""

    def __init__(self, budgets: Budgets, quotas: Quotas, uses: ApiUses | None = None) -> None:
        """``uses`` counts what third parties' programs ask for."""
        self._budgets = budgets
        self._quotas = quotas
        self._uses = uses

    def admit(self, address: str) -> None:
        """Raise ``OverBudget`` at once for an address that has nothing left: before any work is done."""
        self._budgets.check(self._of_address(address))

    async def spend(
        self, viewer: Viewer, client: str | None, cost: int, operation: str = ""
    ) -> Sequence[Left]:
        """Spend ``cost`` from every budget it belongs to, or from none. Raises ``OverBudget``."""
        budgets = [self._of_address(viewer.address)]
        if client is not None:
            budgets.append(Budget("client", client, self._quotas.client))
        who = name_of(viewer)
        if who is not None:
            budgets.append(Budget("viewer", who, self._quota_of(viewer)))
        left = await self._budgets.spend(budgets, cost)
        if self._uses is not None:
            self._uses.note(viewer, operation, cost)
        return left

    def note_event(self, viewer: Viewer, cost: int) -> None:
        """An event of a subscription costs like a query, but is never refused."""
        who = name_of(viewer)
        if who is not None:
            self._budgets.note(Budget("viewer", who, self._quota_of(viewer)), cost)

    def note_refused(self, address: str) -> None:
        """A request of ``address`` came to nothing."""
        self._budgets.note(self._of_address(address), REFUSED_COST)

    def _quota_of(self, viewer: Viewer) -> int:
        """A third party's client may have been given another limit than everybody."""
        given = viewer.quota if isinstance(viewer, Provider) else None
        return given or self._quotas.viewer

    def _of_address(self, address: str) -> Budget:
        return Budget("address", address, self._quotas.address)


def name_of(viewer: Viewer) -> str | None:
    """Under which name a viewer's use is counted and their repeats are known; visitors have only their address."""
    match viewer:
        case Citizen():
            return f"account:{viewer.account_id}"
        case Officer():
            return f"officer:{viewer.officer_id}"
        case Team():
            return f"team:{viewer.team_id}"
        case Provider():
            return viewer.agent
        case Anonymous():
            return None
