"""Front-end teams at the counter: hand documents in, see what became of them, retire them; and their review."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated
from uuid import UUID

import strawberry

from backend.errors import FieldProblem, Invalid, NotFound, Text
from backend.frontends import actions, queries
from backend.frontends.actions import Draft
from backend.frontends.models import DocumentState
from backend.frontends.queries import DocumentView
from backend.viewer import Officer, OfficerRole, Team, TeamRight
from resolvers.access import PARENT, TEAM, officer, team
from resolvers.context import Info
from resolvers.execution.documents import Documents
from resolvers.execution.port import DocumentRefused
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
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

strawberry.enum(DocumentState, description="The life of a registered document.")

REVIEWERS = officer(OfficerRole.OPERATIONS)
DocumentId = Annotated[strawberry.ID, strawberry.argument(description="Id of the document's entry.")]
InState = Annotated[
    DocumentState | None, strawberry.argument(description="Only those in this state; all without it.")
]

_DOES_NOT_FIT = Text("文档不符合模式或超出限制：{reason}", "The document does not fit: {reason}")
_HOW_MANY = Text("每次登记1至100个文档。", "Register 1 to 100 documents at a time.")
_BAD_VERSION = Text("版本号不超过40个可见字符。", "A version has at most 40 printable characters.")


@object_type(reads=queries.Touched, description="A root field that a document asks for.")
class TouchedField:
    """What a reviewer looks at first."""

    name: str = field(access=PARENT, description="Such as `Query.application`.")
    access: str = field(access=PARENT, description="Who may ask for it.")


@object_type(
    reads=DocumentView,
    description="A document that apps send by its id, the SHA-256 of its text: of a team, or the house's own.",
)
class RegisteredDocument(Node):
    """One entry of the registry."""

    digest: str = field(access=PARENT, description="What apps send as `documentId`: 64 hexadecimal digits.")
    text: str = field(access=PARENT, description="Its text.")
    operations: list[str] = field(access=PARENT, description="Names of its operations.")
    touches: list[TouchedField] = field(access=PARENT, description="The root fields it asks for.")
    cost: int = field(access=PARENT, description="What its dearest operation costs at most.")
    team: str | None = field(access=PARENT, description="Name of the team; null for the house's own.")
    app_version: str = field(access=PARENT, description="The version it was last registered for.")
    state: DocumentState = field(access=PARENT, description="Where it stands.")
    note: str = field(access=PARENT, description="The reviewer's word, or why it is deprecated.")
    created_at: datetime = field(access=PARENT, description="When it was first handed in.")
    reviewed_at: datetime | None = field(access=PARENT, description="When it was reviewed.")
    deprecated_at: datetime | None = field(access=PARENT, description="Since when it is deprecated.")
    sunset_on: date | None = field(access=PARENT, description="Announced last day.")
    uses: int = field(access=PARENT, description="Times it was asked for within 30 days.")
    last_used_on: date | None = field(access=PARENT, description="The last of these days.")


@dataclass(frozen=True, slots=True)
class RegisteredView:
    """What was handed in together."""

    documents: Sequence[DocumentView]


@object_type(reads=RegisteredView, description="What was handed in together.")
class RegisteredDocuments:
    """The entries, in the order of the request."""

    documents: list[RegisteredDocument] = field(
        access=PARENT, description="The entries, in the order of the request.", most=100
    )


@query(
    access=TEAM | REVIEWERS,
    description="A team's own documents, or all of them for officers of operations; newest first.",
    returns=Connection[RegisteredDocument],
)
async def registered_documents(
    info: Info, state: InState = None, first: First = 20, after: After = None
) -> Connection[DocumentView]:
    """A page of documents."""
    place = read_cursor(after, UUID)
    rows = await queries.documents(
        info.context.viewer, state=state, before=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@query(
    access=TEAM | REVIEWERS,
    description="One document; null where there is none that this viewer may see.",
    returns=RegisteredDocument | None,
)
async def registered_document(info: Info, id: DocumentId) -> DocumentView | None:  # noqa: A002 - Relay's name
    """One document."""
    return await queries.document(info.context.viewer, read_global_id(id, "RegisteredDocument"))


@input_type(description="Documents of one release of an app.")
class RegisterDocumentsInput(MutationInput):
    """Input of ``registerDocuments``."""

    texts: list[str] = input_field(
        description="1 to 100 documents exactly as apps were built with them: the id is the SHA-256 of these bytes."
    )
    app_version: str = input_field(description="The version of the app that sends them.", default="")


@mutation(
    access=team(TeamRight.REGISTER),
    description="Hand documents in for review: all of them, or none if one does not fit. Known ones stay as they"
    " are; a refused one is handed in again.",
    returns=RegisteredDocuments,
    weight=200,
)
async def register_documents(info: Info, input: RegisterDocumentsInput) -> RegisteredView:  # noqa: A002 - GraphQL's name
    """Register documents."""
    viewer = info.context.viewer
    if not isinstance(viewer, Team):  # the field's access has made sure of it
        raise TypeError("a team's field was reached by somebody else")
    if not 1 <= len(input.texts) <= actions.MOST_AT_ONCE:
        raise Invalid(_HOW_MANY, fields=(FieldProblem(("input", "texts"), _HOW_MANY),))
    if len(input.app_version) > 40 or not input.app_version.isprintable():
        raise Invalid(_BAD_VERSION, fields=(FieldProblem(("input", "appVersion"), _BAD_VERSION),))
    drafts = _examined(info, input.texts)
    kept = await actions.register(viewer, drafts, app_version=input.app_version)
    found = {row.digest: row for row in await queries.documents_of(viewer, kept)}
    return RegisteredView([found[draft.digest] for draft in drafts])


@lru_cache(maxsize=2)
def _documents(schema: strawberry.Schema) -> Documents:
    """What may be said to the schema outside of development, which is what is registered for."""
    return Documents(schema, {}, development=False)


def _examined(info: Info, texts: Sequence[str]) -> list[Draft]:
    documents = _documents(info.schema)
    drafts, wrong = [], []
    for place, text in enumerate(texts):
        try:
            drafts.append(documents.examine(text))
        except DocumentRefused as refusal:
            why = _DOES_NOT_FIT.filled(reason=refusal.errors[0].message)
            wrong.append(FieldProblem(("input", "texts", place), why))
    if wrong:
        raise Invalid(wrong[0].message, fields=tuple(wrong))
    return drafts


@input_type(description="A reviewer's decision.")
class ReviewDocumentInput(MutationInput):
    """Input of ``reviewDocument``."""

    id: strawberry.ID = input_field(description="Id of the document's entry.")
    accept: bool = input_field(description="Whether apps may send it.")
    note: str = input_field(description="A word to the team; wanted for a refusal.", default="")


@mutation(
    access=REVIEWERS,
    description="Accept a document, after which apps may send its id, or refuse it with a reason.",
    returns=RegisteredDocument,
)
async def review_document(info: Info, input: ReviewDocumentInput) -> DocumentView:  # noqa: A002 - GraphQL's name
    """Review a document."""
    document_id = read_global_id(input.id, "RegisteredDocument")
    await actions.review(
        _officer(info), info.context.resources.shared, document_id, accept=input.accept, note=input.note
    )
    return await _seen(info, document_id)


@input_type(description="A document that will go.")
class DeprecateDocumentInput(MutationInput):
    """Input of ``deprecateDocument``."""

    id: strawberry.ID = input_field(description="Id of the document's entry.")
    reason: str = input_field(description="Why, and what to use in its place.")
    sunset_on: date | None = input_field(description="Announced last day.", default=None)


@mutation(
    access=TEAM | REVIEWERS,
    description="Announce that a document will go. It is still answered, for old app versions, and its answers"
    " say so in the headers `Deprecation` and `Sunset`.",
    returns=RegisteredDocument,
)
async def deprecate_document(info: Info, input: DeprecateDocumentInput) -> DocumentView:  # noqa: A002 - GraphQL's name
    """Deprecate a document."""
    viewer, document_id = info.context.viewer, read_global_id(input.id, "RegisteredDocument")
    if not isinstance(viewer, Team | Officer):  # the field's access has made sure of it
        raise TypeError("a reviewer's field was reached by somebody else")
    await actions.deprecate(
        viewer,
        info.context.resources.shared,
        document_id,
        reason=input.reason,
        sunset_on=input.sunset_on,
    )
    return await _seen(info, document_id)


@input_type(description="A document that goes.")
class WithdrawDocumentInput(MutationInput):
    """Input of ``withdrawDocument``."""

    id: strawberry.ID = input_field(description="Id of the document's entry.")
    even_if_used: bool = input_field(
        description="Also while apps still send it: for a document that does harm.", default=False
    )


@mutation(
    access=REVIEWERS,
    description="Stop answering a document. Refused while apps still send it, unless that is wanted.",
    returns=RegisteredDocument,
)
async def withdraw_document(info: Info, input: WithdrawDocumentInput) -> DocumentView:  # noqa: A002 - GraphQL's name
    """Withdraw a document."""
    document_id = read_global_id(input.id, "RegisteredDocument")
    await actions.withdraw(
        _officer(info), info.context.resources.shared, document_id, even_if_used=input.even_if_used
    )
    return await _seen(info, document_id)


def _officer(info: Info) -> Officer:
    viewer = info.context.viewer
    if not isinstance(viewer, Officer):  # the field's access has made sure of it
        raise TypeError("an officer's field was reached by somebody else")
    return viewer


async def _seen(info: Info, document_id: UUID) -> DocumentView:
    row = await queries.document(info.context.viewer, document_id)
    if row is None:
        raise NotFound(actions.NO_SUCH_DOCUMENT)
    return row


QUERIES = (registered_documents, registered_document)
MUTATIONS = (register_documents, review_document, deprecate_document, withdraw_document)
