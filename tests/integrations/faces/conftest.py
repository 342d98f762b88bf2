"""One face service with the real engine for the whole session; everything that uses it runs in one process."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backend.ports import FaceService
from integrations.faces.client import FaceServiceClient
from integrations.faces.engine import Engine
from integrations.faces.supervisor import Supervisor
from integrations.transport import Transport
from tests.support.faces import KEY, PATIENCE, RunningFaces, running_faces


@pytest.fixture(scope="session")
def engine_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("face-engine")


@pytest.fixture(scope="session")
def real_faces(engine_folder: Path) -> Iterator[RunningFaces]:
    with running_faces(Supervisor(1, engine_folder, job_limit=PATIENCE, wait_limit=PATIENCE)) as running:
        yield running


@pytest.fixture
async def faces(real_faces: RunningFaces) -> AsyncIterator[FaceService]:
    real_faces.until_warm()
    async with Transport() as transport:
        yield FaceServiceClient(transport, base_url=real_faces.url, key=KEY, timeout=PATIENCE)


@pytest.fixture(scope="session")
def engine(engine_folder: Path) -> Engine:
    """The models in this process, for what the service does not tell."""
    return Engine(engine_folder)
