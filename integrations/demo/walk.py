"""Somebody in Shanghai applies for the old-age allowance of their home county in Zhejiang, step by step."""

import asyncio
import secrets
import sys
from base64 import b64encode
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import orjson
from PIL import Image, ImageDraw

from backend.errors import BadSettings
from backend.kit import resident_id
from backend.settings import Settings
from integrations.demo import portraits
from integrations.demo.client import Client, Refused
from integrations.sandbox.people import Person, demo_people

ITEM = "000511001000"
HOME = "330521"
STRANGER = "stranger"
"""For ``--selfie``: somebody else's portrait, which must be refused."""
PATIENCE = 60.0
"""Seconds until the province must have decided; its sandbox takes a few."""
ANSWERS = {
    "contactPhone": "13800000000",
    "currentAddress": "上海市黄浦区人民大道200号",
    "bankAccount": "6200000000000000000",
    "paidElsewhere": False,
    "undertaking": True,
}


class Report:
    """Prints each step as it happens, for people or as JSON lines."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def step(self, number: int, name: str, /, **told: object) -> None:
        """One step that went well."""
        entry = {"step": number, "name": name, "ok": True, **told}
        details = "  ".join(f"{key}={value}" for key, value in told.items())
        self._print(entry, f"  {number}. {name:<34} {details}")

    def failed(self, number: int, name: str, refused: Refused) -> None:
        """The step at which the journey ended."""
        entry = {"step": number, "name": name, "ok": False, "code": refused.code, "reason": str(refused)}
        self._print(entry, f"  {number}. {name:<34} refused: {refused}")

    def _print(self, entry: dict[str, Any], line: str) -> None:
        sys.stdout.write((orjson.dumps(entry).decode() if self._as_json else line) + "\n")
        sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the registry holds of the applicant, and what the applicant's camera shows."""

    reference: bytes
    selfie: bytes

    @classmethod
    def read(cls, reference: str | None, selfie: str | None) -> "Pictures":
        """From file names. Raises ``BadSettings`` with a sentence for a file that cannot be used.

        No reference means the packaged portrait, no selfie a re-shot variant of the reference.
        """
        held = portraits.reference() if reference is None else _read(reference)
        if selfie == STRANGER:
            return cls(held, portraits.stranger())
        if selfie is not None:
            return cls(held, _read(selfie))
        try:
            return cls(held, portraits.reshot(held))
        except OSError:
            raise BadSettings(f"{reference} is not a picture. Give a JPEG or PNG file.") from None


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise BadSettings(f"{name} cannot be read: {error.strerror}.") from None


async def walk(settings: Settings, pictures: Pictures, *, as_json: bool) -> int:
    """Walk the journey; 0 when the citizen holds a verifiable result, 1 with the step that refused."""
    report, person = Report(as_json=as_json), made_up_applicant()
    async with httpx2.AsyncClient(timeout=30, trust_env=False) as http:
        client = Client(http, settings.public_url)
        number, name = 1, "sign in"
        try:
            await _load_registry(http, settings, person, pictures.reference)
            await _sign_in(client, http, settings, report)
            number, name = 2, "bind real name"
            await _bind(client, report, person)
            number, name = 3, "verify face"
            await _prove(client, report, pictures.selfie)
            number, name = 4, "apply"
            application = await _apply(client, report)
            number, name = 5, "the province decides"
            case = await _decided(client, report, application)
            number, name = 6, "result and evaluation"
            await _finish(client, report, case)
        except Refused as refused:
            report.failed(number, name, refused)
            return 1
        except TimeoutError:
            report.failed(number, name, Refused("TIMEOUT", f"no answer in {PATIENCE:.0f} s"))
            return 1
        except (httpx2.HTTPError, ConnectionRefusedError) as error:
            report.failed(number, name, Refused(type(error).__name__, f"is {settings.public_url} running?"))
            return 1
    return 0


def made_up_applicant(home: str = HOME) -> Person:
    """Somebody new of 80 to 89 years, so that neither limits nor cases of an earlier walk are in the way."""
    first, last = date(1937, 1, 1), date(1946, 11, 1)
    born = first + timedelta(days=secrets.randbelow((last - first).days))
    return Person(demo_people()[0].name, resident_id.make(home, born, secrets.randbelow(1000)), home)


async def _load_registry(
    http: httpx2.AsyncClient, settings: Settings, person: Person, reference: bytes
) -> None:
    """Let the sandbox registry know the applicant, with the reference photograph."""
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


async def _bind(client: Client, report: Report, person: Person) -> None:
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
        "SaveAnswers", applicationId=draft["id"], version=draft["version"], answers=ANSWERS
    )
    await client.send_files(
        "UploadMaterial",
        {"applicationId": saved["id"], "materialCode": "bank-card", "file": None},
        {"variables.input.file": ("card.jpg", drawn_card())},
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


def drawn_card() -> bytes:
    """A drawn stand-in for the photograph of a bank card."""
    picture = Image.new("RGB", (856, 540), "#1f5fa8")
    ImageDraw.Draw(picture).text((60, 240), "6200 0000 0000 0000 000", fill="white")
    out = BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()
