"""What community items rest on."""

from backend.casework.declaring.statutes import unverified

COMMITTEE_LAWS = unverified(
    "中华人民共和国城市居民委员会组织法、村民委员会组织法",
    "Organic laws of neighbourhood and village committees",
)
DELIBERATION = unverified(
    "关于加强城乡社区协商的意见（中办发〔2015〕41号）",
    "Opinions on deliberation in communities (中办发〔2015〕41号)",
)
COMMUNITY_SERVICES = unverified(
    "“十四五”城乡社区服务体系建设规划（国办发〔2021〕56号）",
    "Plan of the community service system (国办发〔2021〕56号)",
)
VOLUNTEER_RULES = unverified("志愿服务条例（国务院令第685号）", "Regulations on voluntary service (国令685)")
GROUP_RULES = unverified(
    "关于大力培育发展社区社会组织的意见（民发〔2017〕191号）",
    "Opinions on fostering community organisations (民发〔2017〕191号)",
)
GRID_RULES = unverified("各地网格化服务管理规定", "Local rules on services by grid")
