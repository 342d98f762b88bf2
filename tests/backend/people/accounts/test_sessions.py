"""Signing in, staying signed in, signing out."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from backend.database.record import fetch
from backend.errors import Invalid, NotSignedIn, ProblemCode, TooMany, Unavailable
from backend.kit import clock
from backend.people.accounts.actions import sign_in
from backend.people.accounts.models import Platform
from backend.people.accounts.queries import authenticate, read_token
from backend.people.accounts.sessions import refresh, sign_out
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
        await sign_in(nobody(), resources, platform=Platform.H5, code="code")
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
    with clock.shifted(timedelta(seconds=31)), pytest.raises(NotSignedIn) as refusal:
        await refresh(nobody(), resources, refresh_token=tokens.refresh_token)
    assert refusal.value.code is ProblemCode.TOKEN_REUSED
    assert resources.tally.of("refresh_token_reused") == 1
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


async def test_of_two_who_refresh_at_once_both_go_on_in_one_line(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, tokens = await signed_in(resources, outside_world)
    first, second = await asyncio.gather(
        *(refresh(nobody(), resources, refresh_token=tokens.refresh_token) for _ in range(2))
    )
    ids = {read_token(resources, one.refresh_token, use="refresh") for one in (first, second)}
    assert len(ids) == 1
    assert await viewer_of(resources, first) == await viewer_of(resources, second) == citizen
    assert await told(f"account:{citizen.account_id}") == ["signed_in", "session_refreshed"]


async def test_a_lost_answer_is_given_again_for_half_a_minute(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    _, tokens = await signed_in(resources, outside_world)
    lost = await refresh(nobody(), resources, refresh_token=tokens.refresh_token)
    with clock.shifted(timedelta(seconds=29)):
        found = await refresh(nobody(), resources, refresh_token=tokens.refresh_token)
    assert read_token(resources, found.refresh_token, use="refresh") == read_token(
        resources, lost.refresh_token, use="refresh"
    )
    assert found.refresh_expires_at == lost.refresh_expires_at


async def test_a_token_two_generations_old_ends_the_session_even_at_once(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    _, oldest = await signed_in(resources, outside_world)
    newer = await refresh(nobody(), resources, refresh_token=oldest.refresh_token)
    newest = await refresh(nobody(), resources, refresh_token=newer.refresh_token)
    with pytest.raises(NotSignedIn) as refusal:
        await refresh(nobody(), resources, refresh_token=oldest.refresh_token)
    assert refusal.value.code is ProblemCode.TOKEN_REUSED
    with pytest.raises(NotSignedIn):
        await viewer_of(resources, newest)


async def test_a_thief_who_shared_the_successor_is_found_out_at_the_next_exchange(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, tokens = await signed_in(resources, outside_world)
    owners = await refresh(nobody(), resources, refresh_token=tokens.refresh_token)
    thiefs = await refresh(nobody(), resources, refresh_token=tokens.refresh_token)
    with clock.shifted(timedelta(minutes=15)):
        owners = await refresh(nobody(), resources, refresh_token=owners.refresh_token)
    with clock.shifted(timedelta(minutes=16)):
        with pytest.raises(NotSignedIn) as refusal:
            await refresh(nobody(), resources, refresh_token=thiefs.refresh_token)
        assert refusal.value.code is ProblemCode.TOKEN_REUSED
        with pytest.raises(NotSignedIn):
            await viewer_of(resources, owners)
    assert (await told(f"account:{citizen.account_id}"))[-1] == "refresh_token_reused"


async def test_one_session_cannot_refresh_without_end(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, tokens = await signed_in(resources, outside_world)
    for _ in range(20):
        await resources.shared.limit("20/minute", "refresh-session", str(citizen.session_id))
    with pytest.raises(TooMany):
        await refresh(nobody(), resources, refresh_token=tokens.refresh_token)


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
