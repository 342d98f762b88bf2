"""统一应用+统一数据交换平台: records travel through the province's front-end database (前置库).

We write a case in one batch and the province reads it there; it writes what becomes of it, and we look. Nothing is
called and nothing answers: a batch is announced last, in the transaction that wrote it, with a digest over all its rows.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import orjson
import structlog

from backend.errors import Forbidden, Invalid, NotFound, Text
from backend.keys import Keys
from backend.kit import clock
from backend.kit.signatures import sm3_hex
from backend.province_ports import (
    Batch,
    CaseToLodge,
    MaterialToLodge,
    ProvinceConnector,
    ProvinceEvent,
    ProvinceEventKind,
    ProvinceProgress,
    ProvinceStage,
    Receipt,
    ResultFile,
    Supplement,
    Withdrawal,
)
from backend.settings import Settings
from integrations.provinces.front_tables import NAMES, digest, whole
from integrations.provinces.province import Connect
from integrations.transport import Transport, no_answer

K, P = ProvinceEventKind, ProvinceStage

RESULT = "RESULT"
"""Code under which the province puts the result document among the materials."""
RESIDENT_ID_CARD = "10"
LINKS: Mapping[tuple[str, str], ProvinceEventKind] = {
    ("2", "1"): K.ACCEPTED,  # 受理: 1 受理 2 不受理
    ("2", "2"): K.NOT_ACCEPTED,
}
"""By process code (环节) and event name of ``process``."""
RESULTS: Mapping[str, ProvinceEventKind] = {
    "0": K.APPROVED,  # 出证
    "1": K.REFUSED,  # 退回
    "6": K.APPROVED,  # 办结
    "7": K.APPROVED,  # 纸质
}
"""By ``result.result_type``."""
STAGES: Mapping[str, ProvinceStage] = {
    "1": P.RECEIVED,
    "2": P.ACCEPTED,
    "3": P.REVIEW,
    "11": P.CORRECTION,
    "12": P.SUSPENDED,
}
SECONDS = 8.0

_log = structlog.get_logger()
Row = Mapping[str, Any]

NO_CALLS = Text(
    "该地区通过前置库交换，不接受回调。", "This region exchanges through its database and does not call."
)
DIFFERENT = Text("同一投递编号的内容不一致。", "The same delivery came with another content.")
NOT_THERE = Text("前置库没有该内容。", "The front-end database does not have it.")


@dataclass(frozen=True, slots=True)
class FrontDatabase:
    """``ProvinceConnector`` and ``ProvinceMailbox`` of a province behind a front-end database."""

    region: str
    url: str = field(repr=False)
    """With the password of the database."""

    async def lodge(self, case: CaseToLodge) -> Receipt:
        """Write the case as one batch; see ``ProvinceConnector``."""
        accept = {
            "project_no": case.case_number,
            "task_code": case.task_code,
            "catalog_code": case.item_code,
            "task_name": case.item_name,
            "region_code": case.division,
            "applyer_name": case.applicant_name,
            "applyer_page_type": RESIDENT_ID_CARD,
            "applyer_page_code": case.applicant_resident_id,
            "auth_level": case.assurance,
            "apply_date": case.submitted_at,
            "promise_date": case.promised_due,
            "form_data": _json(case.answers),
            "cd_operation": "I",
            "row_guid": _accept(case.case_number),
        }
        materials = [_material(case.case_number, one, "I") for one in case.materials]
        return await self._put(
            case.delivery_id, case.case_number, {"accept": [accept], "material": materials}
        )

    async def supplement(self, supplement: Supplement) -> Receipt:
        """Write what was completed, marked as changed; see ``ProvinceConnector``."""
        number = supplement.case_number
        accept = {
            "project_no": number,
            "form_data": _json(supplement.answers),
            "cd_operation": "U",
            "row_guid": _accept(number),
        }
        materials = [_material(number, one, "U") for one in supplement.materials]
        return await self._put(supplement.delivery_id, number, {"accept": [accept], "material": materials})

    async def withdraw(self, withdrawal: Withdrawal) -> Receipt:
        """Mark the case as taken back; see ``ProvinceConnector``."""
        number = withdrawal.case_number
        accept = {
            "project_no": number,
            "cancel_reason": withdrawal.reason,
            "cd_operation": "D",
            "row_guid": _accept(number),
        }
        return await self._put(withdrawal.delivery_id, number, {"accept": [accept]})

    async def query(self, *, case_number: str, external_case_number: str) -> ProvinceProgress:  # noqa: ARG002 - both are ours here
        """What was last written about the case; see ``ProvinceConnector``."""
        async with self._open() as connection:
            result = await connection.fetchrow(
                "SELECT result_type, result_date FROM result WHERE project_no = $1 AND cd_operation <> 'D'"
                " ORDER BY order_no DESC LIMIT 1",
                case_number,
            )
            step = await connection.fetchrow(
                "SELECT process_code, end_time FROM process WHERE project_no = $1 AND cd_operation <> 'D'"
                " ORDER BY order_no DESC LIMIT 1",
                case_number,
            )
            accept = await connection.fetchrow(
                "SELECT cd_operation, cd_time FROM accept WHERE project_no = $1 ORDER BY cd_time DESC LIMIT 1",
                case_number,
            )
        if result is not None and result["result_type"] in RESULTS:
            granted = RESULTS[result["result_type"]] is K.APPROVED
            return ProvinceProgress(P.APPROVED if granted else P.REFUSED, result["result_date"])
        if step is not None and step["process_code"] in STAGES:
            return ProvinceProgress(STAGES[step["process_code"]], step["end_time"])
        if accept is None:
            raise NotFound(NOT_THERE)
        return ProvinceProgress(
            P.WITHDRAWN if accept["cd_operation"] == "D" else P.RECEIVED, accept["cd_time"]
        )

    async def result(self, *, case_number: str, external_case_number: str) -> ResultFile:  # noqa: ARG002 - both are ours here
        """The result document that the province put among the materials; see ``ProvinceConnector``."""
        async with self._open() as connection:
            row = await connection.fetchrow(
                "SELECT m.attach_name, m.attach_type, m.attach_body, m.attach_sm3, r.cert_no FROM material m"
                " JOIN result r ON r.project_no = m.project_no AND r.cd_operation <> 'D'"
                " WHERE m.project_no = $1 AND m.material_code = $2 AND m.cd_operation <> 'D'"
                " ORDER BY m.cd_time DESC, r.order_no DESC LIMIT 1",
                case_number,
                RESULT,
            )
        if row is None:
            raise NotFound(NOT_THERE)
        if sm3_hex(row["attach_body"]) != row["attach_sm3"]:
            _log.error("province_result_not_whole", region=self.region)
            raise no_answer()
        return ResultFile(row["cert_no"] or "", row["attach_name"], row["attach_type"], row["attach_body"])

    def read_callback(
        self, *, method: str, path: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> tuple[ProvinceEvent, str]:
        """Nobody calls from there: whoever does is somebody else. Raises ``Forbidden``."""
        _ = method, path, headers, body, now
        raise Forbidden(NO_CALLS)

    async def batches(self, limit: int) -> Sequence[Batch]:
        """What the province wrote and we have not taken; see ``ProvinceMailbox``."""
        found = list[Batch]()
        async with self._open() as connection:
            announced = await connection.fetch(
                "SELECT batch_no, row_count, sm3 FROM exchange_batch"
                " WHERE source = 'PROVINCE' AND taken_at IS NULL AND refused IS NULL ORDER BY serial LIMIT $1",
                limit,
            )
            for batch in announced:
                rows = await read_batch(connection, batch["batch_no"])
                events = self._read(rows, batch["row_count"], batch["sm3"])
                if events is not None:
                    found.append(Batch(batch["batch_no"], events))
                    continue
                _log.error("province_batch_refused", region=self.region, batch=batch["batch_no"])
                await connection.execute(
                    "UPDATE exchange_batch SET refused = 'NOT_WHOLE' WHERE batch_no = $1", batch["batch_no"]
                )
        return found

    async def taken(self, batch: Batch) -> None:
        """Say so in the batch's own row; see ``ProvinceMailbox``."""
        async with self._open() as connection:
            await connection.execute(
                "UPDATE exchange_batch SET taken_at = $2 WHERE batch_no = $1 AND taken_at IS NULL",
                batch.number,
                clock.now(),
            )

    def _read(
        self, rows: Mapping[str, Sequence[Row]], count: int, sm3: str
    ) -> Sequence[ProvinceEvent] | None:
        """The messages of a batch, or None where it is not whole or says something that was never agreed."""
        try:
            return self._events(rows) if whole(rows, count, sm3) else None
        except (ValueError, KeyError):
            return None

    def _events(self, rows: Mapping[str, Sequence[Row]]) -> Sequence[ProvinceEvent]:
        """Messages in their order. What is marked as deleted was never said. Raises ``KeyError`` for unknown codes."""
        told = [
            self._event(
                row, LINKS[row["process_code"], row["event_name"]], row["end_time"], row["handle_explain"], {}
            )
            for row in rows["process"]
            if row["cd_operation"] != "D" and row["process_code"] == "2"
        ] + [
            self._event(
                row,
                RESULTS[row["result_type"]],
                row["result_date"],
                row["result_explain"],
                _object(row["result_data"]),
            )
            for row in rows["result"]
            if row["cd_operation"] != "D"
        ]
        return sorted(told, key=lambda event: (event.case_number, event.sequence))

    def _event(
        self,
        row: Row,
        kind: ProvinceEventKind,
        at: datetime,
        reason: str | None,
        result: Mapping[str, object],
    ) -> ProvinceEvent:
        return ProvinceEvent(
            region=self.region,
            event_id=str(row["row_guid"]),
            case_number=row["project_no"],
            external_case_number=row["project_no"],
            sequence=row["order_no"],
            kind=kind,
            happened_at=at,
            reason=reason if kind in {K.NOT_ACCEPTED, K.REFUSED} else None,
            result_number=row.get("cert_no") if kind is K.APPROVED else None,
            result=result,
        )

    async def _put(self, delivery_id: UUID, case_number: str, rows: Mapping[str, Sequence[Row]]) -> Receipt:
        """Write a batch once; a repeat finds it. Raises ``Invalid`` where the same delivery says something else."""
        count, sm3 = digest(rows)
        number = f"N{self.region}{delivery_id.hex}"
        async with self._open() as connection:
            async with connection.transaction():
                fresh = await connection.fetchval(
                    "INSERT INTO exchange_batch (batch_no, source, row_count, sm3) VALUES ($1, 'NATION', $2, $3)"
                    " ON CONFLICT (batch_no) DO NOTHING RETURNING serial",
                    number,
                    count,
                    sm3,
                )
                for table in NAMES if fresh is not None else ():
                    for row in rows.get(table, ()):
                        await insert(connection, table, {**row, "cd_batch": number})
            kept = await connection.fetchrow(
                "SELECT serial, sm3, created_at FROM exchange_batch WHERE batch_no = $1", number
            )
        if kept["sm3"] != sm3:
            raise Invalid(DIFFERENT)
        evidence = {"batch": number, "serial": kept["serial"], "rows": count, "sm3": sm3}
        return Receipt(case_number, kept["created_at"], orjson.dumps(evidence).decode())

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection for one exchange: a province's database may be away for hours. Raises ``Unavailable``."""
        try:
            async with asyncio.timeout(SECONDS):
                connection = await asyncpg.connect(self.url, timeout=SECONDS, command_timeout=SECONDS)
                try:
                    yield connection
                finally:
                    await connection.close(timeout=1)
        except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
            _log.warning("front_database_unreachable", region=self.region, why=type(error).__name__)
            raise no_answer() from None
        except asyncpg.PostgresError as error:
            _log.error("front_database_failed", region=self.region, why=type(error).__name__)
            raise no_answer() from None


async def read_batch(connection: asyncpg.Connection, number: str) -> Mapping[str, Sequence[Row]]:
    """All rows of a batch by table."""
    return {
        table: [
            dict(row)
            for row in await connection.fetch(f"SELECT * FROM {table} WHERE cd_batch = $1", number)  # noqa: S608 - a name of ours
        ]
        for table in NAMES
    }


async def insert(connection: asyncpg.Connection, table: str, row: Row) -> None:
    """One row of an exchange table."""
    names = list(row)
    places = ", ".join(f"${place}" for place in range(1, len(names) + 1))
    await connection.execute(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})",  # noqa: S608 - names of ours
        *row.values(),
    )


def _accept(case_number: str) -> UUID:
    """The row guid of a case: the same for whatever is written about it later."""
    return uuid5(_SPACE, case_number)


_SPACE = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")


def _material(case_number: str, material: MaterialToLodge, mark: str) -> Row:
    return {
        "project_no": case_number,
        "material_code": material.code,
        "material_name": material.name,
        "attach_name": material.file_name,
        "attach_type": material.media_type,
        "attach_size": len(material.content),
        "attach_sm3": sm3_hex(material.content),
        "attach_body": material.content,
        "cd_operation": mark,
        "row_guid": uuid5(_SPACE, f"{case_number}/{material.code}/{material.sha256}"),
    }


def _object(told: str | None) -> Mapping[str, object]:
    """Raises ``ValueError`` for JSON that is none."""
    found = orjson.loads(told or "{}")
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 - what was written is wrong, not a type of ours
    return found


def _json(answers: Mapping[str, object]) -> str:
    return orjson.dumps(answers, default=dict, option=orjson.OPT_SORT_KEYS).decode()


def front_database(region: str) -> Connect:
    """How to connect a region through its front-end database: its address is ``postgresql://…``."""

    def connect(_transport: Transport, settings: Settings, _keys: Keys) -> ProvinceConnector:
        return FrontDatabase(region, settings.province_addresses[region])

    return connect
