"""A material that the state holds is fetched, not asked for."""

from dataclasses import replace

import orjson
import pytest

from backend.casework.applications.actions import (
    submit_application,
)
from backend.casework.machine import Casework
from backend.casework.materials.actions import (
    NO_LICENCE,
    NO_SUCH_MATERIAL,
    OTHER_WAY,
    reuse_licence,
    sign_statement,
)
from backend.casework.materials.queries import material_contents, materials_of
from backend.database.record import fetch
from backend.errors import Invalid, NotFound, ProblemCode, Unavailable
from backend.viewer import Citizen
from tests.support import cases
from tests.support.papers import ITEM, STATEMENT, a_deceased, begun, issue, sources
from tests.support.people import Human, new_key
from tests.support.rows import count
from tests.support.sandbox import OutsideSandbox


async def test_a_licence_is_fetched_instead_of_asked_for(
    house: Casework, citizen: Citizen, outside_world: OutsideSandbox, human: Human
) -> None:
    issue(outside_world, human, "DISABILITY_CERTIFICATE")
    application_id = await begun(citizen, house)

    await reuse_licence(
        citizen, house, application_id=application_id, code="disability", idempotency_key=new_key()
    )

    assert await sources(application_id) == [("disability", "E_LICENCE", "machine:e-licences")]
    [content] = await material_contents(house, application_id)
    assert (content.content, content.media_type, content.file_name) == (
        cases.picture(9),
        "image/png",
        "disability（电子证照）",
    )
    [row] = await fetch("SELECT id, evidence_sealed FROM material WHERE application_id = $1", application_id)
    evidence = house.resources.keys.ring.open(
        row["evidence_sealed"], context=f"material.evidence:{row['id']}"
    )
    assert orjson.loads(evidence) == {
        "number": f"L-{human.resident_id[-4:]}",
        "issuer": "金民沙箱发证机关",
        "issuedOn": "2020-01-01",
        "validUntil": None,
    }
    assert outside_world.licence_uses(human.resident_id) == [["DISABILITY_CERTIFICATE", ITEM.base_code]]


async def test_a_licence_of_somebody_whom_the_form_names_is_fetched_by_their_name_and_number(
    house: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    deceased = a_deceased()
    issue(outside_world, deceased, "DEATH_CERTIFICATE", 5)
    application_id = await begun(citizen, house, deceased)
    await reuse_licence(
        citizen, house, application_id=application_id, code="death", idempotency_key=new_key()
    )
    [found] = (await materials_of([application_id]))[application_id]
    assert (found.code, found.source.value, found.size) == ("death", "E_LICENCE", len(cases.picture(5)))


async def test_where_there_is_none_the_citizen_is_told_the_other_ways(
    house: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    application_id = await begun(citizen, house)
    with pytest.raises(NotFound) as caught:
        await reuse_licence(
            citizen, house, application_id=application_id, code="disability", idempotency_key=new_key()
        )
    assert (caught.value.code, caught.value.message) == (ProblemCode.LICENCE_NOT_FOUND, NO_LICENCE)
    assert await sources(application_id) == []


async def test_without_a_store_there_is_none(
    house: Casework, citizen: Citizen, outside_world: OutsideSandbox, human: Human
) -> None:
    issue(outside_world, human, "DISABILITY_CERTIFICATE")
    ports = replace(house.resources.ports, licences=None)
    alone = Casework(replace(house.resources, ports=ports), house.standards, house.calendar, house.reactors)
    application_id = await begun(citizen, alone)
    with pytest.raises(NotFound):
        await reuse_licence(
            citizen, alone, application_id=application_id, code="disability", idempotency_key=new_key()
        )


@pytest.mark.parametrize("mode", ["down", "busy", "garbage"])
async def test_while_the_store_does_not_answer_nothing_is_changed(
    house: Casework, citizen: Citizen, outside_world: OutsideSandbox, mode: str
) -> None:
    application_id = await begun(citizen, house)
    outside_world.scenario("licences", mode)
    with pytest.raises(Unavailable):
        await reuse_licence(
            citizen, house, application_id=application_id, code="disability", idempotency_key=new_key()
        )
    assert (await sources(application_id), (await cases.row_of(application_id))["version"]) == ([], 2)


async def test_a_paper_that_is_no_licence_cannot_be_fetched(house: Casework, citizen: Citizen) -> None:
    application_id = await begun(citizen, house)
    for code, why in (("lease", OTHER_WAY), ("nothing", NO_SUCH_MATERIAL)):
        with pytest.raises(Invalid) as caught:
            await reuse_licence(
                citizen, house, application_id=application_id, code=code, idempotency_key=new_key()
            )
        assert caught.value.message == why


async def test_a_repeat_with_the_same_key_answers_the_same_and_keeps_one(
    house: Casework, citizen: Citizen, outside_world: OutsideSandbox, human: Human
) -> None:
    issue(outside_world, human, "DISABILITY_CERTIFICATE")
    application_id, key = await begun(citizen, house), new_key()
    first = await reuse_licence(
        citizen, house, application_id=application_id, code="disability", idempotency_key=key
    )
    again = await reuse_licence(
        citizen, house, application_id=application_id, code="disability", idempotency_key=key
    )
    assert (first, await count("material")) == (again, 1)


async def test_handing_in_fetches_what_the_state_has_and_asks_for_the_rest_only(
    house: Casework, citizen: Citizen, outside_world: OutsideSandbox, human: Human
) -> None:
    deceased = a_deceased()
    issue(outside_world, human, "DISABILITY_CERTIFICATE")
    application_id = await begun(citizen, house, deceased)
    with pytest.raises(Invalid) as caught:
        await submit_application(citizen, house, application_id=application_id, idempotency_key=new_key())
    assert [wrong.path for wrong in caught.value.fields] == [("materials", "death"), ("materials", "illness")]
    assert await sources(application_id) == [("disability", "E_LICENCE", "machine:e-licences")]

    issue(outside_world, deceased, "DEATH_CERTIFICATE")
    await sign_statement(
        citizen,
        house,
        application_id=application_id,
        code="illness",
        statement=STATEMENT.zh,
        idempotency_key=new_key(),
    )
    await submit_application(citizen, house, application_id=application_id, idempotency_key=new_key())
    assert [(code, source) for code, source, _ in await sources(application_id)] == [
        ("death", "E_LICENCE"),
        ("disability", "E_LICENCE"),
        ("illness", "UNDERTAKING"),
    ]
    assert (await cases.row_of(application_id))["state"] == "SUBMITTED"


async def test_handing_in_waits_for_a_store_that_does_not_answer(
    house: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    application_id = await begun(citizen, house)
    outside_world.scenario("licences", "down")
    with pytest.raises(Unavailable):
        await submit_application(citizen, house, application_id=application_id, idempotency_key=new_key())
    assert (await cases.row_of(application_id))["state"] == "DRAFT"


async def test_a_conditional_material_is_wanted_only_while_its_condition_is_met(
    house: Casework, citizen: Citizen
) -> None:
    application_id = await begun(citizen, house, moved=True)
    with pytest.raises(Invalid) as caught:
        await submit_application(citizen, house, application_id=application_id, idempotency_key=new_key())
    assert [wrong.path[1] for wrong in caught.value.fields] == ["disability", "death", "illness", "lease"]
