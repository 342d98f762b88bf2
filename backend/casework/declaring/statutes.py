"""Laws and rules that items of several domains rest on. What nobody read yet is marked unverified."""

from backend.casework.definitions import Basis, Standing
from backend.errors import Text

_CIVIL_CODE = Text("中华人民共和国民法典", "Civil Code")
_READ_IN_CIVIL_CODE = {"1047", "1048", "1049", "1076", "1077", "1082"}
_ASSISTANCE = Text("社会救助暂行办法", "Interim Measures on Social Assistance")
_READ_IN_ASSISTANCE = {"11", "12", "13", "47", "48", "49", "58", "60"}
_PUBLISHED_OF_ASSISTANCE = {"14"}
_ELDERLY = Text(
    "中华人民共和国老年人权益保障法", "Law on the Protection of the Rights and Interests of the Elderly"
)
_READ_IN_ELDERLY = {"2", "26", "33"}


def civil_code(article: str) -> Basis:
    """An article of 民法典."""
    return Basis(
        _CIVIL_CODE, article, Standing.LAW if article in _READ_IN_CIVIL_CODE else Standing.UNVERIFIED
    )


def assistance_measures(article: str) -> Basis:
    """An article of 社会救助暂行办法 (国令649)."""
    if article in _PUBLISHED_OF_ASSISTANCE:
        return Basis(_ASSISTANCE, article, Standing.PUBLISHED)
    return Basis(
        _ASSISTANCE, article, Standing.LAW if article in _READ_IN_ASSISTANCE else Standing.UNVERIFIED
    )


def elderly_law(article: str) -> Basis:
    """An article of 老年人权益保障法."""
    return Basis(_ELDERLY, article, Standing.LAW if article in _READ_IN_ELDERLY else Standing.UNVERIFIED)


def unverified(zh: str, en: str, article: str = "") -> Basis:
    """A source known by name, whose text nobody has checked yet."""
    return Basis(Text(zh, en), article, Standing.UNVERIFIED)


def published(zh: str, en: str, article: str = "") -> Basis:
    """A source read on a published page."""
    return Basis(Text(zh, en), article, Standing.PUBLISHED)


MINORS_LAW = unverified("中华人民共和国未成年人保护法", "Law on the Protection of Minors")
ONLINE_SERVICES = Basis(
    Text("国务院关于在线政务服务的若干规定", "State Council provisions on online government services"),
    "7",
    Standing.LAW,
)
PERSONAL_INFORMATION = Basis(
    Text("中华人民共和国个人信息保护法", "Personal Information Protection Law"), "29", Standing.LAW
)
ADMINISTRATIVE_LICENSING = Basis(
    Text("中华人民共和国行政许可法", "Administrative Licensing Law"), "42", Standing.LAW
)
COMMITTEE_CERTIFICATES = published(
    "关于改进和规范基层群众性自治组织出具证明工作的指导意见（民发〔2020〕20号）",
    "Guiding opinions on certificates of village and neighbourhood committees (民发〔2020〕20号)",
)
"""Title as the field cites it; the list of twenty was read on a published page."""

LOCAL_FIGURE = unverified("各地实施办法", "Local implementing rules")
"""For figures that every region sets for itself: the national default is a working value only."""
