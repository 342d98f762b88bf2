"""The second composition root: jobs from the queue, and clocks that find what got lost."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg
import orjson
import structlog
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job as QueuedJob
from pgqueuer.models import Schedule

from backend.casework.certificates.actions import issue_certificate, wake_unissued
from backend.casework.machine import Casework
from backend.database.config import DatabaseUrl
from backend.database.jobs import Job
from backend.exchange.delivery import STEPS, Step, deliver, wake_overdue
from backend.exchange.inbound import apply_waiting
from backend.house import open_house
from backend.settings import Settings

log = structlog.get_logger()

Handler = Callable[[UUID], Awaitable[object]]

HEARTBEAT = timedelta(seconds=10)
"""A job whose worker has been silent for so long is taken up by another one."""


def handlers(work: Casework, steps: tuple[Step, ...] = STEPS) -> Mapping[Job, Handler]:
    """What each kind of job does with the case it names."""

    async def run_delivery(application_id: UUID) -> None:
        await deliver(work, application_id, steps)

    async def run_events(application_id: UUID) -> None:
        await apply_waiting(work, application_id)

    async def run_certificate(application_id: UUID) -> None:
        await issue_certificate(work, application_id)

    return {
        Job.DELIVER_CASE: run_delivery,
        Job.APPLY_PROVINCE_EVENTS: run_events,
        Job.ISSUE_CERTIFICATE: run_certificate,
    }


@asynccontextmanager
async def queue(settings: Settings, jobs: Mapping[Job, Handler]) -> AsyncIterator[PgQueuer]:
    """A queue manager on a connection of its own, with every handler and clock."""
    connection = await asyncpg.connect(**DatabaseUrl.parse(settings.database_url).connect_arguments())
    try:
        manager = PgQueuer(AsyncpgDriver(connection))
        for job, handler in jobs.items():
            _register(manager, job, handler)
        _register_clocks(manager)
        yield manager
    finally:
        await connection.close()


def _register(manager: PgQueuer, job: Job, handler: Handler) -> None:
    @manager.entrypoint(job.value, on_failure="hold")
    async def run(queued: QueuedJob) -> None:
        payload = orjson.loads(queued.payload or b"{}")
        request_id = str((queued.headers or {}).get("request_id", ""))
        with structlog.contextvars.bound_contextvars(request_id=request_id, job=job.value):
            try:
                await handler(UUID(payload["application"]))
            except Exception:
                log.exception("job_failed", application=payload.get("application"))
                raise
            log.info("job_done", application=payload["application"])


def _register_clocks(manager: PgQueuer) -> None:
    @manager.schedule("wake_what_got_lost", "* * * * *")
    async def wake(_schedule: Schedule) -> None:
        deliveries, documents = await wake_overdue(), await wake_unissued()
        if deliveries or documents:
            log.warning("lost_jobs_woken", deliveries=deliveries, documents=documents)


async def work(settings: Settings, steps: tuple[Step, ...] = STEPS) -> None:
    """Run jobs until SIGTERM or SIGINT; a job that has begun is finished first."""
    async with open_house(settings) as casework, queue(settings, handlers(casework, steps)) as manager:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, manager.shutdown.set)
        log.info("worker_ready")
        await manager.run(dequeue_timeout=timedelta(seconds=5), batch_size=10, heartbeat_timeout=HEARTBEAT)
