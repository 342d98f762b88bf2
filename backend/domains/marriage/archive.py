"""What of marriage may go fully online: certificates from the archive, and booking a counsellor."""

from datetime import timedelta

from backend.casework.declaring.codes import (
    CERTIFICATE_REISSUE,
    COERCED_MARRIAGE,
    DIVORCE,
    MARRIAGE_ARCHIVE,
    MARRIAGE_BOOKING,
    MARRIAGE_COUNSELLING,
    TEMPORARY_ASSISTANCE,
)
from backend.casework.declaring.conditions import none_of, yes
from backend.casework.declaring.course import decision, intake, service, working_days
from backend.casework.declaring.fields import (
    CONTACT_PHONE,
    UNDERTAKING,
    choice,
    day,
    person_number,
    text,
    yes_no,
)
from backend.casework.declaring.papers import stated_or_shown
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
    Representative,
    Result,
    ResultKind,
    Rule,
    ServiceItem,
    Step,
    StepKind,
    TaskType,
    When,
)
from backend.domains.marriage.rules import visit_day
from backend.domains.marriage.sources import ARCHIVE_RULES, COUNSELLING_RULES, REGISTRATION_RULES
from backend.errors import Text
from backend.viewer import AssuranceLevel

MARRIAGE_ARCHIVE_ITEM = ServiceItem(
    base_code=MARRIAGE_ARCHIVE,
    name=Text("婚姻登记档案查询与证明", "Marriage archive: enquiry and certificate"),
    synonyms=("婚姻档案", "婚姻登记记录证明", "查婚姻档案", "单身证明", "结婚记录", "marriage record"),
    domain=Domain.MARRIAGE,
    life_events=(LifeEvent.MARRIAGE, LifeEvent.DIVORCE, LifeEvent.BEREAVEMENT),
    task_type=TaskType.PUBLIC_SERVICE,
    effect=LegalEffect.RECORD,
    basis=(REGISTRATION_RULES, ARCHIVE_RULES),
    representatives=(Representative.AGENT, Representative.GUARDIAN),
    assurance=AssuranceLevel.VERIFIED,
    freshness=timedelta(hours=24),
    form=Form(
        (
            CONTACT_PHONE,
            choice(
                "whose",
                Text("查询谁的档案", "Whose record"),
                ("own", "本人", "My own"),
                ("commission", "受当事人委托", "By commission of the person"),
                ("heir", "已故亲属（办理继承等）", "A deceased relative's (inheritance and the like)"),
                ("other", "他人", "Somebody else's"),
                fact="whose",
            ),
            person_number(
                "personNumber",
                Text("档案当事人身份证号码", "Resident number of the person"),
                when=When("whose", ("commission", "heir")),
            ),
            choice(
                "record",
                Text("需要的记录", "Which record"),
                ("marriage", "结婚登记", "Marriage"),
                ("divorce", "离婚登记", "Divorce"),
                ("all", "全部婚姻登记记录", "All registrations"),
            ),
            Field(
                "registeredAt",
                Text("登记机关所在区划（不记得可不填）", "Division of the registry, if remembered"),
                FieldKind.DIVISION,
                required=False,
            ),
            text(
                "purpose",
                Text("用途", "Purpose"),
                hint=Text("如：购房、出国、继承", "Buying a home, going abroad, inheritance"),
            ),
            UNDERTAKING,
        )
    ),
    materials=(
        Material(
            "commission",
            Text("委托书", "Commission"),
            required=True,
            hint=Text("经公证或当事人当面签署", "Notarised, or signed before an officer"),
            when=When("whose", ("commission",)),
            basis=ARCHIVE_RULES,
        ),
        stated_or_shown(
            "kinship-statement",
            Text("与已故当事人亲属关系的说明", "Statement on the relation to the deceased"),
            Text(
                "本人承诺与档案当事人的亲属关系属实，所取得的证明仅用于所填用途。",
                "I state that I am related as told and use the certificate for the given purpose only.",
            ),
            Text(
                "签署承诺即可，不需要村（居）委会证明",
                "The signed statement is enough; no committee's certificate",
            ),
            when=When("whose", ("heir",)),
        ),
    ),
    rules=(
        Rule(
            "entitled",
            ("whose",),
            none_of("whose", "other"),
            Text(
                "查询本人的、受委托的或已故近亲属的档案",
                "One's own record, by commission, or of a deceased close relative",
            ),
            ARCHIVE_RULES,
            Text(
                "查询他人档案须由本人授权，或由人民法院、律师依法调取。",
                "Another person's record needs their authority, or a court or lawyer by law.",
            ),
        ),
    ),
    steps=(
        intake(Level.COUNTY, days=1),
        Step("search", StepKind.REVIEW, Level.COUNTY, Text("查档", "Search"), days=2),
        decision(Level.COUNTY, days=2, name=Text("出具证明", "Certificate")),
    ),
    limits=working_days(5, ARCHIVE_RULES, promised=3),
    models=(HandlingModel.FULLY_ONLINE, HandlingModel.COLLECT_AND_FORWARD),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(ResultKind.CERTIFICATE, Text("婚姻登记记录证明", "Certificate of the marriage record")),
    guide=Guide(
        text=Text(
            "可以在网上查询本人在全国的婚姻登记档案，并取得加盖电子印章的证明，任何人都可扫码核验。受当事人委托或办理已故亲属"
            "事务的，按要求提交委托书或签署承诺。",
            "Look up your own registrations from the whole country online and get a certificate with an electronic seal that"
            " anybody can verify. For others, by commission or for a deceased relative's affairs.",
        ),
        plain=Text(
            "要用结婚、离婚的记录，在手机上就能开证明，不用回老家。",
            "Need proof of a marriage or divorce? Get it on your phone.",
        ),
        who=Text(
            "婚姻登记当事人及其委托人、已故当事人的近亲属",
            "The parties, whom they commission, a deceased's close relatives",
        ),
        counter=Text("任一婚姻登记机关或当地档案馆", "Any registry, or the local archive"),
    ),
    alternatives=(CERTIFICATE_REISSUE,),
)

MARRIAGE_COUNSELLING_ITEM = ServiceItem(
    base_code=MARRIAGE_COUNSELLING,
    name=Text("婚前辅导与婚姻家庭辅导预约", "Booking of premarital and family counselling"),
    synonyms=("婚前辅导", "婚姻咨询", "婚姻家庭辅导", "颁证仪式", "counselling"),
    domain=Domain.MARRIAGE,
    life_events=(LifeEvent.MARRIAGE, LifeEvent.DIVORCE),
    task_type=TaskType.PUBLIC_SERVICE,
    case_type=CaseType.IMMEDIATE,
    effect=LegalEffect.SERVICE,
    basis=(COUNSELLING_RULES,),
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            CONTACT_PHONE,
            choice(
                "topic",
                Text("辅导内容", "About"),
                ("premarital", "婚前辅导", "Before marrying"),
                ("conflict", "夫妻矛盾调适", "Conflicts"),
                ("divorce", "离婚疏导", "Thinking of divorce"),
                ("parenting", "亲子关系", "Children"),
                ("violence", "家庭暴力", "Violence at home"),
                fact="topic",
            ),
            choice(
                "form",
                Text("辅导形式", "How"),
                ("onsite", "现场", "At the registry"),
                ("video", "视频", "By video"),
                ("phone", "电话", "By telephone"),
            ),
            yes_no("together", Text("是否两人一起参加", "Will both take part?")),
            yes_no(
                "safeNow",
                Text("目前人身是否安全", "Are you safe now?"),
                fact="safe_now",
                when=When("topic", ("violence",)),
            ),
            day("visitOn", Text("希望的日期", "Day wished for"), fact="visit_on"),
        )
    ),
    rules=(
        Rule(
            "safe_now",
            ("safe_now",),
            yes("safe_now"),
            Text("目前人身安全", "Safe now"),
            COUNSELLING_RULES,
            Text(
                "有危险请立即拨打110，也可拨打12338；可向人民法院申请人身安全保护令。",
                "In danger call 110 at once, or 12338; a court can order protection.",
            ),
            alternatives=(COERCED_MARRIAGE, TEMPORARY_ASSISTANCE),
            when=When("topic", ("violence",)),
        ),
        visit_day(COUNSELLING_RULES),
    ),
    steps=(
        intake(Level.COUNTY),
        decision(Level.COUNTY, days=1, name=Text("预约确认", "Booking confirmed")),
        service(Level.COUNTY, Text("辅导", "Counselling")),
    ),
    limits=working_days(2, COUNSELLING_RULES, promised=1),
    models=(HandlingModel.FULLY_ONLINE,),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    appointment=Appointment.REQUIRED,
    result=Result(ResultKind.BOOKING, Text("婚姻家庭辅导预约凭证", "Booking of counselling")),
    guide=Guide(
        text=Text(
            "婚姻登记机关设有婚姻家庭辅导室，由社会工作者、心理咨询师、律师免费提供婚前辅导、矛盾调适、离婚疏导等服务，可现场、视频或电话进行。",
            "Registries have counselling rooms where social workers, psychologists and lawyers help without charge, on site, by"
            " video or telephone.",
        ),
        plain=Text(
            "结婚前想聊聊、两口子闹矛盾，都可以约老师谈谈，不要钱。",
            "Before marrying or when you quarrel: talk to somebody, free.",
        ),
        who=Text(
            "准备结婚的、已婚的和考虑离婚的人", "Anybody about to marry, married, or thinking of divorce"
        ),
        counter=Text("任一婚姻登记机关的婚姻家庭辅导室", "The counselling room of any registry"),
    ),
    alternatives=(MARRIAGE_BOOKING, DIVORCE),
)

ITEMS = (MARRIAGE_ARCHIVE_ITEM, MARRIAGE_COUNSELLING_ITEM)
