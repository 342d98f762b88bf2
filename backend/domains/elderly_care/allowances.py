"""Money for older people: the old-age allowance, the two hardship subsidies, the care voucher."""

from backend.casework.declaring.codes import (
    CARE_SERVICE_SUBSIDY,
    DISABLED_ELDERLY_VOUCHER,
    HOME_SERVICE_BOOKING,
    NURSING_SUBSIDY,
    OLD_AGE_ALLOWANCE,
)
from backend.casework.declaring.course import assessment, decision, intake, payment, review, working_days
from backend.casework.declaring.fields import (
    BANK_ACCOUNT,
    CONTACT_PHONE,
    CURRENT_ADDRESS,
    UNDERTAKING,
    choice,
    yes_no,
)
from backend.casework.declaring.papers import BANK_CARD
from backend.casework.definitions import (
    Domain,
    Form,
    Guide,
    HandlingModel,
    LegalEffect,
    Level,
    LifeEvent,
    OnlineDepth,
    Parameter,
    Representative,
    Result,
    ResultKind,
    ServiceItem,
    TaskType,
)
from backend.domains.elderly_care.rules import (
    MODERATE_OR_WORSE,
    NOT_IN_EXTREME_POVERTY_SUPPORT,
    NOT_OVERLAPPING,
    NOT_PAID_ELSEWHERE,
    SEVERE_OR_WORSE,
    household_here,
    in_hardship,
    old_enough,
)
from backend.domains.elderly_care.sources import (
    CONSUMPTION_SUBSIDY,
    ELDERLY_AGE,
    ELDERLY_RIGHTS_LAW,
    HARDSHIP_SUBSIDIES,
    LOCAL_STANDARD,
)
from backend.errors import Text
from backend.viewer import AssuranceLevel

ON_BEHALF = (Representative.GUARDIAN, Representative.FAMILY, Representative.COMMITTEE)

COUNTER = Text(
    "任一乡镇（街道）便民服务中心；行动不便的可预约上门",
    "Any township service centre; somebody comes to those who cannot",
)

OLD_AGE_ALLOWANCE_ITEM = ServiceItem(
    base_code=OLD_AGE_ALLOWANCE,
    name=Text("高龄津贴发放", "Old-age allowance"),
    synonyms=("老人补贴", "高龄补贴", "长寿金", "尊老金", "allowance for the elderly"),
    domain=Domain.ELDERLY_CARE,
    life_events=(LifeEvent.RETIREMENT,),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(ELDERLY_RIGHTS_LAW, LOCAL_STANDARD),
    representatives=ON_BEHALF,
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            CONTACT_PHONE,
            CURRENT_ADDRESS,
            BANK_ACCOUNT,
            yes_no(
                "paidElsewhere",
                Text("是否已在其他地方领取高龄津贴", "Is the allowance already drawn elsewhere?"),
                fact="paid_elsewhere",
            ),
            UNDERTAKING,
        )
    ),
    materials=(BANK_CARD,),
    parameters=(
        Parameter("minimum_age", Text("起始年龄", "Minimum age"), 80, "years", 60, 100, LOCAL_STANDARD),
        Parameter(
            "monthly_fen", Text("每月金额", "Monthly amount"), 10_000, "fen", 0, 1_000_000, LOCAL_STANDARD
        ),
    ),
    rules=(old_enough(LOCAL_STANDARD), household_here(), NOT_PAID_ELSEWHERE),
    steps=(
        intake(days=3),
        review(days=7),
        decision(days=10, delegable_to=Level.TOWNSHIP),
        payment(),
    ),
    limits=working_days(20, LOCAL_STANDARD),
    models=(HandlingModel.FULLY_ONLINE, HandlingModel.COLLECT_AND_FORWARD),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.DECISION, Text("高龄津贴审核结果通知书", "Notice of decision on the old-age allowance")
    ),
    guide=Guide(
        text=Text(
            "年满规定年龄、户籍在本地的老年人可以申请。申请人不必回户籍地，网上提交后由户籍地民政部门审核，"
            "通过后按月发放到社会保障卡。不会使用手机的老人，可由家人陪同或到就近窗口办理。",
            "Older people who have reached the age set locally and whose household is registered there may apply."
            " There is no need to travel: the home county decides on what is submitted online and pays monthly"
            " to the social-security card. Anyone without a phone can be helped by family or at any window.",
        ),
        plain=Text(
            "到了年龄就能领。在手机上填表、刷脸、拍卡，不用跑腿。钱每月打到社保卡上。",
            "You can get it when you are old enough. Fill in the form, show your face, photograph the card."
            " It is paid every month.",
        ),
        who=Text(
            "达到当地规定年龄、户籍在当地的老年人",
            "Older people who have reached the local age and are registered there",
        ),
        counter=COUNTER,
    ),
    alternatives=(CARE_SERVICE_SUBSIDY, DISABLED_ELDERLY_VOUCHER),
    pays=("monthly_fen",),
)

CARE_SERVICE_SUBSIDY_ITEM = ServiceItem(
    base_code=CARE_SERVICE_SUBSIDY,
    name=Text("经济困难老年人养老服务补贴", "Care-service subsidy for older people in hardship"),
    synonyms=("养老服务补贴", "居家养老补贴", "困难老人补贴", "care subsidy"),
    domain=Domain.ELDERLY_CARE,
    life_events=(LifeEvent.RETIREMENT, LifeEvent.HARDSHIP),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(HARDSHIP_SUBSIDIES,),
    representatives=ON_BEHALF,
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            CONTACT_PHONE,
            CURRENT_ADDRESS,
            choice(
                "payAs",
                Text("补贴方式", "How it is given"),
                ("service", "服务（养老服务电子券）", "As services (electronic voucher)"),
                ("money", "现金，发放到社会保障卡", "As money, to the social-security card"),
            ),
            yes_no(
                "otherSubsidy",
                Text("是否已享受其他养老服务类补贴", "Is another care subsidy drawn already?"),
                fact="other_subsidy",
            ),
            UNDERTAKING,
        )
    ),
    parameters=(
        Parameter("minimum_age", Text("起始年龄", "Minimum age"), 60, "years", 60, 80, HARDSHIP_SUBSIDIES),
        Parameter(
            "monthly_fen", Text("每月金额", "Monthly amount"), 10_000, "fen", 0, 200_000, LOCAL_STANDARD
        ),
    ),
    rules=(
        old_enough(HARDSHIP_SUBSIDIES),
        household_here(),
        in_hardship(HARDSHIP_SUBSIDIES),
        NOT_OVERLAPPING,
    ),
    steps=(intake(days=3), review(days=10), decision(days=10), payment()),
    limits=working_days(30, LOCAL_STANDARD, promised=20),
    models=(HandlingModel.FULLY_ONLINE, HandlingModel.COLLECT_AND_FORWARD),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.DECISION,
        Text("养老服务补贴审核结果通知书", "Notice of decision on the care-service subsidy"),
    ),
    guide=Guide(
        text=Text(
            "经济困难的老年人可以申请养老服务补贴，用于购买生活照料、助餐、助浴等服务。家庭是否困难由民政部门"
            "通过数据核实，不需要提供低保证等证明。",
            "Older people in hardship may apply for a subsidy for daily care, meals, bathing and the like. Civil affairs"
            " finds out about the hardship from its own records; no certificate is asked for.",
        ),
        plain=Text(
            "家里困难的老人，可以领一份养老服务补贴。不用开困难证明，我们自己查。",
            "If money is short, you can get help with care. You need no certificate; we look it up.",
        ),
        who=Text(
            "户籍在当地、达到规定年龄的低保、特困、低保边缘家庭老年人",
            "Older people registered there whose household has assistance or borderline status",
        ),
        counter=COUNTER,
    ),
    pays=("monthly_fen",),
    organ_facts=("assistance_category",),
    alternatives=(NURSING_SUBSIDY, OLD_AGE_ALLOWANCE),
)

NURSING_SUBSIDY_ITEM = ServiceItem(
    base_code=NURSING_SUBSIDY,
    name=Text("经济困难失能老年人护理补贴", "Nursing subsidy for disabled older people in hardship"),
    synonyms=("护理补贴", "失能护理补贴", "老人护理补贴", "nursing subsidy"),
    domain=Domain.ELDERLY_CARE,
    life_events=(LifeEvent.NEEDING_CARE, LifeEvent.HARDSHIP),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(HARDSHIP_SUBSIDIES,),
    representatives=(*ON_BEHALF, Representative.INSTITUTION),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            CONTACT_PHONE,
            CURRENT_ADDRESS,
            choice(
                "careBy",
                Text("目前由谁照护", "Who cares now"),
                ("family", "家人", "Family"),
                ("institution", "养老机构", "A care home"),
                ("paid", "雇人或服务机构上门", "Somebody paid"),
                ("nobody", "无人照护", "Nobody"),
            ),
            BANK_ACCOUNT,
            yes_no(
                "otherSubsidy",
                Text(
                    "是否已享受重度残疾人护理补贴等同类补贴", "Is a subsidy of the same kind drawn already?"
                ),
                fact="other_subsidy",
            ),
            UNDERTAKING,
        )
    ),
    materials=(BANK_CARD,),
    parameters=(
        Parameter("minimum_age", Text("起始年龄", "Minimum age"), 60, "years", 60, 80, HARDSHIP_SUBSIDIES),
        Parameter(
            "monthly_fen", Text("每月金额", "Monthly amount"), 20_000, "fen", 0, 500_000, LOCAL_STANDARD
        ),
    ),
    rules=(
        old_enough(HARDSHIP_SUBSIDIES),
        household_here(),
        in_hardship(HARDSHIP_SUBSIDIES),
        SEVERE_OR_WORSE,
        NOT_IN_EXTREME_POVERTY_SUPPORT,
        NOT_OVERLAPPING,
    ),
    steps=(intake(days=3), assessment(days=15), review(days=7), decision(days=10), payment()),
    limits=working_days(30, LOCAL_STANDARD, promised=20),
    models=(HandlingModel.COLLECT_AND_FORWARD,),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.DECISION, Text("护理补贴审核结果通知书", "Notice of decision on the nursing subsidy")
    ),
    guide=Guide(
        text=Text(
            "经济困难且经评估为重度、完全失能的老年人可以申请护理补贴。没有评估过的，受理后由评估机构上门评估，"
            "评估时间不计入办理时限。",
            "Older people in hardship who are assessed as severely or completely disabled may apply. Whoever was not"
            " assessed yet is visited by two assessors; that time does not count towards the limit.",
        ),
        plain=Text(
            "生活不能自理、家里又困难的老人可以领。我们上门评估，您不用出门。",
            "For older people who need much care and have little money. We come to your home.",
        ),
        who=Text(
            "户籍在当地、经济困难且重度以上失能的老年人",
            "Older people registered there, in hardship and severely disabled",
        ),
        counter=COUNTER,
    ),
    pays=("monthly_fen",),
    organ_facts=("assistance_category", "ability_level"),
    alternatives=(DISABLED_ELDERLY_VOUCHER,),
)

DISABLED_ELDERLY_VOUCHER_ITEM = ServiceItem(
    base_code=DISABLED_ELDERLY_VOUCHER,
    name=Text("失能老年人养老服务消费补贴", "Care voucher for disabled older people"),
    synonyms=("养老消费券", "养老服务消费券", "失能补贴", "失能老人补贴", "care voucher"),
    domain=Domain.ELDERLY_CARE,
    life_events=(LifeEvent.NEEDING_CARE,),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(CONSUMPTION_SUBSIDY,),
    representatives=(*ON_BEHALF, Representative.INSTITUTION),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            CONTACT_PHONE,
            CURRENT_ADDRESS,
            choice(
                "services",
                Text("拟使用的服务", "Services to be used"),
                ("home", "居家养老服务", "Care at home"),
                ("day", "社区日间照料", "Day care"),
                ("respite", "短期托养", "Short stays"),
                ("institution", "机构养老", "A care home"),
                several=True,
            ),
            yes_no(
                "otherSubsidy",
                Text("是否已在其他地方领取同一补贴", "Is the same voucher drawn elsewhere?"),
                fact="other_subsidy",
            ),
            UNDERTAKING,
        )
    ),
    parameters=(
        Parameter("minimum_age", Text("起始年龄", "Minimum age"), 60, "years", 60, 60, ELDERLY_AGE),
        Parameter(
            "monthly_fen",
            Text("每月最高金额", "Most per month"),
            80_000,
            "fen",
            0,
            80_000,
            CONSUMPTION_SUBSIDY,
        ),
        Parameter(
            "share_percent",
            Text("按服务费用抵扣的比例", "Share of the service's price that is covered"),
            40,
            "percent",
            10,
            100,
            LOCAL_STANDARD,
        ),
    ),
    rules=(old_enough(), MODERATE_OR_WORSE, NOT_OVERLAPPING),
    steps=(intake(days=3), assessment(days=15), decision(days=10), payment()),
    limits=working_days(20, LOCAL_STANDARD),
    models=(HandlingModel.FULLY_ONLINE, HandlingModel.COLLECT_AND_FORWARD),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.DECISION, Text("养老服务消费补贴资格通知书", "Notice of entitlement to the care voucher")
    ),
    guide=Guide(
        text=Text(
            "自2026年1月1日起，经评估为中度以上失能的老年人，不限户籍，每月可获得最高800元的养老服务消费补贴，"
            "以电子券形式在购买养老服务时按比例抵扣。",
            "Since 1 January 2026 older people assessed as moderately disabled or worse get up to 800 yuan a month,"
            " wherever they are registered, as an electronic voucher that covers a share of what services cost.",
        ),
        plain=Text(
            "需要人照顾的老人，每月最多有800元消费券，请人照顾时直接抵扣。外地户口也可以。",
            "If you need care, you get a voucher of up to 800 yuan a month, wherever you are registered.",
        ),
        who=Text(
            "年满60周岁、经评估为中度、重度或完全失能的老年人，不限户籍",
            "People of 60 and more who are at least moderately disabled, wherever they are registered",
        ),
        counter=COUNTER,
    ),
    pays=("monthly_fen",),
    organ_facts=("ability_level",),
    alternatives=(HOME_SERVICE_BOOKING, NURSING_SUBSIDY),
)

ITEMS = (
    OLD_AGE_ALLOWANCE_ITEM,
    CARE_SERVICE_SUBSIDY_ITEM,
    NURSING_SUBSIDY_ITEM,
    DISABLED_ELDERLY_VOUCHER_ITEM,
)
