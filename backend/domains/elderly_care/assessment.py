"""Assessment of abilities, admission to a care home, and the move into central support."""

from backend.casework.declaring.codes import (
    ABILITY_ASSESSMENT,
    CARE_HOME_ADMISSION,
    CENTRAL_SUPPORT_TRANSFER,
    DISABLED_ELDERLY_VOUCHER,
    EXTREME_POVERTY,
    HOME_SERVICE_BOOKING,
    NURSING_SUBSIDY,
)
from backend.casework.declaring.conditions import lies_here, not_before_today, within_days, yes
from backend.casework.declaring.course import assessment, decision, intake, review, service, working_days
from backend.casework.declaring.fields import (
    CONTACT_PHONE,
    CURRENT_ADDRESS,
    UNDERTAKING,
    choice,
    day,
    text,
    yes_no,
)
from backend.casework.declaring.statutes import assistance_measures
from backend.casework.definitions import (
    Appointment,
    Domain,
    Field,
    FieldKind,
    Form,
    Guide,
    HandlingModel,
    Issuer,
    Known,
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
    Step,
    StepKind,
    TaskType,
    When,
)
from backend.domains.elderly_care.rules import IN_EXTREME_POVERTY_SUPPORT, SAFE_TO_ADMIT, old_enough
from backend.domains.elderly_care.sources import (
    ABILITY_STANDARD,
    ELDERLY_AGE,
    EXTREME_POVERTY_SUPPORT,
    INSTITUTION_RULES,
)
from backend.errors import Text
from backend.viewer import AssuranceLevel

CARE_HOME_STAFF = (Representative.GUARDIAN, Representative.FAMILY, Representative.INSTITUTION)

ABILITY_ASSESSMENT_ITEM = ServiceItem(
    base_code=ABILITY_ASSESSMENT,
    name=Text("老年人能力评估", "Assessment of an older person's abilities"),
    synonyms=("失能评估", "能力评估", "护理等级评估", "assessment of disability"),
    domain=Domain.ELDERLY_CARE,
    life_events=(LifeEvent.NEEDING_CARE, LifeEvent.ILLNESS),
    task_type=TaskType.CONFIRMATION,
    effect=LegalEffect.RECORD,
    basis=(ABILITY_STANDARD, ELDERLY_AGE),
    representatives=(*CARE_HOME_STAFF, Representative.COMMITTEE),
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            CONTACT_PHONE,
            Field(
                "place",
                Text("评估地点所在区划", "Division in which to assess"),
                FieldKind.DIVISION,
                prefill=Known.HOUSEHOLD_DIVISION,
                fact="place",
            ),
            text("address", Text("评估地点详细地址", "Address at which to assess")),
            choice(
                "reason",
                Text("申请原因", "Reason"),
                ("first", "首次评估", "First assessment"),
                ("changed", "身体状况变化", "Things have changed"),
                ("expired", "评估结果到期", "The result has expired"),
                ("objection", "对上次结果有异议", "Objection to the last result"),
                fact="reason",
            ),
            day(
                "lastAssessedOn",
                Text("上次评估日期", "Day of the last assessment"),
                fact="last_assessed_on",
                when=When("reason", ("expired", "objection")),
            ),
            choice(
                "difficulties",
                Text("日常生活中的困难", "What is difficult in daily life"),
                ("eating", "进食", "Eating"),
                ("dressing", "穿衣", "Dressing"),
                ("moving", "行走、上下床", "Walking, getting up"),
                ("washing", "洗澡、如厕", "Washing, using the toilet"),
                ("memory", "记忆、认知", "Memory, orientation"),
                ("none", "没有", "None"),
                several=True,
            ),
            text(
                "companion",
                Text(
                    "评估时在场的家属或照护者及电话", "Relative or carer who will be present, with telephone"
                ),
            ),
        )
    ),
    parameters=(
        Parameter("minimum_age", Text("起始年龄", "Minimum age"), 60, "years", 60, 65, ELDERLY_AGE),
        Parameter(
            "objection_days",
            Text("提出异议的期限", "Days in which to object"),
            30,
            "days",
            5,
            90,
            ABILITY_STANDARD,
        ),
        Parameter(
            "valid_months",
            Text("评估结果有效期", "Months a result is valid"),
            24,
            "months",
            6,
            36,
            ABILITY_STANDARD,
        ),
    ),
    rules=(
        old_enough(),
        Rule(
            "place",
            ("place", "division"),
            lies_here("place"),
            Text("评估地点在申请地", "The place of assessment lies where it is applied for"),
            ABILITY_STANDARD,
            Text("请选择老人现在居住的地方提出申请。", "Choose the place where the older person lives now."),
        ),
        Rule(
            "objection_in_time",
            ("last_assessed_on", "today"),
            within_days("last_assessed_on", "objection_days"),
            Text(
                "在评估后{objection_days}日内提出异议",
                "Objection within {objection_days} days of the assessment",
            ),
            ABILITY_STANDARD,
            Text(
                "已过异议期的，可因情况变化重新申请评估。",
                "After that, ask for a new assessment because things have changed.",
            ),
            when=When("reason", ("objection",)),
        ),
    ),
    steps=(
        intake(days=3),
        assessment(days=15),
        review(Level.COUNTY, days=5),
        decision(Level.COUNTY, days=5, name=Text("出具评估报告", "Assessment report")),
    ),
    limits=working_days(15, ABILITY_STANDARD),
    models=(HandlingModel.COLLECT_AND_FORWARD, HandlingModel.JOINT),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    appointment=Appointment.OPTIONAL,
    result=Result(
        ResultKind.CERTIFICATE,
        Text("老年人能力评估报告", "Report on the assessment of abilities"),
        licence=LicenceKind.ABILITY_ASSESSMENT,
    ),
    guide=Guide(
        text=Text(
            "评估由两名评估员上门或在机构内进行，按国家标准从自理能力、基础运动能力、精神状态、感知觉与社会参与"
            "四个方面评定能力等级。对结果有异议的，可以申请复评。",
            "Two assessors come to the home or the institution and look at self-care, movement, state of mind and taking"
            " part, by the national standard. Whoever disagrees with the result may ask for another assessment.",
        ),
        plain=Text(
            "评估员会到家里看老人吃饭、走路、记性怎么样，定一个等级，再按等级享受补贴和服务。",
            "Two people come and see how well you eat, walk and remember. The level decides what help you get.",
        ),
        who=Text("年满60周岁、有照护需要的老年人", "People of 60 and more who may need care"),
        counter=Text(
            "现居住地乡镇（街道）便民服务中心，或就近评估机构；评估员上门",
            "The service centre where one lives, or an assessment body; assessors come to the home",
        ),
    ),
    alternatives=(DISABLED_ELDERLY_VOUCHER, NURSING_SUBSIDY),
)

CARE_HOME_ADMISSION_ITEM = ServiceItem(
    base_code=CARE_HOME_ADMISSION,
    name=Text("养老机构入住评估与预约", "Booking of a care home with assessment"),
    synonyms=("养老院", "敬老院", "福利院入住", "养老院预约", "nursing home"),
    domain=Domain.ELDERLY_CARE,
    life_events=(LifeEvent.NEEDING_CARE, LifeEvent.RETIREMENT),
    task_type=TaskType.PUBLIC_SERVICE,
    effect=LegalEffect.SERVICE,
    basis=(INSTITUTION_RULES,),
    representatives=CARE_HOME_STAFF,
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            CONTACT_PHONE,
            text("institution", Text("意向养老机构", "Care home wished for")),
            choice(
                "stay",
                Text("入住方式", "Kind of stay"),
                ("long", "长期入住", "Long stay"),
                ("respite", "短期托养", "Short stay"),
                ("day", "日间照料", "Day care"),
                fact="stay",
            ),
            Field(
                "stayPeriod",
                Text("托养起止日期", "Days of the short stay"),
                FieldKind.DATE_RANGE,
                when=When("stay", ("respite",)),
            ),
            day("visitOn", Text("参观评估日期", "Day of the visit and assessment"), fact="visit_on"),
            yes_no(
                "acuteIllness",
                Text(
                    "是否处于传染病传染期或精神障碍急性期",
                    "Is there an infectious or acute psychiatric illness now?",
                ),
                fact="acute_illness",
            ),
            Field(
                "emergencyContact",
                Text("紧急联系人", "Emergency contact"),
                FieldKind.GROUP,
                fields=(
                    text("name", Text("姓名", "Name")),
                    Field("phone", Text("电话", "Telephone"), FieldKind.PHONE),
                    choice(
                        "relation",
                        Text("与老人关系", "Relation to the older person"),
                        ("spouse", "配偶", "Spouse"),
                        ("child", "子女", "Child"),
                        ("guardian", "监护人", "Guardian"),
                        ("other", "其他", "Other"),
                    ),
                ),
            ),
            UNDERTAKING,
        )
    ),
    materials=(
        Material(
            "health-check",
            Text("体检报告", "Report of a health check"),
            required=True,
            hint=Text("近三个月内医疗机构出具", "From a medical body, not older than three months"),
            issuer=Issuer.MEDICAL_BODY,
            basis=INSTITUTION_RULES,
            when=When("stay", ("long", "respite")),
        ),
    ),
    parameters=(
        Parameter("minimum_age", Text("起始年龄", "Minimum age"), 60, "years", 60, 70, INSTITUTION_RULES),
    ),
    rules=(
        old_enough(INSTITUTION_RULES),
        SAFE_TO_ADMIT,
        Rule(
            "visit_day",
            ("visit_on", "today"),
            not_before_today("visit_on"),
            Text("参观评估日期不早于今天", "The visit is not in the past"),
            INSTITUTION_RULES,
            Text("请选择今天或以后的日期。", "Choose today or a later day."),
        ),
    ),
    steps=(
        intake(Level.COUNTY, days=2),
        Step(
            "assessment",
            StepKind.ASSESSMENT,
            Level.COUNTY,
            Text("入住评估", "Assessment on admission"),
            days=5,
            officers=2,
            excluded=True,
        ),
        decision(Level.COUNTY, days=5, name=Text("机构答复", "Answer of the care home")),
        service(Level.COUNTY, Text("签订协议、入住", "Contract and move")),
    ),
    limits=working_days(10, INSTITUTION_RULES),
    models=(HandlingModel.COLLECT_AND_FORWARD, HandlingModel.FULLY_ONLINE),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    appointment=Appointment.REQUIRED,
    charges=Text("入住费用由养老机构按公示标准收取", "The care home charges by its published prices"),
    result=Result(ResultKind.BOOKING, Text("养老机构入住预约凭证", "Booking of a care home")),
    guide=Guide(
        text=Text(
            "网上选择养老机构、预约参观和入住评估。机构入住前须评估老年人的能力并按等级提供照护，签订服务协议后入住。"
            "跨省入住同样可以预约。",
            "Choose a care home and book a visit with assessment. The home assesses abilities first, cares by the level"
            " found, and signs a contract. Homes in other provinces can be booked just the same.",
        ),
        plain=Text(
            "先约个时间去看看养老院，机构评估一下老人的身体，合适就签协议入住。",
            "Make an appointment, look at the home, let them see what care is needed, then sign and move in.",
        ),
        who=Text(
            "有入住意愿、年满60周岁的老年人及其家属",
            "People of 60 and more who wish to move, and their family",
        ),
        counter=Text("各养老机构接待处", "The reception of any care home"),
    ),
    alternatives=(HOME_SERVICE_BOOKING, CENTRAL_SUPPORT_TRANSFER),
)

CENTRAL_SUPPORT_TRANSFER_ITEM = ServiceItem(
    base_code=CENTRAL_SUPPORT_TRANSFER,
    name=Text(
        "特困老年人供养方式转入（集中供养）",
        "Move of an older person in extreme poverty into central support",
    ),
    synonyms=("特困供养转入", "集中供养", "五保老人进敬老院", "敬老院供养", "central support"),
    domain=Domain.ELDERLY_CARE,
    life_events=(LifeEvent.NEEDING_CARE, LifeEvent.HARDSHIP),
    task_type=TaskType.CONFIRMATION,
    effect=LegalEffect.BENEFIT,
    basis=(EXTREME_POVERTY_SUPPORT, assistance_measures("14")),
    representatives=(*CARE_HOME_STAFF, Representative.COMMITTEE),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            CONTACT_PHONE,
            CURRENT_ADDRESS,
            choice(
                "direction",
                Text("变更方式", "Kind of change"),
                ("in", "分散供养转集中供养", "From support at home to central support"),
                ("between", "更换供养机构", "To another institution"),
            ),
            text("institution", Text("意向供养服务机构", "Institution wished for"), required=False),
            yes_no(
                "willing",
                Text("老人本人是否愿意入住机构", "Does the older person wish to live in the institution?"),
                fact="willing",
            ),
            yes_no(
                "acuteIllness",
                Text(
                    "是否处于传染病传染期或精神障碍急性期",
                    "Is there an infectious or acute psychiatric illness now?",
                ),
                fact="acute_illness",
            ),
            UNDERTAKING,
        )
    ),
    parameters=(
        Parameter(
            "minimum_age", Text("起始年龄", "Minimum age"), 60, "years", 60, 60, assistance_measures("14")
        ),
    ),
    rules=(
        old_enough(assistance_measures("14")),
        IN_EXTREME_POVERTY_SUPPORT,
        SAFE_TO_ADMIT,
        Rule(
            "own_will",
            ("willing",),
            yes("willing"),
            Text("本人自愿", "The person wishes it"),
            EXTREME_POVERTY_SUPPORT,
            Text(
                "不愿入住的可以继续在家分散供养，由委托照料人照护。",
                "Whoever does not wish it stays at home with support and an appointed carer.",
            ),
        ),
    ),
    steps=(intake(days=3), assessment(days=10), review(days=7), decision(days=10)),
    limits=working_days(20, EXTREME_POVERTY_SUPPORT),
    models=(HandlingModel.COLLECT_AND_FORWARD,),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    result=Result(ResultKind.DECISION, Text("供养方式变更通知书", "Notice of the change of support")),
    guide=Guide(
        text=Text(
            "已认定的特困老年人可以自愿选择集中供养，完全或部分丧失生活自理能力的优先安排。转入前评估自理能力、"
            "确认供养服务机构，救助待遇不中断。",
            "Older people recognised as living in extreme poverty may choose central support; those who cannot look after"
            " themselves come first. Abilities are assessed, the institution confirmed, and support goes on meanwhile.",
        ),
        plain=Text(
            "特困老人想住进敬老院，可以申请。自己愿意才办，补助不会断。",
            "You may move into a home if you wish to. Your support goes on.",
        ),
        who=Text("已认定为特困人员的老年人", "Older people recognised as living in extreme poverty"),
        counter=Text(
            "户籍地乡镇（街道）便民服务中心，村（居）委会可代为申请",
            "The township service centre; the village committee may apply for them",
        ),
    ),
    organ_facts=("assistance_category",),
    alternatives=(CARE_HOME_ADMISSION, EXTREME_POVERTY),
)

ITEMS = (ABILITY_ASSESSMENT_ITEM, CARE_HOME_ADMISSION_ITEM, CENTRAL_SUPPORT_TRANSFER_ITEM)
