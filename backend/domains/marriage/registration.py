"""Marrying, and a new copy of the certificate: personal status, in person only."""

from datetime import timedelta

from backend.casework.declaring.codes import (
    CERTIFICATE_REISSUE,
    DIVORCE,
    MARRIAGE_ARCHIVE,
    MARRIAGE_BOOKING,
    MARRIAGE_COUNSELLING,
)
from backend.casework.declaring.conditions import (
    not_after_today,
    yes,
)
from backend.casework.declaring.course import decision, working_days
from backend.casework.declaring.fields import CONTACT_PHONE, choice, day, yes_no
from backend.casework.declaring.statutes import civil_code
from backend.casework.definitions import (
    Appointment,
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
)
from backend.domains.marriage.questions import ANY_REGISTRY, PARTNER, VISIT
from backend.domains.marriage.rules import both_old_enough, man_and_woman, visit_day
from backend.domains.marriage.sources import (
    BIGAMY,
    BOTH_APPEAR_TO_MARRY,
    KINSHIP,
    MARRIAGE_AGE,
    REGISTRATION_RULES,
)
from backend.errors import Text
from backend.viewer import AssuranceLevel

MARRIAGE_BOOKING_ITEM = ServiceItem(
    base_code=MARRIAGE_BOOKING,
    name=Text("结婚登记预约与预审", "Appointment and pre-check for registering a marriage"),
    synonyms=("结婚", "领证", "结婚登记", "领结婚证", "结婚预约", "get married"),
    domain=Domain.MARRIAGE,
    life_events=(LifeEvent.MARRIAGE,),
    task_type=TaskType.CONFIRMATION,
    case_type=CaseType.IMMEDIATE,
    effect=LegalEffect.PERSONAL_STATUS,
    basis=(BOTH_APPEAR_TO_MARRY, MARRIAGE_AGE, KINSHIP, REGISTRATION_RULES),
    parties=2,
    shown_to_party=("voluntary", "noSpouse", "notKin", "registry", "visitOn", "counselling"),
    assurance=AssuranceLevel.VERIFIED,
    freshness=timedelta(days=1),
    form=Form(
        (
            CONTACT_PHONE,
            *PARTNER,
            yes_no("voluntary", Text("双方是否完全自愿结婚", "Do both wish it freely?"), fact="voluntary"),
            yes_no("noSpouse", Text("双方是否均无配偶", "Has neither a spouse?"), fact="no_spouse"),
            yes_no(
                "notKin",
                Text(
                    "双方是否没有直系血亲和三代以内旁系血亲关系",
                    "Are you neither in direct line nor kin within three generations?",
                ),
                fact="not_kin",
            ),
            *VISIT,
            yes_no("counselling", Text("是否参加婚前辅导", "Do you wish premarital counselling?")),
        )
    ),
    parameters=(
        Parameter("male_age", Text("男方年龄", "Age of the man"), 22, "years", 22, 22, MARRIAGE_AGE),
        Parameter("female_age", Text("女方年龄", "Age of the woman"), 20, "years", 20, 20, MARRIAGE_AGE),
    ),
    rules=(
        Rule(
            "age",
            ("age", "sex", "partner_age", "partner_sex"),
            both_old_enough,
            Text(
                "男不早于{male_age}周岁，女不早于{female_age}周岁",
                "A man of {male_age}, a woman of {female_age} or more",
            ),
            MARRIAGE_AGE,
            Text("达到法定年龄后再预约。", "Book once you have reached the age."),
        ),
        Rule(
            "man_and_woman",
            ("sex", "partner_sex"),
            man_and_woman,
            Text("一男一女", "A man and a woman"),
            civil_code("1046"),
            Text(
                "可以通过意定监护协议约定相互照顾，请咨询公证机构。",
                "A guardianship agreement lets you look after each other; ask a notary.",
            ),
        ),
        Rule(
            "voluntary",
            ("voluntary",),
            yes("voluntary"),
            Text("双方完全自愿", "Both wish it freely"),
            civil_code("1046"),
            Text(
                "受到强迫的，请拨打110或12338妇女维权热线。",
                "If you are forced, call 110 or the women's line 12338.",
            ),
            alternatives=(MARRIAGE_COUNSELLING,),
        ),
        Rule(
            "no_spouse",
            ("no_spouse",),
            yes("no_spouse"),
            Text("双方均无配偶", "Neither has a spouse"),
            BIGAMY,
            Text("已有配偶的，须先办理离婚。", "Whoever is married must be divorced first."),
            alternatives=(DIVORCE,),
        ),
        Rule(
            "not_kin",
            ("not_kin",),
            yes("not_kin"),
            Text(
                "无直系血亲、三代以内旁系血亲关系", "Neither in direct line nor kin within three generations"
            ),
            KINSHIP,
            Text("有上述血亲关系的，法律禁止结婚。", "The law forbids marrying such kin."),
        ),
        visit_day(REGISTRATION_RULES),
    ),
    steps=(
        Step("pre-check", StepKind.REVIEW, Level.COUNTY, Text("预审", "Pre-check"), after=()),
        Step(
            "attendance",
            StepKind.ATTENDANCE,
            Level.COUNTY,
            Text("双方亲自到场，签署声明", "Both appear and sign their statements"),
            excluded=True,
        ),
        decision(Level.COUNTY, days=1, name=Text("登记、发证", "Registration and certificate")),
    ),
    limits=working_days(1, REGISTRATION_RULES),
    models=(HandlingModel.JOINT,),
    online_depth=OnlineDepth.PRE_CHECK,
    electronic_signature=False,
    in_person=True,
    appointment=Appointment.OPTIONAL,
    result=Result(ResultKind.BOOKING, Text("结婚登记预约凭证", "Appointment for registering a marriage")),
    guide=Guide(
        text=Text(
            "2025年5月10日起，内地居民可在全国任一婚姻登记机关办理，只需双方居民身份证和本人签字声明，不用户口簿，不收费。"
            "网上可以预审条件、预约日期、预填信息；结婚登记必须双方亲自到场，不能网上办理，也不能电子签名。",
            "Since 10 May 2025 residents marry at any registry of the country with both ID cards and signed statements only:"
            " no household register, no fee. Online you check the conditions, book a day and fill in beforehand; both must"
            " come in person, and nothing is signed electronically.",
        ),
        plain=Text(
            "先在这里约个日子，再两个人带上身份证一起去，当场就能领证。哪里的登记处都行，不要钱。",
            "Book a day here, then both come with your ID cards and get the certificate at once. Any registry, no fee.",
        ),
        who=Text(
            "自愿结婚、符合法定条件的男女双方",
            "A man and a woman who wish to marry and meet the law's conditions",
        ),
        counter=ANY_REGISTRY,
    ),
    alternatives=(MARRIAGE_COUNSELLING, MARRIAGE_ARCHIVE),
)


CERTIFICATE_REISSUE_ITEM = ServiceItem(
    base_code=CERTIFICATE_REISSUE,
    name=Text("补领婚姻登记证", "New copy of a marriage or divorce certificate"),
    synonyms=("补办结婚证", "结婚证丢了", "补领离婚证", "结婚证遗失", "lost certificate"),
    domain=Domain.MARRIAGE,
    life_events=(LifeEvent.MARRIAGE, LifeEvent.DIVORCE),
    task_type=TaskType.CONFIRMATION,
    case_type=CaseType.IMMEDIATE,
    effect=LegalEffect.PERSONAL_STATUS,
    basis=(REGISTRATION_RULES,),
    representatives=(Representative.AGENT,),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            CONTACT_PHONE,
            choice(
                "certificate",
                Text("补领的证件", "Which certificate"),
                ("marriage", "结婚证", "Marriage certificate"),
                ("divorce", "离婚证", "Divorce certificate"),
            ),
            choice(
                "reason",
                Text("补领原因", "Reason"),
                ("lost", "遗失", "Lost"),
                ("damaged", "损毁", "Damaged"),
                ("changed", "登记信息变更", "Particulars changed"),
            ),
            *PARTNER,
            day("registeredOn", Text("登记日期", "Day of the registration"), fact="registered_on"),
            Field(
                "registeredAt",
                Text("原登记机关所在区划", "Division of the registry at the time"),
                FieldKind.DIVISION,
                required=False,
            ),
            yes_no(
                "statusUnchanged",
                Text("婚姻状况自登记以来是否没有变化", "Is the status the same since then?"),
                fact="status_unchanged",
            ),
            *VISIT,
        )
    ),
    materials=(
        Material(
            "photos",
            Text("近期免冠照片", "Recent photographs"),
            required=False,
            hint=Text("可到场拍摄，不必提前准备", "They can be taken at the registry"),
        ),
    ),
    rules=(
        Rule(
            "registered",
            ("registered_on", "today"),
            not_after_today("registered_on"),
            Text("已经办理过登记", "It was registered"),
            REGISTRATION_RULES,
            Text("尚未登记的，请预约结婚登记。", "Otherwise book a marriage."),
            alternatives=(MARRIAGE_BOOKING,),
        ),
        Rule(
            "unchanged",
            ("status_unchanged",),
            yes("status_unchanged"),
            Text("婚姻状况没有变化", "The status is the same since then"),
            REGISTRATION_RULES,
            Text(
                "已离婚或配偶去世的，可以申请婚姻登记档案证明。",
                "After a divorce or death, apply for a certificate from the archive.",
            ),
            alternatives=(MARRIAGE_ARCHIVE,),
        ),
        visit_day(REGISTRATION_RULES),
    ),
    steps=(
        Step(
            "pre-check", StepKind.REVIEW, Level.COUNTY, Text("查档、预审", "Archive and pre-check"), after=()
        ),
        Step(
            "attendance",
            StepKind.ATTENDANCE,
            Level.COUNTY,
            Text("当事人亲自到场", "The parties appear"),
            excluded=True,
        ),
        decision(Level.COUNTY, days=1, name=Text("补发", "New copy")),
    ),
    limits=working_days(1, REGISTRATION_RULES),
    models=(HandlingModel.JOINT,),
    online_depth=OnlineDepth.PRE_CHECK,
    electronic_signature=False,
    in_person=True,
    appointment=Appointment.OPTIONAL,
    result=Result(ResultKind.BOOKING, Text("补领婚姻登记证预约凭证", "Appointment for a new copy")),
    guide=Guide(
        text=Text(
            "结婚证、离婚证遗失或者损毁的，可以到任一婚姻登记机关申请补领，登记机关查验档案后当场补发，不收费。"
            "当事人因故不能到场的，可以书面委托他人办理。",
            "For a lost or damaged certificate come to any registry, which checks the archive and issues a new copy at once,"
            " free of charge. Whoever cannot come may give a written commission.",
        ),
        plain=Text(
            "证丢了、坏了，带身份证去任何一个登记处，当场补，不要钱。",
            "Lost or damaged? Any registry makes a new one at once, free.",
        ),
        who=Text("已办理婚姻登记的当事人", "The parties of a registered marriage or divorce"),
        counter=ANY_REGISTRY,
    ),
    alternatives=(MARRIAGE_ARCHIVE,),
)


ITEMS = (MARRIAGE_BOOKING_ITEM, CERTIFICATE_REISSUE_ITEM)
