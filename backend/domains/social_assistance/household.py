"""Assistance by household: minimum living allowance, borderline status, hardship through expenses."""

from backend.casework.declaring.codes import (
    BORDERLINE_HOUSEHOLD,
    EXPENDITURE_HARDSHIP,
    EXTREME_POVERTY,
    MINIMUM_LIVING,
    TEMPORARY_ASSISTANCE,
)
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
    number,
    yes_no,
)
from backend.casework.declaring.papers import BANK_CARD
from backend.casework.declaring.statutes import assistance_measures
from backend.casework.definitions import (
    UNDERTAKING_OR_PAPER,
    Domain,
    Form,
    Guide,
    HandlingModel,
    LegalEffect,
    Level,
    LicenceKind,
    LifeEvent,
    Material,
    OnlineDepth,
    Representative,
    Result,
    ResultKind,
    Rule,
    Section,
    ServiceItem,
    Step,
    StepKind,
    TaskType,
    Unit,
    When,
)
from backend.domains.social_assistance.rules import (
    ASSET_MONTHS,
    BORDERLINE_PERCENT,
    MEANS_VALID_DAYS,
    MONTHLY_STANDARD,
    MOST_HOMES,
    NOT_HELPED_YET,
    SINGLE_PERSON,
    SPOT_CHECK_PERCENT,
    UNDER_BORDERLINE,
    UNDER_STANDARD,
    household_here,
    left_after_expenses_under_borderline,
    property_rules,
)
from backend.domains.social_assistance.sources import LOW_INCOME_POPULATION, MINIMUM_LIVING_RULES
from backend.errors import Text
from backend.viewer import AssuranceLevel

SECTIONS = (
    Section("household", Text("家庭情况", "The household")),
    Section("means", Text("收入和财产", "Income and property")),
    Section("statements", Text("授权与承诺", "Authorisation and statements")),
)


MEANS = (
    money("ownIncome", Text("本人月收入", "Own monthly income"), fact="own_income_fen"),
    money(
        "assets",
        Text("家庭金融资产（存款、理财、有价证券等）", "Financial assets of the household"),
        fact="assets_fen",
    ),
    number(
        "homes", Text("家庭拥有住房套数", "Homes the household owns"), Unit.PIECES, maximum=20, fact="homes"
    ),
    yes_no(
        "hasVehicle",
        Text(
            "家庭是否拥有机动车（残疾人代步车、普通摩托车除外）",
            "Does the household own a motor vehicle (except a disabled person's or a motorcycle)?",
        ),
        fact="has_vehicle",
    ),
)
STATEMENTS = (
    yes_no(
        "relativeOfStaff",
        Text(
            "是否与低保经办人员、村（居）委会成员有近亲属关系",
            "Is anybody of the household a close relative of the staff or of committee members?",
        ),
    ),
    BANK_ACCOUNT,
    MEANS_AUTHORISATION,
    UNDERTAKING,
)
PARAMETERS = (MONTHLY_STANDARD, ASSET_MONTHS, MOST_HOMES, MEANS_VALID_DAYS, SPOT_CHECK_PERCENT)
COUNTER = Text(
    "户籍地乡镇（街道）便民服务中心；任一乡镇可代收；村（居）委会可代为申请",
    "The township of registration; any township takes it in; the village committee may apply for you",
)
ON_BEHALF = (Representative.GUARDIAN, Representative.FAMILY, Representative.AGENT, Representative.COMMITTEE)

ILLNESS_PAPERS = Material(
    "expense-papers",
    Text("医疗、教育等刚性支出票据", "Receipts of medical, school and other unavoidable expenses"),
    required=False,
    hint=Text("医保、学籍能查到的不用交", "Not needed where health insurance or school records show it"),
    sources=UNDERTAKING_OR_PAPER,
    undertaking=Text("本人承诺所填支出属实。", "I state that the expenses are true."),
)


def _steps(publicity_days: int = 7) -> tuple[Step, ...]:
    """The course of 民发〔2021〕57号: visit and means check side by side, publicity, then the county, which visits some."""
    return (
        intake(days=3),
        home_visit(days=10),
        means_check(days=10),
        Step(
            "review",
            StepKind.REVIEW,
            Level.TOWNSHIP,
            Text("审核", "Review"),
            days=7,
            after=("home-visit", "means-check"),
        ),
        publicity(days=publicity_days),
        Step(
            "spot-check",
            StepKind.HOME_VISIT,
            Level.COUNTY,
            Text("县级入户抽查", "Spot check by the county"),
            officers=2,
            sampled=SPOT_CHECK_PERCENT.name,
        ),
        decision(days=10, delegable_to=Level.TOWNSHIP, name=Text("审核确认", "Confirmation")),
    )


MINIMUM_LIVING_ITEM = ServiceItem(
    base_code=MINIMUM_LIVING,
    name=Text("最低生活保障", "Minimum living allowance"),
    synonyms=("低保", "低保金", "吃低保", "城市低保", "农村低保", "dibao"),
    domain=Domain.SOCIAL_ASSISTANCE,
    life_events=(LifeEvent.HARDSHIP,),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(assistance_measures("11"), assistance_measures("12"), MINIMUM_LIVING_RULES),
    representatives=ON_BEHALF,
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            *in_section(
                "household",
                CONTACT_PHONE,
                CURRENT_ADDRESS,
                choice(
                    "applyAs",
                    Text("申请方式", "Apply as"),
                    ("household", "以家庭为单位", "A household"),
                    ("single", "单人户（重残、重病）", "A single person (severe disability or illness)"),
                    fact="apply_as",
                ),
                yes_no(
                    "severeIllness",
                    Text("本人是否为重病患者", "Are you gravely ill?"),
                    fact="severe_illness",
                    when=When("applyAs", ("single",)),
                ),
                HOUSEHOLD_MEMBERS,
            ),
            *in_section("means", *MEANS),
            *in_section("statements", *STATEMENTS),
        ),
        SECTIONS,
    ),
    materials=(BANK_CARD,),
    parameters=PARAMETERS,
    rules=(
        household_here(assistance_measures("11")),
        UNDER_STANDARD,
        *property_rules(),
        SINGLE_PERSON,
    ),
    steps=(*_steps(), payment()),
    limits=working_days(30, MINIMUM_LIVING_RULES, extension=15),
    models=(HandlingModel.COLLECT_AND_FORWARD,),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.DECISION,
        Text("最低生活保障审核确认通知书", "Notice on the minimum living allowance"),
        licence=LicenceKind.LOW_INCOME_CERTIFICATE,
    ),
    guide=Guide(
        text=Text(
            "共同生活的家庭成员人均收入低于当地低保标准、财产符合规定的，可以申请。以家庭为单位向户籍地乡镇（街道）提出，"
            "经入户调查、家庭经济状况核对和七日公示后由县级民政部门确认，从确认次月起按月发放差额。不需要开具贫困证明。",
            "Households whose income per head is under the local standard and whose property is within the rules may apply"
            " to the township of registration. After a visit, a means check and seven days of publicity the county confirms;"
            " the difference is paid monthly from the next month on. No certificate of poverty is needed.",
        ),
        plain=Text(
            "家里平均每人每月收入低于当地标准，就能申请低保。同意我们核对收入财产就行，不用开证明。",
            "If income per head is below the local line you can get help every month. You only agree that we check it.",
        ),
        who=Text("共同生活的家庭，由其中一名成员申请", "A household living together, by one of its members"),
        counter=COUNTER,
    ),
    pays=("monthly_standard_fen",),
    organ_facts=("disability_grade",),
    alternatives=(BORDERLINE_HOUSEHOLD, TEMPORARY_ASSISTANCE, EXTREME_POVERTY),
)

BORDERLINE_HOUSEHOLD_ITEM = ServiceItem(
    base_code=BORDERLINE_HOUSEHOLD,
    name=Text("最低生活保障边缘家庭认定", "Recognition as a borderline household"),
    synonyms=("低保边缘", "低边户", "低收入家庭认定", "borderline"),
    domain=Domain.SOCIAL_ASSISTANCE,
    life_events=(LifeEvent.HARDSHIP,),
    task_type=TaskType.CONFIRMATION,
    effect=LegalEffect.BENEFIT,
    basis=(LOW_INCOME_POPULATION,),
    representatives=ON_BEHALF,
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            *in_section("household", CONTACT_PHONE, CURRENT_ADDRESS, HOUSEHOLD_MEMBERS),
            *in_section("means", *MEANS),
            *in_section("statements", MEANS_AUTHORISATION, UNDERTAKING),
        ),
        SECTIONS,
    ),
    parameters=(*PARAMETERS, BORDERLINE_PERCENT),
    rules=(
        household_here(LOW_INCOME_POPULATION),
        UNDER_BORDERLINE,
        *property_rules(LOW_INCOME_POPULATION),
        NOT_HELPED_YET,
    ),
    steps=_steps(),
    limits=working_days(30, LOW_INCOME_POPULATION, promised=28),
    models=(HandlingModel.COLLECT_AND_FORWARD,),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.CERTIFICATE, Text("低保边缘家庭认定通知书", "Recognition as a borderline household")
    ),
    guide=Guide(
        text=Text(
            "收入高于低保标准但仍较低的家庭，可以认定为低保边缘家庭，据此享受医疗、教育、住房等专项救助和养老服务补贴。",
            "Households a little above the minimum standard can be recognised as borderline; medical, school and housing"
            " assistance and care subsidies follow from it.",
        ),
        plain=Text(
            "够不上低保，但日子也紧的家庭，可以认定为低保边缘，看病上学能得到帮助。",
            "Not poor enough for the allowance but short of money: this status opens help with doctors and schools.",
        ),
        who=Text(
            "人均收入在低保标准以上、边缘线以下的家庭", "Households between the standard and the borderline"
        ),
        counter=COUNTER,
    ),
    organ_facts=("assistance_category",),
    alternatives=(MINIMUM_LIVING, EXPENDITURE_HARDSHIP),
)

EXPENDITURE_HARDSHIP_ITEM = ServiceItem(
    base_code=EXPENDITURE_HARDSHIP,
    name=Text("支出型困难家庭认定", "Recognition of hardship through expenses"),
    synonyms=("支出型贫困", "因病致贫", "刚性支出困难家庭", "因学致困", "hardship through expenses"),
    domain=Domain.SOCIAL_ASSISTANCE,
    life_events=(LifeEvent.HARDSHIP, LifeEvent.ILLNESS),
    task_type=TaskType.CONFIRMATION,
    effect=LegalEffect.BENEFIT,
    basis=(LOW_INCOME_POPULATION,),
    representatives=ON_BEHALF,
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            *in_section("household", CONTACT_PHONE, CURRENT_ADDRESS, HOUSEHOLD_MEMBERS),
            *in_section(
                "means",
                *MEANS,
                choice(
                    "expenseKinds",
                    Text("支出类型", "Kinds of expense"),
                    ("medical", "医疗", "Medical"),
                    ("school", "教育", "School"),
                    ("disability", "残疾康复、护理", "Rehabilitation, care"),
                    ("accident", "意外事故", "Accident"),
                    several=True,
                ),
                money(
                    "rigidExpenses",
                    Text(
                        "近12个月必需支出（扣除报销、救助后）",
                        "Unavoidable expenses of the last 12 months, net",
                    ),
                    fact="rigid_expenses_fen",
                ),
            ),
            *in_section("statements", MEANS_AUTHORISATION, UNDERTAKING),
        ),
        SECTIONS,
    ),
    materials=(ILLNESS_PAPERS,),
    parameters=(*PARAMETERS, BORDERLINE_PERCENT),
    rules=(
        household_here(LOW_INCOME_POPULATION),
        Rule(
            "income_after_expenses",
            ("own_income_fen", "members", "rigid_expenses_fen"),
            left_after_expenses_under_borderline,
            Text(
                "年收入扣除必需支出后，人均低于当地低保标准（每月{monthly_standard_yuan}元）的{borderline_percent}%",
                "A year's income less unavoidable expenses, per head, under {borderline_percent} % of the standard"
                " ({monthly_standard_yuan} yuan a month)",
            ),
            LOW_INCOME_POPULATION,
            Text(
                "遇到突发困难的，可以申请临时救助。", "In a sudden emergency, apply for temporary assistance."
            ),
            alternatives=(TEMPORARY_ASSISTANCE,),
        ),
        *property_rules(LOW_INCOME_POPULATION),
        NOT_HELPED_YET,
    ),
    steps=_steps(),
    limits=working_days(30, LOW_INCOME_POPULATION),
    models=(HandlingModel.COLLECT_AND_FORWARD,),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.CERTIFICATE, Text("支出型困难家庭认定通知书", "Recognition of hardship through expenses")
    ),
    guide=Guide(
        text=Text(
            "收入不算低，但看病、上学、康复等必需支出过大导致生活困难的家庭可以申请，认定后按需给予相应救助。",
            "For households whose income is not low but whose medical, school or rehabilitation costs are: once recognised,"
            " help follows from what is needed.",
        ),
        plain=Text(
            "钱都花在看病上学上，日子过不下去，可以申请认定。",
            "If doctors and school take all the money, this status opens help.",
        ),
        who=Text(
            "必需支出过大导致基本生活困难的家庭", "Households brought into hardship by unavoidable expenses"
        ),
        counter=COUNTER,
    ),
    organ_facts=("assistance_category",),
    alternatives=(BORDERLINE_HOUSEHOLD, TEMPORARY_ASSISTANCE),
)

ITEMS = (MINIMUM_LIVING_ITEM, BORDERLINE_HOUSEHOLD_ITEM, EXPENDITURE_HARDSHIP_ITEM)
