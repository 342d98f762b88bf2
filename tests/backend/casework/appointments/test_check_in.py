"""Checking in: genuine codes, forged ones, and the document at the window."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from backend.casework.appointments import check_in as desk
from backend.casework.appointments.actions import confirm, reschedule
from backend.casework.appointments.check_in import Visit
from backend.casework.appointments.clocks import note_no_shows
from backend.casework.appointments.models import AppointmentState, CheckInWay
from backend.casework.appointments.passes import make_code
from backend.casework.appointments.queries import appointment
from backend.database.record import fetch
from backend.errors import Conflict, Invalid, NotFound, ProblemCode
from backend.kit import clock
from backend.kit.ids import new_id
from backend.resources import Resources
from backend.viewer import Officer, OfficerRole
from tests.support.appointments import HALL, WEDDING, at, book, booked, crowd, house, offered, slot_ids
from tests.support.people import at_the_desk
from tests.support.video import another


async def test_a_code_checks_in_once_its_time_has_come(resources: Resources) -> None:
    work, [slot_id, other] = house(resources), await slot_ids(await offered())
    officer, _ = await at_the_desk(resources, OfficerRole.INTAKE)
    [(citizen, _)] = await crowd(resources, 1)
    made = await booked(work, citizen, slot_id)
    early = make_code(resources.keys, made.id, slot_id)
    with pytest.raises(Conflict) as unconfirmed:
        await desk.check_in(officer, resources, code=early, appointment_id=None)
    assert unconfirmed.value.code is ProblemCode.ILLEGAL_STATE
    await confirm(citizen, work, appointment_id=made.id)
    code = (await appointment(citizen, resources, made.id)).code
    assert code == early
    for moment in (made.starts_at - timedelta(minutes=31), made.ends_at + timedelta(minutes=31)):
        async with at(moment):
            with pytest.raises(Conflict):
                await desk.check_in(officer, resources, code=code, appointment_id=None)
    async with at(made.starts_at - timedelta(minutes=29)):
        for _ in range(2):
            seen = await desk.check_in(officer, resources, code=f" {code.lower()} ", appointment_id=None)
            assert (seen.state, seen.check_in_way) == (AppointmentState.CHECKED_IN, CheckInWay.CODE)
    async with at(made.ends_at + timedelta(hours=2)):
        assert await note_no_shows() == 0
    assert (await booked(work, citizen, other)).state is AppointmentState.HELD  # one visit is over


async def test_forged_codes_are_refused_alike_and_counted(resources: Resources) -> None:
    work, [slot_id, other] = house(resources), await slot_ids(await offered())
    officer, _ = await at_the_desk(resources, OfficerRole.INTAKE)
    [(citizen, _)] = await crowd(resources, 1)
    made = await booked(work, citizen, slot_id)
    await confirm(citizen, work, appointment_id=made.id)
    good = make_code(resources.keys, made.id, slot_id)
    await reschedule(citizen, appointment_id=made.id, slot_id=other)
    current = make_code(resources.keys, made.id, other)
    altered = current[:-2] + ("AA" if current[-2:] != "AA" else "BA")
    stranger = await another(resources, "li", division="310101")
    tried = [
        "",
        "JM",
        "JM" + "A" * 42,
        "JM" + "1" * 42,
        good,
        altered,
        make_code(resources.keys, new_id(), other),
    ]
    async with at(made.starts_at + timedelta(hours=1)):
        said = set()
        for code in tried:
            with pytest.raises(Invalid) as refusal:
                await desk.check_in(officer, resources, code=code, appointment_id=None)
            said.add((refusal.value.code, refusal.value.message))
        assert said == {(ProblemCode.CODE_REFUSED, desk.CODE_REFUSED)}
        assert resources.tally.of(desk.FORGED) == len(tried)
        with pytest.raises(Invalid):
            await desk.check_in(stranger, resources, code=current, appointment_id=None)
        seen = await desk.check_in(officer, resources, code=current, appointment_id=None)
        assert seen.state is AppointmentState.CHECKED_IN


async def test_the_days_list_is_the_organs_own_and_an_officer_who_saw_the_document_checks_in(
    resources: Resources,
) -> None:
    work, calendar_id = house(resources), await offered(WEDDING)
    first, second = await slot_ids(calendar_id)
    officer, _ = await at_the_desk(resources, OfficerRole.INTAKE)
    stranger = await another(resources, "li", division="310101")
    [(bride, _), (groom, told), (one, _), (_, named)] = await crowd(resources, 4)
    later = await booked(work, one, second, partner=named)
    made = await booked(work, bride, first, partner=told)
    await confirm(groom, work, appointment_id=made.id)
    day = clock.local(made.starts_at).date()

    async def listed(viewer: Officer, after: tuple[datetime, UUID] | None = None) -> list[Visit]:
        rows = await desk.visits(viewer, resources, calendar_id=calendar_id, day=day, limit=5, after=after)
        return list(rows)

    rows = await listed(officer)
    assert [(row.id, row.state.value) for row in rows] == [(made.id, "CONFIRMED"), (later.id, "HELD")]
    assert (rows[0].name, rows[0].partner_name, rows[0].matter_name) == ("沈**", "沈**", None)
    assert [row.id for row in await listed(officer, (rows[0].starts_at, rows[0].id))] == [later.id]
    assert await listed(stranger) == []
    with pytest.raises(NotFound):
        await desk.check_in(stranger, resources, code=None, appointment_id=made.id)
    async with at(made.starts_at):
        seen = await desk.check_in(officer, resources, code=None, appointment_id=made.id)
    assert (seen.state, seen.check_in_way) == (AppointmentState.CHECKED_IN, CheckInWay.DOCUMENT)
    [entry] = await fetch(
        "SELECT actor, detail->>'way' AS way FROM audit_entry WHERE subject = $1 AND kind = 'appointment_checked_in'",
        f"appointment:{made.id}",
    )
    assert dict(entry) == {"actor": f"officer:{officer.officer_id}", "way": "DOCUMENT"}


async def test_a_pause_is_lifted_by_the_organ_where_it_was_missed(resources: Resources) -> None:
    work = house(resources)
    calendar_id = await offered(replace(HALL, no_show_limit=1))
    slot_id, other = await slot_ids(calendar_id)
    officer, _ = await at_the_desk(resources, OfficerRole.INTAKE)
    stranger = await another(resources, "li", division="310101")
    [(citizen, _)] = await crowd(resources, 1)
    made = await booked(work, citizen, slot_id)
    await confirm(citizen, work, appointment_id=made.id)
    async with at(made.ends_at + timedelta(hours=1)):
        await note_no_shows()
    with pytest.raises(Conflict):
        await book(work, citizen, other)
    with pytest.raises(NotFound):
        await desk.lift_pause(stranger, appointment_id=made.id)
    await desk.lift_pause(officer, appointment_id=made.id)
    with pytest.raises(Conflict):
        await desk.lift_pause(officer, appointment_id=made.id)
    assert (await booked(work, citizen, other)).state is AppointmentState.HELD
