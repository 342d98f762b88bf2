"""Help at once: temporary assistance, people found in need, people without means on the street."""

from backend.casework.declaring.codes import (
    EXPENDITURE_HARDSHIP,
    MINIMUM_LIVING,
    NEED_REPORT,
    TEMPORARY_ASSISTANCE,
    VAGRANT_ASSISTANCE,
)
from backend.casework.declaring.conditions import below, lies_here, no, within_days
from backend.casework.declaring.course import (
    decision,
    home_visit,
    intake,
    means_check,
    payment,
    service,
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
    text,
    yes_no,
)
from backend.casework.declaring.papers import stated_or_shown
from backend.casework.declaring.statutes import LOCAL_FIGURE, assistance_measures
from backend.casework.definitions import (
    Audience,
    CaseType,
    Domain,
    Field,
    FieldKind,
    Form,
    Guide,
    HandlingModel,
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
    UrgentPath,
    When,
)
from backend.domains.social_assistance.rules import (
    BORDERLINE_PERCENT,
    MONTHLY_STANDARD,
    left_after_expenses_under_borderline,
    registered_or_living_here,
)
from backend.domains.social_assistance.sources import LOW_INCOME_POPULATION, TEMPORARY_LOCAL, VAGRANT_RULES
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

NEED_REPORT_ITEM = ServiceItem(
    base_code=NEED_REPORT,
    name=Text("困难群众主动发现线索上报", "Report of somebody in need"),
    synonyms=("主动发现", "救助线索", "困难线索上报", "帮别人求助", "report somebody in need"),
    domain=Domain.SOCIAL_ASSISTANCE,
    life_events=(LifeEvent.EMERGENCY, LifeEvent.NEIGHBOURHOOD),
    task_type=TaskType.PUBLIC_SERVICE,
    effect=LegalEffect.SERVICE,
    basis=(assistance_measures("60"), LOW_INCOME_POPULATION),
    audience=(Audience.NATURAL_PERSON, Audience.SOCIAL_ORGANISATION, Audience.COMPANY),
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            CONTACT_PHONE,
            Field(
                "place",
                Text("困难群众所在区划", "Division in which they are"),
                FieldKind.DIVISION,
                fact="place",
            ),
            text("address", Text("详细地址或所在位置", "Address or place")),
            text("person", Text("困难群众姓名或特征", "Name or looks of the person"), required=False),
            choice(
                "situation",
                Text("困难情形", "What is the matter"),
                ("poverty", "基本生活困难", "Cannot live on what they have"),
                ("illness", "重病、残疾无人照料", "Ill or disabled, without care"),
                ("child", "儿童无人照料或受侵害", "A child without care, or harmed"),
                ("elderly", "老人独居失能", "An older person alone and disabled"),
                ("street", "流浪乞讨", "Living on the street"),
                ("disaster", "突发灾难", "A sudden disaster"),
                several=True,
            ),
            yes_no("danger", Text("是否有生命危险", "Is there danger to life?"), fact="danger"),
            story("details", Text("具体情况", "What you have seen")),
            yes_no("stayUnnamed", Text("是否对被报告人保密", "Shall your name be kept from the person?")),
        )
    ),
    materials=(
        Material(
            "photos",
            Text("现场照片", "Photographs"),
            required=False,
            hint=Text("请勿拍摄他人正面隐私画面", "Please show no faces and nothing private"),
        ),
    ),
    rules=(
        Rule(
            "place",
            ("place", "division"),
            lies_here("place"),
            Text("困难群众在上报地", "The person is where it is reported"),
            assistance_measures("60"),
            Text("请选择困难群众现在所在的地方。", "Choose the place where the person is now."),
        ),
        Rule(
            "no_danger",
            ("danger",),
            no("danger"),
            Text("没有生命危险", "There is no danger to life"),
            assistance_measures("60"),
            Text(
                "有生命危险的，请立即拨打110或120，再来上报。",
                "In danger to life call 110 or 120 at once, then report.",
            ),
        ),
    ),
    steps=(
        intake(days=1),
        home_visit(days=2),
        decision(Level.TOWNSHIP, days=2, name=Text("转办处置", "Passed on and handled")),
    ),
    limits=working_days(5, LOCAL_FIGURE),
    models=(HandlingModel.FULLY_ONLINE,),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(ResultKind.RECEIPT, Text("线索处置回执", "Receipt on how it was handled")),
    guide=Guide(
        text=Text(
            "发现身边有人生活困难，任何人都可以上报。乡镇（街道）接到后上门核实，符合条件的主动帮助申请救助，处置结果反馈给上报人。",
            "Anybody who sees somebody in need may report it. The township goes there, helps them apply where it fits, and"
            " tells you how it was handled.",
        ),
        plain=Text(
            "看到别人有难处，告诉我们，我们上门去帮。", "If you see somebody in need, tell us. We go there."
        ),
        who=Text("任何人和单位", "Anybody, and any organisation"),
        counter=Text(
            "任一村（居）委会、乡镇（街道）；社会救助服务热线",
            "Any committee or township; the assistance line",
        ),
    ),
    alternatives=(TEMPORARY_ASSISTANCE, VAGRANT_ASSISTANCE),
)

VAGRANT_ASSISTANCE_ITEM = ServiceItem(
    base_code=VAGRANT_ASSISTANCE,
    name=Text("生活无着的流浪乞讨人员救助", "Assistance for vagrants and beggars without means"),
    synonyms=("流浪乞讨", "救助站", "流浪救助", "寻亲", "无家可归", "shelter"),
    domain=Domain.SOCIAL_ASSISTANCE,
    life_events=(LifeEvent.EMERGENCY,),
    task_type=TaskType.PAYMENT,
    case_type=CaseType.IMMEDIATE,
    effect=LegalEffect.SERVICE,
    basis=(VAGRANT_RULES,),
    representatives=tuple(Representative),
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            choice(
                "who",
                Text("谁需要救助", "Who needs help"),
                ("self", "我本人", "Myself"),
                ("other", "我看到的人", "Somebody I see"),
                fact="who",
            ),
            Field("place", Text("现在所在区划", "Division"), FieldKind.DIVISION, fact="place"),
            text("address", Text("现在的位置", "Where exactly")),
            choice(
                "needs",
                Text("需要什么", "What is needed"),
                ("food", "吃住", "Food and shelter"),
                ("doctor", "就医", "A doctor"),
                ("contact", "联系家人", "Contact with the family"),
                ("home", "回家", "The way home"),
                several=True,
            ),
            yes_no(
                "ownMeans",
                Text("自己是否有能力解决食宿", "Are there own means for food and shelter?"),
                fact="own_means",
                when=When("who", ("self",)),
            ),
            yes_no(
                "relatives",
                Text("当地是否有亲友可以投靠", "Are there relatives or friends here to go to?"),
                fact="relatives",
                when=When("who", ("self",)),
            ),
            yes_no("danger", Text("是否有生命危险", "Is there danger to life?"), fact="danger"),
        )
    ),
    parameters=(
        Parameter("most_days", Text("救助期限", "Most days of shelter"), 10, "days", 1, 30, VAGRANT_RULES),
    ),
    rules=(
        Rule(
            "place",
            ("place", "division"),
            lies_here("place"),
            Text("人在申请地", "The person is where it is applied for"),
            VAGRANT_RULES,
            Text("请选择现在所在的地方。", "Choose the place where the person is now."),
        ),
        Rule(
            "no_own_means",
            ("own_means",),
            no("own_means"),
            Text("自身无力解决食宿", "No own means for food and shelter"),
            VAGRANT_RULES,
            Text("遇到其他困难的，可申请临时救助。", "For other hardship apply for temporary assistance."),
            alternatives=(TEMPORARY_ASSISTANCE,),
            when=When("who", ("self",)),
        ),
        Rule(
            "nobody_to_go_to",
            ("relatives",),
            no("relatives"),
            Text("无亲友投靠", "Nobody here to go to"),
            VAGRANT_RULES,
            Text("救助站可以帮您联系亲友。", "The shelter helps you to reach them."),
            when=When("who", ("self",)),
        ),
        Rule(
            "no_danger",
            ("danger",),
            no("danger"),
            Text("没有生命危险", "There is no danger to life"),
            VAGRANT_RULES,
            Text("有生命危险的，请立即拨打110或120。", "In danger to life call 110 or 120 at once."),
        ),
    ),
    steps=(
        intake(Level.COUNTY),
        decision(Level.COUNTY, days=1, name=Text("救助站接收", "Taken in by the shelter")),
        service(Level.COUNTY, Text("食宿、医疗、寻亲、返乡", "Food, shelter, doctor, family, the way home")),
    ),
    limits=working_days(1, VAGRANT_RULES),
    models=(HandlingModel.JOINT,),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    result=Result(ResultKind.RECEIPT, Text("救助登记表", "Record of assistance")),
    guide=Guide(
        text=Text(
            "离家在外、自身无力解决食宿又无亲友投靠的人，救助站无偿提供食宿、就医、联系家人和返乡帮助，一般不超过十日。自愿求助，来去自由。",
            "Whoever is away from home without food, shelter or friends is helped by the shelter without charge: food and"
            " bed, a doctor, the family, the way home; ten days as a rule. One comes and goes freely.",
        ),
        plain=Text(
            "没地方吃住，来救助站，不要钱。看到这样的人，也请告诉我们。",
            "Nowhere to eat or sleep? Come to the shelter. It is free.",
        ),
        who=Text(
            "离家在外、生活无着的人；任何人都可以代为求助",
            "People away from home without means; anybody may ask for them",
        ),
        counter=Text(
            "当地救助管理站，24小时开放；也可以找任何一位民警",
            "The shelter, day and night; any police officer helps",
        ),
    ),
    alternatives=(TEMPORARY_ASSISTANCE, NEED_REPORT),
)

ITEMS = (TEMPORARY_ASSISTANCE_ITEM, NEED_REPORT_ITEM, VAGRANT_ASSISTANCE_ITEM)
