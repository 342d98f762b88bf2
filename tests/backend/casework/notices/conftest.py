"""A machine that tells its citizens, and somebody whose phone takes messages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from backend.casework.machine import Casework
from backend.casework.notices.actions import note_subscription, tell_the_citizen
from backend.database.record import fetch
from backend.message_ports import Channel, Purpose
from backend.resources import Resources
from backend.viewer import Citizen
from tests.support import cases
from tests.support.notices import without_quiet_hours
from tests.support.people import ScriptedFaces, new_key
from tests.support.sandbox import OutsideSandbox


@pytest.fixture
async def work(resources: Resources, faces: ScriptedFaces, outside_world: OutsideSandbox) -> Casework:
    house = replace(resources, ports=replace(resources.ports, faces=faces))
    made = cases.machine(house, tell_the_citizen(house.shared))
    await cases.publish(made)
    return made


@pytest.fixture(autouse=True)
def normal_again(outside_world: OutsideSandbox) -> Iterator[None]:
    yield
    outside_world.messages()
    outside_world.scenario("sms")


@dataclass(frozen=True, slots=True)
class Reached:
    """A citizen, and the phone on which they are told."""

    citizen: Citizen
    open_id: str
    world: OutsideSandbox

    def shown(self) -> list[dict[str, str]]:
        return self.world.shown("wechat", self.open_id)


@pytest.fixture
async def reached(work: Casework, outside_world: OutsideSandbox) -> Reached:
    """Has subscribed to everything in WeChat, and gave a number for SMS."""
    citizen = await cases.proven(work.resources, outside_world)
    (row,) = await fetch(
        "SELECT open_id_index, open_id_sealed FROM account WHERE id = $1", citizen.account_id
    )
    context = f"account.open_id:{row['open_id_index']}"
    open_id = work.resources.keys.ring.open(row["open_id_sealed"], context=context).decode()
    for purpose in Purpose:
        template = work.resources.ports.messages[Channel.WECHAT].template(purpose)
        outside_world.subscribe("wechat", open_id, template)
    await note_subscription(citizen, accepted=list(Purpose), declined=[], idempotency_key=new_key())
    await without_quiet_hours(citizen)
    return Reached(citizen, open_id, outside_world)


async def notices_of(application_id: UUID) -> list[Mapping[str, Any]]:
    """A case's notices as they rest."""
    return [
        dict(row)
        for row in await fetch(
            "SELECT id, kind, open, read_at, next_at FROM notice WHERE application_id = $1 ORDER BY sequence",
            application_id,
        )
    ]


async def deliveries_of(application_id: UUID) -> list[tuple[str, str, int, str]]:
    """What became of a case's messages: channel, state, tries, code."""
    rows = await fetch(
        "SELECT d.channel, d.state, d.tries, d.code FROM notice_delivery d JOIN notice n ON n.id = d.notice_id"
        " WHERE n.application_id = $1 ORDER BY n.sequence, d.created_at",
        application_id,
    )
    return [(row["channel"], row["state"], row["tries"], row["code"]) for row in rows]
