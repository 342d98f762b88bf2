"""The e-licence sharing service over HTTP: finding licences, and handing in our own."""

from base64 import b64encode
from datetime import date

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

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


class _NewLicence(BaseModel):
    """One of ours."""

    model_config = ConfigDict(populate_by_name=True)

    kind: str
    name: str
    number: str
    licence_number: str = Field(serialization_alias="licenceNumber")
    issuer: str
    issued_on: date = Field(serialization_alias="issuedOn")
    valid_until: date | None = Field(serialization_alias="validUntil")
    media_type: str = Field(serialization_alias="mediaType")
    content: str


class _End(BaseModel):
    kind: str
    number: str
    licence_number: str = Field(serialization_alias="licenceNumber")


class HttpELicences:
    """``ELicences`` behind a bearer key."""

    def __init__(self, transport: Transport, *, base_url: str, key: str) -> None:
        self._transport = transport
        self._base_url = base_url
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    async def find(self, *, kind: str, name: str, number: str, purpose: str) -> ELicence | None:
        """The valid licence of this person; see ``backend.ports.ELicences``."""
        question = _Question(kind=kind, name=name, number=number, purpose=purpose)
        answer = await self._ask("find", question)
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

    async def register(self, *, kind: str, name: str, number: str, licence: ELicence) -> None:
        """Hand in one of ours; see ``backend.ports.ELicences``."""
        new = _NewLicence(
            kind=kind,
            name=name,
            number=number,
            licence_number=licence.number,
            issuer=licence.issuer,
            issued_on=licence.issued_on,
            valid_until=licence.valid_until,
            media_type=licence.media_type,
            content=b64encode(licence.content).decode(),
        )
        if (await self._ask("register", new)).status != 204:
            raise no_answer()

    async def withdraw(self, *, kind: str, number: str, licence_number: str) -> None:
        """Take one of ours out; see ``backend.ports.ELicences``."""
        end = _End(kind=kind, number=number, licence_number=licence_number)
        if (await self._ask("withdraw", end)).status != 204:
            raise no_answer()

    async def _ask(self, path: str, told: BaseModel) -> Answer:
        return await self._transport.send(
            "licences",
            "POST",
            f"{self._base_url}/{path}",
            headers=self._headers,
            content=told.model_dump_json(by_alias=True).encode(),
            repeatable=True,  # it reads, or says of one licence what is so
        )
