"""The course of one case: drawn for a spot check or not, with levels delegated away, handed to the organ above."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.casework.applications.queries import Decision
from backend.casework.declaring.fields import MEANS_AUTHORISATION
from backend.casework.definitions import Form, Level, Parameter, Standing, Step, StepKind
from backend.casework.definitions.basis import Basis, UnsoundDefinition
from backend.casework.legal_time.models import ClockKind
from backend.casework.machine import Casework
from backend.casework.means_check.models import MeansCheck, MeansState
from backend.casework.reviews import steps
from backend.casework.reviews.sampling import LOTS, drawn
from backend.database.record import fetch
from backend.errors import Conflict, NotFound
from backend.kit import clock
from backend.kit.sealing import BlindIndex
from backend.means_ports import MeansAnswer, MeansQuestion
from backend.resources import Resources
from backend.viewer import Citizen, OfficerRole
from tests.support.cases import timeline
from tests.support.people import bound, new_key
from tests.support.reviews import LOCAL, SHORT, TOWNSHIP, handed_in, house, officer, open_tasks, town_officer
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox

R = OfficerRole
SHARE = Parameter(
    "spot_check_percent",
    LOCAL.steps[0].name,
    30,
    "percent",
    0,
    100,
    Basis(LOCAL.steps[0].name, "1", Standing.UNVERIFIED),
)
INTAKE, DECISION = SHORT.steps
SPOT = Step(
    "spot-check",
    StepKind.REVIEW,
    Level.COUNTY,
    LOCAL.steps[0].name,
    days=3,
    officers=2,
    sampled="spot_check_percent",
)
SAMPLED = replace(
    SHORT,
    base_code="000599990004",
    parameters=(*SHORT.parameters, SHARE),
    steps=(INTAKE, SPOT, replace(DECISION, days=5)),
)


async def act(case: UUID, step: str) -> dict[str, Any]:
    task = (await open_tasks(case))[step]
    return {"task_id": task["id"], "version": task["version"], "key": new_key()}


async def clocks(case: UUID) -> list[tuple[str, str]]:
    rows = await fetch(
        "SELECT step, state FROM case_clock WHERE application_id = $1 AND kind = $2 ORDER BY id",
        case,
        ClockKind.STEP.value,
    )
    return [(row["step"], row["state"]) for row in rows]


def test_lots_are_spread_evenly_cannot_be_foreseen_and_come_again() -> None:
    one, other = BlindIndex(b"1" * 32), BlindIndex(b"2" * 32)
    cases = [uuid4() for _ in range(4000)]
    lots = [drawn(one, case, "spot") for case in cases]
    assert lots == [drawn(one, case, "spot") for case in cases]
    assert all(0 <= lot < LOTS for lot in lots)
    tenths = Counter(lot * 10 // LOTS for lot in lots)
    assert min(tenths.values()) > 300
    assert max(tenths.values()) < 500
    for differently in (
        [drawn(other, case, "spot") for case in cases],
        [drawn(one, case, "2") for case in cases],
    ):
        assert sum(a == b for a, b in zip(lots, differently, strict=True)) < 20


def test_a_share_that_is_none_is_no_sampling() -> None:
    with pytest.raises(UnsoundDefinition, match="no share of 0 to 100 percent"):
        replace(SAMPLED, parameters=SHORT.parameters)
    with pytest.raises(UnsoundDefinition, match="wanted of every case"):
        replace(SAMPLED, steps=(INTAKE, SPOT, replace(DECISION, sampled="spot_check_percent")))


@pytest.mark.parametrize(("percent", "chosen"), [(100, True), (0, False)])
async def test_only_a_case_that_was_drawn_goes_through_the_spot_check(
    resources: Resources, outside_world: OutsideSandbox, percent: int, chosen: bool
) -> None:
    work = await house(resources, SAMPLED, spot_check_percent=percent)
    clerk = await officer("clerk", R.INTAKE, R.REVIEW, R.APPROVAL)
    case = await handed_in(await bound(work.resources, outside_world), work, SAMPLED)
    await steps.accept(clerk, work, **await act(case, "intake"))
    assert set(await open_tasks(case)) == ({"spot-check"} if chosen else {"decision"})
    assert await clocks(case) == [("spot-check" if chosen else "decision", "RUNNING")]
    (row,) = await fetch("SELECT lot, percent, chosen FROM case_sample")
    assert dict(row) == {
        "lot": drawn(resources.keys.blind_index, case, "spot-check"),
        "percent": percent,
        "chosen": chosen,
    }
    assert (await told(f"application:{case}")).count("sample_drawn") == 1
    if chosen:
        second = await officer("second", R.REVIEW)
        assert not await steps.pass_step(clerk, work, **await act(case, "spot-check"), finding="属实")
        with pytest.raises(Conflict):  # countersigned by somebody else, or not at all
            await steps.pass_step(clerk, work, **await act(case, "spot-check"), finding="属实")
        assert await steps.pass_step(second, work, **await act(case, "spot-check"), finding="属实")
    assert set(await open_tasks(case)) == {"decision"}
    assert (await clocks(case))[-1] == ("decision", "RUNNING")


async def test_a_level_that_is_delegated_away_has_no_task_and_no_clock(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    levels = replace(
        SHORT,
        base_code="000599990005",
        steps=(
            replace(INTAKE, level=Level.TOWNSHIP),
            Step("look", StepKind.REVIEW, Level.TOWNSHIP, INTAKE.name, days=2),
            Step("review", StepKind.REVIEW, Level.COUNTY, INTAKE.name, days=2),
            replace(DECISION, days=2, delegable_to=Level.TOWNSHIP),
        ),
    )
    work = await house(resources, levels)
    clerk = await town_officer("clerk", R.INTAKE, R.REVIEW, R.APPROVAL)
    case = await handed_in(await bound(work.resources, outside_world), work, levels, TOWNSHIP)
    await fetch("UPDATE application SET deciding_level = '5'")
    await steps.accept(clerk, work, **await act(case, "intake"))
    await steps.pass_step(clerk, work, **await act(case, "look"), finding="")
    assert [(step, task["place"]) for step, task in (await open_tasks(case)).items()] == [
        ("decision", TOWNSHIP)
    ]
    assert await clocks(case) == [("look", "ENDED"), ("decision", "RUNNING")]
    await steps.decide(
        clerk, work, **await act(case, "decision"), decision=Decision(True, None, "1号", None, None)
    )
    assert {state for _, state in await clocks(case)} == {"ENDED"}


async def test_a_step_is_handed_to_the_organ_above_with_a_reason(work: Casework, citizen: Citizen) -> None:
    clerk, county = await town_officer("clerk", R.INTAKE, R.REVIEW), await officer("county", *R)
    case = await handed_in(citizen, work, LOCAL, TOWNSHIP)
    with pytest.raises(Conflict):
        await steps.forward(clerk, work, **await act(case, "intake"), reason="疑难")
    await steps.accept(clerk, work, **await act(case, "intake"))
    at_hand = await act(case, "home-visit")
    for _ in range(2):
        await steps.forward(clerk, work, **at_hand, reason="疑难")
    task = (await open_tasks(case))["home-visit"]
    assert (task["place"], task["assignee_id"]) == ("310101", None)
    with pytest.raises(NotFound):
        await steps.pass_step(clerk, work, **await act(case, "home-visit"), finding="")
    with pytest.raises(Conflict):  # nobody is registered above the county
        await steps.forward(county, work, **await act(case, "home-visit"), reason="疑难")
    assert (await timeline(case))[-1] == "STEP_FORWARDED"
    rows = await fetch("SELECT state FROM review_task WHERE step_code = 'home-visit' ORDER BY id")
    assert [row["state"] for row in rows] == ["FORWARDED", "OPEN"]
    assert (await told(f"application:{case}")).count("step_forwarded") == 1


class SilentCentre:
    """A centre for household means that has heard of every case and says nothing."""

    async def ask(self, question: MeansQuestion) -> None:
        pass

    async def answer(self, check_id: UUID) -> MeansAnswer | None:  # noqa: ARG002 - the name of the port
        return None

    def read_callback(
        self, *, method: str, path: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> tuple[MeansAnswer, str]:
        raise NotImplementedError


async def test_where_a_centre_is_connected_only_a_good_answer_carries_the_case(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    means = Step("means-check", StepKind.MEANS_CHECK, Level.COUNTY, INTAKE.name)
    asked = Form((*SHORT.form.fields, replace(MEANS_AUTHORISATION, required=False)))
    checked = replace(SHORT, base_code="000599990006", form=asked, steps=(INTAKE, means, DECISION))
    connected = replace(resources, ports=replace(resources.ports, means=SilentCentre()))
    work = await house(connected, checked)
    clerk = await officer("clerk", *R)
    case = await handed_in(await bound(work.resources, outside_world), work, checked)
    await steps.accept(clerk, work, **await act(case, "intake"))
    with pytest.raises(Conflict):
        await steps.pass_step(clerk, work, **await act(case, "means-check"), finding="")
    await MeansCheck.create(
        application_id=case,
        number=1,
        state=MeansState.ANSWERED,
        open=False,
        begun_by="machine:test",
        missing=0,
        next_at=clock.now(),
        valid_until=clock.today(),
    )
    assert await steps.pass_step(clerk, work, **await act(case, "means-check"), finding="")
    yes = Decision(True, None, "1号", None, None)
    with clock.shifted(timedelta(days=1)), pytest.raises(Conflict):
        await steps.decide(clerk, work, **await act(case, "decision"), decision=yes)
    assert await steps.decide(clerk, work, **await act(case, "decision"), decision=yes)
