"""Extensions: asked for with a reason, granted by somebody else, once, and before the limit has run out."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from backend.casework.applications.events import record_event
from backend.casework.definitions import Limit, Limits, LimitUnit
from backend.casework.legal_clock import end_of
from backend.casework.legal_time.extensions import (
    decide_extension,
    extension,
    extensions_of,
    proposals,
    propose_extension,
)
from backend.casework.legal_time.models import ExtensionState
from backend.casework.legal_time.queries import clocks_of, deciding_clock
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database.record import fetch, transaction
from backend.errors import Conflict, Forbidden, Invalid, NotFound, ProblemCode
from backend.keys import Keys
from backend.kit import clock
from backend.kit.sealing import KeyRing, Suite
from backend.kit.working_days import Calendar
from backend.resealing import reseal
from backend.viewer import Machine, Officer, OfficerRole
from tests.support import cases
from tests.support.people import new_key
from tests.support.sandbox import OutsideSandbox

ITEM = replace(
    cases.ITEM,
    limits=Limits(
        Limit(20, LimitUnit.WORKING_DAYS, cases.ITEM.basis[0]), promised_days=20, extension_days=10
    ),
)


def an_officer(division: str = cases.HOME) -> Officer:
    return Officer(uuid4(), uuid4(), uuid4(), division, frozenset({OfficerRole.APPROVAL}))


REVIEWER, SUPERIOR = an_officer(), an_officer("330500")


@pytest.fixture
def extending(work: Casework) -> Casework:
    return cases.machine(work.resources, declared=[ITEM])


@pytest.fixture
async def case(extending: Casework, outside_world: OutsideSandbox) -> UUID:
    """A case under review."""
    citizen = await cases.proven(extending.resources, outside_world)
    application_id = await cases.submitted(citizen, extending)
    async with transaction() as tx:
        await record_event(
            tx,
            extending,
            application_id,
            CaseEventKind.ACCEPTED,
            before=CaseState.SUBMITTED,
            actor=Machine("province-33"),
        )
    return application_id


async def proposed(work: Casework, case: UUID, *, days: int = 10, by: Officer = REVIEWER) -> UUID:
    return await propose_extension(
        by, work, application_id=case, days=days, reason=" 需向外省核查。 ", idempotency_key=new_key()
    )


async def decided(
    work: Casework, extension_id: UUID, *, granted: bool = True, by: Officer = SUPERIOR
) -> UUID:
    return await decide_extension(
        by, work, extension_id=extension_id, granted=granted, idempotency_key=new_key()
    )


async def test_a_granted_extension_moves_the_limits_and_is_told(extending: Casework, case: UUID) -> None:
    extension_id = await proposed(extending, case)
    (waiting,) = await proposals(SUPERIOR, after=None, limit=10)
    assert (waiting.id, waiting.reason(extending)) == (extension_id, "需向外省核查。")
    await decided(extending, extension_id)
    due = Calendar().add_working_days(clock.today(), 20)
    assert (await cases.row_of(case))["due_on"] == due
    assert (await cases.timeline(case))[-1] == "EXTENDED"
    (view,) = (await extensions_of([case]))[case]
    assert (view.state, view.days, view.decided_on) == (ExtensionState.APPROVED, 10, clock.today())
    promised = deciding_clock((await clocks_of([case]))[case])
    assert promised is not None
    assert f"{clock.today()}经批准延长10日，共20日。" in [
        line.zh for line in promised.reckoned(extending.calendar).lines
    ]
    assert await proposals(SUPERIOR, after=None, limit=10) == []
    rows = await fetch(
        "SELECT kind, actor FROM audit_entry WHERE subject = $1 ORDER BY sequence", f"application:{case}"
    )
    assert [tuple(row) for row in rows] == [
        ("extension_proposed", f"officer:{REVIEWER.officer_id}"),
        ("extension_granted", f"officer:{SUPERIOR.officer_id}"),
    ]


async def test_its_reason_is_sealed_with_the_key_that_takes_over(
    extending: Casework, case: UUID, keys: Keys
) -> None:
    await proposed(extending, case)
    new = {"k9": b"n" * 32}
    told = await reseal(
        KeyRing({**keys.ring.keys, **new}, "k9", Suite.SM4_GCM), extending.resources.ports.files
    )
    assert told.unopened == []
    only_new = replace(extending.resources.keys, ring=KeyRing(new, "k9", Suite.SM4_GCM))
    (waiting,) = await proposals(SUPERIOR, after=None, limit=10)
    turned = replace(extending, resources=replace(extending.resources, keys=only_new))
    assert waiting.reason(turned) == "需向外省核查。"


async def test_a_refused_extension_moves_nothing_and_another_may_be_proposed(
    extending: Casework, case: UUID
) -> None:
    due = (await cases.row_of(case))["due_on"]
    await decided(extending, await proposed(extending, case), granted=False)
    assert (await cases.row_of(case))["due_on"] == due
    assert "EXTENDED" not in await cases.timeline(case)
    assert (await extensions_of([case]))[case] == []
    await proposed(extending, case)


async def test_nobody_grants_it_to_themselves(extending: Casework, case: UUID) -> None:
    extension_id = await proposed(extending, case)
    with pytest.raises(Forbidden):
        await decided(extending, extension_id, by=REVIEWER)
    assert (await extension(SUPERIOR, extension_id)).state is ExtensionState.PROPOSED


async def test_a_case_is_extended_once_however_many_ask_at_the_same_time(
    extending: Casework, case: UUID
) -> None:
    told = await asyncio.gather(*(proposed(extending, case) for _ in range(3)), return_exceptions=True)
    (extension_id,) = [one for one in told if isinstance(one, UUID)]
    assert [one.code for one in told if isinstance(one, Conflict)] == [ProblemCode.ALREADY_DONE] * 2
    told = await asyncio.gather(*(decided(extending, extension_id) for _ in range(3)), return_exceptions=True)
    assert [one.code for one in told if isinstance(one, Conflict)] == [ProblemCode.ALREADY_DONE] * 2
    assert (await cases.timeline(case)).count("EXTENDED") == 1
    with pytest.raises(Conflict):
        await proposed(extending, case)


@pytest.mark.parametrize("days", [0, -1, 11])
async def test_more_than_the_law_allows_is_refused(extending: Casework, case: UUID, days: int) -> None:
    with pytest.raises(Invalid):
        await proposed(extending, case, days=days)
    assert await fetch("SELECT FROM case_extension") == []


@pytest.mark.parametrize("reason", ["", "  ", "长" * 501])
async def test_an_extension_has_a_reason(extending: Casework, case: UUID, reason: str) -> None:
    with pytest.raises(Invalid):
        await propose_extension(
            REVIEWER, extending, application_id=case, days=5, reason=reason, idempotency_key=new_key()
        )


async def test_an_item_that_the_law_does_not_extend_stays_as_it_is(
    work: Casework, outside_world: OutsideSandbox
) -> None:
    case = await cases.submitted(await cases.proven(work.resources, outside_world), work)
    with pytest.raises(Conflict):
        await proposed(work, case)


async def test_a_limit_that_has_run_out_is_not_extended(extending: Casework, case: UUID) -> None:
    extension_id = await proposed(extending, case)
    statutory = Calendar().add_working_days(clock.today(), 20)
    with clock.shifted(end_of(statutory) - clock.now() + timedelta(minutes=1)):
        with pytest.raises(Conflict):
            await decided(extending, extension_id)
        await decided(extending, extension_id, granted=False)
        with pytest.raises(Conflict):
            await proposed(extending, case)
    assert "EXTENDED" not in await cases.timeline(case)


async def test_a_case_that_went_on_meanwhile_is_not_extended(extending: Casework, case: UUID) -> None:
    extension_id = await proposed(extending, case)
    async with transaction() as tx:
        await record_event(
            tx,
            extending,
            case,
            CaseEventKind.APPROVED,
            before=CaseState.ACCEPTED,
            actor=Machine("province-33"),
        )
    with pytest.raises(Conflict):
        await decided(extending, extension_id)
    assert (await extension(SUPERIOR, extension_id)).state is ExtensionState.PROPOSED


async def test_another_division_finds_nothing(extending: Casework, case: UUID) -> None:
    extension_id = await proposed(extending, case)
    elsewhere = an_officer("330522")
    for refused in (
        proposed(extending, case, by=elsewhere),
        decided(extending, extension_id, by=elsewhere),
        extension(elsewhere, extension_id),
        proposed(extending, uuid4()),
        decided(extending, uuid4()),
    ):
        with pytest.raises(NotFound):
            await refused
    assert await proposals(elsewhere, after=None, limit=10) == []
