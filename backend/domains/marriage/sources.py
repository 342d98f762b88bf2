"""What marriage items rest on."""

from backend.casework.declaring.statutes import civil_code, published, unverified

REGISTRATION_RULES = published(
    "婚姻登记条例（国务院令第804号）", "Regulations on marriage registration (国令804)"
)
"""In force 2025-05-10: nationwide, ID card and signed statement, no household register, no fee."""

MARRIAGE_AGE = civil_code("1047")
KINSHIP = civil_code("1048")
BOTH_APPEAR_TO_MARRY = civil_code("1049")
BOTH_APPEAR_TO_DIVORCE = civil_code("1076")
COOLING_OFF = civil_code("1077")
COERCION = civil_code("1052")
BIGAMY = civil_code("1042")

ARCHIVE_RULES = unverified(
    "婚姻登记档案管理办法（民政部、国家档案局令第32号）",
    "Measures for marriage registration archives (令32号)",
)

COUNSELLING_RULES = unverified(
    "关于加强新时代婚姻家庭辅导教育工作的指导意见（民发〔2020〕100号）",
    "Guiding opinions on marriage and family counselling (民发〔2020〕100号)",
)
