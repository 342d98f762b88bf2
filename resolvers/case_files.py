"""Case files at the officers' counter: answers, materials and visits; whoever looks stands in the applicant's trail."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

import strawberry

from backend.casework.materials import looking
from backend.casework.reviews import files
from backend.viewer import Citizen, Officer
from resolvers.access import CITIZEN, PARENT
from resolvers.applications import ApplicationId
from resolvers.context import Info
from resolvers.enums import LookReason
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import Node, read_global_id
from resolvers.scalars import Json
from resolvers.work_lists import DOING


@object_type(description="What an officer reads of a case; that it was read is in the applicant's trail.")
class CaseFile:
    """The answers."""

    answers: Json = field(
        access=PARENT, description="All answers by field name, members of the household too."
    )


@object_type(reads=looking.OpenedFile, description="A stored file, for whoever has just opened it.")
class OpenedFile:
    """Where its bytes are."""

    address: str = field(
        access=PARENT,
        description="Path below the API's own address: fetch it once, with the same access token.",
    )
    sha256: str = field(access=PARENT, description="SHA-256 of the bytes as they came, hex.")
    expires_at: datetime = field(access=PARENT, description="Until when it can be fetched.")


@object_type(reads=files.VisitRow, description="入户调查: that a home was visited.")
class HomeVisit(Node):
    """A visit, without what was seen."""

    visited_at: datetime = field(access=PARENT, description="When.")
    step_code: str = field(access=PARENT, description="For which step.")
    photos: int = field(access=PARENT, description="How many photographs were taken.")


@object_type(
    reads=files.OpenedVisit, description="What was seen at a visit; the look is in the applicant's trail."
)
class OpenedHomeVisit:
    """A visit in the open."""

    visited_at: datetime = field(access=PARENT, description="When.")
    latitude: float = field(access=PARENT, description="Where, WGS 84.")
    longitude: float = field(access=PARENT, description="Where, WGS 84.")
    words: str = field(access=PARENT, description="What was seen.")
    photos: list[OpenedFile] = field(access=PARENT, description="The photographs.")


@query(
    access=DOING,
    description="Home visits of a case in the officer's division, the latest first.",
    returns=list[HomeVisit],
)
async def home_visits(info: Info, application_id: ApplicationId) -> Sequence[files.VisitRow]:
    """Visits."""
    return await files.visits_of(officer_of(info), read_global_id(application_id, "Application"))


@input_type(description="Whose case, and why it is read.")
class OpenCaseFileInput(MutationInput):
    """Input of ``openCaseFile``."""

    application_id: strawberry.ID = input_field(description="The case.")
    reason: LookReason = input_field(description="Why.")


@mutation(
    access=DOING,
    description="Read what was filled in; the applicant sees that it was read, by which organ and why.",
    returns=CaseFile,
)
async def open_case_file(info: Info, input: OpenCaseFileInput) -> CaseFile:  # noqa: A002 - GraphQL's name
    """Open."""
    answers = await files.open_file(
        officer_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        reason=input.reason,
    )
    return CaseFile(answers=Json(dict(answers)))


@input_type(description="Which material, and why an officer looks at it.")
class OpenMaterialInput(MutationInput):
    """Input of ``openMaterial``."""

    application_id: strawberry.ID = input_field(description="The case.")
    material_code: str = input_field(description="Which material.")
    reason: LookReason | None = input_field(description="Wanted of officers.", default=None)


@mutation(
    access=CITIZEN | DOING,
    description="Look at a material: the applicant at their own, officers at those of cases in their division.",
    returns=OpenedFile,
)
async def open_material(info: Info, input: OpenMaterialInput) -> looking.OpenedFile:  # noqa: A002 - GraphQL's name
    """Open a material."""
    return await files.open_material(
        cast("Citizen | Officer", info.context.viewer),  # the field's access has made sure of it
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        code=input.material_code,
        reason=input.reason,
    )


@input_type(description="Which visit, and why it is read.")
class OpenHomeVisitInput(MutationInput):
    """Input of ``openHomeVisit``."""

    visit_id: strawberry.ID = input_field(description="The visit.")
    reason: LookReason = input_field(description="Why.")


@mutation(
    access=DOING,
    description="Read what was seen at a visit, with its photographs.",
    returns=OpenedHomeVisit,
)
async def open_home_visit(info: Info, input: OpenHomeVisitInput) -> files.OpenedVisit:  # noqa: A002 - GraphQL's name
    """Open a visit."""
    return await files.open_visit(
        officer_of(info),
        info.context.work,
        visit_id=read_global_id(input.visit_id, "HomeVisit"),
        reason=input.reason,
    )


QUERIES = (home_visits,)
MUTATIONS = (open_case_file, open_material, open_home_visit)
