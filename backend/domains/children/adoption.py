"""Adoption: a personal status, so online there is a pre-check and an appointment, never a decision."""

from backend.casework.declaring.codes import ADOPTION, CHILD_DIRECTOR_VISIT, CHILD_IN_DIFFICULTY
from backend.casework.declaring.conditions import at_least, below, not_before_today, yes
from backend.casework.declaring.course import calendar_days, decision, intake
from backend.casework.declaring.fields import CONTACT_PHONE, choice, day, number, person_number, yes_no
from backend.casework.declaring.statutes import civil_code
from backend.casework.definitions import (
    Appointment,
    Domain,
    Form,
    Guide,
    HandlingModel,
    Issuer,
    LegalEffect,
    Level,
    LifeEvent,
    LimitUnit,
    Material,
    OnlineDepth,
    Parameter,
    Result,
    ResultKind,
    Rule,
    ServiceItem,
    Step,
    StepKind,
    TaskType,
    Unit,
    When,
)
from backend.domains.children.rules import (
    consents_if_eight,
    few_own_children,
    gap_if_of_other_sex,
    spouses_adopt_together,
)
from backend.domains.children.sources import ADOPTED, ADOPTER, ADOPTION_RULES, AGE_GAP, CHILDS_CONSENT
from backend.errors import Text
from backend.viewer import AssuranceLevel

ADOPTION_ITEM = ServiceItem(
    base_code=ADOPTION,
    name=Text("收养登记预约与预审", "Appointment and pre-check for registering an adoption"),
    synonyms=("收养", "领养", "领养孩子", "收养登记", "adoption"),
    domain=Domain.CHILDREN,
    life_events=(LifeEvent.ADOPTION,),
    task_type=TaskType.CONFIRMATION,
    effect=LegalEffect.PERSONAL_STATUS,
    basis=(civil_code("1105"), ADOPTER, ADOPTION_RULES),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            CONTACT_PHONE,
            choice(
                "adopter",
                Text("收养人", "Who adopts"),
                ("couple", "夫妻共同收养", "A married couple"),
                ("single", "单身收养", "A single person"),
                fact="adopter",
            ),
            person_number(
                "spouseNumber",
                Text("配偶身份证号码", "Resident number of the spouse"),
                fact="spouse",
                when=When("adopter", ("couple",)),
            ),
            choice(
                "relation",
                Text("与被收养人的关系", "Relation to the child"),
                ("none", "无亲属关系", "None"),
                ("kin", "三代以内旁系同辈血亲的子女", "Child of a sibling or cousin"),
                ("stepchild", "继子女（配偶的子女）", "Stepchild (the spouse's own)"),
                fact="relation",
            ),
            choice(
                "origin",
                Text("被收养人情况", "The child is"),
                ("institution", "儿童福利机构养育的孤儿、弃婴", "In a welfare institution"),
                ("foundling", "社会拾获的弃婴", "A foundling"),
                ("orphan", "社会散居孤儿", "An orphan with relatives"),
                ("parents", "生父母有特殊困难无力抚养的子女", "Of parents who cannot raise it"),
                fact="origin",
            ),
            yes_no(
                "childDisabled",
                Text("孩子是否残疾", "Is the child disabled?"),
                fact="child_disabled",
            ),
            number(
                "childAge",
                Text("被收养人年龄", "Age of the child"),
                Unit.YEARS,
                maximum=130,
                fact="child_age",
            ),
            choice(
                "childSex",
                Text("被收养人性别", "Sex of the child"),
                ("1", "男", "Male"),
                ("2", "女", "Female"),
                fact="child_sex",
            ),
            choice(
                "childConsents",
                Text(
                    "孩子本人是否同意（八周岁以上必须同意）",
                    "Does the child agree (from eight years on it must)?",
                ),
                ("yes", "同意", "Yes"),
                ("no", "不同意", "No"),
                ("too-young", "未满八周岁", "Under eight"),
                fact="child_consents",
            ),
            number(
                "ownChildren",
                Text("现有子女数", "Children you have"),
                Unit.PERSONS,
                maximum=20,
                fact="own_children",
            ),
            yes_no(
                "able",
                Text("是否有抚养、教育和保护能力", "Are you able to raise, teach and protect?"),
                fact="able",
            ),
            yes_no(
                "healthy",
                Text("是否未患有医学上不应当收养子女的疾病", "Free of illnesses that rule out adopting?"),
                fact="healthy",
            ),
            yes_no(
                "noRecord",
                Text(
                    "是否无不利于被收养人健康成长的违法犯罪记录",
                    "Free of offences that would harm the child?",
                ),
                fact="no_record",
            ),
            day("visitOn", Text("希望到场的日期", "Day on which you wish to come"), fact="visit_on"),
        )
    ),
    materials=(
        Material(
            "health-check",
            Text("收养人身体健康检查证明", "Health check of the adopter"),
            required=True,
            hint=Text(
                "县级以上医疗机构，近六个月", "From a county hospital or higher, not older than six months"
            ),
            issuer=Issuer.MEDICAL_BODY,
            basis=ADOPTION_RULES,
        ),
        Material(
            "photos",
            Text("合影照片", "Photographs together"),
            required=False,
            hint=Text("到场时带原件", "Bring prints when you come"),
        ),
    ),
    parameters=(
        Parameter(
            "adopter_age", Text("收养人年龄下限", "Least age of an adopter"), 30, "years", 30, 30, ADOPTER
        ),
        Parameter(
            "adult_age",
            Text("被收养人年龄上限", "Age below which one is adopted"),
            18,
            "years",
            18,
            18,
            ADOPTED,
        ),
        Parameter(
            "most_children",
            Text("收养人子女数上限", "Most children of an adopter"),
            1,
            "persons",
            1,
            1,
            ADOPTER,
        ),
        Parameter(
            "consent_age",
            Text("须本人同意的年龄", "Age from which a child must agree"),
            8,
            "years",
            8,
            8,
            CHILDS_CONSENT,
        ),
        Parameter(
            "age_gap",
            Text("单身收养异性的年龄差", "Years between a single adopter and a child of other sex"),
            40,
            "years",
            40,
            40,
            AGE_GAP,
        ),
    ),
    rules=(
        Rule(
            "adopter_age",
            ("age",),
            at_least("age", "adopter_age"),
            Text("收养人年满{adopter_age}周岁", "The adopter is {adopter_age} or more"),
            ADOPTER,
            Text("未满年龄的可以先成为寄养家庭。", "Younger people can become a foster family."),
            when=When("relation", ("none", "kin")),
        ),
        Rule(
            "spouse_age",
            ("spouse_age",),
            at_least("spouse_age", "adopter_age"),
            Text("配偶年满{adopter_age}周岁", "The spouse is {adopter_age} or more"),
            ADOPTER,
            Text("夫妻双方都须达到年龄。", "Both must have reached the age."),
            when=When("adopter", ("couple",)),
        ),
        Rule(
            "together",
            ("marital_status", "adopter", "relation"),
            spouses_adopt_together,
            Text("有配偶的由夫妻共同收养", "Whoever is married adopts with the spouse"),
            civil_code("1101"),
            Text("请与配偶一起申请。", "Apply together with your spouse."),
        ),
        Rule(
            "child_age",
            ("child_age",),
            below("child_age", "adult_age"),
            Text("被收养人未满{adult_age}周岁", "The child is under {adult_age}"),
            ADOPTED,
            Text("成年人不能被收养。", "Grown-ups cannot be adopted."),
        ),
        Rule(
            "consent",
            ("child_age", "child_consents"),
            consents_if_eight,
            Text("{consent_age}周岁以上的孩子本人同意", "A child of {consent_age} or more agrees"),
            CHILDS_CONSENT,
            Text("孩子不同意的，不能收养。", "Without it there is no adoption."),
        ),
        Rule(
            "age_gap",
            ("age", "sex", "child_age", "child_sex", "relation"),
            gap_if_of_other_sex,
            Text(
                "单身收养异性子女的，年龄相差{age_gap}周岁以上",
                "A single adopter of a child of the other sex is {age_gap} years older or more",
            ),
            AGE_GAP,
            Text(
                "可以收养同性别的孩子，或成为寄养家庭。",
                "A child of the same sex can be adopted, or fostered.",
            ),
            when=When("adopter", ("single",)),
        ),
        Rule(
            "own_children",
            ("own_children", "origin", "child_disabled"),
            few_own_children,
            Text(
                "收养人无子女或者只有{most_children}名子女（收养孤儿、残疾儿童、机构养育儿童的除外）",
                "The adopter has no child or {most_children} only (orphans, disabled children and children in"
                " institutions apart)",
            ),
            ADOPTER,
            Text("可以成为寄养家庭。", "You can become a foster family."),
            when=When("relation", ("none", "kin")),
        ),
        Rule(
            "able",
            ("able",),
            yes("able"),
            Text("有抚养、教育和保护被收养人的能力", "Able to raise, teach and protect the child"),
            ADOPTER,
            Text("具备条件后再申请。", "Apply once you are."),
            when=When("relation", ("none", "kin")),
        ),
        Rule(
            "healthy",
            ("healthy",),
            yes("healthy"),
            Text("未患有在医学上认为不应当收养子女的疾病", "Free of illnesses that rule out adopting"),
            ADOPTER,
            Text("请先咨询医疗机构。", "Ask a doctor first."),
            when=When("relation", ("none", "kin")),
        ),
        Rule(
            "no_record",
            ("no_record",),
            yes("no_record"),
            Text("无不利于被收养人健康成长的违法犯罪记录", "Free of offences that would harm the child"),
            ADOPTER,
            Text("不符合的不能收养。", "Otherwise there is no adoption."),
            when=When("relation", ("none", "kin")),
        ),
        Rule(
            "visit_day",
            ("visit_on", "today"),
            not_before_today("visit_on"),
            Text("到场日期不早于今天", "The day is not in the past"),
            ADOPTION_RULES,
            Text("请选择今天或以后的日期。", "Choose today or a later day."),
        ),
    ),
    steps=(
        intake(Level.COUNTY, days=5),
        Step(
            "attendance",
            StepKind.ATTENDANCE,
            Level.COUNTY,
            Text("收养关系当事人亲自到场", "Those concerned appear in person"),
            excluded=True,
        ),
        Step(
            "assessment",
            StepKind.ASSESSMENT,
            Level.COUNTY,
            Text("收养评估", "Assessment of the adoption"),
            officers=2,
            days=60,
            unit=LimitUnit.CALENDAR_DAYS,
            excluded=True,
        ),
        Step(
            "notice",
            StepKind.PUBLICITY,
            Level.COUNTY,
            Text("查找生父母公告", "Notice to find the parents"),
            days=60,
            unit=LimitUnit.CALENDAR_DAYS,
            excluded=True,
        ),
        decision(Level.COUNTY, days=25, name=Text("登记", "Registration")),
    ),
    limits=calendar_days(30, ADOPTION_RULES),
    models=(HandlingModel.JOINT,),
    online_depth=OnlineDepth.PRE_CHECK,
    electronic_signature=False,
    in_person=True,
    appointment=Appointment.REQUIRED,
    result=Result(ResultKind.BOOKING, Text("收养登记预约凭证", "Appointment for registering an adoption")),
    guide=Guide(
        text=Text(
            "网上可以预审条件、预约到场。收养登记须收养关系当事人亲自到收养登记机关办理，登记机关自次日起三十日内审查；"
            "收养查找不到生父母的未成年人的，登记前公告六十日，公告期不计入。收养关系不能以电子签名成立。",
            "Online you check the conditions and book a day. Those concerned appear in person at the registry, which examines"
            " within thirty days from the next day; for foundlings sixty days of public notice are not counted. An adoption"
            " is not signed electronically.",
        ),
        plain=Text(
            "先在网上看看条件够不够、约个时间，再带着孩子一起到民政局办。",
            "Check the conditions and book a day here; then come to the office together.",
        ),
        who=Text("符合民法典条件的收养人", "Adopters who meet the Civil Code's conditions"),
        counter=Text(
            "被收养人常住户口所在地或发现地的县级民政部门",
            "The county where the child is registered or was found",
        ),
    ),
    organ_facts=("marital_status",),
    alternatives=(CHILD_IN_DIFFICULTY, CHILD_DIRECTOR_VISIT),
)

ITEMS = (ADOPTION_ITEM,)
