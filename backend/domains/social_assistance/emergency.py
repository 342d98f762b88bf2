"""Temporary assistance, with the urgent path that helps first."""

from backend.casework.declaring.codes import (
    EXPENDITURE_HARDSHIP,
    MINIMUM_LIVING,
    NEED_REPORT,
    TEMPORARY_ASSISTANCE,
)
from backend.casework.declaring.conditions import below, within_days
from backend.casework.declaring.course import (
    decision,
    home_visit,
    intake,
    means_check,
    payment,
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
    day,
    money,
    number,
    story,
    yes_no,
)
from backend.casework.declaring.papers import stated_or_shown
from backend.casework.declaring.statutes import LOCAL_FIGURE, assistance_measures
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
    Rule,
    ServiceItem,
    Step,
    StepKind,
    TaskType,
    Unit,
    UrgentPath,
    When,
)
from backend.domains.social_assistance.rules import (
    BORDERLINE_PERCENT,
    MEANS_VALID_DAYS,
    MONTHLY_STANDARD,
    left_after_expenses_under_borderline,
    registered_or_living_here,
)
from backend.domains.social_assistance.sources import TEMPORARY_LOCAL
from backend.errors import Text
from backend.viewer import AssuranceLevel

TEMPORARY_ASSISTANCE_ITEM = ServiceItem(
    base_code=TEMPORARY_ASSISTANCE,
    name=Text("临时救助", "Temporary assistance"),
    synonyms=("急难救助", "应急救助", "突发困难", "救急难", "emergency help"),
    domain=Domain.SOCIAL_ASSISTANCE,
    life_events=(LifeEvent.EMERGENCY, LifeEvent.HARDSHIP, LifeEvent.ILLNESS),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(assistance_measures("47"), assistance_measures("48"), TEMPORARY_LOCAL),
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
            yes_no("livesHere", Text("是否在申请地居住", "Do you live where you apply?"), fact="lives_here"),
            choice(
                "kind",
                Text("困难类型", "Kind of hardship"),
                (
                    "emergency",
                    "急难型（火灾、意外、突发重病等）",
                    "Emergency (fire, accident, sudden illness)",
                ),
                ("expenditure", "支出型（看病、上学花费过大）", "Expenses (medical, school)"),
                fact="kind",
            ),
            choice(
                "cause",
                Text("急难原因", "Cause of the emergency"),
                ("fire", "火灾", "Fire"),
                ("accident", "交通事故等意外", "Accident"),
                ("illness", "突发重大疾病", "Sudden grave illness"),
                ("other", "其他突发情况", "Something else"),
                when=When("kind", ("emergency",)),
            ),
            day(
                "happenedOn",
                Text("事情发生日期", "Day it happened"),
                fact="happened_on",
                when=When("kind", ("emergency",)),
            ),
            HOUSEHOLD_MEMBERS,
            money("ownIncome", Text("本人月收入", "Own monthly income"), fact="own_income_fen"),
            money(
                "rigidExpenses",
                Text(
                    "近12个月必需支出（扣除报销、救助后）", "Unavoidable expenses of the last 12 months, net"
                ),
                fact="rigid_expenses_fen",
                when=When("kind", ("expenditure",)),
            ),
            number(
                "timesThisYear",
                Text("今年因同一事由已获临时救助次数", "Times helped this year for the same cause"),
                Unit.TIMES,
                maximum=20,
                fact="times_this_year",
            ),
            yes_no(
                "urgent",
                Text("是否情况紧急、需要先行救助", "Is it so urgent that help must come first?"),
            ),
            story("situation", Text("困难情况", "What happened")),
            BANK_ACCOUNT,
            MEANS_AUTHORISATION,
            UNDERTAKING,
        )
    ),
    materials=(
        stated_or_shown(
            "event-papers",
            Text("事故、疾病等情况的材料", "Papers about the accident, illness or the like"),
            Text(
                "本人承诺所述困难情况属实，愿接受核查。",
                "I state that what I told is true and may be checked.",
            ),
            Text(
                "有就交，没有可以先写承诺；紧急的五个工作日内补齐",
                "If you have any; otherwise sign the statement and hand them in within five working days",
            ),
        ),
    ),
    parameters=(
        MEANS_VALID_DAYS,
        MONTHLY_STANDARD,
        BORDERLINE_PERCENT,
        Parameter(
            "times_per_year",
            Text("同一事由每年救助次数上限", "Most times a year for the same cause"),
            1,
            "times",
            1,
            6,
            TEMPORARY_LOCAL,
        ),
        Parameter(
            "event_days",
            Text("急难发生后可申请的日数", "Days after an emergency in which one may apply"),
            180,
            "days",
            30,
            365,
            LOCAL_FIGURE,
        ),
        Parameter(
            "cap_fen",
            Text("一次救助上限", "Most at one time"),
            800_000,
            "fen",
            50_000,
            10_000_000,
            TEMPORARY_LOCAL,
        ),
        Parameter(
            "urgent_cap_fen",
            Text("先行救助上限", "Most that is paid before the papers are complete"),
            300_000,
            "fen",
            10_000,
            2_000_000,
            LOCAL_FIGURE,
        ),
        Parameter(
            "small_sum_fen",
            Text("乡镇（街道）可直接决定的小额救助", "Small sums that the township decides itself"),
            200_000,
            "fen",
            10_000,
            1_000_000,
            assistance_measures("48"),
        ),
    ),
    rules=(
        registered_or_living_here(assistance_measures("47")),
        Rule(
            "recent",
            ("happened_on", "today"),
            within_days("happened_on", "event_days"),
            Text("急难发生在{event_days}日以内", "It happened within the last {event_days} days"),
            LOCAL_FIGURE,
            Text(
                "持续困难的，可申请最低生活保障。",
                "In lasting hardship, apply for the minimum living allowance.",
            ),
            alternatives=(MINIMUM_LIVING, EXPENDITURE_HARDSHIP),
            when=When("kind", ("emergency",)),
        ),
        Rule(
            "income_after_expenses",
            ("own_income_fen", "members", "rigid_expenses_fen"),
            left_after_expenses_under_borderline,
            Text(
                "年收入扣除必需支出后，人均低于当地低保标准（每月{monthly_standard_yuan}元）的{borderline_percent}%",
                "A year's income less unavoidable expenses, per head, under {borderline_percent} % of the standard"
                " ({monthly_standard_yuan} yuan a month)",
            ),
            LOCAL_FIGURE,
            Text(
                "可拨打当地社会救助服务热线咨询其他帮扶。", "The local assistance line tells of other help."
            ),
            when=When("kind", ("expenditure",)),
        ),
        Rule(
            "not_too_often",
            ("times_this_year",),
            below("times_this_year", "times_per_year"),
            Text(
                "同一事由今年获救助不满{times_per_year}次",
                "Helped fewer than {times_per_year} time(s) this year for the same cause",
            ),
            TEMPORARY_LOCAL,
            Text(
                "困难没有缓解的，可申请最低生活保障。",
                "If it goes on, apply for the minimum living allowance.",
            ),
            alternatives=(MINIMUM_LIVING, EXPENDITURE_HARDSHIP),
        ),
    ),
    steps=(
        intake(days=1),
        home_visit(days=5),
        means_check(days=5),
        Step(
            "review",
            StepKind.REVIEW,
            Level.TOWNSHIP,
            Text("审核", "Review"),
            days=3,
            after=("home-visit", "means-check"),
        ),
        decision(days=5, delegable_to=Level.TOWNSHIP),
        payment(Level.TOWNSHIP),
    ),
    limits=working_days(15, TEMPORARY_LOCAL, promised=15),
    models=(HandlingModel.COLLECT_AND_FORWARD,),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    urgent=UrgentPath(
        pay_within_hours=48,
        papers_within_working_days=5,
        cap_parameter="urgent_cap_fen",
        basis=TEMPORARY_LOCAL,
        when=Text(
            "不及时救助将造成严重后果的急难情形，先行救助，事后补齐手续",
            "Where waiting would do grave harm: help comes first, the papers afterwards",
        ),
    ),
    result=Result(ResultKind.DECISION, Text("临时救助审核确认通知书", "Notice on temporary assistance")),
    guide=Guide(
        text=Text(
            "因火灾、交通事故、突发重病等急难，或者必需支出突然增加，基本生活一时难以维持的家庭和个人可以申请，不限户籍，"
            "在居住地提出。情况紧急的先行救助，48小时内给付，五个工作日内补齐材料。",
            "Families and people whom a fire, an accident, sudden illness or sudden expenses bring into hardship may apply"
            " where they live, wherever registered. In urgent cases help comes first, within 48 hours; papers follow in"
            " five working days.",
        ),
        plain=Text(
            "突然遇到过不去的难事，就在住的地方申请。特别急的，先给钱，再补手续。",
            "If something terrible happened, apply where you live. If it cannot wait, money comes first, papers later.",
        ),
        who=Text(
            "遭遇急难或者支出骤增的家庭和个人，不限户籍",
            "Families and people in sudden need, wherever registered",
        ),
        counter=Text(
            "居住地乡镇（街道）便民服务中心；村（居）委会、社会救助热线可代为报告",
            "The township where you are; the committee or the assistance line can report it for you",
        ),
    ),
    pays=("cap_fen",),
    alternatives=(MINIMUM_LIVING, NEED_REPORT),
)


ITEMS = (TEMPORARY_ASSISTANCE_ITEM,)
