"""A desk that takes calls, and rooms whose server keeps its own time."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from backend.people.video.actions import set_video_desk
from backend.resources import Resources
from backend.viewer import Officer, OfficerRole
from tests.support.people import (
    at_the_desk,
)
from tests.support.sandbox import OutsideSandbox
from tests.support.video import InRealTime


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.scenario("video")


@pytest.fixture
def resources(resources: Resources) -> Resources:
    assert resources.ports.video is not None
    return replace(resources, ports=replace(resources.ports, video=InRealTime(resources.ports.video)))


@pytest.fixture
async def officer(resources: Resources) -> Officer:
    """An officer whose organ takes two calls at a time."""
    found, _ = await at_the_desk(resources, OfficerRole.INTAKE, OfficerRole.OPERATIONS)
    await set_video_desk(found, seats=2)
    return found
