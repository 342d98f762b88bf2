"""Proving who one is by the platform's own face check: the platform is asked, the phone is not believed."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest

from backend.errors import Conflict, Forbidden, Invalid, ProblemCode, StepUpNeeded, Unavailable
from backend.kit import clock
from backend.kit.documents import DocumentKind
from backend.people.accounts.actions import sign_in, sign_in_account
from backend.people.accounts.models import Platform
from backend.people.identity.actions import bind_real_name
from backend.people.identity.claims import Told
from backend.people.identity.consents import give_consent, withdraw_consent
from backend.people.identity.models import AssuranceMethod, ConsentKind
from backend.people.identity.platform_face import begin_platform_face, finish_platform_face
from backend.people.identity.queries import me
from backend.people.identity.texts import current_text
from backend.resources import Resources
from backend.viewer import AssuranceLevel, Citizen
from tests.support.people import (
    Human,
    bound,
    new_human,
    new_key,
    nobody,
    seen_again,
    signed_in,
    typed,
    viewer_of,
)
from tests.support.rows import told
from tests.support.sandbox import OutsideSandbox, plain_client

KIND = ConsentKind.PLATFORM_FACE


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    behave(outside_world, "normal")


def behave(world: OutsideSandbox, mode: str) -> None:
    plain_client().post(f"{world.url}/admin/wechat/face-scenario", json={"mode": mode}).raise_for_status()


async def agreed(citizen: Citizen, resources: Resources) -> Citizen:
    await give_consent(
        citizen, resources, kind=KIND, version=current_text(KIND).version, idempotency_key=new_key()
    )
    return citizen


async def ready(resources: Resources, world: OutsideSandbox, human: Human | None = None) -> Citizen:
    """Somebody on WeChat with a real name who has agreed."""
    return await agreed(await bound(resources, world, human), resources)


async def on_alipay(resources: Resources, world: OutsideSandbox, human: Human) -> Citizen:
    tokens = await sign_in(
        nobody(), resources, platform=Platform.ALIPAY, code=world.login_code(platform="alipay")
    )
    citizen = await viewer_of(resources, tokens)
    assert isinstance(citizen, Citizen)
    person_id = await bind_real_name(
        citizen, resources, typed(human.name, human.resident_id), idempotency_key=new_key()
    )
    return await agreed(await seen_again(citizen, person_id), resources)


@pytest.mark.parametrize("platform", list(Platform)[:2])
async def test_what_the_platform_confirms_is_authoritative_for_half_an_hour(
    resources: Resources, outside_world: OutsideSandbox, platform: Platform
) -> None:
    human = new_human(outside_world)
    citizen = (
        await ready(resources, outside_world, human)
        if platform is Platform.WECHAT
        else await on_alipay(resources, outside_world, human)
    )
    started = await begin_platform_face(citizen, resources)
    assert (started.platform, started.url is None) == (platform, platform is Platform.WECHAT)
    outside_world.look(platform.value.lower(), started.token)
    proof = await finish_platform_face(citizen, resources, check_id=started.id)
    assert (proof.level, proof.method) == (AssuranceLevel.AUTHORITATIVE, AssuranceMethod.PLATFORM_FACE)
    assert proof.expires_at == proof.proven_at + timedelta(minutes=30)
    assert (await me(citizen, resources)).assurance == proof
    assert (await told(f"person:{citizen.person_id}"))[-1] == "platform_face_verified"


async def test_before_the_platform_confirms_it_may_be_asked_again(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await ready(resources, outside_world)
    started = await begin_platform_face(citizen, resources)
    for _ in range(2):
        with pytest.raises(Invalid) as refusal:
            await finish_platform_face(citizen, resources, check_id=started.id)
        assert refusal.value.code is ProblemCode.PROOF_REFUSED
    assert resources.tally.of("platform_face_refused") == 2
    assert (await told(f"person:{citizen.person_id}"))[-2:] == ["platform_face_refused"] * 2
    outside_world.look("wechat", started.token)
    await finish_platform_face(citizen, resources, check_id=started.id)


async def test_a_check_is_of_one_session_and_good_once_and_for_ten_minutes(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    citizen = await ready(resources, outside_world, human)
    thief = await ready(resources, outside_world, human)
    used, late, stolen = [await begin_platform_face(citizen, resources) for _ in range(3)]
    for started in (used, late, stolen):
        outside_world.look("wechat", started.token)
    await finish_platform_face(citizen, resources, check_id=used.id)
    for who, check_id, minutes in (
        (citizen, used.id, 0),
        (citizen, late.id, 11),
        (thief, stolen.id, 0),
        (citizen, UUID(int=5), 0),
    ):
        with clock.shifted(timedelta(minutes=minutes)), pytest.raises(Conflict) as refusal:
            await finish_platform_face(who, resources, check_id=check_id)
        assert refusal.value.code is ProblemCode.CHALLENGE_EXPIRED
    assert (await me(thief, resources)).assurance.level is AssuranceLevel.REAL_NAME
    assert resources.tally.of("platform_face_replayed") == 4


async def test_without_consent_the_platform_is_told_nothing(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await bound(resources, outside_world)
    behave(outside_world, "down")
    with pytest.raises(Forbidden) as refusal:
        await begin_platform_face(citizen, resources)
    assert refusal.value.code is ProblemCode.CONSENT_NEEDED


async def test_without_a_name_there_is_nobody_to_check(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen, _ = await signed_in(resources, outside_world)
    with pytest.raises(StepUpNeeded):
        await begin_platform_face(citizen, resources)


async def test_a_child_is_not_sent_before_a_camera(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    child = new_human(outside_world, born=clock.today() - timedelta(days=10 * 365))
    citizen = await bound(resources, outside_world, child)
    with pytest.raises(Forbidden) as refusal:
        await begin_platform_face(citizen, resources)
    assert "监护人" in refusal.value.message.zh


async def test_an_h5_page_has_no_platform_to_ask(resources: Resources, outside_world: OutsideSandbox) -> None:
    human = new_human(outside_world)
    tokens = await sign_in_account(
        resources, platform=Platform.H5, open_id="+8613900000042", device_name="", device_index=None
    )
    citizen = await viewer_of(resources, tokens)
    assert isinstance(citizen, Citizen)
    person_id = await bind_real_name(
        citizen, resources, typed(human.name, human.resident_id), idempotency_key=new_key()
    )
    citizen = await agreed(await seen_again(citizen, person_id), resources)
    with pytest.raises(Invalid) as refusal:
        await begin_platform_face(citizen, resources)
    assert refusal.value.code is ProblemCode.PROOF_REFUSED


async def test_platforms_take_mainland_id_cards_only(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    passport = Told("ANNA SMITH", "P12345678", DocumentKind.PASSPORT, "USA", date(1980, 1, 31))
    outside_world.load_document(name=passport.name, kind=passport.kind, number=passport.number, country="USA")
    citizen, _ = await signed_in(resources, outside_world)
    person_id = await bind_real_name(citizen, resources, passport, idempotency_key=new_key())
    citizen = await agreed(await seen_again(citizen, person_id), resources)
    with pytest.raises(Invalid) as refusal:
        await begin_platform_face(citizen, resources)
    assert refusal.value.code is ProblemCode.PROOF_REFUSED


async def test_while_the_platform_is_down_the_check_waits(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await ready(resources, outside_world)
    started = await begin_platform_face(citizen, resources)
    outside_world.look("wechat", started.token)
    behave(outside_world, "down")
    with pytest.raises(Unavailable):
        await finish_platform_face(citizen, resources, check_id=started.id)
    behave(outside_world, "normal")
    await finish_platform_face(citizen, resources, check_id=started.id)


async def test_a_consent_that_is_withdrawn_meanwhile_proves_nothing_and_asks_the_platform_nothing(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    citizen = await ready(resources, outside_world)
    started = await begin_platform_face(citizen, resources)
    outside_world.look("wechat", started.token)
    await withdraw_consent(citizen, resources, kind=ConsentKind.PLATFORM_FACE, idempotency_key=new_key())
    with pytest.raises(Forbidden) as refusal:
        await finish_platform_face(citizen, resources, check_id=started.id)
    assert refusal.value.code is ProblemCode.CONSENT_NEEDED
    assert (await me(citizen, resources)).assurance.level is AssuranceLevel.REAL_NAME
    assert (await told(f"person:{citizen.person_id}"))[-1] == "platform_face_refused"
