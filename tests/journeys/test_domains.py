"""One journey per domain: found by a citizen's own words, tried before signing in, filled in, and handed in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from backend.casework.declaring import codes
from backend.kit import resident_id
from integrations.demo.client import Client
from integrations.demo.walk import HOME, drawn_card
from tests.journeys.conftest import Travellers
from tests.support.traveller import OFFICER, Traveller

pytestmark = pytest.mark.xdist_group("journeys")

CHILD = resident_id.make(HOME, date(2015, 6, 1), 124)
FATHER = resident_id.make(HOME, date(1985, 3, 2), 311)
DECEASED = resident_id.make(HOME, date(1938, 8, 9), 457)
PHONE = {"contactPhone": "13800000001"}
ADDRESS = {"currentAddress": "上海市黄浦区人民大道1号"}
ACCOUNT = "622848001234567890"

Papers = Callable[[Traveller, str], Awaitable[None]]


async def no_papers(_traveller: Traveller, _draft: str) -> None:
    """Nothing is asked for."""


async def statement_and_licence(traveller: Traveller, draft: str) -> None:
    """A statement stands in for one paper; the record of the father's death is fetched at submission."""
    issue(traveller, "DEATH_CERTIFICATE", "沈建平", FATHER)
    item = await traveller.client.ask("ServiceItem", code=codes.UNATTENDED_CHILD_ALLOWANCE, division=HOME)
    [statement] = [m["statement"] for m in item["materials"] if m["code"] == "parents-papers"]
    await traveller.client.do(
        "SignStatement", applicationId=draft, materialCode="parents-papers", statement=statement
    )


async def card_scanned_at_the_window(traveller: Traveller, draft: str) -> None:
    """An officer has the card in hand."""
    officer = Client(traveller.client.http, traveller.installation.url)
    officer.token = (await officer.do("SignInOfficer", **OFFICER))["accessToken"]
    scanned = await officer.send_files(
        "ScanMaterial",
        {
            "applicationId": draft,
            "number": traveller.person.resident_id,
            "materialCode": "bank-card",
            "file": None,
        },
        {"variables.input.file": ("card.jpg", drawn_card())},
    )
    assert scanned == {"__typename": "ScannedMaterial", "materialCode": "bank-card"}


async def cremation_certificate_fetched(traveller: Traveller, draft: str) -> None:
    """The funeral home's certificate is in the e-licence store."""
    issue(traveller, "CREMATION_CERTIFICATE", "沈阿寿", DECEASED)
    fetched = await traveller.client.do(
        "ReuseLicence", applicationId=draft, materialCode="cremation-certificate"
    )
    assert [(m["code"], m["source"]) for m in fetched["materials"]] == [
        ("cremation-certificate", "E_LICENCE")
    ]


def issue(traveller: Traveller, kind: str, name: str, number: str) -> None:
    traveller.installation.outside.issue_licence(
        kind=kind, name=name, number=number, content=drawn_card(), mediaType="image/jpeg"
    )


@dataclass(frozen=True, slots=True)
class Journey:
    """What somebody looks for, what they assume of themselves, and what they fill in."""

    words: str
    code: str
    assumptions: Mapping[str, object]
    answers: Mapping[str, object]
    before: Mapping[str, object]
    """Answers given before signing in, a part of ``answers``."""
    papers: Papers = no_papers
    sources: Mapping[str, str] = field(default_factory=dict)
    """How each material has come in the end."""
    still_open: tuple[str, ...] = ()
    """Conditions that the organ finds out about later."""


JOURNEYS = {
    "elderly care": Journey(
        words="养老消费券",
        code=codes.DISABLED_ELDERLY_VOUCHER,
        assumptions={"age": 83},
        before={"otherSubsidy": False},
        answers={**PHONE, **ADDRESS, "services": ["home", "day"], "otherSubsidy": False, "undertaking": True},
        still_open=("ability",),
    ),
    "children": Journey(
        words="事实孤儿",
        code=codes.UNATTENDED_CHILD_ALLOWANCE,
        assumptions={"child_household_division": HOME},
        before={"childNumber": CHILD, "father": "dead", "mother": "prison", "motherMonths": 6},
        answers={
            **PHONE,
            "childName": "沈子轩",
            "childNumber": CHILD,
            "relation": "grandparent",
            "father": "dead",
            "fatherName": "沈建平",
            "fatherNumber": FATHER,
            "mother": "prison",
            "motherMonths": 6,
            "childAccount": ACCOUNT,
            "undertaking": True,
        },
        papers=statement_and_licence,
        sources={"father-death": "E_LICENCE", "parents-papers": "UNDERTAKING"},
        still_open=("household",),
    ),
    "community": Journey(
        words="zhiyuanzhe",
        code=codes.VOLUNTEER,
        assumptions={"age": 83},
        before={"kind": "register", "guardianConsents": True},
        answers={**PHONE, "kind": "register", "skills": ["elderly", "children"], "guardianConsents": True},
    ),
    "social assistance": Journey(
        words="db",
        code=codes.MINIMUM_LIVING,
        assumptions={"household_division": HOME},
        before={
            "applyAs": "household",
            "ownIncome": 70_000,
            "members": [],
            "assets": 1_000_000,
            "homes": 1,
            "hasVehicle": False,
        },
        answers={
            **PHONE,
            **ADDRESS,
            "applyAs": "household",
            "members": [],
            "ownIncome": 70_000,
            "assets": 1_000_000,
            "homes": 1,
            "hasVehicle": False,
            "relativeOfStaff": False,
            "bankAccount": ACCOUNT,
            "meansAuthorisation": True,
            "undertaking": True,
        },
        papers=card_scanned_at_the_window,
        sources={"bank-card": "WINDOW_SCAN"},
    ),
    "marriage": Journey(
        words="婚姻档案",
        code=codes.MARRIAGE_ARCHIVE,
        assumptions={},
        before={"whose": "own"},
        answers={**PHONE, "whose": "own", "record": "all", "purpose": "购房", "undertaking": True},
    ),
    "funeral": Journey(
        words="丧葬补贴",
        code=codes.FUNERAL_FEE_RELIEF,
        assumptions={"deceased_household_division": HOME},
        before={"relation": "spouse", "claimed": False},
        answers={
            **PHONE,
            "deceasedName": "沈阿寿",
            "deceasedNumber": DECEASED,
            "relation": "spouse",
            "crematedOn": date.today().isoformat(),  # noqa: DTZ011 - in China it is never earlier than here
            "items": ["transport", "cremation"],
            "claimed": False,
            "payeeAccount": ACCOUNT,
            "undertaking": True,
        },
        papers=cremation_certificate_fetched,
        sources={"cremation-certificate": "E_LICENCE"},
        still_open=("household",),
    ),
}


@pytest.mark.parametrize("journey", JOURNEYS.values(), ids=JOURNEYS)
async def test_from_a_few_words_to_a_submitted_case(journey: Journey, travellers: Travellers) -> None:
    traveller = travellers()
    client = traveller.client

    # Nobody has signed in: found, read, tried.
    found = await client.ask("SearchServiceItems", text=journey.words, division=HOME)
    assert found["edges"][0]["node"]["code"] == journey.code
    tried = await client.ask(
        "CheckEligibility",
        code=journey.code,
        division=HOME,
        answers=journey.before,
        assumptions=journey.assumptions,
    )
    assert no_findings(tried, "NOT_ELIGIBLE")
    assert [question["name"] for question in tried["questions"] if question["assumed"]] == [
        question["name"] for question in tried["questions"] if question["foundLater"]
    ]

    # Signed in, known by name, confirmed without a face: the form already knows its part.
    await traveller.confirmed_at_window()
    started = await client.ask("FormPrefill", code=journey.code)
    assert {fact["kind"] for fact in started["verified"]} == {
        "NAME",
        "RESIDENT_ID",
        "BIRTH_DATE",
        "SEX",
        "HOUSEHOLD_DIVISION",
    }
    draft = await client.do("StartApplication", itemCode=journey.code, division=HOME)
    saved = await client.do(
        "SaveAnswers",
        applicationId=draft["id"],
        version=draft["version"],
        answers={**started["answers"], **journey.answers},
    )
    known = await client.ask("CheckEligibility", code=journey.code, division=HOME, answers=journey.answers)
    assert (known["mayApply"], known["alternatives"]) == (True, [])
    assert tuple(f["code"] for f in known["findings"] if f["judgement"] == "UNKNOWN") == journey.still_open

    await journey.papers(traveller, saved["id"])
    submitted = await traveller.submit(saved["id"])

    assert submitted["state"] in {"SUBMITTED", "ACCEPTED", "APPROVED", "COMPLETED"}
    assert len(submitted["caseNumber"]) == 43
    assert submitted["caseNumber"][19:31] == journey.code
    case = await client.ask("Application", id=saved["id"])
    assert {m["code"]: m["source"] for m in case["materials"]} == dict(journey.sources)


def no_findings(checked: Mapping[str, Any], judgement: str) -> bool:
    return [f["code"] for f in checked["findings"] if f["judgement"] == judgement] == []
