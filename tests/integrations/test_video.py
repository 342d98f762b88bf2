"""Video rooms over the real wire."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from uuid import uuid4

import httpx2
import jwt
import pytest
from structlog.testing import capture_logs

from backend.errors import Unavailable
from backend.keys import Keys
from backend.keys.files import VideoEntry
from backend.kit import clock
from integrations.transport import Transport
from integrations.video import LiveKitRooms
from tests.support.sandbox import OutsideSandbox


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.scenario("video")


def ours(keys: Keys) -> VideoEntry:
    assert keys.video is not None
    return keys.video


@pytest.fixture
async def rooms(outside_world: OutsideSandbox, keys: Keys) -> AsyncIterator[LiveKitRooms]:
    async with Transport(timeout=2.0) as transport:
        yield LiveKitRooms(transport, base_url=outside_world.settings["video_url"], keys=ours(keys))


async def test_two_come_into_a_room_and_a_third_does_not(
    rooms: LiveKitRooms, outside_world: OutsideSandbox
) -> None:
    room = uuid4().hex
    await rooms.open(room)
    await rooms.open(room)
    assert room in outside_world.rooms()
    for participant in ("citizen", "officer"):
        entrance = rooms.entrance(room, participant=participant)
        assert entrance.url.startswith("ws://")
        joined = outside_world.join(entrance.token)
        assert (joined["room"], joined["participant"]) == (room, participant)
    assert joined["inside"] == ["citizen", "officer"]
    with pytest.raises(httpx2.HTTPStatusError):
        outside_world.join(rooms.entrance(room, participant="somebody").token)
    await rooms.close(room)
    await rooms.close(room)
    assert room not in outside_world.rooms()


async def test_an_entrance_is_for_one_room_and_one_participant_and_ten_minutes(
    rooms: LiveKitRooms, keys: Keys
) -> None:
    entrance = rooms.entrance("a-room", participant="citizen")
    claims = jwt.decode(
        entrance.token, ours(keys).api_secret, algorithms=["HS256"], issuer=ours(keys).api_key
    )
    assert claims["sub"] == "citizen"
    assert claims["video"] == {
        "room": "a-room",
        "roomJoin": True,
        "canPublish": True,
        "canSubscribe": True,
        "roomRecord": False,
    }
    assert claims["exp"] - claims["nbf"] == 600
    assert entrance.expires_at - clock.now() <= timedelta(minutes=10)


async def test_an_entrance_that_is_over_opens_nothing(
    rooms: LiveKitRooms, outside_world: OutsideSandbox
) -> None:
    room = uuid4().hex
    await rooms.open(room)
    with clock.shifted(timedelta(minutes=-11)):
        late = rooms.entrance(room, participant="citizen")
    with pytest.raises(httpx2.HTTPStatusError):
        outside_world.join(late.token)


@pytest.mark.parametrize("mode", ["down", "busy", "garbage"])
async def test_a_server_that_does_not_work_is_unavailable(
    rooms: LiveKitRooms, outside_world: OutsideSandbox, mode: str
) -> None:
    outside_world.scenario("video", mode)
    room = uuid4().hex
    with pytest.raises(Unavailable):
        await rooms.open(room)
    if mode != "garbage":  # ending what does not exist is fine
        with pytest.raises(Unavailable):
            await rooms.close(room)


async def test_a_wrong_secret_opens_nothing_and_is_not_logged(
    outside_world: OutsideSandbox, keys: Keys
) -> None:
    wrong = ours(keys).model_copy(update={"api_secret": "w" * 40})
    async with Transport(timeout=2.0) as transport:
        rooms = LiveKitRooms(transport, base_url=outside_world.settings["video_url"], keys=wrong)
        with capture_logs() as logs, pytest.raises(Unavailable):
            await rooms.open("a-room")
    assert "w" * 40 not in f"{logs}"
