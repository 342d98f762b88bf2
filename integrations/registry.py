"""The registers behind documents (国家人口基础信息库, 出入境证件) over HTTP, read only."""

from datetime import date

from pydantic import Base64Bytes, BaseModel, Field

from backend.kit.documents import Document, DocumentKind
from backend.kit.resident_id import Sex
from backend.ports import RegistryAnswer, RegistryRecord
from integrations.transport import Answer, Shape, Transport, no_answer


class _Check(BaseModel):
    answer: RegistryAnswer
    division: str | None = Field(default=None, alias="householdDivision", pattern="^[0-9]{6,12}$")
    birth_date: date | None = Field(default=None, alias="birthDate")
    sex: Sex | None = None
    expires_on: date | None = Field(default=None, alias="expiresOn")
    former_numbers: list[str] = Field(default_factory=list, alias="formerNumbers", max_length=20)


class _Portrait(BaseModel):
    portrait: Base64Bytes | None


class _Question(BaseModel):
    """Personal data travels in the body: addresses end up in access logs."""

    name: str
    kind: DocumentKind
    number: str
    country: str | None
    birth_date: date | None = Field(serialization_alias="birthDate")


class HttpPopulationRegistry:
    """``PopulationRegistry`` behind a bearer key."""

    def __init__(self, transport: Transport, *, base_url: str, key: str) -> None:
        self._transport = transport
        self._base_url = base_url
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    async def check(self, *, name: str, document: Document) -> RegistryRecord:
        """Does this name belong to this document? See ``backend.ports.PopulationRegistry``."""
        found = await self._ask("check", _Check, name, document)
        if found.answer is not RegistryAnswer.MATCH:
            return RegistryRecord(found.answer)
        return RegistryRecord(
            answer=found.answer,
            household_division=found.division,
            birth_date=found.birth_date,
            sex=found.sex,
            expires_on=found.expires_on,
            former_numbers=tuple(found.former_numbers),
        )

    async def reference_portrait(self, *, name: str, document: Document) -> bytes | None:
        """The reference photograph; see ``backend.ports.PopulationRegistry``."""
        return (await self._ask("portrait", _Portrait, name, document)).portrait

    async def _ask(self, path: str, shape: type[Shape], name: str, document: Document) -> Shape:
        question = _Question(
            name=name,
            kind=document.kind,
            number=document.number,
            country=document.country,
            birth_date=document.birth_date,
        )
        answer: Answer = await self._transport.send(
            "registry",
            "POST",
            f"{self._base_url}/{path}",
            headers=self._headers,
            content=question.model_dump_json(by_alias=True).encode(),
            repeatable=True,  # it only reads
        )
        if answer.status != 200:
            raise no_answer()
        return answer.read(shape)
