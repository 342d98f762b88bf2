"""Materials at the counter: the four ways in which one comes to a draft."""

import strawberry

from backend.casework.applications.queries import ApplicationRow
from backend.casework.materials import actions
from backend.viewer import OfficerRole
from resolvers.access import CITIZEN, PARENT, officer
from resolvers.applications import Application, case_of
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type
from resolvers.officers import officer_of
from resolvers.pagination import read_global_id
from resolvers.scalars import Upload
from resolvers.sessions import citizen_of


@input_type(description="A file for a draft.")
class UploadMaterialInput(MutationInput):
    """Input of ``uploadMaterial``."""

    application_id: strawberry.ID = input_field(description="The draft.")
    material_code: str = input_field(description="Which material of the item it is.")
    file: Upload = input_field(description="JPEG, PNG or PDF, sent as multipart.")


@mutation(access=CITIZEN, description="Add or replace a material of a draft.", returns=Application)
async def upload_material(info: Info, input: UploadMaterialInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """Upload a material."""
    application_id = read_global_id(input.application_id, "Application")
    await actions.upload_material(
        citizen_of(info),
        info.context.work,
        application_id=application_id,
        code=input.material_code,
        file_name=input.file.file_name,
        content=input.file.content,
        idempotency_key=input.idempotency_key,
    )
    return await case_of(info.context.viewer, application_id)


@input_type(description="Which material to fetch.")
class ReuseLicenceInput(MutationInput):
    """Input of ``reuseLicence``."""

    application_id: strawberry.ID = input_field(description="The draft.")
    material_code: str = input_field(description="Which material of the item it is.")


@mutation(
    access=CITIZEN,
    description="Fetch a material of a draft from the e-licence store (免提交). Handing in does the same by itself"
    " for whatever is missing.",
    returns=Application,
)
async def reuse_licence(info: Info, input: ReuseLicenceInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """Fetch a licence."""
    application_id = read_global_id(input.application_id, "Application")
    await actions.reuse_licence(
        citizen_of(info),
        info.context.work,
        application_id=application_id,
        code=input.material_code,
        idempotency_key=input.idempotency_key,
    )
    return await case_of(info.context.viewer, application_id)


@input_type(description="A statement instead of a paper.")
class SignStatementInput(MutationInput):
    """Input of ``signStatement``."""

    application_id: strawberry.ID = input_field(description="The draft.")
    material_code: str = input_field(description="Which material of the item it stands in for.")
    statement: str = input_field(description="The statement as it was shown, word for word.")


@mutation(
    access=CITIZEN,
    description="Sign a statement instead of handing in a paper (告知承诺). Needs the item's assurance.",
    returns=Application,
)
async def sign_statement(info: Info, input: SignStatementInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """Sign a statement."""
    application_id = read_global_id(input.application_id, "Application")
    await actions.sign_statement(
        citizen_of(info),
        info.context.work,
        application_id=application_id,
        code=input.material_code,
        statement=input.statement,
        idempotency_key=input.idempotency_key,
    )
    return await case_of(info.context.viewer, application_id)


@input_type(description="A paper that an officer has in hand.")
class ScanMaterialInput(MutationInput):
    """Input of ``scanMaterial``."""

    application_id: strawberry.ID = input_field(description="The draft, as the citizen shows it.")
    number: str = input_field(description="Number of the document of the citizen who is present.")
    material_code: str = input_field(description="Which material of the item it is.")
    file: Upload | None = input_field(
        description="JPEG, PNG or PDF, sent as multipart; or else ``pages``.", default=None
    )
    pages: list[Upload] | None = input_field(
        description="2 to 20 pages, JPEG or PNG, as a high-speed scanner sends them: they become one PDF.",
        default=None,
    )


@object_type(description="A paper was scanned.")
class ScannedMaterial:
    """What the officer sees of somebody else's draft: that it is there."""

    material_code: str = field(access=PARENT, description="Which material it was.")


@mutation(
    access=officer(OfficerRole.INTAKE),
    description="Put a scanned paper on the draft of the citizen who stands at the window, anywhere in the country.",
)
async def scan_material(info: Info, input: ScanMaterialInput) -> ScannedMaterial:  # noqa: A002 - GraphQL's name
    """Scan a paper."""
    pages = [*([input.file] if input.file else ()), *(input.pages or ())]
    await actions.scan_material(
        officer_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        number=input.number,
        code=input.material_code,
        file_name=pages[0].file_name if pages else "",
        pages=[page.content for page in pages],
        idempotency_key=input.idempotency_key,
    )
    return ScannedMaterial(material_code=input.material_code)


MUTATIONS = (upload_material, reuse_licence, sign_statement, scan_material)
