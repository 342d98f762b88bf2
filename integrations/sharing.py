"""The data-sharing platform over HTTP, signed SM2-with-SM3 both ways; nothing that was not asked for is read."""

from typing import Annotated
from uuid import UUID

import orjson
import structlog
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from backend.keys import ProvinceKeys
from backend.sharing_ports import SharedAnswer, SharedQuestion
from integrations.provinces.signed_http import SignedHttp
from integrations.transport import Transport, no_answer

_log = structlog.get_logger()


class _Answer(BaseModel):
    call_id: UUID = Field(alias="callId")
    facts: dict[str, Annotated[str, StringConstraints(max_length=60)]] = Field(max_length=20)
    as_of: AwareDatetime = Field(alias="asOf")
    reference: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,64}$")]


class SignedSharing:
    """``DataSharing`` behind one platform."""

    def __init__(self, transport: Transport, *, base_url: str, keys: ProvinceKeys) -> None:
        self._transport = transport
        self._url = f"{base_url}/ask"
        self._wire = SignedHttp(keys)

    async def ask(self, question: SharedQuestion) -> SharedAnswer:
        """See ``backend.sharing_ports.DataSharing``."""
        told = {
            "callId": str(question.call_id),
            "matter": question.matter.value,
            "fields": list(question.facts),
            "name": question.name,
            "certNo": question.number,
            "purpose": question.purpose,
            "legalBasis": question.basis,
            "consent": str(question.consent),
            "onBehalfOf": question.on_behalf_of,
        }
        answer = await self._wire.post(self._transport, "sharing", self._url, orjson.dumps(told))
        if answer.status != 200:
            _log.error("sharing_refuses_us", status=answer.status)
            raise no_answer()
        found = answer.read(_Answer)
        if found.call_id != question.call_id:
            _log.error("sharing_answers_another", call=str(question.call_id))
            raise no_answer()
        # What was not asked for is not read, and what is not read cannot leak.
        facts = {name: found.facts[name] for name in question.facts if name in found.facts}
        return SharedAnswer(facts, found.as_of, found.reference)
