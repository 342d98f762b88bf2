"""Going to people: those somebody reports as in need, those without means on the street."""

from backend.casework.declaring.codes import (
    NEED_REPORT,
    TEMPORARY_ASSISTANCE,
    VAGRANT_ASSISTANCE,
)
from backend.casework.declaring.conditions import lies_here, no
from backend.casework.declaring.course import (
    decision,
    home_visit,
    intake,
    service,
    working_days,
)
from backend.casework.declaring.fields import (
    CONTACT_PHONE,
    choice,
    story,
    text,
    yes_no,
)
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
    TaskType,
    When,
)
from backend.domains.social_assistance.sources import LOW_INCOME_POPULATION, VAGRANT_RULES
from backend.errors import Text
from backend.viewer import AssuranceLevel

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

ITEMS = (NEED_REPORT_ITEM, VAGRANT_ASSISTANCE_ITEM)
