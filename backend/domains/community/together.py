"""Acting together: volunteers with their hours, and community groups that are put on file."""

from backend.casework.declaring.codes import COMMUNITY_GROUP_FILING, COMMUNITY_SERVICE_BOOKING, VOLUNTEER
from backend.casework.declaring.conditions import at_least, no, yes
from backend.casework.declaring.course import decision, intake, review, working_days
from backend.casework.declaring.fields import CONTACT_PHONE, choice, number, person_number, text, yes_no
from backend.casework.declaring.papers import stated_or_shown
from backend.casework.declaring.statutes import LOCAL_FIGURE
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
    TaskType,
    Unit,
    When,
)
from backend.domains.community.questions import PLACE
from backend.domains.community.rules import of_age_or_with_guardian, period_is_over, place_here
from backend.domains.community.sources import GROUP_RULES, VOLUNTEER_RULES
from backend.errors import Text
from backend.viewer import AssuranceLevel

VOLUNTEER_ITEM = ServiceItem(
    base_code=VOLUNTEER,
    name=Text("志愿者注册与服务时长", "Volunteers: registration and hours"),
    synonyms=("志愿者", "志愿服务", "志愿时长", "志愿者证", "义工", "volunteer"),
    domain=Domain.COMMUNITY,
    life_events=(LifeEvent.NEIGHBOURHOOD, LifeEvent.SCHOOL, LifeEvent.RETIREMENT),
    task_type=TaskType.PUBLIC_SERVICE,
    case_type=CaseType.IMMEDIATE,
    effect=LegalEffect.RECORD,
    basis=(VOLUNTEER_RULES,),
    representatives=(Representative.GUARDIAN,),
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            CONTACT_PHONE,
            choice(
                "kind",
                Text("办理内容", "What you want"),
                ("register", "注册成为志愿者", "To register"),
                ("certificate", "开具志愿服务记录证明", "A certificate of hours"),
                ("correct", "更正服务时长", "To have hours corrected"),
                fact="kind",
            ),
            choice(
                "skills",
                Text("服务意向", "What you would do"),
                ("elderly", "助老", "Older people"),
                ("children", "关爱儿童", "Children"),
                ("disabled", "助残", "Disabled people"),
                ("environment", "环保", "Environment"),
                ("emergency", "应急", "Emergencies"),
                ("culture", "文化、教育", "Culture, teaching"),
                several=True,
                when=When("kind", ("register",)),
            ),
            yes_no(
                "guardianConsents",
                Text(
                    "未满18周岁的，监护人是否同意（成年人选“是”）",
                    "Under 18: does the guardian consent (others: yes)?",
                ),
                fact="guardian_consents",
                when=When("kind", ("register",)),
            ),
            Field(
                "period",
                Text("服务起止日期", "Days of the service"),
                FieldKind.DATE_RANGE,
                fact="period",
                when=When("kind", ("certificate", "correct")),
            ),
            number(
                "minutes",
                Text("应记录的时长", "Time that should be recorded"),
                Unit.MINUTES,
                minimum=1,
                maximum=600000,
                when=When("kind", ("correct",)),
            ),
            text(
                "organisation",
                Text("服务组织", "Organisation served"),
                when=When("kind", ("certificate", "correct")),
            ),
        )
    ),
    materials=(
        stated_or_shown(
            "service-record",
            Text("志愿服务记录", "Record of the service"),
            Text("本人承诺所填服务时长属实。", "I state that the time served is true."),
            Text("服务组织的签到记录、照片等", "The organisation's list, photographs and the like"),
            when=When("kind", ("correct",)),
        ),
    ),
    parameters=(
        Parameter("least_age", Text("注册年龄下限", "Least age"), 8, "years", 6, 14, VOLUNTEER_RULES),
        Parameter("adult_age", Text("成年年龄", "Age of majority"), 18, "years", 18, 18, VOLUNTEER_RULES),
    ),
    rules=(
        Rule(
            "age",
            ("age",),
            at_least("age", "least_age"),
            Text("年满{least_age}周岁", "{least_age} years or more"),
            VOLUNTEER_RULES,
            Text("年龄较小的可由监护人带领参加活动。", "Younger children come along with their guardian."),
            when=When("kind", ("register",)),
        ),
        Rule(
            "guardian",
            ("age", "guardian_consents"),
            of_age_or_with_guardian,
            Text("未满{adult_age}周岁的须经监护人同意", "Under {adult_age} the guardian consents"),
            VOLUNTEER_RULES,
            Text("请先征得监护人同意。", "Ask your guardian first."),
            when=When("kind", ("register",)),
        ),
        Rule(
            "period_is_over",
            ("period", "today"),
            period_is_over,
            Text("服务已经结束", "The service is over"),
            VOLUNTEER_RULES,
            Text("服务结束后再申请。", "Apply once it is over."),
            when=When("kind", ("certificate", "correct")),
        ),
    ),
    steps=(
        intake(Level.TOWNSHIP),
        decision(Level.COUNTY, days=2, name=Text("登记、出具记录证明", "Registration or certificate")),
    ),
    limits=working_days(5, VOLUNTEER_RULES, promised=2),
    models=(HandlingModel.FULLY_ONLINE,),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.CERTIFICATE,
        Text("志愿者注册信息或志愿服务记录证明", "Registration, or certificate of hours"),
    ),
    guide=Guide(
        text=Text(
            "注册成为志愿者，查询和更正服务时长，开具全国通用的志愿服务记录证明，扫码可核验，不收取任何费用。",
            "Register as a volunteer, see and correct your hours, and get a certificate that is valid everywhere and can be"
            " verified. It costs nothing.",
        ),
        plain=Text(
            "想做好事就注册，做了多少小时都记着，需要时开证明。",
            "Register, help, and your hours are counted.",
        ),
        who=Text(
            "愿意参加志愿服务的人，未成年人须监护人同意", "Anybody who wants to help; minors with consent"
        ),
        counter=Text("社区（村）志愿服务站", "The volunteers' station of the community"),
    ),
    alternatives=(COMMUNITY_GROUP_FILING,),
)

COMMUNITY_GROUP_ITEM = ServiceItem(
    base_code=COMMUNITY_GROUP_FILING,
    name=Text("社区社会组织备案", "Filing of a community group"),
    synonyms=("社区社会组织", "社团备案", "兴趣队伍备案", "广场舞队", "互助会", "community group"),
    domain=Domain.COMMUNITY,
    life_events=(LifeEvent.NEIGHBOURHOOD, LifeEvent.RETIREMENT),
    task_type=TaskType.OTHER_POWER,
    effect=LegalEffect.RECORD,
    basis=(GROUP_RULES,),
    audience=(Audience.NATURAL_PERSON, Audience.UNINCORPORATED, Audience.SOCIAL_ORGANISATION),
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            CONTACT_PHONE,
            PLACE,
            text("groupName", Text("组织名称", "Name of the group")),
            choice(
                "field",
                Text("活动类别", "Kind of activity"),
                ("service", "服务福利", "Services"),
                ("help", "公益慈善、互助", "Charity, mutual help"),
                ("culture", "文体娱乐", "Culture and sports"),
                ("safety", "治安民调", "Safety and mediation"),
                ("environment", "环境物业", "Environment"),
            ),
            number(
                "memberCount",
                Text("成员人数", "Members"),
                Unit.PERSONS,
                minimum=1,
                maximum=5000,
                fact="member_count",
            ),
            Field(
                "leaders",
                Text("负责人", "Leaders"),
                FieldKind.LIST,
                minimum=1,
                maximum=5,
                fields=(
                    text("name", Text("姓名", "Name")),
                    person_number("number", Text("身份证号码", "Resident number")),
                    Field("phone", Text("电话", "Telephone"), FieldKind.PHONE),
                ),
            ),
            yes_no("nonProfit", Text("是否不以营利为目的", "Is it not for profit?"), fact="non_profit"),
            yes_no(
                "registrable",
                Text(
                    "是否已符合社会组织登记条件并希望登记",
                    "Does it meet the conditions of registration and want it?",
                ),
                fact="wants_registration",
            ),
        )
    ),
    materials=(
        Material(
            "rules",
            Text("活动章程或公约", "Rules of the group"),
            required=True,
            hint=Text(
                "写明名称、宗旨、活动、负责人产生办法", "Name, purpose, activities, how leaders are chosen"
            ),
        ),
    ),
    parameters=(
        Parameter("adult_age", Text("负责人年龄", "Age of the applicant"), 18, "years", 18, 18, GROUP_RULES),
        Parameter("least_members", Text("成员人数下限", "Least members"), 5, "persons", 2, 50, LOCAL_FIGURE),
    ),
    rules=(
        place_here(GROUP_RULES),
        Rule(
            "adult",
            ("age",),
            at_least("age", "adult_age"),
            Text("申请人年满{adult_age}周岁", "The applicant is {adult_age} or more"),
            GROUP_RULES,
            Text("请由成年成员申请。", "A grown-up member applies."),
        ),
        Rule(
            "members",
            ("member_count",),
            at_least("member_count", "least_members"),
            Text("成员不少于{least_members}人", "{least_members} members or more"),
            LOCAL_FIGURE,
            Text(
                "人数不足的，可以先在社区登记活动。", "With fewer, just tell the community of your activity."
            ),
            alternatives=(COMMUNITY_SERVICE_BOOKING,),
        ),
        Rule(
            "non_profit",
            ("non_profit",),
            yes("non_profit"),
            Text("不以营利为目的", "Not for profit"),
            GROUP_RULES,
            Text("以营利为目的的，请办理经营主体登记。", "For profit, register a business."),
        ),
        Rule(
            "filing_fits",
            ("wants_registration",),
            no("wants_registration"),
            Text("尚不符合或不申请社会组织登记", "Not yet fit for, or not wanting, registration"),
            GROUP_RULES,
            Text(
                "符合登记条件的，请向县级民政部门申请社会组织登记。",
                "Otherwise apply to the county for registration.",
            ),
        ),
    ),
    steps=(
        intake(Level.VILLAGE, days=2),
        review(Level.VILLAGE, days=3),
        decision(Level.TOWNSHIP, days=5, name=Text("备案", "Filing")),
    ),
    limits=working_days(10, LOCAL_FIGURE),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(ResultKind.RECORD, Text("社区社会组织备案通知书", "Notice of filing")),
    guide=Guide(
        text=Text(
            "尚未达到登记条件、在本社区活动的文体、互助、公益等队伍，可以向街道（乡镇）备案，享受场地、培训和项目支持。",
            "Groups for culture, mutual help or charity that are not yet fit for registration can be put on file with the"
            " township, and get rooms, training and projects.",
        ),
        plain=Text(
            "广场舞队、互助小组想有个名分，报个备案就行。", "Your dance or help group can be put on file."
        ),
        who=Text("社区社会组织负责人", "Leaders of community groups"),
        counter=Text("社区（村）党群服务中心、街道（乡镇）", "The community centre or the township"),
    ),
    alternatives=(VOLUNTEER,),
)

ITEMS = (VOLUNTEER_ITEM, COMMUNITY_GROUP_ITEM)
