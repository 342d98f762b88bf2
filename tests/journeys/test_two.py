"""Two who marry: each with a phone and a proof of their own, one case, handed in when both have said yes."""

import secrets
from datetime import date

import pytest

from backend.casework.declaring import codes
from backend.kit import resident_id
from integrations.demo.client import Refused
from integrations.demo.walk import HOME
from integrations.sandbox.people import Person
from tests.journeys.conftest import Travellers
from tests.support.traveller import Traveller

pytestmark = pytest.mark.xdist_group("journeys")


def somebody(travellers: Travellers, name: str, born: date, *, man: bool) -> Traveller:
    """The last but one digit of a number is odd for a man."""
    traveller = travellers()
    serial = secrets.randbelow(400) * 2 + (1 if man else 0)
    traveller.person = Person(name, resident_id.make(HOME, born, serial), HOME)
    return traveller


async def test_a_marriage_is_booked_by_both_and_by_nobody_alone(travellers: Travellers) -> None:
    bride = somebody(travellers, "俞海燕", date(2000, 3, 8), man=False)
    groom = somebody(travellers, "陆建平", date(1999, 10, 10), man=True)
    found = await bride.client.ask("SearchServiceItems", text="领证", division=HOME)
    assert found["edges"][0]["node"]["code"] == codes.MARRIAGE_BOOKING
    await bride.confirmed_at_window()
    begun = await bride.client.do("StartApplication", itemCode=codes.MARRIAGE_BOOKING, division=HOME)
    saved = await bride.client.do(
        "SaveAnswers",
        applicationId=begun["id"],
        version=begun["version"],
        answers={
            "contactPhone": "13800000001",
            "partnerName": groom.person.name,
            "partnerNumber": groom.person.resident_id,
            "voluntary": True,
            "noSpouse": True,
            "notKin": True,
            "registry": HOME,
            "visitOn": "2099-05-20",
            "counselling": False,
        },
    )
    with pytest.raises(Refused) as alone:
        await bride.submit(saved["id"])
    assert alone.value.code == "PARTY_MISSING"

    invitation = await bride.client.do("InviteParty", applicationId=saved["id"])
    await groom.confirmed_at_window()
    joined = await groom.client.do("JoinCase", partyCode=invitation["partyCode"])
    assert (joined["itemCode"], joined["applicantName"], joined["confirmed"]) == (
        codes.MARRIAGE_BOOKING,
        "俞**",
        False,
    )
    with pytest.raises(Refused) as unagreed:
        await bride.submit(saved["id"])
    assert unagreed.value.code == "PARTY_MISSING"
    agreed = await groom.client.do("ConfirmCase", partyCaseId=joined["id"], version=joined["version"])
    assert agreed["confirmed"]

    submitted = await bride.submit(saved["id"])
    assert submitted["caseNumber"][19:31] == codes.MARRIAGE_BOOKING
    followed = await groom.client.ask("MyPartyCases", first=1)
    assert [(e["node"]["id"], e["node"]["state"] != "DRAFT") for e in followed["edges"]] == [
        (joined["id"], True)
    ]
