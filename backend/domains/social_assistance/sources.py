"""What social-assistance items rest on."""

from backend.casework.declaring.statutes import published, unverified

MINIMUM_LIVING_RULES = published(
    "最低生活保障审核确认办法",
    "Measures for examining and confirming the minimum living allowance (民发〔2021〕57号)",
)
"""30 working days, 15 more in special cases; publicity of 7 days; read on a published page."""

LOCAL_POVERTY_LINE = unverified("各地最低生活保障标准", "Local standards of the minimum living allowance")
"""Every region publishes its own; the national default is a working value near the national average."""

PROPERTY_RULES = unverified(
    "各地低收入人口家庭财产状况规定", "Local rules on the property of low-income households"
)

LOW_INCOME_POPULATION = unverified(
    "关于加强低收入人口动态监测做好分层分类社会救助工作的意见（国办发〔2023〕39号）",
    "Opinions on watching over low-income people and graded assistance (国办发〔2023〕39号)",
)

MEANS_CHECK_RULES = unverified(
    "各地居民家庭经济状况核对办法", "Local measures for checking the means of households"
)
"""How long an answer carries a decision is local."""

SPOT_CHECK_RULES = unverified(
    "国务院关于进一步加强和改进最低生活保障工作的意见（国发〔2012〕45号）",
    "Opinions of the State Council on the minimum living allowance (国发〔2012〕45号)",
)
"""The county visits a share of the cases that townships hand up; thirty percent at least, as it was told."""

EXTREME_POVERTY_RULES = published(
    "特困人员认定办法（民发〔2021〕43号）",
    "Measures for recognising people in extreme poverty (民发〔2021〕43号)",
)
"""The six abilities and their three classes were read on a published page; the ages were not."""

EXTREME_POVERTY_AGE = unverified(
    "特困人员认定办法（民发〔2021〕43号）",
    "Measures for recognising people in extreme poverty (民发〔2021〕43号)",
)

TEMPORARY_LOCAL = published(
    "各地临时救助实施办法（楚雄、喀什、安徽等地公布文本）",
    "Local measures for temporary assistance (as published in Chuxiong, Kashgar, Anhui)",
)
"""48 hours first and papers in five working days; 15 working days; once a year per cause; ten times the standard."""

DISABILITY_SUBSIDY_RULES = unverified(
    "国务院关于全面建立困难残疾人生活补贴和重度残疾人护理补贴制度的意见（国发〔2015〕52号）",
    "State Council's opinions on the two subsidies for disabled people (国发〔2015〕52号)",
)

DISABILITY_SUBSIDIES_ACROSS_PROVINCES = published(
    "残疾人两项补贴资格认定申请“跨省通办”（民办发〔2021〕2号）",
    "The two subsidies for disabled people across provinces (民办发〔2021〕2号)",
)
"""Any township, 3 / 10 / 3 working days, fully online since 2022-05-15, counted from the month of application."""

VAGRANT_RULES = unverified(
    "城市生活无着的流浪乞讨人员救助管理办法（国务院令第381号）",
    "Measures for assisting vagrants and beggars without means in cities (国令381)",
)
