"""Where ashes rest: cemeteries and columbaria, and the way from one province to another."""

from dataclasses import replace

from backend.casework.declaring.codes import ASHES_RELOCATION, CEMETERY_BOOKING, ECOLOGICAL_BURIAL_AWARD
from backend.casework.declaring.conditions import at_least, at_most, lies_here, none_of, yes
from backend.casework.declaring.course import decision, intake, review, service, working_days
from backend.casework.declaring.fields import (
    CONTACT_PHONE,
    UNDERTAKING,
    choice,
    day,
    number,
    person_number,
    text,
    yes_no,
)
from backend.casework.declaring.papers import stated_or_shown
from backend.casework.declaring.statutes import LOCAL_FIGURE, unverified
from backend.casework.definitions import (
    Appointment,
    Domain,
    Field,
    FieldKind,
    Form,
    Guide,
    HandlingModel,
    HandoverLimits,
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
    Unit,
    When,
)
from backend.domains.funeral.questions import CREMATION_PAPER, DEATH_CERTIFICATE, DECEASED
from backend.domains.funeral.rules import day_to_come, entitled, of_different_provinces
from backend.domains.funeral.sources import CEMETERY_RULES, FUNERAL_REGULATIONS
from backend.errors import Text
from backend.viewer import AssuranceLevel

CEMETERY_ITEM = ServiceItem(
    base_code=CEMETERY_BOOKING,
    name=Text("公墓（骨灰堂）查询与预约", "Cemeteries and columbaria: enquiry and booking"),
    synonyms=("公墓", "骨灰堂", "墓地", "骨灰存放", "扫墓预约", "cemetery"),
    domain=Domain.FUNERAL,
    life_events=(LifeEvent.BEREAVEMENT,),
    task_type=TaskType.PUBLIC_SERVICE,
    effect=LegalEffect.SERVICE,
    basis=(FUNERAL_REGULATIONS, CEMETERY_RULES),
    representatives=(Representative.FAMILY, Representative.AGENT),
    assurance=AssuranceLevel.REAL_NAME,
    form=Form(
        (
            CONTACT_PHONE,
            choice(
                "kind",
                Text("办理内容", "What you want"),
                ("visit", "祭扫预约", "To visit a grave"),
                ("place", "预约墓位、格位", "A grave or niche"),
                fact="kind",
            ),
            text("cemetery", Text("公墓或骨灰堂", "Cemetery or columbarium")),
            choice(
                "forWhom",
                Text("为谁预约", "For whom"),
                ("deceased", "逝者", "A deceased"),
                ("elderly", "高龄老人", "Somebody of great age"),
                ("critically-ill", "危重病人", "Somebody critically ill"),
                ("spouse", "已安葬者的配偶（合葬）", "The spouse of somebody buried there"),
                ("other", "其他健在的人", "Another living person"),
                fact="for_whom",
                when=When("kind", ("place",)),
            ),
            text("personName", Text("其姓名", "That person's name"), when=When("kind", ("place",))),
            person_number(
                "personNumber",
                Text("其身份证号码", "That person's resident number"),
                fact="person",
                when=When("kind", ("place",)),
            ),
            day("wishedOn", Text("日期", "Day"), fact="wished_on"),
            number(
                "visitors",
                Text("祭扫人数", "Visitors"),
                Unit.PERSONS,
                minimum=1,
                maximum=50,
                fact="visitors",
                when=When("kind", ("visit",)),
            ),
            number(
                "years",
                Text("使用年限", "Years of use"),
                Unit.YEARS,
                minimum=1,
                maximum=70,
                fact="years",
                when=When("kind", ("place",)),
            ),
        )
    ),
    materials=(
        replace(
            DEATH_CERTIFICATE, when=When("forWhom", ("deceased",)), holder=("personName", "personNumber")
        ),
        replace(CREMATION_PAPER, when=When("forWhom", ("deceased",)), holder=("personName", "personNumber")),
    ),
    parameters=(
        Parameter(
            "great_age",
            Text("可预订的高龄", "Great age for which one may book"),
            80,
            "years",
            70,
            90,
            FUNERAL_REGULATIONS,
        ),
        Parameter(
            "most_years",
            Text("一次缴费使用年限上限", "Most years at one time"),
            20,
            "years",
            1,
            20,
            CEMETERY_RULES,
        ),
        Parameter(
            "most_visitors",
            Text("每次祭扫人数上限", "Most visitors at a time"),
            10,
            "persons",
            1,
            50,
            LOCAL_FIGURE,
        ),
    ),
    rules=(
        day_to_come(),
        Rule(
            "not_in_advance",
            ("for_whom",),
            none_of("for_whom", "other"),
            Text(
                "凭死亡证明和火化证明预约，高龄老人、危重病人、合葬除外",
                "With death and cremation certificate; great age, critical illness and spouses apart",
            ),
            FUNERAL_REGULATIONS,
            Text(
                "法规禁止炒买炒卖墓位，不能为其他健在的人预订。",
                "Graves may not be traded: nobody else may book in advance.",
            ),
            when=When("kind", ("place",)),
        ),
        Rule(
            "great_age",
            ("person_age",),
            at_least("person_age", "great_age"),
            Text("高龄老人年满{great_age}周岁", "Of great age: {great_age} or more"),
            FUNERAL_REGULATIONS,
            Text("未到年龄的不能预订。", "Below it nothing can be booked."),
            when=When("for_whom", ("elderly",)),
        ),
        Rule(
            "years",
            ("years",),
            at_most("years", "most_years"),
            Text("一次使用年限不超过{most_years}年", "{most_years} years at most at one time"),
            CEMETERY_RULES,
            Text("到期可以续用。", "It can be renewed afterwards."),
            when=When("kind", ("place",)),
        ),
        Rule(
            "visitors",
            ("visitors",),
            at_most("visitors", "most_visitors"),
            Text("每次祭扫不超过{most_visitors}人", "{most_visitors} visitors at most"),
            LOCAL_FIGURE,
            Text("人数较多的，请分时段预约。", "For more, book several times of day."),
            when=When("kind", ("visit",)),
        ),
    ),
    steps=(
        intake(Level.COUNTY),
        review(Level.COUNTY, days=2),
        decision(Level.COUNTY, days=1, name=Text("预约确认", "Booking confirmed")),
    ),
    limits=working_days(5, LOCAL_FIGURE, promised=3),
    models=(HandlingModel.FULLY_ONLINE,),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    appointment=Appointment.REQUIRED,
    charges=Text(
        "祭扫免费；墓位、格位按公示价格，公益性公墓按政府定价",
        "Visits are free; graves and niches by published or set prices",
    ),
    result=Result(ResultKind.BOOKING, Text("公墓（骨灰堂）预约凭证", "Booking at a cemetery or columbarium")),
    guide=Guide(
        text=Text(
            "查询公墓、骨灰堂的位置、价格和余位，预约祭扫或墓位、格位。墓位、格位凭死亡证明和火化证明提供，高龄老人、危重病人等例外。",
            "Find cemeteries and columbaria with prices and free places, book a visit or a grave or niche. Graves and niches are"
            " given on death and cremation certificate; great age and critical illness are exceptions.",
        ),
        plain=Text(
            "查墓地、约扫墓，都在这里。价格公开，不多收。", "Find a cemetery, book a visit. Prices are open."
        ),
        who=Text(
            "逝者亲属；高龄老人、危重病人及其家属",
            "Relatives of the deceased; people of great age or critically ill",
        ),
        counter=Text("各公墓、骨灰堂业务室", "The office of any cemetery or columbarium"),
    ),
    alternatives=(ECOLOGICAL_BURIAL_AWARD, ASHES_RELOCATION),
)

ASHES_RELOCATION_ITEM = ServiceItem(
    base_code=ASHES_RELOCATION,
    name=Text("骨灰跨省迁移", "Moving ashes to another province"),
    synonyms=("骨灰迁移", "迁坟", "骨灰回乡", "骨灰跨省", "move ashes"),
    domain=Domain.FUNERAL,
    life_events=(LifeEvent.BEREAVEMENT, LifeEvent.MOVING),
    task_type=TaskType.PUBLIC_SERVICE,
    effect=LegalEffect.SERVICE,
    basis=(FUNERAL_REGULATIONS,),
    representatives=(Representative.FAMILY, Representative.AGENT),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            *DECEASED,
            Field(
                "fromPlace", Text("迁出地区划", "Division moved from"), FieldKind.DIVISION, fact="from_place"
            ),
            text("fromCemetery", Text("现存放（安葬）处", "Where the ashes are")),
            Field("toPlace", Text("迁入地区划", "Division moved to"), FieldKind.DIVISION, fact="to_place"),
            choice(
                "destination",
                Text("迁入后的安放方式", "How they will rest"),
                ("cemetery", "经批准的公墓", "An approved cemetery"),
                ("columbarium", "骨灰堂", "A columbarium"),
                ("ecological", "生态安葬", "Ecological burial"),
                ("own-land", "自留地、山地等", "Own land or hills"),
                fact="destination",
            ),
            yes_no(
                "familyAgrees",
                Text("其他近亲属是否一致同意", "Do the other close relatives agree?"),
                fact="family_agrees",
            ),
            yes_no(
                "placeConfirmed",
                Text("迁入单位是否已同意接收", "Has the new place agreed to take them?"),
                fact="place_confirmed",
            ),
            day("wishedOn", Text("迁移日期", "Day of the move"), fact="wished_on"),
            UNDERTAKING,
        )
    ),
    materials=(
        CREMATION_PAPER,
        stated_or_shown(
            "family-consent",
            Text("近亲属一致同意书", "Consent of the close relatives"),
            Text(
                "本人承诺已取得其他近亲属一致同意，由此产生的争议由本人承担。",
                "I state that all close relatives agree and answer for disputes.",
            ),
            Text("可以签署承诺代替", "The signed statement will do"),
        ),
    ),
    rules=(
        entitled(),
        Rule(
            "different_provinces",
            ("from_place", "to_place"),
            of_different_provinces,
            Text("迁出地和迁入地在不同省份", "From one province to another"),
            FUNERAL_REGULATIONS,
            Text("省内迁移请直接联系两处公墓（骨灰堂）。", "Within a province turn to the two cemeteries."),
            alternatives=(CEMETERY_BOOKING,),
        ),
        Rule(
            "from_here",
            ("from_place", "division"),
            lies_here("from_place"),
            Text("迁出地在申请地", "They are moved from the place applied to"),
            FUNERAL_REGULATIONS,
            Text("请向骨灰现在所在的地方申请。", "Apply where the ashes are now."),
        ),
        Rule(
            "lawful_place",
            ("destination",),
            none_of("destination", "own-land"),
            Text(
                "迁入经批准的公墓、骨灰堂或采用生态安葬",
                "To an approved cemetery, a columbarium or ecological burial",
            ),
            FUNERAL_REGULATIONS,
            Text(
                "禁止在公墓和农村公益性墓地以外建造坟墓，可选择骨灰堂或生态安葬。",
                "Graves elsewhere are forbidden: choose a columbarium or ecological burial.",
            ),
            alternatives=(CEMETERY_BOOKING, ECOLOGICAL_BURIAL_AWARD),
        ),
        Rule(
            "family_agrees",
            ("family_agrees",),
            yes("family_agrees"),
            Text("近亲属一致同意", "The close relatives agree"),
            FUNERAL_REGULATIONS,
            Text("意见不一的，可以申请人民调解。", "If not, ask for mediation."),
        ),
        Rule(
            "place_confirmed",
            ("place_confirmed",),
            yes("place_confirmed"),
            Text("迁入单位已同意接收", "The new place has agreed"),
            FUNERAL_REGULATIONS,
            Text("请先在迁入地预约墓位、格位。", "Book a grave or niche there first."),
            alternatives=(CEMETERY_BOOKING,),
        ),
        day_to_come(),
    ),
    steps=(
        intake(Level.COUNTY, days=2),
        review(Level.COUNTY, days=3),
        decision(Level.COUNTY, days=5, name=Text("两地确认", "Confirmed by both places")),
        service(Level.COUNTY, Text("迁出、接收", "Handed out and taken in")),
    ),
    limits=working_days(10, LOCAL_FIGURE),
    models=(HandlingModel.JOINT, HandlingModel.COLLECT_AND_FORWARD),
    handover=HandoverLimits(
        3, (10,), 3, unverified("各地骨灰跨省迁移协作办法", "Local arrangements on moving ashes")
    ),
    online_depth=OnlineDepth.APPLY,
    electronic_signature=True,
    in_person=False,
    appointment=Appointment.REQUIRED,
    result=Result(ResultKind.RECORD, Text("骨灰迁移确认单", "Confirmation of the move")),
    guide=Guide(
        text=Text(
            "需要把骨灰迁到外省安葬的，一次申请，由迁出地和迁入地协同确认，电子证明随迁移单流转，到迁入地凭单接收。",
            "To move ashes to another province apply once: both places confirm, the papers travel with the form, and the new"
            " place takes the ashes in.",
        ),
        plain=Text(
            "想把亲人的骨灰带回老家，在这里申请一次，两边都替您联系好。",
            "To bring the ashes home, apply once; we arrange both sides.",
        ),
        who=Text("逝者近亲属或其受托人", "Close relatives or their agents"),
        counter=Text(
            "骨灰现存放处的公墓、骨灰堂或殡仪馆", "The cemetery, columbarium or funeral home where they are"
        ),
    ),
    alternatives=(CEMETERY_BOOKING,),
)

ITEMS = (CEMETERY_ITEM, ASHES_RELOCATION_ITEM)
