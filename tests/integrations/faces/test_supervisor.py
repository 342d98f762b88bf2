"""Workers that crash, hang, grow or never start, over real processes without models."""

import asyncio
import errno
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic

import pytest

from integrations.faces.messages import Question
from integrations.faces.supervisor import BusyError, Supervisor, WorkerLostError
from tests.support.face_workers import VERDICT, confined, never_ready, obedient
from tests.support.faces import PATIENCE

Run = Callable[[Connection, str], None]

LARGE = 3_000_000
"""Bytes; many times what a pipe holds."""


@asynccontextmanager
async def supervised(
    folder: Path, size: int = 1, run: Run = obedient, *, job_limit: float = PATIENCE
) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(size, folder, run, job_limit=job_limit, wait_limit=PATIENCE)
    supervisor.start()
    try:
        await until(lambda: supervisor.warm == size)
        yield supervisor
    finally:
        await supervisor.stop()
    assert supervisor.warm == 0


async def until(holds: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)


async def asked(supervisor: Supervisor, what: str) -> bytes:
    with supervisor.place():
        return await supervisor.ask(Question.VERIFY, what.encode())


async def test_a_worker_answers_and_is_used_again(tmp_path: Path) -> None:
    async with supervised(tmp_path) as supervisor:
        before = supervisor.pids
        assert [await asked(supervisor, "match") for _ in range(3)] == [VERDICT] * 3
        assert (supervisor.pids, supervisor.replaced) == (before, 0)


async def test_a_question_larger_than_a_pipe_arrives_whole(tmp_path: Path) -> None:
    async with supervised(tmp_path) as supervisor:
        assert await asked(supervisor, "match " + "." * LARGE) == VERDICT


@pytest.mark.parametrize("harm", ["crash once", "hang once"])
async def test_a_lost_worker_costs_its_question_one_retry_and_is_replaced(tmp_path: Path, harm: str) -> None:
    async with supervised(tmp_path, 2, job_limit=0.6) as supervisor:
        before = supervisor.pids
        answers = await asyncio.gather(asked(supervisor, harm), asked(supervisor, "sleep 0.3"))
        assert set(answers) == {VERDICT}
        assert supervisor.replaced == 1
        await until(lambda: supervisor.warm == 2)
        assert len(before & supervisor.pids) == 1
        assert await asked(supervisor, "match") == VERDICT


@pytest.mark.parametrize(("harm", "run"), [("crash", obedient), ("hang", obedient), ("grow", confined)])
async def test_a_question_that_always_kills_is_given_up_after_two_workers_and_others_go_on(
    tmp_path: Path, harm: str, run: Run
) -> None:
    async with supervised(tmp_path, 2, run, job_limit=0.6) as supervisor:
        with pytest.raises(WorkerLostError):
            await asked(supervisor, harm)
        assert supervisor.replaced == 2
        assert await asked(supervisor, "match") == VERDICT
        await until(lambda: supervisor.warm == 2)
        assert supervisor.replaced == 2


async def test_a_worker_that_stops_reading_is_noticed_while_a_large_question_is_sent(tmp_path: Path) -> None:
    async with supervised(tmp_path, job_limit=0.6) as supervisor:
        [before] = supervisor.pids
        os.kill(before, signal.SIGSTOP)
        assert await asked(supervisor, "match " + "." * LARGE) == VERDICT
        assert supervisor.replaced == 1
        assert before not in supervisor.pids


async def test_a_worker_that_dies_while_idle_is_replaced_before_anybody_asks(tmp_path: Path) -> None:
    async with supervised(tmp_path) as supervisor:
        [before] = supervisor.pids
        os.kill(before, signal.SIGKILL)
        await until(lambda: supervisor.replaced == 1 and supervisor.warm == 1)
        assert before not in supervisor.pids
        assert await asked(supervisor, "match") == VERDICT
        assert supervisor.replaced == 1


async def test_when_every_place_is_taken_the_answer_is_busy_with_the_time_until_the_line_is_worked_off(
    tmp_path: Path,
) -> None:
    async with supervised(tmp_path) as supervisor:
        both = asyncio.gather(asked(supervisor, "sleep 0.3"), asked(supervisor, "sleep 0.3"))
        await asyncio.sleep(0.05)
        with pytest.raises(BusyError) as busy:
            await asked(supervisor, "match")
        assert (
            busy.value.retry_after == 2
        )  # two questions of a second, which is what is expected of the first
        assert set(await both) == {VERDICT}
        assert await asked(supervisor, "match") == VERDICT


async def test_the_time_told_follows_what_questions_really_take(tmp_path: Path) -> None:
    async with supervised(tmp_path) as supervisor:
        for _ in range(40):
            await asked(supervisor, "match")
        both = asyncio.gather(asked(supervisor, "sleep 0.3"), asked(supervisor, "match"))
        await asyncio.sleep(0.05)
        with pytest.raises(BusyError) as busy:
            await asked(supervisor, "match")
        assert busy.value.retry_after == 1
        await both


async def test_a_question_does_not_wait_for_ever_for_workers_that_never_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor = Supervisor(1, tmp_path, never_ready, wait_limit=0.3)
    supervisor.start()
    with pytest.raises(BusyError):
        await asked(supervisor, "match")
    assert (supervisor.warm, supervisor.pids, supervisor.replaced) == (0, frozenset(), 0)
    await supervisor.stop()


async def test_a_question_nobody_waits_for_any_more_does_not_keep_its_worker(tmp_path: Path) -> None:
    async with supervised(tmp_path) as supervisor:
        abandoned = asyncio.create_task(asked(supervisor, "hang"))
        await asyncio.sleep(0.05)
        abandoned.cancel()
        with pytest.raises(asyncio.CancelledError):
            await abandoned
        assert await asked(supervisor, "match") == VERDICT
        assert supervisor.replaced == 1


async def test_a_worker_can_write_nothing_into_a_file(tmp_path: Path) -> None:
    async with supervised(tmp_path, 1, confined) as supervisor:
        answer = await asked(supervisor, f"write {tmp_path / 'face.jpg'}")
        assert answer == VERDICT.replace(b"obedient@1", str(errno.EFBIG).encode())
        assert (tmp_path / "face.jpg").stat().st_size == 0


async def test_stopping_leaves_no_process(tmp_path: Path) -> None:
    supervisor = Supervisor(2, tmp_path, obedient)
    supervisor.start()
    await until(lambda: supervisor.warm >= 1)
    pids = supervisor.pids
    await supervisor.stop()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
