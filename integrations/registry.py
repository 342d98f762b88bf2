"""The national population registry (国家人口基础信息库) over HTTP, read only."""

from pydantic import Base64Bytes, BaseModel, Field

from backend.ports import RegistryAnswer, RegistryRecord
from integrations.transport import Answer, Shape, Transport, no_answer


class _Check(BaseModel):
    answer: RegistryAnswer
    division: str | None = Field(default=None, alias="householdDivision", pattern="^[0-9]{6,12}$")


class _Portrait(BaseModel):
    portrait: Base64Bytes | None


class _Question(BaseModel):
    """Personal data travels in the body: addresses end up in access logs."""

    name: str
    resident_id: str = Field(serialization_alias="residentId")


class HttpPopulationRegistry:
    """``PopulationRegistry`` behind a bearer key."""

    def __init__(self, transport: Transport, *, base_url: str, key: str) -> None:
        self._transport = transport
        self._base_url = base_url
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    async def check(self, *, name: str, resident_id: str) -> RegistryRecord:
        """Does this name belong to this number? See ``backend.ports.PopulationRegistry``."""
        found = await self._ask("check", _Check, name, resident_id)
        matched = found.answer is RegistryAnswer.MATCH
        return RegistryRecord(answer=found.answer, household_division=found.division if matched else None)

    async def reference_portrait(self, *, name: str, resident_id: str) -> bytes | None:
        """The reference photograph; see ``backend.ports.PopulationRegistry``."""
        return (await self._ask("portrait", _Portrait, name, resident_id)).portrait

    async def _ask(self, path: str, shape: type[Shape], name: str, resident_id: str) -> Shape:
        question = _Question(name=name, resident_id=resident_id)
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
