"""The second composition root: jobs from the queue, and clocks that find what got lost."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

import asyncpg
import orjson
import structlog
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.errors import FailingListenerError, RetryRequested
from pgqueuer.models import Job as QueuedJob
from pgqueuer.models import Schedule

from backend.casework.appointments.clocks import move_on, note_no_shows
from backend.casework.appointments.materialising import materialise_due
from backend.casework.appointments.telling import tell_what_is_due
from backend.casework.certificates.actions import issue_certificate, issue_receipts, wake_unissued
from backend.casework.certificates.licences import tell_licences, wake_untold
from backend.casework.evaluations.following import follow_evaluations
from backend.casework.evaluations.scores import publish_scores
from backend.casework.legal_time.calendars import following
from backend.casework.legal_time.due import accept_by_silence, mark_due, reckon_anew
from backend.casework.machine import Casework
from backend.casework.materials.unclaimed import drop_unclaimed
from backend.casework.means_check.actions import check_means, wake_checks
from backend.casework.notices.sending import send_notices, wake_due
from backend.casework.reviews.corrections import lapse
from backend.casework.urgent.actions import follow_urgent_help
from backend.database.audit_batches import seal_entries
from backend.database.audit_gate import tell_refusals
from backend.database.config import DatabaseUrl
from backend.database.jobs import Job, entrypoint, forget_old_log, pause
from backend.exchange.delivery import STEPS, Step, deliver, wake_overdue
from backend.exchange.flow_back import flow_back
from backend.exchange.inbound import apply_waiting, wake_waiting
from backend.exchange.mailboxes import look
from backend.exchange.reconciling import reconcile_days
from backend.house import open_house
from backend.kit.ids import new_nonce
from backend.people.identity.filing import watch_templates
from backend.people.identity.templates import shred_unwanted
from backend.people.privacy.retention import apply_retentions
from backend.people.reviews.actions import recheck
from backend.providers.clients.tokens import forget_old_tokens
from backend.providers.orders.actions import run_clocks
from backend.providers.orders.afterwards import mark_unanswered
from backend.providers.orders.subsidies import reconcile
from backend.providers.webhooks.sending import send_due, wake_webhooks
from backend.settings import Settings
from backend.statistics.folding import fold as fold_statistics
from backend.statistics.reports.lodging import lodge_due
from backend.supervision.actions import escalate_late_orders, reckon_orders_anew
from backend.supervision.counting import fold

log = structlog.get_logger()

Handler = Callable[[UUID], Awaitable[object]]

LANED = (Job.DELIVER_CASE,)
"""Jobs that have seats of their own for each region."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient a worker is."""

    silence: timedelta = timedelta(seconds=10)
    """A job whose worker has been silent for so long is taken up by another one."""
    look: timedelta = timedelta(seconds=5)
    """Between two looks into the queue when nothing announces a job; silent workers are found by looking."""


PACE = Pace()

AT_ONCE = 40
"""Jobs that one worker has in hand; each may hold a case's materials in memory."""

SEATS = 8
"""Deliveries to one region at once, over all workers: a slow region holds these, and the rest goes on."""

NARROW: Mapping[Job, int] = {Job.SEND_WEBHOOKS: 5}
"""Jobs that wait for receivers that anybody may choose: so many of a worker's seats and no more."""

MOST_TRIES = 12
"""A job that fails so often with a bug is held for an operator: after half an hour of growing pauses."""

AGAIN = 2.0
"""Seconds until a worker that lost the database looks for it again."""

LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what the driver says when the end comes in the middle of a statement
    FailingListenerError,
)
"""What is raised when the queue's own connection breaks."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Work that nobody asks for: its name, when (a cron line, UTC), and how much of it was done."""

    name: str
    times: str
    run: Callable[[], Awaitable[int]]


class JobFailedError(Exception):
    """Stands in the queue for a bug. The bug itself goes to the log, without what it says: that may be personal."""


def handlers(work: Casework, steps: tuple[Step, ...] = STEPS) -> Mapping[Job, Handler]:
    """What each kind of job does with the case it names."""
    return {
        Job.DELIVER_CASE: partial(deliver, work, steps=steps),
        Job.APPLY_PROVINCE_EVENTS: partial(apply_waiting, work),
        Job.ISSUE_CERTIFICATE: partial(issue_certificate, work),
        Job.SEND_NOTICES: partial(send_notices, work),
        Job.CHECK_MEANS: partial(check_means, work),
        Job.ISSUE_RECEIPT: partial(issue_receipts, work),
        Job.TELL_LICENCES: partial(tell_licences, work),
        Job.SEND_WEBHOOKS: partial(send_due, work.resources),
    }


@asynccontextmanager
async def queue(
    settings: Settings, jobs: Mapping[Job, Handler], clocks: Sequence[Clock] = (), lanes: Sequence[str] = ()
) -> AsyncIterator[PgQueuer]:
    """A queue manager on a connection of its own, with every handler and clock, and seats for each lane."""
    connection = await asyncpg.connect(
        **DatabaseUrl.parse(settings.database_url).connect_arguments(), command_timeout=30
    )
    try:
        manager = PgQueuer(AsyncpgDriver(connection))
        for job, handler in jobs.items():
            _register(manager, job, handler)
            for lane in lanes if job in LANED else ():
                _register(manager, job, handler, lane)
        _register_clocks(manager)
        for clock in clocks:
            _register_clock(manager, clock)
        yield manager
    finally:
        await connection.close()


def _register(manager: PgQueuer, job: Job, handler: Handler, lane: str | None = None) -> None:
    @manager.entrypoint(
        entrypoint(job, lane), on_failure="hold", concurrency_limit=SEATS if lane else NARROW.get(job, 0)
    )
    async def run(queued: QueuedJob) -> None:
        payload = orjson.loads(queued.payload or b"{}")
        request_id = str((queued.headers or {}).get("request_id") or new_nonce())
        with structlog.contextvars.bound_contextvars(request_id=request_id, job=job.value):
            try:
                await handler(UUID(payload["application"]))
            except Exception:
                log.exception("job_failed", payload=payload, tries=queued.attempts + 1)
                if queued.attempts + 1 < MOST_TRIES:
                    raise RetryRequested(pause(queued.attempts)) from None
                log.error("job_held", payload=payload)  # noqa: TRY400 - the exception was logged a line before
                raise JobFailedError(job.value) from None
            log.info("job_done", payload=payload)


def clocks_of(work: Casework) -> Sequence[Clock]:
    """What is done again and again with the outside: each finds its own work and may run beside itself."""

    async def take_up_what_waits() -> int:
        return await wake_due() + await wake_checks()

    async def mark_what_is_due() -> int:
        marked = await mark_due(work.clock_reactors)
        marked += await accept_by_silence(work)
        return marked + await escalate_late_orders(work.calendar)

    async def move_orders_on() -> int:
        moved = await run_clocks(work)
        return moved + await mark_unanswered() + await reconcile(work)

    async def follow_the_calendar() -> int:
        moved = await reckon_anew(work.calendar, work.clock_reactors)
        return moved + await reckon_orders_anew(work.calendar)

    async def tell_refusals_of_faces() -> int:
        refused = await work.resources.ports.faces.refusals()
        return await tell_refusals(f"faces-{refused.process}", refused.sums)

    return (
        Clock("tell_refusals_of_faces", "* * * * *", tell_refusals_of_faces),
        Clock("end_uncorrected_cases", "10 * * * *", partial(lapse, work)),
        Clock("mark_what_is_due", "* * * * *", mark_what_is_due),
        Clock("follow_the_calendar", "* * * * *", follow_the_calendar),
        Clock("drop_unclaimed_files", "*/10 * * * *", partial(drop_unclaimed, work)),
        Clock("fold_supervision_counts", "* * * * *", fold),
        Clock("fold_statistics", "* * * * *", fold_statistics),
        Clock("lodge_statistics", "* * * * *", partial(lodge_due, work)),
        Clock("move_appointments_on", "* * * * *", move_on),
        Clock("tell_of_appointments", "* * * * *", tell_what_is_due),
        Clock("note_missed_appointments", "*/10 * * * *", note_no_shows),
        Clock("make_appointment_slots", "20 * * * *", partial(materialise_due, work.calendar)),
        Clock("follow_evaluations", "*/5 * * * *", partial(follow_evaluations, work)),
        Clock("publish_evaluation_scores", "40 * * * *", publish_scores),
        Clock("follow_urgent_help", "10 * * * *", partial(follow_urgent_help, work)),
        Clock("take_up_what_waits", "* * * * *", take_up_what_waits),
        Clock("reconcile_with_regions", "40 * * * *", partial(reconcile_days, work)),
        Clock("look_into_mailboxes", "* * * * *", partial(look, work)),
        Clock(
            "flow_records_back", "10 17-21 * * *", partial(flow_back, work)
        ),  # from one to five in the night
        Clock("ask_registry_again", "*/15 * * * *", partial(recheck, work.resources)),
        Clock(
            "take_away_what_is_past_its_time",
            "40 18 * * *",  # in the night of legal time
            partial(apply_retentions, work.resources, work.retentions),
        ),
        Clock("watch_face_templates", "15 * * * *", partial(watch_templates, work.calendar)),
        Clock("shred_unwanted_templates", "5 * * * *", partial(shred_unwanted, work.resources)),
        Clock("move_orders_on", "* * * * *", move_orders_on),
        Clock("wake_webhooks", "* * * * *", wake_webhooks),
        Clock("forget_old_tokens", "40 * * * *", forget_old_tokens),
        Clock("seal_audit_trail", "* * * * *", partial(seal_entries, work.resources.keys.blind_index)),
    )


def _register_clock(manager: PgQueuer, clock: Clock) -> None:
    @manager.schedule(clock.name, clock.times)
    async def run(_schedule: Schedule) -> None:
        with structlog.contextvars.bound_contextvars(request_id=new_nonce(), clock=clock.name):
            try:
                done = await clock.run()
            except Exception:
                log.exception("clock_failed")  # the next time it finds the same work
            else:
                log.info("clock_ran", done=done)


def _register_clocks(manager: PgQueuer) -> None:
    @manager.schedule("wake_what_got_lost", "* * * * *")
    async def wake(_schedule: Schedule) -> None:
        await wake_what_got_lost()

    @manager.schedule("forget_old_job_log", "30 19 * * *")  # half past three in the night of legal time
    async def forget(_schedule: Schedule) -> None:
        await forget_old_log()


async def wake_what_got_lost() -> None:
    """Give a new job to everything that should have one and has none."""
    with structlog.contextvars.bound_contextvars(request_id=new_nonce()):
        woken = {
            "deliveries": await wake_overdue(),
            "messages": await wake_waiting(),
            "documents": await wake_unissued(),
            "licences": await wake_untold(),
        }
        if any(woken.values()):
            log.warning("lost_jobs_woken", **woken)


async def work(settings: Settings, steps: tuple[Step, ...] = STEPS) -> None:
    """Run jobs until SIGTERM or SIGINT; a job that has begun is finished first."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with (
        open_house(settings) as casework,
        following(casework.calendar, casework.resources.shared),
    ):
        await work_through(
            settings,
            handlers(casework, steps),
            stop,
            clocks=clocks_of(casework),
            lanes=sorted(casework.resources.ports.provinces),
        )


async def work_through(
    settings: Settings,
    jobs: Mapping[Job, Handler],
    stop: asyncio.Event,
    pace: Pace = PACE,
    *,
    clocks: Sequence[Clock] = (),
    lanes: Sequence[str] = (),
) -> None:
    """Run ``jobs`` until ``stop``; a database that goes away is waited for, one that never was there is not."""
    ready = False
    while not stop.is_set():
        try:
            async with queue(settings, jobs, clocks, lanes) as manager:
                log.info("worker_ready")
                ready = True
                await _run_until(stop, manager, pace)
        except LOST as error:
            if not ready:
                raise
            log.error("worker_lost_the_queue", exception=type(error).__name__)  # noqa: TRY400 - expected, and told
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), AGAIN)


async def _run_until(stop: asyncio.Event, manager: PgQueuer, pace: Pace) -> None:
    async def pass_on() -> None:
        await stop.wait()
        manager.shutdown.set()

    watching = asyncio.create_task(pass_on())
    try:
        await manager.run(
            dequeue_timeout=pace.look,
            batch_size=10,
            max_concurrent_tasks=AT_ONCE,
            shutdown_on_listener_failure=True,
            heartbeat_timeout=pace.silence,
        )
    finally:
        watching.cancel()
