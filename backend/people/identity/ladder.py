"""The ladder of assurance: what is needed, what has been proven, and the ways that lead up.

No level is reached by a face alone: the last two ways of the table are always open, to everybody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from backend.database.record import fetch_one
from backend.errors import StepUpNeeded, Text
from backend.kit import clock
from backend.kit.documents import DocumentKind
from backend.people.accounts.models import Platform
from backend.people.identity.models import AssuranceMethod, ConsentKind
from backend.people.identity.queries import AGE_OF_OWN_CONSENT, assurance_of, consents_of
from backend.resources import Resources
from backend.viewer import Assurance, AssuranceLevel, Citizen


@dataclass(frozen=True, slots=True)
class Need:
    """What has to be proven, how long ago at most, and in which ways.

    Without ``within`` as long as the proof counts; without ``methods`` in any way.
    """

    level: AssuranceLevel
    within: timedelta | None = None
    methods: frozenset[AssuranceMethod] | None = None


TO_APPLY = Need(AssuranceLevel.VERIFIED)
"""What most items want."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way up: how high it leads, how long it counts, whether a face is looked at, and by whose consent."""

    method: AssuranceMethod
    level: AssuranceLevel
    lifetime: timedelta
    face: bool = False
    consent: ConsentKind | None = None


FACE_LIFETIME = timedelta(minutes=30)
SEEN_LIFETIME = timedelta(hours=24)
"""Long enough to finish at home on the same day, too short to be worth stealing a device for."""

FACE = Way(
    AssuranceMethod.FACE_ACTIVE,
    AssuranceLevel.VERIFIED,
    FACE_LIFETIME,
    face=True,
    consent=ConsentKind.FACE_VERIFICATION,
)
VIDEO = Way(AssuranceMethod.VIDEO, AssuranceLevel.VERIFIED, SEEN_LIFETIME)
PLATFORM_FACE = Way(
    AssuranceMethod.PLATFORM_FACE,
    AssuranceLevel.AUTHORITATIVE,
    FACE_LIFETIME,
    face=True,
    consent=ConsentKind.PLATFORM_FACE,
)
NETWORK_IDENTITY = Way(AssuranceMethod.NETWORK_IDENTITY, AssuranceLevel.AUTHORITATIVE, FACE_LIFETIME)
WINDOW = Way(AssuranceMethod.WINDOW, AssuranceLevel.AUTHORITATIVE, SEEN_LIFETIME)
HOME_VISIT = Way(AssuranceMethod.HOME_VISIT, AssuranceLevel.AUTHORITATIVE, SEEN_LIFETIME)

WAYS = (FACE, VIDEO, PLATFORM_FACE, NETWORK_IDENTITY, WINDOW, HOME_VISIT)
"""From the nearest to the farthest. The last two need nothing but an officer."""

PROVE_FIRST = Text(
    "请先核验身份：可以刷脸，也可以通过国家网络身份认证、视频、窗口或上门核验，效果相同。",
    "Please prove who you are first: by face, or equally by network identity, by video, at a window or at home.",
)
NAME_FIRST = Text("请先完成实名认证。", "Please bind your real name first.")
NOT_CONNECTED = Text("本地区暂未开通。", "Not offered here yet.")
NOT_THIS_DOCUMENT = Text("该方式暂不支持您的证件类型。", "This way does not take your kind of document.")
NOT_THIS_APP = Text("请在微信或支付宝小程序中使用。", "Use it in the WeChat or Alipay mini-program.")
GUARDIAN = Text(
    "未满14周岁须由监护人同意：请监护人在本人手机上代为同意，或陪同到窗口办理。",
    "Under the age of 14 a guardian has to consent, on their own phone, or at a window together.",
)
LOCKED = Text(
    "多次刷脸未通过，刷脸已暂停，等待工作人员复核；请选择其他方式。",
    "Several face checks failed. Faces are suspended here until an officer has looked at it; please choose"
    " another way.",
)


@dataclass(frozen=True, slots=True)
class WayView:
    """A way as it is open to this citizen now."""

    method: AssuranceMethod
    level: AssuranceLevel
    uses_face: bool
    minutes: int
    """How long a proof by it counts."""
    why_not: Text | None
    """What stands in the way; None when it is open."""
    consent: ConsentKind | None
    """The consent that is to be given first."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """What decides which ways are open."""

    named: bool
    of_age: bool
    kind: DocumentKind | None
    platform: Platform
    locked: bool
    video: bool
    consents: frozenset[ConsentKind]


async def require(citizen: Citizen, person_id: UUID, need: Need) -> Assurance:
    """The proof of this session that meets the need. Raises ``StepUpNeeded`` naming it."""
    proof = await assurance_of(
        person_id, session_id=citizen.session_id, within=need.within, methods=need.methods
    )
    if proof is None or proof.level < need.level:
        raise StepUpNeeded(PROVE_FIRST, level=need.level, within=need.within)
    return proof


async def ways_to_prove(citizen: Citizen, resources: Resources, need: Need = TO_APPLY) -> Sequence[WayView]:
    """Every way that meets the need, with what stands before it for this citizen."""
    standing = await _standing(citizen, resources)
    return [
        WayView(
            method=_method(way, resources),
            level=way.level,
            uses_face=way.face,
            minutes=int(way.lifetime.total_seconds() / 60),
            why_not=_why_not(way, standing, resources),
            consent=None if way.consent in standing.consents else way.consent,
        )
        for way in WAYS
        if way.level >= need.level and (need.methods is None or way.method in need.methods)
    ]


def of_age(birth_date: date) -> bool:
    """Whether somebody consents for themselves."""
    today = clock.today()
    years = today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))
    return years >= AGE_OF_OWN_CONSENT


def _method(way: Way, resources: Resources) -> AssuranceMethod:
    if way is FACE and not resources.active_face_challenge:
        return AssuranceMethod.FACE_SELFIE
    return way.method


async def _standing(citizen: Citizen, resources: Resources) -> _Standing:
    row = await fetch_one(
        "SELECT account.platform, person.id AS person_id, person.birth_date, document.kind,"
        " EXISTS (SELECT 1 FROM face_standing lock WHERE lock.account_id = account.id"
        "  AND lock.person_id = person.id AND lock.locked_at IS NOT NULL) AS locked,"
        " EXISTS (SELECT 1 FROM video_desk WHERE seats > 0) AS video"
        " FROM account LEFT JOIN person ON person.id = coalesce(account.person_id, account.claimed_person_id)"
        " LEFT JOIN identity_document document ON document.person_id = person.id AND document.main"
        " WHERE account.id = $1",
        citizen.account_id,
    )
    if row is None:
        raise AssertionError("a session has an account")
    person_id = row["person_id"]
    return _Standing(
        named=person_id is not None,
        of_age=person_id is None or of_age(row["birth_date"]),
        kind=None if row["kind"] is None else DocumentKind(row["kind"]),
        platform=Platform(row["platform"]),
        locked=row["locked"],
        video=row["video"] and resources.ports.video is not None,
        consents=frozenset(
            consent.kind for consent in await consents_of(citizen, person_id) if consent.current
        )
        if person_id is not None
        else frozenset(),
    )


def _why_not(way: Way, standing: _Standing, resources: Resources) -> Text | None:
    """What stands before a way, the first thing first."""
    return next(_obstacles(way, standing, resources), None)


def _obstacles(way: Way, standing: _Standing, resources: Resources) -> Iterator[Text]:
    ports = resources.ports
    checks = (
        (way is NETWORK_IDENTITY and ports.network_identity is None, NOT_CONNECTED),
        (way is NETWORK_IDENTITY and standing.kind is DocumentKind.PASSPORT, NOT_THIS_DOCUMENT),
        (way is VIDEO and not standing.video, NOT_CONNECTED),
        (way.face and not standing.named, NAME_FIRST),
        (way.face and not standing.of_age and way.consent not in standing.consents, GUARDIAN),
        (way is FACE and standing.locked, LOCKED),
        (way is PLATFORM_FACE and standing.platform not in ports.platform_faces, NOT_THIS_APP),
        (way is PLATFORM_FACE and standing.kind is not DocumentKind.RESIDENT_ID, NOT_THIS_DOCUMENT),
    )
    return (why for stands, why in checks if stands)
