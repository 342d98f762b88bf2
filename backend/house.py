"""Everything connected once, for whichever root needs it: the API, the worker, the command line."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from backend.casework.catalogue.standards import Standards
from backend.casework.certificates.orders import issue_when_called_for
from backend.casework.evaluations.services import open_to_evaluation
from backend.casework.household.keeping import keep_household
from backend.casework.legal_time.calendars import refresh
from backend.casework.legal_time.keeping import keep_time
from backend.casework.legal_time.settling import ClockChange, ClockReactor
from backend.casework.lifecycle import CaseEvent
from backend.casework.machine import Casework, Reactor
from backend.casework.means_check.actions import check_means_when_accepted
from backend.casework.notices.actions import tell_the_citizen
from backend.casework.reviews.opening import lay_out_work
from backend.casework.urgent.actions import settle_when_approved
from backend.database.config import connected
from backend.database.record import Transaction
from backend.database.shared import shared_state
from backend.domains import standards
from backend.exchange.delivery import region_of
from backend.exchange.flow_back import tell_home_when_ended
from backend.exchange.handovers.following import follow_cases, works_elsewhere
from backend.exchange.handovers.moving import Office
from backend.holdings import HOLDINGS, RETENTIONS
from backend.keys import read_keys
from backend.kit import regions
from backend.kit.working_days import Calendar
from backend.resources import Resources
from backend.settings import FaceChallengeKind, Settings
from backend.statistics.counting import count_cases
from backend.supervision.watching import watch_clocks, watch_events, watch_loops
from integrations import connect


def real_only(reactor: Reactor) -> Reactor:
    """A reactor that leaves the house, or counts: it hears nothing of generated cases (``backend.training``)."""

    async def react(tx: Transaction, event: CaseEvent) -> None:
        if not regions.is_training(event.division):
            await reactor(tx, event)

    return react


def real_clocks(reactor: ClockReactor) -> ClockReactor:
    """The same for clocks, which know the case only."""

    async def react(tx: Transaction, changes: Sequence[ClockChange]) -> None:
        rows = await tx.fetch(
            "SELECT id, division FROM application WHERE id = ANY($1)",
            [change.application_id for change in changes],
        )
        generated = {row["id"] for row in rows if regions.is_training(row["division"])}
        real = [change for change in changes if change.application_id not in generated]
        if real:
            await reactor(tx, real)

    return react


@asynccontextmanager
async def open_house(settings: Settings, declared: Standards | None = None) -> AsyncIterator[Casework]:
    """Connect database, shared state and the outside; yield the machine with its reactors.

    ``declared`` are the items where they are not those of the six domains.
    """
    keys = read_keys(settings)
    async with (
        connected(settings.database_url, pool=settings.database_pool),
        shared_state(settings.redis_url) as shared,
        connect(settings, keys) as ports,
    ):
        items, calendar = declared or standards(), Calendar()
        await refresh(calendar)
        resources = Resources(
            ports=ports,
            keys=keys,
            shared=shared,
            public_url=settings.public_url,
            active_face_challenge=settings.face_challenge is FaceChallengeKind.ACTIVE,
            second_factor=not settings.development,
        )
        told, heard = (real_clocks(watch_clocks(calendar)),), (watch_loops(calendar),)
        yield Casework(
            resources=resources,
            standards=items,
            calendar=calendar,
            clock_reactors=told,
            loop_reactors=heard,
            reactors=(
                keep_time(items, calendar, told=told),
                real_only(watch_events(items, calendar)),
                real_only(
                    follow_cases(
                        Office(items, calendar, told, keys.documents, keys.ring),
                        partial(region_of, ports.provinces),
                    ),
                ),
                real_only(tell_home_when_ended(ports.desks)),
                real_only(issue_when_called_for),
                real_only(open_to_evaluation(calendar, heard)),
                real_only(tell_the_citizen(shared)),
                settle_when_approved,
                check_means_when_accepted(items),
                keep_household(items, resources),
                lay_out_work(items, calendar, keys.blind_index, works_elsewhere),
                real_only(count_cases(items, keys.ring)),
            ),
            holdings=HOLDINGS,
            retentions=RETENTIONS,
        )
