"""Residents' affairs: opinions and deliberation, bookings, reports to the grid."""

from backend.casework.declaring.codes import (
    COMMUNITY_SERVICE_BOOKING,
    GRID_REPORT,
    HOME_SERVICE_BOOKING,
    NEED_REPORT,
    RESIDENTS_OPINION,
)
from backend.casework.declaring.conditions import at_least, at_most, no
from backend.casework.declaring.course import decision, intake, review, service, working_days
from backend.casework.declaring.fields import (
    CONTACT_PHONE,
    choice,
    day,
    number,
    story,
    text,
    yes_no,
)
from backend.casework.declaring.statutes import LOCAL_FIGURE
from backend.casework.definitions import (
    Appointment,
    Audience,
    CaseType,
    Domain,
    Form,
    Guide,
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
from backend.domains.community.questions import COUNTER, PLACE
from backend.domains.community.rules import day_to_come, place_here
from backend.domains.community.sources import COMMITTEE_LAWS, COMMUNITY_SERVICES, DELIBERATION, GRID_RULES
from backend.errors import Text
from backend.viewer import AssuranceLevel

RESIDENTS_OPINION_ITEM = ServiceItem(
    base_code=RESIDENTS_OPINION,
    name=Text("居民意见与议事协商", "Residents' opinions and deliberation"),
    synonyms=("居民议事", "提意见", "社区协商", "民主协商", "议题征集", "opinion"),
    domain=Domain.COMMUNITY,
    life_events=(LifeEvent.NEIGHBOURHOOD,),
    task_type=TaskType.PUBLIC_SERVICE,
    effect=LegalEffect.SERVICE,
    basis=(COMMITTEE_LAWS, DELIBERATION),
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            PLACE,
            choice(
                "kind",
                Text("类型", "Kind"),
                ("opinion", "意见建议", "Opinion"),
                ("topic", "提出议事协商议题", "Topic for deliberation"),
                fact="kind",
            ),
            choice(
                "subject",
                Text("内容类别", "About"),
                ("environment", "环境卫生", "Environment"),
                ("facilities", "公共设施、加装电梯", "Facilities, lifts"),
                ("safety", "安全", "Safety"),
                ("property", "物业管理", "Property management"),
                ("culture", "文体活动", "Culture and sports"),
                ("committee", "村（居）务公开", "Affairs of the committee"),
                ("other", "其他", "Something else"),
            ),
            story("content", Text("具体内容", "What you want to say")),
            number(
                "supporters",
                Text("联名居民人数（含本人）", "Residents who sign, you included"),
                Unit.PERSONS,
                minimum=1,
                maximum=10000,
                fact="supporters",
                when=When("kind", ("topic",)),
            ),
            yes_no(
                "inCourt",
                Text("是否已进入诉讼、仲裁、行政复议", "Is it before a court, arbitration or review?"),
                fact="in_court",
            ),
            yes_no(
                "publish",
                Text("是否同意公开意见内容（不公开姓名）", "May it be published without your name?"),
            ),
        )
    ),
    parameters=(
        Parameter(
            "voting_age", Text("参加议事的年龄", "Age to take part"), 18, "years", 18, 18, COMMITTEE_LAWS
        ),
        Parameter(
            "least_supporters",
            Text("提出议题的联名人数", "Residents to bring in a topic"),
            10,
            "persons",
            1,
            200,
            LOCAL_FIGURE,
        ),
    ),
    rules=(
        place_here(COMMITTEE_LAWS),
        Rule(
            "voting_age",
            ("age",),
            at_least("age", "voting_age"),
            Text("提出议题须年满{voting_age}周岁", "Whoever brings in a topic is {voting_age} or more"),
            COMMITTEE_LAWS,
            Text("未成年人可以提出意见建议。", "Younger people can give an opinion."),
            when=When("kind", ("topic",)),
        ),
        Rule(
            "supporters",
            ("supporters",),
            at_least("supporters", "least_supporters"),
            Text("联名居民不少于{least_supporters}人", "At least {least_supporters} residents sign"),
            LOCAL_FIGURE,
            Text("人数不足的，可以先作为意见建议提出。", "With fewer, give it as an opinion first."),
            when=When("kind", ("topic",)),
        ),
        Rule(
            "not_in_court",
            ("in_court",),
            no("in_court"),
            Text("未进入诉讼、仲裁、行政复议", "Not before a court, arbitration or review"),
            DELIBERATION,
            Text("请等待司法或复议结果，或向该机关反映。", "Wait for that body or turn to it."),
        ),
    ),
    steps=(
        intake(Level.VILLAGE, days=2),
        review(Level.VILLAGE, days=5),
        decision(Level.VILLAGE, days=8, name=Text("答复或列入议事", "Answer, or put on the agenda")),
    ),
    limits=working_days(15, LOCAL_FIGURE),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(ResultKind.RECEIPT, Text("居民意见答复单", "Answer to a resident")),
    guide=Guide(
        text=Text(
            "居民可以就社区事务提出意见，或联名提出协商议题。社区在规定时间内答复，或组织居民、物业、相关单位协商并公开结果。",
            "Residents give opinions on community affairs or bring in a topic together. The community answers in time, or"
            " brings everybody to the table and publishes what came out.",
        ),
        plain=Text(
            "小区里的事，有想法就说出来，大家一起商量。",
            "Say what should change where you live; we talk it over.",
        ),
        who=Text("本社区（村）居民", "Residents of the community or village"),
        counter=COUNTER,
    ),
    alternatives=(GRID_REPORT,),
)

COMMUNITY_SERVICE_ITEM = ServiceItem(
    base_code=COMMUNITY_SERVICE_BOOKING,
    name=Text("社区服务预约", "Booking of community services"),
    synonyms=("社区活动室", "便民服务", "社区预约", "课后托管", "活动场地预约", "community room"),
    domain=Domain.COMMUNITY,
    life_events=(LifeEvent.NEIGHBOURHOOD, LifeEvent.GROWING_UP),
    task_type=TaskType.PUBLIC_SERVICE,
    case_type=CaseType.IMMEDIATE,
    effect=LegalEffect.SERVICE,
    basis=(COMMUNITY_SERVICES,),
    audience=(Audience.NATURAL_PERSON, Audience.SOCIAL_ORGANISATION, Audience.UNINCORPORATED),
    representatives=(Representative.FAMILY, Representative.AGENT),
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            CONTACT_PHONE,
            PLACE,
            choice(
                "service",
                Text("服务项目", "Service"),
                ("room", "活动室、场地", "Room or ground"),
                ("childcare", "儿童托管", "Child care"),
                ("repair", "便民维修", "Repairs"),
                ("law", "法律咨询", "Legal advice"),
                ("health", "健康讲座、量血压", "Health talks and checks"),
                ("tools", "工具、轮椅借用", "Lending of tools and wheelchairs"),
                fact="service",
            ),
            number(
                "people",
                Text("参加人数", "People"),
                Unit.PERSONS,
                minimum=1,
                maximum=1000,
                fact="people",
                when=When("service", ("room",)),
            ),
            day("wishedOn", Text("日期", "Day"), fact="wished_on"),
            choice(
                "timeOfDay",
                Text("时段", "Time of day"),
                ("morning", "上午", "Morning"),
                ("afternoon", "下午", "Afternoon"),
                ("evening", "晚上", "Evening"),
            ),
        )
    ),
    parameters=(
        Parameter(
            "room_people", Text("场地容纳人数", "People a room holds"), 50, "persons", 5, 500, LOCAL_FIGURE
        ),
    ),
    rules=(
        place_here(COMMUNITY_SERVICES),
        day_to_come(COMMUNITY_SERVICES),
        Rule(
            "fits",
            ("people",),
            at_most("people", "room_people"),
            Text("人数不超过{room_people}人", "{room_people} people at most"),
            LOCAL_FIGURE,
            Text("人数较多的，请联系街道（乡镇）的场地。", "For more people ask for the township's grounds."),
            when=When("service", ("room",)),
        ),
    ),
    steps=(
        intake(Level.VILLAGE),
        decision(Level.VILLAGE, days=1, name=Text("预约确认", "Booking confirmed")),
        service(Level.VILLAGE, Text("提供服务", "The service")),
    ),
    limits=working_days(2, LOCAL_FIGURE, promised=1),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    appointment=Appointment.REQUIRED,
    charges=Text(
        "公益项目免费，维修等按公示价目", "Public services are free; repairs by the published prices"
    ),
    result=Result(ResultKind.BOOKING, Text("社区服务预约凭证", "Booking of a community service")),
    guide=Guide(
        text=Text(
            "预约社区活动室、儿童托管、便民维修、法律咨询、轮椅借用等服务。",
            "Book the community's rooms, child care, repairs, legal advice, wheelchairs and more.",
        ),
        plain=Text(
            "社区里的活动室、维修、借轮椅，点一下就约好。", "Rooms, repairs, a wheelchair: book it here."
        ),
        who=Text("社区居民和社区社会组织", "Residents and community groups"),
        counter=COUNTER,
    ),
    alternatives=(HOME_SERVICE_BOOKING,),
)


GRID_REPORT_ITEM = ServiceItem(
    base_code=GRID_REPORT,
    name=Text("网格报事", "Report to the grid"),
    synonyms=("网格员", "随手拍", "报修", "隐患上报", "井盖坏了", "grid report"),
    domain=Domain.COMMUNITY,
    life_events=(LifeEvent.NEIGHBOURHOOD, LifeEvent.EMERGENCY),
    task_type=TaskType.PUBLIC_SERVICE,
    effect=LegalEffect.SERVICE,
    basis=(GRID_RULES,),
    audience=(Audience.NATURAL_PERSON, Audience.COMPANY, Audience.SOCIAL_ORGANISATION),
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            PLACE,
            text("location", Text("具体位置", "Where exactly")),
            choice(
                "category",
                Text("类别", "Kind"),
                ("road", "道路、井盖、路灯", "Road, manhole, street lamp"),
                ("rubbish", "垃圾、污水", "Rubbish, sewage"),
                ("fire", "消防通道、飞线充电", "Fire lanes, unsafe charging"),
                ("noise", "噪音扰民", "Noise"),
                ("dispute", "邻里纠纷", "Quarrel"),
                ("people", "需要关心的人", "Somebody who needs care"),
                ("other", "其他", "Something else"),
            ),
            yes_no(
                "danger", Text("是否正在危及人身安全", "Is it a danger to people right now?"), fact="danger"
            ),
            story("details", Text("情况描述", "What you see")),
            yes_no("callback", Text("是否需要回访", "Shall we call you back?")),
        )
    ),
    materials=(
        Material(
            "photos",
            Text("现场照片", "Photographs"),
            required=False,
            hint=Text("拍清位置和问题，避免拍到他人正面", "Show place and problem, no faces"),
        ),
    ),
    rules=(
        place_here(GRID_RULES),
        Rule(
            "no_danger",
            ("danger",),
            no("danger"),
            Text("没有正在危及人身安全", "No danger to people right now"),
            GRID_RULES,
            Text("请立即拨打110、119或120。", "Call 110, 119 or 120 at once."),
        ),
    ),
    steps=(
        intake(Level.VILLAGE, days=1),
        review(Level.VILLAGE, days=1),
        decision(Level.TOWNSHIP, days=3, name=Text("处置反馈", "Handled and answered")),
    ),
    limits=working_days(5, GRID_RULES),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(ResultKind.RECEIPT, Text("网格事件处置回执", "Receipt on a report")),
    guide=Guide(
        text=Text(
            "发现身边的隐患和问题，拍照上报，网格员先行处置，处置不了的上报街道（乡镇），结果反馈给您。",
            "Report hazards and problems with a photograph: the grid worker deals with them or passes them up, and you hear"
            " what came of it.",
        ),
        plain=Text(
            "看到井盖坏了、垃圾没人管，拍张照报给网格员。",
            "A broken cover, rubbish: take a picture and send it.",
        ),
        who=Text("任何居民和单位", "Any resident and organisation"),
        counter=COUNTER,
    ),
    alternatives=(RESIDENTS_OPINION, NEED_REPORT),
)

ITEMS = (RESIDENTS_OPINION_ITEM, COMMUNITY_SERVICE_ITEM, GRID_REPORT_ITEM)
