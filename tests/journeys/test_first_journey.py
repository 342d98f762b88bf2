"""Somebody in Shanghai applies for the old-age allowance of their home county: the six steps, on real parts."""

import asyncio
import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import jwt
import orjson
import pypdfium2
import pytest
import zxingcpp

from backend.kit import ids
from backend.kit.signatures import sm3_hex, verify_sm2
from integrations.demo.client import Refused
from integrations.demo.walk import ANSWERS, HOME, ITEM, drawn_card
from tests.journeys.conftest import Travellers
from tests.support.installation import Installation
from tests.support.traveller import Traveller

pytestmark = pytest.mark.xdist_group("journeys")

TIMELINE = ["STARTED", "SUBMITTED", "NUMBERED", "LODGED", "ACCEPTED", "APPROVED", "RESULT_ISSUED"]


@dataclass(frozen=True, slots=True)
class Walked:
    """Everything that was said on the way, in the order of the steps."""

    traveller: Traveller
    jwks: dict[str, Any]
    me: Any
    asked_at: datetime
    challenge: Any
    assurance: Any
    me_proven: Any
    item: Any
    eligibility: Any
    submitted: Any
    followed: list[Any]
    case: Any
    pdf: bytes
    evaluated: Any

    @property
    def id(self) -> UUID:
        """The case's own id."""
        return UUID(ids.parse_node_id(self.case["id"])[1])


@pytest.fixture(scope="module")
async def walked(travellers: Travellers, http: httpx2.AsyncClient, jinmin: Installation) -> Walked:
    traveller = travellers()
    client = traveller.client
    await traveller.named()
    me = await client.ask("Me")
    text = await client.ask("ConsentText", kind="FACE_VERIFICATION")
    await client.do("GiveConsent", kind="FACE_VERIFICATION", version=text["version"])
    asked_at = datetime.now(UTC)
    challenge = await client.do("RequestFaceChallenge")
    assurance = await traveller.show(challenge)
    me_proven = await client.ask("Me")
    item = await client.ask("ServiceItem", code=ITEM, division=HOME)
    eligibility = await client.ask(
        "CheckEligibility", code=ITEM, division=HOME, answers={"paidElsewhere": False}
    )
    draft = await traveller.draft()
    begun = asyncio.Event()
    following = asyncio.create_task(_follow(traveller, draft, begun))
    await asyncio.wait_for(begun.wait(), 30)
    submitted = await traveller.submit(draft, "the-same-key-every-time")
    again = await traveller.submit(draft, "the-same-key-every-time")
    assert again["caseNumber"] == submitted["caseNumber"]
    async with asyncio.timeout(30):
        followed = await following
    case = await client.ask("Application", id=draft)
    pdf = await client.download(case["certificate"]["downloadUrl"], signed_in=True)
    evaluated = await client.do("EvaluateApplication", applicationId=draft, level=5, comment="办得很快")
    return Walked(
        traveller=traveller,
        jwks=(await http.get(f"{jinmin.url}/.well-known/jwks.json")).json(),
        me=me,
        asked_at=asked_at,
        challenge=challenge,
        assurance=assurance,
        me_proven=me_proven,
        item=item,
        eligibility=eligibility,
        submitted=submitted,
        followed=followed,
        case=case,
        pdf=pdf,
        evaluated=evaluated,
    )


async def _follow(traveller: Traveller, draft: str, begun: asyncio.Event) -> list[Any]:
    """What the subscription says until the case is completed."""
    told = []
    async for value in traveller.client.follow("ApplicationChanged", id=draft):
        told.append(value)
        begun.set()
        if value["state"] == "COMPLETED":
            break
    return told


@pytest.mark.parametrize(("token", "use"), [("accessToken", "access"), ("refreshToken", "refresh")])
async def test_tokens_are_signed_with_a_published_key_and_hold_ids_only(
    walked: Walked, token: str, use: str
) -> None:
    text = walked.traveller.tokens[token]
    header = jwt.get_unverified_header(text)

    [key] = [key for key in walked.jwks["keys"] if key["kid"] == header["kid"]]
    claims = jwt.decode(text, jwt.PyJWK(key), algorithms=["EdDSA"], audience=use, issuer="jinmin")

    assert header["alg"] == "EdDSA"
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")
    assert "d" not in key
    assert walked.traveller.person.resident_id not in str(claims)
    assert claims["exp"] - claims["iat"] == (900 if use == "access" else 30 * 24 * 3600)


async def test_a_real_name_is_bound_and_shown_masked(walked: Walked, rows: asyncpg.Pool) -> None:
    number = walked.traveller.person.resident_id
    shown = walked.me["person"]
    person_id = UUID(ids.parse_node_id(shown["id"])[1])

    assert (shown["name"], shown["residentId"]) == ("沈**", f"{number[:3]}***********{number[-4:]}")
    assert shown["householdDivision"] == {"code": "330521", "fullName": "浙江省湖州市德清县"}
    assert (walked.me["assurance"]["level"], walked.me["assurance"]["method"]) == ("REAL_NAME", "REAL_NAME")
    kept = await rows.fetchrow("SELECT household_division, sex FROM person WHERE id = $1", person_id)
    assert kept["household_division"] == "330521"


async def test_the_face_check_asks_once_for_a_selfie_within_twenty_seconds(walked: Walked) -> None:
    until = datetime.fromisoformat(walked.challenge["expiresAt"])

    assert walked.challenge["motions"] == []
    assert len(walked.challenge["nonce"]) == 32
    assert timedelta(seconds=19) < until - walked.asked_at < timedelta(seconds=21)


async def test_the_assurance_says_how_and_belongs_to_the_challenge(
    walked: Walked, rows: asyncpg.Pool
) -> None:
    assert (walked.assurance["level"], walked.assurance["method"]) == ("VERIFIED", "FACE_SELFIE")
    assert {"__typename": "Assurance", **walked.me_proven["assurance"]} == walked.assurance
    kept = await rows.fetchrow(
        "SELECT r.level, r.method, r.challenge_id, r.model, r.session_id, r.officer_id, r.expires_at - r.proven_at AS long"
        " FROM assurance_record r JOIN application a ON a.person_id = r.person_id"
        " WHERE a.id = $1 AND r.challenge_id IS NOT NULL",
        walked.id,
    )
    session = jwt.decode(walked.traveller.client.token, options={"verify_signature": False})
    assert str(kept["challenge_id"]) == ids.parse_node_id(walked.challenge["id"])[1]
    assert (kept["level"], kept["method"], kept["model"]) == (3, "FACE_SELFIE", "dlib-resnet-v1@0.060")
    assert str(kept["session_id"]) in session.values()
    assert (kept["officer_id"], kept["long"]) == (None, timedelta(minutes=30))


async def test_the_item_is_read_as_it_applies_in_the_home_county(walked: Walked) -> None:
    item = walked.item

    assert (item["code"], item["organ"]["name"], item["division"]["code"]) == (ITEM, "德清县民政局", HOME)
    assert item["requiredAssurance"] == "VERIFIED"
    assert {told["name"]: (told["value"], told["setBy"]) for told in item["parameters"]} == {
        "minimum_age": (80, "330521"),
        "monthly_fen": (10_000, "330521"),
    }
    assert (item["promisedDays"], walked.eligibility["judgement"]) == (10, "ELIGIBLE")
    assert sorted(orjson.loads(item["formSchema"])["properties"]) == sorted(ANSWERS)


async def test_the_case_number_is_task_code_day_and_serial(walked: Walked) -> None:
    number = walked.submitted["caseNumber"]
    day = datetime.fromisoformat(walked.submitted["submittedAt"]).strftime("%Y%m%d")

    assert len(number) == 43
    assert re.fullmatch(f"{walked.item['taskCode']}{day}[0-9]{{4}}", number)
    assert walked.case["caseNumber"] == number


async def test_submitting_twice_is_one_case_at_home_and_in_the_province(
    walked: Walked, rows: asyncpg.Pool, jinmin: Installation
) -> None:
    held = jinmin.zhejiang.held(walked.submitted["caseNumber"])

    assert (held["effects"], held["lodged"]) == (1, 1)
    [case] = held["cases"]
    assert case["materials"] == [{"code": "bank-card", "sha256": sha256(drawn_card()).hexdigest()}]
    assert [told["sentAt"] is not None for told in case["callbacks"]] == [True, True]
    assert await rows.fetchval("SELECT count(*) FROM delivery WHERE application_id = $1", walked.id) == 1


async def test_the_receipt_is_kept_as_the_province_signed_it(
    walked: Walked, rows: asyncpg.Pool, jinmin: Installation
) -> None:
    kept = await rows.fetchrow(
        "SELECT state, attempts, external_case_number, receipt FROM delivery WHERE application_id = $1",
        walked.id,
    )
    signed = orjson.loads(orjson.loads(kept["receipt"])["signed"])
    receipt = orjson.loads(signed["body"])["receipt"]
    told = signed["headers"]
    lines = ("RESPONSE", "200", told["x-app-id"], told["x-timestamp"], told["x-nonce"], _sm3(signed["body"]))
    keys = orjson.loads((jinmin.data / "keys.json").read_bytes())

    assert (kept["state"], kept["attempts"]) == ("DELIVERED", 0)
    assert receipt["caseNo"] == walked.submitted["caseNumber"]
    assert receipt["externalCaseNo"] == kept["external_case_number"]
    assert verify_sm2(
        keys["zhejiang_their_public_pem"], "\n".join(lines).encode(), b64decode(told["x-signature"])
    )


def _sm3(text: str) -> str:
    return sm3_hex(text.encode())


async def test_both_callbacks_are_applied_once_and_kept_sealed(walked: Walked, rows: asyncpg.Pool) -> None:
    kept = await rows.fetch(
        "SELECT sequence, outcome, sealed FROM inbound_event WHERE application_id = $1 ORDER BY sequence",
        walked.id,
    )

    assert [(row["sequence"], row["outcome"]) for row in kept] == [(1, "APPLIED"), (2, "APPLIED")]
    assert not any("monthlyFen" in row["sealed"] for row in kept)
    assert walked.case["decision"] == {
        "approved": True,
        "reason": None,
        "resultNumber": walked.case["decision"]["resultNumber"],
        "monthlyAmount": 10_000,
        "paidFrom": walked.case["decision"]["paidFrom"],
    }
    assert re.fullmatch("浙民决字33[0-9]{16}号", walked.case["decision"]["resultNumber"])
    assert re.fullmatch("20[0-9]{2}-(0[1-9]|1[0-2])", walked.case["decision"]["paidFrom"])


async def test_subscription_and_polling_tell_the_same_timeline(walked: Walked) -> None:
    seen = [entry["kind"] for entry in walked.followed[-1]["timeline"]]
    states = [value["state"] for value in walked.followed]
    order = ["DRAFT", "SUBMITTED", "ACCEPTED", "APPROVED", "COMPLETED"]

    assert seen == TIMELINE
    assert walked.followed[-1]["timeline"] == walked.case["timeline"]
    assert [entry["sequence"] for entry in walked.case["timeline"]] == list(range(1, len(TIMELINE) + 1))
    assert (states[0], states[-1]) == ("DRAFT", "COMPLETED")
    assert sorted(states, key=order.index) == states
    assert walked.followed[-1]["certificate"]["code"] == walked.case["certificate"]["code"]


async def test_the_result_is_a_pdf_whose_qr_code_leads_to_its_verification(
    walked: Walked, rows: asyncpg.Pool, jinmin: Installation
) -> None:
    document = pypdfium2.PdfDocument(walked.pdf)
    [page] = document
    text = page.get_textpage().get_text_bounded()
    [code] = zxingcpp.read_barcodes(page.render(scale=3).to_pil())
    kept = await rows.fetchrow(
        "SELECT sha256, code FROM certificate WHERE code = $1", walked.case["certificate"]["code"]
    )

    assert code.text == f"{jinmin.url}/verify/{kept['code']}" == walked.case["certificate"]["verifyUrl"]
    assert kept["sha256"] == sha256(walked.pdf).hexdigest()
    assert walked.submitted["caseNumber"] in text.replace("\n", "").replace("\r", "")
    assert "100.00" in text
    assert walked.traveller.person.resident_id not in text


async def test_anyone_can_check_the_document_and_learns_no_more(
    walked: Walked, http: httpx2.AsyncClient, jinmin: Installation
) -> None:
    page = await http.get(walked.case["certificate"]["verifyUrl"])
    forged = await http.get(f"{jinmin.url}/verify/{'A' * 24}")

    assert page.status_code == 200
    for told in ("该文件真实有效。", "准予", "沈**", "德清县民政局", walked.submitted["caseNumber"][-12:]):
        assert told in page.text
    for untold in (walked.traveller.person.name, walked.traveller.person.resident_id, "100.00"):
        assert untold not in page.text
    assert (forged.status_code, "查无此文件" in forged.text) == (404, True)


async def test_nobody_else_can_fetch_the_document_or_see_the_case(
    walked: Walked, travellers: Travellers, http: httpx2.AsyncClient
) -> None:
    stranger = await travellers().named()
    url = walked.case["certificate"]["downloadUrl"]

    assert (await http.get(url)).status_code == 404
    assert (await http.get(url, headers={"Authorization": "Bearer nonsense"})).status_code == 401
    with pytest.raises(Refused, match=r"^404: "):
        await stranger.client.download(url, signed_in=True)
    assert await stranger.client.ask("Application", id=walked.case["id"]) is None


async def test_the_citizen_evaluates_the_service_once(walked: Walked, rows: asyncpg.Pool) -> None:
    with pytest.raises(Refused) as refusal:
        await walked.traveller.client.do("EvaluateApplication", applicationId=walked.case["id"], level=1)

    assert refusal.value.code == "ALREADY_DONE"
    assert (walked.evaluated["evaluation"], walked.evaluated["state"]) == (5, "COMPLETED")
    kept = await rows.fetch(
        "SELECT level, comment_sealed FROM evaluation WHERE application_id = $1", walked.id
    )
    assert [row["level"] for row in kept] == [5]
    assert "办得很快" not in kept[0]["comment_sealed"]
