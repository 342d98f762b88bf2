"""Officers decide what they saw, and stand in nobody's way meanwhile."""

import asyncio
from dataclasses import replace

import pytest

from backend.database.record import fetch, transaction
from backend.errors import Conflict
from backend.providers.organisations.actions import submit
from backend.providers.organisations.kinds import LicenceKind
from backend.providers.organisations.papers import add_paper
from backend.providers.organisations.reviewing import decide
from backend.providers.places.actions import list_place
from backend.resources import Resources
from tests.support.cases import picture, proven
from tests.support.people import ScriptedFaces, new_key
from tests.support.providers import LISTING, approve_all, open_reviews, registered, reviewer, working
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox
from tests.support.waiting import eventually


@pytest.fixture
def house(resources: Resources) -> Resources:
    return replace(resources, ports=replace(resources.ports, faces=ScriptedFaces()))


async def somebody_waits() -> bool:
    return bool(
        await fetch(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )


async def test_an_officer_who_waits_for_a_place_holds_no_review_of_it(
    house: Resources, outside_world: OutsideSandbox
) -> None:
    provider = await working(house, await proven(house, outside_world))
    place = await list_place(
        provider, place_id=None, version=None, listing=LISTING, idempotency_key=new_key()
    )
    review = (await open_reviews(provider.organisation_id))["LISTING"]
    held, officer_waits = asyncio.Event(), asyncio.Event()

    async def hand_in() -> None:
        async with transaction() as tx:
            await tx.execute("SELECT 1 FROM place WHERE id = $1 FOR NO KEY UPDATE", place)
            held.set()
            await officer_waits.wait()
            await tx.execute("SELECT 1 FROM provider_review WHERE id = $1 FOR NO KEY UPDATE NOWAIT", review)
            await tx.execute("UPDATE provider_review SET state = 'OVERTAKEN' WHERE id = $1", review)

    handing_in = asyncio.create_task(hand_in())
    await held.wait()
    deciding = asyncio.create_task(
        decide(reviewer(), review_id=review, approve=True, reason="", idempotency_key=new_key())
    )
    await eventually(somebody_waits)
    officer_waits.set()
    answers = await asyncio.gather(handing_in, deciding, return_exceptions=True)
    assert [type(one) for one in answers] == [type(None), Conflict]
    [row] = await fetch("SELECT approved FROM place")
    assert row["approved"] is False


async def test_a_paper_stays_as_it_is_while_officers_look_at_it_and_the_trail_tells_of_each(
    house: Resources, outside_world: OutsideSandbox
) -> None:
    provider = await registered(house, await proven(house, outside_world))

    async def hand_in(licence: LicenceKind) -> None:
        await add_paper(provider, house, licence=licence, content=picture(7), idempotency_key=new_key())

    await submit(provider, about=None, idempotency_key=new_key())
    [before] = await fetch("SELECT file_key, sha256 FROM organisation_paper")
    with pytest.raises(Conflict, match="while a review is open"):
        await hand_in(LicenceKind.ELDERLY_CARE)
    assert await fetch("SELECT file_key, sha256 FROM organisation_paper") == [before]
    assert await house.ports.files.get(before["file_key"])
    assert await count("unclaimed_file") == 0
    await hand_in(LicenceKind.CEMETERY)  # nobody was shown another one
    await approve_all(provider)
    await hand_in(LicenceKind.ELDERLY_CARE)
    assert [
        one
        for one in await told(f"organisation:{provider.organisation_id}")
        if one.startswith("organisation_paper")
    ] == ["organisation_paper_added"] * 3
