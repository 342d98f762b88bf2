"""A draft that was begun on one device goes on, and is handed in, on another."""

import secrets

import pytest

from backend.casework.declaring import codes
from integrations.demo.client import Client, Refused
from integrations.demo.walk import HOME
from tests.journeys.conftest import Travellers
from tests.support.traveller import Traveller

pytestmark = pytest.mark.xdist_group("journeys")

FIRST = {"contactPhone": "13800000001", "services": ["home"]}
REST = {"currentAddress": "上海市黄浦区人民大道1号", "otherSubsidy": False, "undertaking": True}


async def sign_in(traveller: Traveller, open_id: str) -> None:
    code = traveller.installation.outside.login_code(open_id)
    tokens = await traveller.client.do("SignInWithMiniProgram", platform="WECHAT", code=code)
    traveller.client.token = tokens["accessToken"]


async def test_a_draft_resumes_on_another_device(travellers: Travellers) -> None:
    open_id = f"o-{secrets.token_hex(8)}"
    phone = travellers()
    phone.known()
    await sign_in(phone, open_id)
    await phone.client.do("BindRealName", name=phone.person.name, residentId=phone.person.resident_id)
    await phone.go_to_window()
    begun = await phone.client.do("StartApplication", itemCode=codes.DISABLED_ELDERLY_VOUCHER, division=HOME)
    saved = await phone.client.do(
        "SaveAnswers", applicationId=begun["id"], version=begun["version"], answers=FIRST
    )

    # The tablet has a session of its own; it finds the draft as it was left.
    tablet = Traveller(phone.installation, Client(phone.client.http, phone.installation.url), phone.person)
    await sign_in(tablet, open_id)
    listed = await tablet.client.ask("Applications", first=5)
    assert [edge["node"]["id"] for edge in listed["edges"]] == [saved["id"]]
    draft = await tablet.client.ask("Draft", id=saved["id"])
    assert (draft["itemCode"], draft["division"]["code"], draft["state"]) == (
        codes.DISABLED_ELDERLY_VOUCHER,
        HOME,
        "DRAFT",
    )
    assert (draft["answers"], draft["version"]) == (FIRST, saved["version"])
    started = await tablet.client.ask("FormPrefill", code=codes.DISABLED_ELDERLY_VOUCHER)
    assert "NAME" in {fact["kind"] for fact in started["verified"]}
    gone_on = await tablet.client.do(
        "SaveAnswers", applicationId=draft["id"], version=draft["version"], answers={**FIRST, **REST}
    )

    # The phone still shows the older one: it is told, overwrites nothing, and reads what is there now.
    with pytest.raises(Refused) as stale:
        await phone.client.do(
            "SaveAnswers", applicationId=draft["id"], version=saved["version"], answers=FIRST
        )
    assert stale.value.code == "STALE_VERSION"
    seen = await phone.client.ask("Draft", id=draft["id"])
    assert (seen["answers"], seen["version"]) == ({**FIRST, **REST}, gone_on["version"])

    # What was proven on the phone proves nothing about whoever holds the tablet.
    with pytest.raises(Refused) as unproven:
        await tablet.submit(draft["id"])
    assert unproven.value.code == "STEP_UP_NEEDED"
    await tablet.go_to_window()
    submitted = await tablet.submit(draft["id"])
    assert len(submitted["caseNumber"]) == 43
    with pytest.raises(Refused) as closed:
        await phone.client.do(
            "SaveAnswers", applicationId=draft["id"], version=submitted["version"], answers=FIRST
        )
    assert closed.value.code == "ILLEGAL_STATE"
    assert (await phone.client.ask("Draft", id=draft["id"]))["state"] != "DRAFT"
