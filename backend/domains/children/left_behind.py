"""Children left behind, with entrusted care."""

from backend.casework.declaring.codes import (
    CHILD_DIRECTOR_VISIT,
    CHILD_IN_DIFFICULTY,
    LEFT_BEHIND_CHILD,
)
from backend.casework.declaring.conditions import at_least, below, one_of, yes
from backend.casework.declaring.course import (
    decision,
    intake,
    working_days,
)
from backend.casework.declaring.fields import (
    UNDERTAKING,
    choice,
    number,
    person_number,
    text,
    yes_no,
)
from backend.casework.declaring.statutes import LOCAL_FIGURE
from backend.casework.definitions import (
    Domain,
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
)
from backend.domains.children.questions import CHILD_AT_HOME, STATION
from backend.domains.children.rules import CHILD_HERE
from backend.domains.children.sources import (
    ENTRUSTED_CARE,
    LEFT_BEHIND_RULES,
)
from backend.errors import Text
from backend.viewer import AssuranceLevel

LEFT_BEHIND_CHILD_ITEM = ServiceItem(
    base_code=LEFT_BEHIND_CHILD,
    name=Text("留守儿童登记与委托照护", "Registration of a child left behind, with entrusted care"),
    synonyms=("留守儿童", "委托照护", "委托监护", "外出务工孩子", "left-behind child"),
    domain=Domain.CHILDREN,
    life_events=(LifeEvent.GROWING_UP, LifeEvent.MOVING),
    task_type=TaskType.CONFIRMATION,
    effect=LegalEffect.RECORD,
    basis=(LEFT_BEHIND_RULES, ENTRUSTED_CARE),
    representatives=(Representative.GUARDIAN, Representative.COMMITTEE),
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            *CHILD_AT_HOME,
            choice(
                "away",
                Text("父母外出情况", "Who is away"),
                ("both", "父母双方外出", "Both parents"),
                ("one_unable", "一方外出，另一方无监护能力", "One; the other cannot care"),
                ("one_able", "一方外出，另一方有监护能力", "One; the other can care"),
                fact="away",
            ),
            number(
                "awayMonths",
                Text("预计外出时间", "How long they expect to be away"),
                Unit.MONTHS,
                maximum=240,
                fact="away_months",
            ),
            text("carerName", Text("被委托照护人姓名", "Name of the entrusted carer")),
            person_number(
                "carerNumber",
                Text("被委托照护人身份证号码", "Resident number of the entrusted carer"),
                fact="carer",
            ),
            yes_no(
                "carerFit",
                Text(
                    "被委托人是否没有虐待、性侵害等违法犯罪记录，没有吸毒、酗酒、赌博等恶习",
                    "Is the carer free of offences such as abuse and of drugs, drinking and gambling?",
                ),
                fact="carer_fit",
            ),
            yes_no(
                "childHeard",
                Text(
                    "是否已听取有表达意愿能力的孩子的意见",
                    "Was the child, if able to say, asked what it wants?",
                ),
                fact="child_heard",
            ),
            text("parentsContact", Text("父母在外联系方式", "How to reach the parents")),
            UNDERTAKING,
        )
    ),
    materials=(
        Material(
            "agreement",
            Text("委托照护书", "Written agreement on the care"),
            required=True,
            hint=Text("父母与被委托人签字", "Signed by parents and carer"),
            basis=ENTRUSTED_CARE,
        ),
    ),
    parameters=(
        Parameter(
            "child_age_limit",
            Text("登记年龄上限", "Age below which a child is registered"),
            16,
            "years",
            14,
            18,
            LEFT_BEHIND_RULES,
        ),
        Parameter(
            "least_months", Text("外出时间下限", "Shortest absence"), 6, "months", 1, 12, LEFT_BEHIND_RULES
        ),
        Parameter(
            "carer_age",
            Text("被委托人年龄下限", "Least age of the carer"),
            18,
            "years",
            18,
            18,
            ENTRUSTED_CARE,
        ),
    ),
    rules=(
        Rule(
            "child_age",
            ("child_age",),
            below("child_age", "child_age_limit"),
            Text("儿童未满{child_age_limit}周岁", "The child is under {child_age_limit}"),
            LEFT_BEHIND_RULES,
            Text(
                "年满的孩子需要关爱的，可预约儿童主任探访。",
                "For older children book a visit of the child director.",
            ),
            alternatives=(CHILD_DIRECTOR_VISIT,),
        ),
        CHILD_HERE,
        Rule(
            "parents_away",
            ("away",),
            one_of("away", "both", "one_unable"),
            Text(
                "父母双方外出，或一方外出而另一方无监护能力",
                "Both parents away, or one away and the other unable to care",
            ),
            LEFT_BEHIND_RULES,
            Text(
                "另一方能照护的，不需要登记；有困难可申请困境儿童救助。",
                "If the other can care, none is needed; in difficulty ask for help.",
            ),
            alternatives=(CHILD_IN_DIFFICULTY,),
        ),
        Rule(
            "long_absence",
            ("away_months",),
            at_least("away_months", "least_months"),
            Text("外出时间{least_months}个月以上", "Away for {least_months} months or more"),
            LEFT_BEHIND_RULES,
            Text("短期外出的，可预约儿童主任探访。", "For shorter times book a visit of the child director."),
            alternatives=(CHILD_DIRECTOR_VISIT,),
        ),
        Rule(
            "carer_of_age",
            ("carer_age",),
            at_least("carer_age", "carer_age"),
            Text("被委托人年满{carer_age}周岁", "The carer is {carer_age} or more"),
            ENTRUSTED_CARE,
            Text("请委托有照护能力的成年人。", "Entrust a grown-up who can care."),
        ),
        Rule(
            "carer_fit",
            ("carer_fit",),
            yes("carer_fit"),
            Text("被委托人没有法律禁止的情形", "Nothing forbids entrusting the carer"),
            ENTRUSTED_CARE,
            Text(
                "请另选被委托人；村（居）儿童主任可以帮助。",
                "Choose somebody else; the child director helps.",
            ),
        ),
        Rule(
            "child_heard",
            ("child_heard",),
            yes("child_heard"),
            Text("已听取孩子的意见", "The child was asked"),
            ENTRUSTED_CARE,
            Text("请先和孩子谈一谈，再来登记。", "Talk with the child first."),
        ),
    ),
    steps=(
        intake(Level.VILLAGE, days=3),
        Step(
            "visit",
            StepKind.HOME_VISIT,
            Level.VILLAGE,
            Text("儿童主任入户", "The child director's visit"),
            days=7,
        ),
        decision(Level.TOWNSHIP, days=5, name=Text("登记", "Registration")),
    ),
    limits=working_days(15, LOCAL_FIGURE),
    models=(HandlingModel.FULLY_ONLINE, HandlingModel.JOINT),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.RECORD, Text("留守儿童登记与委托照护确认单", "Record of registration and entrusted care")
    ),
    guide=Guide(
        text=Text(
            "父母外出务工、不能亲自照护孩子的，应当委托有照护能力的成年人并听取孩子意见，在村（居）登记。父母在外地也可以网上办理。",
            "Parents who work elsewhere entrust a grown-up who can care, ask the child, and register it in the village. It can"
            " be done online from wherever they work.",
        ),
        plain=Text(
            "爸妈出去打工，把孩子托给谁照看，要登记一下，村里好帮着照应。",
            "If you work away, tell us who looks after your child.",
        ),
        who=Text("外出务工的父母或其他监护人", "Parents or guardians who work elsewhere"),
        counter=STATION,
    ),
    alternatives=(CHILD_DIRECTOR_VISIT, CHILD_IN_DIFFICULTY),
)

ITEMS = (LEFT_BEHIND_CHILD_ITEM,)
