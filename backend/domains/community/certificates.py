"""Which certificates a village or neighbourhood committee issues, and where all others are to be had.

民发〔2020〕20号: only with a legal basis, or on a kept list. The twenty kinds of the first list are never issued;
who asks for one is told which body knows. Declaring a forbidden one as issued cannot be built.
"""

from dataclasses import dataclass

from backend.casework.declaring.statutes import civil_code, unverified
from backend.casework.definitions import Basis, UnsoundDefinition
from backend.casework.definitions.law import FORBIDDEN_CERTIFICATES
from backend.errors import Text


@dataclass(frozen=True, slots=True)
class CommitteeCertificate:
    """A certificate that a law tells the committee to issue."""

    code: str
    name: Text
    basis: Basis

    def __post_init__(self) -> None:
        """Refuse one of the twenty."""
        if any(kind in self.name.zh for kind in FORBIDDEN_CERTIFICATES):
            raise UnsoundDefinition(f"{self.name.zh}: no committee issues it (民发〔2020〕20号)")


@dataclass(frozen=True, slots=True)
class KnownElsewhere:
    """One of the twenty kinds, and the body that knows."""

    code: str
    kind: str
    english: str
    where: Text


ISSUED = (
    CommitteeCertificate(
        "guardian-appointed",
        Text("指定监护人证明", "Certificate that a guardian was appointed"),
        civil_code("31"),
    ),
    CommitteeCertificate(
        "interim-care",
        Text("临时生活照料情况说明", "Statement on interim care of somebody whose guardian is prevented"),
        civil_code("34"),
    ),
    CommitteeCertificate(
        "homestead-review",
        Text("农村宅基地申请村级审查意见", "The village's opinion on a homestead application"),
        unverified("中华人民共和国土地管理法", "Land Administration Law", "62"),
    ),
)

_PEOPLE = "公安派出所"
ELSEWHERE = (
    KnownElsewhere("kinship", "亲属关系", "Kinship", Text(f"{_PEOPLE}、公证机构", "Police, notary")),
    KnownElsewhere("identity", "居民身份信息", "Identity", Text(_PEOPLE, "Police")),
    KnownElsewhere("register", "户口登记项目变更", "Change of the register", Text(_PEOPLE, "Police")),
    KnownElsewhere("dog", "养犬", "Keeping a dog", Text(_PEOPLE, "Police")),
    KnownElsewhere("no-record", "无犯罪", "No criminal record", Text(_PEOPLE, "Police")),
    KnownElsewhere("rehab", "社区戒毒", "Community drug rehabilitation", Text(_PEOPLE, "Police")),
    KnownElsewhere("missing", "失踪", "Missing person", Text("人民法院", "Court")),
    KnownElsewhere(
        "marital",
        "婚姻状况",
        "Marital status",
        Text("婚姻登记机关（可网上办理）", "Marriage registry (online)"),
    ),
    KnownElsewhere("birth", "出生", "Birth", Text("接生的医疗机构", "The hospital of birth")),
    KnownElsewhere(
        "alive", "健在", "Being alive", Text("社保机构（刷脸认证）", "Social insurance (by face)")
    ),
    KnownElsewhere("death", "死亡", "Death", Text("医疗机构、公安机关", "Hospital, police")),
    KnownElsewhere("illness", "疾病", "Illness", Text("医疗机构", "Hospital")),
    KnownElsewhere("disability", "残疾", "Disability", Text("残联", "Disabled persons' federation")),
    KnownElsewhere("family-plan", "婚育", "Marriage and children", Text("卫生健康部门", "Health department")),
    KnownElsewhere("employment", "就业", "Employment", Text("人力资源社会保障部门", "Labour department")),
    KnownElsewhere("files", "档案", "Personal files", Text("档案保管机构", "The keeper of the files")),
    KnownElsewhere("property", "财产", "Property", Text("不动产登记、银行等机构", "Land registry, banks")),
    KnownElsewhere("inheritance", "遗产继承", "Inheritance", Text("公证机构、人民法院", "Notary, court")),
    KnownElsewhere("business", "市场主体住所", "Business address", Text("市场监管部门", "Market regulator")),
    KnownElsewhere("lost", "证件遗失", "Lost papers", Text("原发证机关", "Whoever issued them")),
)
