"""The people's area of the schema, driven by our own trusted documents."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from backend.casework.catalogue.standards import Standards
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.kit import clock, resident_id
from backend.kit.working_days import Calendar
from backend.people.accounts.queries import authenticate
from backend.people.identity.models import ConsentKind
from backend.people.identity.texts import current_text
from backend.resources import Resources
from backend.viewer import OfficerRole
from resolvers.context import Context
from resolvers.scalars import Upload
from resolvers.schema import schema
from tests.support.people import PASSWORD, ScriptedFaces, appointed, new_human, new_key, nobody
from tests.support.sandbox import OutsideSandbox

DOCUMENTS = Path("graphql/operations/people")
VERSION = current_text(ConsentKind.FACE_VERIFICATION).version


@dataclass(slots=True)
class Client:
    """A front end: sends our documents, keeps the tokens."""

    resources: Resources
    token: str | None = None
    language: str = "zh-CN"

    async def send(self, operation: str, **variables: object) -> Any:
        """The answer's only field."""
        header = None if self.token is None else f"Bearer {self.token}"
        viewer = await authenticate(self.resources, header, language=self.language, address=nobody().address)
        context = Context(
            viewer=viewer,
            request_id="test",
            language=self.language,
            work=Casework(
                resources=self.resources, standards=Standards.of(()), calendar=Calendar(), reactors=()
            ),
        )
        document = (DOCUMENTS / f"{operation}.graphql").read_text()
        result = await schema.execute(document, variable_values=variables, context_value=context)
        assert result.errors is None
        assert result.data is not None
        (answer,) = orjson.loads(orjson.dumps(result.data)).values()
        return answer

    async def do(self, operation: str, **given: object) -> Any:
        """A mutation's result."""
        return await self.send(operation, input={"idempotencyKey": new_key(), **given})

    async def sign_in(self, world: OutsideSandbox) -> Any:
        """Sign in and keep the access token."""
        tokens = await self.do("SignInWithMiniProgram", platform="WECHAT", code=world.login_code())
        self.token = tokens["accessToken"]
        return tokens


@pytest.fixture
def client(resources: Resources) -> Client:
    return Client(replace(resources, ports=replace(resources.ports, faces=ScriptedFaces())))


async def test_a_citizen_signs_in_binds_a_name_consents_and_proves_it(
    client: Client, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    tokens = await client.sign_in(outside_world)
    assert tokens["__typename"] == "SignedIn"
    assert (await client.send("Me"))["assurance"]["level"] == "SIGNED_IN"

    bound = await client.do("BindRealName", name=human.name, residentId=human.resident_id)
    assert (bound["__typename"], bound["assurance"]["level"]) == ("Me", "REAL_NAME")
    assert bound["person"]["name"] == "沈**"
    assert bound["person"]["residentId"] == f"330***********{human.resident_id[-4:]}"
    assert bound["person"]["householdDivision"] == {"code": "330521", "fullName": "浙江省湖州市德清县"}

    text = await client.send("ConsentText", kind="FACE_VERIFICATION")
    told = await client.do("GiveConsent", kind=text["kind"], version=text["version"])
    assert [(consent["kind"], consent["current"]) for consent in told["consents"]] == [
        ("FACE_VERIFICATION", True)
    ]
    challenge = await client.do("RequestFaceChallenge")
    assert challenge["motions"] == []
    sent = {
        "challengeId": challenge["id"],
        "nonce": challenge["nonce"],
        "frames": [Upload("selfie.jpg", "image/jpeg", b"a selfie")],
    }
    proof = await client.do("VerifyFace", **sent)
    assert (proof["level"], proof["method"]) == ("VERIFIED", "FACE_SELFIE")
    again = await client.do("VerifyFace", **sent)
    assert (again["__typename"], again["code"]) == ("Problem", "CHALLENGE_EXPIRED")

    withdrawn = await client.do("WithdrawConsent", kind="FACE_VERIFICATION")
    assert withdrawn["consents"] == []
    assert (await client.send("Me"))["assurance"]["level"] == "VERIFIED"

    newer = await client.do("RefreshSession", refreshToken=tokens["refreshToken"])
    client.token = newer["accessToken"]
    assert (await client.do("SignOut"))["__typename"] == "SignedOut"


async def test_an_officer_confirms_at_the_window(client: Client, outside_world: OutsideSandbox) -> None:
    await appointed(OfficerRole.INTAKE)
    human = new_human(outside_world)
    seen = {"name": human.name, "residentId": human.resident_id, "documentSeen": "ID_CARD"}
    client.token = (await client.do("SignInOfficer", login="wang", password=PASSWORD))["accessToken"]
    confirmed = await client.do("ConfirmIdentityAtWindow", **seen)
    proof = confirmed["assurance"]
    assert (proof["level"], proof["method"]) == ("AUTHORITATIVE", "WINDOW")
    assert (await client.do("BindRealName", name="沈阿福", residentId="x"))["code"] == "FORBIDDEN"

    citizen = Client(client.resources)
    await citizen.sign_in(outside_world)
    assert (await citizen.do("ConfirmIdentityAtWindow", **seen))["code"] == "FORBIDDEN"
    brought = await citizen.do("RedeemSlip", code=confirmed["slip"])
    assert (brought["person"]["name"], brought["held"], brought["assurance"]) == ("沈**", False, proof)

    phone = Client(client.resources)
    await phone.sign_in(outside_world)
    code = await phone.do("RequestWindowCode")
    assert (await client.do("ConfirmIdentityAtWindow", **seen, sessionCode=code["windowCode"]))[
        "slip"
    ] is None
    assert (await phone.send("Me"))["assurance"]["level"] == "AUTHORITATIVE"


async def test_a_foreigner_binds_a_name_with_a_passport(
    client: Client, outside_world: OutsideSandbox
) -> None:
    passport = {"kind": "PASSPORT", "number": "T12345678", "country": "USA", "birthDate": "1980-01-31"}
    outside_world.load_document(**passport, name="ANNA SMITH", sex="2", expiresOn="2030-01-01")
    await client.sign_in(outside_world)
    given = {"name": "Anna  Smith", "document": passport}
    bound = await client.do("BindRealName", **given)
    assert bound["person"] == {
        "id": bound["person"]["id"],
        "name": "A*********",
        "residentId": "T******78",
        "documentKind": "PASSPORT",
        "expiresOn": "2030-01-01",
        "confirmedBy": "REGISTRY",
        "householdDivision": None,
    }
    both = await client.do("BindRealName", **given, residentId="x")
    assert [wrong["path"] for wrong in both["fields"]] == [["input", "document"]]


async def test_a_refusal_speaks_the_viewers_language_and_names_the_field(
    client: Client, outside_world: OutsideSandbox
) -> None:
    await client.sign_in(outside_world)
    given = {"name": "沈阿福", "residentId": "123"}
    chinese = await client.do("BindRealName", **given)
    client.language = "en"
    english = await client.do("BindRealName", **given)
    assert (chinese["code"], chinese["message"]) == ("INVALID_RESIDENT_ID", "身份证号码有误，请核对。")
    assert english["message"] == "The resident ID number is not right; please check it."
    assert [wrong["path"] for wrong in english["fields"]] == [["input", "residentId"]]


async def test_before_a_name_is_bound_a_consent_is_a_step_too_far(
    client: Client, outside_world: OutsideSandbox
) -> None:
    await client.sign_in(outside_world)
    problem = await client.do("GiveConsent", kind="FACE_VERIFICATION", version=VERSION)
    assert problem["code"] == "STEP_UP_NEEDED"


async def test_the_consent_text_is_public_and_in_both_languages(client: Client) -> None:
    chinese = await client.send("ConsentText", kind="FACE_VERIFICATION")
    client.language = "en"
    english = await client.send("ConsentText", kind="FACE_VERIFICATION")
    assert (chinese["title"], english["title"]) == (
        "人脸信息处理单独同意书",
        "Separate consent to the processing of your face",
    )
    assert chinese["version"] == english["version"] == VERSION


async def test_a_step_up_says_what_is_needed_and_the_ways_are_asked_for(
    client: Client, outside_world: OutsideSandbox
) -> None:
    await client.sign_in(outside_world)
    problem = await client.do("RequestFaceChallenge")
    assert (problem["code"], problem["stepUp"]) == (
        "STEP_UP_NEEDED",
        {"level": "REAL_NAME", "freshWithinMinutes": None},
    )
    ways = await client.send("WaysToProve", level="AUTHORITATIVE", itemCode=None)
    assert [(way["method"], way["open"], way["usesFace"]) for way in ways] == [
        ("PLATFORM_FACE", False, True),
        ("NETWORK_IDENTITY", True, False),
        ("WINDOW", True, False),
        ("HOME_VISIT", True, False),
    ]
    assert ways[0]["whyNot"] == "请先完成实名认证。"


async def test_a_newcomer_is_bound_by_network_identity_without_typing_a_name(
    client: Client, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    await client.sign_in(outside_world)
    request = await client.do("RequestNetworkIdentity")
    holder = {"name": human.name, "idNumber": human.resident_id}
    made = outside_world.credential(request["businessNumber"], holder, release=True)
    proof = await client.do(
        "ProveWithNetworkIdentity",
        requestId=request["id"],
        credential=made["idCardAuthData"],
        password=made["certPwdData"],
    )
    assert (proof["level"], proof["method"]) == ("AUTHORITATIVE", "NETWORK_IDENTITY")
    shown = await client.send("Me")
    assert (shown["person"]["name"], shown["held"]) == ("沈**", False)


async def test_the_platforms_face_check_is_asked_about_by_the_server(
    client: Client, outside_world: OutsideSandbox
) -> None:
    human = new_human(outside_world)
    await client.sign_in(outside_world)
    await client.do("BindRealName", name=human.name, residentId=human.resident_id)
    assert (await client.do("BeginPlatformFace"))["code"] == "CONSENT_NEEDED"
    text = await client.send("ConsentText", kind="PLATFORM_FACE")
    await client.do("GiveConsent", kind=text["kind"], version=text["version"])
    check = await client.do("BeginPlatformFace")
    assert (check["platform"], check["url"]) == ("WECHAT", None)
    assert (await client.do("FinishPlatformFace", checkId=check["id"]))["code"] == "PROOF_REFUSED"
    outside_world.look("wechat", check["token"])
    proof = await client.do("FinishPlatformFace", checkId=check["id"])
    assert (proof["level"], proof["method"]) == ("AUTHORITATIVE", "PLATFORM_FACE")


async def test_a_citizen_on_an_h5_page_signs_in_by_sms_and_sees_their_devices(
    client: Client, outside_world: OutsideSandbox
) -> None:
    sent = await client.do("RequestSmsCode", phone="13700000001")
    wrong = await client.do("SignInWithSms", codeId=sent["id"], code="wrong")
    assert (wrong["code"], wrong["message"]) == ("SIGN_IN_FAILED", "验证码不正确或已过期。")
    code = outside_world.texted("+8613700000001")[0][0]
    tokens = await client.do("SignInWithSms", codeId=sent["id"], code=code, deviceName="手机浏览器")
    client.token = tokens["accessToken"]
    [device] = await client.send("Devices")
    assert (device["platform"], device["name"], device["current"]) == ("H5", "手机浏览器", True)
    assert (await client.do("SignOutDevice", deviceId="nonsense"))["code"] == "NOT_FOUND"
    ended = await client.do("SignOutEverywhere")
    assert (ended["__typename"], ended["devices"]) == ("SignedOut", 1)


async def test_a_name_the_registry_does_not_know_goes_to_an_officer_and_comes_back(
    client: Client, outside_world: OutsideSandbox
) -> None:
    await appointed(OfficerRole.INTAKE)
    officer = Client(client.resources)
    officer.token = (await officer.do("SignInOfficer", login="wang", password=PASSWORD))["accessToken"]
    await client.sign_in(outside_world)
    number = resident_id.make("330521", date(2008, 2, 29), 12)
    given = {"name": "沈新生", "residentId": number}
    assert (await client.do("BindRealName", **given))["code"] == "IDENTITY_MISMATCH"
    asked = await client.do("RequestIdentityReview", **given, division="330521")
    assert (asked["state"], asked["name"]) == ("OPEN", "沈**")

    page = await officer.send("IdentityReviews", first=10, after=None, state="OPEN")
    assert [edge["node"]["id"] for edge in page["edges"]] == [asked["id"]]
    found = await officer.send("IdentityReview", reviewCode=asked["reviewCode"])
    opened = await officer.do("OpenIdentityReview", reviewId=found["id"])
    assert (opened["name"], opened["number"]) == ("沈新生", number)
    decided = await officer.do(
        "DecideIdentityReview",
        reviewId=found["id"],
        confirmed=True,
        reason="ALL_RIGHT",
        place="WINDOW",
        documentSeen="ID_CARD",
    )
    assert (decided["state"], decided["name"]) == ("CONFIRMED", None)
    shown = await client.send("Me")
    assert (shown["person"]["confirmedBy"], shown["assurance"]["level"]) == ("OFFICER", "AUTHORITATIVE")
    assert [one["state"] for one in await client.send("MyIdentityReviews")] == ["CONFIRMED"]
    assert (await client.do("OpenIdentityReview", reviewId=found["id"]))["code"] == "FORBIDDEN"


async def test_a_video_call_from_ticket_to_verdict(client: Client, outside_world: OutsideSandbox) -> None:
    await appointed(OfficerRole.INTAKE, OfficerRole.OPERATIONS)
    officer = Client(client.resources)
    officer.token = (await officer.do("SignInOfficer", login="wang", password=PASSWORD))["accessToken"]
    assert (await officer.do("SetVideoDesk", seats=1))["seats"] == 1
    assert (await officer.do("CallNextVideoTicket"))["code"] == "NOTHING_WAITING"
    human = new_human(outside_world)
    await client.sign_in(outside_world)
    await client.do("BindRealName", name=human.name, residentId=human.resident_id)
    day = Calendar().add_working_days(clock.today(), 1).isoformat()
    slots = await client.send("VideoSlots", division="330521", day=day)
    assert (len(slots), slots[0]["free"]) == (12, 1)
    ticket = await client.do("RequestVideoTicket", division="330521", slotAt=slots[0]["at"])
    assert (ticket["state"], ticket["organName"]) == ("WAITING", "德清县民政局")
    assert (await client.do("EnterVideoRoom", ticketId=ticket["id"]))["code"] == "ILLEGAL_STATE"
    assert [one["id"] for one in await officer.send("VideoTickets")] == [ticket["id"]]
    assert (await client.send("MyVideoTicket", id=None))["id"] == ticket["id"]

    await fetch("UPDATE video_ticket SET slot_at = now() RETURNING id")
    call = await officer.do("CallNextVideoTicket")
    assert call["ticket"]["id"] == ticket["id"]
    assert outside_world.join(call["entrance"]["token"])["participant"] == "officer"
    entrance = await client.do("EnterVideoRoom", ticketId=ticket["id"])
    assert outside_world.join(entrance["token"])["inside"] == ["citizen", "officer"]
    seen = await officer.do("OpenVideoCaller", ticketId=ticket["id"])
    assert (seen["name"], seen["documentKind"]) == (human.name, "RESIDENT_ID")
    ended = await officer.do(
        "RecordVideoVerdict",
        ticketId=ticket["id"],
        confirmed=True,
        reason="ALL_RIGHT",
        documentSeen="ID_CARD",
    )
    assert ended["state"] == "CONFIRMED"
    assert (await client.send("Me"))["assurance"]["method"] == "VIDEO"
    assert (await client.send("MyVideoTicket", id=None)) is None
    assert (await client.do("CancelVideoTicket", ticketId=ticket["id"]))["code"] == "ALREADY_DONE"


async def test_a_review_is_taken_back(client: Client, outside_world: OutsideSandbox) -> None:
    await client.sign_in(outside_world)
    number = resident_id.make("330521", date(2008, 2, 29), 14)
    asked = await client.do("RequestIdentityReview", name="沈新生", residentId=number, division="330521")
    taken = await client.do("WithdrawIdentityReview", reviewId=asked["id"])
    assert (taken["state"], taken["name"]) == ("WITHDRAWN", None)
