"""One installation for all journeys, started once, and citizens who come to it from outside."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeAlias

import asyncpg
import httpx2
import pytest
from redis.asyncio import Redis

from integrations.demo.client import Client
from integrations.demo.walk import ANSWERS, made_up_applicant
from integrations.sandbox.people import demo_people
from tests.support import traces
from tests.support.cluster import short_folder
from tests.support.installation import Installation, free_ports, wait_until_gone
from tests.support.traveller import Traveller

PERSONAL = {
    "name": demo_people()[0].name,
    **{name: str(ANSWERS[name]) for name in ("contactPhone", "bankAccount", "currentAddress")},
}

Travellers: TypeAlias = Callable[[], Traveller]


@pytest.fixture(scope="session")
def jinmin() -> Iterator[Installation]:
    """Running, with a province that decides at once."""
    with short_folder() as folder:
        data = folder / "var"
        # What any part of it would put aside for a moment lands where it is searched for.
        (data / "tmp").mkdir(parents=True)
        installation = Installation(data, free_ports(), {"TMPDIR": str(data / "tmp")})
        try:
            installation.start()
            installation.zhejiang.scenario()
            yield installation
        finally:
            status = installation.stop()
            left = wait_until_gone(installation)
        # After all journeys, whichever they were: what people told is in nobody's log.
        told = [trace for name, text in PERSONAL.items() for trace in traces.of_text(name, text)]
        logged = traces.in_files(installation.data / "logs", told)
    assert (status, left, logged) == (0, {}, []), installation.told


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
async def rows(jinmin: Installation) -> AsyncIterator[asyncpg.Pool]:
    """What the house really holds."""
    async with asyncpg.create_pool(jinmin.database_url, min_size=1, max_size=2) as pool:
        yield pool


@pytest.fixture(scope="session")
async def redis(jinmin: Installation) -> AsyncIterator[Redis]:
    client = Redis.from_url(jinmin.redis_url)
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def travellers(jinmin: Installation, http: httpx2.AsyncClient) -> Travellers:
    """Makes up somebody new each time, speaking English."""
    return lambda: Traveller(jinmin, Client(http, jinmin.url, language="en"), made_up_applicant())
