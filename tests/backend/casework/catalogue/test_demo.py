from dataclasses import replace
from datetime import date

from backend.casework.catalogue.actions import publish_editions, was_published
from backend.casework.catalogue.conformity import deviations
from backend.casework.catalogue.demo import COUNTIES, demo_editions, demo_organ, demo_organ_name, digest_of
from backend.casework.catalogue.drafts import EditionDraft
from backend.casework.catalogue.pilots import PILOT_REGIONS
from backend.casework.catalogue.reports import Incoming, Place
from backend.casework.machine import Casework
from backend.domains import standards
from backend.kit import regions
from tests.support.catalogue import MEALS


def test_every_item_is_offered_in_every_province_and_in_a_county_of_every_pilot_region() -> None:
    whole = standards()
    drafts = demo_editions(whole)
    assert len(drafts) == len(whole.by_code) * (1 + 31 + len(COUNTIES))
    assert all(any(regions.within(code, pilot.division) for code in COUNTIES) for pilot in PILOT_REGIONS)
    assert all(deviations(whole.get(draft.item_code), draft) == () for draft in drafts)


def test_organs_are_named_as_organs_are() -> None:
    named = [
        demo_organ_name(place)
        for place in map(regions.get, ("330000", "310000", "330521", "330114"))
        if place
    ]
    assert named == ["浙江省民政厅", "上海市民政局", "德清县民政局", "杭州市钱塘区民政局"]


async def test_demo_editions_are_published_once_and_own_ones_take_precedence(work: Casework) -> None:
    own = EditionDraft(MEALS.base_code, "330521", date(2026, 1, 1), promised_days=2)
    drafts = demo_editions(work.standards, [own])
    digest = digest_of(drafts)
    assert await was_published(digest) is False
    rows = [Incoming(Place(number), draft) for number, draft in enumerate(drafts, 1)]
    report = await publish_editions(work, rows, actor="machine:test", digest=digest)
    assert (report.added, await was_published(digest)) == (len(drafts), True)
    offered = await work.catalogue.offered(MEALS.base_code, "330521")
    assert (offered.promised_days, offered.organ.credit_code) == (2, demo_organ("330000"))
    assert digest_of(demo_editions(work.standards, [replace(own, promised_days=3)])) != digest
