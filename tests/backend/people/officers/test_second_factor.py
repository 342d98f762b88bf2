"""Officers come in with a password and a code of their app; both are chosen with a code from a colleague."""

import asyncio
from base64 import b32decode
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest

from backend.database.record import fetch, transaction
from backend.errors import Invalid, ProblemCode, TooMany
from backend.kit import clock, totp
from backend.people.accounts.sessions import SignedIn
from backend.people.officers.actions import sign_in_officer
from backend.people.officers.second_factor import confirm, enrol, issue_enrolment
from backend.resources import Resources
from backend.viewer import OfficerRole
from tests.support.people import PASSWORD, appointed, nobody
from tests.support.rows import count, told

NEW_PASSWORD = "another long enough password"


@dataclass(slots=True)
class App:
    """An officer's authenticator."""

    secret: bytes

    @property
    def code(self) -> str:
        return totp.code_at(self.secret, totp.step_of(clock.now()))


@pytest.fixture
def strict(resources: Resources) -> Resources:
    """An installation that lets nobody in without a second factor."""
    return replace(resources, second_factor=True)


@pytest.fixture
async def officer_id(resources: Resources) -> UUID:
    return await appointed(OfficerRole.INTAKE)


async def invited(resources: Resources, officer_id: UUID) -> str:
    async with transaction() as tx:
        return await issue_enrolment(tx, resources, officer_id)


async def enrolled(resources: Resources, officer_id: UUID) -> App:
    code = await invited(resources, officer_id)
    given = await enrol(nobody(), resources, login="wang", code=code, password=NEW_PASSWORD)
    app = App(b32decode(given.secret))
    await confirm(nobody(), resources, login="wang", code=code, one_time_code=app.code)
    return app


async def sign_in(resources: Resources, one_time_code: str | None, password: str = NEW_PASSWORD) -> SignedIn:
    return await sign_in_officer(
        nobody(), resources, login="wang", password=password, one_time_code=one_time_code
    )


async def refused(
    resources: Resources, one_time_code: str | None, password: str = NEW_PASSWORD
) -> ProblemCode:
    with pytest.raises(Invalid) as refusal:
        await sign_in(resources, one_time_code, password)
    return refusal.value.code


async def test_an_officer_enrols_and_signs_in_with_both_factors(strict: Resources, officer_id: UUID) -> None:
    app = await enrolled(strict, officer_id)
    with clock.shifted(timedelta(seconds=30)):
        await sign_in(strict, f"{app.code[:3]} {app.code[3:]}")
    assert await count("session") == 2
    assert await told(f"officer:{officer_id}") == [
        "officer_appointed",
        "second_factor_offered",
        "second_factor_enrolled",
        "signed_in",
        "signed_in",
    ]
    (row,) = await fetch("SELECT second_factor_sealed, enrolment_index FROM officer")
    assert row["enrolment_index"] is None
    assert totp.shown(app.secret) not in row["second_factor_sealed"]


async def test_a_code_is_good_once_also_for_two_who_show_it_at_once(
    strict: Resources, officer_id: UUID
) -> None:
    app = await enrolled(strict, officer_id)
    assert await refused(strict, app.code) is ProblemCode.SECOND_FACTOR_NEEDED  # it was used to enrol
    with clock.shifted(timedelta(seconds=60)):
        code = app.code
        answers = await asyncio.gather(*(sign_in(strict, code) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert await count("session") == 2


async def test_without_a_right_code_the_password_opens_nothing(strict: Resources, officer_id: UUID) -> None:
    app = await enrolled(strict, officer_id)
    with clock.shifted(timedelta(minutes=5)):
        assert await refused(strict, None) is ProblemCode.SECOND_FACTOR_NEEDED
        assert await refused(strict, "000000x") is ProblemCode.SECOND_FACTOR_NEEDED
        assert await refused(strict, "１２３４５６") is ProblemCode.SECOND_FACTOR_NEEDED
        # With a wrong password nobody learns whether the code was right.
        assert await refused(strict, app.code, "not the password") is ProblemCode.SIGN_IN_FAILED
    assert await count("session") == 1


async def test_codes_are_not_to_be_guessed(strict: Resources, officer_id: UUID) -> None:
    await enrolled(strict, officer_id)
    for _ in range(10):
        assert await refused(strict, "999999x") is ProblemCode.SECOND_FACTOR_NEEDED
    with pytest.raises(TooMany):
        await sign_in(strict, "999999x")


async def test_who_has_not_enrolled_comes_in_only_where_development_allows_it(
    resources: Resources, strict: Resources, officer_id: UUID
) -> None:
    assert await refused(strict, None, PASSWORD) is ProblemCode.SECOND_FACTOR_NEEDED
    await sign_in(resources, None, PASSWORD)
    app = await enrolled(resources, officer_id)
    assert await refused(resources, None) is ProblemCode.SECOND_FACTOR_NEEDED
    with clock.shifted(timedelta(seconds=60)):
        await sign_in(resources, app.code)


async def test_an_enrolment_code_is_good_once_for_its_officer_and_three_days(
    resources: Resources, officer_id: UUID
) -> None:
    old, code = await invited(resources, officer_id), await invited(resources, officer_id)
    assert await refused(resources, None, PASSWORD) is ProblemCode.SIGN_IN_FAILED  # the old password is gone

    async def not_good(login: str, given: str) -> None:
        with pytest.raises(Invalid) as refusal:
            await enrol(nobody(), resources, login=login, code=given, password=NEW_PASSWORD)
        assert refusal.value.code is ProblemCode.CODE_REFUSED

    for login, given in (("wang", old), ("li", code), ("wa\x00ng", code), ("wang", "")):
        await not_good(login, given)
    with clock.shifted(timedelta(hours=73)):
        await not_good("wang", code)
    with pytest.raises(Invalid):
        await enrol(nobody(), resources, login="wang", code=code, password="short")
    with pytest.raises(Invalid) as early:
        await confirm(nobody(), resources, login="wang", code=code, one_time_code="000000")
    assert early.value.code is ProblemCode.SECOND_FACTOR_NEEDED
    before = await enrol(nobody(), resources, login="wang", code=code, password=NEW_PASSWORD)
    again = await enrol(nobody(), resources, login="wang", code=code, password=NEW_PASSWORD)
    assert before.secret != again.secret  # the app that was set up last counts
    with pytest.raises(Invalid):
        await confirm(
            nobody(), resources, login="wang", code=code, one_time_code=App(b32decode(before.secret)).code
        )
    await confirm(
        nobody(), resources, login="wang", code=code, one_time_code=App(b32decode(again.secret)).code
    )
    await not_good("wang", code)
