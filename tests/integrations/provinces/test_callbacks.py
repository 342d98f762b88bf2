"""The contract of ``ProvinceConnector.read_callback``, for every province, against real callbacks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from backend.errors import Forbidden
from backend.kit import clock
from backend.province_ports import CaseToLodge, ProvinceEventKind
from integrations.sandbox.people import demo_people
from integrations.sandbox.province.decisions import age_on
from tests.integrations.provinces.conftest import StartSandbox, World, case_for
from tests.support.sandbox import Heard


def kinds_of(world: World, case: CaseToLodge, count: int = 2) -> list[ProvinceEventKind]:
    return [event.kind for event in world.told(case, count)]


async def test_acceptance_and_approval_come_signed_and_in_order(world: World, case: CaseToLodge) -> None:
    receipt = await world.connector.lodge(case)

    accepted, approved = world.told(case)

    assert (accepted.kind, approved.kind) == (ProvinceEventKind.ACCEPTED, ProvinceEventKind.APPROVED)
    assert (accepted.sequence, approved.sequence) == (1, 2)
    assert {event.external_case_number for event in (accepted, approved)} == {receipt.external_case_number}
    assert {event.case_number for event in (accepted, approved)} == {case.case_number}
    assert {event.region for event in (accepted, approved)} == {world.province.region}
    assert accepted.event_id != approved.event_id
    assert (accepted.reason, accepted.result_number, accepted.result) == (None, None, {})
    assert approved.reason is None
    assert approved.result_number == f"浙民决字{receipt.external_case_number}号"
    assert approved.result["monthlyFen"] == 10_000
    assert receipt.received_at <= accepted.happened_at <= approved.happened_at <= clock.now()


async def test_who_is_too_young_is_refused_with_a_reason(world: World) -> None:
    young = next(person for person in demo_people() if age_on(clock.today(), person.resident_id) < 70)
    case = case_for(young)
    await world.connector.lodge(case)

    _, refused = world.told(case)

    assert (refused.kind, refused.reason) == (ProvinceEventKind.REFUSED, "申请人未满80周岁。")
    assert (refused.result_number, refused.result) == (None, {})


@pytest.mark.parametrize(
    ("mode", "kinds"),
    [
        ("refuse", [ProvinceEventKind.ACCEPTED, ProvinceEventKind.REFUSED]),
        ("not_accept", [ProvinceEventKind.NOT_ACCEPTED]),
        ("out_of_order", [ProvinceEventKind.APPROVED, ProvinceEventKind.ACCEPTED]),
    ],
)
async def test_a_scenario_decides_otherwise(
    world: World, case: CaseToLodge, mode: str, kinds: list[ProvinceEventKind]
) -> None:
    world.sandbox.scenario(mode)
    await world.connector.lodge(case)

    assert kinds_of(world, case, len(kinds)) == kinds


async def test_a_callback_is_repeated_until_it_is_heard(world: World, case: CaseToLodge) -> None:
    world.listener.statuses[case.case_number] = [503, 409]
    await world.connector.lodge(case)

    kinds = kinds_of(world, case, 4)

    assert kinds == [ProvinceEventKind.ACCEPTED] * 3 + [ProvinceEventKind.APPROVED]
    heard = world.listener.about(case.case_number, 3)
    assert len({world.read(one)[0].event_id for one in heard}) == 1
    assert len({world.read(one)[1] for one in heard}) == 3


async def test_a_platform_that_repeats_itself_uses_new_nonces(world: World, case: CaseToLodge) -> None:
    world.sandbox.scenario("duplicate_callbacks")
    await world.connector.lodge(case)

    first, second = (world.read(heard) for heard in world.listener.about(case.case_number, 2))

    assert first[0] == second[0]
    assert first[1] != second[1]


async def test_a_replay_carries_the_nonce_that_was_seen(world: World, case: CaseToLodge) -> None:
    world.sandbox.scenario("replay_callbacks")
    await world.connector.lodge(case)

    first, second = (world.read(heard) for heard in world.listener.about(case.case_number, 2))

    assert first == second


@pytest.mark.parametrize("mode", ["bad_signature", "stale_stamp"])
async def test_a_callback_that_is_not_sound_is_forbidden(world: World, case: CaseToLodge, mode: str) -> None:
    world.sandbox.scenario(delay=3600)
    await world.connector.lodge(case)
    world.sandbox.scenario(mode)

    (heard,) = world.listener.about(case.case_number, 1)

    with pytest.raises(Forbidden):
        world.read(heard)


@pytest.fixture
async def heard(world: World, case: CaseToLodge) -> Heard:
    await world.connector.lodge(case)
    return world.listener.about(case.case_number, 1)[0]


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_stamp_counts_for_five_minutes(world: World, heard: Heard, minutes: int) -> None:
    world.read(heard, clock.now() + timedelta(minutes=4))

    with pytest.raises(Forbidden):
        world.read(heard, clock.now() + timedelta(minutes=minutes))


async def test_a_signature_covers_method_path_and_body(world: World, heard: Heard) -> None:
    tampered = (
        replace(heard, method="PUT"),
        replace(heard, path=f"{heard.path}/"),
        replace(heard, path=f"{heard.path}?a=1"),
        replace(heard, body=heard.body.replace(b"10000", b"99999").replace(b'"2"', b'"4"')),
        replace(heard, body=b""),
    )

    for one in tampered:
        with pytest.raises(Forbidden):
            world.read(one)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-app-id", "somebody-else"),
        ("x-timestamp", ""),
        ("x-timestamp", "-1"),
        ("x-timestamp", "１７６３"),
        ("x-timestamp", "9" * 400),
        ("x-nonce", ""),
        ("x-nonce", "short"),
        ("x-nonce", "n" * 32),
        ("x-signature-suite", "ED25519"),
        ("x-signature", ""),
        ("x-signature", "not base64!"),
        ("x-signature", "签名"),
        ("x-signature", "AAAA"),
    ],
)
async def test_every_part_of_the_envelope_counts(world: World, heard: Heard, name: str, value: str) -> None:
    with pytest.raises(Forbidden):
        world.read(replace(heard, headers={**heard.headers, name: value}))
    with pytest.raises(Forbidden):
        world.read(replace(heard, headers={key: held for key, held in heard.headers.items() if key != name}))


async def test_what_is_still_to_be_said_survives_a_restart(
    world: World, case: CaseToLodge, start_sandbox: StartSandbox, new_database: Callable[[], str]
) -> None:
    database_url = new_database()
    with start_sandbox(database_url) as sandbox:
        sandbox.scenario(delay=3600)
        await world.connect(url=sandbox.url).lodge(case)

    with start_sandbox(database_url) as sandbox:
        assert kinds_of(world, case) == [ProvinceEventKind.ACCEPTED, ProvinceEventKind.APPROVED]
        assert sandbox.held(case.case_number)["effects"] == 1
