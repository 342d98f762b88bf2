"""Grants for orphans: studying, and medical rehabilitation (明天计划)."""

from backend.casework.declaring.codes import (
    CHILD_IN_DIFFICULTY,
    ORPHAN_ALLOWANCE,
    ORPHAN_STUDENT_GRANT,
    TEMPORARY_ASSISTANCE,
    TOMORROW_PLAN,
)
from backend.casework.declaring.conditions import at_least, no, none_of, not_after_today, one_of, yes
from backend.casework.declaring.course import decision, intake, payment, review, working_days
from backend.casework.declaring.fields import (
    BANK_ACCOUNT,
    CONTACT_PHONE,
    UNDERTAKING,
    choice,
    day,
    person_number,
    text,
    yes_no,
)
from backend.casework.declaring.papers import BANK_CARD, medical_paper
from backend.casework.declaring.statutes import LOCAL_FIGURE
from backend.casework.definitions import (
    Domain,
    Field,
    FieldKind,
    Form,
    Guide,
    HandlingModel,
    Issuer,
    LegalEffect,
    Level,
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
)
from backend.domains.children.rules import ADULT_AGE, under_age_or_studying
from backend.domains.children.sources import STUDENT_GRANT_RULES, TOMORROW_RULES
from backend.errors import Text
from backend.viewer import AssuranceLevel

ORPHAN_STUDENT_ITEM = ServiceItem(
    base_code=ORPHAN_STUDENT_GRANT,
    name=Text("孤儿助学（福彩圆梦）", "Study grant for orphans"),
    synonyms=("孤儿助学金", "孤儿上大学", "福彩圆梦", "助学工程", "study grant"),
    domain=Domain.CHILDREN,
    life_events=(LifeEvent.SCHOOL,),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(STUDENT_GRANT_RULES,),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            CONTACT_PHONE,
            text("school", Text("学校名称", "School")),
            choice(
                "level",
                Text("学历层次", "Level"),
                ("vocational", "中等职业学校", "Vocational school"),
                ("college", "专科", "College"),
                ("bachelor", "本科", "Bachelor"),
                ("master", "硕士", "Master"),
                ("doctor", "博士", "Doctor"),
                ("other", "非全日制或培训", "Part-time or courses"),
                fact="level",
            ),
            day("enrolledOn", Text("入学日期", "Day of enrolment"), fact="enrolled_on"),
            yes_no(
                "recognisedBefore18",
                Text("是否在18周岁前被认定为孤儿", "Recognised as an orphan before 18?"),
                fact="recognised_before_18",
            ),
            yes_no(
                "paidThisYear",
                Text("本学年是否已领取", "Already paid for this school year?"),
                fact="paid_this_year",
            ),
            BANK_ACCOUNT,
            UNDERTAKING,
        )
    ),
    materials=(
        Material(
            "enrolment",
            Text("在校就读材料（录取通知书或学籍信息）", "Proof of enrolment"),
            required=True,
            hint=Text("学信网学籍报告也可以", "The national student register's report will do"),
            issuer=Issuer.SCHOOL,
            basis=STUDENT_GRANT_RULES,
        ),
        BANK_CARD,
    ),
    parameters=(
        Parameter("least_age", Text("年龄下限", "Least age"), 18, "years", 16, 18, STUDENT_GRANT_RULES),
        Parameter(
            "yearly_fen",
            Text("每学年金额", "A school year"),
            1_000_000,
            "fen",
            1_000_000,
            3_000_000,
            STUDENT_GRANT_RULES,
        ),
    ),
    rules=(
        Rule(
            "age",
            ("age",),
            at_least("age", "least_age"),
            Text("年满{least_age}周岁", "{least_age} years or more"),
            STUDENT_GRANT_RULES,
            Text("未满年龄的继续享受孤儿基本生活费。", "Until then the orphans' allowance goes on."),
            alternatives=(ORPHAN_ALLOWANCE,),
        ),
        Rule(
            "recognised",
            ("recognised_before_18",),
            yes("recognised_before_18"),
            Text("18周岁前被认定为孤儿", "Recognised as an orphan before 18"),
            STUDENT_GRANT_RULES,
            Text("可申请国家助学金、临时救助等。", "State student aid or temporary assistance may fit."),
            alternatives=(TEMPORARY_ASSISTANCE,),
        ),
        Rule(
            "full_time",
            ("level",),
            none_of("level", "other"),
            Text(
                "就读全日制中职、专科、本科或研究生", "In full-time vocational school, college or university"
            ),
            STUDENT_GRANT_RULES,
            Text("非全日制学习不在资助范围。", "Part-time study is not covered."),
        ),
        Rule(
            "enrolled",
            ("enrolled_on", "today"),
            not_after_today("enrolled_on"),
            Text("已经入学", "Already enrolled"),
            STUDENT_GRANT_RULES,
            Text("入学后即可申请。", "Apply once you have enrolled."),
        ),
        Rule(
            "once_a_year",
            ("paid_this_year",),
            no("paid_this_year"),
            Text("本学年尚未领取", "Not paid for this school year yet"),
            STUDENT_GRANT_RULES,
            Text("下一学年可以再次申请。", "Apply again next school year."),
        ),
    ),
    steps=(
        intake(Level.COUNTY, days=3),
        review(Level.COUNTY, days=7),
        decision(Level.COUNTY, days=10),
        payment(),
    ),
    limits=working_days(20, LOCAL_FIGURE),
    models=(HandlingModel.FULLY_ONLINE, HandlingModel.COLLECT_AND_FORWARD),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(ResultKind.DECISION, Text("孤儿助学审核通知书", "Notice on the study grant")),
    guide=Guide(
        text=Text(
            "年满18周岁后在全日制中职、大专、本科或研究生就读的孤儿，每学年资助1万元，直至毕业。在外地上学可以网上申请。",
            "Orphans of 18 and more in full-time vocational school, college or university get 10,000 yuan a school year until"
            " they finish. Apply online from wherever you study.",
        ),
        plain=Text("孤儿满18岁还在上学，每学年有一万元助学金。", "Orphans who study get 10,000 yuan a year."),
        who=Text("年满18周岁、全日制在读的孤儿", "Orphans of 18 and more in full-time study"),
        counter=Text(
            "认定地县级民政部门儿童福利窗口", "The child-welfare desk of the county that recognised you"
        ),
    ),
    pays=("yearly_fen",),
    alternatives=(ORPHAN_ALLOWANCE,),
)

TOMORROW_PLAN_ITEM = ServiceItem(
    base_code=TOMORROW_PLAN,
    name=Text("残疾孤儿康复（孤儿医疗康复明天计划）", "Rehabilitation of disabled orphans (Tomorrow Plan)"),
    synonyms=("明天计划", "孤儿手术", "残疾孤儿康复", "孤儿医疗", "Tomorrow Plan"),
    domain=Domain.CHILDREN,
    life_events=(LifeEvent.ILLNESS, LifeEvent.DISABILITY),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(TOMORROW_RULES,),
    representatives=(Representative.GUARDIAN, Representative.INSTITUTION),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            CONTACT_PHONE,
            text("childName", Text("儿童姓名", "Name of the child")),
            person_number(
                "childNumber", Text("儿童身份证号码", "Resident number of the child"), fact="child"
            ),
            yes_no("inSchool", Text("儿童是否在校就读", "Is the child in school?"), fact="in_school"),
            choice(
                "need",
                Text("医疗康复需求", "What is needed"),
                ("surgery", "手术矫治", "Surgery"),
                ("rehabilitation", "康复训练", "Rehabilitation"),
                ("devices", "辅助器具配置", "Devices"),
                ("checkup", "体检、诊疗", "Examination and treatment"),
                several=True,
            ),
            text("hospital", Text("意向医疗康复机构", "Hospital or centre wished for")),
            yes_no(
                "insuranceFirst",
                Text("基本医保、医疗救助是否已先行报销", "Did insurance and medical assistance pay first?"),
                fact="insurance_first",
            ),
            Field(
                "consent",
                Text("监护人同意为儿童实施上述医疗康复。", "The guardian agrees to the treatment."),
                FieldKind.UNDERTAKING,
            ),
        )
    ),
    materials=(
        medical_paper("diagnosis", Text("诊断及治疗方案", "Diagnosis and plan of treatment"), TOMORROW_RULES),
    ),
    parameters=(
        ADULT_AGE,
        Parameter(
            "study_age",
            Text("在校就读的最大年龄", "Oldest age of those in school"),
            22,
            "years",
            18,
            28,
            TOMORROW_RULES,
        ),
        Parameter(
            "cap_fen",
            Text("每人每年上限", "Most per child and year"),
            10_000_000,
            "fen",
            100_000,
            100_000_000,
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
            TOMORROW_RULES,
            Text("可申请医疗救助、临时救助。", "Medical or temporary assistance may fit."),
            alternatives=(TEMPORARY_ASSISTANCE,),
        ),
        Rule(
            "recognised_orphan",
            ("child_welfare_category",),
            one_of("child_welfare_category", "orphan"),
            Text("已认定为孤儿", "Recognised as an orphan"),
            TOMORROW_RULES,
            Text(
                "请先申请孤儿认定；不是孤儿的可申请困境儿童救助。",
                "Have it recognised first; other children may get help in difficulty.",
            ),
            alternatives=(ORPHAN_ALLOWANCE, CHILD_IN_DIFFICULTY),
        ),
        Rule(
            "insurance_first",
            ("insurance_first",),
            yes("insurance_first"),
            Text("基本医疗保险和医疗救助先行支付", "Insurance and medical assistance pay first"),
            TOMORROW_RULES,
            Text("请先在医院办理医保和医疗救助结算。", "Have the hospital settle with them first."),
        ),
    ),
    steps=(
        intake(Level.COUNTY, days=3),
        review(Level.COUNTY, days=7),
        decision(Level.PROVINCE, days=10),
        payment(),
    ),
    limits=working_days(20, LOCAL_FIGURE),
    models=(HandlingModel.COLLECT_AND_FORWARD,),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    result=Result(ResultKind.DECISION, Text("明天计划资助通知书", "Notice on the Tomorrow Plan")),
    guide=Guide(
        text=Text(
            "由福彩公益金资助孤儿的手术矫治、康复训练和辅助器具。医保和医疗救助报销后，剩余费用按规定资助，可跨省就医。",
            "Lottery funds pay for orphans' surgery, rehabilitation and devices, for what insurance and medical assistance"
            " leave over; treatment in other provinces counts too.",
        ),
        plain=Text(
            "孤儿看病、做手术、配轮椅，医保报完剩下的钱，可以申请。",
            "What insurance leaves of an orphan's treatment can be paid.",
        ),
        who=Text(
            "有医疗康复需求的孤儿的监护人、儿童福利机构",
            "Guardians and institutions of orphans who need treatment",
        ),
        counter=Text(
            "县级民政部门儿童福利窗口、儿童福利机构", "The county's child-welfare desk, or the institution"
        ),
    ),
    pays=("cap_fen",),
    organ_facts=("child_welfare_category",),
    alternatives=(CHILD_IN_DIFFICULTY,),
)

ITEMS = (ORPHAN_STUDENT_ITEM, TOMORROW_PLAN_ITEM)
