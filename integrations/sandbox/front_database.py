"""Plays a province behind a front-end database: reads what was written there, decides, and writes it into the same tables."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
import structlog

from backend.kit import clock
from backend.kit.signatures import sm3_hex
from integrations.provinces.exchange_platform import RESULT, insert, read_batch
from integrations.provinces.front_tables import TABLES, digest, whole
from integrations.sandbox.database import open_pool

_log = structlog.get_logger()
PAUSE = 0.5
Row = Mapping[str, Any]


class Manner(StrEnum):
    """How the province behaves."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    NOT_ACCEPT = "not_accept"
    HALF_A_FILE = "half_a_file"
    """The result document it writes is cut short."""
    WRONG_CODE = "wrong_code"
    """It writes a result code that nobody knows."""
    NO_OBJECT = "no_object"
    """The facts of the result that it writes are no object."""
    TWICE = "twice"
    """It writes every row again in a second batch, marked as changed."""
    OUT_OF_ORDER = "out_of_order"
    """It announces the decision before the acceptance."""


@dataclass(slots=True)
class FrontProvince:
    """The province's own process, on its database."""

    pool: asyncpg.Pool
    manner: Manner = Manner.ACCEPT
    effects: int = 0

    async def work(self) -> int:
        """Take every batch that waits; how many."""
        waiting = await self.pool.fetch(
            "SELECT batch_no, row_count, sm3 FROM exchange_batch WHERE source = 'NATION' AND taken_at IS NULL"
            " AND refused IS NULL ORDER BY serial"
        )
        for batch in waiting:
            async with self.pool.acquire() as connection, connection.transaction():
                rows = await read_batch(connection, batch["batch_no"])
                if not whole(rows, batch["row_count"], batch["sm3"]):
                    await connection.execute(
                        "UPDATE exchange_batch SET refused = 'NOT_WHOLE' WHERE batch_no = $1",
                        batch["batch_no"],
                    )
                    continue
                await connection.execute(
                    "UPDATE exchange_batch SET taken_at = now() WHERE batch_no = $1", batch["batch_no"]
                )
                for accept in rows["accept"]:
                    if accept["cd_operation"] == "I":
                        await self._decide(connection, accept["project_no"])
                        self.effects += 1
        return len(waiting)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(asyncpg.PostgresConnectionError, OSError):
                await self.work()
            await asyncio.sleep(PAUSE)

    async def _decide(self, connection: asyncpg.Connection, project_no: str) -> None:
        now = clock.now()
        accepted = self.manner is not Manner.NOT_ACCEPT
        said: list[Mapping[str, Sequence[Row]]] = [
            {
                "process": [
                    {
                        "project_no": project_no,
                        "order_no": 1,
                        "process_code": "2",
                        "process_name": "受理",
                        "event_name": "1" if accepted else "2",
                        "handle_user": "沙箱",
                        "handle_explain": "符合受理条件。"
                        if accepted
                        else "申请事项依法不属于本行政机关职权范围。",
                        "end_time": now,
                        "cd_operation": "I",
                        "row_guid": uuid4(),
                    }
                ]
            }
        ]
        if accepted:
            said.append(self._result(project_no))
        if self.manner is Manner.OUT_OF_ORDER:
            said.reverse()
        for rows in said:
            await self.say(connection, rows)
            if self.manner is Manner.TWICE:
                await self.say(
                    connection,
                    {table: [{**row, "cd_operation": "U"} for row in held] for table, held in rows.items()},
                )

    def _result(self, project_no: str) -> Mapping[str, Sequence[Row]]:
        refused = self.manner is Manner.REFUSE
        now = clock.now() + timedelta(milliseconds=1)
        document = f"%PDF-1.7 {project_no} 决定书 %%EOF".encode()
        held = document[: len(document) // 2] if self.manner is Manner.HALF_A_FILE else document
        facts = {} if refused else {"monthlyFen": 10_000, "from": f"{now:%Y-%m}"}
        result = {
            "project_no": project_no,
            "order_no": 2,
            "result_type": "99" if self.manner is Manner.WRONG_CODE else "1" if refused else "0",
            "result_date": now,
            "result_explain": "经核查，申请人不符合享受条件。" if refused else None,
            "cert_name": None if refused else "审核结果通知书",
            "cert_no": None if refused else f"前置决字{project_no[-12:]}号",
            "result_data": orjson.dumps([7] if self.manner is Manner.NO_OBJECT else facts).decode(),
            "cd_operation": "I",
            "row_guid": uuid4(),
        }
        if refused:
            return {"result": [result]}
        attached = {
            "project_no": project_no,
            "material_code": RESULT,
            "material_name": "决定书",
            "attach_name": "决定书.pdf",
            "attach_type": "application/pdf",
            "attach_size": len(document),
            "attach_sm3": sm3_hex(document),
            "attach_body": held,
            "cd_operation": "I",
            "row_guid": uuid4(),
        }
        return {"result": [result], "material": [attached]}

    async def say(self, connection: asyncpg.Connection, rows: Mapping[str, Sequence[Row]]) -> str:
        """Write one batch; its number."""
        number = f"P{clock.now():%Y%m%d}{uuid4().hex}"
        count, sm3 = digest(rows)
        await connection.execute(
            "INSERT INTO exchange_batch (batch_no, source, row_count, sm3) VALUES ($1, 'PROVINCE', $2, $3)",
            number,
            count,
            sm3,
        )
        for table, held in rows.items():
            for row in held:
                await insert(connection, table, {**row, "cd_batch": number})
        return number


@contextlib.asynccontextmanager
async def front_province(database_url: str) -> AsyncIterator[FrontProvince]:
    """The province on its database, which is created with its tables where missing."""
    async with open_pool(database_url, TABLES):
        pass
    async with asyncpg.create_pool(database_url, min_size=1, max_size=4) as pool:
        yield FrontProvince(pool)
