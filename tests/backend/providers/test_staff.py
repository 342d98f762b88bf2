"""Joining the staff of an organisation: one code, one person, and once however often it is asked."""

from dataclasses import replace

import pytest

from backend.errors import Conflict, NotFound
from backend.providers.organisations.models import StaffRole
from backend.providers.organisations.staff import invite, join
from backend.resources import Resources
from tests.support.cases import proven
from tests.support.people import ScriptedFaces, bound, new_key
from tests.support.providers import working
from tests.support.rows import count
from tests.support.sandbox import OutsideSandbox


async def test_joining_again_with_the_same_key_is_answered_as_the_first_time(
    resources: Resources, outside_world: OutsideSandbox
) -> None:
    house = replace(resources, ports=replace(resources.ports, faces=ScriptedFaces()))
    provider = await working(house, await proven(house, outside_world))
    invited = await invite(
        provider, house, label="护理员07", role=StaffRole.ATTENDANT, idempotency_key=new_key()
    )
    somebody, key = await bound(house, outside_world), new_key()
    for _ in range(2):
        joined = await join(somebody, house, code=invited.invitation_code, idempotency_key=key)
        assert joined == provider.organisation_id
    with pytest.raises(Conflict):
        await join(somebody, house, code=invited.invitation_code, idempotency_key=new_key())
    with pytest.raises(NotFound):
        await join(
            await bound(house, outside_world), house, code=invited.invitation_code, idempotency_key=new_key()
        )
    assert await count("organisation_staff") == 2
