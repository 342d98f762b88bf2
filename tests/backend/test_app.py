"""The API as it is put together: what it answers to operators."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend.app import create_app
from backend.casework.machine import Casework
from backend.database.record import fetch, transaction
from backend.database.shared import shared_state
from backend.settings import Settings
from tests.support import cases
from tests.support.people import ScriptedFaces
from tests.support.sandbox import OutsideSandbox

WELL = {"serving": "ok", "database": "ok", "queue": "ok", "redis": "ok", "faces": "ok"}


class ColdFaces(ScriptedFaces):
    async def ready(self) -> bool:
        return False


@asynccontextmanager
async def client_of(settings: Settings, work: Casework) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=create_app(settings, work))
    async with httpx2.AsyncClient(transport=transport, base_url="http://jinmin.test") as client:
        yield client


@pytest.fixture
async def client(installation: Settings, work: Casework) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(installation, work) as opened:
        yield opened


async def ready(client: httpx2.AsyncClient) -> tuple[int, dict[str, str]]:
    answer = await client.get("/readyz")
    return answer.status_code, answer.json()


async def figures(client: httpx2.AsyncClient) -> dict[str, float]:
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        sample.name + "".join(f"[{value}]" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_a_process_that_answers_is_alive(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"alive": True})


async def test_ready_is_when_every_part_answers(client: httpx2.AsyncClient) -> None:
    assert await ready(client) == (200, WELL)


async def test_a_queue_that_is_not_there_is_told(client: httpx2.AsyncClient) -> None:
    await fetch("ALTER TABLE pgqueuer RENAME TO pgqueuer_away")
    try:
        assert await ready(client) == (503, {**WELL, "queue": "failing"})
    finally:
        await fetch("ALTER TABLE pgqueuer_away RENAME TO pgqueuer")


async def test_a_redis_that_is_not_there_is_told(installation: Settings, work: Casework) -> None:
    async with shared_state("redis://127.0.0.1:1/0") as gone:
        deaf = replace(work, resources=replace(work.resources, shared=gone))
        async with client_of(installation, deaf) as client:
            assert await ready(client) == (503, {**WELL, "redis": "failing"})
            assert (await client.get("/healthz")).status_code == 200


async def test_a_face_service_that_is_cold_or_not_there_is_told(
    installation: Settings, work: Casework
) -> None:
    ports = replace(work.resources.ports, faces=ColdFaces())
    async with client_of(
        installation, replace(work, resources=replace(work.resources, ports=ports))
    ) as client:
        assert await ready(client) == (503, {**WELL, "faces": "failing"})


async def test_a_database_that_does_not_answer_in_time_is_told(client: httpx2.AsyncClient) -> None:
    gate = asyncio.Event()

    async def hold() -> None:
        async with transaction():
            await gate.wait()

    # Every connection that writes is in other hands.
    async with asyncio.timeout(20), asyncio.TaskGroup() as others:
        for _ in range(5):
            others.create_task(hold())
        while (told := await ready(client))[0] == 200:
            pass
        assert told == (503, {**WELL, "database": "failing"})
        assert (await client.get("/healthz")).status_code == 200
        gate.set()
    assert await ready(client) == (200, WELL)


async def test_the_public_keys_may_be_kept_for_a_while(client: httpx2.AsyncClient, work: Casework) -> None:
    answer = await client.get("/.well-known/jwks.json")
    assert answer.json() == work.resources.keys.tokens.jwks()
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert all("d" not in key for key in answer.json()["keys"])


async def test_figures_tell_what_waits(
    client: httpx2.AsyncClient, work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    await cases.submitted(citizen, work)
    waiting = await cases.submitted(citizen, work)
    await fetch("UPDATE application SET case_number = NULL WHERE id = $1", waiting)
    await fetch("UPDATE delivery SET state = 'DEAD' WHERE application_id = $1", waiting)
    await fetch(
        "UPDATE pgqueuer SET status = 'failed' WHERE convert_from(payload, 'UTF8') LIKE $1", f"%{waiting}%"
    )
    await client.get("/healthz")

    told = await figures(client)

    assert told["jinmin_cases_without_number"] == 1
    assert (told["jinmin_deliveries[PENDING]"], told["jinmin_deliveries[DEAD]"]) == (1, 1)
    assert (told["jinmin_province_messages[WAITING]"], told["jinmin_province_messages[IMPOSSIBLE]"]) == (0, 0)
    assert [told[f"jinmin_jobs[{state}]"] for state in ("due", "running", "held")] == [1, 0, 1]
    assert told["jinmin_oldest_due_job_seconds"] > 0
    assert told["jinmin_http_seconds_count[GET][/healthz][200]"] == 1


async def test_a_callback_is_counted_by_province_and_outcome(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/callbacks/provinces/33", content=b"{}")).status_code == 401
    assert (await client.post("/callbacks/provinces/99", content=b"{}")).status_code == 404
    told = await figures(client)
    assert told["jinmin_province_callbacks_total[FORBIDDEN][33]"] == 1
    assert told["jinmin_province_callbacks_total[NOT_FOUND][unknown]"] == 1


async def test_verification_and_download_are_there(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/verify/" + 24 * "2")).status_code == 404
    assert (await client.get("/certificates/x.pdf")).status_code == 404
    answer = await client.get("/certificates/x.pdf", headers={"authorization": "Bearer x"})
    assert answer.status_code == 401
    assert (await client.get("/nothing")).status_code == 404
