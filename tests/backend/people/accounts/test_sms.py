"""Signing in with a code from an SMS, and what it does not tell."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count as counting
from uuid import uuid4

import pytest

from backend.database.record import fetch
from backend.errors import Invalid, ProblemCode, TooMany, Unavailable
from backend.kit import clock
from backend.people.accounts.actions import sign_in_account
from backend.people.accounts.models import Platform
from backend.people.accounts.sms import SmsCode, request_code, sign_in_with_code
from backend.resources import Resources
from backend.viewer import Citizen
from tests.support.people import new_key, nobody, viewer_of
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox

_serial = counting(1)


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.scenario("sms")


def new_phone() -> str:
    return f"139{next(_serial):08d}"


async def requested(resources: Resources, world: OutsideSandbox, phone: str) -> tuple[SmsCode, str]:
    """A code that was sent, and its digits as the phone shows them."""
    sent = await request_code(nobody(), resources, phone=phone, idempotency_key=new_key())
    return sent, world.texted(f"+86{phone}")[0][0]


def wrong_for(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


async def signed_in_by(resources: Resources, world: OutsideSandbox, phone: str) -> Citizen:
    sent, code = await requested(resources, world, phone)
    tokens = await sign_in_with_code(nobody(), resources, code_id=sent.id, code=code)
    viewer = await viewer_of(resources, tokens)
    assert isinstance(viewer, Citizen)
    return viewer


async def with_account(resources: Resources, phone: str) -> None:
    """Let the number have an account without having been sent a code."""
    await sign_in_account(
        resources, platform=Platform.H5, open_id=f"+86{phone}", device_name="", device_index=None
    )


async def refused_sign_in(resources: Resources, sent: SmsCode, code: str) -> Invalid:
    with pytest.raises(Invalid) as refusal:
        await sign_in_with_code(nobody(), resources, code_id=sent.id, code=code)
    assert refusal.value.code is ProblemCode.SIGN_IN_FAILED
    return refusal.value


async def test_a_code_signs_in_and_a_known_number_finds_its_account_again(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    phone = new_phone()
    await with_account(resources, phone)
    citizen = await signed_in_by(resources, outside_world, phone)
    rows = await fetch("SELECT id, platform, open_id_index, open_id_sealed FROM account")
    assert [(row["id"], row["platform"]) for row in rows] == [(citizen.account_id, "H5")]
    assert phone not in rows[0]["open_id_index"] + rows[0]["open_id_sealed"]


async def test_a_code_is_good_once(resources: Resources, outside_world: OutsideSandbox) -> None:
    sent, code = await requested(resources, outside_world, new_phone())
    await sign_in_with_code(nobody(), resources, code_id=sent.id, code=code)
    await refused_sign_in(resources, sent, code)
    assert await count("session") == 1


async def test_of_two_who_use_a_code_at_once_one_signs_in(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    sent, code = await requested(resources, outside_world, new_phone())
    answers = await asyncio.gather(
        *(sign_in_with_code(nobody(), resources, code_id=sent.id, code=code) for _ in range(2)),
        return_exceptions=True,
    )
    assert sorted(isinstance(answer, Invalid) for answer in answers) == [False, True]


async def test_a_code_is_good_for_five_minutes(resources: Resources, outside_world: OutsideSandbox) -> None:
    sent, code = await requested(resources, outside_world, new_phone())
    assert sent.expires_at - clock.now() <= timedelta(minutes=5)
    with clock.shifted(timedelta(minutes=5)):
        await refused_sign_in(resources, sent, code)
    assert await count("account") == 0


async def test_five_wrong_codes_void_the_right_one_and_are_counted_and_audited(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    phone = new_phone()
    sent, code = await requested(resources, outside_world, phone)
    for _ in range(5):
        await refused_sign_in(resources, sent, wrong_for(code))
    await refused_sign_in(resources, sent, code)
    assert resources.tally.of("sms_code_wrong") == 5
    index = resources.keys.blind_index.of(f"+86{phone}", "open_id.H5")
    assert await told(f"phone:{index}") == ["sms_code_wrong"] * 5


async def test_the_right_code_still_works_after_a_slip(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    sent, code = await requested(resources, outside_world, new_phone())
    await refused_sign_in(resources, sent, wrong_for(code))
    await sign_in_with_code(nobody(), resources, code_id=sent.id, code=f" {code} ")


async def test_a_code_of_another_request_does_not_fit(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    sent, _ = await requested(resources, outside_world, new_phone())
    _, others = await requested(resources, outside_world, new_phone())
    refusal = await refused_sign_in(resources, sent, others)
    unknown = await refused_sign_in(resources, replace(sent, id=uuid4()), others)
    assert refusal.message == unknown.message


async def test_a_known_and_an_unknown_number_are_treated_alike(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    known, unknown = new_phone(), new_phone()
    await with_account(resources, known)
    asked: dict[str, list[tuple[str, object]]] = {}
    for phone in (known, unknown):
        sent, code = await requested(resources, outside_world, phone)
        refusal = await refused_sign_in(resources, sent, wrong_for(code))
        asked[phone] = [
            ("lifetime", sent.expires_at - sent.again_at),
            ("words", refusal.message),
            ("fields", refusal.fields),
        ]
        index = resources.keys.blind_index.of(f"+86{phone}", "open_id.H5")
        # The same writes on the way, so that not even time tells them apart.
        assert (await told(f"phone:{index}"))[-1] == "sms_code_wrong"
    assert asked[known] == asked[unknown]


async def test_the_same_key_sends_once(resources: Resources, outside_world: OutsideSandbox) -> None:
    phone, key = new_phone(), new_key()
    first = await request_code(nobody(), resources, phone=phone, idempotency_key=key)
    again = await request_code(nobody(), resources, phone=f"+86 {phone}", idempotency_key=key)
    assert again == first
    assert len(outside_world.texted(f"+86{phone}")) == 1


async def test_a_number_gets_one_code_a_minute(resources: Resources, outside_world: OutsideSandbox) -> None:
    phone = new_phone()
    await requested(resources, outside_world, phone)
    with pytest.raises(TooMany) as refusal:
        await request_code(nobody(), resources, phone=phone, idempotency_key=new_key())
    assert refusal.value.retry_after is not None
    assert refusal.value.retry_after <= 60
    assert len(outside_world.texted(f"+86{phone}")) == 1


@pytest.mark.parametrize(
    ("rate", "kind"), [("5/hour", "number"), ("10/day", "number"), ("10/hour", "device")]
)
async def test_numbers_and_devices_have_limits_of_their_own(
    resources: Resources, outside_world: OutsideSandbox, rate: str, kind: str
) -> None:
    phone, device_id = new_phone(), f"device-{uuid4().hex}"
    index = resources.keys.blind_index
    who = {
        "number": ("sms-number", index.of(f"+86{phone}", "open_id.H5")),
        "device": ("sms-device", index.of(device_id, "session.device")),
    }[kind]
    for _ in range(int(rate.partition("/")[0])):
        await resources.shared.limit(rate, *who)
    with pytest.raises(TooMany):
        await request_code(nobody(), resources, phone=phone, device_id=device_id, idempotency_key=new_key())
    assert outside_world.texted(f"+86{phone}") == []


async def test_one_address_cannot_have_codes_sent_without_end(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    caller, phone = nobody(), new_phone()
    for _ in range(60):
        await resources.shared.limit("60/hour", "sms", caller.address)
    with pytest.raises(TooMany):
        await request_code(caller, resources, phone=phone, idempotency_key=new_key())
    assert outside_world.texted(f"+86{phone}") == []


async def test_a_number_that_is_none_is_named(resources: Resources) -> None:
    with pytest.raises(Invalid) as refusal:
        await request_code(nobody(), resources, phone="12345", idempotency_key=new_key())
    assert refusal.value.code is ProblemCode.INVALID_INPUT
    assert [wrong.path for wrong in refusal.value.fields] == [("input", "phone")]


async def test_a_gateway_that_is_down_is_told_and_nothing_is_made(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    outside_world.scenario("sms", "down")
    with pytest.raises(Unavailable):
        await request_code(nobody(), resources, phone=new_phone(), idempotency_key=new_key())
    assert await count("account") == 0


async def test_an_installation_without_a_gateway_says_so(resources: Resources) -> None:
    without = replace(resources, ports=replace(resources.ports, sms=None))
    with pytest.raises(Invalid) as refusal:
        await request_code(nobody(), without, phone=new_phone(), idempotency_key=new_key())
    assert refusal.value.message.en == "Signing in by SMS is not offered."
