"""A day's number series runs out: cases are received all the same, and numbered as soon as it is widened."""

from datetime import date

import asyncpg
import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend.kit import clock, ids
from integrations.demo.client import Client
from integrations.demo.walk import made_up_applicant
from tests.support.installation import Installation
from tests.support.traveller import Traveller
from tests.support.waiting import read_until

pytestmark = pytest.mark.xdist_group("journeys")

ELSEWHERE = "330114"
"""杭州市钱塘区, so that the numbers of other journeys keep their width."""


async def waiting(http: httpx2.AsyncClient, jinmin: Installation) -> float:
    told = await http.get(f"{jinmin.url}/metrics")
    [value] = [
        sample.value
        for family in text_string_to_metric_families(told.text)
        for sample in family.samples
        if sample.name == "jinmin_cases_without_number"
    ]
    return value


async def test_a_case_is_received_without_a_number_and_gets_it_when_the_series_is_widened(
    jinmin: Installation, http: httpx2.AsyncClient, rows: asyncpg.Pool
) -> None:
    person = made_up_applicant(ELSEWHERE)
    traveller = await Traveller(jinmin, Client(http, jinmin.url), person).confirmed_at_window()
    first = await traveller.draft()
    task_code = (await traveller.submit(first))["caseNumber"][:31]
    today: date = clock.today()
    await rows.execute(
        "UPDATE number_series SET last_serial = 9999 WHERE task_code = $1 AND day = $2", task_code, today
    )

    case = await traveller.draft()
    received = await traveller.submit(case)
    again = await traveller.client.ask("Application", id=case)

    assert (received["state"], received["caseNumber"], again["caseNumber"]) == ("SUBMITTED", None, None)
    assert received["submittedAt"] is not None
    assert [entry["kind"] for entry in again["timeline"]] == ["STARTED", "SUBMITTED"]
    assert await waiting(http, jinmin) == 1
    assert '"number_series_exhausted"' in (jinmin.data / "logs" / "api.log").read_text()

    widened = jinmin.command("numbers", task_code, today.isoformat(), "5")

    assert (widened.returncode, widened.stdout) == (0, "1 cases were numbered.\n")
    told = await read_until(
        lambda: traveller.client.ask("Application", id=case), lambda told: told["state"] == "COMPLETED"
    )
    assert told["caseNumber"] == f"{task_code}{today:%Y%m%d}10000"
    assert [entry["kind"] for entry in told["timeline"]][1:4] == ["SUBMITTED", "NUMBERED", "LODGED"]
    assert jinmin.zhejiang.held(told["caseNumber"])["effects"] == 1
    assert await waiting(http, jinmin) == 0
    assert jinmin.command("numbers", task_code, today.isoformat(), "5").stdout == "0 cases were numbered.\n"
    kept = await rows.fetchval(
        "SELECT case_number FROM application WHERE id = $1::uuid", ids.parse_node_id(first)[1]
    )
    assert kept == f"{task_code}{today:%Y%m%d}0001"
