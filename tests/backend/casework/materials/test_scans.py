"""An officer scans for the citizen who stands at the window."""

from uuid import UUID

import pytest

from backend.casework.applications.actions import (
    submit_application,
)
from backend.casework.lifecycle import NOT_A_DRAFT
from backend.casework.machine import Casework
from backend.casework.materials.actions import (
    reuse_licence,
    scan_material,
    sign_statement,
)
from backend.casework.materials.queries import material_contents
from backend.errors import Conflict, Invalid, NotFound, ProblemCode, TooMany
from backend.kit.ids import new_id
from backend.viewer import Citizen, Officer, OfficerRole
from tests.support import cases
from tests.support.papers import STATEMENT, a_deceased, begun, issue, sources
from tests.support.people import Human, at_the_desk, new_human, new_key
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def clerk(house: Casework) -> Officer:
    officer, _ = await at_the_desk(house.resources, OfficerRole.INTAKE)
    return officer


async def sign(citizen: Citizen, house: Casework, application_id: UUID) -> None:
    await sign_statement(
        citizen,
        house,
        application_id=application_id,
        code="illness",
        statement=STATEMENT.zh,
        idempotency_key=new_key(),
    )


async def scan(
    clerk: Officer, house: Casework, application_id: UUID, number: str, *, key: str | None = None
) -> UUID:
    return await scan_material(
        clerk,
        house,
        application_id=application_id,
        number=number,
        code="lease",
        file_name="scan.png",
        pages=[cases.picture(3)],
        idempotency_key=key or new_key(),
    )


async def test_an_officer_scans_for_the_citizen_who_stands_there(
    house: Casework, citizen: Citizen, human: Human, clerk: Officer
) -> None:
    application_id, key = await begun(citizen, house), new_key()
    first = await scan(clerk, house, application_id, f" {human.resident_id.lower()} ", key=key)
    assert await scan(clerk, house, application_id, human.resident_id, key=key) == first
    assert await sources(application_id) == [("lease", "WINDOW_SCAN", f"officer:{clerk.officer_id}")]
    assert (await told(f"person:{citizen.person_id}")).count("material_scanned") == 1


async def test_without_the_citizens_number_a_draft_does_not_exist_for_an_officer(
    house: Casework, citizen: Citizen, clerk: Officer, outside_world: OutsideSandbox
) -> None:
    application_id = await begun(citizen, house)
    for draft, number in (
        (application_id, new_human(outside_world).resident_id),
        (application_id, ""),
        (new_id(), a_deceased().resident_id),
    ):
        with pytest.raises(NotFound):
            await scan(clerk, house, draft, number)
    assert await sources(application_id) == []


async def test_an_officer_cannot_try_numbers_for_long(
    house: Casework, citizen: Citizen, clerk: Officer
) -> None:
    application_id = await begun(citizen, house)
    for _ in range(60):
        with pytest.raises(NotFound):
            await scan(clerk, house, application_id, a_deceased().resident_id)
    with pytest.raises(TooMany):
        await scan(clerk, house, application_id, a_deceased().resident_id)


async def test_after_submission_nothing_is_added_in_any_way(
    house: Casework, citizen: Citizen, human: Human, clerk: Officer, outside_world: OutsideSandbox
) -> None:
    issue(outside_world, human, "DISABILITY_CERTIFICATE")
    deceased = a_deceased()
    issue(outside_world, deceased, "DEATH_CERTIFICATE")
    application_id = await begun(citizen, house, deceased)
    await sign(citizen, house, application_id)
    await submit_application(citizen, house, application_id=application_id, idempotency_key=new_key())
    before = await sources(application_id)

    with pytest.raises(Conflict) as fetched:
        await reuse_licence(
            citizen, house, application_id=application_id, code="death", idempotency_key=new_key()
        )
    with pytest.raises(Conflict) as signed:
        await sign(citizen, house, application_id)
    with pytest.raises(NotFound):
        await scan(clerk, house, application_id, human.resident_id)
    assert fetched.value.message == signed.value.message == NOT_A_DRAFT
    assert await sources(application_id) == before


async def test_a_scan_is_judged_by_its_bytes_too(
    house: Casework, citizen: Citizen, human: Human, clerk: Officer
) -> None:
    application_id = await begun(citizen, house)
    with pytest.raises(Invalid) as caught:
        await scan_material(
            clerk,
            house,
            application_id=application_id,
            number=human.resident_id,
            code="lease",
            file_name="scan.png",
            pages=[b"<html>"],
            idempotency_key=new_key(),
        )
    assert caught.value.code is ProblemCode.FILE_REFUSED


async def test_pages_of_a_scanner_become_one_paper(
    house: Casework, citizen: Citizen, human: Human, clerk: Officer
) -> None:
    application_id = await begun(citizen, house)

    async def scanned(*pages: bytes) -> None:
        await scan_material(
            clerk,
            house,
            application_id=application_id,
            number=human.resident_id,
            code="lease",
            file_name="scan.png",
            pages=pages,
            idempotency_key=new_key(),
        )

    await scanned(*(cases.picture(colour) for colour in (1, 2, 3)))
    [paper] = await material_contents(house, application_id)
    assert (paper.media_type, paper.content.count(b"/Type /Page\n")) == ("application/pdf", 3)
    for pages in (
        (),
        [cases.picture(1)] * 21,
        (cases.picture(1), b"%PDF-1.4 %%EOF"),
        (cases.picture(1), b"x"),
    ):
        with pytest.raises(Invalid) as refused:
            await scanned(*pages)
        assert refused.value.code is ProblemCode.FILE_REFUSED
    assert await material_contents(house, application_id) == [paper]
