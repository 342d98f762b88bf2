"""What funeral items rest on."""

from backend.casework.declaring.statutes import published, unverified

FUNERAL_REGULATIONS = published("殡葬管理条例（2026年修订）", "Regulations on funeral affairs (revised 2026)")
"""In force 2026-03-30: list of basic public services, nothing charged outside of it, niche or grave on death and
cremation certificate; read on a published page, article numbers are not known."""

DEATH_CERTIFICATE_RULES = unverified(
    "关于进一步规范人口死亡医学证明和信息登记管理工作的通知（国卫规划发〔2013〕57号）",
    "Notice on death certificates (国卫规划发〔2013〕57号)",
)

FEE_RELIEF_RULES = unverified(
    "关于全面推行惠民殡葬政策的指导意见（民发〔2012〕211号）",
    "Guiding opinions on relief of funeral fees (民发〔2012〕211号)",
)

ECOLOGICAL_RULES = unverified(
    "关于推行节地生态安葬的指导意见（民发〔2016〕21号）",
    "Guiding opinions on land-saving ecological burial (民发〔2016〕21号)",
)

CEMETERY_RULES = unverified("公墓管理暂行办法", "Interim measures on cemeteries")
