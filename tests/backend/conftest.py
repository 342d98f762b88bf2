"""The house for casework: the machine with one item, scripted faces, and the Zhejiang sandbox behind its adapter."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from backend.casework.machine import Casework
from backend.keys import Keys, SandboxKeys
from backend.resources import Resources
from backend.settings import Settings
from integrations.provinces import PROVINCES
from integrations.provinces.province import connected
from integrations.transport import Transport
from tests.support import cases
from tests.support.people import ScriptedFaces
from tests.support.sandbox import Listener, OutsideSandbox, ZhejiangSandbox, listening, zhejiang_sandbox


@pytest.fixture
def faces() -> ScriptedFaces:
    return ScriptedFaces()


@pytest.fixture
async def work(resources: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox) -> Casework:
    """The machine, its edition published; the province it would deliver to is not there."""
    made = cases.machine(replace(resources, ports=replace(resources.ports, faces=faces)))
    await cases.publish(made)
    return made


@dataclass(frozen=True, slots=True)
class Zhejiang:
    """The running platform and what it says to us."""

    sandbox: ZhejiangSandbox
    listener: Listener


@pytest.fixture(scope="session")
def zhejiang_running(sandbox_keys: SandboxKeys, new_database: Callable[[], str]) -> Iterator[Zhejiang]:
    with (
        listening() as (listener, url),
        zhejiang_sandbox(
            sandbox_keys, database_url=new_database(), callback_url=f"{url}/callbacks/provinces/33"
        ) as sandbox,
    ):
        yield Zhejiang(sandbox, listener)


@pytest.fixture
def zhejiang(zhejiang_running: Zhejiang) -> Zhejiang:
    """Behaving well until a test says otherwise; its callbacks are written down and go no further."""
    zhejiang_running.sandbox.scenario()
    return zhejiang_running


@pytest.fixture
async def connected_work(
    work: Casework, zhejiang: Zhejiang, installation: Settings, keys: Keys
) -> AsyncIterator[Casework]:
    """The machine with Zhejiang's platform within reach; an answer has to come within a second."""
    settings = installation.model_copy(update={"zhejiang_url": zhejiang.sandbox.url})
    async with Transport(timeout=1.0) as transport:
        provinces = connected(PROVINCES, transport, settings, keys)
        desks = {one.region: one.desk(transport, settings, keys) for one in PROVINCES if one.desk}
        ports = replace(work.resources.ports, provinces=provinces, desks=desks)
        yield replace(work, resources=replace(work.resources, ports=ports))
