"""What elderly-care items rest on."""

from backend.casework.declaring.statutes import elderly_law, published, unverified
from backend.casework.definitions import Basis, Standing
from backend.errors import Text

ELDERLY_RIGHTS_LAW = elderly_law("33")
"""Art. 33 encourages places to pay an allowance to people of 80 and more; the figures are local."""

ELDERLY_AGE = elderly_law("2")
"""Art. 2: whoever is 60 is elderly."""

LOCAL_STANDARD = Basis(
    Text("各地高龄津贴实施办法", "Local rules on the old-age allowance"), "", Standing.UNVERIFIED
)

HARDSHIP_SUBSIDIES = unverified(
    "关于建立健全经济困难的高龄、失能等老年人补贴制度的通知（财社〔2014〕113号）",
    "Notice on subsidies for older people in hardship, of great age or disabled (财社〔2014〕113号)",
)

CONSUMPTION_SUBSIDY = published(
    "民政部、财政部关于向中度以上失能老年人发放养老服务消费补贴的部署",
    "Arrangement of the ministries of civil affairs and finance on care vouchers for disabled older people",
)
"""Nationwide since 2026-01-01, up to 800 yuan a month, no household limit; read in a secondary source."""

ABILITY_STANDARD = unverified(
    "老年人能力评估规范（GB/T 42195-2022）",
    "Specification for assessing older people's abilities (GB/T 42195-2022)",
)

INSTITUTION_RULES = unverified(
    "养老机构管理办法（民政部令第66号）", "Measures for elderly-care institutions (民政部令66号)"
)

HOME_CARE = unverified(
    "国务院办公厅关于推进养老服务发展的意见（国办发〔2019〕5号）",
    "State Council office's opinions on elderly-care services (国办发〔2019〕5号)",
)

HOME_ADAPTATION_RULES = unverified(
    "关于加快实施老年人居家适老化改造工程的指导意见（民发〔2020〕86号）",
    "Guiding opinions on adapting older people's homes (民发〔2020〕86号)",
)

EXTREME_POVERTY_SUPPORT = unverified(
    "国务院关于进一步健全特困人员救助供养制度的意见（国发〔2016〕14号）",
    "State Council's opinions on support for people in extreme poverty (国发〔2016〕14号)",
)
