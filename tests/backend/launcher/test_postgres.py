"""The embedded PostgreSQL: made whole or not at all, reached by its owner only, wherever its folder lies."""

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from backend.database.config import DatabaseUrl
from backend.errors import BadSettings
from backend.launcher import postgres
from backend.launcher.postgres import VERSION, embedded_url, prepare
from tests.support.cluster import running_cluster, short_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as made:
        yield made


def made_by(folder: Path, version: str) -> Path:
    """A folder that looks like a cluster, without one."""
    folder.mkdir(parents=True, mode=0o700)
    (folder / "PG_VERSION").write_text(f"{version}\n")
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_it_works_wherever_the_folder_lies(folder: Path) -> None:
    # A space, Chinese signs, and a comma, with which PostgreSQL would read the address as a list.
    with running_cluster(folder / "我的 数据, 新" / "pg") as cluster:
        for url in (cluster.url("postgres"), embedded_url(cluster.folder, "postgres")):
            connection = await asyncpg.connect(**DatabaseUrl.parse(url).connect_arguments())
            told = await connection.fetchrow(
                "SELECT current_setting('server_encoding') AS encoding, datlocale, inet_server_addr() AS address"
                " FROM pg_database WHERE datname = 'postgres'"
            )
            await connection.close()
            assert tuple(told) == ("UTF8", "C.UTF-8", None)
        assert mode(cluster.folder) == mode(cluster.sockets) == 0o700
        assert mode(cluster.sockets / ".s.PGSQL.5432") == 0o700
    cluster.sockets.rmdir()


def test_what_a_killed_first_start_left_is_thrown_away(folder: Path) -> None:
    half = made_by(folder / "pg.new", VERSION)

    cluster = prepare(folder / "pg", durable=False)

    assert (half.exists(), (cluster.folder / "global" / "pg_control").exists()) == (False, True)
    assert prepare(folder / "pg") == cluster


@pytest.mark.parametrize(
    ("version", "told"),
    [("16", "was made by PostgreSQL 16, this is 18"), (None, "is no folder of PostgreSQL: move it away")],
)
def test_a_folder_of_another_version_is_refused(folder: Path, version: str | None, told: str) -> None:
    if version is None:
        (folder / "pg").mkdir()
    else:
        made_by(folder / "pg", version)

    with pytest.raises(BadSettings, match=told):
        prepare(folder / "pg")


def test_a_socket_folder_that_somebody_else_could_enter_is_refused(folder: Path) -> None:
    deep = made_by(folder / ("deep-" * 25) / "pg", VERSION)
    place = Path(embedded_url(deep, "postgres").partition("?host=")[2])
    place.mkdir(mode=0o755)
    try:
        with pytest.raises(BadSettings, match="belongs to somebody else"):
            prepare(deep)
    finally:
        place.rmdir()


def test_without_the_wheel_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "find_spec", lambda _name: None)

    with pytest.raises(BadSettings, match="run `make install`, or set JINMIN_DATABASE_URL"):
        postgres.programs()


@as_root
def test_as_root_it_runs_as_whoever_owns_its_folder_and_may_pass_but_not_look(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    theirs = made_by(closed / "pg", VERSION)
    os.chown(theirs, 4711, 4712)

    cluster = prepare(theirs)

    assert cluster.owner == postgres.Owner(4711, 4712)
    assert mode(closed) == 0o701


@as_root
def test_as_root_a_new_one_is_nobodys(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")

    cluster = prepare(folder / "pg", durable=False)

    assert cluster.owner == postgres.Owner(nobody.pw_uid, nobody.pw_gid)
    assert cluster.folder.stat().st_uid == nobody.pw_uid
