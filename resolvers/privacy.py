"""What a citizen may know about the use of their data, and how an officer opens what is masked."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.errors import NotFound
from backend.kit.documents import DocumentKind
from backend.people.privacy import looks, own_data, retention, reveal
from backend.people.privacy.looks import LookedBy
from backend.viewer import CASE_ROLES
from resolvers.access import CITIZEN, PARENT, PUBLIC, officer
from resolvers.applications import case_of
from resolvers.context import Info
from resolvers.enums import LookReason
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)
from resolvers.sessions import citizen_of

strawberry.enum(LookedBy, description="Who had to do with somebody's data.")
strawberry.enum(retention.Ground, name="RetentionGround", description="What a period of keeping rests on.")


def _what(root: strawberry.Parent[looks.DataLook], info: Info) -> str:
    return root.what.of(info.context.language)


@object_type(
    reads=looks.DataLook, description="One time that somebody else had to do with the viewer's data."
)
class DataLook(Node):
    """From the viewer's own audit trail."""

    at: datetime = field(access=PARENT, description="When.")
    by: LookedBy = field(access=PARENT, description="What kind of somebody.")
    organ_name: str | None = field(access=PARENT, description="An officer's organ: questions go there.")
    kind: str = field(access=PARENT, description="Kind of the audit entry, for programs.")
    what: str = field(access=PARENT, description="What they did, in words.", resolver=_what)
    reason: LookReason | None = field(access=PARENT, description="The reason an officer gave.")


@query(
    access=CITIZEN,
    description="Who else had to do with the viewer's data, from the audit trail; the newest first.",
    returns=Connection[DataLook],
)
async def my_data_looks(info: Info, first: First = 20, after: After = None) -> Connection[looks.DataLook]:
    """Who looked."""
    place = read_cursor(after, UUID)
    rows = await looks.data_looks(
        citizen_of(info), before=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@object_type(reads=reveal.Revealed, description="A person in the open; that it was read is in their trail.")
class RevealedPerson:
    """Name and number."""

    name: str = field(access=PARENT, description="The name.")
    number: str = field(access=PARENT, description="The number of the document they go by.")
    document_kind: DocumentKind = field(access=PARENT, description="Which document.")


@input_type(description="Whose case, and why.")
class RevealApplicantInput(MutationInput):
    """Input of ``revealApplicant``."""

    application_id: strawberry.ID = input_field(description="A case that the officer sees.")
    reason: LookReason = input_field(description="Why; the citizen reads it.")


@mutation(
    access=officer(*CASE_ROLES),
    description="Open the applicant's name and number; the citizen can read who did, and why.",
    returns=RevealedPerson,
)
async def reveal_applicant(info: Info, input: RevealApplicantInput) -> reveal.Revealed:  # noqa: A002 - GraphQL's name
    """Reveal."""
    viewer = officer_of(info)
    resources = info.context.resources
    try:
        case = await case_of(viewer, read_global_id(input.application_id, "Application"))
    except NotFound:
        resources.tally.add("look_beyond")
        await reveal.note_refused_look(viewer, resources, why="not_theirs")
        raise
    return await reveal.reveal_person(
        viewer, resources, person_id=case.person_id, case_id=case.id, reason=input.reason
    )


@object_type(reads=own_data.DataExport, description="Everything that is kept of the viewer, as one file.")
class DataExport:
    """The file; it is stored nowhere."""

    file_name: str = field(access=PARENT, description="A name for it.")
    content: str = field(access=PARENT, description="JSON.")
    sha256: str = field(access=PARENT, description="SHA-256 of the content, hex; it is in the audit trail.")


@input_type(description="Nothing but the key.")
class ExportMyDataInput(MutationInput):
    """Input of ``exportMyData``."""


@mutation(
    access=CITIZEN,
    description="Everything that is kept of the viewer. Wants them proven in this session.",
    returns=DataExport,
    weight=100,
)
async def export_my_data(info: Info, input: ExportMyDataInput) -> own_data.DataExport:  # noqa: A002, ARG001 - GraphQL's name; a file of this moment
    """Export."""
    work = info.context.work
    return await own_data.export_data(citizen_of(info), work.resources, work.holdings)


def _what_of(root: strawberry.Parent[own_data.Kept], info: Info) -> str:
    return root.what.of(info.context.language)


def _why_of(root: strawberry.Parent[own_data.Kept], info: Info) -> str:
    return root.why.of(info.context.language)


@object_type(reads=own_data.Kept, description="Something that the law keeps although an account was closed.")
class KeptRecord:
    """What stays."""

    what: str = field(access=PARENT, description="What.", resolver=_what_of)
    why: str = field(access=PARENT, description="By which law, and how long.", resolver=_why_of)


@object_type(reads=own_data.Closed, description="The viewer's accounts are closed.")
class ClosedAccounts:
    """The end of them."""

    at: datetime = field(access=PARENT, description="Since when nobody can sign in to them.")
    accounts: int = field(access=PARENT, description="How many there were.")
    kept: list[KeptRecord] = field(
        access=PARENT, description="What stays, and by which law; everything else is gone."
    )


@input_type(description="Nothing but the key.")
class CloseMyAccountsInput(MutationInput):
    """Input of ``closeMyAccounts``."""


@mutation(
    access=CITIZEN,
    description="Close all accounts of the viewer; refused while a matter of theirs is open.",
    returns=ClosedAccounts,
)
async def close_my_accounts(info: Info, input: CloseMyAccountsInput) -> own_data.Closed:  # noqa: A002, ARG001 - GraphQL's name; closed is closed
    """Close."""
    work = info.context.work
    return await own_data.close_accounts(citizen_of(info), work.resources, work.holdings)


def _of_what(root: strawberry.Parent[retention.Retention], info: Info) -> str:
    return root.what.of(info.context.language)


def _since(root: strawberry.Parent[retention.Retention], info: Info) -> str:
    return root.since.of(info.context.language)


def _basis(root: strawberry.Parent[retention.Retention], info: Info) -> str:
    return root.basis.of(info.context.language)


@object_type(reads=retention.Retention, description="How long something is kept (保存期限).")
class RetentionPeriod:
    """One period."""

    what: str = field(access=PARENT, description="What is taken away.", resolver=_of_what)
    days: int = field(access=PARENT, description="After how many days.")
    since: str = field(access=PARENT, description="From when they are counted.", resolver=_since)
    basis: str = field(access=PARENT, description="The law that it rests on.", resolver=_basis)
    ground: retention.Ground = field(access=PARENT, description="How well that is founded.")


@query(
    access=PUBLIC,
    description="How long what is kept (PIPL 17): a clock takes it away afterwards.",
    returns=list[RetentionPeriod],
    shared_for=60,
)
async def retention_periods(info: Info) -> list[retention.Retention]:
    """All of them."""
    return list(info.context.work.retentions)


QUERIES = (my_data_looks, retention_periods)
MUTATIONS = (reveal_applicant, export_my_data, close_my_accounts)
