"""What every refusal carries: its reason, the law it rests on, and the way against it."""

from backend.casework.applications.queries import Decision
from backend.casework.definitions import ServiceItem
from backend.errors import Text

REMEDY = Text(
    "如不服本决定，可以自知道本决定之日起六十日内向{organ}的本级人民政府申请行政复议，"
    "也可以自知道本决定之日起六个月内依法向人民法院提起行政诉讼。",
    "Whoever disagrees may apply for reconsideration to the government of {organ} within sixty days of learning of this"
    " decision, or bring it before the people's court within six months.",
)
"""行政复议法 20 (sixty days), 行政诉讼法 46 (six months). The certificate and the API tell it as it stands here."""

RECONSIDERATION_DAYS = 60
LITIGATION_MONTHS = 6


def refusal(item: ServiceItem, organ_name: str, reason: str, basis: str = "") -> Decision:
    """A refusal of whatever kind; without a basis of its own it rests on what the item rests on."""
    return Decision(
        approved=False,
        reason=reason,
        result_number=None,
        monthly_fen=None,
        paid_from=None,
        basis=basis or cited(item),
        remedy=REMEDY.filled(organ=organ_name).zh,
    )


def cited(item: ServiceItem) -> str:
    """The law of an item, as a document cites it."""
    return "、".join(
        f"《{basis.title.zh}》" + (f"第{basis.article}条" if basis.article else "") for basis in item.basis
    )
