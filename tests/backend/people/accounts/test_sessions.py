"""Signing in, staying signed in, signing out."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from backend.database.record import fetch
from backend.errors import Invalid, NotSignedIn, ProblemCode, TooMany, Unavailable
from backend.kit import clock
from backend.people.accounts.actions import SignedIn, refresh, sign_in, sign_out
from backend.people.accounts.models import Platform
from backend.people.accounts.queries import authenticate
from backend.resources import Resources
from backend.viewer import Anonymous, OfficerRole
from tests.support.people import at_the_desk, nobody, signed_in, viewer_of
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
def wechat_trouble(outside_world: OutsideSandbox) -> Iterator[OutsideSandbox]:
    yield outside_world
    outside_world.scenario("wechat")


async def test_a_login_code_makes_an_account_and_a_session(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, tokens = await signed_in(resources, outside_world, open_id="o-first")
    assert citizen.person_id is None
    assert tokens.access_expires_at - clock.now() <= timedelta(minutes=15)
    rows = await fetch("SELECT platform, open_id_index, open_id_sealed FROM account")
    assert [row["platform"] for row in rows] == ["WECHAT"]
    assert "o-first" not in rows[0]["open_id_index"] + rows[0]["open_id_sealed"]
    assert await told(f"account:{citizen.account_id}") == ["signed_in"]


async def test_the_same_account_is_found_again(resources: Resources, outside_world: OutsideSandbox) -> None:
    first, _ = await signed_in(resources, outside_world, open_id="o-again")
    second, _ = await signed_in(resources, outside_world, open_id="o-again")
    assert second.account_id == first.account_id
    assert second.session_id != first.session_id
    assert await count("account") == 1


async def test_two_first_sign_ins_at_once_make_one_account(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    both = await asyncio.gather(*(signed_in(resources, outside_world, open_id="o-twice") for _ in range(2)))
    assert both[0][0].account_id == both[1][0].account_id
    assert await count("account") == 1


async def test_a_used_code_is_refused(resources: Resources, outside_world: OutsideSandbox) -> None:
    code = outside_world.login_code()
    await sign_in(nobody(), resources, platform=Platform.WECHAT, code=code)
    with pytest.raises(Invalid) as refusal:
        await sign_in(nobody(), resources, platform=Platform.WECHAT, code=code)
    assert refusal.value.code is ProblemCode.SIGN_IN_FAILED
    assert await count("session") == 1


async def test_a_code_that_cannot_be_one_is_not_even_asked_about(resources: Resources) -> None:
    for code in ("", "x" * 257, "代码", "a\x00b"):
        with pytest.raises(Invalid) as refusal:
            await sign_in(nobody(), resources, platform=Platform.WECHAT, code=code)
        assert refusal.value.code is ProblemCode.SIGN_IN_FAILED
    assert await count("account") == 0


async def test_a_platform_that_is_not_connected_is_named(resources: Resources) -> None:
    with pytest.raises(Invalid) as refusal:
        await sign_in(nobody(), resources, platform=Platform.ALIPAY, code="code")
    assert refusal.value.code is ProblemCode.INVALID_INPUT
    assert [wrong.path for wrong in refusal.value.fields] == [("input", "platform")]


async def test_a_device_name_is_short_and_printable(resources: Resources) -> None:
    for name in ("x" * 81, "a\nb"):
        with pytest.raises(Invalid) as refusal:
            await sign_in(nobody(), resources, platform=Platform.WECHAT, code="code", device_name=name)
        assert [wrong.path for wrong in refusal.value.fields] == [("input", "deviceName")]


async def test_nothing_is_made_while_the_platform_is_down(
    resources: Resources, wechat_trouble: OutsideSandbox
) -> None:
    code = wechat_trouble.login_code()
    wechat_trouble.scenario("wechat", "down")
    with pytest.raises(Unavailable):
        await sign_in(nobody(), resources, platform=Platform.WECHAT, code=code)
    assert await count("account") == 0


async def test_one_address_cannot_sign_in_without_end(resources: Resources) -> None:
    caller = nobody()
    for _ in range(60):
        await resources.shared.limit("60/minute", "sign-in", caller.address)
    with pytest.raises(TooMany) as refusal:
        await sign_in(caller, resources, platform=Platform.WECHAT, code="code")
    assert refusal.value.retry_after is not None
    assert 1 <= refusal.value.retry_after <= 60


async def test_without_a_header_the_viewer_is_anonymous(resources: Resources) -> None:
    viewer = await authenticate(resources, None, language="en", address="10.0.0.1")
    assert viewer == Anonymous("en", "10.0.0.1")


async def test_a_token_of_another_kind_is_refused(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    _, tokens = await signed_in(resources, outside_world)
    for header in ("", "Basic eDp5", "Bearer", "Bearer x.y.z", f"Bearer {tokens.refresh_token}"):
        with pytest.raises(NotSignedIn):
            await authenticate(resources, header, language="zh-CN", address="")


async def test_an_access_token_ends_after_a_quarter_of_an_hour(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, tokens = await signed_in(resources, outside_world)
    with clock.shifted(timedelta(minutes=14)):
        assert await viewer_of(resources, tokens) == citizen
    with clock.shifted(timedelta(minutes=16)), pytest.raises(NotSignedIn):
        await viewer_of(resources, tokens)


async def test_signing_out_counts_at_once(resources: Resources, outside_world: OutsideSandbox) -> None:
    citizen, tokens = await signed_in(resources, outside_world)
    await sign_out(citizen)
    with pytest.raises(NotSignedIn):
        await viewer_of(resources, tokens)
    with pytest.raises(NotSignedIn) as refusal:
        await refresh(nobody(), resources, refresh_token=tokens.refresh_token)
    assert refusal.value.code is ProblemCode.UNAUTHENTICATED
    assert await told(f"account:{citizen.account_id}") == ["signed_in", "signed_out"]


async def test_a_refresh_token_gives_new_tokens_for_the_same_session(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, tokens = await signed_in(resources, outside_world)
    with clock.shifted(timedelta(days=20)):
        newer = await refresh(nobody(), resources, refresh_token=tokens.refresh_token)
        assert newer.refresh_token != tokens.refresh_token
        assert newer.refresh_expires_at - clock.now() > timedelta(days=29)
    with clock.shifted(timedelta(days=40)):
        newest = await refresh(nobody(), resources, refresh_token=newer.refresh_token)
        assert await viewer_of(resources, newest) == citizen


async def test_a_refresh_token_ends_after_thirty_days(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    _, tokens = await signed_in(resources, outside_world)
    with clock.shifted(timedelta(days=31)), pytest.raises(NotSignedIn):
        await refresh(nobody(), resources, refresh_token=tokens.refresh_token)


async def test_a_refresh_token_used_twice_ends_the_session(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, tokens = await signed_in(resources, outside_world)
    newer = await refresh(nobody(), resources, refresh_token=tokens.refresh_token)
    with pytest.raises(NotSignedIn) as refusal:
        await refresh(nobody(), resources, refresh_token=tokens.refresh_token)
    assert refusal.value.code is ProblemCode.TOKEN_REUSED
    with pytest.raises(NotSignedIn):
        await viewer_of(resources, newer)
    with pytest.raises(NotSignedIn) as refusal:
        await refresh(nobody(), resources, refresh_token=newer.refresh_token)
    assert refusal.value.code is ProblemCode.UNAUTHENTICATED
    assert await told(f"account:{citizen.account_id}") == [
        "signed_in",
        "session_refreshed",
        "refresh_token_reused",
    ]


async def test_of_two_who_refresh_at_once_one_gets_tokens_and_the_session_ends(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    _, tokens = await signed_in(resources, outside_world)
    answers = await asyncio.gather(
        *(refresh(nobody(), resources, refresh_token=tokens.refresh_token) for _ in range(2)),
        return_exceptions=True,
    )
    got = [answer for answer in answers if isinstance(answer, SignedIn)]
    refused = [answer.code for answer in answers if isinstance(answer, NotSignedIn)]
    assert len(got) == 1
    assert refused == [ProblemCode.TOKEN_REUSED]
    with pytest.raises(NotSignedIn):
        await viewer_of(resources, got[0])


async def test_an_officers_session_ends_with_the_working_day(resources: Resources) -> None:
    officer, tokens = await at_the_desk(resources, OfficerRole.INTAKE)
    assert officer.roles == {OfficerRole.INTAKE}
    with clock.shifted(timedelta(hours=11)):
        newer = await refresh(nobody(), resources, refresh_token=tokens.refresh_token)
        assert newer.refresh_expires_at == tokens.refresh_expires_at
    with clock.shifted(timedelta(hours=13)), pytest.raises(NotSignedIn):
        await refresh(nobody(), resources, refresh_token=newer.refresh_token)


async def test_a_disabled_officer_is_out_at_once(resources: Resources) -> None:
    officer, tokens = await at_the_desk(resources, OfficerRole.INTAKE)
    await fetch("UPDATE officer SET disabled_at = now() WHERE id = $1 RETURNING id", officer.officer_id)
    with pytest.raises(NotSignedIn):
        await viewer_of(resources, tokens)
    with pytest.raises(NotSignedIn) as refusal:
        await refresh(nobody(), resources, refresh_token=tokens.refresh_token)
    assert refusal.value.code is ProblemCode.UNAUTHENTICATED
