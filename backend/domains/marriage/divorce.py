"""Divorce by agreement, with the cooling-off period, and the way out of a coerced marriage."""

from datetime import timedelta

from backend.casework.declaring.codes import (
    COERCED_MARRIAGE,
    DIVORCE,
    MARRIAGE_ARCHIVE,
    MARRIAGE_COUNSELLING,
)
from backend.casework.declaring.conditions import (
    not_after_today,
    one_of,
    yes,
)
from backend.casework.declaring.course import decision, intake, working_days
from backend.casework.declaring.fields import CONTACT_PHONE, choice, day, text, yes_no
from backend.casework.declaring.papers import state_paper
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
    When,
)
from backend.domains.marriage.questions import ANY_REGISTRY, PARTNER, VISIT
from backend.domains.marriage.rules import visit_day, within_a_year
from backend.domains.marriage.sources import (
    BOTH_APPEAR_TO_DIVORCE,
    COERCION,
    COOLING_OFF,
    REGISTRATION_RULES,
)
from backend.errors import Text
from backend.viewer import AssuranceLevel

DIVORCE_ITEM = ServiceItem(
    base_code=DIVORCE,
    name=Text("离婚登记申请与冷静期", "Application for a divorce, with the cooling-off period"),
    synonyms=("离婚", "协议离婚", "离婚冷静期", "离婚预约", "divorce"),
    domain=Domain.MARRIAGE,
    life_events=(LifeEvent.DIVORCE,),
    task_type=TaskType.CONFIRMATION,
    effect=LegalEffect.PERSONAL_STATUS,
    basis=(BOTH_APPEAR_TO_DIVORCE, COOLING_OFF, REGISTRATION_RULES),
    parties=2,
    shown_to_party=("registeredIn", "voluntary", "agreed", "capable", "registry", "visitOn"),
    assurance=AssuranceLevel.VERIFIED,
    freshness=timedelta(days=1),
    form=Form(
        (
            CONTACT_PHONE,
            *PARTNER,
            choice(
                "registeredIn",
                Text("结婚登记地", "Where the marriage was registered"),
                ("mainland", "中国内地婚姻登记机关", "At a registry of the mainland"),
                ("elsewhere", "港澳台或者境外", "Hong Kong, Macao, Taiwan or abroad"),
                fact="registered_in",
            ),
            yes_no("voluntary", Text("双方是否自愿离婚", "Do both wish it freely?"), fact="voluntary"),
            yes_no(
                "agreed",
                Text(
                    "是否已就子女抚养、财产、债务达成书面协议",
                    "Is there a written agreement on children, property and debts?",
                ),
                fact="agreed",
            ),
            yes_no(
                "capable",
                Text("双方是否均为完全民事行为能力人", "Are both of full legal capacity?"),
                fact="capable",
            ),
            *VISIT,
        )
    ),
    materials=(
        state_paper(
            "marriage-certificate",
            Text("结婚证", "Marriage certificate"),
            LicenceKind.MARRIAGE_CERTIFICATE,
            Issuer.CIVIL_AFFAIRS,
            REGISTRATION_RULES,
        ),
        Material(
            "agreement",
            Text("离婚协议书（草稿）", "Divorce agreement (draft)"),
            required=False,
            hint=Text("预审用；正式协议到场后当面签署", "For the pre-check; it is signed at the registry"),
            basis=BOTH_APPEAR_TO_DIVORCE,
        ),
    ),
    parameters=(
        Parameter("cooling_off_days", Text("冷静期", "Cooling-off period"), 30, "days", 30, 30, COOLING_OFF),
        Parameter(
            "fetch_days",
            Text("冷静期后申请发证的期限", "Days in which to come afterwards"),
            30,
            "days",
            30,
            30,
            COOLING_OFF,
        ),
    ),
    rules=(
        Rule(
            "voluntary",
            ("voluntary",),
            yes("voluntary"),
            Text("双方自愿离婚", "Both wish it freely"),
            BOTH_APPEAR_TO_DIVORCE,
            Text(
                "一方不同意的，可以申请调解或向人民法院起诉；也可以预约婚姻家庭辅导。",
                "If one does not agree, ask for mediation, sue in court, or book counselling.",
            ),
            alternatives=(MARRIAGE_COUNSELLING,),
        ),
        Rule(
            "agreed",
            ("agreed",),
            yes("agreed"),
            Text(
                "已就子女、财产、债务协商一致并达成书面协议",
                "A written agreement on children, property and debts",
            ),
            BOTH_APPEAR_TO_DIVORCE,
            Text(
                "未能协商一致的，可以申请调解或向人民法院起诉。",
                "Otherwise ask for mediation or sue in court.",
            ),
            alternatives=(MARRIAGE_COUNSELLING,),
        ),
        Rule(
            "capable",
            ("capable",),
            yes("capable"),
            Text("双方均为完全民事行为能力人", "Both are of full legal capacity"),
            REGISTRATION_RULES,
            Text("一方无或限制民事行为能力的，须向人民法院起诉。", "Otherwise a court decides."),
        ),
        Rule(
            "registered_here",
            ("registered_in",),
            one_of("registered_in", "mainland"),
            Text("在中国内地办理的结婚登记", "The marriage was registered in the mainland"),
            REGISTRATION_RULES,
            Text(
                "在境外登记的，请在原登记地或人民法院办理。",
                "Otherwise divorce where it was registered or in court.",
            ),
        ),
        visit_day(REGISTRATION_RULES),
    ),
    steps=(
        Step("pre-check", StepKind.REVIEW, Level.COUNTY, Text("预审", "Pre-check"), after=()),
        Step(
            "application",
            StepKind.ATTENDANCE,
            Level.COUNTY,
            Text("双方亲自到场申请", "Both appear to apply"),
            excluded=True,
        ),
        Step(
            "cooling-off",
            StepKind.COOLING_OFF,
            Level.COUNTY,
            Text("冷静期（任何一方可以撤回）", "Cooling-off: either may withdraw"),
            days=30,
            unit=LimitUnit.CALENDAR_DAYS,
            excluded=True,
        ),
        Step(
            "fetching",
            StepKind.ATTENDANCE,
            Level.COUNTY,
            Text(
                "三十日内双方亲自到场申请发证，未申请的视为撤回",
                "Both appear within 30 days, or it counts as withdrawn",
            ),
            days=30,
            unit=LimitUnit.CALENDAR_DAYS,
            excluded=True,
        ),
        decision(Level.COUNTY, days=1, name=Text("登记、发证", "Registration and certificate")),
    ),
    limits=working_days(1, REGISTRATION_RULES),
    models=(HandlingModel.JOINT,),
    online_depth=OnlineDepth.PRE_CHECK,
    electronic_signature=False,
    in_person=True,
    appointment=Appointment.REQUIRED,
    result=Result(ResultKind.BOOKING, Text("离婚登记预约凭证", "Appointment for a divorce")),
    guide=Guide(
        text=Text(
            "双方自愿离婚的，亲自到任一婚姻登记机关提出申请。自收到申请之日起三十日内，任何一方都可以撤回；期满后三十日内双方应当"
            "亲自到场领取离婚证，未申请的视为撤回。网上只能预审和预约，不能网上离婚。家庭暴力等情形请向人民法院起诉。",
            "Whoever both wish to divorce apply in person at any registry. Within thirty days either may withdraw; within the"
            " thirty days after that both come for the certificate, or it counts as withdrawn. Online you check and book"
            " only. In cases of violence at home go to court.",
        ),
        plain=Text(
            "两个人一起去申请，过三十天想清楚了，再一起去领证。中间谁反悔都可以撤回。",
            "Both apply, think for thirty days, and both come again. Either can take it back.",
        ),
        who=Text("自愿离婚并已协商一致的夫妻双方", "Spouses who both wish it and have agreed"),
        counter=ANY_REGISTRY,
    ),
    alternatives=(MARRIAGE_COUNSELLING, MARRIAGE_ARCHIVE),
)

COERCED_MARRIAGE_ITEM = ServiceItem(
    base_code=COERCED_MARRIAGE,
    name=Text("撤销受胁迫婚姻（指引与预审）", "Annulment of a coerced marriage (guidance and pre-check)"),
    synonyms=("撤销婚姻", "被逼结婚", "胁迫结婚", "可撤销婚姻", "forced marriage"),
    domain=Domain.MARRIAGE,
    life_events=(LifeEvent.DIVORCE, LifeEvent.EMERGENCY),
    task_type=TaskType.PUBLIC_SERVICE,
    effect=LegalEffect.PERSONAL_STATUS,
    basis=(COERCION, REGISTRATION_RULES),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            CONTACT_PHONE,
            yes_no(
                "coerced", Text("是否因受胁迫而结婚", "Were you coerced into the marriage?"), fact="coerced"
            ),
            yes_no(
                "detained",
                Text("是否被非法限制人身自由", "Are or were you unlawfully deprived of freedom?"),
                fact="detained",
            ),
            yes_no(
                "stillGoing",
                Text("胁迫或限制目前是否仍在持续", "Does it still go on?"),
                fact="still_going",
            ),
            day(
                "endedOn",
                Text("胁迫行为终止（或恢复人身自由）的日期", "Day on which it ended, or freedom came back"),
                fact="ended_on",
                when=When("stillGoing", (False,)),
            ),
            day("registeredOn", Text("结婚登记日期", "Day of the marriage"), fact="registered_on"),
            Field(
                "registeredAt",
                Text("登记机关所在区划（不记得可不填）", "Division of the registry, if remembered"),
                FieldKind.DIVISION,
                required=False,
            ),
            text(
                "spouseName",
                Text("对方姓名（用于查档）", "Name of the other party, to find the record"),
                hint=Text(
                    "只用于查找婚姻登记档案，不会通知对方。",
                    "Only to find the record: the other party is not told.",
                ),
                required=False,
            ),
            choice(
                "needs",
                Text("需要的帮助", "What help is needed"),
                ("safety", "人身安全保护", "Safety"),
                ("law", "法律援助", "Legal aid"),
                ("archive", "调取婚姻登记档案", "Papers from the archive"),
                ("shelter", "临时庇护", "A shelter"),
                several=True,
            ),
            day("visitOn", Text("希望面谈的日期", "Day on which you wish to talk"), fact="visit_on"),
        )
    ),
    parameters=(
        Parameter(
            "years_to_sue", Text("请求撤销的期限", "Years in which to ask for it"), 1, "years", 1, 1, COERCION
        ),
    ),
    rules=(
        Rule(
            "coerced",
            ("coerced",),
            yes("coerced"),
            Text("因胁迫而结婚", "Coerced into the marriage"),
            COERCION,
            Text(
                "没有胁迫情形的，可以协议离婚或向人民法院起诉离婚。",
                "Otherwise divorce by agreement or in court.",
            ),
            alternatives=(DIVORCE, MARRIAGE_COUNSELLING),
        ),
        Rule(
            "in_time",
            ("ended_on", "today"),
            within_a_year,
            Text(
                "自胁迫行为终止或恢复人身自由之日起{years_to_sue}年内",
                "Within {years_to_sue} year(s) of the end of the coercion or the return of freedom",
            ),
            COERCION,
            Text("超过期限的，可以向人民法院起诉离婚。", "After that a divorce in court is the way."),
            alternatives=(DIVORCE,),
            when=When("still_going", (False,)),
        ),
        Rule(
            "registered",
            ("registered_on", "today"),
            not_after_today("registered_on"),
            Text("婚姻已经登记", "The marriage was registered"),
            COERCION,
            Text(
                "正在被逼迫登记的，请立即拨打110，并可在登记现场向登记员说明。",
                "If you are being forced to register now, call 110 at once, or tell the registrar.",
            ),
        ),
        visit_day(REGISTRATION_RULES),
    ),
    steps=(
        intake(Level.COUNTY, days=1),
        Step("archive", StepKind.REVIEW, Level.COUNTY, Text("调取登记档案", "Finding the record"), days=1),
        Step(
            "attendance",
            StepKind.ATTENDANCE,
            Level.COUNTY,
            Text("当事人到场面谈", "The person comes to talk"),
            excluded=True,
        ),
        decision(
            Level.COUNTY, days=3, name=Text("出具指引、协助调档和转介", "Guidance, papers and referral")
        ),
    ),
    limits=working_days(5, REGISTRATION_RULES),
    models=(HandlingModel.JOINT,),
    online_depth=OnlineDepth.PRE_CHECK,
    electronic_signature=False,
    in_person=True,
    appointment=Appointment.REQUIRED,
    result=Result(ResultKind.RECEIPT, Text("撤销婚姻指引与转介单", "Guidance and referral")),
    guide=Guide(
        text=Text(
            "因胁迫结婚的，受胁迫的一方可以自胁迫行为终止之日起一年内（被非法限制人身自由的，自恢复人身自由之日起一年内）"
            "向人民法院请求撤销婚姻。婚姻由人民法院撤销，婚姻登记机关提供指引、协助调取登记档案并转介法律援助和庇护。",
            "Whoever was coerced into a marriage may ask a court to annul it within one year of the end of the coercion, or of"
            " the return of freedom. The court annuls; the registry guides, finds the papers, and refers to legal aid and"
            " shelter.",
        ),
        plain=Text(
            "被逼着结的婚，一年之内可以找法院撤销。有危险先打110。我们帮您找材料、找律师。",
            "Forced to marry? A court can undo it within a year. In danger call 110 first. We help with papers and lawyers.",
        ),
        who=Text("受胁迫结婚的一方", "The party who was coerced"),
        counter=Text(
            "当地人民法院（撤销婚姻）；婚姻登记机关、妇联、法律援助中心（帮助）",
            "The court (annulment); registry, women's federation and legal-aid centre (help)",
        ),
    ),
    alternatives=(MARRIAGE_ARCHIVE, DIVORCE),
)

ITEMS = (DIVORCE_ITEM, COERCED_MARRIAGE_ITEM)
