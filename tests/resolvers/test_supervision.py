"""Supervision over the API, by the documents that front ends send: found, asked, answered, closed, counted."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from backend.casework.legal_clock import end_of
from backend.casework.legal_time.due import mark_due
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.kit import clock
from backend.kit.working_days import Calendar
from backend.resources import Resources
from backend.supervision.rules import ALL
from backend.viewer import Anonymous, Officer, OfficerRole
from resolvers.pagination import global_id
from tests.support import cases
from tests.support.front import Outspoken
from tests.support.people import ScriptedFaces
from tests.support.sandbox import OutsideSandbox

SUPERVISOR = Officer(uuid4(), uuid4(), uuid4(), "330000", frozenset({OfficerRole.SUPERVISION}))
CLERK = Officer(uuid4(), uuid4(), uuid4(), cases.HOME, frozenset({OfficerRole.APPROVAL}))
INTAKE = replace(CLERK, roles=frozenset({OfficerRole.INTAKE}))


@pytest.fixture
async def work(resources: Resources) -> Casework:
    made = cases.machine(replace(resources, ports=replace(resources.ports, faces=ScriptedFaces())))
    await cases.publish(made)
    return made


@pytest.fixture
async def late(work: Casework, outside_world: OutsideSandbox) -> UUID:
    """A case over its promised limit."""
    case = await cases.submitted(await cases.proven(work.resources, outside_world), work)
    # Passed on to its province at once: the hand-over has a clock of its own.
    await fetch("UPDATE case_clock SET state = 'ENDED', next_at = NULL WHERE kind = 'FORWARD'")
    with clock.shifted(end_of(Calendar().add_working_days(clock.today(), 10)) - clock.now() + timedelta(1)):
        await mark_due(work.clock_reactors)
    return case


async def test_a_late_case_is_found_asked_about_answered_and_closed(work: Casework, late: UUID) -> None:
    supervisor, clerk, case = (
        Outspoken(work, SUPERVISOR, "en"),
        Outspoken(work, CLERK, "en"),
        global_id("Application", late),
    )
    (edge,) = (await supervisor.send("SupervisedCases"))["edges"]
    assert (edge["node"]["applicationId"], edge["node"]["itemName"], edge["node"]["light"]) == (
        case,
        "Old-age allowance",
        "RED",
    )
    seen = await supervisor.send("SupervisedCase", applicationId=case)
    assert [(one["rule"]["code"], one["light"], one["state"]) for one in seen["findings"]] == [
        ("acceptance_over_limit", "RED", "OPEN"),
        ("over_promised", "RED", "OPEN"),
    ]
    issued = await supervisor.do("IssueSupervisionOrder", applicationId=case, text="为何逾期？", days=5)
    assert (issued["kind"], issued["state"], issued["text"]) == ("SUPERVISE", "OPEN", "为何逾期？")
    waiting = [edge["node"] for edge in (await clerk.send("SupervisionOrders"))["edges"]]
    assert [one["kind"] for one in waiting] == ["SUPERVISE", "WARNING", "WARNING"]
    answered = await clerk.do("AnswerSupervisionOrder", orderId=issued["id"], answer="材料核查，明日办结。")
    assert (answered["state"], answered["answer"]) == ("ANSWERED", "材料核查，明日办结。")
    closed = await supervisor.do("CloseSupervisionOrder", orderId=issued["id"], satisfied=True)
    assert closed["state"] == "CLOSED"
    (row,) = await supervisor.send("SupervisionBoard", axis="ITEM")
    assert row == {
        "subject": cases.ITEM.base_code,
        "name": "Old-age allowance",
        "green": 0,
        "yellow": 0,
        "red": 1,
        "endedGreen": 0,
        "endedYellow": 0,
        "endedRed": 0,
        "ordersOpen": 2,
        "ordersLate": 0,
    }
    (organ,) = await supervisor.send("SupervisionBoard", axis="ORGAN", division=cases.HOME)
    assert (organ["subject"], organ["name"], organ["red"]) == (cases.ORGAN, cases.ORGAN_NAME, 1)


async def test_pages_of_cases_and_orders_follow_each_other(work: Casework, late: UUID) -> None:
    clerk = Outspoken(work, CLERK, "en")
    first = await clerk.send("SupervisionOrders", first=1)
    then = await clerk.send("SupervisionOrders", first=1, after=first["pageInfo"]["endCursor"])
    ids = {page["edges"][0]["node"]["id"] for page in (first, then)}
    assert (len(ids), then["pageInfo"]["hasNextPage"]) == (2, False)
    assert (await Outspoken(work, SUPERVISOR, "en").send("SupervisedCases", light="GREEN"))["edges"] == []
    assert late is not None


async def test_only_who_may_asks_and_answers(work: Casework, late: UUID) -> None:
    case = global_id("Application", late)
    for viewer in (CLERK, INTAKE):
        assert await Outspoken(work, viewer, "en").send("SupervisedCases") == "Forbidden"
        assert await Outspoken(work, viewer, "en").send("SupervisionBoard", axis="ORGAN") == "Forbidden"
        told = await Outspoken(work, viewer, "en").do(
            "IssueSupervisionOrder", applicationId=case, text="x", days=1
        )
        assert told["code"] == "FORBIDDEN"
    assert await Outspoken(work, INTAKE, "en").send("SupervisionOrders") == "Forbidden"
    elsewhere = Outspoken(work, replace(SUPERVISOR, division="440000"))
    assert await elsewhere.send("SupervisedCase", applicationId=case) is None
    assert (await elsewhere.send("SupervisedCases"))["edges"] == []
    told = await elsewhere.do("IssueSupervisionOrder", applicationId=case, text="x", days=1)
    assert told["code"] == "NOT_FOUND"


async def test_everybody_may_read_the_rules(work: Casework) -> None:
    told = await Outspoken(work, Anonymous(), "en").send("SupervisionRules")
    assert [one["code"] for one in told] == [rule.code for rule in ALL]
    assert told[0] == {
        "code": "near_limit",
        "name": "The limit is near",
        "light": "YELLOW",
        "source": "运行平台的监察规则",
        "standing": "practice",
        "warns": False,
    }
