"""What Zhejiang says, signed as the platform signs it, for tests that say it themselves."""

from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson

from backend.keys import SandboxKeys
from backend.kit import clock
from integrations.sandbox.province.played import zhejiang_access
from integrations.sandbox.province.scenario import Mode
from integrations.sandbox.province.wire import Wire

PATH = "/callbacks/provinces/33"


@dataclass(slots=True)
class Platform:
    """Says things to ``client`` under the platform's signature."""

    client: httpx2.AsyncClient
    keys: SandboxKeys
    _wire: Wire = field(init=False)

    def __post_init__(self) -> None:
        self._wire = Wire(zhejiang_access(self.keys))

    def signed(self, body: bytes, *, mode: Mode = Mode.NORMAL, path: str = PATH) -> dict[str, str]:
        """Headers of a callback."""
        return self._wire.sign_request(method="POST", target=path, body=body, mode=mode)

    async def send(
        self, body: bytes, headers: dict[str, str] | None = None, *, path: str = PATH
    ) -> tuple[int, str]:
        """Post a callback, signed unless headers are given: status and outcome."""
        answer = await self.client.post(path, content=body, headers=headers or self.signed(body, path=path))
        return answer.status_code, answer.json()["outcome"]

    async def say(self, case_number: str, link: str, code: str, **more: Any) -> tuple[int, str]:
        """One message about a case; see ``message``."""
        return await self.send(message(case_number, link, code, **more))


def message(case_number: str, link: str, code: str, **more: Any) -> bytes:
    """A callback's body: link 2 受理 / 4 办结 and the platform's result code."""
    return orjson.dumps(
        {
            "eventId": f"{case_number[-20:]}-{more.get('sequence', 1)}",
            "caseNo": case_number,
            "externalCaseNo": "ZJ1",
            "sequence": 1,
            "linkCode": link,
            "resultCode": code,
            "happenedAt": clock.now().isoformat(),
            "reason": None,
            "resultNo": None,
            "result": {},
            **more,
        }
    )
