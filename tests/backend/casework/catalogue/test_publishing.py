import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from backend.casework.catalogue.actions import CHUNK, publish_edition, publish_editions
from backend.casework.catalogue.compose import Delegate, ParameterValue
from backend.casework.catalogue.current import current_version
from backend.casework.catalogue.drafts import EditionDraft
from backend.casework.catalogue.reports import Change, FieldChange, Incoming, Place, RefusedRows
from backend.casework.catalogue.scope import Scope
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import NotFound, ProblemCode
from backend.kit import clock
from tests.support.catalogue import (
    BATHS,
    CITY_ORGAN,
    COUNTY_ORGAN,
    MEALS,
    OTHER_ORGAN,
    PROVINCE_ORGAN,
)
from tests.support.rows import count, told

SINCE = date(2026, 1, 1)
PROVINCE = EditionDraft(
    MEALS.base_code,
    "330000",
    SINCE,
    promised_days=12,
    organ_credit_code=PROVINCE_ORGAN,
    organ_name="浙江省民政厅",
    organ_level="2",
    hall_zh="省厅大厅",
    guidance_zh="全省适用。",
    guidance_en="All over the province.",
    local_catalog_code="ZJ-1",
    local_task_code="ZJ-1-2",
)
COUNTY = EditionDraft(
    MEALS.base_code,
    "330521",
    SINCE,
    parameters={"minimum_age": 65},
    promised_days=10,
    organ_credit_code=COUNTY_ORGAN,
    organ_name="德清县民政局",
    organ_level="4",
    hours_zh="工作日9时至17时",
)


async def publish(work: Casework, *drafts: EditionDraft, **how: Any) -> Any:
    rows = [Incoming(Place(number), draft) for number, draft in enumerate(drafts, 1)]
    return await publish_editions(work, rows, actor="machine:test", digest="0" * 64, **how)


async def refused(work: Casework, *drafts: EditionDraft, **how: Any) -> Sequence[tuple[int, str]]:
    before = await count("edition"), await current_version()
    with pytest.raises(RefusedRows) as caught:
        await publish(work, *drafts, **how)
    assert (await count("edition"), await current_version()) == before
    assert await count("catalogue_batch") == min(before[0], 1)
    return [(problem.place.row, problem.field) for problem in caught.value.problems]


async def test_the_nearest_level_wins_field_by_field(work: Casework) -> None:
    await publish(work, PROVINCE, COUNTY)
    offered = await work.catalogue.offered(MEALS.base_code, "330521")
    age, monthly, list_code = MEALS.parameters
    assert offered.parameters == (
        ParameterValue(age, 65, "330521"),
        ParameterValue(monthly, 10_000, "000000"),
        ParameterValue(list_code, "A", "000000"),
    )
    assert (offered.promised_days, offered.organ.name) == (10, "德清县民政局")
    assert offered.task_code == f"{COUNTY_ORGAN}4{MEALS.base_code}"
    assert (offered.hall.zh, offered.hall.en) == ("省厅大厅", "省厅大厅")
    assert offered.hours.zh == "工作日9时至17时"
    assert (offered.guidance_zh, offered.guidance_en) == ("全省适用。", "All over the province.")
    assert (offered.edition_division, offered.edition_version) == ("330521", 1)
    # The province's own base code holds in the county; its task code belonged to the province's organ.
    assert (offered.local_catalog_code, offered.local_task_code) == ("ZJ-1", "")


async def test_all_four_levels_inherit_from_the_ministry_down(work: Casework) -> None:
    nation = EditionDraft(MEALS.base_code, "000000", SINCE, enquiries="12345", complaints="12345")
    city = replace(COUNTY, division="330500", organ_credit_code=CITY_ORGAN, organ_level="3", promised_days=11)
    below = EditionDraft(MEALS.base_code, "330521", SINCE, delegate_name="武康街道办事处", delegate_level="5")
    await publish(work, nation, PROVINCE, city, below)
    offered = await work.catalogue.offered(MEALS.base_code, "330521")
    assert (offered.enquiries, offered.promised_days, offered.organ.level) == ("12345", 11, "3")
    assert offered.organ.delegate == Delegate("", "武康街道办事处", "5")
    assert offered.task_code == f"{CITY_ORGAN}3{MEALS.base_code}"


async def test_where_no_level_names_an_organ_the_item_is_not_offered(work: Casework) -> None:
    await publish(work, COUNTY)
    with pytest.raises(NotFound) as elsewhere:
        await work.catalogue.offered(MEALS.base_code, "330110")
    with pytest.raises(NotFound) as unknown:
        await work.catalogue.offered("999999999999", "330521")
    with pytest.raises(NotFound) as nowhere:
        await work.catalogue.offered(MEALS.base_code, "330103")  # abolished in 2021
    assert [problem.value.code for problem in (elsewhere, unknown, nowhere)] == [
        ProblemCode.WRONG_DIVISION,
        ProblemCode.UNKNOWN_ITEM,
        ProblemCode.UNKNOWN_DIVISION,
    ]
    assert list(await work.catalogue.all_offered("330521")) == [MEALS.base_code]


async def test_publishing_again_what_is_said_already_changes_nothing(work: Casework) -> None:
    first = await publish(work, PROVINCE, COUNTY)
    again = await publish(work, COUNTY, PROVINCE)
    assert (first.rows, first.added, first.changed, first.unchanged) == (2, 2, 0, 0)
    assert (again.rows, again.added, again.changed, again.unchanged) == (2, 0, 0, 2)
    assert (await count("edition"), await count("catalogue_batch"), await current_version()) == (2, 1, 1)


async def test_a_change_is_a_new_version_told_field_by_field_and_read_at_once(work: Casework) -> None:
    await publish(work, COUNTY)
    before = await work.catalogue.offered(MEALS.base_code, "330521")
    newer = replace(COUNTY, parameters={"minimum_age": 70}, hours_zh="")
    report = await publish(work, newer)
    assert report.changes == (
        Change(
            Place(1),
            MEALS.base_code,
            "330521",
            (
                FieldChange("parameters", {"minimum_age": 65}, {"minimum_age": 70}),
                FieldChange("hours_zh", "工作日9时至17时", ""),
            ),
        ),
    )
    after = await work.catalogue.offered(MEALS.base_code, "330521")
    assert (before.edition_version, after.edition_version) == (1, 2)
    assert (before.figures["minimum_age"], after.figures["minimum_age"]) == (65, 70)
    assert (after.hours.zh, await work.catalogue.version()) == ("", 2)
    assert before.edition_id != after.edition_id  # the first version is still there for cases that pinned it
    assert await count("edition") == 2


async def test_dates_decide_which_version_counts(work: Casework) -> None:
    today = clock.today()
    soon, later = today + timedelta(days=10), today + timedelta(days=20)
    await publish(
        work,
        COUNTY,
        replace(COUNTY, in_force_from=soon, in_force_until=later, promised_days=5),
    )

    async def promised(in_days: int) -> int:
        with clock.shifted(timedelta(days=in_days)):
            return (await work.catalogue.offered(MEALS.base_code, "330521")).promised_days

    # A summer rule that ends: before and after it the rule without end holds.
    assert [await promised(days) for days in (0, 9, 10, 20, 21, 0)] == [10, 10, 5, 5, 10, 10]
    # A later correction of the older rule does not hide the summer rule.
    await publish(work, replace(COUNTY, promised_days=9))
    assert [await promised(days) for days in (0, 10, 21)] == [9, 5, 9]


async def test_every_wrong_row_is_named_and_none_is_published(work: Casework) -> None:
    await publish(work, PROVINCE)
    wrong = await refused(
        work,
        COUNTY,
        replace(COUNTY, division="330110", promised_days=99, parameters={"minimum_age": 1}),
        replace(COUNTY, division="999999"),
    )
    assert set(wrong) == {
        (2, "parameters.minimum_age"),
        (2, "promised_days"),
        (3, "division"),
        (3, "organ_level"),
    }


async def test_the_same_edition_may_not_stand_in_a_list_twice(work: Casework) -> None:
    assert await refused(work, COUNTY, PROVINCE, replace(COUNTY, promised_days=9)) == [(3, "in_force_from")]


async def test_a_county_does_not_promise_longer_than_its_province(work: Casework) -> None:
    county = replace(COUNTY, promised_days=13)
    assert await refused(work, county, PROVINCE) == [(1, "promised_days")]  # in one list, in any order
    await publish(work, PROVINCE)
    assert await refused(work, county) == [(1, "promised_days")]
    # What the province said before its newest edition no longer binds.
    await publish(work, replace(PROVINCE, in_force_from=date(2026, 2, 1), promised_days=14))
    await publish(work, replace(county, in_force_from=date(2026, 2, 1)))
    # And a province that shortens its promise later shortens it for its counties.
    await publish(work, replace(PROVINCE, in_force_from=date(2026, 2, 1), promised_days=7))
    assert (await work.catalogue.offered(MEALS.base_code, "330521")).promised_days == 7


async def test_a_preview_tells_everything_and_keeps_nothing(work: Casework) -> None:
    report = await publish(work, PROVINCE, COUNTY, dry_run=True)
    assert (report.added, len(report.changes)) == (2, 2)
    assert (await count("edition"), await count("audit_entry"), await current_version()) == (0, 0, 0)


async def test_an_officer_publishes_within_the_division_and_for_the_own_organ(work: Casework) -> None:
    scope = Scope("330521", COUNTY_ORGAN)
    assert await refused(work, replace(COUNTY, division="330522"), scope=scope) == [(1, "division")]
    other = replace(COUNTY, organ_credit_code=OTHER_ORGAN, organ_name="德清县教育局")
    assert await refused(work, other, scope=scope) == [(1, "organ_credit_code")]
    await publish(work, COUNTY, scope=scope)
    assert await refused(
        work,
        replace(COUNTY, organ_credit_code="", organ_name="", organ_level=""),
        scope=Scope("330521", OTHER_ORGAN),
    ) == [(1, "organ_credit_code")]
    # The province is in charge of its counties' editions, whatever organ they name.
    await publish(work, other, scope=Scope("330000", PROVINCE_ORGAN))
    assert (await work.catalogue.offered(MEALS.base_code, "330521")).organ.name == "德清县教育局"


async def test_what_was_published_is_audited_with_its_digest(work: Casework) -> None:
    await publish(work, COUNTY)
    (batch,) = await told_batches()
    assert await told(f"catalogue:{batch}") == ["editions_published"]


async def told_batches() -> Sequence[str]:
    return [str(row["id"]) for row in await fetch("SELECT id FROM catalogue_batch")]


async def test_a_single_edition_says_whether_it_changed_anything(work: Casework) -> None:
    assert await publish_edition(work, COUNTY, actor="machine:test") is True
    assert await publish_edition(work, COUNTY, actor="machine:test") is False


async def test_items_are_told_apart(work: Casework) -> None:
    await publish(work, COUNTY, replace(COUNTY, item_code=BATHS.base_code, promised_days=3))
    offered = await work.catalogue.all_offered("330521")
    assert {code: one.promised_days for code, one in offered.items()} == {
        MEALS.base_code: 10,
        BATHS.base_code: 3,
    }


async def test_another_process_hears_of_a_change_at_once(work: Casework) -> None:
    other = replace(work)
    async with other.catalogue.following(work.resources.shared):
        await publish(work, COUNTY)
        assert (await other.catalogue.offered(MEALS.base_code, "330521")).promised_days == 10
        await asyncio.sleep(0.2)  # until it listens
        await publish(work, replace(COUNTY, promised_days=8))
        await asyncio.sleep(0.1)  # far below the second after which it would ask by itself
        assert (await other.catalogue.offered(MEALS.base_code, "330521")).promised_days == 8


async def test_without_redis_another_process_finds_out_within_a_second(
    work: Casework, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.casework.catalogue.current.FRESH_SECONDS", 0.05)
    other = replace(work)
    await publish(work, COUNTY)
    assert (await other.catalogue.offered(MEALS.base_code, "330521")).promised_days == 10
    await publish(work, replace(COUNTY, promised_days=8))
    await asyncio.sleep(0.06)
    assert (await other.catalogue.offered(MEALS.base_code, "330521")).promised_days == 8


async def test_a_long_list_tells_how_far_it_is(work: Casework) -> None:
    drafts = [
        EditionDraft(MEALS.base_code, "330521", SINCE + timedelta(days=day), promised_days=1 + day % 9)
        for day in range(2 * CHUNK + 500)
    ]
    told_of: list[int] = []
    report = await publish(work, *drafts, dry_run=True, progress=told_of.append)
    assert told_of == [CHUNK, 2 * CHUNK, 2 * CHUNK + 500]
    assert (report.rows, report.added) == (2 * CHUNK + 500, 2 * CHUNK + 500)
    assert await count("edition") == 0
