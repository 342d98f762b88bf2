"""What the law forbids a definition to say. Each rule names the law that it comes from (FACTS, docs/law.md)."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from backend.casework.definitions.course import LimitUnit, StepKind, longest_days
from backend.casework.definitions.held import HELD_FACTS
from backend.casework.definitions.materials import Issuer, LicenceKind, Material, MaterialSource
from backend.casework.definitions.questions import FieldKind
from backend.casework.definitions.words import (
    Domain,
    HandlingModel,
    LegalEffect,
    OnlineDepth,
    ProofWay,
    TaskType,
)
from backend.viewer import AssuranceLevel

if TYPE_CHECKING:
    from backend.casework.definitions.items import ServiceItem

FORBIDDEN_CERTIFICATES: tuple[str, ...] = (
    "亲属关系",
    "居民身份信息",
    "户口登记项目变更",
    "养犬",
    "无犯罪",
    "社区戒毒",
    "失踪",
    "婚姻状况",
    "出生",
    "健在",
    "死亡",
    "疾病",
    "残疾",
    "婚育",
    "就业",
    "档案",
    "财产",
    "遗产继承",
    "市场主体住所",
    "证件遗失",
)
"""What village and neighbourhood committees must not certify (民发〔2020〕20号, first list, 20 kinds)."""

STATE_PAPERS: Mapping[LicenceKind, tuple[str, ...]] = {
    LicenceKind.RESIDENT_ID_CARD: ("居民身份证", "身份证复印件"),
    LicenceKind.HOUSEHOLD_REGISTER: ("户口簿", "户口本"),
    LicenceKind.MARRIAGE_CERTIFICATE: ("结婚证",),
    LicenceKind.DIVORCE_CERTIFICATE: ("离婚证",),
    LicenceKind.DISABILITY_CERTIFICATE: ("残疾人证",),
    LicenceKind.BIRTH_CERTIFICATE: ("出生医学证明",),
    LicenceKind.DEATH_CERTIFICATE: ("死亡医学证明",),
    LicenceKind.CREMATION_CERTIFICATE: ("火化证",),
    LicenceKind.LOW_INCOME_CERTIFICATE: ("低保证", "低收入证"),
    LicenceKind.EXTREME_POVERTY_CERTIFICATE: ("特困人员供养证", "特困证"),
    LicenceKind.ORPHAN_CERTIFICATE: ("儿童福利证", "孤儿证"),
    LicenceKind.SOCIAL_SECURITY_CARD: ("社会保障卡", "社保卡"),
    LicenceKind.ABILITY_ASSESSMENT: ("能力评估报告",),
}
"""Papers that exist as e-licences, by the names under which they are asked for."""

LIMITS_IN_LAW: Mapping[tuple[str, str], tuple[int, LimitUnit]] = {
    ("中华人民共和国行政许可法", "42"): (20, LimitUnit.WORKING_DAYS),
    ("中国公民收养子女登记办法", "7"): (30, LimitUnit.CALENDAR_DAYS),
    ("最低生活保障审核确认办法", ""): (30, LimitUnit.WORKING_DAYS),
}
"""Days that a named article allows at most; whoever cites it may not take longer."""

LICENCE_DAYS = 20
"""行政许可法 42: working days in which a licence is decided."""

COOLING_OFF_DAYS = 30
"""民法典 1077: days in which either side may withdraw, and days in which both must come."""

_FACES = {ProofWay.FACE, ProofWay.PLATFORM_FACE}
_ON_SITE = {ProofWay.WINDOW, ProofWay.HOME_VISIT}


def problems(item: "ServiceItem") -> Iterator[str]:
    """What the law does not allow, one sentence each."""
    if not item.basis:
        yield "an item needs a legal basis (设定依据)"
    yield from _personal_status(item)
    yield from _presence(item)
    yield from _limits(item)
    yield from _identity(item)
    yield from _asking(item)
    yield from _money(item)
    yield from _steps(item)
    for material in item.materials:
        yield from _material(material)


def _personal_status(item: "ServiceItem") -> Iterator[str]:
    if item.effect is not LegalEffect.PERSONAL_STATUS:
        return
    if item.electronic_signature:
        yield "personal status may not be signed electronically (电子签名法 Art. 3)"
    if item.online_depth not in {OnlineDepth.GUIDE, OnlineDepth.PRE_CHECK}:
        yield "personal status is not decided online (民法典 Art. 1049, 1076, 1105)"
    if not item.in_person:
        yield "whoever changes a personal status appears in person (民法典 Art. 1049, 1076, 1105)"
    papers = any(MaterialSource.UNDERTAKING in material.sources for material in item.materials)
    if papers or any(field.kind is FieldKind.UNDERTAKING for field in item.form.walk()):
        yield "statements on personal status are signed in person, not online (电子签名法 Art. 3)"


def _presence(item: "ServiceItem") -> Iterator[str]:
    if item.in_person and item.online_depth is OnlineDepth.FULL:
        yield "an item that wants somebody in person does not go fully online"
    if item.in_person and HandlingModel.FULLY_ONLINE in item.models:
        yield "an item that wants somebody in person is not handled fully online across provinces"
    if HandlingModel.FULLY_ONLINE in item.models and item.online_depth is not OnlineDepth.FULL:
        yield "fully online across provinces needs full online depth (国办发〔2020〕35号)"
    if item.parties not in {1, 2}:
        yield "one person applies, or two together"


def _limits(item: "ServiceItem") -> Iterator[str]:
    statutory, promised = item.limits.statutory, item.limits.promised_days
    if not 0 < promised <= statutory.days:
        yield "the promised limit is longer than the statutory one"
    cited = LIMITS_IN_LAW.get((statutory.basis.title.zh, statutory.basis.article))
    if cited is not None and (statutory.unit is not cited[1] or statutory.days > cited[0]):
        yield f"{statutory.basis.title.zh} allows {cited[0]} {cited[1]} at most"
    if item.task_type is TaskType.LICENCE and (
        statutory.unit is not LimitUnit.WORKING_DAYS or statutory.days > LICENCE_DAYS
    ):
        yield "a licence is decided within 20 working days (行政许可法 Art. 42)"
    if longest_days(item.steps, statutory.unit) > statutory.days:
        yield "the steps together take longer than the statutory limit"
    if item.deemed_acceptance and item.task_type is not TaskType.LICENCE:
        yield "silence counts as acceptance for licences only (行政许可法 Art. 32)"
    if item.handover is not None and not item.models:
        yield "limits of a handover need a model of handling across provinces"


def _identity(item: "ServiceItem") -> Iterator[str]:
    ways = set(item.proof_ways)
    if ways and ways <= _FACES:
        yield "a face may not be the only way to be recognised (人脸识别技术应用安全管理办法)"
    if ways and ways <= {ProofWay.NETWORK_IDENTITY}:
        yield "network identity is voluntary (国家网络身份认证公共服务管理办法)"
    if not ways & _ON_SITE:
        yield "an on-site way must remain (无障碍环境建设法 Art. 39)"


def _asking(item: "ServiceItem") -> Iterator[str]:
    for field in item.form.walk():
        for fact in field.supplies:
            held = HELD_FACTS.get(fact)
            if held is not None:
                yield f"{field.name} asks for {fact}, known from the {held.source.en} (国令716 Art. 7)"
    checks_means = any(step.kind is StepKind.MEANS_CHECK for step in item.steps)
    authorised = any(field.kind is FieldKind.AUTHORISATION for field in item.form.walk())
    if checks_means and not authorised:
        yield "means are checked only with the household's authorisation (社会救助暂行办法 Art. 58, PIPL Art. 29)"


def _money(item: "ServiceItem") -> Iterator[str]:
    if item.charges is not None and item.effect in {LegalEffect.BENEFIT, LegalEffect.PERSONAL_STATUS}:
        yield "neither a benefit nor a registration of personal status costs a fee (婚姻登记条例)"
    if item.pays and item.assurance < AssuranceLevel.VERIFIED:
        yield "nobody is paid whose identity was not verified"
    if item.urgent is not None and not item.pays:
        yield "an urgent path pays first: the item must pay"


def _steps(item: "ServiceItem") -> Iterator[str]:
    for step in item.steps:
        if step.kind is StepKind.COOLING_OFF and (
            step.days != COOLING_OFF_DAYS or step.unit is not LimitUnit.CALENDAR_DAYS or not step.excluded
        ):
            yield "the cooling-off period of a divorce has 30 days (民法典 Art. 1077)"
        hardship = item.domain is Domain.CHILDREN and item.effect is LegalEffect.BENEFIT
        if step.kind is StepKind.PUBLICITY and hardship:
            yield "a child's hardship is not published (未成年人保护法 Art. 4: privacy)"


def _material(material: Material) -> Iterator[str]:
    name = material.name.zh
    by_committee = material.issuer is Issuer.COMMITTEE or (
        "证明" in name and any(word in name for word in ("村委", "居委", "村（居）", "村(居)", "社区出具"))
    )
    # Where no competent body is named, a certificate of this kind ends up being asked of the committee.
    by_nobody = material.issuer is Issuer.APPLICANT and "证明" in name
    if (by_committee or by_nobody) and any(kind in name for kind in FORBIDDEN_CERTIFICATES):
        yield f"{name} is among the certificates that a committee must not issue (民发〔2020〕20号)"
    elif by_committee and material.basis is None:
        yield f"{name}: a committee certifies only what a law tells it to (民发〔2020〕20号)"
    fetched_first = material.licence is not None and material.sources[0] is MaterialSource.E_LICENCE
    held = any(called in name for names in STATE_PAPERS.values() for called in names)
    if (held or material.licence is not None) and not fetched_first:
        yield f"{name} is held by the state and must be fetched first (国令716 Art. 7)"
    if MaterialSource.WINDOW_SCAN not in material.sources and MaterialSource.UPLOAD in material.sources:
        yield f"{name} must also be taken at a window (无障碍环境建设法 Art. 39)"
