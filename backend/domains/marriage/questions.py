"""Questions that the forms of the registry share."""

from backend.casework.declaring.fields import day, person_number, text
from backend.casework.definitions import Field, FieldKind
from backend.errors import Text

PARTNER = (
    text("partnerName", Text("对方姓名", "Name of the other party")),
    person_number(
        "partnerNumber", Text("对方身份证号码", "Resident number of the other party"), fact="partner"
    ),
)
VISIT = (
    Field(
        "registry", Text("选择的婚姻登记机关所在区划", "Division of the registry chosen"), FieldKind.DIVISION
    ),
    day("visitOn", Text("希望到场的日期", "Day on which you wish to come"), fact="visit_on"),
)
ANY_REGISTRY = Text(
    "全国任一婚姻登记机关，不受户籍地限制", "Any registry of the country, wherever you are registered"
)
