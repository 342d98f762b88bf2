"""Somebody in Shanghai applies for the old-age allowance of their home county in Zhejiang, step by step."""

import asyncio
import sys
from base64 import b64encode
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import httpx2
import orjson
from PIL import Image, ImageDraw

from backend.settings import Settings
from integrations.demo import portraits
from integrations.demo.client import Client, Refused
from integrations.sandbox.people import demo_people

ITEM = "000511001000"
HOME = "330521"
PATIENCE = 60.0
"""Seconds until the province must have decided; its sandbox takes a few."""


@dataclass(slots=True)
class Report:
    """Prints each step as it happens, for people or as JSON lines."""

    as_json: bool
    steps: list[dict[str, Any]] = field(default_factory=list)

    def step(self, number: int, name: str, /, **told: object) -> None:
        """One step that went well."""
        entry = {"step": number, "name": name, "ok": True, **told}
        self.steps.append(entry)
        details = "  ".join(f"{key}={value}" for key, value in told.items())
        self._print(entry, f"  {number}. {name:<34} {details}")

    def failed(self, number: int, name: str, refused: Refused) -> None:
        """The step at which the journey ended."""
        entry = {"step": number, "name": name, "ok": False, "code": refused.code, "reason": str(refused)}
        self._print(entry, f"  {number}. {name:<34} refused — {refused}")

    def _print(self, entry: dict[str, Any], line: str) -> None:
        sys.stdout.write((orjson.dumps(entry).decode() if self.as_json else line) + "\n")
        sys.stdout.flush()


async def walk(settings: Settings, *, reference: bytes | None, selfie: bytes | None, as_json: bool) -> int:
    """Walk the journey; 0 when the citizen holds a verifiable result, 1 with the step that refused."""
    report = Report(as_json)
    own = reference or portraits.reference()
    shown = selfie or reference or portraits.reshot()
    async with httpx2.AsyncClient(timeout=30) as http:
        client = Client(http, settings.public_url)
        number, name = 1, "sign in"
        try:
            await _load_registry(http, settings, own)
            await _sign_in(client, http, settings, report)
            number, name = 2, "bind real name"
            await _bind(client, report)
            number, name = 3, "verify face"
            await _prove(client, report, shown)
            number, name = 4, "apply"
            application = await _apply(client, report)
            number, name = 5, "the province decides"
            case = await _decided(client, report, application)
            number, name = 6, "result and evaluation"
            await _finish(client, report, case)
        except Refused as refused:
            report.failed(number, name, refused)
            return 1
        except (httpx2.HTTPError, OSError, TimeoutError) as error:
            report.failed(number, name, Refused(type(error).__name__, f"is {settings.public_url} running?"))
            return 1
    return 0


async def _load_registry(http: httpx2.AsyncClient, settings: Settings, reference: bytes) -> None:
    """Give the sandbox registry the applicant's reference photograph."""
    person = demo_people()[0]
    answer = await http.post(
        f"{settings.registry_url.removesuffix('/registry')}/admin/registry/people",
        json={
            "name": person.name,
            "residentId": person.resident_id,
            "householdDivision": person.household_division,
            "portrait": b64encode(reference).decode(),
        },
    )
    answer.raise_for_status()


async def _sign_in(client: Client, http: httpx2.AsyncClient, settings: Settings, report: Report) -> None:
    """What ``wx.login`` and the first request of a mini-program do."""
    sandbox = settings.wechat_url.removesuffix("/wechat")
    code = (await http.post(f"{sandbox}/admin/wechat/login", json={})).json()["code"]
    session = await client.do("SignInWithMiniProgram", platform="WECHAT", code=code, deviceName="demo")
    client.token = session["accessToken"]
    report.step(1, "signed in with WeChat", expires=session["accessExpiresAt"])


async def _bind(client: Client, report: Report) -> None:
    person = demo_people()[0]
    await client.do("BindRealName", name=person.name, residentId=person.resident_id)
    me = await client.ask("Me")
    report.step(2, "real name bound", applicant=me["person"]["name"], resident_id=me["person"]["residentId"])


async def _prove(client: Client, report: Report, shown: bytes) -> None:
    text = await client.ask("ConsentText", kind="FACE_VERIFICATION")
    await client.do("GiveConsent", kind="FACE_VERIFICATION", version=text["version"])
    challenge = await client.do("RequestFaceChallenge")
    if challenge["motions"]:
        raise Refused("ACTIVE_CHALLENGE", "this server asks for turns of the head; the demo has one picture")
    assurance = await client.send_files(
        "VerifyFace",
        {"challengeId": challenge["id"], "nonce": challenge["nonce"], "frames": [None]},
        {"variables.input.frames.0": ("frame.jpg", shown)},
    )
    report.step(3, "face verified", method=assurance["method"], until=assurance["expiresAt"])


async def _apply(client: Client, report: Report) -> str:
    item = await client.ask("ServiceItem", code=ITEM, division=HOME)
    check = await client.ask("CheckEligibility", code=ITEM, division=HOME, answers={"paidElsewhere": False})
    report.step(4, "item read, eligibility checked", item=item["name"], answer=check["judgement"])
    draft = await client.do("StartApplication", itemCode=ITEM, division=HOME)
    saved = await client.do(
        "SaveAnswers",
        applicationId=draft["id"],
        version=draft["version"],
        answers={
            "contactPhone": "13800000000",
            "currentAddress": "上海市黄浦区",
            "bankAccount": "6200000000000000000",
            "paidElsewhere": False,
            "undertaking": True,
        },
    )
    await client.send_files(
        "UploadMaterial",
        {"applicationId": saved["id"], "materialCode": "bank-card", "file": None},
        {"variables.input.file": ("card.jpg", _card())},
    )
    submitted = await client.do("SubmitApplication", applicationId=draft["id"])
    report.step(4, "submitted", case_number=submitted["caseNumber"], due=submitted["dueDate"]["on"])
    return str(draft["id"])


async def _decided(client: Client, report: Report, application: str) -> Any:
    """Follow by subscription, then ask once by polling: both tell the same."""
    async with asyncio.timeout(PATIENCE):
        states = await client.until("ApplicationChanged", "COMPLETED", id=application)
    case = await client.ask("Application", id=application)
    report.step(
        5,
        "lodged, decided by Zhejiang",
        states="→".join(states),
        timeline="→".join(entry["kind"] for entry in case["timeline"]),
        approved=case["decision"]["approved"],
        monthly_fen=case["decision"]["monthlyAmount"],
    )
    return case


async def _finish(client: Client, report: Report, case: Any) -> None:
    pdf = await client.download(case["certificate"]["downloadUrl"], signed_in=True)
    page = await client.download(case["certificate"]["verifyUrl"], signed_in=False)
    report.step(
        6,
        "result received and verified",
        pdf_bytes=len(pdf),
        page_bytes=len(page),
        verify=case["certificate"]["verifyUrl"],
    )
    told = await client.do(
        "EvaluateApplication", applicationId=case["id"], level=5, comment="办得很快，谢谢！"
    )
    report.step(6, "service evaluated", level=told["evaluation"])


def _card() -> bytes:
    """A drawn stand-in for the photograph of a bank card."""
    picture = Image.new("RGB", (856, 540), "#1f5fa8")
    ImageDraw.Draw(picture).text((60, 240), "6200 0000 0000 0000 000", fill="white")
    out = BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()
