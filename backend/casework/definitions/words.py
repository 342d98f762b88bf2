"""The fixed words of the standard, with their official codes where there are any."""

from collections.abc import Mapping
from enum import StrEnum

from backend.errors import Text


class Domain(StrEnum):
    """The six kinds of civil affairs that are served."""

    ELDERLY_CARE = "elderly_care"
    CHILDREN = "children"
    COMMUNITY = "community"
    SOCIAL_ASSISTANCE = "social_assistance"
    MARRIAGE = "marriage"
    FUNERAL = "funeral"


DOMAIN_NAMES: Mapping[Domain, Text] = {
    Domain.ELDERLY_CARE: Text("养老服务", "Elderly care"),
    Domain.CHILDREN: Text("儿童福利", "Children"),
    Domain.COMMUNITY: Text("社区治理与服务", "Community"),
    Domain.SOCIAL_ASSISTANCE: Text("社会救助", "Social assistance"),
    Domain.MARRIAGE: Text("婚姻登记", "Marriage"),
    Domain.FUNERAL: Text("殡葬服务", "Funeral"),
}


class TaskType(StrEnum):
    """事项类型, with the official code of the exchange tables."""

    LICENCE = "01"
    PAYMENT = "05"
    CONFIRMATION = "07"
    OTHER_POWER = "10"
    PUBLIC_SERVICE = "20"


class CaseType(StrEnum):
    """办件类型."""

    IMMEDIATE = "1"
    """即办件: done while the citizen waits."""
    PROMISED = "2"
    """承诺件: decided within the promised limit."""


class Audience(StrEnum):
    """服务对象, with the official code."""

    NATURAL_PERSON = "1"
    COMPANY = "2"
    PUBLIC_INSTITUTION = "3"
    SOCIAL_ORGANISATION = "4"
    UNINCORPORATED = "5"
    ADMINISTRATIVE_ORGAN = "6"
    OTHER = "9"


class Representative(StrEnum):
    """Who may apply besides the person whose matter it is (代办)."""

    GUARDIAN = "GUARDIAN"
    """监护人, also an agreed one (意定监护)."""
    FAMILY = "FAMILY"
    """近亲属."""
    AGENT = "AGENT"
    """委托代理人."""
    COMMITTEE = "COMMITTEE"
    """村（居）民委员会."""
    INSTITUTION = "INSTITUTION"
    """The care home or welfare institution in which somebody lives."""


class LegalEffect(StrEnum):
    """What the result changes; decides whether an electronic signature may carry it."""

    BENEFIT = "BENEFIT"
    SERVICE = "SERVICE"
    RECORD = "RECORD"
    PERSONAL_STATUS = "PERSONAL_STATUS"
    """Marriage, adoption, inheritance: 电子签名法 Art. 3 keeps electronic signatures out."""


class OnlineDepth(StrEnum):
    """网办深度: how far the item goes without a visit."""

    GUIDE = "1"
    PRE_CHECK = "2"
    APPLY = "3"
    FULL = "4"


class HandlingModel(StrEnum):
    """跨省通办 models an item allows."""

    FULLY_ONLINE = "FULLY_ONLINE"
    COLLECT_AND_FORWARD = "COLLECT_AND_FORWARD"
    JOINT = "JOINT"


class Appointment(StrEnum):
    """Whether a visit has to be booked."""

    NONE = "NONE"
    """Nobody needs to come."""
    OPTIONAL = "OPTIONAL"
    """One may come without."""
    REQUIRED = "REQUIRED"


class ProofWay(StrEnum):
    """Ways in which an applicant may prove who they are."""

    FACE = "FACE"
    """Our own face check."""
    PLATFORM_FACE = "PLATFORM_FACE"
    """The mini-program platform's face check."""
    NETWORK_IDENTITY = "NETWORK_IDENTITY"
    """国家网络身份认证 (网号, 网证); always voluntary."""
    VIDEO = "VIDEO"
    """An officer in a video call."""
    WINDOW = "WINDOW"
    """An officer at a window."""
    HOME_VISIT = "HOME_VISIT"
    """An officer who comes to the applicant."""


class ResultKind(StrEnum):
    """结果类型."""

    CERTIFICATE = "CERTIFICATE"
    """证照"""
    DECISION = "DECISION"
    """批文、决定、通知书"""
    RECORD = "RECORD"
    """登记、备案"""
    RECEIPT = "RECEIPT"
    """回执"""
    BOOKING = "BOOKING"
    """预约凭证"""


class LifeEvent(StrEnum):
    """人生事件: when in life an item is looked for."""

    BIRTH = "BIRTH"
    GROWING_UP = "GROWING_UP"
    ADOPTION = "ADOPTION"
    SCHOOL = "SCHOOL"
    MARRIAGE = "MARRIAGE"
    DIVORCE = "DIVORCE"
    ILLNESS = "ILLNESS"
    DISABILITY = "DISABILITY"
    HARDSHIP = "HARDSHIP"
    EMERGENCY = "EMERGENCY"
    RETIREMENT = "RETIREMENT"
    NEEDING_CARE = "NEEDING_CARE"
    BEREAVEMENT = "BEREAVEMENT"
    MOVING = "MOVING"
    NEIGHBOURHOOD = "NEIGHBOURHOOD"


LIFE_EVENT_NAMES: Mapping[LifeEvent, Text] = {
    LifeEvent.BIRTH: Text("生育", "A child is born"),
    LifeEvent.GROWING_UP: Text("成长", "Growing up"),
    LifeEvent.ADOPTION: Text("收养", "Adoption"),
    LifeEvent.SCHOOL: Text("上学", "School and study"),
    LifeEvent.MARRIAGE: Text("结婚", "Marriage"),
    LifeEvent.DIVORCE: Text("离婚", "Divorce"),
    LifeEvent.ILLNESS: Text("患病", "Illness"),
    LifeEvent.DISABILITY: Text("残疾", "Disability"),
    LifeEvent.HARDSHIP: Text("生活困难", "Hardship"),
    LifeEvent.EMERGENCY: Text("突发急难", "Emergency"),
    LifeEvent.RETIREMENT: Text("退休", "Retirement"),
    LifeEvent.NEEDING_CARE: Text("需要照护", "Needing care"),
    LifeEvent.BEREAVEMENT: Text("身后", "Bereavement"),
    LifeEvent.MOVING: Text("迁居", "Moving"),
    LifeEvent.NEIGHBOURHOOD: Text("邻里社区", "Neighbourhood"),
}


class Unit(StrEnum):
    """What a figure counts."""

    YEARS = "years"
    MONTHS = "months"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    HOURS = "hours"
    MINUTES = "minutes"
    FEN = "fen"
    PERSONS = "persons"
    TIMES = "times"
    PERCENT = "percent"
    SQUARE_METRES = "square_metres"
    PIECES = "pieces"
    CODE = "code"


UNIT_NAMES: Mapping[Unit, Text] = {
    Unit.YEARS: Text("岁", "years"),
    Unit.MONTHS: Text("个月", "months"),
    Unit.DAYS: Text("日", "days"),
    Unit.WORKING_DAYS: Text("个工作日", "working days"),
    Unit.HOURS: Text("小时", "hours"),
    Unit.MINUTES: Text("分钟", "minutes"),
    Unit.FEN: Text("分", "fen"),
    Unit.PERSONS: Text("人", "persons"),
    Unit.TIMES: Text("次", "times"),
    Unit.PERCENT: Text("%", "%"),
    Unit.SQUARE_METRES: Text("平方米", "square metres"),
    Unit.PIECES: Text("件", "pieces"),
    Unit.CODE: Text("", ""),
}
