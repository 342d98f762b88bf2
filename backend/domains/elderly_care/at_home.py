"""Care at home: services that come to the door, the family care bed, the adapted home."""

from backend.casework.declaring.codes import (
    CARE_HOME_ADMISSION,
    CARE_SERVICE_SUBSIDY,
    DISABLED_ELDERLY_VOUCHER,
    FAMILY_CARE_BED,
    HOME_ADAPTATION,
    HOME_SERVICE_BOOKING,
)
from backend.casework.declaring.conditions import lies_here, no, not_before_today, yes
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
    BANK_ACCOUNT,
    CONTACT_PHONE,
    UNDERTAKING,
    choice,
    day,
    number,
    text,
    yes_no,
)
from backend.casework.declaring.statutes import LOCAL_FIGURE
from backend.casework.definitions import (
    UNDERTAKING_OR_PAPER,
    Appointment,
    CaseType,
    Domain,
    Field,
    FieldKind,
    Form,
    Guide,
    HandlingModel,
    Known,
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
    Step,
    StepKind,
    TaskType,
    Unit,
    When,
)
from backend.domains.elderly_care.rules import (
    LIVES_AT_HOME,
    MODERATE_OR_WORSE,
    in_hardship,
    old_enough,
)
from backend.domains.elderly_care.sources import ELDERLY_AGE, HOME_ADAPTATION_RULES, HOME_CARE
from backend.errors import Text
from backend.viewer import AssuranceLevel

HOME_SERVICE_BOOKING_ITEM = ServiceItem(
    base_code=HOME_SERVICE_BOOKING,
    name=Text("助餐、助浴、上门服务预约", "Booking of meals, bathing and help at home"),
    synonyms=("老年食堂", "送餐", "助餐", "助浴", "助洁", "居家养老服务", "meals on wheels"),
    domain=Domain.ELDERLY_CARE,
    life_events=(LifeEvent.NEEDING_CARE, LifeEvent.RETIREMENT),
    task_type=TaskType.PUBLIC_SERVICE,
    case_type=CaseType.IMMEDIATE,
    effect=LegalEffect.SERVICE,
    basis=(HOME_CARE,),
    representatives=(Representative.GUARDIAN, Representative.FAMILY, Representative.COMMITTEE),
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            CONTACT_PHONE,
            Field(
                "place",
                Text("服务地点所在区划", "Division in which the service is given"),
                FieldKind.DIVISION,
                prefill=Known.HOUSEHOLD_DIVISION,
                fact="place",
            ),
            text("address", Text("服务地点详细地址", "Address for the service")),
            choice(
                "services",
                Text("需要的服务", "Services needed"),
                ("meal", "助餐、送餐", "Meals"),
                ("bath", "助浴", "Bathing"),
                ("clean", "助洁", "Cleaning"),
                ("errand", "助急、代办", "Errands"),
                ("company", "陪诊、探访", "Company to the doctor, visits"),
                ("nursing", "上门护理", "Nursing"),
                several=True,
                fact="services",
            ),
            choice(
                "diet",
                Text("饮食要求", "Diet"),
                ("normal", "无特殊要求", "Nothing special"),
                ("soft", "软食、流食", "Soft food"),
                ("diabetic", "低糖", "Low sugar"),
                ("halal", "清真", "Halal"),
                when=When("services", ("meal",)),
            ),
            yes_no(
                "fitForBath",
                Text("近期身体状况是否适合助浴", "Is the person's health good enough for bathing?"),
                fact="fit_for_bath",
                when=When("services", ("bath",)),
            ),
            day("startOn", Text("开始日期", "First day"), fact="start_on"),
            choice(
                "timeOfDay",
                Text("希望的时段", "Time of day"),
                ("morning", "上午", "Morning"),
                ("noon", "中午", "Noon"),
                ("afternoon", "下午", "Afternoon"),
                ("evening", "傍晚", "Evening"),
            ),
            number("timesAWeek", Text("每周次数", "Times a week"), Unit.TIMES, minimum=1, maximum=21),
        )
    ),
    parameters=(Parameter("minimum_age", Text("起始年龄", "Minimum age"), 60, "years", 60, 80, ELDERLY_AGE),),
    rules=(
        old_enough(),
        Rule(
            "place",
            ("place", "division"),
            lies_here("place"),
            Text("服务地点在申请地", "The service is given where it is applied for"),
            HOME_CARE,
            Text("请选择老人现在居住的地方预约。", "Choose the place where the older person lives now."),
        ),
        Rule(
            "start_day",
            ("start_on", "today"),
            not_before_today("start_on"),
            Text("开始日期不早于今天", "The first day is not in the past"),
            HOME_CARE,
            Text("请选择今天或以后的日期。", "Choose today or a later day."),
        ),
        Rule(
            "fit_for_bath",
            ("fit_for_bath",),
            yes("fit_for_bath"),
            Text("身体状况适合助浴", "Healthy enough for bathing"),
            HOME_CARE,
            Text(
                "血压、心脏等情况不稳定时，可先预约上门护理评估。",
                "While blood pressure or heart are unstable, book a nurse's visit first.",
            ),
            when=When("services", ("bath",)),
        ),
    ),
    steps=(
        intake(Level.TOWNSHIP, days=1),
        decision(Level.TOWNSHIP, days=1, name=Text("派单确认", "Order confirmed")),
        service(Level.VILLAGE, Text("上门服务", "Service at home")),
    ),
    limits=working_days(3, HOME_CARE, promised=2),
    models=(HandlingModel.FULLY_ONLINE,),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    appointment=Appointment.REQUIRED,
    charges=Text(
        "按服务价目收取，可用养老服务电子券抵扣", "By the published price list; care vouchers count"
    ),
    result=Result(ResultKind.BOOKING, Text("居家养老服务预约凭证", "Booking of help at home")),
    guide=Guide(
        text=Text(
            "为老年人预约助餐、助浴、助洁、陪诊等上门服务。享受养老服务补贴或消费补贴的，可直接抵扣。子女可在外地为父母预约。",
            "Book meals, bathing, cleaning, company to the doctor and more. Subsidies and care vouchers are taken off the"
            " price. Children who live elsewhere can book for their parents.",
        ),
        plain=Text(
            "要送饭、洗澡、打扫，在手机上点一下就有人上门。",
            "Meals, a bath, cleaning: choose it and somebody comes.",
        ),
        who=Text("居住在当地的老年人", "Older people who live there"),
        counter=Text(
            "社区居家养老服务中心、老年食堂；也可拨打当地养老服务热线",
            "Community care centre or canteen; the local care line takes calls too",
        ),
    ),
    alternatives=(CARE_SERVICE_SUBSIDY, DISABLED_ELDERLY_VOUCHER, FAMILY_CARE_BED),
)

FAMILY_CARE_BED_ITEM = ServiceItem(
    base_code=FAMILY_CARE_BED,
    name=Text("家庭养老床位", "Family care bed"),
    synonyms=("家庭床位", "家庭照护床位", "家庭病床", "care bed at home"),
    domain=Domain.ELDERLY_CARE,
    life_events=(LifeEvent.NEEDING_CARE,),
    task_type=TaskType.CONFIRMATION,
    effect=LegalEffect.SERVICE,
    basis=(HOME_CARE,),
    representatives=(Representative.GUARDIAN, Representative.FAMILY),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            CONTACT_PHONE,
            text("address", Text("设床地址", "Address of the bed")),
            yes_no(
                "livesInInstitution",
                Text("目前是否入住养老机构", "Living in a care home now?"),
                fact="lives_in_institution",
            ),
            yes_no(
                "homeAllows",
                Text(
                    "住房权利人是否同意安装床位和安全监测设备",
                    "Does whoever owns the home agree to the bed and the safety devices?",
                ),
                fact="home_allows",
            ),
            choice(
                "carer",
                Text("主要照护人", "Main carer"),
                ("spouse", "配偶", "Spouse"),
                ("child", "子女", "Child"),
                ("paid", "护理员", "Paid carer"),
                ("nobody", "无", "Nobody"),
            ),
            Field(
                "deviceConsent",
                Text(
                    "本人同意在家中安装紧急呼叫和活动监测设备，数据仅用于照护与安全。",
                    "I agree to emergency call and movement sensors at home; their data serve care and safety only.",
                ),
                FieldKind.UNDERTAKING,
            ),
        )
    ),
    parameters=(
        Parameter("minimum_age", Text("起始年龄", "Minimum age"), 60, "years", 60, 80, HOME_CARE),
        Parameter(
            "set_up_cap_fen",
            Text("每张床位建设补助上限", "Most that is paid to set up a bed"),
            300_000,
            "fen",
            0,
            2_000_000,
            LOCAL_FIGURE,
        ),
    ),
    rules=(
        old_enough(HOME_CARE),
        MODERATE_OR_WORSE,
        LIVES_AT_HOME,
        Rule(
            "home_allows",
            ("home_allows",),
            yes("home_allows"),
            Text("住房权利人同意设床和安装设备", "The owner of the home agrees to bed and devices"),
            HOME_CARE,
            Text(
                "住房条件不允许的，可预约上门服务或日间照料。",
                "If the home does not allow it, book help at home or day care.",
            ),
            alternatives=(HOME_SERVICE_BOOKING,),
        ),
    ),
    steps=(
        intake(days=3),
        home_visit(days=10),
        decision(days=10),
        service(Level.COUNTY, Text("建床、签约、服务", "Bed, contract and care")),
    ),
    limits=working_days(30, LOCAL_FIGURE, promised=25),
    models=(HandlingModel.COLLECT_AND_FORWARD,),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    charges=Text("服务费用按与服务机构的协议收取", "Care is charged by the contract with the provider"),
    result=Result(ResultKind.DECISION, Text("家庭养老床位确认书", "Confirmation of a family care bed")),
    guide=Guide(
        text=Text(
            "由养老服务机构把专业照护送到家中：适老化床具、紧急呼叫、定期上门护理。中度以上失能老年人可以申请，"
            "建设补助由当地规定。",
            "A care provider brings professional care home: a suitable bed, an emergency call, regular nursing. At least"
            " moderately disabled older people may apply; what is paid towards it is set locally.",
        ),
        plain=Text(
            "把养老院的床和护理搬到家里来，家人不用太辛苦。",
            "A care home's bed and nursing in your own home.",
        ),
        who=Text(
            "居家生活的中度以上失能老年人", "At least moderately disabled older people who live at home"
        ),
        counter=Text("现居住地街道（乡镇）养老服务中心", "The care centre of the street office or township"),
    ),
    organ_facts=("ability_level",),
    alternatives=(HOME_ADAPTATION, CARE_HOME_ADMISSION),
)

HOME_ADAPTATION_ITEM = ServiceItem(
    base_code=HOME_ADAPTATION,
    name=Text("老年人居家适老化改造补贴", "Subsidy for adapting an older person's home"),
    synonyms=("适老化改造", "居家改造", "安装扶手", "无障碍改造", "home adaptation"),
    domain=Domain.ELDERLY_CARE,
    life_events=(LifeEvent.RETIREMENT, LifeEvent.NEEDING_CARE),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(HOME_ADAPTATION_RULES,),
    representatives=(Representative.GUARDIAN, Representative.FAMILY, Representative.COMMITTEE),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            CONTACT_PHONE,
            text("address", Text("改造住房地址", "Address of the home")),
            choice(
                "ownership",
                Text("住房情况", "The home is"),
                ("own", "自有", "Own"),
                ("family", "家人所有", "Owned by family"),
                ("rented", "租住或借住", "Rented or lent"),
            ),
            yes_no(
                "ownerAgrees",
                Text("房屋权利人是否书面同意改造", "Does the owner agree in writing?"),
                when=When("ownership", ("family", "rented")),
            ),
            yes_no(
                "toBeDemolished",
                Text("住房是否已列入拆迁计划", "Is the home to be demolished?"),
                fact="to_be_demolished",
            ),
            yes_no(
                "adaptedBefore",
                Text("该住房是否已享受过适老化改造补贴", "Was this home adapted with a subsidy before?"),
                fact="adapted_before",
            ),
            choice(
                "works",
                Text("希望改造的项目", "What is to be done"),
                ("handrails", "安装扶手", "Handrails"),
                ("floor", "防滑处理", "Non-slip floors"),
                ("bathroom", "卫生间改造", "Bathroom"),
                ("bed", "护理床", "Care bed"),
                ("call", "紧急呼叫设备", "Emergency call"),
                ("lighting", "照明", "Lighting"),
                several=True,
            ),
            BANK_ACCOUNT,
            UNDERTAKING,
        )
    ),
    materials=(
        Material(
            "owner-consent",
            Text("房屋权利人同意书", "Consent of the owner"),
            required=True,
            hint=Text("写明地址、改造项目并签名", "With address, works and signature"),
            sources=UNDERTAKING_OR_PAPER,
            undertaking=Text(
                "本人已取得房屋权利人对改造的书面同意，如有不实愿退还补贴并承担责任。",
                "I have the owner's written consent; if that is not true I shall pay the subsidy back.",
            ),
            when=When("ownership", ("family", "rented")),
        ),
    ),
    parameters=(
        Parameter("minimum_age", Text("起始年龄", "Minimum age"), 60, "years", 60, 80, HOME_ADAPTATION_RULES),
        Parameter(
            "cap_fen", Text("每户补贴上限", "Most per household"), 500_000, "fen", 0, 2_000_000, LOCAL_FIGURE
        ),
        Parameter(
            "share_percent", Text("补贴比例", "Share that is paid"), 60, "percent", 10, 100, LOCAL_FIGURE
        ),
    ),
    rules=(
        old_enough(HOME_ADAPTATION_RULES),
        in_hardship(HOME_ADAPTATION_RULES),
        Rule(
            "not_to_be_demolished",
            ("to_be_demolished",),
            no("to_be_demolished"),
            Text("住房未列入拆迁计划", "The home is not to be demolished"),
            HOME_ADAPTATION_RULES,
            Text("搬入新居后可以再申请。", "Apply again once you live in the new home."),
        ),
        Rule(
            "first_time",
            ("adapted_before",),
            no("adapted_before"),
            Text("该住房未享受过改造补贴", "The home was not adapted with a subsidy before"),
            HOME_ADAPTATION_RULES,
            Text("已改造住房如需增加设备，可自费或预约上门服务。", "More devices can be had at own cost."),
            alternatives=(FAMILY_CARE_BED, HOME_SERVICE_BOOKING),
        ),
    ),
    steps=(
        intake(days=3),
        home_visit(days=10),
        review(days=5),
        decision(days=10),
        Step(
            "works", StepKind.SERVICE, Level.COUNTY, Text("施工与验收", "Works and inspection"), excluded=True
        ),
        payment(),
    ),
    limits=working_days(30, LOCAL_FIGURE),
    models=(HandlingModel.COLLECT_AND_FORWARD,),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.DECISION, Text("适老化改造补贴确认书", "Confirmation of the home-adaptation subsidy")
    ),
    guide=Guide(
        text=Text(
            "为特殊困难老年人家庭安装扶手、防滑、护理床等设施，经入户评估确定改造方案，施工验收后按比例补贴。",
            "Handrails, non-slip floors, care beds and more for older people in special hardship: a visit decides on the"
            " plan, and a share is paid once the works are inspected.",
        ),
        plain=Text(
            "家里装扶手、防滑垫、护理床，政府补一部分钱。先有人上门看怎么改。",
            "Handrails and safe floors at home, partly paid for. Somebody comes first to see what is needed.",
        ),
        who=Text(
            "居家的低保、特困、低保边缘家庭老年人", "Older people at home whose household has assistance"
        ),
        counter=Text("住房所在地乡镇（街道）便民服务中心", "The service centre where the home is"),
    ),
    pays=("cap_fen",),
    organ_facts=("assistance_category",),
    alternatives=(FAMILY_CARE_BED,),
)

ITEMS = (HOME_SERVICE_BOOKING_ITEM, FAMILY_CARE_BED_ITEM, HOME_ADAPTATION_ITEM)
