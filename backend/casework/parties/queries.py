"""What the two parties of a case see of it and of one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.casework.applications.actions import open_answers
from backend.casework.lifecycle import CaseState
from backend.casework.machine import Casework
from backend.database.record import Row, fetch
from backend.errors import NotFound, Text
from backend.kit import masking
from backend.people.identity.queries import opened_name
from backend.viewer import Citizen, Viewer

NO_SUCH_CASE = Text("没有这个办件。", "There is no such case.")


@dataclass(frozen=True, slots=True)
class PartyCaseView:
    """A case as its other party sees it: what both have in common, never the applicant's own answers."""

    id: UUID
    item_code: str
    organ_name: str
    state: CaseState
    version: int
    applicant_name: str
    answers: Mapping[str, object]
    confirmed: bool
    """Whether this party has agreed to the case as it is now."""


@dataclass(frozen=True, slots=True)
class OtherParty:
    """The other party as those who see the case see them; the name is sealed until it is asked for."""

    joined_at: datetime | None
    confirmed: bool
    name_sealed: str | None
    number_index: str | None

    def masked(self, work: Casework) -> str | None:
        """The name, once they have joined."""
        if self.name_sealed is None or self.number_index is None:
            return None
        return masking.name(opened_name(work.resources, self.name_sealed, self.number_index))


_PARTY = (
    "SELECT application.id, application.item_code, application.organ_name, application.state, application.version,"
    " application.answers_sealed, party.confirmed_version, document.name_sealed, document.number_index"
    " FROM case_party party JOIN application ON application.id = party.application_id"
    " JOIN identity_document document ON document.person_id = application.person_id AND document.main"
    " WHERE party.person_id = $1"
)


async def party_cases(
    citizen: Citizen, work: Casework, *, before: UUID | None, limit: int
) -> Sequence[PartyCaseView]:
    """The cases that the viewer has joined as the other party, the newest first."""
    rows = await fetch(
        f"{_PARTY} AND ($2::uuid IS NULL OR application.id < $2) ORDER BY application.id DESC LIMIT $3",
        citizen.person_id,
        before,
        limit,
    )
    return [_view(work, row) for row in rows]


async def party_case(citizen: Citizen, work: Casework, application_id: UUID) -> PartyCaseView:
    """One of them. Raises ``NotFound``."""
    rows = await fetch(f"{_PARTY} AND application.id = $2", citizen.person_id, application_id)
    if not rows:
        raise NotFound(NO_SUCH_CASE)
    return _view(work, rows[0])


async def other_parties(_viewer: Viewer, ids: Sequence[UUID]) -> Sequence[OtherParty | None]:
    """The other party of each case, for cases already seen; None where nobody was invited."""
    rows = await fetch(
        "SELECT party.application_id, party.joined_at,"
        " party.confirmed_version IS NOT DISTINCT FROM application.version OR application.state <> 'DRAFT'"
        "  AS confirmed, document.name_sealed, document.number_index"
        " FROM case_party party JOIN application ON application.id = party.application_id"
        " LEFT JOIN identity_document document ON document.person_id = party.person_id AND document.main"
        " WHERE party.application_id = ANY($1)",
        list(ids),
    )
    found = {
        row["application_id"]: OtherParty(
            row["joined_at"], row["confirmed"], row["name_sealed"], row["number_index"]
        )
        for row in rows
    }
    return [found.get(key) for key in ids]


def _view(work: Casework, row: Row) -> PartyCaseView:
    shown = work.standards.get(row["item_code"]).shown_to_party
    answers = open_answers(work, row["id"], row["answers_sealed"])
    state = CaseState(row["state"])
    return PartyCaseView(
        id=row["id"],
        item_code=row["item_code"],
        organ_name=row["organ_name"],
        state=state,
        version=row["version"],
        applicant_name=masking.name(opened_name(work.resources, row["name_sealed"], row["number_index"])),
        answers={name: answers[name] for name in shown if name in answers},
        confirmed=state is not CaseState.DRAFT or row["confirmed_version"] == row["version"],
    )
