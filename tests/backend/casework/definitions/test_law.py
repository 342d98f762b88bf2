"""Whoever declares an item against the law is stopped at the declaration, by the law's name."""

from typing import Any

import pytest

from backend.casework.declaring.course import (
    calendar_days,
    decision,
    intake,
    means_check,
    publicity,
    working_days,
)
from backend.casework.declaring.fields import (
    CONTACT_PHONE,
    MEANS_AUTHORISATION,
    UNDERTAKING,
    choice,
    number,
    yes_no,
)
from backend.casework.definitions import (
    ANY_PAPER,
    STATE_HELD,
    UNDERTAKING_OR_PAPER,
    Basis,
    Domain,
    Form,
    HandlingModel,
    HandoverLimits,
    Issuer,
    LegalEffect,
    Level,
    LicenceKind,
    LimitUnit,
    Material,
    MaterialSource,
    OnlineDepth,
    Parameter,
    ProofWay,
    Standing,
    Step,
    StepKind,
    TaskType,
    Unit,
    UnsoundDefinition,
    UrgentPath,
)
from backend.casework.definitions.law import FORBIDDEN_CERTIFICATES, STATE_PAPERS
from backend.domains import standards
from backend.errors import Text
from backend.viewer import AssuranceLevel
from tests.support.items import BASIS, TOLD, an_item

MARRIAGE: dict[str, Any] = {
    "effect": LegalEffect.PERSONAL_STATUS,
    "electronic_signature": False,
    "online_depth": OnlineDepth.PRE_CHECK,
    "in_person": True,
    "domain": Domain.MARRIAGE,
    "parties": 2,
    "form": Form((CONTACT_PHONE,)),
}
LICENSING = Basis(Text("中华人民共和国行政许可法", "Administrative Licensing Law"), "42", Standing.LAW)
ADOPTION_RULES = Basis(Text("中国公民收养子女登记办法", "Adoption registration"), "7", Standing.LAW)
MONTHLY = Parameter("monthly_fen", TOLD, 100, "fen", 0, 1000, BASIS)


def paper(name: str, **more: Any) -> Material:
    return Material("paper", Text(name, "A paper"), required=True, hint=TOLD, **more)


def step(kind: StepKind, **more: Any) -> Step:
    return Step(kind.value.lower(), kind, Level.COUNTY, TOLD, **more)


def refusal(**changes: Any) -> str:
    with pytest.raises(UnsoundDefinition) as caught:
        an_item(**changes)
    return str(caught.value)


def test_the_item_that_these_tests_change_is_sound() -> None:
    assert an_item().base_code == "000511999000"
    assert an_item(**MARRIAGE).needs_authoritative_check


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"basis": ()}, "an item needs a legal basis (设定依据)"),
        (
            {**MARRIAGE, "electronic_signature": True},
            "personal status may not be signed electronically (电子签名法 Art. 3)",
        ),
        (
            {**MARRIAGE, "online_depth": OnlineDepth.APPLY},
            "personal status is not decided online (民法典 Art. 1049, 1076, 1105)",
        ),
        (
            {**MARRIAGE, "in_person": False},
            "whoever changes a personal status appears in person (民法典 Art. 1049, 1076, 1105)",
        ),
        (
            {**MARRIAGE, "materials": (paper("说明", sources=UNDERTAKING_OR_PAPER, undertaking=TOLD),)},
            "statements on personal status are signed in person, not online (电子签名法 Art. 3)",
        ),
        (
            {**MARRIAGE, "form": Form((CONTACT_PHONE, UNDERTAKING))},
            "statements on personal status are signed in person, not online (电子签名法 Art. 3)",
        ),
        ({"in_person": True}, "an item that wants somebody in person does not go fully online"),
        (
            {
                "in_person": True,
                "online_depth": OnlineDepth.APPLY,
                "models": (HandlingModel.FULLY_ONLINE,),
            },
            (
                "an item that wants somebody in person is not handled fully online across provinces;"
                " fully online across provinces needs full online depth (国办发〔2020〕35号)"
            ),
        ),
        (
            {"online_depth": OnlineDepth.APPLY, "models": (HandlingModel.FULLY_ONLINE,)},
            "fully online across provinces needs full online depth (国办发〔2020〕35号)",
        ),
        ({"parties": 3}, "one person applies, or two together"),
        (
            {"limits": working_days(20, BASIS, promised=21)},
            "the promised limit is longer than the statutory one",
        ),
        (
            {"limits": working_days(25, LICENSING)},
            "中华人民共和国行政许可法 allows 20 WORKING_DAYS at most",
        ),
        (
            {"limits": calendar_days(31, ADOPTION_RULES)},
            "中国公民收养子女登记办法 allows 30 CALENDAR_DAYS at most",
        ),
        (
            {"limits": calendar_days(20, LICENSING)},
            "中华人民共和国行政许可法 allows 20 WORKING_DAYS at most",
        ),
        (
            {"task_type": TaskType.LICENCE, "limits": working_days(21, BASIS)},
            "a licence is decided within 20 working days (行政许可法 Art. 42)",
        ),
        (
            {"steps": (intake(days=11), decision(days=10))},
            "the steps together take longer than the statutory limit",
        ),
        (
            {"deemed_acceptance": True},
            "silence counts as acceptance for licences only (行政许可法 Art. 32)",
        ),
        (
            {"handover": HandoverLimits(3, (10,), 3, BASIS)},
            "limits of a handover need a model of handling across provinces",
        ),
        (
            {"proof_ways": (ProofWay.FACE, ProofWay.PLATFORM_FACE)},
            (
                "a face may not be the only way to be recognised (人脸识别技术应用安全管理办法);"
                " an on-site way must remain (无障碍环境建设法 Art. 39)"
            ),
        ),
        (
            {"proof_ways": (ProofWay.NETWORK_IDENTITY,)},
            (
                "network identity is voluntary (国家网络身份认证公共服务管理办法);"
                " an on-site way must remain (无障碍环境建设法 Art. 39)"
            ),
        ),
        (
            {"proof_ways": (ProofWay.FACE, ProofWay.VIDEO)},
            "an on-site way must remain (无障碍环境建设法 Art. 39)",
        ),
        (
            {"form": Form((number("age", TOLD, Unit.YEARS, maximum=120, fact="age"),))},
            "age asks for age, known from the national population registry (国令716 Art. 7)",
        ),
        (
            {"form": Form((choice("disabled", TOLD, ("1", "一", "1"), fact="disability_grade"),))},
            "disabled asks for disability_grade, known from the disabled persons' federation (国令716 Art. 7)",
        ),
        (
            {"steps": (intake(), means_check(), decision())},
            "means are checked only with the household's authorisation (社会救助暂行办法 Art. 58, PIPL Art. 29)",
        ),
        (
            {"charges": TOLD, "effect": LegalEffect.BENEFIT},
            "neither a benefit nor a registration of personal status costs a fee (婚姻登记条例)",
        ),
        (
            {**MARRIAGE, "charges": TOLD},
            "neither a benefit nor a registration of personal status costs a fee (婚姻登记条例)",
        ),
        (
            {"assurance": AssuranceLevel.REAL_NAME, "parameters": (MONTHLY,), "pays": ("monthly_fen",)},
            "nobody is paid whose identity was not verified",
        ),
        (
            {"parameters": (MONTHLY,), "urgent": UrgentPath(24, 5, "monthly_fen", BASIS, TOLD)},
            "an urgent path pays first: the item must pay",
        ),
        (
            {
                **MARRIAGE,
                "steps": (
                    intake(),
                    step(StepKind.COOLING_OFF, days=29, unit=LimitUnit.CALENDAR_DAYS, excluded=True),
                    decision(),
                ),
            },
            "the cooling-off period of a divorce has 30 days (民法典 Art. 1077)",
        ),
        (
            {
                "domain": Domain.CHILDREN,
                "effect": LegalEffect.BENEFIT,
                "steps": (intake(), publicity(), decision()),
            },
            "a child's hardship is not published (未成年人保护法 Art. 4: privacy)",
        ),
        (
            {"materials": (paper("居住证明", issuer=Issuer.COMMITTEE),)},
            "居住证明: a committee certifies only what a law tells it to (民发〔2020〕20号)",
        ),
        (
            {"materials": (paper("村委会盖章的居住证明"),)},
            "村委会盖章的居住证明: a committee certifies only what a law tells it to (民发〔2020〕20号)",
        ),
        (
            {
                "materials": (
                    paper(
                        "居民身份证",
                        licence=LicenceKind.RESIDENT_ID_CARD,
                        sources=(*ANY_PAPER, MaterialSource.E_LICENCE),
                    ),
                )
            },
            "居民身份证 is held by the state and must be fetched first (国令716 Art. 7)",
        ),
        (
            {"materials": (paper("说明", sources=(MaterialSource.UPLOAD,)),)},
            "说明 must also be taken at a window (无障碍环境建设法 Art. 39)",
        ),
    ],
)
def test_a_definition_against_the_law_cannot_be_built(changes: dict[str, Any], why: str) -> None:
    assert refusal(**changes) == f"Test item (000511999000): {why}"


def test_the_twenty_forbidden_certificates_are_twenty() -> None:
    assert len(FORBIDDEN_CERTIFICATES) == len(set(FORBIDDEN_CERTIFICATES)) == 20


@pytest.mark.parametrize("kind", FORBIDDEN_CERTIFICATES)
@pytest.mark.parametrize(
    "material",
    [
        pytest.param({"issuer": Issuer.COMMITTEE, "basis": BASIS}, id="named issuer"),
        pytest.param({}, id="no issuer"),
        pytest.param({"name": "村（居）委会出具的{kind}证明", "basis": BASIS}, id="hidden in the name"),
    ],
)
def test_a_forbidden_certificate_cannot_be_asked_for(kind: str, material: dict[str, Any]) -> None:
    more = {name: value for name, value in material.items() if name != "name"}
    name = material.get("name", "{kind}证明").format(kind=kind)
    why = f"{name} is among the certificates that a committee must not issue (民发〔2020〕20号)"
    assert refusal(materials=(paper(name, **more),)) == f"Test item (000511999000): {why}"


@pytest.mark.parametrize(
    "name",
    [
        "居民身份证复印件",
        "户口簿（申请人页）",
        "结婚证",
        "残疾人证",
        "出生医学证明",
        "火化证明",
        "社会保障卡照片",
    ],
)
def test_a_paper_that_the_state_holds_cannot_be_asked_for_as_if_it_did_not(name: str) -> None:
    why = f"{name} is held by the state and must be fetched first (国令716 Art. 7)"
    assert refusal(materials=(paper(name, issuer=Issuer.OTHER_ORGAN),)) == f"Test item (000511999000): {why}"


def test_every_kind_of_licence_is_known_by_name() -> None:
    assert STATE_PAPERS.keys() == set(LicenceKind)


def test_a_certificate_of_a_hospital_or_with_a_legal_basis_may_be_asked_for() -> None:
    held = (
        Material("a", Text("疾病诊断证明", "x"), required=True, hint=TOLD, issuer=Issuer.MEDICAL_BODY),
        Material(
            "b", Text("指定监护证明", "x"), required=True, hint=TOLD, issuer=Issuer.COMMITTEE, basis=BASIS
        ),
        paper("身份证", licence=LicenceKind.RESIDENT_ID_CARD, sources=STATE_HELD),
    )
    assert an_item(materials=held).materials == held


def test_the_ban_on_electronic_signatures_hangs_on_the_effect_not_on_the_domain() -> None:
    assert an_item(domain=Domain.MARRIAGE, effect=LegalEffect.RECORD).electronic_signature
    assert "电子签名法" in refusal(domain=Domain.COMMUNITY, effect=LegalEffect.PERSONAL_STATUS)


def test_what_the_law_allows_at_its_very_edge_is_sound() -> None:
    an_item(limits=working_days(20, LICENSING), task_type=TaskType.LICENCE, deemed_acceptance=True)
    an_item(limits=calendar_days(30, ADOPTION_RULES))
    an_item(steps=(intake(days=10), decision(days=10)))
    an_item(steps=(intake(), means_check(), decision()), form=Form((MEANS_AUTHORISATION,)))
    an_item(form=Form((yes_no("agrees", TOLD, fact="agrees"),)))


def test_every_wrong_is_told_at_once() -> None:
    told = refusal(basis=(), parties=0, proof_ways=(ProofWay.FACE,))
    assert told == (
        "Test item (000511999000): an item needs a legal basis (设定依据); one person applies, or two together;"
        " a face may not be the only way to be recognised (人脸识别技术应用安全管理办法);"
        " an on-site way must remain (无障碍环境建设法 Art. 39)"
    )


def test_all_declared_items_are_within_the_law() -> None:
    assert all(item.basis for item in standards().by_code.values())
