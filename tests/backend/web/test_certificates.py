"""Downloading a result document."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.kit.ids import new_id
from backend.people.accounts.queries import authenticate
from backend.people.identity.actions import bind_real_name
from backend.viewer import Viewer
from backend.web.certificates import certificate_routes
from tests.support import cases
from tests.support.people import new_human, new_key, proven, signed_in, typed
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def client(work: Casework) -> AsyncIterator[httpx2.AsyncClient]:
    async def requested_by(request: Request) -> Viewer:
        authorization = request.headers.get("authorization")
        return await authenticate(work.resources, authorization, language="zh-CN", address="10.0.0.1")

    transport = httpx2.ASGITransport(app=Starlette(routes=certificate_routes(work, requested_by)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://jinmin") as opened:
        yield opened


async def test_the_applicant_downloads_it_and_nobody_else(
    client: httpx2.AsyncClient, work: Casework, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    citizen = await cases.proven(work.resources, outside_world, human)
    await cases.completed(citizen, work)
    (row,) = await fetch("SELECT id FROM certificate WHERE kind = 'RESULT'")
    path = f"/certificates/{row['id']}.pdf"
    account, tokens = await signed_in(work.resources, outside_world)
    bearer = {"authorization": f"Bearer {tokens.access_token}"}

    for headers in ({}, bearer):
        answer = await client.get(path, headers=headers)
        assert (answer.status_code, answer.content) == (404, b"")
    answer = await client.get(path, headers={"authorization": "Bearer nonsense"})
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["www-authenticate"] == "Bearer"

    await bind_real_name(
        account,
        work.resources,
        typed(human.name, human.resident_id),
        idempotency_key=new_key(),
    )
    # A name alone shows nothing of somebody who has an account already.
    assert (await client.get(path, headers=bearer)).status_code == 404
    await proven(account)
    answer = await client.get(path, headers=bearer)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"] == "attachment; filename=result.pdf"


@pytest.mark.parametrize("wanted", [new_id(), UUID(int=0), "nonsense", "%00", "..%2F..%2Fkeys.json"])
async def test_what_is_not_there_is_not_found(client: httpx2.AsyncClient, wanted: object) -> None:
    assert (await client.get(f"/certificates/{wanted}.pdf")).status_code == 404
