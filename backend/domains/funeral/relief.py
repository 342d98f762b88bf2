"""Money at a death: relief of basic fees, and the award for ecological burial."""

from backend.casework.declaring.codes import CEMETERY_BOOKING, ECOLOGICAL_BURIAL_AWARD, FUNERAL_FEE_RELIEF
from backend.casework.declaring.conditions import one_of
from backend.casework.declaring.course import decision, intake, payment, review, working_days
from backend.casework.declaring.fields import UNDERTAKING, choice, day, text, yes_no
from backend.casework.declaring.statutes import LOCAL_FIGURE
from backend.casework.definitions import (
    Domain,
    Form,
    Guide,
    HandlingModel,
    Issuer,
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
)
from backend.domains.funeral.questions import ACCOUNT, CREMATION_PAPER, DECEASED, WINDOW
from backend.domains.funeral.rules import NOT_CLAIMED, deceased_registered_here, entitled, in_time
from backend.domains.funeral.sources import ECOLOGICAL_RULES, FEE_RELIEF_RULES, FUNERAL_REGULATIONS
from backend.errors import Text
from backend.viewer import AssuranceLevel

FEE_RELIEF_ITEM = ServiceItem(
    base_code=FUNERAL_FEE_RELIEF,
    name=Text("惠民殡葬基本服务费减免", "Relief of basic funeral fees"),
    synonyms=("殡葬减免", "火化费减免", "惠民殡葬", "丧葬补贴", "funeral fee relief"),
    domain=Domain.FUNERAL,
    life_events=(LifeEvent.BEREAVEMENT, LifeEvent.HARDSHIP),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(FEE_RELIEF_RULES, FUNERAL_REGULATIONS),
    representatives=(
        Representative.FAMILY,
        Representative.AGENT,
        Representative.COMMITTEE,
        Representative.INSTITUTION,
    ),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            *DECEASED,
            day("crematedOn", Text("火化日期", "Day of cremation"), fact="cremated_on"),
            choice(
                "items",
                Text("申请减免的项目", "Services to be relieved"),
                ("transport", "遗体接运", "Transport"),
                ("keeping", "遗体存放", "Keeping"),
                ("cremation", "遗体火化", "Cremation"),
                ("ashes", "骨灰寄存", "Keeping of the ashes"),
                several=True,
            ),
            yes_no("claimed", Text("是否已享受过减免或同类补助", "Was relief given before?"), fact="claimed"),
            ACCOUNT,
            UNDERTAKING,
        )
    ),
    materials=(CREMATION_PAPER,),
    parameters=(
        Parameter("claim_days", Text("申请期限", "Days to apply"), 180, "days", 30, 730, LOCAL_FIGURE),
        Parameter(
            "cap_fen", Text("减免上限", "Most that is relieved"), 150_000, "fen", 0, 1_000_000, LOCAL_FIGURE
        ),
    ),
    rules=(
        entitled(FEE_RELIEF_RULES),
        deceased_registered_here(),
        in_time("cremated_on", "火化", "the cremation", LOCAL_FIGURE),
        NOT_CLAIMED,
    ),
    steps=(
        intake(Level.COUNTY, days=2),
        review(Level.COUNTY, days=3),
        decision(Level.COUNTY, days=5),
        payment(),
    ),
    limits=working_days(10, LOCAL_FIGURE),
    models=(HandlingModel.FULLY_ONLINE, HandlingModel.COLLECT_AND_FORWARD),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.DECISION, Text("殡葬基本服务费减免通知书", "Notice on the relief of funeral fees")
    ),
    guide=Guide(
        text=Text(
            "当地户籍居民去世后，遗体接运、存放、火化、骨灰寄存等基本服务费按当地标准减免；在外地火化的，可在规定时间内申请报销。",
            "Basic fees for transport, keeping, cremation and ashes are relieved for those registered there; whoever was"
            " cremated elsewhere is reimbursed within the time set.",
        ),
        plain=Text(
            "火化、接运这些基本费用可以减免。在外地火化的，也能回来报销。",
            "Basic fees are taken off; cremated elsewhere, they are paid back.",
        ),
        who=Text("逝者近亲属或丧事承办人", "Close relatives, or whoever arranged the funeral"),
        counter=WINDOW,
    ),
    pays=("cap_fen",),
    organ_facts=("deceased_household_division",),
    alternatives=(ECOLOGICAL_BURIAL_AWARD,),
)

ECOLOGICAL_ITEM = ServiceItem(
    base_code=ECOLOGICAL_BURIAL_AWARD,
    name=Text("节地生态安葬奖补", "Award for ecological burial"),
    synonyms=("生态安葬", "海葬", "树葬", "花葬", "节地生态葬", "sea burial"),
    domain=Domain.FUNERAL,
    life_events=(LifeEvent.BEREAVEMENT,),
    task_type=TaskType.PAYMENT,
    effect=LegalEffect.BENEFIT,
    basis=(ECOLOGICAL_RULES, FUNERAL_REGULATIONS),
    representatives=(Representative.FAMILY, Representative.AGENT),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            *DECEASED,
            choice(
                "way",
                Text("安葬方式", "Kind of burial"),
                ("sea", "骨灰海葬", "At sea"),
                ("tree", "树葬、花葬、草坪葬", "Under trees, flowers or grass"),
                ("wall", "壁葬、骨灰堂", "Wall niche, columbarium"),
                ("grave", "传统墓葬", "A grave"),
                fact="way",
            ),
            yes_no("noTrace", Text("是否不保留骨灰、不立碑", "Are no ashes kept and no stone set?")),
            day("buriedOn", Text("安葬日期", "Day of the burial"), fact="buried_on"),
            text("place", Text("安葬地点", "Place of the burial")),
            yes_no(
                "claimed", Text("是否已领取过生态安葬奖补", "Was the award given before?"), fact="claimed"
            ),
            ACCOUNT,
            UNDERTAKING,
        )
    ),
    materials=(
        Material(
            "burial-record",
            Text("生态安葬凭证", "Record of the burial"),
            required=True,
            hint=Text("由安葬服务单位出具", "From whoever carried it out"),
            issuer=Issuer.SERVICE_PROVIDER,
            basis=ECOLOGICAL_RULES,
        ),
    ),
    parameters=(
        Parameter("claim_days", Text("申请期限", "Days to apply"), 365, "days", 30, 730, LOCAL_FIGURE),
        Parameter(
            "sea_fen", Text("海葬奖补", "Award for burial at sea"), 200_000, "fen", 0, 2_000_000, LOCAL_FIGURE
        ),
        Parameter(
            "tree_fen",
            Text("树葬等奖补", "Award for burial under trees"),
            100_000,
            "fen",
            0,
            2_000_000,
            LOCAL_FIGURE,
        ),
    ),
    rules=(
        entitled(ECOLOGICAL_RULES),
        Rule(
            "ecological",
            ("way",),
            one_of("way", "sea", "tree"),
            Text(
                "采用海葬、树葬、花葬、草坪葬等不占或少占土地的方式",
                "At sea, or under trees, flowers or grass",
            ),
            ECOLOGICAL_RULES,
            Text(
                "壁葬、骨灰堂和传统墓葬不在奖补范围，可申请惠民减免。",
                "Niches and graves have no award; relief of fees may fit.",
            ),
            alternatives=(FUNERAL_FEE_RELIEF, CEMETERY_BOOKING),
        ),
        deceased_registered_here(ECOLOGICAL_RULES),
        in_time("buried_on", "安葬", "the burial", LOCAL_FIGURE),
        NOT_CLAIMED,
    ),
    steps=(
        intake(Level.COUNTY, days=3),
        review(Level.COUNTY, days=5),
        decision(Level.COUNTY, days=7),
        payment(),
    ),
    limits=working_days(15, LOCAL_FIGURE),
    models=(HandlingModel.FULLY_ONLINE, HandlingModel.COLLECT_AND_FORWARD),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(
        ResultKind.DECISION, Text("生态安葬奖补通知书", "Notice on the award for ecological burial")
    ),
    guide=Guide(
        text=Text(
            "选择海葬、树葬、花葬、草坪葬等节地生态安葬方式的，给予一次性奖补，金额由当地规定。",
            "Whoever chooses burial at sea or under trees, flowers or grass gets an award once; the amount is set locally.",
        ),
        plain=Text(
            "选择海葬、树葬这样不占地的方式，政府给奖励。", "Burial at sea or under a tree is rewarded."
        ),
        who=Text("选择生态安葬的逝者近亲属", "Close relatives who choose it"),
        counter=WINDOW,
    ),
    pays=("sea_fen", "tree_fen"),
    organ_facts=("deceased_household_division",),
    alternatives=(FUNERAL_FEE_RELIEF,),
)

ITEMS = (FEE_RELIEF_ITEM, ECOLOGICAL_ITEM)
