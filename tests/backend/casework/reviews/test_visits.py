"""Home visits: on record once however often they are sent, and opened by the key that took over."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from backend.casework.machine import Casework
from backend.casework.reviews import records, steps
from backend.casework.reviews.records import Visit
from backend.database.record import fetch
from backend.errors import NotFound
from backend.keys import Keys
from backend.kit.sealing import KeyRing, Suite
from backend.resealing import reseal
from backend.viewer import Citizen, Officer, OfficerRole
from integrations.demo.walk import drawn_card
from tests.support.people import new_key
from tests.support.reviews import LOCAL, TOWNSHIP, handed_in, open_tasks, town_officer

NEW = b"n" * 32
SEEN = Visit(31.23, 121.48, datetime(2026, 11, 24, 2, tzinfo=UTC), "独居")


@pytest.fixture
async def visitor() -> Officer:
    return await town_officer("visitor", OfficerRole.INTAKE, OfficerRole.REVIEW)


async def task(case: UUID, step: str) -> dict[str, Any]:
    found = (await open_tasks(case))[step]
    return {"task_id": found["id"], "version": found["version"]}


async def visited(work: Casework, citizen: Citizen, visitor: Officer, *, key: str) -> UUID:
    case = await handed_in(citizen, work, LOCAL, TOWNSHIP)
    await steps.accept(visitor, work, **await task(case, "intake"), key=new_key())
    told: dict[str, Any] = {**await task(case, "home-visit"), "visit": SEEN, "photos": [drawn_card()] * 2}
    first = await records.record_visit(visitor, work, **told, key=key)
    assert await records.record_visit(visitor, work, **told, key=key) == first
    return first


async def test_a_visit_sent_twice_is_the_same_visit(
    work: Casework, citizen: Citizen, visitor: Officer
) -> None:
    first = await visited(work, citizen, visitor, key=new_key())
    assert [row["id"] for row in await fetch("SELECT id FROM home_visit")] == [first]
    files, ring = work.resources.ports.files, work.resources.keys.ring
    for name in (f"visits/{first}/0", f"visits/{first}/1"):
        assert ring.open_bytes(await files.get(name), context=f"home_visit.photo:{name}") == drawn_card()
    with pytest.raises(NotFound):
        await files.get(f"visits/{first}/2")


async def test_photographs_of_a_visit_are_sealed_with_the_key_that_takes_over(
    work: Casework, citizen: Citizen, visitor: Officer, keys: Keys
) -> None:
    first = await visited(work, citizen, visitor, key=new_key())
    files = work.resources.ports.files
    told = await reseal(KeyRing({**keys.ring.keys, "k9": NEW}, "k9", Suite.SM4_GCM), files)
    assert told.unopened == []
    only_new = KeyRing({"k9": NEW}, "k9", Suite.SM4_GCM)
    name = f"visits/{first}/1"
    assert only_new.open_bytes(await files.get(name), context=f"home_visit.photo:{name}") == drawn_card()
