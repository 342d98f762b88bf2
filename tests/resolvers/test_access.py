from uuid import UUID

import pytest

from backend.errors import Forbidden, NotSignedIn, Refusal, StepUpNeeded
from backend.viewer import Anonymous, Citizen, Officer, OfficerRole, Viewer
from resolvers.access import CITIZEN, OFFICER, PUBLIC, SIGNED_IN, Access, officer

NOBODY = Anonymous()
UNBOUND = Citizen(UUID(int=1), UUID(int=1), None)
BOUND = Citizen(UUID(int=1), UUID(int=1), UUID(int=2))
CLERK = Officer(UUID(int=1), UUID(int=1), UUID(int=1), "330000", frozenset({OfficerRole.INTAKE}))

INTAKE = officer(OfficerRole.INTAKE, OfficerRole.REVIEW)
SUPERVISION = officer(OfficerRole.SUPERVISION)


@pytest.mark.parametrize(
    ("access", "answers"),
    [
        (PUBLIC, (None, None, None, None)),
        (SIGNED_IN, (NotSignedIn, None, None, Forbidden)),
        (CITIZEN, (NotSignedIn, StepUpNeeded, None, Forbidden)),
        (OFFICER, (NotSignedIn, Forbidden, Forbidden, None)),
        (INTAKE, (NotSignedIn, Forbidden, Forbidden, None)),
        (SUPERVISION, (NotSignedIn, Forbidden, Forbidden, Forbidden)),
        (CITIZEN | OFFICER, (NotSignedIn, StepUpNeeded, None, None)),
        (OFFICER | CITIZEN, (NotSignedIn, StepUpNeeded, None, None)),
        (SUPERVISION | SIGNED_IN, (NotSignedIn, None, None, Forbidden)),
    ],
    ids=lambda value: value.name if isinstance(value, Access) else "",
)
def test_each_viewer_gets_the_answer_of_the_table(
    access: Access, answers: tuple[type[Refusal] | None, ...]
) -> None:
    viewers: tuple[Viewer, ...] = (NOBODY, UNBOUND, BOUND, CLERK)
    found = [access.refusal(viewer) for viewer in viewers]
    assert tuple(None if refusal is None else type(refusal) for refusal in found) == answers


def test_admit_raises_the_refusal() -> None:
    with pytest.raises(NotSignedIn):
        CITIZEN.admit(NOBODY)
    CITIZEN.admit(BOUND)


def test_names_are_fit_for_an_access_table() -> None:
    assert (CITIZEN | INTAKE).name == "CITIZEN | OFFICER(INTAKE, REVIEW)"
