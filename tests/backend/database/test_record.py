"""Transactions, announcements after them, and rows."""

import pytest
import structlog
from structlog.testing import capture_logs

from backend.casework.numbering.models import NumberSeries
from backend.database.record import current_request_id, fetch, fetch_one, transaction
from backend.kit import clock
from tests.support.rows import count


async def series(task_code: str) -> None:
    await NumberSeries.create(task_code=task_code, day=clock.today(), last_serial=1)


async def test_models_and_statements_share_a_transaction(database: str) -> None:
    async with transaction() as tx:
        await series("a")
        rows = await tx.fetch("SELECT task_code FROM number_series")
        assert [row["task_code"] for row in rows] == ["a"]
        assert await tx.fetch_one("SELECT 1 FROM number_series WHERE task_code = 'b'") is None
    assert await count("number_series") == 1


async def test_an_exception_undoes_everything_and_announces_nothing(database: str) -> None:
    announced: list[str] = []

    async def announce() -> None:
        announced.append("done")

    async def fail() -> None:
        async with transaction() as tx:
            await series("a")
            await tx.execute("UPDATE number_series SET last_serial = 2")
            tx.after_commit(announce)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert (await count("number_series"), announced) == (0, [])


async def test_what_is_committed_is_announced_in_order_whoever_cannot_hear(database: str) -> None:
    announced: list[str] = []

    async def first() -> None:
        assert await count("number_series") == 1
        announced.append("first")

    async def deaf() -> None:
        raise OSError("nobody there")

    async def last() -> None:
        announced.append("last")

    with capture_logs() as logs:
        async with transaction() as tx:
            await series("a")
            for action in (first, deaf, last):
                tx.after_commit(action)
            assert announced == []

    assert announced == ["first", "last"]
    assert [(log["event"], log["log_level"], log["exception"]) for log in logs] == [
        ("announcement_failed", "warning", "OSError")
    ]
    assert await count("number_series") == 1


async def test_rows_are_read_with_or_without_a_transaction(database: str) -> None:
    assert await fetch("SELECT 1 AS one WHERE false") == []
    assert await fetch_one("SELECT 1 AS one WHERE false") is None
    row = await fetch_one("SELECT $1::int + 1 AS two", 1)
    assert row is not None
    assert row["two"] == 2


def test_outside_of_a_request_there_is_no_id() -> None:
    assert current_request_id() == ""
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        assert current_request_id() == "abc"
