"""Basic allowances for orphans, children without actual care, and children living with HIV."""

from backend.casework.declaring.codes import (
    CHILD_HIV_ALLOWANCE,
    CHILD_IN_DIFFICULTY,
    MINIMUM_LIVING,
    ORPHAN_ALLOWANCE,
    ORPHAN_STUDENT_GRANT,
    TEMPORARY_ASSISTANCE,
    UNATTENDED_CHILD_ALLOWANCE,
)
from backend.casework.declaring.course import decision, intake, payment, review, working_days
from backend.casework.declaring.fields import (
    UNDERTAKING,
    choice,
    yes_no,
)
from backend.casework.declaring.papers import medical_paper, state_paper, stated_or_shown
from backend.casework.declaring.statutes import LOCAL_FIGURE
from backend.casework.definitions import (
    Domain,
    Field,
    FieldKind,
    Form,
    Guide,
    HandlingModel,
    HandoverLimits,
    Issuer,
    LegalEffect,
    Level,
    LicenceKind,
    LifeEvent,
    Material,
    OnlineDepth,
    Parameter,
    Representative,
    Result,
    ResultKind,
    Rule,
    ServiceItem,
    TaskType,
    When,
)
from backend.domains.children.questions import CHILD, months, parent
from backend.domains.children.rules import (
    ADULT_AGE,
    NOBODY_CARES,
    NOT_AN_ORPHAN,
    ORPHANED,
    child_registered_here,
    child_under_age,
    lasting,
    not_supported_yet,
    under_age_or_studying,
)
from backend.domains.children.sources import (
    CHILDREN_ACROSS_PROVINCES,
    HIV_RULES,
    ORPHAN_RULES,
    UNATTENDED_MONTHS,
    UNATTENDED_RULES,
)
from backend.errors import Text
from backend.viewer import AssuranceLevel

ON_BEHALF = (
    Representative.GUARDIAN,
    Representative.FAMILY,
    Representative.COMMITTEE,
    Representative.INSTITUTION,
)
COUNTER = Text(
    "全国任一乡镇（街道）便民服务中心；村（居）儿童主任可代为申请",
    "Any township service centre in the country; the child director of the village can apply for you",
)


def _death(code: str, zh: str, en: str) -> Material:
    return state_paper(
        f"{code}-death",
        Text(f"{zh}死亡信息", f"Record of the {en}'s death"),
        LicenceKind.DEATH_CERTIFICATE,
        Issuer.MEDICAL_BODY,
        ORPHAN_RULES,
        when=When(code, ("dead",)),
        required=False,
        holder=(f"{code}Name", f"{code}Number"),
    )


def _judgment(code: str, zh: str, en: str) -> Material:
    return Material(
        f"{code}-judgment",
        Text(f"宣告{zh}失踪的判决书", f"Judgment that declares the {en} missing"),
        required=True,
        hint=Text("人民法院生效判决", "A final judgment of a people's court"),
        issuer=Issuer.COURT,
        basis=ORPHAN_RULES,
        when=When(code, ("missing",)),
    )


CARE_ACCOUNT = Field(
    "childAccount",
    Text("儿童本人或监护人的社会保障卡账号", "Account of the child's or guardian's social-security card"),
    FieldKind.BANK_ACCOUNT,
)
PARENTS_PAPERS = (
    _death("father", "父亲", "father"),
    _death("mother", "母亲", "mother"),
    _judgment("father", "父亲", "father"),
    _judgment("mother", "母亲", "mother"),
)
HANDOVER = HandoverLimits(3, (15, 15), 3, CHILDREN_ACROSS_PROVINCES)
STEPS = (
    intake(Level.TOWNSHIP, days=3),
    review(Level.TOWNSHIP, days=12),
    decision(Level.COUNTY, days=15, name=Text("确认", "Confirmation")),
    payment(),
)

ORPHAN_ALLOWANCE_ITEM = ServiceItem(
    base_code=ORPHAN_ALLOWANCE,
    name=Text("孤儿基本生活费", "Basic living allowance for orphans"),
    synonyms=("孤儿", "孤儿补贴", "孤儿生活费", "孤儿津贴", "orphan"),
    domain=Domain.CHILDREN,
    life_events=(LifeEvent.GROWING_UP, LifeEvent.BEREAVEMENT),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(ORPHAN_RULES, CHILDREN_ACROSS_PROVINCES),
    representatives=ON_BEHALF,
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            *CHILD,
            *parent("father", "父亲", "father"),
            *parent("mother", "母亲", "mother"),
            yes_no("inSchool", Text("儿童是否在校就读", "Is the child in school?"), fact="in_school"),
            choice(
                "careForm",
                Text("养育方式", "How the child is raised"),
                ("relatives", "社会散居（亲属抚养）", "By relatives"),
                ("institution", "儿童福利机构集中养育", "In a welfare institution"),
            ),
            CARE_ACCOUNT,
            UNDERTAKING,
        )
    ),
    materials=PARENTS_PAPERS,
    parameters=(
        ADULT_AGE,
        Parameter(
            "study_age",
            Text("成年后在校继续享受的最大年龄", "Oldest age at which those in school keep it"),
            22,
            "years",
            18,
            28,
            LOCAL_FIGURE,
        ),
        Parameter(
            "scattered_monthly_fen",
            Text("社会散居孤儿标准（每月）", "Orphans with relatives, a month"),
            140_000,
            "fen",
            60_000,
            500_000,
            LOCAL_FIGURE,
        ),
        Parameter(
            "institution_monthly_fen",
            Text("机构集中养育孤儿标准（每月）", "Orphans in institutions, a month"),
            190_000,
            "fen",
            100_000,
            600_000,
            LOCAL_FIGURE,
        ),
    ),
    rules=(
        Rule(
            "child_age",
            ("child_age", "in_school"),
            under_age_or_studying,
            Text(
                "未满{adult_age}周岁，或在校就读且不超过{study_age}周岁",
                "Under {adult_age}, or in school and not over {study_age}",
            ),
            ORPHAN_RULES,
            Text(
                "已成年的孤儿在校就读可申请孤儿助学，生活困难可申请最低生活保障。",
                "Grown-up orphans may apply for the student grant or the minimum living allowance.",
            ),
            alternatives=(ORPHAN_STUDENT_GRANT, MINIMUM_LIVING),
        ),
        ORPHANED,
        child_registered_here(ORPHAN_RULES),
    ),
    steps=STEPS,
    limits=working_days(30, CHILDREN_ACROSS_PROVINCES),
    models=(HandlingModel.COLLECT_AND_FORWARD, HandlingModel.FULLY_ONLINE),
    handover=HANDOVER,
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(ResultKind.DECISION, Text("孤儿认定通知书", "Recognition as an orphan")),
    guide=Guide(
        text=Text(
            "失去父母、查找不到生父母的未成年人可以申请孤儿基本生活费。监护人可在任何地方的乡镇（街道）或网上提出，"
            "由儿童户籍地确认，为保护隐私不作公示。",
            "For minors whose parents are dead or cannot be found. The guardian applies at any township of the country or"
            " online; the child's place of registration confirms. Nothing is published, to protect the child.",
        ),
        plain=Text(
            "爸爸妈妈都不在了的孩子，每个月有生活费。抚养孩子的人来申请就行，不会公开孩子的情况。",
            "A child without parents gets money every month. Whoever raises the child applies; nothing is made public.",
        ),
        who=Text(
            "孤儿的监护人、儿童福利机构、村（居）委会", "The orphan's guardian, institution or committee"
        ),
        counter=COUNTER,
    ),
    pays=("scattered_monthly_fen", "institution_monthly_fen"),
    organ_facts=("child_household_division",),
    alternatives=(UNATTENDED_CHILD_ALLOWANCE,),
)

UNATTENDED_CHILD_ITEM = ServiceItem(
    base_code=UNATTENDED_CHILD_ALLOWANCE,
    name=Text("事实无人抚养儿童基本生活补贴", "Basic living subsidy for children without actual care"),
    synonyms=("事实孤儿", "事实无人抚养", "父母服刑儿童", "困难儿童补贴", "de facto orphan"),
    domain=Domain.CHILDREN,
    life_events=(LifeEvent.GROWING_UP, LifeEvent.HARDSHIP),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(UNATTENDED_RULES, CHILDREN_ACROSS_PROVINCES),
    representatives=ON_BEHALF,
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            *CHILD,
            *parent("father", "父亲", "father"),
            months("father", "父亲", "father"),
            *parent("mother", "母亲", "mother"),
            months("mother", "母亲", "mother"),
            CARE_ACCOUNT,
            UNDERTAKING,
        )
    ),
    materials=(
        *PARENTS_PAPERS,
        stated_or_shown(
            "parents-papers",
            Text(
                "父母重病、服刑、失联等情况的材料",
                "Papers about the parents' illness, imprisonment or absence",
            ),
            Text(
                "本人承诺所述父母情况属实，同意民政部门向公安、法院、医疗机构核实。",
                "I state that this is true and agree that police, courts and medical bodies are asked.",
            ),
            Text(
                "没有材料的可以书面承诺，由民政部门核实",
                "Without papers sign the statement; civil affairs checks it",
            ),
            required=False,
        ),
    ),
    parameters=(
        ADULT_AGE,
        Parameter(
            "lasting_months",
            Text("服刑、戒毒、失联等的最短期限", "Shortest imprisonment, rehabilitation or absence"),
            6,
            "months",
            3,
            6,
            UNATTENDED_MONTHS,
        ),
        Parameter(
            "monthly_fen",
            Text("补贴标准（每月）", "Subsidy, a month"),
            140_000,
            "fen",
            60_000,
            500_000,
            LOCAL_FIGURE,
        ),
    ),
    rules=(
        child_under_age(UNATTENDED_RULES, (MINIMUM_LIVING, TEMPORARY_ASSISTANCE)),
        NOBODY_CARES,
        NOT_AN_ORPHAN,
        lasting("father", "父亲", "Father"),
        lasting("mother", "母亲", "Mother"),
        child_registered_here(UNATTENDED_RULES),
    ),
    steps=STEPS,
    limits=working_days(30, CHILDREN_ACROSS_PROVINCES),
    models=(HandlingModel.COLLECT_AND_FORWARD, HandlingModel.FULLY_ONLINE),
    handover=HANDOVER,
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.DECISION, Text("事实无人抚养儿童认定通知书", "Recognition as a child without actual care")
    ),
    guide=Guide(
        text=Text(
            "父母双方因重残、重病、服刑、强制戒毒、失联等无法抚养，或一方死亡、失踪而另一方无法抚养的儿童，可以申请基本生活补贴。"
            "父母情况由民政部门通过部门数据核实，为保护隐私不作公示。",
            "For children whose parents are both unable to care (disability, illness, prison, rehabilitation, lost contact),"
            " or of whom one is dead or missing and the other unable. Civil affairs checks it with the other departments;"
            " nothing is published.",
        ),
        plain=Text(
            "爸妈还在，但都没法养孩子，孩子也能领生活补贴。不会公开。",
            "The parents are alive but cannot care: the child still gets money. Nothing is made public.",
        ),
        who=Text("实际抚养儿童的亲属、村（居）委会", "The relative who raises the child, or the committee"),
        counter=COUNTER,
    ),
    pays=("monthly_fen",),
    organ_facts=("child_household_division",),
    alternatives=(ORPHAN_ALLOWANCE, CHILD_IN_DIFFICULTY),
)

CHILD_HIV_ITEM = ServiceItem(
    base_code=CHILD_HIV_ALLOWANCE,
    name=Text("艾滋病病毒感染儿童基本生活费", "Basic living allowance for children living with HIV"),
    synonyms=("感染儿童生活费", "艾滋儿童补贴", "HIV allowance"),
    domain=Domain.CHILDREN,
    life_events=(LifeEvent.ILLNESS, LifeEvent.GROWING_UP),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(HIV_RULES,),
    representatives=(Representative.GUARDIAN, Representative.INSTITUTION),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            *CHILD,
            Field(
                "privacyConsent",
                Text(
                    "本人知悉并单独同意处理儿童的健康信息，仅限本次审核与发放，由专人办理、全程保密。",
                    "I know of and separately consent to the processing of the child's health data, for this review and payment"
                    " only, by appointed staff and in confidence.",
                ),
                FieldKind.AUTHORISATION,
            ),
            CARE_ACCOUNT,
            UNDERTAKING,
        )
    ),
    materials=(medical_paper("diagnosis", Text("感染诊断检测报告", "Report of the diagnosis"), HIV_RULES),),
    parameters=(
        ADULT_AGE,
        Parameter(
            "monthly_fen",
            Text("标准（每月）", "Allowance, a month"),
            140_000,
            "fen",
            60_000,
            500_000,
            LOCAL_FIGURE,
        ),
    ),
    rules=(
        child_under_age(HIV_RULES, (MINIMUM_LIVING, TEMPORARY_ASSISTANCE)),
        not_supported_yet(HIV_RULES, "none"),
        child_registered_here(HIV_RULES),
    ),
    steps=(
        intake(Level.COUNTY, days=3),
        decision(Level.COUNTY, days=12, name=Text("确认", "Confirmation")),
        payment(),
    ),
    limits=working_days(15, LOCAL_FIGURE),
    models=(HandlingModel.COLLECT_AND_FORWARD,),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.DECISION, Text("儿童基本生活费审核通知书", "Notice on the child's living allowance")
    ),
    guide=Guide(
        text=Text(
            "由监护人直接向县级民政部门申请，不经村（居）和乡镇流转，不公示，材料专人保管，结果文书不出现病名。",
            "The guardian applies straight to the county: nothing passes through village or township, nothing is published,"
            " the papers are kept by appointed staff, and the notice does not name the illness.",
        ),
        plain=Text(
            "直接找县里的专人办，不让别人知道，通知书上也不写病名。",
            "Go straight to the appointed person of the county. Nobody else will know.",
        ),
        who=Text("感染儿童的监护人或儿童福利机构", "The child's guardian or welfare institution"),
        counter=Text(
            "县级民政部门专人窗口，可要求单独接待", "The county's appointed desk; ask for a separate room"
        ),
    ),
    pays=("monthly_fen",),
    organ_facts=("child_welfare_category", "child_household_division"),
    alternatives=(CHILD_IN_DIFFICULTY,),
)

ITEMS = (ORPHAN_ALLOWANCE_ITEM, UNATTENDED_CHILD_ITEM, CHILD_HIV_ITEM)
