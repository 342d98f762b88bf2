"""What elderly care offers, declared as the ministry standardises it."""

from backend.casework.definitions import (
    Basis,
    Domain,
    Field,
    FieldKind,
    Form,
    Guide,
    HandlingModel,
    LegalEffect,
    Level,
    LifeEvent,
    Limit,
    Limits,
    LimitUnit,
    Material,
    OnlineDepth,
    Parameter,
    Representative,
    Result,
    ResultKind,
    Rule,
    ServiceItem,
    Standing,
    Step,
    StepKind,
    TaskType,
)
from backend.domains.elderly_care.rules import not_paid_elsewhere, old_enough, registered_here
from backend.errors import Text
from backend.viewer import AssuranceLevel

ELDERLY_RIGHTS_LAW = Basis(
    Text(
        "中华人民共和国老年人权益保障法", "Law on the Protection of the Rights and Interests of the Elderly"
    ),
    "33",
    Standing.LAW,
)
"""Art. 33 encourages places to pay an allowance to people of 80 and more; the figures are local."""

LOCAL_STANDARD = Basis(
    Text("各地高龄津贴实施办法", "Local rules on the old-age allowance"), "", Standing.UNVERIFIED
)

OLD_AGE_ALLOWANCE = ServiceItem(
    base_code="000511001000",
    name=Text("高龄津贴发放", "Old-age allowance"),
    synonyms=("老人补贴", "高龄补贴", "长寿金", "尊老金", "allowance for the elderly"),
    domain=Domain.ELDERLY_CARE,
    life_events=(LifeEvent.RETIREMENT,),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(ELDERLY_RIGHTS_LAW, LOCAL_STANDARD),
    representatives=(Representative.GUARDIAN, Representative.FAMILY, Representative.COMMITTEE),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            Field("contactPhone", Text("联系电话", "Telephone"), FieldKind.PHONE),
            Field(
                "currentAddress",
                Text("现居住地址", "Current address"),
                FieldKind.TEXT,
                hint=Text("可以不在户籍地", "It may be away from where the household is registered"),
            ),
            Field(
                "bankAccount",
                Text("社会保障卡银行账号", "Bank account of the social-security card"),
                FieldKind.BANK_ACCOUNT,
                hint=Text("须为本人账户", "It must be the applicant's own account"),
            ),
            Field(
                "paidElsewhere",
                Text("是否已在其他地方领取高龄津贴", "Is the allowance already drawn elsewhere?"),
                FieldKind.BOOLEAN,
                fact="paid_elsewhere",
            ),
            Field(
                "undertaking",
                Text(
                    "本人承诺所填信息真实，情况变化时及时告知。",
                    "I state that my answers are true and will tell of any change.",
                ),
                FieldKind.UNDERTAKING,
            ),
        )
    ),
    materials=(
        Material(
            "bank-card",
            Text("社会保障卡（金融账户）照片", "Photograph of the social-security card"),
            required=True,
            hint=Text("拍清卡号一面，不必复印", "Show the side with the number; no photocopy is needed"),
        ),
    ),
    parameters=(
        Parameter("minimum_age", Text("起始年龄", "Minimum age"), 80, "years", 60, 100, LOCAL_STANDARD),
        Parameter(
            "monthly_fen", Text("每月金额", "Monthly amount"), 10_000, "fen", 0, 1_000_000, LOCAL_STANDARD
        ),
    ),
    rules=(
        Rule(
            "age",
            ("age",),
            old_enough,
            Text("年满{minimum_age}周岁", "{minimum_age} years of age or more"),
            LOCAL_STANDARD,
            Text("到龄当月即可申请。", "You can apply from the month in which you reach that age."),
        ),
        Rule(
            "household",
            ("household_division", "division"),
            registered_here,
            Text("户籍在申请地", "Household registered in the place applied to"),
            LOCAL_STANDARD,
            Text("请选择户籍所在地提出申请。", "Choose the place where your household is registered."),
        ),
        Rule(
            "not_paid_elsewhere",
            ("paid_elsewhere",),
            not_paid_elsewhere,
            Text("未在其他地方领取同类津贴", "Not drawing the same allowance elsewhere"),
            LOCAL_STANDARD,
            Text("请先在原发放地办理停发。", "Have the payment stopped first in the place that pays now."),
        ),
    ),
    steps=(
        Step("intake", StepKind.INTAKE, Level.TOWNSHIP, Text("受理", "Intake"), days=3),
        Step("review", StepKind.REVIEW, Level.TOWNSHIP, Text("审核", "Review"), days=7),
        Step("decision", StepKind.DECISION, Level.COUNTY, Text("审批", "Decision"), days=10),
    ),
    limits=Limits(Limit(20, LimitUnit.WORKING_DAYS, LOCAL_STANDARD), promised_days=20),
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
            "You can get it when you are old enough. Fill in the form, show your face, photograph the card. It is paid every month.",
        ),
        who=Text(
            "达到当地规定年龄、户籍在当地的老年人",
            "Older people who have reached the local age and are registered there",
        ),
        counter=Text(
            "任一乡镇（街道）便民服务中心；行动不便的可预约上门",
            "Any township service centre; somebody comes to those who cannot",
        ),
    ),
    pays=("monthly_fen",),
)

ITEMS = (OLD_AGE_ALLOWANCE,)
