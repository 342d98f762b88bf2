"""Everything connected once, for whichever root needs it: the API, the worker, the command line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from backend.casework.certificates.orders import issue_when_called_for
from backend.casework.evaluations.services import open_to_evaluation
from backend.casework.household.keeping import keep_household
from backend.casework.legal_time.calendars import refresh
from backend.casework.legal_time.keeping import keep_time
from backend.casework.machine import Casework
from backend.casework.means_check.actions import check_means_when_accepted
from backend.casework.notices.actions import tell_the_citizen
from backend.casework.own_data import HOLDINGS as HOLDINGS_OF_CASEWORK
from backend.casework.reviews.opening import lay_out_work
from backend.casework.urgent.actions import settle_when_approved
from backend.database.config import connected
from backend.database.shared import shared_state
from backend.domains import standards
from backend.exchange.delivery import region_of
from backend.exchange.flow_back import tell_home_when_ended
from backend.exchange.handovers.following import follow_cases, works_elsewhere
from backend.exchange.handovers.moving import Office
from backend.exchange.sharing import HOLDINGS as HOLDINGS_OF_EXCHANGE
from backend.keys import read_keys
from backend.kit.working_days import Calendar
from backend.people.privacy.own_data import HOLDINGS as HOLDINGS_OF_PEOPLE
from backend.providers.own_data import HOLDINGS as HOLDINGS_OF_PROVIDERS
from backend.resources import Resources
from backend.settings import FaceChallengeKind, Settings
from backend.supervision.watching import watch_clocks, watch_events, watch_loops
from integrations import connect


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[Casework]:
    """Connect database, shared state and the outside; yield the machine with its reactors."""
    keys = read_keys(settings)
    async with (
        connected(settings.database_url, pool=settings.database_pool),
        shared_state(settings.redis_url) as shared,
        connect(settings, keys) as ports,
    ):
        items, calendar = standards(), Calendar()
        await refresh(calendar)
        resources = Resources(
            ports=ports,
            keys=keys,
            shared=shared,
            public_url=settings.public_url,
            active_face_challenge=settings.face_challenge is FaceChallengeKind.ACTIVE,
            second_factor=not settings.development,
        )
        told, heard = (watch_clocks(calendar),), (watch_loops(calendar),)
        yield Casework(
            resources=resources,
            standards=items,
            calendar=calendar,
            clock_reactors=told,
            loop_reactors=heard,
            reactors=(
                keep_time(items, calendar, told=told),
                watch_events(items, calendar),
                follow_cases(
                    Office(items, calendar, told, keys.documents, keys.ring),
                    partial(region_of, ports.provinces),
                ),
                tell_home_when_ended(ports.desks),
                issue_when_called_for,
                open_to_evaluation(calendar, heard),
                tell_the_citizen(shared),
                settle_when_approved,
                check_means_when_accepted(items),
                keep_household(items, resources),
                lay_out_work(items, calendar, keys.blind_index, works_elsewhere),
            ),
            holdings=(
                *HOLDINGS_OF_PEOPLE,
                *HOLDINGS_OF_CASEWORK,
                *HOLDINGS_OF_EXCHANGE,
                *HOLDINGS_OF_PROVIDERS,
            ),
        )
