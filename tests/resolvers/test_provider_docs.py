"""The examples for third parties run as they are printed."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook
from starlette.applications import Starlette

from backend.kit import clock
from backend.providers.clients.actions import NewClient, make_client
from backend.providers.clients.models import ClientAuth
from backend.providers.clients.oauth import CLIENT_PREFIX
from backend.providers.clients.tokens import authenticate_provider, provider_token
from backend.providers.orders.actions import Wish, place_order
from backend.resources import Resources
from backend.viewer import ProviderScope, Viewer
from backend.web.oauth import oauth_routes
from resolvers.context import context_factory
from resolvers.execution.http import graphql_routes
from resolvers.schema import schema
from tests.resolvers.conftest import served
from tests.support.cases import machine, proven
from tests.support.people import ScriptedFaces, new_key
from tests.support.providers import listed, working
from tests.support.sandbox import OutsideSandbox

EXAMPLES = re.findall(
    r"```python\n(.*?)```", Path("docs/providers.md").read_text(encoding="utf-8"), re.DOTALL
)
SECRET = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"


@pytest.fixture
async def environ(resources: Resources, outside_world: OutsideSandbox) -> AsyncIterator[dict[str, str]]:
    work = machine(replace(resources, ports=replace(resources.ports, faces=ScriptedFaces())))
    provider = await working(work.resources, await proven(work.resources, outside_world))
    made = await make_client(
        provider,
        NewClient("示例", ClientAuth.SECRET, {ProviderScope.ORDERS}, [], None),
        idempotency_key=new_key(),
    )
    place, citizen = await listed(provider), await proven(work.resources, outside_world)
    wish = Wish(place, "DAY", 1, clock.now() + timedelta(hours=2), "", "13800000000", "", None)
    await place_order(citizen, work, wish, idempotency_key=new_key())

    async def authenticate(authorization: str | None, language: str, address: str) -> Viewer:
        token = provider_token(authorization) or ""
        return await authenticate_provider(work.resources, token, language=language, address=address)

    routes = [
        *oauth_routes(work.resources),
        *graphql_routes(schema, {}, context_factory(authenticate, work), development=False),
    ]
    async with served(Starlette(routes=routes)) as address:
        yield {
            "JINMIN_URL": f"http://{address}",
            "JINMIN_CLIENT_ID": f"{CLIENT_PREFIX}{made.client_id.hex}",
            "JINMIN_CLIENT_SECRET": made.secret or "",
        }


async def test_the_first_answer_comes_as_printed(environ: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        EXAMPLES[0],
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1", **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    [line] = out.decode().splitlines()
    assert line.endswith("幸福颐养院 日托")


def test_the_receiver_takes_each_message_once_and_nothing_forged_old_or_garbled(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told: dict[str, Any] = {}
    exec(EXAMPLES[1], told)  # noqa: S102 - the page's own example
    body = b'{"type": "order.moved", "data": {"id": "x", "state": "ACCEPTED", "version": 2}}'

    def signed(at: timedelta = timedelta(), secret: str = SECRET) -> dict[str, str]:
        moment = clock.now() + at
        return {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(secret).sign("msg_1", moment, body.decode()),
        }

    receive = told["receive"]
    other = SECRET.replace("QUFB", "QkJC")
    assert receive(SECRET, signed(secret=other), body) == 400
    assert receive(SECRET, signed(), body + b" ") == 400
    assert receive(SECRET, signed(timedelta(minutes=-6)), body) == 400
    assert receive(SECRET, {**signed(), "webhook-signature": "garbage"}, body) == 400
    assert capsys.readouterr().out == ""
    assert receive(SECRET, signed(), body) == 204
    assert receive(SECRET, signed(), body) == 204  # sent again, or replayed within five minutes
    assert capsys.readouterr().out == "order.moved ACCEPTED 2\n"
