"""A signed statement may stand in for a paper."""

from uuid import UUID

import orjson
import pytest

from backend.casework.machine import Casework
from backend.casework.materials.actions import (
    OTHER_WORDS,
    sign_statement,
    upload_material,
)
from backend.casework.materials.queries import material_contents
from backend.database.record import fetch
from backend.errors import Invalid, StepUpNeeded
from backend.people.identity.ladder import PROVE_FIRST
from backend.viewer import Citizen
from tests.support import cases
from tests.support.papers import STATEMENT, begun, sources
from tests.support.people import bound, new_key
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox


@pytest.mark.parametrize("statement", [STATEMENT.zh, STATEMENT.en])
async def test_a_statement_is_kept_as_it_was_read_with_who_signed_and_how_they_were_known(
    house: Casework, citizen: Citizen, statement: str
) -> None:
    application_id = await begun(citizen, house)
    material_id = await sign_statement(
        citizen,
        house,
        application_id=application_id,
        code="illness",
        statement=statement,
        idempotency_key=new_key(),
    )
    [kept] = await material_contents(house, application_id)
    signed = orjson.loads(kept.content)
    assert {name: signed[name] for name in signed if name != "signedAt"} == {
        "application": str(application_id),
        "material": "illness",
        "statement": statement,
        "signedBy": f"person:{citizen.person_id}",
        "identity": "VERIFIED/FACE_SELFIE",
    }
    assert (kept.media_type, kept.file_name) == ("application/json", "illness（告知承诺书）")
    [row] = await fetch("SELECT evidence_sealed FROM material WHERE id = $1", material_id)
    evidence = house.resources.keys.ring.open(
        row["evidence_sealed"], context=f"material.evidence:{material_id}"
    )
    claims = house.resources.keys.tokens.verify(orjson.loads(evidence)["attested"], use="statement")
    assert (claims["sub"], claims["sha256"]) == (str(citizen.person_id), kept.sha256)
    assert (await told(f"person:{citizen.person_id}"))[-1] == "statement_signed"


async def test_other_words_are_not_signed(house: Casework, citizen: Citizen) -> None:
    application_id = await begun(citizen, house)
    with pytest.raises(Invalid) as caught:
        await sign_statement(
            citizen,
            house,
            application_id=application_id,
            code="illness",
            statement="本人承诺什么都行。",
            idempotency_key=new_key(),
        )
    assert (caught.value.message, await sources(application_id)) == (OTHER_WORDS, [])


async def test_whoever_has_not_proven_enough_cannot_sign(
    house: Casework, outside_world: OutsideSandbox
) -> None:
    unproven = await bound(house.resources, outside_world)
    application_id = await begun(unproven, house)
    with pytest.raises(StepUpNeeded) as caught:
        await sign_statement(
            unproven,
            house,
            application_id=application_id,
            code="illness",
            statement=STATEMENT.zh,
            idempotency_key=new_key(),
        )
    assert (caught.value.message, await sources(application_id)) == (PROVE_FIRST, [])


async def test_signing_twice_with_one_key_signs_once(house: Casework, citizen: Citizen) -> None:
    application_id, key = await begun(citizen, house), new_key()

    async def sign() -> UUID:
        return await sign_statement(
            citizen,
            house,
            application_id=application_id,
            code="illness",
            statement=STATEMENT.en,
            idempotency_key=key,
        )

    assert await sign() == await sign()
    assert (await told(f"person:{citizen.person_id}")).count("statement_signed") == 1


async def test_an_upload_takes_the_place_of_a_statement(house: Casework, citizen: Citizen) -> None:
    application_id = await begun(citizen, house)
    await sign_statement(
        citizen,
        house,
        application_id=application_id,
        code="illness",
        statement=STATEMENT.zh,
        idempotency_key=new_key(),
    )
    await upload_material(
        citizen,
        house,
        application_id=application_id,
        code="illness",
        file_name="诊断.png",
        content=cases.picture(),
        idempotency_key=new_key(),
    )
    assert await sources(application_id) == [("illness", "UPLOAD", f"person:{citizen.person_id}")]
