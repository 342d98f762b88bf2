"""Facts and figures: appended with the event, folded once, and made anew to the same values."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from backend.casework.applications.events import record_event
from backend.casework.declaring.codes import OLD_AGE_ALLOWANCE
from backend.casework.evaluations.actions import evaluate_application
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database.record import fetch, transaction
from backend.kit import clock
from backend.resources import Resources
from backend.statistics.counting import rebuild_facts
from backend.statistics.folding import fold, rebuild_figures
from backend.statistics.models import PracticeWindow
from backend.viewer import Citizen, Machine
from tests.support import cases
from tests.support import statistics as told
from tests.support.people import new_key
from tests.support.sandbox import OutsideSandbox

_FACT = (
    "application_id, sequence, kind, item_code, division, month, area, sex, age_band, mark, cases, people, stock,"
    " stock_people, standard_fen"
)
_FIGURE = (
    "division, month, kind, item_code, mark, area, sex, age_band, imported, cases, people, stock, stock_people,"
    " standard_fen"
)


@pytest.fixture
async def work(resources: Resources) -> Casework:
    return await told.counting_house(resources)


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)


async def facts() -> list[Mapping[str, Any]]:
    rows = await fetch(f"SELECT {_FACT} FROM statistics_fact ORDER BY application_id, sequence")  # noqa: S608 - constants of ours
    return [dict(row) for row in rows]


async def figures() -> list[Mapping[str, Any]]:
    rows = await fetch(f"SELECT {_FIGURE} FROM statistics_figure ORDER BY {_FIGURE}")  # noqa: S608 - constants of ours
    return [dict(row) for row in rows]


async def move(work: Casework, case: Any, kind: CaseEventKind, before: CaseState) -> None:
    async with transaction() as tx:
        await record_event(tx, work, case, kind, before=before, actor=Machine("test"))


async def test_facts_and_figures_are_made_anew_to_the_same_values(
    work: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    first = await told.approved(work, citizen)
    await move(work, first, CaseEventKind.RESULT_ISSUED, CaseState.APPROVED)
    await evaluate_application(
        citizen, work, application_id=first, level=4, comment=None, idempotency_key=new_key()
    )
    await told.approved(work, citizen)  # the same benefit again: one recipient
    await move(work, first, CaseEventKind.BENEFIT_ENDED, CaseState.COMPLETED)
    other = await cases.proven(work.resources, outside_world)
    refused = await told.received(work, other)
    await move(work, refused, CaseEventKind.WITHDRAWN, CaseState.SUBMITTED)
    await told.approved(work, other)
    kept = await facts()
    assert [
        (one["kind"], one["mark"], one["stock"], one["standard_fen"])
        for one in kept
        if one["application_id"] == first
    ] == [
        ("SUBMITTED", "ONLINE", 0, 0),
        ("ACCEPTED", "", 0, 0),
        ("APPROVED", "", 1, 10_000),
        ("RESULT_ISSUED", "ON_TIME", 0, 0),
        ("EVALUATED", "4", 0, 0),
        ("BENEFIT_ENDED", "", -1, -10_000),
    ]
    assert sum(one["stock"] for one in kept) == 1
    assert (await fold(), await fold()) == (len(kept), 0)
    folded = await figures()
    assert sum(one["cases"] for one in folded) == len(kept)
    assert await rebuild_facts(work.standards, work.resources.keys.ring) == len(kept)
    assert await facts() == kept
    assert await rebuild_figures() == len(folded)
    assert await figures() == folded
    assert await fold() == 0


async def test_folding_beside_itself_counts_each_fact_once(work: Casework, citizen: Citizen) -> None:
    await told.approved(work, citizen)
    assert sum(await asyncio.gather(fold(), fold(), rebuild_figures())) >= 3
    assert sum(one["cases"] for one in await figures()) == 3


async def test_cases_of_a_practice_window_count_nowhere(work: Casework, citizen: Citizen) -> None:
    await PracticeWindow.create(
        division="330500",
        since=clock.now(),
        until=clock.now() + (clock.now() - clock.now().replace(year=2020)),
        announced_by="machine:test",
    )
    await told.approved(work, citizen)
    assert await facts() == []
    assert await rebuild_facts(work.standards, work.resources.keys.ring) == 0


async def test_a_fact_goes_with_its_event(work: Casework, citizen: Citizen) -> None:
    case = await told.received(work, citizen)

    async def broken() -> None:
        async with transaction() as tx:
            await record_event(
                tx,
                work,
                case,
                CaseEventKind.ACCEPTED,
                before=CaseState.SUBMITTED,
                actor=Machine("test"),
            )
            raise LookupError("nobody")

    with pytest.raises(LookupError, match="nobody"):
        await broken()
    assert [one["kind"] for one in await facts()] == ["SUBMITTED"]
    assert (await facts())[0]["item_code"] == OLD_AGE_ALLOWANCE
