"""共享查询: no department is asked without consent, nobody more than is needed, and nobody asks the citizen again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from backend.casework.machine import Casework
from backend.casework.pre_check import pre_check
from backend.database.record import fetch
from backend.domains import standards
from backend.errors import Forbidden, NotFound, ProblemCode, StepUpNeeded, TooMany
from backend.exchange import sharing
from backend.exchange.sharing import HOLDINGS, ask_shared, basis_of, known_by_others
from backend.kit import clock
from backend.people.identity.queries import facts_of
from backend.sharing_ports import FACTS, Matter
from backend.viewer import Citizen
from tests.support import cases
from tests.support.people import bound, new_key
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox, plain_client

SUBSIDY = next(
    item
    for item in standards().by_code.values()
    if any("disability_grade" in rule.needs for rule in item.rules)
)
"""残疾人两项补贴: its rules want the certificate's grade, which the federation holds."""


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> AsyncIterator[Citizen]:
    citizen = await cases.proven(work.resources, outside_world)
    number = (await facts_of(citizen.person_id, work.resources)).resident_id  # type: ignore[arg-type]  # proven
    for fact, value in (("disability_grade", "2"), ("disability_kind", "visual")):
        told = {"number": number, "fact": fact, "value": value}
        plain_client().post(f"{outside_world.url}/admin/sharing/records", json=told).raise_for_status()
    yield citizen
    plain_client().post(f"{outside_world.url}/admin/sharing/scenario", json={"mode": "normal"})


def calls(world: OutsideSandbox) -> list[dict[str, Any]]:
    """What the other side has written down."""
    answer = plain_client().get(f"{world.url}/admin/sharing/calls", params={"purpose": SUBSIDY.base_code})
    found: list[dict[str, Any]] = answer.json()
    return found


async def test_a_call_has_purpose_basis_and_consent_on_both_sides_and_asks_no_more_than_is_needed(
    work: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    before = len(calls(outside_world))
    found = await ask_shared(citizen, work, item=SUBSIDY, consented=True, idempotency_key=new_key())

    assert found.unanswered == []
    grade = next(fact for fact in found.facts if fact.name == "disability_grade")
    assert (grade.matter, grade.value.zh) == (Matter.DISABILITY, "二级")
    new = calls(outside_world)[before:]
    kept = await fetch(
        "SELECT id, matter, facts, basis, consent_id, answer_sealed FROM shared_call ORDER BY id"
    )
    assert sorted(one["call_id"] for one in new) == sorted(str(row["id"]) for row in kept)
    assert {one["legal_basis"] for one in new} == {row["basis"] for row in kept} == {basis_of(SUBSIDY)}
    assert {one["consent"] for one in new} == {str(row["consent_id"]) for row in kept}
    wanted = {fact for fact in (*SUBSIDY.known_facts, *SUBSIDY.organ_facts) if fact in FACTS}
    assert {fact for one in new for fact in one["fields"]} <= wanted
    assert all("visual" not in row["answer_sealed"] for row in kept)
    trail = await told(f"person:{citizen.person_id}")
    assert trail.count("shared_data_asked") == len(new)
    assert trail.count("sharing_consented") == 1
    (holding,) = HOLDINGS
    own: Any = await holding.tell(work.resources, citizen.person_id)  # type: ignore[arg-type]  # proven
    assert {one["matter"] for one in own} == {row["matter"] for row in kept}


async def test_the_pre_check_no_longer_asks_for_what_the_state_holds(
    work: Casework, citizen: Citizen
) -> None:
    person = await facts_of(citizen.person_id, work.resources)  # type: ignore[arg-type]  # proven

    async def questions() -> set[str]:
        checked = pre_check(
            SUBSIDY,
            {one.name: one.default for one in SUBSIDY.parameters},
            person=person,
            answers={},
            assumptions={},
            division=cases.HOME,
            today=clock.today(),
            shared=await known_by_others(citizen, work, SUBSIDY),
        )
        return {question.field.name for question in checked.questions}

    before = await questions()
    assert "disability_grade" in before
    await ask_shared(citizen, work, item=SUBSIDY, consented=True, idempotency_key=new_key())
    after = await questions()
    assert before - after >= {"disability_grade"}
    assert await known_by_others(citizen, work, cases.ITEM) == {}, "for no other end"
    await fetch("UPDATE shared_call SET created_at = created_at - interval '25 hours'")
    assert await questions() == before


async def test_without_consent_or_a_platform_nobody_is_asked(
    work: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    before = calls(outside_world)
    with pytest.raises(Forbidden) as refused:
        await ask_shared(citizen, work, item=SUBSIDY, consented=False, idempotency_key=new_key())
    assert refused.value.code is ProblemCode.CONSENT_NEEDED
    ports = replace(work.resources.ports, sharing=None)
    alone = replace(work, resources=replace(work.resources, ports=ports))
    with pytest.raises(NotFound):
        await ask_shared(citizen, alone, item=SUBSIDY, consented=True, idempotency_key=new_key())
    assert calls(outside_world) == before
    assert await fetch("SELECT id FROM shared_call") == []


async def test_whoever_only_told_a_name_and_a_number_is_told_nothing_that_departments_hold(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    named = await bound(work.resources, outside_world)
    before = calls(outside_world)
    with pytest.raises(StepUpNeeded):
        await ask_shared(named, work, item=SUBSIDY, consented=True, idempotency_key=new_key())
    assert calls(outside_world) == before
    assert await fetch("SELECT id FROM shared_call") == []


async def test_departments_are_asked_about_one_person_so_often_and_no_more(
    work: Casework, citizen: Citizen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "QUESTIONS", "1/hour")
    await ask_shared(citizen, work, item=SUBSIDY, consented=True, idempotency_key=new_key())
    asked = await fetch("SELECT id FROM shared_call ORDER BY id")
    with pytest.raises(TooMany):
        await ask_shared(citizen, work, item=SUBSIDY, consented=True, idempotency_key=new_key())
    assert await fetch("SELECT id FROM shared_call ORDER BY id") == asked


async def test_the_same_wish_twice_is_one_call(
    work: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    before, key = len(calls(outside_world)), new_key()
    first, *others = [
        await ask_shared(citizen, work, item=SUBSIDY, consented=True, idempotency_key=key) for _ in range(2)
    ]
    assert others == [first]
    assert len(calls(outside_world)) - before == len(await fetch("SELECT id FROM shared_call"))


@pytest.mark.parametrize("mode", ["down", "garbage"])
async def test_a_department_that_does_not_answer_is_named_and_on_record(
    work: Casework, citizen: Citizen, outside_world: OutsideSandbox, mode: str
) -> None:
    await asyncio.to_thread(
        plain_client().post, f"{outside_world.url}/admin/sharing/scenario", json={"mode": mode}
    )
    found = await ask_shared(citizen, work, item=SUBSIDY, consented=True, idempotency_key=new_key())
    assert found.facts == []
    assert Matter.DISABILITY in found.unanswered
    rows = await fetch("SELECT reference, answer_sealed FROM shared_call")
    assert {tuple(row) for row in rows} == {(None, None)}
    assert await known_by_others(citizen, work, SUBSIDY) == {}
