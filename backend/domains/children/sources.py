"""What children's items rest on."""

from backend.casework.declaring.statutes import civil_code, published, unverified
from backend.casework.definitions import Basis, Standing
from backend.errors import Text

ORPHAN_RULES = unverified(
    "国务院办公厅关于加强孤儿保障工作的意见（国办发〔2010〕54号）",
    "State Council office's opinions on support for orphans (国办发〔2010〕54号)",
)

UNATTENDED_RULES = published(
    "关于进一步加强事实无人抚养儿童保障工作的意见（民发〔2019〕62号）及其后续文件",
    "Opinions on children without actual care (民发〔2019〕62号) and what followed",
)
"""The circumstances of the parents were read on a published page; the months are unverified."""

UNATTENDED_MONTHS = unverified(
    "关于进一步加强事实无人抚养儿童保障工作的意见（民发〔2019〕62号）",
    "Opinions on children without actual care (民发〔2019〕62号)",
)

CHILDREN_ACROSS_PROVINCES = published(
    "孤儿、事实无人抚养儿童认定申请受理“跨省通办”工作安排",
    "Arrangement of applications for orphans and children without actual care across provinces",
)
"""Any township; 3 working days, township 15, county 15, 3 to inform."""

HIV_RULES = unverified(
    "关于发放艾滋病病毒感染儿童基本生活费的通知（民发〔2012〕179号）",
    "Notice on the allowance for children living with HIV (民发〔2012〕179号)",
)

DIFFICULTY_RULES = unverified(
    "国务院关于加强困境儿童保障工作的意见（国发〔2016〕36号）",
    "State Council's opinions on children in difficulty (国发〔2016〕36号)",
)

LEFT_BEHIND_RULES = unverified(
    "国务院关于加强农村留守儿童关爱保护工作的意见（国发〔2016〕13号）",
    "State Council's opinions on children left behind in the country (国发〔2016〕13号)",
)

ENTRUSTED_CARE = unverified("中华人民共和国未成年人保护法", "Law on the Protection of Minors", "22")

ADOPTION_RULES = Basis(
    Text("中国公民收养子女登记办法", "Measures for registering adoptions by Chinese citizens"),
    "7",
    Standing.LAW,
)
"""Thirty days from the day after the application; for foundlings 60 days of notice beside it."""

ADOPTER = civil_code("1098")
ADOPTED = civil_code("1093")
CHILDS_CONSENT = Basis(Text("中华人民共和国民法典", "Civil Code"), "1104", Standing.LAW)
AGE_GAP = Basis(Text("中华人民共和国民法典", "Civil Code"), "1102", Standing.LAW)

STUDENT_GRANT_RULES = unverified(
    "“福彩圆梦·孤儿助学工程”实施方案", "Plan of the lottery-funded grants for orphans who study"
)

TOMORROW_RULES = unverified(
    "“孤儿医疗康复明天计划”实施办法", "Measures of the Tomorrow Plan for orphans' medical rehabilitation"
)

CHILD_DIRECTOR_RULES = unverified(
    "关于进一步健全农村留守儿童和困境儿童关爱服务体系的意见（民发〔2019〕34号）",
    "Opinions on services for children left behind and in difficulty (民发〔2019〕34号)",
)
