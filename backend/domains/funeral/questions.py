"""Questions that funeral forms share."""

from backend.casework.declaring.fields import CONTACT_PHONE, choice, day, person_number, text
from backend.casework.declaring.papers import state_paper
from backend.casework.definitions import Field, FieldKind, Issuer, LicenceKind
from backend.domains.funeral.sources import DEATH_CERTIFICATE_RULES, FUNERAL_REGULATIONS
from backend.errors import Text

RELATION = choice(
    "relation",
    Text("您与逝者的关系", "You are the deceased's"),
    ("spouse", "配偶", "Spouse"),
    ("child", "子女", "Child"),
    ("parent", "父母", "Parent"),
    ("relative", "其他近亲属", "Other close relative"),
    ("agent", "受近亲属委托", "Agent of a close relative"),
    ("employer", "生前所在单位", "Employer"),
    ("committee", "村（居）委会、养老机构", "Committee or care home"),
    ("other", "其他", "Other"),
    fact="relation",
)
DECEASED = (
    CONTACT_PHONE,
    text("deceasedName", Text("逝者姓名", "Name of the deceased")),
    person_number(
        "deceasedNumber", Text("逝者身份证号码", "Resident number of the deceased"), fact="deceased"
    ),
    RELATION,
)
DIED_ON = day("diedOn", Text("死亡日期", "Day of death"), fact="died_on")
DEATH_CERTIFICATE = state_paper(
    "death-certificate",
    Text("居民死亡医学证明（推断）书", "Medical certificate of death"),
    LicenceKind.DEATH_CERTIFICATE,
    Issuer.MEDICAL_BODY,
    DEATH_CERTIFICATE_RULES,
    holder=("deceasedName", "deceasedNumber"),
)
CREMATION_PAPER = state_paper(
    "cremation-certificate",
    Text("火化证明", "Cremation certificate"),
    LicenceKind.CREMATION_CERTIFICATE,
    Issuer.SERVICE_PROVIDER,
    FUNERAL_REGULATIONS,
    holder=("deceasedName", "deceasedNumber"),
)
ACCOUNT = Field(
    "payeeAccount",
    Text("领取人社会保障卡银行账号", "Account of the payee's social-security card"),
    FieldKind.BANK_ACCOUNT,
)
COUNTER = Text(
    "任一殡仪馆服务大厅，24小时服务电话", "The hall of any funeral home; its telephone day and night"
)
WINDOW = Text(
    "逝者户籍地殡仪馆或乡镇（街道）便民服务中心",
    "The funeral home or township of the deceased's registration",
)
