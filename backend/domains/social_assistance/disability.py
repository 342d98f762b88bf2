"""The two subsidies for disabled people, one item, and the authorisation of a means check."""

from datetime import timedelta

from backend.casework.declaring.codes import (
    BORDERLINE_HOUSEHOLD,
    DISABILITY_SUBSIDIES,
    MEANS_CHECK_AUTHORISATION,
    MINIMUM_LIVING,
    NURSING_SUBSIDY,
)
from backend.casework.declaring.conditions import at_least, at_most, no, none_of, one_of
from backend.casework.declaring.course import decision, intake, payment, review, working_days
from backend.casework.declaring.fields import (
    BANK_ACCOUNT,
    CONTACT_PHONE,
    CURRENT_ADDRESS,
    MEANS_AUTHORISATION,
    UNDERTAKING,
    choice,
    number,
    person_number,
    yes_no,
)
from backend.casework.declaring.papers import state_paper
from backend.casework.declaring.statutes import (
    LOCAL_FIGURE,
    PERSONAL_INFORMATION,
    assistance_measures,
    civil_code,
)
from backend.casework.definitions import (
    CaseType,
    Domain,
    Form,
    Guide,
    HandlingModel,
    HandoverLimits,
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
    Unit,
    When,
)
from backend.domains.social_assistance.rules import household_here, severe_grade
from backend.domains.social_assistance.sources import (
    DISABILITY_SUBSIDIES_ACROSS_PROVINCES,
    DISABILITY_SUBSIDY_RULES,
)
from backend.errors import Text
from backend.viewer import AssuranceLevel

DISABILITY_SUBSIDIES_ITEM = ServiceItem(
    base_code=DISABILITY_SUBSIDIES,
    name=Text("残疾人两项补贴（困难生活补贴、重度护理补贴）", "The two subsidies for disabled people"),
    synonyms=(
        "残疾人补贴",
        "两项补贴",
        "困难残疾人生活补贴",
        "重度残疾人护理补贴",
        "残补",
        "disability subsidy",
    ),
    domain=Domain.SOCIAL_ASSISTANCE,
    life_events=(LifeEvent.DISABILITY,),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(DISABILITY_SUBSIDY_RULES, DISABILITY_SUBSIDIES_ACROSS_PROVINCES),
    representatives=(
        Representative.GUARDIAN,
        Representative.FAMILY,
        Representative.AGENT,
        Representative.COMMITTEE,
    ),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            CONTACT_PHONE,
            CURRENT_ADDRESS,
            choice(
                "benefits",
                Text("申请的补贴", "Which subsidy"),
                ("living", "困难残疾人生活补贴", "Living subsidy for disabled people in hardship"),
                ("nursing", "重度残疾人护理补贴", "Nursing subsidy for severely disabled people"),
                several=True,
                fact="benefits",
                plain=Text("可以选一项，也可以两项都选", "Choose one, or both"),
            ),
            yes_no(
                "otherSubsidy",
                Text(
                    "是否享受离休等福利性生活补贴、护理补贴或工伤护理费",
                    "Is a living or nursing subsidy of another kind drawn (retired cadre, work injury)?",
                ),
                fact="other_subsidy",
            ),
            BANK_ACCOUNT,
            UNDERTAKING,
        )
    ),
    materials=(
        state_paper(
            "disability-certificate",
            Text("残疾人证", "Disability certificate"),
            LicenceKind.DISABILITY_CERTIFICATE,
            Issuer.DISABLED_PERSONS_FEDERATION,
            DISABILITY_SUBSIDY_RULES,
        ),
    ),
    parameters=(
        Parameter(
            "severe_grade",
            Text("享受护理补贴的最轻残疾等级", "Lightest grade that has the nursing subsidy"),
            2,
            "code",
            1,
            4,
            DISABILITY_SUBSIDY_RULES,
        ),
        Parameter(
            "living_monthly_fen",
            Text("困难残疾人生活补贴（每月）", "Living subsidy, a month"),
            8_000,
            "fen",
            0,
            200_000,
            LOCAL_FIGURE,
        ),
        Parameter(
            "nursing_monthly_fen",
            Text("重度残疾人护理补贴（每月）", "Nursing subsidy, a month"),
            8_000,
            "fen",
            0,
            200_000,
            LOCAL_FIGURE,
        ),
    ),
    rules=(
        household_here(DISABILITY_SUBSIDY_RULES),
        Rule(
            "certificate",
            ("disability_grade",),
            none_of("disability_grade", "none"),
            Text("持有残疾人证", "Holding a disability certificate"),
            DISABILITY_SUBSIDY_RULES,
            Text(
                "请先到残联办理残疾人证。",
                "Have the certificate made by the disabled persons' federation first.",
            ),
        ),
        Rule(
            "hardship",
            ("assistance_category",),
            one_of("assistance_category", "minimum_living"),
            Text("生活补贴：属于低保家庭", "Living subsidy: the household has the minimum living allowance"),
            DISABILITY_SUBSIDY_RULES,
            Text(
                "可先申请最低生活保障；有的地方放宽到低保边缘家庭。",
                "Apply for the minimum living allowance first; some regions include borderline households.",
            ),
            alternatives=(MINIMUM_LIVING, BORDERLINE_HOUSEHOLD),
            when=When("benefits", ("living",)),
        ),
        Rule(
            "severe",
            ("disability_grade",),
            severe_grade,
            Text(
                "护理补贴：残疾等级在{severe_grade}级及以上",
                "Nursing subsidy: grade {severe_grade} or heavier",
            ),
            DISABILITY_SUBSIDY_RULES,
            Text(
                "残疾程度加重的，可到残联申请重新评定。",
                "If it has become worse, ask the federation to grade it again.",
            ),
            when=When("benefits", ("nursing",)),
        ),
        Rule(
            "not_overlapping",
            ("other_subsidy",),
            no("other_subsidy"),
            Text("未享受同类福利性补贴", "Not drawing a subsidy of the same kind"),
            DISABILITY_SUBSIDY_RULES,
            Text("可以择高享受其中一项。", "You may choose the higher one."),
        ),
    ),
    steps=(
        intake(Level.TOWNSHIP, days=3),
        review(Level.TOWNSHIP, days=5),
        decision(Level.COUNTY, days=5, name=Text("资格认定", "Entitlement")),
        payment(),
    ),
    limits=working_days(16, DISABILITY_SUBSIDIES_ACROSS_PROVINCES),
    models=(HandlingModel.FULLY_ONLINE, HandlingModel.COLLECT_AND_FORWARD),
    handover=HandoverLimits(3, (10,), 3, DISABILITY_SUBSIDIES_ACROSS_PROVINCES),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.DECISION,
        Text("残疾人两项补贴资格认定结果通知书", "Notice of entitlement to the two subsidies"),
    ),
    guide=Guide(
        text=Text(
            "低保家庭的残疾人可以申请困难残疾人生活补贴，重度残疾人可以申请重度残疾人护理补贴，两项可同时申请。"
            "可在任何地方的乡镇（街道）或网上提出，由户籍地认定，从申请当月计发。",
            "Disabled people of households with the minimum living allowance may have the living subsidy, severely disabled"
            " people the nursing subsidy; both can be applied for at once, at any township of the country or online. The"
            " place of registration decides; payment counts from the month of application.",
        ),
        plain=Text(
            "有残疾人证就能申请：家里困难领生活补贴，残疾重领护理补贴。在外地也能办。",
            "With a disability certificate you can apply, wherever you are: one subsidy for hardship, one for care.",
        ),
        who=Text(
            "持有残疾人证的困难残疾人、重度残疾人",
            "Holders of a disability certificate in hardship or severely disabled",
        ),
        counter=Text("全国任一乡镇（街道）便民服务中心", "Any township service centre in the country"),
    ),
    pays=("living_monthly_fen", "nursing_monthly_fen"),
    organ_facts=("disability_grade", "assistance_category"),
    alternatives=(MINIMUM_LIVING, NURSING_SUBSIDY),
)

MEANS_CHECK_AUTHORISATION_ITEM = ServiceItem(
    base_code=MEANS_CHECK_AUTHORISATION,
    name=Text("家庭经济状况核对授权", "Authorisation of a means check"),
    synonyms=("核对授权", "经济状况核对", "授权书", "信息核对", "means check"),
    domain=Domain.SOCIAL_ASSISTANCE,
    life_events=(LifeEvent.HARDSHIP,),
    task_type=TaskType.PUBLIC_SERVICE,
    case_type=CaseType.IMMEDIATE,
    effect=LegalEffect.RECORD,
    basis=(assistance_measures("58"), PERSONAL_INFORMATION),
    representatives=(Representative.GUARDIAN,),
    assurance=AssuranceLevel.VERIFIED,
    freshness=timedelta(hours=24),
    form=Form(
        (
            CONTACT_PHONE,
            choice(
                "forItem",
                Text("用于哪项申请", "For which application"),
                ("minimum-living", "最低生活保障", "Minimum living allowance"),
                ("borderline", "低保边缘家庭认定", "Borderline household"),
                ("extreme-poverty", "特困人员救助供养", "Support in extreme poverty"),
                ("temporary", "临时救助", "Temporary assistance"),
                ("expenditure", "支出型困难家庭认定", "Hardship through expenses"),
                ("elderly", "养老服务补贴", "Care subsidies"),
            ),
            person_number(
                "applicant", Text("申请救助的家庭成员身份证号码", "Resident number of the member who applies")
            ),
            choice(
                "scope",
                Text("同意核对的信息", "What may be checked"),
                ("income", "收入、社保、税务", "Income, social insurance, taxes"),
                ("deposits", "银行存款、证券", "Deposits, securities"),
                ("homes", "不动产", "Real estate"),
                ("vehicles", "车辆", "Vehicles"),
                ("companies", "经营主体登记", "Businesses"),
                several=True,
            ),
            number(
                "validMonths",
                Text("授权期限", "Valid for"),
                Unit.MONTHS,
                minimum=1,
                maximum=36,
                fact="valid_months",
            ),
            MEANS_AUTHORISATION,
        )
    ),
    parameters=(
        Parameter(
            "adult_age",
            Text("本人授权的年龄", "Age from which one authorises"),
            18,
            "years",
            18,
            18,
            civil_code("17"),
        ),
        Parameter(
            "most_months", Text("授权期限上限", "Longest authorisation"), 12, "months", 1, 36, LOCAL_FIGURE
        ),
    ),
    rules=(
        Rule(
            "adult",
            ("age",),
            at_least("age", "adult_age"),
            Text("年满{adult_age}周岁", "{adult_age} years of age or more"),
            civil_code("17"),
            Text("未成年人由监护人授权。", "A guardian authorises for a minor."),
        ),
        Rule(
            "not_too_long",
            ("valid_months",),
            at_most("valid_months", "most_months"),
            Text("授权期限不超过{most_months}个月", "Valid for {most_months} months at most"),
            PERSONAL_INFORMATION,
            Text("请选择更短的期限，到期可以再次授权。", "Choose a shorter time; it can be given again."),
        ),
    ),
    steps=(
        intake(Level.COUNTY),
        decision(Level.COUNTY, days=1, name=Text("登记生效", "Registered")),
    ),
    limits=working_days(1, LOCAL_FIGURE),
    models=(HandlingModel.FULLY_ONLINE,),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(ResultKind.RECORD, Text("家庭经济状况核对授权书", "Authorisation of a means check")),
    guide=Guide(
        text=Text(
            "家庭成员不在一起时，可以各自在手机上授权核对，不用聚到一起签字。授权只用于所选事项，到期失效，随时可以撤回；"
            "撤回后正在办理的申请将因无法核对而终止。",
            "Members who live apart authorise on their own phones. The authorisation serves the chosen item only, ends by"
            " itself and can be withdrawn; an application that is under way then ends, since it cannot be checked.",
        ),
        plain=Text(
            "家里人申请救助，需要您点一下“同意核对”。不用回家签字。",
            "Somebody of your family asks for help: agree to the check here.",
        ),
        who=Text("申请救助家庭的每一位成年成员", "Every adult member of a household that applies"),
        counter=Text("任一乡镇（街道）便民服务中心", "Any township service centre"),
    ),
    alternatives=(MINIMUM_LIVING, BORDERLINE_HOUSEHOLD),
)

ITEMS = (DISABILITY_SUBSIDIES_ITEM, MEANS_CHECK_AUTHORISATION_ITEM)
