"""Somebody follows their case without asking: the inbox, the phone, and what their officer sees of it."""

import secrets
from typing import Any

import httpx2
import pytest

from integrations.demo.client import Client
from tests.journeys.conftest import PERSONAL, Travellers
from tests.support.installation import Installation
from tests.support.traveller import OFFICER, Traveller
from tests.support.waiting import read_until

pytestmark = pytest.mark.xdist_group("journeys")

KINDS = ["RESULT_READY", "APPROVED", "ACCEPTED", "RECEIVED"]


async def subscribed(traveller: Traveller, jinmin: Installation) -> str:
    """Signed in, named, confirmed at a window, and asked by the mini-program; the open id."""
    open_id = f"o{secrets.token_hex(13)}"
    traveller.known()
    code = jinmin.outside.login_code(open_id)
    traveller.tokens = await traveller.client.do("SignInWithMiniProgram", platform="WECHAT", code=code)
    traveller.client.token = traveller.tokens["accessToken"]
    await traveller.client.do(
        "BindRealName", name=traveller.person.name, residentId=traveller.person.resident_id
    )
    await traveller.go_to_window()
    inbox = await traveller.client.ask("NoticeInbox")
    assert [offered["accepted"] for offered in inbox["subscriptions"]] == [None, None]
    for offered in inbox["subscriptions"]:
        jinmin.outside.subscribe("wechat", open_id, offered["templateId"])
    await traveller.client.do("NoteNoticeSubscription", accepted=["PROGRESS", "ACTION"], declined=[])
    await traveller.client.do("SetNoticePreferences", quietFrom=0, quietUntil=0, plain=True)
    return open_id


async def test_a_case_tells_its_citizen_and_the_officer_sees_that_it_did(
    travellers: Travellers, jinmin: Installation, http: httpx2.AsyncClient
) -> None:
    traveller = travellers()
    client = traveller.client
    open_id = await subscribed(traveller, jinmin)
    case = await traveller.draft()
    await traveller.submit(case)

    async def inbox() -> Any:
        return await client.ask("NoticeInbox")

    told = await read_until(inbox, lambda held: held["unread"] == 4)
    assert told["preferences"]["plain"] is True
    assert [offered["accepted"] for offered in told["subscriptions"]] == [True, True]

    held = (await client.ask("Notices"))["edges"]
    assert [edge["node"]["kind"] for edge in held] == KINDS
    assert {edge["node"]["applicationId"] for edge in held} == {case}
    assert held[-1]["node"]["title"] == "Your application was received"
    assert "old-age allowance" in held[-1]["node"]["plainText"].lower()

    async def shown() -> Any:
        return jinmin.outside.shown("wechat", open_id)

    messages = await read_until(shown, lambda came: len(came) == 4)
    assert [message["thing2"] for message in messages] == ["已办结", "已批准", "已受理", "已收件"]
    secrets_of = [*PERSONAL.values(), traveller.person.name, traveller.person.resident_id]
    assert [secret for secret in secrets_of if secret in str(messages)] == []

    officer = Client(http, jinmin.url)
    officer.token = (await officer.do("SignInOfficer", **OFFICER))["accessToken"]

    async def seen() -> Any:
        return (await officer.ask("CaseNotices", applicationId=case))["edges"]

    edges = await read_until(
        seen,
        lambda found: all(
            edge["node"]["deliveries"][:1] and edge["node"]["deliveries"][0]["state"] == "SENT"
            for edge in found
        ),
    )
    assert [
        (
            edge["node"]["notice"]["kind"],
            [(sent["channel"], sent["tries"]) for sent in edge["node"]["deliveries"]],
        )
        for edge in edges
    ] == [(kind, [("WECHAT", 1)]) for kind in KINDS]

    left = await client.do("MarkNoticesRead", noticeIds=[held[0]["node"]["id"]])
    assert left["unread"] == 3
    unread = (await client.ask("Notices", unreadOnly=True))["edges"]
    assert [edge["node"]["kind"] for edge in unread] == KINDS[1:]
    assert (await client.do("MarkNoticesRead"))["unread"] == 0


async def test_the_inbox_says_by_itself_that_something_came(
    travellers: Travellers, jinmin: Installation
) -> None:
    traveller = travellers()
    await subscribed(traveller, jinmin)
    case = await traveller.draft()
    counts = []
    async for told in traveller.client.follow("NoticeInboxChanged"):
        counts.append(told["unread"])
        if len(counts) == 1:
            await traveller.submit(case)
        if told["unread"] == 4:
            break
    assert counts == sorted(counts)
    assert counts[0] == 0


async def test_a_strangers_notice_cannot_be_read_or_marked(
    travellers: Travellers, jinmin: Installation
) -> None:
    traveller, stranger = travellers(), travellers()
    await subscribed(traveller, jinmin)
    await traveller.submit(await traveller.draft())
    held = (await traveller.client.ask("Notices"))["edges"]
    await stranger.named()
    assert (await stranger.client.ask("Notices"))["edges"] == []
    assert (await stranger.client.do("MarkNoticesRead", noticeIds=[held[-1]["node"]["id"]]))["unread"] == 0
    again = (await traveller.client.ask("Notices"))["edges"]
    assert again[-1]["node"]["readAt"] is None
