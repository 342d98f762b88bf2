"""The service's counter over real HTTP: who is let in, what is too much, and what it says and counts."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from integrations.faces.messages import LARGEST_BODY, Question
from integrations.faces.supervisor import Supervisor
from tests.support.face_workers import VERDICT, never_ready, obedient
from tests.support.faces import KEY, RunningFaces, running_faces
from tests.support.sandbox import plain_client

WITH_CONTEXT = [merge_contextvars]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFaces]:
    with running_faces(Supervisor(1, tmp_path_factory.mktemp("faces"), obedient)) as running:
        yield running


def raw(service: RunningFaces, head: str, body: bytes = b"") -> bytes:
    """What the server says to bytes that no client library would send."""
    address = httpx2.URL(service.url)
    with socket.create_connection((address.host, address.port or 80), timeout=20) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        return connection.recv(4096)


@pytest.mark.parametrize("question", Question)
def test_a_question_with_the_key_is_answered_and_counted(service: RunningFaces, question: Question) -> None:
    before = service.counted(question, "MATCH")
    answer = service.post(question, b"match")
    assert (answer.status_code, answer.content) == (200, VERDICT)
    assert answer.headers["content-type"] == "application/json"
    assert service.counted(question, "MATCH") == before + 1


@pytest.mark.parametrize("question", Question)
@pytest.mark.parametrize("key", [None, "wrong", KEY[:-1], KEY + "x", "密钥"])
def test_without_the_key_nothing_is_read_and_the_attempt_is_counted_and_logged(
    service: RunningFaces, question: Question, key: str | None
) -> None:
    before = service.counted(question, "UNAUTHORISED")
    with capture_logs(WITH_CONTEXT) as logs:
        answer = service.post(question, b"match", key=key)
    assert (answer.status_code, answer.content) == (401, b"")
    assert service.counted(question, "UNAUTHORISED") == before + 1
    assert logs == [
        {
            "event": "face_request_refused",
            "log_level": "warning",
            "question": question,
            "why": "UNAUTHORISED",
            "caller": "127.0.0.1",
        }
    ]


def test_the_key_alone_without_its_scheme_is_not_enough(service: RunningFaces) -> None:
    for given in (KEY, "Bearer", f"Basic {KEY}", f"bearer {KEY}"):
        answer = plain_client().post(
            f"{service.url}/v1/verify", content=b"match", headers={"authorization": given}
        )
        assert answer.status_code == 401


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(service: RunningFaces) -> None:
    before = service.counted("verify", "TOO_LARGE")
    for length in (str(LARGEST_BODY + 1), str(30_000_000), "9" * 30):
        said = raw(
            service,
            f"POST /v1/verify HTTP/1.1\nhost: x\nauthorization: Bearer {KEY}\ncontent-length: {length}",
        )
        assert said.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 "))
    assert service.counted("verify", "TOO_LARGE") >= before + 2


def test_thirty_megabytes_that_do_not_say_so_are_refused_on_the_way(service: RunningFaces) -> None:
    before = service.counted("verify", "TOO_LARGE")

    def stream() -> Iterator[bytes]:
        for _ in range(30):
            yield bytes(1_000_000)

    try:
        answer = plain_client().post(
            f"{service.url}/v1/verify",
            content=stream(),
            headers={"authorization": f"Bearer {KEY}"},
            timeout=30,
        )
        assert answer.status_code == 413
    except httpx2.TransportError:
        pass  # the server hung up while we were still sending
    assert service.counted("verify", "TOO_LARGE") == before + 1
    assert service.post("verify", b"match").status_code == 200


def test_a_question_as_large_as_is_allowed_reaches_a_worker(service: RunningFaces) -> None:
    assert service.post("verify", b"match " + b"." * (LARGEST_BODY - 6)).status_code == 200


def test_a_question_of_the_wrong_shape_is_told_so_without_its_content(service: RunningFaces) -> None:
    answer = service.post("verify", b"unreadable secret")
    assert (answer.status_code, answer.content) == (400, b"")
    assert service.counted("verify", "UNREADABLE") >= 1


def test_what_a_worker_says_is_checked(service: RunningFaces) -> None:
    """A worker handles what strangers send: one that was taken over must not be able to say anything."""
    answer = service.post("verify", b"nonsense")
    assert (answer.status_code, answer.content) == (503, b"")


def test_other_methods_and_other_questions_do_not_exist(service: RunningFaces) -> None:
    key = {"authorization": f"Bearer {KEY}"}
    assert plain_client().get(f"{service.url}/v1/verify", headers=key).status_code == 405
    assert service.post("forget", b"match").status_code == 404


def test_a_crash_over_a_question_is_unavailable_and_the_service_goes_on(service: RunningFaces) -> None:
    before = service.counted("verify", "LOST")
    assert service.post("verify", b"crash").status_code == 503
    assert service.counted("verify", "LOST") == before + 1
    assert service.post("verify", b"match").status_code == 200


def test_the_third_question_at_once_is_busy_and_says_when_to_come_back(service: RunningFaces) -> None:
    before = service.counted("verify", "BUSY")
    service.until_warm()
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(service.post, "verify", b"sleep 0.6") for _ in range(2)]
        time.sleep(0.3)
        answer = service.post("verify", b"match")
        assert [each.result().status_code for each in running] == [200, 200]
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 3
    assert service.counted("verify", "BUSY") == before + 1
    assert service.post("verify", b"match").status_code == 200


def half_sent(service: RunningFaces) -> socket.socket:
    """Somebody with the key who says that a thousand bytes come, and sends five."""
    address = httpx2.URL(service.url)
    connection = socket.create_connection((address.host, address.port or 80), timeout=20)
    head = (
        f"POST /v1/verify HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\ncontent-length: 1000\r\n\r\n"
    )
    connection.sendall(head.encode() + b"match")
    return connection


def until_answered(service: RunningFaces) -> None:
    until = time.monotonic() + 20
    while service.post("verify", b"match").status_code != 200:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_sender_that_hangs_up_half_way_gives_its_place_back(service: RunningFaces) -> None:
    before = service.counted("verify", "GONE")
    connections = [half_sent(service) for _ in range(2)]
    time.sleep(0.2)
    assert service.post("verify", b"match").status_code == 429
    for connection in connections:
        connection.close()
    until_answered(service)
    assert service.counted("verify", "GONE") == before + 2


def test_a_sender_that_never_goes_on_loses_its_place(tmp_path: Path) -> None:
    with running_faces(Supervisor(1, tmp_path, obedient), read_limit=0.4) as running:
        connections = [half_sent(running) for _ in range(2)]
        for connection in connections:
            with connection:
                assert connection.recv(13) == b"HTTP/1.1 408 "
        until_answered(running)
        assert running.counted("verify", "TOO_SLOW") == 2


def test_the_request_id_of_the_caller_is_in_the_log(service: RunningFaces) -> None:
    with capture_logs(WITH_CONTEXT) as logs:
        plain_client().post(f"{service.url}/v1/verify", content=b"", headers={"x-request-id": "request-7"})
    assert [entry["request_id"] for entry in logs] == ["request-7"]


def test_health_and_readiness_need_no_key_and_tell_no_secret(service: RunningFaces) -> None:
    service.until_warm()
    assert plain_client().get(f"{service.url}/healthz").json() == {"alive": True}
    ready = plain_client().get(f"{service.url}/readyz")
    assert (ready.status_code, ready.json()) == (200, {"warm": 1, "wanted": 1})
    metrics = plain_client().get(f"{service.url}/metrics").text
    assert "jinmin_face_workers_warm 1.0" in metrics
    assert KEY not in metrics


def test_without_a_warm_worker_it_is_alive_but_not_ready(tmp_path: Path) -> None:
    with running_faces(Supervisor(1, tmp_path, never_ready, wait_limit=0.2), workers=0) as running:
        until = time.monotonic() + 20
        while True:
            try:
                ready = plain_client().get(f"{running.url}/readyz")
                break
            except httpx2.TransportError:
                assert time.monotonic() < until
                time.sleep(0.02)
        assert (ready.status_code, ready.json()) == (503, {"warm": 0, "wanted": 1})
        assert plain_client().get(f"{running.url}/healthz").status_code == 200
        assert running.post("verify", b"match").status_code == 429


def test_two_instances_behind_one_name_need_nothing_in_common(tmp_path: Path) -> None:
    """Nothing is kept between two questions: a template made here is compared there (see test_engine)."""
    with running_faces(Supervisor(1, tmp_path / "a", obedient)) as one:
        with running_faces(Supervisor(1, tmp_path / "b", obedient)) as other:
            [pid] = one.supervisor.pids
            os.kill(pid, signal.SIGSTOP)
            assert other.post("verify", b"match").status_code == 200
            os.kill(pid, signal.SIGCONT)
        assert one.post("verify", b"match").status_code == 200
