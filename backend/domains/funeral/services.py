"""What a family needs first: transport and cremation, and the certificate of it."""

from backend.casework.declaring.codes import (
    CEMETERY_BOOKING,
    CREMATION_CERTIFICATE,
    FUNERAL_FEE_RELIEF,
    TRANSPORT_AND_CREMATION,
)
from backend.casework.declaring.conditions import lies_here, no, not_after_today, one_of
from backend.casework.declaring.course import decision, intake, service, working_days
from backend.casework.declaring.fields import UNDERTAKING, choice, day, text, yes_no
from backend.casework.declaring.statutes import LOCAL_FIGURE
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
    OnlineDepth,
    Parameter,
    Representative,
    Result,
    ResultKind,
    Rule,
    ServiceItem,
    TaskType,
)
from backend.domains.funeral.questions import COUNTER, DEATH_CERTIFICATE, DECEASED, DIED_ON
from backend.domains.funeral.rules import cremated_after_death_in_time, died_already, entitled
from backend.domains.funeral.sources import FUNERAL_REGULATIONS
from backend.errors import Text
from backend.viewer import AssuranceLevel

TRANSPORT_ITEM = ServiceItem(
    base_code=TRANSPORT_AND_CREMATION,
    name=Text("遗体接运与火化预约", "Booking of transport and cremation"),
    synonyms=("殡仪馆", "火化预约", "遗体接运", "办丧事", "后事", "cremation"),
    domain=Domain.FUNERAL,
    life_events=(LifeEvent.BEREAVEMENT,),
    task_type=TaskType.PUBLIC_SERVICE,
    case_type=CaseType.IMMEDIATE,
    effect=LegalEffect.SERVICE,
    basis=(FUNERAL_REGULATIONS,),
    representatives=(
        Representative.FAMILY,
        Representative.AGENT,
        Representative.COMMITTEE,
        Representative.INSTITUTION,
    ),
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            *DECEASED,
            DIED_ON,
            choice(
                "certificate",
                Text("死亡证明由谁出具", "Who issues the certificate of death"),
                ("medical", "医疗机构", "A medical body"),
                ("police", "公安机关", "The police"),
                ("none", "还没有", "There is none yet"),
                fact="certificate",
            ),
            yes_no(
                "infectious",
                Text("是否因传染病死亡", "Was it an infectious disease?"),
                fact="infectious",
            ),
            Field("place", Text("接运地点所在区划", "Division to come to"), FieldKind.DIVISION, fact="place"),
            text("address", Text("接运地点", "Place to come to")),
            choice(
                "services",
                Text("需要的服务", "Services"),
                ("transport", "接运", "Transport"),
                ("keeping", "存放", "Keeping"),
                ("farewell", "告别", "Farewell"),
                ("cremation", "火化", "Cremation"),
                ("ashes", "骨灰寄存", "Keeping of the ashes"),
                several=True,
            ),
            day("cremationOn", Text("希望的火化日期", "Day of cremation wished for"), fact="cremation_on"),
            choice(
                "customs",
                Text("民族习俗", "Customs"),
                ("none", "无特殊要求", "Nothing special"),
                ("own", "尊重少数民族丧葬习俗", "A minority's own customs"),
            ),
        )
    ),
    materials=(DEATH_CERTIFICATE,),
    parameters=(
        Parameter("keep_days", Text("遗体存放期限", "Days a body is kept"), 7, "days", 1, 30, LOCAL_FIGURE),
    ),
    rules=(
        entitled(),
        died_already(),
        Rule(
            "certificate",
            ("certificate",),
            one_of("certificate", "medical", "police"),
            Text(
                "已取得医疗机构或公安机关的死亡证明",
                "There is a certificate of death from a medical body or the police",
            ),
            FUNERAL_REGULATIONS,
            Text(
                "在医院去世的由医院出具；在家去世的由社区卫生服务机构出具；非正常死亡的由公安机关出具。",
                "The hospital issues it; at home the community's health centre; the police where death was not natural.",
            ),
        ),
        Rule(
            "in_order",
            ("died_on", "cremation_on"),
            cremated_after_death_in_time,
            Text("火化在死亡后{keep_days}日内", "Cremation within {keep_days} days of the death"),
            LOCAL_FIGURE,
            Text(
                "需要延长存放的，请与殡仪馆商定。",
                "If it must wait longer, agree on it with the funeral home.",
            ),
        ),
        Rule(
            "not_infectious",
            ("infectious",),
            no("infectious"),
            Text("不属于传染病死亡", "Not an infectious disease"),
            FUNERAL_REGULATIONS,
            Text(
                "传染病死亡的须按规定就近立即火化，请由医疗机构直接联系殡仪馆。",
                "Otherwise the hospital itself arranges an immediate cremation nearby.",
            ),
        ),
        Rule(
            "place",
            ("place", "division"),
            lies_here("place"),
            Text("接运地点在申请地", "The place lies where it is applied for"),
            FUNERAL_REGULATIONS,
            Text("请选择逝者现在所在的地方。", "Choose the place where the deceased is now."),
        ),
    ),
    steps=(
        intake(Level.COUNTY),
        decision(Level.COUNTY, days=1, name=Text("预约确认", "Booking confirmed")),
        service(Level.COUNTY, Text("接运、火化", "Transport and cremation")),
    ),
    limits=working_days(1, FUNERAL_REGULATIONS),
    models=(HandlingModel.FULLY_ONLINE,),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    appointment=Appointment.REQUIRED,
    charges=Text(
        "清单内基本服务按政府定价，惠民减免后多数免费；清单外不得收费",
        "Listed basic services at set prices, mostly free after relief; nothing outside of the list",
    ),
    result=Result(ResultKind.BOOKING, Text("遗体接运火化预约凭证", "Booking of transport and cremation")),
    guide=Guide(
        text=Text(
            "24小时预约接运和火化。凭医疗机构或公安机关的死亡证明办理，电子证明可自动调取。基本服务项目实行清单管理，清单之外不得收费。",
            "Book transport and cremation day and night, with the certificate of death, which is fetched electronically."
            " Basic services are on a list, and nothing outside of it may be charged.",
        ),
        plain=Text(
            "亲人走了，先打电话或在这里约车。有死亡证明就行，其他的我们来安排。",
            "Book the car here. The certificate of death is enough; we see to the rest.",
        ),
        who=Text(
            "逝者近亲属、受托人、所在单位或村（居）委会", "Close relatives, agents, employer or committee"
        ),
        counter=COUNTER,
    ),
    alternatives=(FUNERAL_FEE_RELIEF, CEMETERY_BOOKING),
)

CREMATION_CERTIFICATE_ITEM = ServiceItem(
    base_code=CREMATION_CERTIFICATE,
    name=Text("火化证明补办", "New copy of a cremation certificate"),
    synonyms=("火化证", "火化证明丢失", "火化证明补办", "cremation certificate"),
    domain=Domain.FUNERAL,
    life_events=(LifeEvent.BEREAVEMENT,),
    task_type=TaskType.CONFIRMATION,
    effect=LegalEffect.RECORD,
    basis=(FUNERAL_REGULATIONS,),
    representatives=(Representative.FAMILY, Representative.AGENT),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            *DECEASED,
            day("crematedOn", Text("火化日期", "Day of cremation"), fact="cremated_on"),
            text("funeralHome", Text("殡仪馆名称", "Funeral home")),
            Field(
                "place",
                Text("殡仪馆所在区划", "Division of the funeral home"),
                FieldKind.DIVISION,
                fact="place",
            ),
            choice(
                "reason",
                Text("补办原因", "Reason"),
                ("lost", "遗失", "Lost"),
                ("damaged", "损毁", "Damaged"),
            ),
            UNDERTAKING,
        )
    ),
    rules=(
        entitled(),
        Rule(
            "cremated",
            ("cremated_on", "today"),
            not_after_today("cremated_on"),
            Text("已经火化", "The cremation has taken place"),
            FUNERAL_REGULATIONS,
            Text("尚未火化的，请预约火化。", "Otherwise book it."),
            alternatives=(TRANSPORT_AND_CREMATION,),
        ),
        Rule(
            "place",
            ("place", "division"),
            lies_here("place"),
            Text("殡仪馆在申请地", "The funeral home lies where it is applied for"),
            FUNERAL_REGULATIONS,
            Text("请选择当时火化的地方。", "Choose the place of the cremation."),
        ),
    ),
    steps=(
        intake(Level.COUNTY, days=1),
        decision(Level.COUNTY, days=2, name=Text("核档、补发", "Record checked, copy issued")),
    ),
    limits=working_days(5, LOCAL_FIGURE, promised=3),
    models=(HandlingModel.FULLY_ONLINE, HandlingModel.COLLECT_AND_FORWARD),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(ResultKind.CERTIFICATE, Text("火化证明（补发）", "Cremation certificate (copy)")),
    guide=Guide(
        text=Text(
            "火化证明遗失或损毁的，逝者近亲属可以申请补办，殡仪馆核对火化档案后补发电子证明，不收费。",
            "Close relatives get a new copy of a lost or damaged certificate: the funeral home checks its records and issues"
            " it electronically, free of charge.",
        ),
        plain=Text(
            "火化证明丢了，在手机上申请，殡仪馆查一查就补发。",
            "Lost it? Apply here; the funeral home looks it up.",
        ),
        who=Text("逝者近亲属或其受托人", "Close relatives or their agents"),
        counter=Text("原火化的殡仪馆", "The funeral home of the cremation"),
    ),
    alternatives=(CEMETERY_BOOKING,),
)

ITEMS = (TRANSPORT_ITEM, CREMATION_CERTIFICATE_ITEM)
