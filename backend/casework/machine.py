"""What casework needs besides the viewer: handed over once by the composition root."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from backend.casework.appointments.booking import Bookings
from backend.casework.catalogue.current import Catalogue
from backend.casework.catalogue.standards import Standards
from backend.casework.evaluations.looping import LoopReactor
from backend.casework.legal_time.settling import ClockReactor
from backend.casework.lifecycle import CaseEvent
from backend.database.record import Transaction
from backend.kit.working_days import Calendar
from backend.people.privacy.own_data import Holding
from backend.people.privacy.retention import Retention
from backend.resources import Resources

Reactor = Callable[[Transaction, CaseEvent], Awaitable[None]]
"""Told of each event inside its transaction; writes its own tables and jobs only."""


@dataclass(frozen=True, slots=True)
class Casework:
    """The machine that every domain shares."""

    resources: Resources
    standards: Standards
    calendar: Calendar
    reactors: tuple[Reactor, ...]
    clock_reactors: tuple[ClockReactor, ...] = ()
    """Told when clocks of cases become near or over."""
    loop_reactors: tuple[LoopReactor, ...] = ()
    """Told of the turns of bad evaluations."""
    holdings: tuple[Holding, ...] = ()
    """What each area keeps of a person, for the file of one's own data and for closing accounts."""
    retentions: tuple[Retention, ...] = ()
    """How long each of it is kept; in the order in which it is taken away."""
    catalogue: Catalogue = field(init=False)
    """Standards and editions as this process holds them."""
    bookings: Bookings = field(init=False, default_factory=Bookings)
    """Bookings that arrive at once in this process."""

    def __post_init__(self) -> None:
        """Give the machine its own catalogue."""
        object.__setattr__(self, "catalogue", Catalogue(self.standards))
