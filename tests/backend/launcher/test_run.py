"""``python -m backend run``: one command starts everything, and nothing of it stays behind."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.launcher.postgres import LONGEST_SOCKET_FOLDER
from tests.support.cluster import short_folder
from tests.support.installation import READY, Installation, free_ports, wait_until_gone
from tests.support.sandbox import plain_client

pytestmark = pytest.mark.xdist_group("launcher")

PARTS = {
    "backend run": 1,
    "backend serve": 1,
    "backend work": 1,
    "integrations.faces": 1,
    "integrations.sandbox outside": 1,
    "integrations.sandbox provinces": 1,
    "bin/postgres -D": 1,
}


@pytest.fixture(scope="module")
def one() -> Iterator[Installation]:
    """Somewhere so deep that no socket could lie beside its data; each test starts it if it does not run."""
    with short_folder() as folder:
        installation = Installation(folder / ("deep-" * 12) / ("deeper-" * 8) / "var", free_ports())
        try:
            yield installation
        finally:
            installation.end()


def running(installation: Installation) -> Installation:
    if not installation.runs:
        installation.start()
    return installation


def well(installation: Installation) -> bool:
    answer = plain_client().get(f"{installation.url}/readyz")
    return answer.status_code == 200 and set(answer.json().values()) == {"ok"}


def nothing_left(installation: Installation) -> bool:
    """No process, no port, no database server."""
    assert wait_until_gone(installation) == {}
    assert installation.taken_ports() == []
    return not (installation.data / "postgres" / "postmaster.pid").exists()


def test_it_says_what_it_does_and_what_to_try_next(one: Installation) -> None:
    told = running(one).told

    assert one.wait_for(READY) == f"Jinmin is ready: {one.url}/graphql"
    for part in ("PostgreSQL", "Redis", "tables", "API", "worker", "sandbox of provinces", "face service"):
        assert told.index(part) < told.index(READY)
    for hint in (f"{one.url}/graphql in a browser", "make demo", '"deqing-window"', str(one.data)):
        assert hint in told[told.index(READY) :]
    assert "Warning" not in told
    assert well(one)


def test_each_part_is_one_process_of_its_own(one: Installation) -> None:
    commands = running(one).processes().values()

    assert {part: sum(part in command for command in commands) for part in PARTS} == PARTS


def test_a_folder_too_deep_for_a_socket_works_and_its_database_is_nobody_elses(one: Installation) -> None:
    sockets = Path(running(one).database_url.partition("host=")[2].replace("%2F", "/"))

    assert len(str(one.data / "postgres")) > LONGEST_SOCKET_FOLDER
    assert sockets.parent == Path("/tmp")  # noqa: S108 - where the launcher puts it, checked right here
    for folder in (sockets, one.data / "postgres"):
        assert folder.stat().st_mode & 0o077 == 0
    assert (sockets / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0


def test_ctrl_c_stops_every_process_it_started(one: Installation) -> None:
    status = running(one).stop()

    assert (status, one.said[-2:]) == (0, ["Stopping …", "Stopped."])
    assert nothing_left(one)


def test_ctrl_c_is_heard_while_it_still_starts(one: Installation) -> None:
    if one.runs:
        one.stop()
    one.begin()
    one.wait_for("PostgreSQL")

    status = one.stop()

    assert (status, READY in one.told, one.said[-1]) == (0, False, "Stopped.")
    assert nothing_left(one)


def test_a_killed_launcher_leaves_nothing_behind_and_the_state_survives(one: Installation) -> None:
    running(one).zhejiang.scenario("refuse", delay=1234.0)

    one.signal(signal.SIGKILL)

    assert one.ended() == -signal.SIGKILL
    assert nothing_left(one)
    one.start()
    page = plain_client().get(f"{one.zhejiang.url}/").text
    assert ("refuse" in page, "1234.0 s" in page) == (True, True)
    assert well(one)


def test_a_part_that_dies_is_told_with_its_last_words_and_all_the_others_end(one: Installation) -> None:
    os.kill(running(one).child("backend work"), signal.SIGKILL)

    assert one.ended() == 1
    told = one.said[one.said.index("worker ended with status -9.") :]
    assert told[1] == f"Last lines of {one.data}/logs/worker.log:"
    assert '"event":"worker_ready"' in told[-1]
    assert nothing_left(one)


def test_a_second_run_on_the_same_folder_is_refused(one: Installation) -> None:
    second = Installation(running(one).data, free_ports()).command("run")

    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr == (
        f"Another Jinmin runs on {one.data}. Give this one its own JINMIN_DATA and JINMIN_PORT.\n"
    )
    assert well(one)


@pytest.mark.parametrize("place", [0, 4])
def test_a_port_in_use_is_refused(tmp_path: Path, place: int) -> None:
    base = free_ports()
    with socket.create_server(("127.0.0.1", base + place)):
        refused = Installation(tmp_path / "var", base).command("run")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"Port {base + place} is in use. Jinmin takes five ports from JINMIN_PORT on: choose another.\n"
    )


def test_two_installations_run_side_by_side(one: Installation) -> None:
    running(one)
    with short_folder() as folder:
        neighbour = Installation(folder / "var", free_ports())
        try:
            neighbour.start()

            assert well(neighbour)
            assert well(one)
            assert neighbour.processes().keys().isdisjoint(one.processes())
            assert neighbour.stop() == 0
            assert nothing_left(neighbour)
            assert well(one)
        finally:
            neighbour.end()


def test_a_command_beside_it_finds_its_database(one: Installation) -> None:
    migrated = running(one).command("migrate")
    widened = one.command("numbers", "11330521MB1234567G4000511001000", "2026-11-25", "5")

    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert (widened.returncode, widened.stdout) == (2, "")
    assert "There is no such series on that day." in widened.stderr


def test_a_command_without_a_database_is_told_where_to_get_one(tmp_path: Path) -> None:
    alone = Installation(tmp_path / "var", free_ports()).command("migrate")

    assert (alone.returncode, alone.stdout) == (2, "")
    assert alone.stderr == (
        "No database: start the embedded one with `make run`, or set JINMIN_DATABASE_URL.\n"
    )
