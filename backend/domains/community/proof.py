"""Certificates of the committee, as few as the law leaves."""

from backend.casework.declaring.codes import (
    COMMUNITY_CERTIFICATE,
    CREMATION_CERTIFICATE,
    MARRIAGE_ARCHIVE,
)
from backend.casework.declaring.conditions import one_of
from backend.casework.declaring.course import decision, intake, review, working_days
from backend.casework.declaring.fields import (
    CONTACT_PHONE,
    UNDERTAKING,
    choice,
    text,
)
from backend.casework.declaring.statutes import COMMITTEE_CERTIFICATES, LOCAL_FIGURE
from backend.casework.definitions import (
    Domain,
    Form,
    Guide,
    LegalEffect,
    Level,
    LifeEvent,
    OnlineDepth,
    Representative,
    Result,
    ResultKind,
    Rule,
    ServiceItem,
    TaskType,
)
from backend.domains.community.certificates import ELSEWHERE, ISSUED
from backend.domains.community.questions import COUNTER, PLACE
from backend.domains.community.rules import place_here
from backend.errors import Text
from backend.viewer import AssuranceLevel

_KINDS = (
    *((issued.code, issued.name.zh, issued.name.en) for issued in ISSUED),
    *(
        (
            other.code,
            f"{other.kind}证明（由{other.where.zh}出具）",
            f"{other.english} (from: {other.where.en})",
        )
        for other in ELSEWHERE
    ),
)

COMMUNITY_CERTIFICATE_ITEM = ServiceItem(
    base_code=COMMUNITY_CERTIFICATE,
    name=Text("社区（村）证明", "Certificates of the community or village"),
    synonyms=("社区证明", "居委会证明", "村委会证明", "开证明", "居住证明", "committee certificate"),
    domain=Domain.COMMUNITY,
    life_events=(LifeEvent.NEIGHBOURHOOD,),
    task_type=TaskType.PUBLIC_SERVICE,
    effect=LegalEffect.RECORD,
    basis=(COMMITTEE_CERTIFICATES, *(issued.basis for issued in ISSUED)),
    representatives=(Representative.GUARDIAN, Representative.AGENT),
    assurance=AssuranceLevel.VERIFIED,
    form=Form(
        (
            CONTACT_PHONE,
            PLACE,
            choice("certificate", Text("需要的证明", "Which certificate"), *_KINDS, fact="certificate"),
            text("requestedBy", Text("要求提供证明的单位", "Who asks for it")),
            text("purpose", Text("用途", "Purpose")),
            UNDERTAKING,
        )
    ),
    rules=(
        Rule(
            "legal_basis",
            ("certificate",),
            one_of("certificate", *(issued.code for issued in ISSUED)),
            Text("法律法规规定由村（居）民委员会出具", "A law says that the committee issues it"),
            COMMITTEE_CERTIFICATES,
            Text(
                "村（居）委会不再出具这项证明，请按所列机构办理；要求提供证明的单位应当自行核实。",
                "Committees no longer issue it: turn to the body named. Whoever asks for it has to check it themselves.",
            ),
            alternatives=(MARRIAGE_ARCHIVE, CREMATION_CERTIFICATE),
        ),
        place_here(COMMITTEE_CERTIFICATES),
    ),
    steps=(
        intake(Level.VILLAGE, days=1),
        review(Level.VILLAGE, days=2),
        decision(Level.VILLAGE, days=2, name=Text("出具证明", "Certificate")),
    ),
    limits=working_days(5, LOCAL_FIGURE, promised=3),
    online_depth=OnlineDepth.FULL,
    electronic_signature=True,
    in_person=False,
    result=Result(ResultKind.CERTIFICATE, Text("社区（村）证明", "Certificate of the community or village")),
    guide=Guide(
        text=Text(
            "村（居）委会只出具法律法规有规定的证明。婚姻、亲属关系、无犯罪记录等二十类证明不再由村（居）委会出具，选择后会告诉您该找谁，多数可网上办理。",
            "Committees issue only what a law tells them to. Twenty kinds (marriage, kinship, criminal record and more) are no"
            " longer theirs: choose one and you are told who knows, mostly online.",
        ),
        plain=Text(
            "选一下要什么证明：能开的我们开，不该我们开的，告诉您去哪儿。",
            "Choose the certificate: we issue it, or tell you who does.",
        ),
        who=Text("本社区（村）居民", "Residents of the community or village"),
        counter=COUNTER,
    ),
    alternatives=(MARRIAGE_ARCHIVE,),
)

ITEMS = (COMMUNITY_CERTIFICATE_ITEM,)
