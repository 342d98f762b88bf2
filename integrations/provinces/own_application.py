"""自建应用+接口调用: a province's own application over signed HTTP, in the words of its dialect.

Lodge, supplement, withdraw, query, download the result; signed callbacks. What a province calls a field, how it writes
a moment and which code means what are data (``Dialect``): a new province is a new dialect and no new code. Where the
dialect says so, what travels is sealed with SM4-GCM inside of the signed envelope.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson
import structlog
from pydantic import BaseModel, ValidationError

from backend.errors import BadSettings, Forbidden, Invalid, NotFound, Text
from backend.keys import Keys, ProvinceKeys
from backend.kit import clock
from backend.kit.sealing import CannotOpen
from backend.kit.signatures import sm3_hex
from backend.province_ports import (
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
from integrations.provinces.dialect import (
    CallbackShape,
    Dialect,
    DocumentShape,
    ProgressShape,
    ReceiptBodyShape,
    RefusedShape,
    StepShape,
)
from integrations.provinces.province import Connect
from integrations.provinces.signed_http import NotTheirsError, SignedHttp
from integrations.transport import Answer, Transport, no_answer

K, P = ProvinceEventKind, ProvinceStage

NOT_THERE = Text("对方平台没有该内容。", "The other side's platform does not have it.")
STAGES: Mapping[ProvinceEventKind, ProvinceStage] = {
    K.ACCEPTED: P.ACCEPTED,
    K.NOT_ACCEPTED: P.REFUSED,
    K.APPROVED: P.APPROVED,
    K.REFUSED: P.REFUSED,
}
"""Where a case is after a message of that kind."""

_log = structlog.get_logger()
Told = dict[str, object]
Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What we said, in the open, and what was answered to it."""

    said: bytes
    told: Told
    answer: Answer

    def evidence(self) -> str:
        """The answer as it was signed."""
        kept = ("x-app-id", "x-timestamp", "x-nonce", "x-signature-suite", "x-signature")
        return orjson.dumps(
            {
                "status": self.answer.status,
                "headers": {name: self.answer.headers[name] for name in kept},
                "body": self.answer.body.decode(),
            }
        ).decode()


_MOMENTS = frozenset({"received_at", "happened_at", "since"})


@dataclass(slots=True)
class OwnApplication:
    """``ProvinceConnector`` of a province with its own application."""

    dialect: Dialect
    region: str
    transport: Transport
    base_url: str
    keys: ProvinceKeys
    _wire: SignedHttp = field(init=False)

    def __post_init__(self) -> None:
        """Refuse at the start what would fail at the first case. Raises ``BadSettings``."""
        self._wire = SignedHttp(self.keys)
        if self.dialect.sealed_in and self.keys.payload is None:
            raise BadSettings(f"Region {self.region} wants sealed payloads: its payload_key is missing.")

    async def lodge(self, case: CaseToLodge) -> Receipt:
        """Hand the case over; see ``ProvinceConnector``."""
        told = self._renamed(case, self.dialect.case)
        applicant = {self.dialect.certificate[0]: self.dialect.certificate[1]}
        applicant |= self._renamed(case, self.dialect.applicant)  # type: ignore[arg-type]  # texts, as both fields are
        if self.dialect.applicant_in:
            told[self.dialect.applicant_in] = applicant
        else:
            told |= applicant
        told[self.dialect.materials_in] = self._materials(case.materials)
        return await self._handed("lodge", told, case)

    async def supplement(self, supplement: Supplement) -> Receipt:
        """Send what was completed; see ``ProvinceConnector``."""
        told = self._about(supplement)
        told[self.dialect.case["answers"]] = supplement.answers
        told[self.dialect.materials_in] = self._materials(supplement.materials)
        return await self._handed("supplement", told, supplement)

    async def withdraw(self, withdrawal: Withdrawal) -> Receipt:
        """Say that the applicant has withdrawn; see ``ProvinceConnector``."""
        told = self._about(withdrawal)
        told[self.dialect.about["reason"]] = withdrawal.reason
        return await self._handed("withdraw", told, withdrawal)

    async def query(self, *, case_number: str, external_case_number: str) -> ProvinceProgress:
        """How far the case is there; see ``ProvinceConnector``."""
        if self.dialect.lists is not None:
            return await self._query_list(external_case_number, *self.dialect.lists)
        heard = await self._asked("query", case_number, external_case_number)
        stage, since = self.dialect.progress
        found = self._read(heard.told, ProgressShape, {"stage": stage, "since": since})
        if found.stage not in self.dialect.stages:
            _log.error("province_stage_unknown", region=self.region, stage=found.stage)
            raise no_answer()
        return ProvinceProgress(self.dialect.stages[found.stage], found.since)

    async def _query_list(
        self, external_case_number: str, numbers: str, cases: str, steps: str
    ) -> ProvinceProgress:
        heard = await self._call("query", {numbers: [external_case_number]})
        held = heard.told.get(cases)
        found = [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []
        if not found:
            raise NotFound(NOT_THERE)
        receipt = self._ours(found[0], self.dialect.receipt)
        progress = ProvinceProgress(P.RECEIVED, _moment(receipt.get("received_at")))
        for step in found[0].get(steps) or ():
            told = self._read(step, StepShape, self.dialect.callback)
            kind = self.dialect.events.get((told.link, told.outcome))
            if kind is not None:
                progress = ProvinceProgress(STAGES[kind], told.happened_at)
        return progress

    async def result(self, *, case_number: str, external_case_number: str) -> ResultFile:
        """The result document, whole; see ``ProvinceConnector``."""
        heard = await self._asked("result", case_number, external_case_number)
        found = self._read(heard.told, DocumentShape, self.dialect.document)
        try:
            content = b64decode(found.content, validate=True)
        except ValueError:
            content = b""
        if not found.whole(content):
            _log.error("province_result_not_whole", region=self.region)
            raise no_answer()
        return ResultFile(found.number, found.file_name or found.number, found.media_type, content)

    def read_callback(
        self, *, method: str, path: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> tuple[ProvinceEvent, str]:
        """Check and read a callback; see ``ProvinceConnector``."""
        try:
            nonce = self._wire.check_request(method=method, target=path, headers=headers, body=body, now=now)
        except NotTheirsError as error:
            _log.warning("province_callback_not_theirs", region=self.region, wrong=str(error))
            raise Forbidden(
                Text(zh="签名或时间戳无效。", en="The signature or the time stamp is not valid.")
            ) from None
        try:
            told = CallbackShape.model_validate(self._ours(self._opened(body), self.dialect.callback))
            kind = self.dialect.events[told.link, told.outcome]
        except (ValueError, KeyError, CannotOpen):
            raise Invalid(Text(zh="回调内容无法识别。", en="The callback cannot be read.")) from None
        event = ProvinceEvent(
            region=self.region,
            event_id=told.event_id,
            case_number=told.case_number,
            external_case_number=told.external_case_number,
            sequence=told.sequence,
            kind=kind,
            happened_at=told.happened_at,
            reason=told.reason,
            result_number=told.result_number,
            result=told.result,
        )
        return event, nonce

    # --- what goes out --------------------------------------------------------------------------

    def _about(self, message: Supplement | Withdrawal) -> Told:
        names = self.dialect.about
        return {
            names["delivery_id"]: str(message.delivery_id),
            names["case_number"]: message.case_number,
            names["external_case_number"]: message.external_case_number,
        }

    def _renamed(self, source: object, names: Mapping[str, str]) -> Told:
        return {theirs: self._plain(getattr(source, ours)) for ours, theirs in names.items()}

    def _materials(self, materials: object) -> list[Told]:
        assert isinstance(materials, list | tuple)  # noqa: S101 - a sequence of ours
        return [self._material(one) for one in materials]

    def _material(self, material: MaterialToLodge) -> Told:
        names = dict(self.dialect.material)
        content = names.pop("content")
        sm3 = names.pop("sm3", None)
        told = self._renamed(material, names)
        told[content] = b64encode(material.content).decode()
        if sm3:
            told[sm3] = sm3_hex(material.content)
        return told

    def _plain(self, value: object) -> object:
        if isinstance(value, datetime) and self.dialect.moments:
            return clock.local(value).strftime(self.dialect.moments)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value.isoformat()
        return value

    async def _asked(self, operation: str, case_number: str, external_case_number: str) -> _Heard:
        names = self.dialect.about
        told: Told = {names["external_case_number"]: external_case_number}
        if self.dialect.asks_by_both:
            told[names["case_number"]] = case_number
        return await self._call(operation, told)

    async def _call(self, operation: str, told: Told) -> _Heard:
        """What was said and what was answered. Raises ``Unavailable``, ``Invalid``, ``NotFound``."""
        said = orjson.dumps(told, default=_json, option=orjson.OPT_SORT_KEYS)
        url = self.base_url + self.dialect.paths[operation]
        answer = await self._wire.post(self.transport, self.dialect.system, url, self._sealed(said))
        if answer.status != 200:
            raise self._refused(answer)
        try:
            return _Heard(said, self._opened(answer.body), answer)
        except (ValueError, CannotOpen):
            _log.error("province_answer_malformed", region=self.region, operation=operation)
            raise no_answer() from None

    async def _handed(
        self, operation: str, told: Told, message: CaseToLodge | Supplement | Withdrawal
    ) -> Receipt:
        heard = await self._call(operation, told)
        inner = heard.told.get(self.dialect.receipt_in) if self.dialect.receipt_in else heard.told
        found = self._read(inner if isinstance(inner, dict) else {}, ReceiptBodyShape, self.dialect.receipt)
        if (found.delivery_id, found.case_number, found.body_sm3) != (
            message.delivery_id,
            message.case_number,
            sm3_hex(heard.said),
        ):
            _log.error("province_receipt_differs", region=self.region, delivery_id=str(message.delivery_id))
            raise no_answer()
        return Receipt(
            external_case_number=found.external_case_number,
            received_at=found.received_at,
            evidence=heard.evidence(),
        )

    def _refused(self, answer: Answer) -> Exception:
        """What a signed 4xx means for us. Its sentence may quote the case, so only its code is passed on."""
        try:
            told = self._opened(answer.body)
        except (ValueError, CannotOpen):
            told = {}
        code = self._read(told, RefusedShape, {"code": self.dialect.refusal}).code
        _log.error("province_refuses_case", region=self.region, status=answer.status, code=code)
        if code in self.dialect.our_fault:
            return no_answer()
        if code in self.dialect.unknown_case:
            return NotFound(NOT_THERE)
        name = self.dialect.name
        return Invalid(
            Text(
                zh=f"{name.zh}平台不接收该办件（{code}）。",
                en=f"{name.en}'s platform does not take this case ({code}).",
            )
        )

    # --- what comes in --------------------------------------------------------------------------

    def _sealed(self, body: bytes) -> bytes:
        if not self.dialect.sealed_in or self.keys.payload is None:
            return body
        return orjson.dumps({self.dialect.sealed_in: self.keys.payload.seal(body, context=self.keys.app_id)})

    def _opened(self, body: bytes) -> Told:
        """What was said. Raises ``ValueError``, ``CannotOpen``."""
        told = orjson.loads(body)
        if self.dialect.sealed_in and self.keys.payload is not None:
            sealed = told.get(self.dialect.sealed_in) if isinstance(told, dict) else None
            if not isinstance(sealed, str):
                raise ValueError("not sealed")
            told = orjson.loads(self.keys.payload.open(sealed, context=self.keys.app_id))
        if not isinstance(told, dict):
            raise ValueError("not an object")  # noqa: TRY004 - what was sent is wrong, not a type of ours
        return told

    def _ours(self, told: Mapping[str, Any], names: Mapping[str, str]) -> Told:
        """In our names; what is missing stays missing. Raises ``ValueError`` for a moment that is none."""
        found = {ours: told[theirs] for ours, theirs in names.items() if theirs in told}
        if self.dialect.moments:
            for name in _MOMENTS & found.keys():
                moment = datetime.strptime(str(found[name]), self.dialect.moments)  # noqa: DTZ007 - the zone follows
                found[name] = moment.replace(tzinfo=clock.ZONE)
        return found

    def _read(self, told: Mapping[str, Any], shape: type[Shape], names: Mapping[str, str]) -> Shape:
        try:
            return shape.model_validate(self._ours(told, names))
        except ValidationError as error:
            wrong = [".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False)]
        except ValueError:
            wrong = ["a moment"]
        _log.error("province_answer_malformed", region=self.region, fields=wrong)
        raise no_answer()


def _moment(told: object) -> datetime:
    """A moment with its zone. Raises ``Unavailable`` for anything else."""
    try:
        found = datetime.fromisoformat(told) if isinstance(told, str) else told
    except ValueError:
        found = None
    if not isinstance(found, datetime) or found.tzinfo is None:
        raise no_answer()
    return found


def _json(value: object) -> object:
    """What orjson does not know by itself: mappings, and the UUIDs that come from the database."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


def speaking(dialect: Dialect, region: str) -> Connect:
    """How to connect the region that speaks ``dialect``."""

    def connect(transport: Transport, settings: Settings, keys: Keys) -> ProvinceConnector:
        known = keys.provinces.get(region)
        if known is None:
            raise BadSettings(
                f"Region {region} has an address, but no entry under provinces in the key file."
            )
        return OwnApplication(dialect, region, transport, settings.province_addresses[region], known)

    return connect
