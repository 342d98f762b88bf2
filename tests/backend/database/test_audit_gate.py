"""What is refused at a gate before anybody is known is in the audit trail, and nobody can fill it by knocking."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from backend.app import _gate_sums, create_app
from backend.casework.machine import Casework
from backend.database.audit_gate import KIND, tell_refusals, telling_refusals
from backend.database.record import fetch
from backend.errors import Unavailable
from backend.settings import Settings
from backend.worker import clocks_of
from integrations.faces.client import FaceServiceClient
from integrations.faces.supervisor import Supervisor
from integrations.transport import Transport
from tests.support.face_workers import obedient
from tests.support.faces import KEY, running_faces
from tests.support.waiting import read_until


async def entries() -> list[tuple[str, dict[str, Any]]]:
    """Who told what."""
    rows = await fetch("SELECT actor, detail FROM audit_entry WHERE kind = $1 ORDER BY id", KIND)
    return [(row["actor"], orjson.loads(row["detail"])["new"]) for row in rows]


async def test_sums_are_told_once_however_often_and_beside_each_other_they_are_told(database: str) -> None:
    told = await asyncio.gather(*(tell_refusals("api-1", {"body_too_large": 10**6}) for _ in range(4)))
    assert sorted(told) == [0, 0, 0, 10**6]
    assert await tell_refusals("api-1", {"body_too_large": 10**6 + 2, "other": 0}) == 2
    assert await tell_refusals("api-2", {"body_too_large": 1}) == 1
    assert await tell_refusals("api-3", {"body_too_large": 0}) == 0
    assert await entries() == [
        ("machine:api-1", {"body_too_large": 10**6}),
        ("machine:api-1", {"body_too_large": 2}),
        ("machine:api-2", {"body_too_large": 1}),
    ]
    # Sums that came late, from a slower telling, take nothing back.
    assert await tell_refusals("api-1", {"body_too_large": 3}) == 0
    assert await tell_refusals("api-1", {"body_too_large": 10**6 + 3}) == 1


async def test_a_gate_tells_while_it_is_open_and_once_more_when_it_closes(database: str) -> None:
    sums = {"body_too_large": 0}
    async with telling_refusals("api-1", lambda: sums, seconds=0.001):
        sums["body_too_large"] = 5
        assert len(await read_until(entries, bool)) == 1
    async with telling_refusals("api-2", lambda: sums):
        pass
    assert await entries() == [
        ("machine:api-1", {"body_too_large": 5}),
        ("machine:api-2", {"body_too_large": 5}),
    ]


async def test_thirty_megabytes_at_the_api_s_gate_are_refused_counted_and_audited(
    work: Casework, installation: Settings
) -> None:
    transport = httpx2.ASGITransport(app=create_app(installation, work))
    async with httpx2.AsyncClient(transport=transport, base_url="http://jinmin.test") as client:
        for _ in range(3):
            answer = await client.post(
                "/graphql", content=bytes(30_000_000), headers={"content-type": "application/json"}
            )
            assert answer.status_code == 413
        figures = (await client.get("/metrics")).text
    assert 'jinmin_refused_attempts_total{kind="body_too_large"} 3.0' in figures
    async with telling_refusals("api-1", lambda: _gate_sums(work.resources)):
        pass
    assert await entries() == [("machine:api-1", {"body_too_large": 3})]


async def test_the_face_service_called_without_its_key_is_in_the_trail_within_a_minute(
    work: Casework, tmp_path: Path
) -> None:
    with running_faces(Supervisor(1, tmp_path, obedient), workers=0) as service:
        for key in (None, "wrong", KEY + "x"):
            assert service.post("verify", b"match", key=key).status_code == 401
        async with Transport() as transport:
            client = FaceServiceClient(transport, base_url=service.url, key=KEY)
            ports = replace(work.resources.ports, faces=client)
            resources = replace(work.resources, ports=ports)
            (clock,) = (
                clock
                for clock in clocks_of(replace(work, resources=resources))
                if clock.name == "tell_refusals_of_faces"
            )
            assert (clock.times, await clock.run(), await clock.run()) == ("* * * * *", 3, 0)
            stranger = FaceServiceClient(transport, base_url=service.url, key="stolen")
            with pytest.raises(Unavailable):
                await stranger.refusals()
            assert await clock.run() == 1
    told = await entries()
    assert [new for _, new in told] == [{"UNAUTHORISED": 3}, {"UNAUTHORISED": 1}]
    (actor,) = {actor for actor, _ in told}
    assert actor.startswith("machine:faces-")
