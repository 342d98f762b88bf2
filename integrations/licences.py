"""The e-licence sharing service over HTTP, read only."""

from datetime import date

from pydantic import Base64Bytes, BaseModel, Field

from backend.ports import ELicence
from integrations.transport import Answer, Transport, no_answer


class _Licence(BaseModel):
    number: str = Field(min_length=1, max_length=100)
    issuer: str = Field(max_length=200)
    issued_on: date = Field(alias="issuedOn")
    valid_until: date | None = Field(alias="validUntil")
    media_type: str = Field(alias="mediaType", pattern="^(image/jpeg|image/png|application/pdf)$")
    content: Base64Bytes = Field(max_length=12 * 1024 * 1024)


class _Found(BaseModel):
    licence: _Licence | None


class _Question(BaseModel):
    """Personal data travels in the body: addresses end up in access logs."""

    kind: str
    name: str
    number: str
    purpose: str


class HttpELicences:
    """``ELicences`` behind a bearer key."""

    def __init__(self, transport: Transport, *, base_url: str, key: str) -> None:
        self._transport = transport
        self._base_url = base_url
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    async def find(self, *, kind: str, name: str, number: str, purpose: str) -> ELicence | None:
        """The valid licence of this person; see ``backend.ports.ELicences``."""
        question = _Question(kind=kind, name=name, number=number, purpose=purpose)
        answer: Answer = await self._transport.send(
            "licences",
            "POST",
            f"{self._base_url}/find",
            headers=self._headers,
            content=question.model_dump_json().encode(),
            repeatable=True,  # it only reads
        )
        if answer.status != 200:
            raise no_answer()
        found = answer.read(_Found).licence
        if found is None:
            return None
        return ELicence(
            number=found.number,
            issuer=found.issuer,
            issued_on=found.issued_on,
            valid_until=found.valid_until,
            media_type=found.media_type,
            content=found.content,
        )
