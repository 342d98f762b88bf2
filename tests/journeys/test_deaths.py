"""A worker that is killed at any moment leaves a case that takes effect exactly once, when another one comes."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from multiprocessing.process import BaseProcess
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest

from backend.database.jobs import Job
from backend.exchange.delivery import STEPS, record
from backend.keys import Keys, SandboxKeys
from backend.kit import ids
from backend.settings import Settings
from integrations.demo.client import Client
from integrations.demo.walk import made_up_applicant
from tests.support.mortal import Moment, Parts, parts
from tests.support.sandbox import OutsideSandbox, zhejiang_sandbox
from tests.support.storm import left, multiplied, told_once
from tests.support.traveller import Traveller
from tests.support.waiting import PATIENCE, read_until

pytestmark = pytest.mark.xdist_group("deaths")

STORMY = 24
EXCHANGE = (Job.DELIVER_CASE, Job.APPLY_PROVINCE_EVENTS)
TIMELINE = ["STARTED", "SUBMITTED", "NUMBERED", "LODGED", "ACCEPTED", "APPROVED", "RESULT_ISSUED"]
BETWEEN_STEPS = [Moment(step=number) for number in range(len(STEPS) + 1)]
TOLD_TWICE = [STEPS.index(record)]
"""Moments at which the province has the case and we do not know: it is told again, and that has no effect."""
BETWEEN_DECISION_AND_NOTICE = [
    Moment(file="certificates/"),
    Moment(event="RESULT_ISSUED"),
    Moment(event="RESULT_ISSUED", committed=True),
    Moment(job=Job.SEND_NOTICES),
]
"""The document is kept and nothing says so; all is written and not committed; committed; its message is under way."""
AT_EVENTS = [
    Moment(event=event, committed=committed)
    for event in ("LODGED", "ACCEPTED", "APPROVED")
    for committed in (False, True)
]


@pytest.fixture(scope="module")
def jinmin(
    installation: Settings,
    sandbox_keys: SandboxKeys,
    outside_world: OutsideSandbox,
    new_database: Callable[[], str],
    redis_url: str,
) -> Iterator[Parts]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    callback_url = f"http://127.0.0.1:{port}/callbacks/provinces/33"
    with zhejiang_sandbox(sandbox_keys, database_url=new_database(), callback_url=callback_url) as zhejiang:
        settings = Settings(
            data=installation.data,
            port=port,
            database_url=new_database(),
            redis_url=redis_url,
            wechat_url=outside_world.wechat_url,
            registry_url=outside_world.registry_url,
            zhejiang_url=zhejiang.url,
        )
        with parts(settings, outside_world, zhejiang) as running:
            yield running


@pytest.fixture(scope="module")
async def rows(jinmin: Parts) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(jinmin.settings.database_url, min_size=1, max_size=1) as pool:
        yield pool


@pytest.fixture(scope="module")
async def citizen(jinmin: Parts) -> AsyncIterator[Traveller]:
    """Somebody who may submit."""
    async with httpx2.AsyncClient(timeout=30, trust_env=False) as http:
        yield await Traveller(jinmin, Client(http, jinmin.url), made_up_applicant()).confirmed_at_window()


async def killed(worker: BaseProcess) -> bool:
    """Wait until it is gone; whether SIGKILL ended it."""
    await asyncio.to_thread(worker.join, PATIENCE)
    return worker.exitcode == -signal.SIGKILL


async def completed(citizen: Traveller, case: str) -> Any:
    return await read_until(
        lambda: citizen.client.ask("Application", id=case), lambda told: told["state"] == "COMPLETED"
    )


async def check_exactly_once(jinmin: Parts, rows: asyncpg.Pool, told: Any, *, lodged: int) -> None:
    """On the other side and at home: one case, one of each event, one document, and nothing left to do."""
    application_id = UUID(ids.parse_node_id(told["id"])[1])
    held = jinmin.zhejiang.held(told["caseNumber"])
    assert (held["effects"], held["lodged"]) == (1, lodged)
    assert [entry["kind"] for entry in told["timeline"]] == TIMELINE
    delivery = await rows.fetchrow(
        "SELECT state, external_case_number FROM delivery WHERE application_id = $1", application_id
    )
    assert tuple(delivery) == ("DELIVERED", held["cases"][0]["externalCaseNo"])
    documents = await rows.fetch(
        "SELECT kind FROM certificate WHERE application_id = $1 AND file_key IS NOT NULL ORDER BY kind",
        application_id,
    )
    assert [document["kind"] for document in documents] == ["ACCEPTANCE", "RESULT"]
    notices = await rows.fetch(
        "SELECT kind FROM notice WHERE application_id = $1 ORDER BY sequence", application_id
    )
    assert [notice["kind"] for notice in notices] == ["RECEIVED", "ACCEPTED", "APPROVED", "RESULT_READY"]
    messages = await rows.fetch(
        "SELECT sequence, outcome FROM inbound_event WHERE application_id = $1 ORDER BY sequence",
        application_id,
    )
    assert [tuple(message) for message in messages] == [(1, "APPLIED"), (2, "APPLIED")]
    await read_until(lambda: rows.fetchval("SELECT count(*) FROM pgqueuer"), lambda left: left == 0)


@pytest.mark.parametrize("moment", BETWEEN_STEPS, ids=str)
async def test_a_worker_killed_between_two_steps_leaves_a_case_that_takes_effect_once(
    jinmin: Parts, rows: asyncpg.Pool, citizen: Traveller, moment: Moment
) -> None:
    case = await citizen.draft()
    await citizen.submit(case)
    doomed = jinmin.worker(moment)
    assert await killed(doomed), jinmin.log.read_text()

    restarted = jinmin.worker()
    told = await completed(citizen, case)

    await check_exactly_once(jinmin, rows, told, lodged=2 if moment.step in TOLD_TWICE else 1)
    restarted.terminate()
    assert not await killed(restarted)
    assert restarted.exitcode == 0


async def test_in_a_storm_each_case_takes_effect_once_and_is_told_once(
    jinmin: Parts, rows: asyncpg.Pool, citizen: Traveller, keys: Keys
) -> None:
    """Calls dropped, replies lost, messages repeated and out of order, workers killed in the middle of it."""
    jinmin.zhejiang.scenario(delay=3600)
    case = await citizen.draft()
    await citizen.submit(case)
    async with rows.acquire() as connection:
        made = await multiplied(connection, keys, UUID(ids.parse_node_id(case)[1]), STORMY)
    jinmin.zhejiang.scenario("storm", seed=7)
    doomed = jinmin.worker(only=EXCHANGE)
    await read_until(lambda: left(rows, made), lambda still: still < STORMY)
    os.kill(doomed.pid or 0, signal.SIGKILL)
    assert await killed(doomed)
    survivor = jinmin.worker(only=EXCHANGE)
    await read_until(lambda: left(rows, made), lambda still: still == 0)
    jinmin.zhejiang.scenario()

    assert await told_once(rows, made) == STORMY
    numbers = await rows.fetch("SELECT case_number FROM application WHERE id = ANY($1)", made)
    held = [jinmin.zhejiang.held(row["case_number"]) for row in numbers]
    assert [one["effects"] for one in held] == [1] * STORMY
    assert sum(one["lodged"] for one in held) > STORMY, "there was a storm"
    await rows.execute("DELETE FROM pgqueuer")
    survivor.terminate()
    assert not await killed(survivor)


async def test_a_case_survives_one_death_after_another(
    jinmin: Parts, rows: asyncpg.Pool, citizen: Traveller
) -> None:
    case = await citizen.draft()
    await citizen.submit(case)
    for moment in (*AT_EVENTS, *BETWEEN_DECISION_AND_NOTICE):
        assert await killed(jinmin.worker(moment)), f"{moment}: {jinmin.log.read_text()}"

    restarted = jinmin.worker()
    told = await completed(citizen, case)

    await check_exactly_once(jinmin, rows, told, lodged=2)
    restarted.terminate()
    assert not await killed(restarted)
