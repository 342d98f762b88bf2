"""Looking after children: in difficulty, visited by the child director."""

from backend.casework.declaring.codes import (
    CHILD_DIRECTOR_VISIT,
    CHILD_IN_DIFFICULTY,
    LEFT_BEHIND_CHILD,
    MINIMUM_LIVING,
    TEMPORARY_ASSISTANCE,
    UNATTENDED_CHILD_ALLOWANCE,
)
from backend.casework.declaring.conditions import no, not_before_today
from backend.casework.declaring.course import (
    decision,
    home_visit,
    intake,
    payment,
    review,
    service,
    working_days,
)
from backend.casework.declaring.fields import (
    UNDERTAKING,
    choice,
    day,
    story,
    yes_no,
)
from backend.casework.declaring.papers import medical_paper, state_paper
from backend.casework.declaring.statutes import LOCAL_FIGURE, MINORS_LAW
from backend.casework.definitions import (
    Appointment,
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
    ServiceItem,
    TaskType,
    When,
)
from backend.domains.children.questions import (
    CHILD_AT_HOME,
    STATION,
)
from backend.domains.children.rules import ADULT_AGE, CHILD_HERE, child_under_age, not_supported_yet
from backend.domains.children.sources import (
    CHILD_DIRECTOR_RULES,
    DIFFICULTY_RULES,
)
from backend.errors import Text
from backend.viewer import AssuranceLevel

CHILD_IN_DIFFICULTY_ITEM = ServiceItem(
    base_code=CHILD_IN_DIFFICULTY,
    name=Text("困境儿童救助", "Help for children in difficulty"),
    synonyms=("困境儿童", "困难儿童", "重病儿童", "残疾儿童救助", "child in difficulty"),
    domain=Domain.CHILDREN,
    life_events=(LifeEvent.BIRTH, LifeEvent.GROWING_UP, LifeEvent.HARDSHIP, LifeEvent.ILLNESS),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(DIFFICULTY_RULES, MINORS_LAW),
    representatives=(
        Representative.GUARDIAN,
        Representative.FAMILY,
        Representative.COMMITTEE,
        Representative.INSTITUTION,
    ),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            *CHILD_AT_HOME,
            choice(
                "difficulties",
                Text("困境类型", "Kind of difficulty"),
                ("poverty", "家庭贫困", "The family is poor"),
                ("disability", "自身残疾", "The child is disabled"),
                ("illness", "自身重病", "The child is gravely ill"),
                ("guardianship", "监护缺失或监护不当", "Care is missing or bad"),
                ("harm", "遭受侵害", "The child was harmed"),
                several=True,
                fact="difficulties",
            ),
            yes_no(
                "harmNow",
                Text("儿童目前是否正面临危险", "Is the child in danger now?"),
                fact="harm_now",
                when=When("difficulties", ("guardianship", "harm")),
            ),
            story("situation", Text("具体情况", "What is the matter")),
            Field(
                "childAccount",
                Text(
                    "儿童本人或监护人的社会保障卡账号",
                    "Account of the child's or guardian's social-security card",
                ),
                FieldKind.BANK_ACCOUNT,
            ),
            UNDERTAKING,
        )
    ),
    materials=(
        medical_paper(
            "diagnosis",
            Text("重病诊断材料", "Diagnosis of the grave illness"),
            DIFFICULTY_RULES,
            when=When("difficulties", ("illness",)),
        ),
        state_paper(
            "disability-certificate",
            Text("残疾人证", "Disability certificate"),
            LicenceKind.DISABILITY_CERTIFICATE,
            Issuer.DISABLED_PERSONS_FEDERATION,
            DIFFICULTY_RULES,
            when=When("difficulties", ("disability",)),
            holder=("childName", "childNumber"),
        ),
    ),
    parameters=(
        ADULT_AGE,
        Parameter(
            "monthly_fen",
            Text("生活补贴（每月）", "Subsidy, a month"),
            50_000,
            "fen",
            0,
            300_000,
            LOCAL_FIGURE,
        ),
    ),
    rules=(
        child_under_age(DIFFICULTY_RULES, (MINIMUM_LIVING, TEMPORARY_ASSISTANCE)),
        CHILD_HERE,
        Rule(
            "no_danger_now",
            ("harm_now",),
            no("harm_now"),
            Text("儿童目前没有正面临危险", "The child is not in danger now"),
            MINORS_LAW,
            Text(
                "儿童正面临危险的，请立即拨打110，并告知儿童主任，民政部门可以临时监护。",
                "If the child is in danger call 110 at once and tell the child director; civil affairs can take care.",
            ),
            when=When("difficulties", ("guardianship", "harm")),
        ),
        not_supported_yet(DIFFICULTY_RULES, "none"),
    ),
    steps=(
        intake(Level.TOWNSHIP, days=2),
        home_visit(days=8),
        review(Level.TOWNSHIP, days=5),
        decision(Level.COUNTY, days=10),
        payment(),
    ),
    limits=working_days(30, DIFFICULTY_RULES, promised=25),
    models=(HandlingModel.COLLECT_AND_FORWARD,),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.DECISION, Text("困境儿童保障通知书", "Notice on help for a child in difficulty")
    ),
    guide=Guide(
        text=Text(
            "因家庭贫困、自身残疾或重病、监护缺失或受到侵害而陷入困境的儿童，可以申请生活、医疗、教育、监护等分类保障，"
            "由儿童主任入户了解，个案帮扶，不公示。",
            "Children in difficulty through poverty, disability, illness, missing care or harm get help with living, doctors,"
            " school and care. The child director comes to see them; nothing is published.",
        ),
        plain=Text(
            "孩子有困难，告诉儿童主任，会有人来家里看、想办法帮。",
            "If a child is in difficulty, somebody comes and helps.",
        ),
        who=Text("困境儿童的监护人、近亲属、村（居）委会", "The child's guardian, relatives or committee"),
        counter=STATION,
    ),
    pays=("monthly_fen",),
    organ_facts=("child_welfare_category",),
    alternatives=(UNATTENDED_CHILD_ALLOWANCE, CHILD_DIRECTOR_VISIT),
)


CHILD_DIRECTOR_VISIT_ITEM = ServiceItem(
    base_code=CHILD_DIRECTOR_VISIT,
    name=Text("儿童主任探访", "Visit of the child director"),
    synonyms=("儿童主任", "探访孩子", "家庭走访", "child director"),
    domain=Domain.CHILDREN,
    life_events=(LifeEvent.GROWING_UP,),
    task_type=TaskType.PUBLIC_SERVICE,
    effect=LegalEffect.SERVICE,
    basis=(CHILD_DIRECTOR_RULES,),
    representatives=(Representative.GUARDIAN, Representative.FAMILY, Representative.COMMITTEE),
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            *CHILD_AT_HOME,
            choice(
                "reason",
                Text("希望探访的原因", "Why a visit is wished"),
                ("left-behind", "父母外出", "The parents are away"),
                ("difficulty", "家庭困难", "The family is in difficulty"),
                ("study", "学习、心理", "School, state of mind"),
                ("safety", "担心安全", "Worry about safety"),
                ("other", "其他", "Something else"),
            ),
            day("visitOn", Text("希望的日期", "Day wished for"), fact="visit_on"),
            choice(
                "timeOfDay",
                Text("希望的时段", "Time of day"),
                ("morning", "上午", "Morning"),
                ("afternoon", "下午", "Afternoon"),
                ("evening", "傍晚", "Evening"),
            ),
            story("details", Text("想说明的情况", "What else to know"), required=False),
        )
    ),
    parameters=(
        ADULT_AGE,
        Parameter(
            "visits_a_year",
            Text("每年定期走访次数", "Regular visits a year"),
            4,
            "times",
            1,
            52,
            CHILD_DIRECTOR_RULES,
        ),
    ),
    rules=(
        child_under_age(CHILD_DIRECTOR_RULES, (TEMPORARY_ASSISTANCE,)),
        CHILD_HERE,
        Rule(
            "visit_day",
            ("visit_on", "today"),
            not_before_today("visit_on"),
            Text("日期不早于今天", "The day is not in the past"),
            CHILD_DIRECTOR_RULES,
            Text(
                "请选择今天或以后的日期；担心安全的请立即拨打110。",
                "Choose today or later; if you fear for safety call 110.",
            ),
        ),
    ),
    steps=(
        intake(Level.VILLAGE, days=1),
        decision(Level.VILLAGE, days=2, name=Text("确认探访", "Visit confirmed")),
        service(Level.VILLAGE, Text("入户探访", "The visit")),
    ),
    limits=working_days(3, CHILD_DIRECTOR_RULES),
    models=(HandlingModel.FULLY_ONLINE,),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    appointment=Appointment.REQUIRED,
    result=Result(ResultKind.RECEIPT, Text("探访记录回执", "Receipt of the visit")),
    guide=Guide(
        text=Text(
            "每个村（居）都有儿童主任。家长、亲属可以请儿童主任上门看望孩子，了解生活、学习和安全情况，并协助申请救助。",
            "Every village and neighbourhood has a child director. Parents and relatives can ask for a visit to the child,"
            " who sees how it lives, learns and whether it is safe, and helps to apply for support.",
        ),
        plain=Text(
            "不放心孩子，就请儿童主任去家里看看。", "Worried about a child? The child director goes and sees."
        ),
        who=Text("未满18周岁儿童的家长、亲属", "Parents and relatives of children under 18"),
        counter=STATION,
    ),
    alternatives=(CHILD_IN_DIFFICULTY, LEFT_BEHIND_CHILD),
)

ITEMS = (CHILD_IN_DIFFICULTY_ITEM, CHILD_DIRECTOR_VISIT_ITEM)
