"""The worker: each job is done, tried again or held; none is lost, and none spins."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from backend.casework.machine import Casework
from backend.database.jobs import HeldJob, Job, QueueFigures, enqueue, held_jobs, queue_figures, run_again
from backend.database.record import current_request_id, fetch, transaction
from backend.kit.ids import new_id
from backend.settings import Settings
from backend.web.metrics import Metrics
from backend.web.observe import Observe
from backend.worker import (
    AT_ONCE,
    MOST_TRIES,
    PACE,
    SEATS,
    Handler,
    Pace,
    handlers,
    queue,
    wake_what_got_lost,
    work_through,
)
from integrations.transport import Transport
from tests.support.rows import count
from tests.support.sandbox import listening
from tests.support.waiting import eventually

SECRET = "13800000000 沈阿福"


@pytest.fixture
def settings(installation: Settings, database: str) -> Settings:
    return installation.model_copy(update={"database_url": database})


@asynccontextmanager
async def working(settings: Settings, handler: Handler, pace: Pace = PACE) -> AsyncIterator[asyncio.Event]:
    """A worker beside the test; leaving stops it and waits until it has stopped."""
    stop = asyncio.Event()
    running = asyncio.create_task(work_through(settings, {Job.DELIVER_CASE: handler}, stop, pace))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(running, 20)


async def put(*ids: UUID) -> None:
    async with transaction() as tx:
        for one in ids:
            await enqueue(tx, Job.DELIVER_CASE, {"application": str(one)})


async def statuses() -> list[tuple[str, int]]:
    rows = await fetch("SELECT status, attempts FROM pgqueuer ORDER BY id")
    return [(row["status"], row["attempts"]) for row in rows]


async def nothing_left() -> bool:
    return await statuses() == []


async def test_a_job_is_done_once_and_gone(settings: Settings) -> None:
    done: list[UUID] = []
    wanted = [new_id() for _ in range(3)]

    async def handler(application_id: UUID) -> None:
        done.append(application_id)

    await put(*wanted)
    async with working(settings, handler):
        await eventually(nothing_left)

    assert sorted(done) == wanted


async def test_a_slow_region_holds_its_own_seats_and_delays_no_other(settings: Settings) -> None:
    ill, well = [new_id() for _ in range(2 * AT_ONCE)], [new_id() for _ in range(5)]
    begun, done, recovered = set[UUID](), list[UUID](), asyncio.Event()

    async def handler(application_id: UUID) -> None:
        begun.add(application_id)
        if application_id in ill:
            await recovered.wait()
        done.append(application_id)

    async with transaction() as tx:
        for region, ids in (("33", ill), ("44", well)):
            for one in ids:
                await enqueue(tx, Job.DELIVER_CASE, {"application": str(one)}, lane=region)

    async def others_are_done() -> bool:
        return set(well) <= set(done)

    stop = asyncio.Event()
    running = asyncio.create_task(
        work_through(settings, {Job.DELIVER_CASE: handler}, stop, lanes=("33", "44"))
    )
    await eventually(others_are_done)
    assert len(begun - set(well)) <= SEATS
    recovered.set()
    await eventually(nothing_left)
    stop.set()
    await asyncio.wait_for(running, 20)
    assert sorted(done) == sorted([*ill, *well])


async def test_what_is_rolled_back_was_never_enqueued(settings: Settings) -> None:
    async def change_of_mind() -> None:
        async with transaction() as tx:
            await enqueue(tx, Job.DELIVER_CASE, {"application": str(new_id())})
            raise LookupError

    with pytest.raises(LookupError):
        await change_of_mind()
    assert await statuses() == []


async def test_a_bug_is_tried_again_later_and_says_nothing_of_people(settings: Settings) -> None:
    tries = 0

    async def buggy(_application_id: UUID) -> None:
        nonlocal tries
        tries += 1
        raise ValueError(SECRET)

    async def put_back() -> bool:
        return await statuses() == [("queued", 1)]

    await put(new_id())
    with capture_logs() as logs:
        async with working(settings, buggy):
            await eventually(put_back)
            await asyncio.sleep(0.3)

    assert tries == 1
    (row,) = await fetch("SELECT extract(epoch FROM execute_after - updated)::float AS wait FROM pgqueuer")
    assert 1.4 < row["wait"] < 2.6
    assert [(log["event"], log["tries"]) for log in logs if log["event"] == "job_failed"] == [
        ("job_failed", 1)
    ]
    kept = repr([dict(row) for row in await fetch("SELECT * FROM pgqueuer_log")])
    assert "Retry requested" in kept
    assert [word for word in SECRET.split() if word in kept] == []


async def test_a_job_that_keeps_failing_is_held_for_an_operator(settings: Settings) -> None:
    mended, application_id = False, new_id()

    async def buggy(_application_id: UUID) -> None:
        if not mended:
            raise ValueError(SECRET)

    async def held() -> bool:
        return (await statuses())[:1] == [("failed", MOST_TRIES - 1)]

    await put(application_id)
    await fetch("UPDATE pgqueuer SET attempts = $1", MOST_TRIES - 1)
    with capture_logs() as logs:
        async with working(settings, buggy):
            await eventually(held)
            await asyncio.sleep(0.3)
            (job,) = await held_jobs(10)
            assert job == HeldJob(job.id, "deliver_case", f'{{"application":"{application_id}"}}', job.since)
            assert await queue_figures() == QueueFigures(due=0, running=0, held=1, oldest_due_seconds=0.0)

            mended = True
            assert await run_again([job.id, job.id + 1]) == 1
            await eventually(nothing_left)

    told = [log["event"] for log in logs if log["event"] in {"job_failed", "job_held", "job_done"}]
    assert told == ["job_failed", "job_held", "job_done"]
    kept = repr([dict(row) for row in await fetch("SELECT * FROM pgqueuer_log")])
    assert [word for word in SECRET.split() if word in kept] == []
    assert await run_again([job.id]) == 0


async def test_a_payload_that_names_nothing_is_held_too(settings: Settings) -> None:
    async def never(_application_id: UUID) -> None:
        raise AssertionError

    async def put_back() -> bool:
        return await statuses() == [("queued", 1)]

    async with transaction() as tx:
        await enqueue(tx, Job.DELIVER_CASE, {"something": "else"})
    async with working(settings, never):
        await eventually(put_back)


async def test_the_job_of_a_worker_that_fell_silent_is_taken_up(settings: Settings) -> None:
    silent, alive = new_id(), new_id()
    done: list[UUID] = []

    async def handler(application_id: UUID) -> None:
        done.append(application_id)

    # What SIGKILL leaves behind: jobs in the hands of a worker whose heart beats no more.
    await put(silent, alive)
    await fetch(
        "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(),"
        " heartbeat = now() - CASE WHEN convert_from(payload, 'UTF8') LIKE $1 THEN interval '4 s' ELSE interval '-60 s' END"
        " RETURNING id",
        f"%{silent}%",
    )

    async def only_the_other_is_left() -> bool:
        return len(await statuses()) == 1

    async with working(settings, handler, Pace(silence=timedelta(seconds=3), look=timedelta(seconds=1))):
        await eventually(only_the_other_is_left)

    assert done == [silent]


async def test_a_worker_takes_no_more_in_hand_than_it_can_hold(settings: Settings) -> None:
    gate, begun = asyncio.Event(), 0

    async def handler(_application_id: UUID) -> None:
        nonlocal begun
        begun += 1
        await gate.wait()

    async def has_its_hands_full() -> bool:
        return begun == AT_ONCE

    await put(*(new_id() for _ in range(AT_ONCE + 15)))
    async with working(settings, handler):
        await eventually(has_its_hands_full)
        await asyncio.sleep(0.5)
        assert begun == AT_ONCE
        figures = await queue_figures()
        assert (figures.due, figures.running, figures.held) == (15, AT_ONCE, 0)
        assert figures.oldest_due_seconds > 0.4
        gate.set()
        await eventually(nothing_left)
    assert begun == AT_ONCE + 15


async def test_a_job_that_has_begun_is_finished_before_the_worker_stops(settings: Settings) -> None:
    begun, finished = asyncio.Event(), False

    async def handler(_application_id: UUID) -> None:
        nonlocal finished
        begun.set()
        await asyncio.sleep(0.5)
        finished = True

    await put(new_id())
    async with working(settings, handler) as stop:
        await asyncio.wait_for(begun.wait(), 10)
        stop.set()

    assert finished
    assert await statuses() == []


async def test_a_worker_waits_for_a_database_that_went_away(settings: Settings) -> None:
    done: list[UUID] = []

    async def handler(application_id: UUID) -> None:
        done.append(application_id)

    async def first_done() -> bool:
        return len(done) == 1

    async def both_done() -> bool:
        return len(done) == 2

    await put(new_id())
    with capture_logs() as logs:
        async with working(settings, handler):
            await eventually(first_done)
            cut = await fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> 'jinmin'"
            )
            assert len(cut) == 1
            await put(new_id())
            await eventually(both_done, 30)
    events = [log["event"] for log in logs]
    assert events.count("worker_lost_the_queue") == 1
    assert events.count("worker_ready") == 2


async def test_a_database_that_was_never_there_stops_the_start(installation: Settings) -> None:
    settings = installation.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/none"})

    async def handler(_application_id: UUID) -> None:
        raise AssertionError

    with pytest.raises(OSError, match="Connect"):
        await work_through(settings, {Job.DELIVER_CASE: handler}, asyncio.Event())


async def test_a_request_is_followed_into_its_job_and_to_whom_the_job_calls(settings: Settings) -> None:
    application_id = new_id()

    async def order(_request: Request) -> Response:
        await put(application_id)
        return Response()

    app = Starlette(
        routes=[Route("/order", order, methods=["POST"])], middleware=[Middleware(Observe, metrics=Metrics())]
    )
    with listening() as (listener, url):
        async with Transport() as transport:

            async def handler(one: UUID) -> None:
                await transport.send("province", "POST", url, content=str(one).encode())

            async with httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=app), base_url="http://jinmin"
            ) as client:
                answer = await client.post("/order")
            async with working(settings, handler):
                (heard,) = await asyncio.to_thread(listener.about, str(application_id), 1)
                await eventually(nothing_left)

    assert len(answer.headers["x-request-id"]) == 32
    assert heard.headers["x-request-id"] == answer.headers["x-request-id"]


async def test_a_job_without_a_request_gets_an_id_of_its_own(settings: Settings) -> None:
    seen: list[str] = []

    async def handler(_application_id: UUID) -> None:
        seen.append(current_request_id())

    await put(new_id(), new_id())
    async with working(settings, handler):
        await eventually(nothing_left)

    assert [len(one) for one in seen] == [32, 32]
    assert len(set(seen)) == 2


async def test_every_kind_of_job_has_a_handler_and_every_clock_is_set(
    settings: Settings, work: Casework
) -> None:
    jobs = handlers(work)
    assert set(jobs) == set(Job)
    async with queue(settings, jobs) as manager:
        assert {str(name) for name in manager.qm.entrypoint_registry} == {job.value for job in Job}
        assert {(key.entrypoint, key.expression) for key in manager.sm.registry} == {
            ("wake_what_got_lost", "* * * * *"),
            ("forget_old_job_log", "30 19 * * *"),
        }


async def test_handlers_do_nothing_for_a_case_that_is_not_there(work: Casework) -> None:
    for handler in handlers(work).values():
        await handler(new_id())
    for table in ("delivery", "inbound_event", "certificate", "pgqueuer"):
        assert await count(table) == 0


async def test_the_clock_is_silent_when_nothing_got_lost(database: str) -> None:
    with capture_logs() as logs:
        await wake_what_got_lost()
    assert logs == []
