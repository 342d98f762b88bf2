"""Appointing officers and letting them in."""

import pytest

from backend.database.record import fetch
from backend.errors import Invalid, ProblemCode, TooMany
from backend.people.officers.actions import SIGN_IN_FAILED, ensure_organ, sign_in_officer
from backend.resources import Resources
from backend.viewer import OfficerRole
from tests.support.people import PASSWORD, appointed, at_the_desk, nobody
from tests.support.rows import count, told


async def refused(resources: Resources, *, login: str, password: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await sign_in_officer(nobody(), resources, login=login, password=password)
    assert (refusal.value.code, refusal.value.message, refusal.value.fields) == (
        ProblemCode.SIGN_IN_FAILED,
        SIGN_IN_FAILED,
        (),
    )


async def test_an_officer_signs_in_for_their_organ(resources: Resources) -> None:
    officer, _ = await at_the_desk(resources, OfficerRole.INTAKE, OfficerRole.REVIEW)
    assert officer.division == "330521"
    assert officer.roles == {OfficerRole.INTAKE, OfficerRole.REVIEW}
    (row,) = await fetch("SELECT password_hash FROM officer")
    assert row["password_hash"].startswith("$argon2id$")
    assert await told(f"officer:{officer.officer_id}") == ["officer_appointed", "signed_in"]


async def test_the_login_is_found_in_any_case(resources: Resources) -> None:
    await at_the_desk(resources, login="Wang.Yue")
    await sign_in_officer(nobody(), resources, login=" wang.YUE ", password=PASSWORD)
    assert await count("session") == 2


async def test_wrong_unknown_and_disabled_get_the_same_answer(resources: Resources) -> None:
    await at_the_desk(resources, login="wang")
    for login, password in (
        ("wang", "not the password"),
        ("wang", ""),
        ("wang", "x" * 201),
        ("nobody", PASSWORD),
        ("nobody", ""),
        ("wa\x00ng", PASSWORD),
    ):
        await refused(resources, login=login, password=password)
    await fetch("UPDATE officer SET disabled_at = now() RETURNING id")
    await refused(resources, login="wang", password=PASSWORD)
    assert await count("session") == 1


async def test_one_login_cannot_be_tried_without_end(resources: Resources) -> None:
    for _ in range(10):
        await refused(resources, login="wa\x00ng", password="x" * 201)
    with pytest.raises(TooMany):
        await sign_in_officer(nobody(), resources, login="wa\x00ng", password="x" * 201)


async def test_whoever_comes_in_has_not_been_guessing(resources: Resources) -> None:
    await at_the_desk(resources, OfficerRole.INTAKE)
    for _ in range(2):
        for _ in range(9):
            await refused(resources, login="wang", password="x" * 12)
        await sign_in_officer(nobody(), resources, login="wang", password=PASSWORD)
    assert await count("session") == 3


async def test_an_officer_who_is_there_stays_as_they_are(resources: Resources) -> None:
    first, _ = await at_the_desk(resources, OfficerRole.INTAKE)
    second, _ = await at_the_desk(resources, OfficerRole.APPROVAL)
    assert second.officer_id == first.officer_id
    assert second.roles == {OfficerRole.INTAKE}
    assert await count("organ") == 1


async def test_a_weak_password_is_refused(database: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await appointed(OfficerRole.INTAKE, password="short")
    assert [wrong.path for wrong in refusal.value.fields] == [("input", "password")]
    assert await count("officer") == 0


async def test_an_organ_sits_in_a_division_that_exists(database: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await ensure_organ(credit_code="11330521002562310Q", name="某局", division="999999")
    assert refusal.value.code is ProblemCode.UNKNOWN_DIVISION
    assert await count("organ") == 0
