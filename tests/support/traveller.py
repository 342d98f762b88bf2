"""A citizen who comes to a running installation from outside, step by step, through its real API."""

import secrets
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any, Protocol

from integrations.demo import portraits
from integrations.demo.client import Client
from integrations.demo.walk import ANSWERS, ITEM, drawn_card
from integrations.sandbox.people import Person
from tests.support.sandbox import OutsideSandbox

OFFICER = {"login": "deqing-window", "password": "jinmin-demo-only"}


class World(Protocol):
    """Where somebody travels to."""

    @property
    def url(self) -> str:
        """The API."""
        ...

    @property
    def outside(self) -> OutsideSandbox:
        """WeChat and the population registry."""
        ...


@dataclass(slots=True)
class Traveller:
    """One person with one phone."""

    installation: World
    client: Client
    person: Person
    tokens: dict[str, str] = field(default_factory=dict)

    def known(self, portrait: bytes | None = None) -> None:
        """Let the registry know them, with the packaged portrait unless another one is given."""
        held = portraits.reference() if portrait is None else portrait
        self.installation.outside.load_person(
            name=self.person.name,
            resident_id=self.person.resident_id,
            division=self.person.household_division,
            portrait=b64encode(held).decode(),
        )

    async def signed_in(self) -> "Traveller":
        """With a fresh account of the mini-program."""
        code = self.installation.outside.login_code()
        self.tokens = await self.client.do("SignInWithMiniProgram", platform="WECHAT", code=code)
        self.client.token = self.tokens["accessToken"]
        return self

    async def named(self) -> "Traveller":
        """Signed in and bound to their real name."""
        self.known()
        await self.signed_in()
        await self.client.do("BindRealName", name=self.person.name, residentId=self.person.resident_id)
        return self

    async def consenting(self) -> "Traveller":
        """Named, with the consent that a face check needs."""
        await self.named()
        text = await self.client.ask("ConsentText", kind="FACE_VERIFICATION")
        await self.client.do("GiveConsent", kind="FACE_VERIFICATION", version=text["version"])
        return self

    async def show(self, challenge: Any, frame: bytes | None = None, name: str = "frame.jpg") -> Any:
        """Answer a challenge with one frame; the assurance."""
        return await self.client.send_files(
            "VerifyFace",
            {"challengeId": challenge["id"], "nonce": challenge["nonce"], "frames": [None]},
            {"variables.input.frames.0": (name, reshot() if frame is None else frame)},
        )

    async def proven(self) -> "Traveller":
        """Through the whole face check."""
        await self.consenting()
        await self.show(await self.client.do("RequestFaceChallenge"))
        return self

    async def confirmed_at_window(self) -> "Traveller":
        """Named, and confirmed by an officer: the way without a face."""
        await self.named()
        await self.go_to_window()
        return self

    async def go_to_window(self) -> Any:
        """Stand before an officer with the ID card and the phone; what was confirmed."""
        shown = await self.client.do("RequestWindowCode")
        officer = Client(self.client.http, self.installation.url)
        officer.token = (await officer.do("SignInOfficer", **OFFICER))["accessToken"]
        return await officer.do(
            "ConfirmIdentityAtWindow",
            name=self.person.name,
            residentId=self.person.resident_id,
            documentSeen="ID_CARD",
            sessionCode=shown["windowCode"],
        )

    async def draft(self, **changed: object) -> str:
        """A filled-in draft with its material; its id."""
        begun = await self.client.do(
            "StartApplication", itemCode=ITEM, division=self.person.household_division
        )
        saved = await self.client.do(
            "SaveAnswers", applicationId=begun["id"], version=begun["version"], answers={**ANSWERS, **changed}
        )
        await self.attach(saved["id"], drawn_card())
        return str(saved["id"])

    async def attach(
        self, draft: str, content: bytes, name: str = "card.jpg", code: str = "bank-card"
    ) -> Any:
        """Upload a material to a draft."""
        return await self.client.send_files(
            "UploadMaterial",
            {"applicationId": draft, "materialCode": code, "file": None},
            {"variables.input.file": (name, content)},
        )

    async def submit(self, draft: str, key: str | None = None) -> Any:
        """Hand a draft in; the case."""
        given = {"applicationId": draft, "idempotencyKey": key or secrets.token_hex(16)}
        return await self.client.ask("SubmitApplication", input=given)


def reshot() -> bytes:
    """The packaged portrait as the person's own camera shows it."""
    return portraits.reshot(portraits.reference())
