"""The centre tells by itself: signed, once, and only about what was asked."""

from collections.abc import Mapping
from dataclasses import replace

import httpx2
from starlette.applications import Starlette

from backend.casework.machine import Casework
from backend.casework.means_check.actions import check_means
from backend.database.record import fetch
from backend.web.callbacks import callback_routes
from tests.backend.casework.means_check.conftest import Family
from tests.support import means
from tests.support.sandbox import Heard, OutsideSandbox, listening


async def told(work: Casework, heard: Heard, **changed: str) -> tuple[int, Mapping[str, str]]:
    """What Jinmin says to a callback that came over the wire."""
    app = Starlette(routes=callback_routes(work, lambda _region, _outcome: None))
    headers = {name: value for name, value in heard.headers.items() if name != "host"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://t") as client:
        answer = await client.post(heard.path, content=heard.body, headers={**headers, **changed})
    return answer.status_code, answer.json()


async def asked(work: Casework, family: Family) -> object:
    await means.authorised(family.son, work, family.himself)
    await check_means(work, family.case)
    (row,) = await fetch("SELECT id FROM means_check WHERE application_id = $1", family.case)
    return row["id"]


def called_back(world: OutsideSandbox, check_id: object) -> list[Heard]:
    with listening() as (listener, url):
        world.means_call_back(check_id, url=f"{url}/callbacks/means-check")
        return listener.about(str(check_id), 1)


async def state(family: Family) -> str:
    (row,) = await fetch("SELECT state FROM means_check WHERE application_id = $1", family.case)
    return str(row["state"])


async def test_a_signed_answer_is_kept_and_its_replay_is_not(
    work: Casework, family: Family, outside_world: OutsideSandbox
) -> None:
    check_id = await asked(work, family)
    (heard,) = called_back(outside_world, check_id)
    assert await told(work, heard) == (200, {"outcome": "RECEIVED"})
    assert await told(work, heard) == (409, {"outcome": "REPLAYED"})
    (again,) = called_back(outside_world, check_id)
    assert await told(work, again) == (200, {"outcome": "KNOWN"})
    assert await state(family) == "ANSWERED"


async def test_an_answer_that_nobody_signed_changes_nothing(
    work: Casework, family: Family, outside_world: OutsideSandbox
) -> None:
    check_id = await asked(work, family)
    outside_world.means("BELOW", "bad_signature")
    (forged,) = called_back(outside_world, check_id)
    assert await told(work, forged) == (401, {"outcome": "FORBIDDEN"})
    outside_world.means("ABOVE")
    (heard,) = called_back(outside_world, check_id)
    changed = replace(heard, body=heard.body.replace(b"ABOVE", b"BELOW"))
    assert await told(work, changed) == (401, {"outcome": "FORBIDDEN"})
    assert await state(family) == "ASKED"


async def test_without_a_centre_there_is_no_such_address(
    work: Casework, family: Family, outside_world: OutsideSandbox
) -> None:
    (heard,) = called_back(outside_world, await asked(work, family))
    ports = replace(work.resources.ports, means=None)
    alone = replace(work, resources=replace(work.resources, ports=ports))
    assert await told(alone, heard) == (404, {"outcome": "NOT_FOUND"})
