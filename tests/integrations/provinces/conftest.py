"""For every province of ``PROVINCES``: its connector, its sandbox, and a listener for its callbacks."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count

import pytest

from backend.keys import Keys, SandboxKeys
from backend.kit import clock, ids
from backend.province_ports import CaseToLodge, MaterialToLodge, ProvinceConnector, ProvinceEvent
from backend.settings import Settings
from integrations.provinces import PROVINCES
from integrations.provinces.province import Province
from integrations.sandbox.people import Person, demo_people
from integrations.transport import Transport
from tests.support.sandbox import Heard, Listener, ZhejiangSandbox, listening, zhejiang_sandbox

StartSandbox = Callable[[str], AbstractContextManager[ZhejiangSandbox]]

TASK_CODE = "12330521MB0000000A4330521001001"
_serial = count(1)


def case_for(person: Person, *, content: bytes = b"%PDF-1.7 household register %%EOF") -> CaseToLodge:
    """A case of its own number, complete."""
    return CaseToLodge(
        delivery_id=ids.new_id(),
        case_number=f"{TASK_CODE}20261123{next(_serial):04d}",
        task_code=TASK_CODE,
        item_code="000211001001",
        item_name="高龄津贴",
        division=person.household_division,
        applicant_name=person.name,
        applicant_resident_id=person.resident_id,
        assurance="VERIFIED",
        submitted_at=datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC),
        promised_due=date(2026, 12, 18),
        answers={"phone": "13800000000", "bank": {"name": "德清农商银行"}, "livesAlone": True},
        materials=[
            MaterialToLodge(
                code="HOUSEHOLD_REGISTER",
                name="户口簿",
                file_name="户口簿.pdf",
                media_type="application/pdf",
                sha256=hashlib.sha256(content).hexdigest(),
                content=content,
            )
        ],
    )


@pytest.fixture
def case() -> CaseToLodge:
    return case_for(demo_people()[0])


@dataclass(frozen=True, slots=True)
class Playground:
    """How tests reach a province's sandbox: one entry for every province."""

    setting: str
    """The field of ``Settings`` with the platform's address."""
    start: Callable[..., AbstractContextManager[ZhejiangSandbox]]
    """Takes ``SandboxKeys``, ``database_url`` and ``callback_url``."""


PLAYGROUNDS = {"33": Playground("zhejiang_url", zhejiang_sandbox)}


@dataclass(frozen=True, slots=True)
class World:
    """A province and everything around it."""

    province: Province
    keys: Keys
    sandbox: ZhejiangSandbox
    listener: Listener
    transport: Transport
    installation: Settings

    @property
    def connector(self) -> ProvinceConnector:
        """Ours, to the running sandbox."""
        return self.connect()

    def connect(
        self, *, url: str | None = None, keys: Keys | None = None, transport: Transport | None = None
    ) -> ProvinceConnector:
        """Ours, as another installation would have it."""
        address = {PLAYGROUNDS[self.province.region].setting: url or self.sandbox.url}
        settings = self.installation.model_copy(update=address)
        assert self.province.connect is not None
        return self.province.connect(transport or self.transport, settings, keys or self.keys)

    def read(self, heard: Heard, now: datetime | None = None) -> tuple[ProvinceEvent, str]:
        """What our side makes of a callback."""
        return self.connector.read_callback(
            method=heard.method,
            path=heard.path,
            headers=heard.headers,
            body=heard.body,
            now=now or clock.now(),
        )

    def told(self, case: CaseToLodge, count: int = 2) -> list[ProvinceEvent]:
        """The first events about a case, in the order of their arrival."""
        return [self.read(heard)[0] for heard in self.listener.about(case.case_number, count)]


@pytest.fixture(
    scope="session",
    params=[one for one in PROVINCES if one.region in PLAYGROUNDS],
    ids=lambda province: province.region,
)
def province(request: pytest.FixtureRequest) -> Province:
    found: Province = request.param
    return found


@pytest.fixture(scope="session")
def ear() -> Iterator[tuple[Listener, str]]:
    with listening() as heard:
        yield heard


@pytest.fixture(scope="session")
def start_sandbox(province: Province, sandbox_keys: SandboxKeys, ear: tuple[Listener, str]) -> StartSandbox:
    """Starts the province's platform on a database."""
    start = PLAYGROUNDS[province.region].start
    callback_url = f"{ear[1]}/callbacks/provinces/{province.region}"
    return lambda database_url: start(sandbox_keys, database_url=database_url, callback_url=callback_url)


@pytest.fixture(scope="session")
def running(start_sandbox: StartSandbox, new_database: Callable[[], str]) -> Iterator[ZhejiangSandbox]:
    with start_sandbox(new_database()) as sandbox:
        yield sandbox


@pytest.fixture
async def world(
    province: Province,
    installation: Settings,
    keys: Keys,
    running: ZhejiangSandbox,
    ear: tuple[Listener, str],
) -> AsyncIterator[World]:
    running.scenario()
    async with Transport(timeout=5.0) as transport:
        yield World(province, keys, running, ear[0], transport, installation)
