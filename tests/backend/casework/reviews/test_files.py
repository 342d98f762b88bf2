"""Who opens what is stored of a case: by right, with a reason, in the applicant's trail, and by an address that serves once."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx2
import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from backend.casework.machine import Casework
from backend.casework.materials.looking import LIFETIME, OpenedFile
from backend.casework.reviews import files, records, steps
from backend.database.record import fetch, transaction
from backend.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn, Text
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.item_codes import credit_code
from backend.people.privacy.looks import LookReason, data_looks
from backend.viewer import Anonymous, Citizen, Officer, OfficerRole, Viewer
from backend.web.files import file_routes
from integrations.demo.walk import drawn_card
from tests.backend.casework.reviews.test_visits import SEEN, task
from tests.support.cases import picture
from tests.support.people import bound, new_human, new_key
from tests.support.reviews import LOCAL, TOWNSHIP, handed_in, officer, town_officer
from tests.support.sandbox import OutsideSandbox

R = OfficerRole
WHY = LookReason.DECIDE_CASE


async def got(work: Casework, viewer: Viewer | None, opened: OpenedFile) -> httpx2.Response:
    """What the address answers to this viewer; None has no token that counts."""

    async def authenticated(_request: Request) -> Viewer:
        if viewer is None:
            raise NotSignedIn(Text("请登录。", "Sign in."))
        return viewer

    app = Starlette(routes=file_routes(work, authenticated))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://jinmin") as http:
        return await http.get(opened.address)


async def visited(work: Casework, citizen: Citizen) -> tuple[UUID, UUID, Officer]:
    """A case in the township with a visit of two photographs."""
    clerk = await town_officer("clerk", R.INTAKE, R.REVIEW)
    case = await handed_in(citizen, work, LOCAL, TOWNSHIP)
    await steps.accept(clerk, work, **await task(case, "intake"), key=new_key())
    visit = await records.record_visit(
        clerk,
        work,
        **await task(case, "home-visit"),
        visit=SEEN,
        photos=[drawn_card(), picture(7)],
        key=new_key(),
    )
    return case, visit, clerk


async def test_an_officer_of_the_case_looks_at_materials_and_photographs_and_the_applicant_reads_of_it(
    work: Casework, citizen: Citizen
) -> None:
    case, visit, clerk = await visited(work, citizen)
    material = await files.open_material(clerk, work, application_id=case, code="card", reason=WHY)
    served = await got(work, clerk, material)
    assert (served.status_code, served.content, served.headers["content-type"]) == (
        200,
        picture(),
        "image/png",
    )
    assert (served.headers["cache-control"], served.headers["x-content-type-options"]) == (
        "private, no-store",
        "nosniff",
    )
    [listed] = await files.visits_of(clerk, case)
    assert (listed.id, listed.photos, listed.step_code) == (visit, 2, "home-visit")
    opened = await files.open_visit(clerk, work, visit_id=visit, reason=WHY)
    assert (opened.words, opened.latitude, opened.longitude) == (SEEN.words, SEEN.latitude, SEEN.longitude)
    assert [(await got(work, clerk, photo)).content for photo in opened.photos] == [drawn_card(), picture(7)]
    told = [(look.kind, look.reason) for look in await data_looks(citizen, before=None, limit=20)]
    assert told.count(("material_opened", WHY)) == told.count(("home_visit_opened", WHY)) == 1


async def test_an_address_serves_once_soon_and_only_the_session_that_asked(
    work: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    case = await handed_in(citizen, work)
    own = await files.open_material(citizen, work, application_id=case, code="card", reason=None)
    other = replace(citizen, session_id=new_id())
    for stranger, status in ((None, 401), (Anonymous(), 404), (other, 404)):
        assert (await got(work, stranger, own)).status_code == status
    assert (await got(work, citizen, own)).content == picture(), "nobody else has used it up"
    assert (await got(work, citizen, own)).status_code == 404
    late = await files.open_material(citizen, work, application_id=case, code="card", reason=None)
    with clock.shifted(LIFETIME + timedelta(seconds=1)):
        assert (await got(work, citizen, late)).status_code == 404
    assert str(citizen.person_id) not in own.address
    assert [look.kind for look in await data_looks(citizen, before=None, limit=9)] == []


async def test_whoever_has_no_right_opens_nothing_and_leaves_no_trace(
    work: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    case, visit, clerk = await visited(work, citizen)
    far = await officer("far", *R, division="330522", organ=credit_code("11330522MB1234567"))
    counts = await officer("counts", R.STATISTICS, R.OPERATIONS)
    neighbour = await bound(work.resources, outside_world)
    before = await fetch("SELECT count(*) AS entries FROM audit_entry")
    for stranger in (far, counts, neighbour):
        with pytest.raises(NotFound):
            await files.open_material(stranger, work, application_id=case, code="card", reason=WHY)
    for stranger in (far, counts):
        assert not await files.visits_of(stranger, case)
        with pytest.raises(NotFound):
            await files.open_visit(stranger, work, visit_id=visit, reason=WHY)
    with pytest.raises(NotFound):
        await files.open_material(clerk, work, application_id=case, code="nothing", reason=WHY)
    with pytest.raises(Invalid):
        await files.open_material(clerk, work, application_id=case, code="card", reason=None)
    assert await fetch("SELECT count(*) AS entries FROM audit_entry") == before


async def test_the_file_of_a_relative_stays_closed(work: Casework, outside_world: OutsideSandbox) -> None:
    human = new_human(outside_world)
    case, visit, clerk = await visited(work, await bound(work.resources, outside_world, human))
    await records.declare_interest(clerk, work, number=human.resident_id, key=new_key())
    for doing in (
        files.open_file(clerk, work, application_id=case, reason=WHY),
        files.open_material(clerk, work, application_id=case, code="card", reason=WHY),
        files.open_visit(clerk, work, visit_id=visit, reason=WHY),
    ):
        with pytest.raises(Forbidden):
            await doing


async def test_photographs_that_nobody_came_to_point_to_are_noted_and_go(
    work: Casework, citizen: Citizen
) -> None:
    case, visit, clerk = await visited(work, citizen)
    assert [dict(row) for row in await fetch("SELECT file_key FROM unclaimed_file")] == []
    stale = {**await task(case, "home-visit"), "version": 1}
    with pytest.raises(Conflict):
        await records.record_visit(clerk, work, **stale, visit=SEEN, photos=[picture(7)], key=new_key())
    assert await fetch("SELECT file_key FROM unclaimed_file") == []
    (row,) = await fetch("SELECT photos FROM home_visit")
    assert len(orjson.loads(row["photos"])) == 2
    assert visit


async def test_visits_are_listed_for_whoever_has_the_case_now_and_for_nobody_else(
    work: Casework, citizen: Citizen
) -> None:
    case, visit, clerk = await visited(work, citizen)
    far = await officer("far", *R, division="330522", organ=credit_code("11330522MB1234567"))
    for assisting, collecting, sees in ((",330522,", "", (True, True)), ("", "330522", (False, True))):
        async with transaction() as tx:
            await tx.execute(
                "UPDATE application SET assisting = $2, collecting = $3 WHERE id = $1",
                case,
                assisting,
                collecting,
            )
        for who, may in zip((clerk, far), sees, strict=True):
            assert [one.id for one in await files.visits_of(who, case)] == ([visit] if may else [])
            if may:
                await files.open_visit(who, work, visit_id=visit, reason=WHY)
            else:
                with pytest.raises(NotFound):
                    await files.open_visit(who, work, visit_id=visit, reason=WHY)
