"""A centre for checking household means (核对中心) over HTTP, signed SM2-with-SM3 both ways like a province's platform."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import orjson
import structlog
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from backend.errors import Forbidden, Invalid, Text
from backend.keys import ProvinceKeys
from backend.means_ports import MeansAnswer, MeansQuestion, MeansScope, MeansVerdict
from integrations.provinces.signed_http import NotTheirsError, SignedHttp
from integrations.transport import Answer, Transport, no_answer

CALLBACK_PATH = "/callbacks/means-check"
_OUR_FAULT = {"SIGNATURE_INVALID", "STAMP_STALE", "NONCE_REPLAYED", "APP_UNKNOWN"}
"""Refusals of the envelope, mended by keys and clocks; then the check goes through."""
_REFUSED = Text("核对系统不接收该核对。", "The means check does not take this question.")
_NOT_THEIRS = Text("签名或时间戳无效。", "The signature or the time stamp is not valid.")
_UNREADABLE = Text("回调内容无法识别。", "The callback cannot be read.")

_log = structlog.get_logger()


class _Found(BaseModel):
    """The answer. Whatever else a centre may tell is not read, and what is not read cannot leak."""

    check_id: UUID = Field(alias="checkId")
    verdict: MeansVerdict
    unknown: list[MeansScope] = Field(default_factory=list, max_length=len(MeansScope))
    report_number: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,64}$")] = Field(
        alias="reportNo"
    )
    checked_on: date = Field(alias="checkedOn")

    def read(self) -> MeansAnswer:
        return MeansAnswer(
            self.check_id, self.verdict, tuple(self.unknown), self.report_number, self.checked_on
        )


class _Polled(BaseModel):
    answer: _Found | None = None


class _No(BaseModel):
    code: str = Field(pattern="^[A-Z_]{1,40}$")


class SignedMeansCheck:
    """``MeansChecker`` of one centre."""

    def __init__(self, transport: Transport, *, base_url: str, keys: ProvinceKeys, callback_url: str) -> None:
        self._transport = transport
        self._base_url = base_url
        self._wire = SignedHttp(keys)
        self._callback_url = callback_url

    async def ask(self, question: MeansQuestion) -> None:
        """Hand a check over; see ``backend.means_ports.MeansChecker``."""
        told = {
            "checkId": str(question.check_id),
            "itemCode": question.item_code,
            "areaCode": question.division,
            "limitFen": question.limit_fen,
            "scopes": [scope.value for scope in question.scopes],
            "members": [
                {"name": one.name, "certNo": one.number, "authorisation": str(one.authorisation)}
                for one in question.members
            ],
            "callbackUrl": self._callback_url,
        }
        answer = await self._call("checks", told)
        if answer.status != 200:
            raise _refusal(answer)

    async def answer(self, check_id: UUID) -> MeansAnswer | None:
        """The answer, if it is there; see ``backend.means_ports.MeansChecker``."""
        answer = await self._call("answers", {"checkId": str(check_id)})
        if answer.status != 200:
            _log.error("means_check_refuses_us", status=answer.status)
            raise no_answer()
        found = answer.read(_Polled).answer
        if found is not None and found.check_id != check_id:
            _log.error("means_check_answers_another", check=str(check_id))
            raise no_answer()
        return None if found is None else found.read()

    def read_callback(
        self, *, method: str, path: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> tuple[MeansAnswer, str]:
        """Check and read a callback; see ``backend.means_ports.MeansChecker``."""
        try:
            nonce = self._wire.check_request(method=method, target=path, headers=headers, body=body, now=now)
        except NotTheirsError as error:
            _log.warning("means_check_callback_not_theirs", wrong=str(error))
            raise Forbidden(_NOT_THEIRS) from None
        try:
            return _Found.model_validate_json(body).read(), nonce
        except ValidationError:
            raise Invalid(_UNREADABLE) from None

    async def _call(self, path: str, told: Mapping[str, object]) -> Answer:
        """A signed call and its answer. Numbers travel in the body only."""
        url = f"{self._base_url}/{path}"
        return await self._wire.post(self._transport, "means-check", url, orjson.dumps(told))


def _refusal(answer: Answer) -> Exception:
    code = answer.read(_No).code
    _log.error("means_check_refuses_us", status=answer.status, code=code)
    return no_answer() if code in _OUR_FAULT else Invalid(_REFUSED)
