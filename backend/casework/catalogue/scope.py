"""How far somebody may publish: an officer within their organ's division, the command line everywhere."""

from collections.abc import Iterator
from dataclasses import dataclass

from backend.casework.catalogue.conformity import Deviation
from backend.casework.catalogue.drafts import EditionDraft
from backend.database.record import fetch_one
from backend.errors import Forbidden, Text
from backend.kit import regions
from backend.viewer import Officer, OfficerRole

NOT_YOUR_DIVISION = Text("不在您单位的行政区划范围内。", "This is outside of your organ's division.")
NOT_YOUR_ORGAN = Text(
    "该事项由本级其他单位实施，请由该单位或上级修改。",
    "Another organ of your level is in charge; it, or a level above, may change this.",
)
NOT_YOUR_ROLE = Text("您的岗位没有此项权限。", "Your role does not allow this.")
TOWNSHIPS_DO_NOT = Text("实施清单由县级以上发布。", "Editions are published from the county upwards.")


@dataclass(frozen=True, slots=True)
class Scope:
    """Divisions within ``division``; in ``division`` itself only what the organ is in charge of."""

    division: str
    organ_credit_code: str

    def refuses(self, draft: EditionDraft) -> Iterator[Deviation]:
        """Why ``draft`` may not be published, if it may not."""
        if not regions.within(draft.division, self.division):
            yield Deviation("division", draft.division, self.division, NOT_YOUR_DIVISION)
        elif draft.division == self.division and draft.organ_credit_code not in {"", self.organ_credit_code}:
            yield Deviation(
                "organ_credit_code", draft.organ_credit_code, self.organ_credit_code, NOT_YOUR_ORGAN
            )


async def scope_of(officer: Officer) -> Scope:
    """The scope of an officer with the role OPERATIONS. Raises ``Forbidden``."""
    if OfficerRole.OPERATIONS not in officer.roles:
        raise Forbidden(NOT_YOUR_ROLE)
    if officer.division[6:].strip("0"):
        raise Forbidden(TOWNSHIPS_DO_NOT)
    row = await fetch_one("SELECT credit_code FROM organ WHERE id = $1", officer.organ_id)
    if row is None:
        raise Forbidden(NOT_YOUR_ROLE)
    return Scope(officer.division[:6], row["credit_code"])
