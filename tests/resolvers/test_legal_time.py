"""Legal time over the API: a due date explains itself, and an officer of operations announces a year."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from backend.casework.legal_clock import end_of
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.kit import clock
from backend.kit.working_days import FIXED_HOLIDAYS, Calendar
from backend.resources import Resources
from backend.viewer import Citizen, Officer, OfficerRole, Viewer
from resolvers.pagination import global_id
from tests.support import cases
from tests.support.front import Front, only_value, trusted
from tests.support.people import ScriptedFaces, new_key
from tests.support.sandbox import OutsideSandbox

CLOCKS = """query ($id: ID!) { application(id: $id) {
  dueDate { on at provisional lines explanation standingSince }
  clocks { kind name step state mark startedOn days unit dueOn endedAt lines }
} }"""
OPERATIONS = Officer(uuid4(), uuid4(), uuid4(), "330000", frozenset({OfficerRole.OPERATIONS}))
FIXED = [f"2027-{month:02}-{day:02}" for month, day in sorted(FIXED_HOLIDAYS)]


@pytest.fixture
async def work(resources: Resources) -> Casework:
    made = cases.machine(replace(resources, ports=replace(resources.ports, faces=ScriptedFaces())))
    await cases.publish(made)
    return made


async def ask(
    work: Casework, viewer: Viewer, document: str, language: str = "en", **variables: object
) -> Any:
    return only_value(await Front(work, viewer, language).execute(document, **variables))


async def test_a_due_date_shows_its_reckoning_in_both_languages(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen: Citizen = await cases.proven(work.resources, outside_world)
    case = global_id("Application", await cases.submitted(citizen, work))
    today, due = clock.today(), Calendar().add_working_days(clock.today(), 10)
    told = await ask(work, citizen, CLOCKS, id=case)
    reckoning: Mapping[str, Any] = told["dueDate"]
    assert (reckoning["on"], reckoning["standingSince"]) == (due.isoformat(), None)
    assert reckoning["at"] == end_of(due)
    assert reckoning["lines"][:2] == [
        f"Day of receipt: {today}; that day is not counted.",
        "Promised limit: 10 working days.",
    ]
    assert reckoning["lines"][-1] == f"Due: the end of {due}."
    assert reckoning["explanation"] == "\n".join(reckoning["lines"])
    assert [(one["kind"], one["state"], one["mark"], one["days"]) for one in told["clocks"]] == [
        ("ACCEPTANCE", "RUNNING", "NONE", 10),
        ("FORWARD", "RUNNING", "NONE", 3),
        ("PROMISED", "RUNNING", "NONE", 10),
        ("STATUTORY", "RUNNING", "NONE", 20),
    ]
    assert told["clocks"][2]["lines"] == reckoning["lines"]
    chinese = await ask(work, citizen, CLOCKS, "zh-CN", id=case)
    assert chinese["dueDate"]["lines"][:2] == [f"收件日：{today}，当日不计入。", "承诺办结时限：10个工作日。"]
    assert chinese["clocks"][3]["name"] == "法定办结时限"


async def test_a_case_received_before_clocks_were_kept_has_its_plain_due_date(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    citizen = await cases.proven(work.resources, outside_world)
    application_id = await cases.submitted(citizen, work)
    await fetch("DELETE FROM case_clock")
    told = await ask(work, citizen, CLOCKS, id=global_id("Application", application_id))
    assert told["clocks"] == []
    assert told["dueDate"]["lines"][0] == f"Start: {clock.today()}; that day is not counted."


async def test_a_year_is_announced_and_seen_by_everybody(work: Casework) -> None:
    given = {
        "idempotencyKey": new_key(),
        "year": 2027,
        "source": "国办发明电〔2026〕7号",
        "daysOff": [*FIXED, "2027-02-05"],
        "makeUpDays": ["2027-01-31"],
    }
    told = await ask(work, OPERATIONS, trusted("AnnounceCalendar"), input=given)
    assert told == {
        "__typename": "AnnouncedYear",
        "year": 2027,
        "source": "国办发明电〔2026〕7号",
        "daysOff": sorted([*FIXED, "2027-02-05"]),
        "makeUpDays": ["2027-01-31"],
        "version": 1,
    }
    years = await ask(work, Citizen(uuid4(), uuid4(), None), trusted("AnnouncedYears"))
    assert [(one["year"], one["version"]) for one in years][-1] == (2027, 1)


async def test_a_calendar_that_cannot_be_true_names_its_fields(work: Casework) -> None:
    given = {
        "idempotencyKey": new_key(),
        "year": 2027,
        "source": "x",
        "daysOff": FIXED[1:],
        "makeUpDays": ["2027-02-01"],
    }
    told = await ask(work, OPERATIONS, trusted("AnnounceCalendar"), input=given)
    assert (told["__typename"], told["code"]) == ("Problem", "INVALID_INPUT")
    assert [one["path"] for one in told["fields"]] == [["input", "makeUpDays"], ["input", "daysOff"]]
    assert await fetch("SELECT FROM announced_year") == []


async def test_only_operations_announce(work: Casework) -> None:
    reviewer = replace(OPERATIONS, roles=frozenset({OfficerRole.REVIEW}))
    given = {
        "idempotencyKey": new_key(),
        "year": 2027,
        "source": "x",
        "daysOff": FIXED,
        "makeUpDays": [],
    }
    told = await ask(work, reviewer, trusted("AnnounceCalendar"), input=given)
    assert (told["__typename"], told["code"]) == ("Problem", "FORBIDDEN")
    assert await fetch("SELECT FROM announced_year") == []
