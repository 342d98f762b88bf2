"""One person's devices: seen together, ended one by one or all at once."""

from collections.abc import Callable
from uuid import UUID

import pytest

from backend.errors import Invalid, NotFound, NotSignedIn, ProblemCode, TooMany
from backend.people.accounts.actions import sign_in
from backend.people.accounts.models import Platform
from backend.people.accounts.queries import devices
from backend.people.accounts.sessions import refresh, sign_out_device, sign_out_everywhere
from backend.people.identity.actions import bind_real_name
from backend.resources import Resources
from backend.viewer import OfficerRole
from tests.support.people import at_the_desk, new_human, new_key, nobody, proven, signed_in, typed, viewer_of
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox

PHONE, TABLET, OTHER = "o-phone", "o-phone", "o-somebody-else"


async def test_a_device_is_listed_with_what_its_owner_knows_it_by(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, tokens = await signed_in(resources, outside_world)
    [device] = await devices(citizen)
    assert (device.id, device.platform, device.name, device.current) == (
        citizen.session_id,
        Platform.WECHAT,
        "test",
        True,
    )
    assert device.signed_in_at <= device.last_used_at
    assert device.expires_at == tokens.refresh_expires_at


async def test_the_device_used_last_comes_first_and_strangers_are_not_there(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    phone, tokens = await signed_in(resources, outside_world, open_id=PHONE)
    tablet, _ = await signed_in(resources, outside_world, open_id=TABLET)
    await signed_in(resources, outside_world, open_id=OTHER)
    assert [device.id for device in await devices(phone)] == [tablet.session_id, phone.session_id]
    await refresh(nobody(), resources, refresh_token=tokens.refresh_token)
    assert [device.id for device in await devices(phone)] == [phone.session_id, tablet.session_id]


async def test_one_device_is_ended_from_another(resources: Resources, outside_world: OutsideSandbox) -> None:
    phone, _ = await signed_in(resources, outside_world, open_id=PHONE)
    tablet, tokens = await signed_in(resources, outside_world, open_id=TABLET)
    assert (await sign_out_device(phone, device_id=tablet.session_id)).devices == 1
    assert (await sign_out_device(phone, device_id=tablet.session_id)).devices == 0
    with pytest.raises(NotSignedIn):
        await viewer_of(resources, tokens)
    assert [device.id for device in await devices(phone)] == [phone.session_id]
    assert await told(f"account:{phone.account_id}") == ["signed_in", "signed_in", "device_signed_out"]


async def test_a_strangers_device_is_not_there_to_be_ended(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    phone, _ = await signed_in(resources, outside_world, open_id=PHONE)
    other, tokens = await signed_in(resources, outside_world, open_id=OTHER)
    for device_id in (other.session_id, UUID(int=7)):
        with pytest.raises(NotFound):
            await sign_out_device(phone, device_id=device_id)
    assert await viewer_of(resources, tokens) == other


async def test_everywhere_means_every_account_of_the_person_and_nobody_elses(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    signed = [
        await signed_in(resources, outside_world, open_id=one)
        for one in ("o-phone", "o-phone", "o-tablet", OTHER)
    ]
    for citizen, _ in (signed[0], signed[2]):
        # An account counts as the person's once they were proven in it.
        await bind_real_name(
            citizen, resources, typed(human.name, human.resident_id), idempotency_key=new_key()
        )
        await proven(citizen)
    assert (await sign_out_everywhere(signed[0][0])).devices == 3
    for _, tokens in signed[:3]:
        with pytest.raises(NotSignedIn):
            await viewer_of(resources, tokens)
    assert await viewer_of(resources, signed[3][1]) == signed[3][0]
    assert (await told(f"account:{signed[2][0].account_id}"))[-1] == "signed_out_everywhere"


async def test_everywhere_else_spares_the_device_in_hand(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    phone, tokens = await signed_in(resources, outside_world, open_id=PHONE)
    await signed_in(resources, outside_world, open_id=TABLET)
    assert (await sign_out_everywhere(phone, keep_this=True)).devices == 1
    assert await viewer_of(resources, tokens) == phone
    assert (await sign_out_everywhere(phone, keep_this=True)).devices == 0


async def test_an_officer_sees_and_ends_their_own_desks_only(resources: Resources) -> None:
    mine, _ = await at_the_desk(resources, OfficerRole.INTAKE, login="wang")
    again, tokens = await at_the_desk(resources, OfficerRole.INTAKE, login="wang")
    other, _ = await at_the_desk(resources, OfficerRole.INTAKE, login="li")
    assert [device.id for device in await devices(mine)] == [again.session_id, mine.session_id]
    assert {device.platform for device in await devices(mine)} == {None}
    with pytest.raises(NotFound):
        await sign_out_device(mine, device_id=other.session_id)
    assert (await sign_out_everywhere(mine)).devices == 2
    with pytest.raises(NotSignedIn):
        await viewer_of(resources, tokens)
    assert len(await devices(other)) == 1


async def test_a_device_that_names_itself_cannot_sign_in_without_end(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    device_id = "device-0123456789abcdef"
    index = resources.keys.blind_index.of(device_id, "session.device")
    for _ in range(30):
        await resources.shared.limit("30/hour", "sign-in-device", index)
    code = outside_world.login_code()
    with pytest.raises(TooMany):
        await sign_in(nobody(), resources, platform=Platform.WECHAT, code=code, device_id=device_id)
    await sign_in(nobody(), resources, platform=Platform.WECHAT, code=code, device_id=device_id[::-1])


@pytest.mark.parametrize("spoil", [lambda text: text[:15], lambda text: text * 4, lambda text: text + " é"])
async def test_a_device_id_of_the_wrong_shape_is_named(
    resources: Resources, spoil: Callable[[str], str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        await sign_in(
            nobody(),
            resources,
            platform=Platform.WECHAT,
            code="code",
            device_id=spoil("device-0123456789abcdef"),
        )
    assert refusal.value.code is ProblemCode.INVALID_INPUT
    assert [wrong.path for wrong in refusal.value.fields] == [("input", "deviceId")]


async def test_one_account_cannot_be_signed_into_without_end(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    index = resources.keys.blind_index.of(PHONE, "open_id.WECHAT")
    for _ in range(30):
        await resources.shared.limit("30/hour", "sign-in-account", index)
    with pytest.raises(TooMany):
        await sign_in(nobody(), resources, platform=Platform.WECHAT, code=outside_world.login_code(PHONE))
