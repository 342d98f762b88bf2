"""Support for people in extreme poverty (特困人员救助供养)."""

from backend.casework.declaring.codes import (
    EXTREME_POVERTY,
    MINIMUM_LIVING,
    ORPHAN_ALLOWANCE,
    TEMPORARY_ASSISTANCE,
    UNATTENDED_CHILD_ALLOWANCE,
)
from backend.casework.declaring.conditions import at_least, below
from backend.casework.declaring.course import (
    decision,
    home_visit,
    intake,
    means_check,
    payment,
    publicity,
    working_days,
)
from backend.casework.declaring.fields import (
    BANK_ACCOUNT,
    CONTACT_PHONE,
    CURRENT_ADDRESS,
    HOUSEHOLD_MEMBERS,
    MEANS_AUTHORISATION,
    UNDERTAKING,
    choice,
    in_section,
    money,
    text,
)
from backend.casework.declaring.papers import BANK_CARD, state_paper
from backend.casework.declaring.statutes import assistance_measures
from backend.casework.definitions import (
    Choice,
    Domain,
    Field,
    FieldKind,
    Form,
    Guide,
    HandlingModel,
    Issuer,
    LegalEffect,
    Level,
    LicenceKind,
    LifeEvent,
    OnlineDepth,
    Parameter,
    Representative,
    Result,
    ResultKind,
    Rule,
    Section,
    ServiceItem,
    Step,
    StepKind,
    TaskType,
    When,
)
from backend.domains.social_assistance.rules import (
    ASSET_MONTHS,
    LOST_WORKING_ABILITY,
    MEANS_VALID_DAYS,
    MONTHLY_STANDARD,
    NO_INCOME,
    NO_SUPPORTER,
    household_here,
    property_rules,
)
from backend.domains.social_assistance.sources import (
    EXTREME_POVERTY_AGE,
    EXTREME_POVERTY_RULES,
    LOCAL_POVERTY_LINE,
)
from backend.errors import Text
from backend.viewer import AssuranceLevel

SECTIONS = (
    Section("person", Text("本人情况", "The person")),
    Section("means", Text("收入、财产和赡养", "Income, property and who must support")),
    Section("statements", Text("授权与承诺", "Authorisation and statements")),
)

EXTREME_POVERTY_ITEM = ServiceItem(
    base_code=EXTREME_POVERTY,
    name=Text("特困人员救助供养", "Support for people in extreme poverty"),
    synonyms=("特困", "五保", "五保户", "三无人员", "特困供养", "extreme poverty"),
    domain=Domain.SOCIAL_ASSISTANCE,
    life_events=(LifeEvent.HARDSHIP, LifeEvent.NEEDING_CARE),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(assistance_measures("14"), EXTREME_POVERTY_RULES),
    representatives=(
        Representative.GUARDIAN,
        Representative.FAMILY,
        Representative.AGENT,
        Representative.COMMITTEE,
        Representative.INSTITUTION,
    ),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            *in_section(
                "person",
                CONTACT_PHONE,
                CURRENT_ADDRESS,
                choice(
                    "target",
                    Text("申请人类别", "The applicant is"),
                    ("elderly", "老年人", "An older person"),
                    ("disabled", "残疾人", "A disabled person"),
                    ("minor", "未成年人", "A minor"),
                    fact="target",
                ),
                Field(
                    "lostAbilities",
                    Text("不能自主完成的事项", "What cannot be done without help"),
                    FieldKind.CHOICES,
                    choices=(
                        Choice("eating", Text("吃饭", "Eating")),
                        Choice("dressing", Text("穿衣", "Dressing")),
                        Choice("getting_up", Text("上下床", "Getting in and out of bed")),
                        Choice("toilet", Text("如厕", "Using the toilet")),
                        Choice("walking", Text("室内行走", "Walking indoors")),
                        Choice("bathing", Text("洗澡", "Bathing")),
                    ),
                    required=False,
                    hint=Text(
                        "都能自己完成的不用选；由评估人员上门核实",
                        "Leave it empty if all can be done; assessors check it",
                    ),
                ),
                choice(
                    "form",
                    Text("希望的供养方式", "Kind of support wished for"),
                    ("home", "分散供养（在家）", "At home"),
                    ("central", "集中供养（供养服务机构）", "In an institution"),
                ),
            ),
            *in_section(
                "means",
                money("ownIncome", Text("本人月收入", "Own monthly income"), fact="own_income_fen"),
                money("assets", Text("本人金融资产", "Own financial assets"), fact="assets_fen"),
                HOUSEHOLD_MEMBERS,
                choice(
                    "supporter",
                    Text("法定赡养、抚养、扶养义务人", "Those bound by law to support"),
                    ("none", "没有", "There are none"),
                    ("unable", "有，但无履行义务能力", "There are, but they cannot"),
                    ("able", "有，且有能力", "There are, and they can"),
                    fact="supporter",
                ),
                text(
                    "supporterDetails",
                    Text("义务人姓名及无履行能力的原因", "Their names and why they cannot"),
                    when=When("supporter", ("unable",)),
                ),
            ),
            *in_section("statements", BANK_ACCOUNT, MEANS_AUTHORISATION, UNDERTAKING),
        ),
        SECTIONS,
    ),
    materials=(
        state_paper(
            "disability-certificate",
            Text("残疾人证", "Disability certificate"),
            LicenceKind.DISABILITY_CERTIFICATE,
            Issuer.DISABLED_PERSONS_FEDERATION,
            EXTREME_POVERTY_RULES,
            when=When("target", ("disabled",)),
        ),
        BANK_CARD,
    ),
    parameters=(
        MEANS_VALID_DAYS,
        MONTHLY_STANDARD,
        ASSET_MONTHS,
        Parameter(
            "elderly_age",
            Text("老年人年龄", "Age of an older person"),
            60,
            "years",
            60,
            60,
            assistance_measures("14"),
        ),
        Parameter(
            "minor_age",
            Text("未成年人年龄", "Age below which one is a minor"),
            18,
            "years",
            16,
            18,
            EXTREME_POVERTY_AGE,
        ),
        Parameter(
            "monthly_fen",
            Text("基本生活标准（每人每月）", "Basic living standard, per head and month"),
            104_000,
            "fen",
            39_000,
            400_000,
            LOCAL_POVERTY_LINE,
        ),
    ),
    rules=(
        household_here(assistance_measures("14")),
        Rule(
            "elderly",
            ("age",),
            at_least("age", "elderly_age"),
            Text("老年人：年满{elderly_age}周岁", "An older person: {elderly_age} years or more"),
            assistance_measures("14"),
            Text("可申请最低生活保障。", "The minimum living allowance may fit."),
            alternatives=(MINIMUM_LIVING,),
            when=When("target", ("elderly",)),
        ),
        Rule(
            "minor",
            ("age",),
            below("age", "minor_age"),
            Text("未成年人：未满{minor_age}周岁", "A minor: under {minor_age} years"),
            EXTREME_POVERTY_AGE,
            Text(
                "孤儿、事实无人抚养儿童请申请相应的基本生活保障。",
                "For orphans and children without actual care there are allowances of their own.",
            ),
            alternatives=(ORPHAN_ALLOWANCE, UNATTENDED_CHILD_ALLOWANCE),
            when=When("target", ("minor",)),
        ),
        LOST_WORKING_ABILITY,
        NO_INCOME,
        NO_SUPPORTER,
        property_rules(EXTREME_POVERTY_RULES)[0],
    ),
    steps=(
        intake(days=3),
        home_visit(days=7),
        means_check(days=7),
        Step(
            "assessment",
            StepKind.ASSESSMENT,
            Level.COUNTY,
            Text("生活自理能力评估", "Assessment of self-care"),
            days=10,
            excluded=True,
            officers=2,
            after=("intake",),
        ),
        Step(
            "review",
            StepKind.REVIEW,
            Level.TOWNSHIP,
            Text("审核", "Review"),
            days=7,
            after=("home-visit", "means-check", "assessment"),
        ),
        publicity(),
        decision(days=10, delegable_to=Level.TOWNSHIP, name=Text("审核确认", "Confirmation")),
        payment(),
    ),
    limits=working_days(30, EXTREME_POVERTY_RULES, promised=28),
    models=(HandlingModel.COLLECT_AND_FORWARD,),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.CERTIFICATE,
        Text("特困人员救助供养确认书", "Confirmation of support in extreme poverty"),
        licence=LicenceKind.EXTREME_POVERTY_CERTIFICATE,
    ),
    guide=Guide(
        text=Text(
            "无劳动能力、无生活来源、无法定赡养抚养扶养义务人或者义务人无履行能力的老年人、残疾人、未成年人可以申请。"
            "按吃饭、穿衣、上下床、如厕、室内行走、洗澡六项评估自理能力，分档给予照料护理。",
            "For older, disabled and minor people who cannot work, have no livelihood and nobody who must and can support"
            " them. Six abilities are assessed (eating, dressing, getting up, toilet, walking, bathing); care follows.",
        ),
        plain=Text(
            "没有收入、没人养、又干不了活的老人、残疾人和孩子，由政府供养。村里也能帮您申请。",
            "Whoever has no income, cannot work and has nobody is supported by the state. The village can apply for you.",
        ),
        who=Text(
            "无劳动能力、无生活来源、无人赡养的老年人、残疾人和未成年人",
            "Older, disabled and minor people with nobody",
        ),
        counter=Text(
            "户籍地乡镇（街道）便民服务中心；村（居）委会可主动代为申请",
            "The township of registration; the village committee applies for those who cannot",
        ),
    ),
    pays=("monthly_fen",),
    organ_facts=("disability_grade", "disability_kind"),
    alternatives=(MINIMUM_LIVING, TEMPORARY_ASSISTANCE),
)

ITEMS = (EXTREME_POVERTY_ITEM,)
