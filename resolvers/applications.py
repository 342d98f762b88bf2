"""Cases at the counter: start, fill in, upload, submit, follow, evaluate."""

from collections.abc import AsyncGenerator, Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.casework.applications import actions, queries
from backend.casework.applications.decisions import open_decision
from backend.casework.applications.queries import ApplicationRow
from backend.casework.certificates.queries import CertificateView, documents_of, result_among
from backend.casework.evaluations.actions import evaluate_application as evaluate
from backend.casework.evaluations.queries import levels_of
from backend.casework.lifecycle import STATE_NAMES, CaseState
from backend.casework.materials.queries import UploadedMaterial, materials_of
from backend.casework.reviews.refusing import refusal
from backend.errors import NotFound
from backend.kit import regions
from backend.viewer import Viewer
from resolvers.access import CITIZEN, OFFICER, PARENT
from resolvers.asking import RegionProgressResult, progress_there
from resolvers.certificates import Certificate
from resolvers.context import Info
from resolvers.divisions import Division
from resolvers.enums import MaterialSource
from resolvers.events import Event, Since
from resolvers.fields import (
    MutationInput,
    field,
    input_field,
    input_type,
    mutation,
    object_type,
    query,
    subscription,
)
from resolvers.handovers import CaseHandover, handovers_of
from resolvers.legal_time import CaseClock, CaseExtension, DueDate, clocks, extensions
from resolvers.other_party import OtherParty, other_party_of
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    cursor,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)
from resolvers.scalars import Fen, Json, answers_in
from resolvers.sessions import citizen_of
from resolvers.timeline import CaseEvent, latest_wanted, timeline_of

ApplicationId = Annotated[strawberry.ID, strawberry.argument(description="Id of the case.")]
ActingBy = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="A delegation of the viewer's own: its principal's cases instead."),
]


@object_type(reads=UploadedMaterial, description="A material that was uploaded.")
class ApplicationMaterial(Node):
    """An uploaded file, without its content."""

    code: str = field(access=PARENT, description="Which material it is.")
    source: MaterialSource = field(access=PARENT, description="How it came.")
    media_type: str = field(access=PARENT, description="What the file is, by its bytes.")
    size: int = field(access=PARENT, description="Size in bytes.")
    sha256: str = field(access=PARENT, description="SHA-256 of the bytes as they came, hex.")
    uploaded_at: datetime = field(access=PARENT, description="When it came.")


@dataclass(frozen=True, slots=True)
class DecisionView:
    """The decision for the applicant's eyes."""

    approved: bool
    reason: str | None
    result_number: str | None
    monthly_amount: int | None
    paid_from: str | None
    basis: str | None
    remedy: str | None


@object_type(reads=DecisionView, description="What was decided.")
class Decision:
    """The deciding organ's word."""

    approved: bool = field(access=PARENT, description="准予 or 不予.")
    reason: str | None = field(access=PARENT, description="Reason, always present on a refusal.")
    result_number: str | None = field(access=PARENT, description="Number of the decision.")
    monthly_amount: Fen | None = field(access=PARENT, description="Paid per month, in fen.")
    paid_from: str | None = field(access=PARENT, description="First month paid, YYYY-MM.")
    basis: str | None = field(access=PARENT, description="依据: the law a refusal rests on.")
    remedy: str | None = field(
        access=PARENT, description="救济途径: where and until when one may turn against a refusal."
    )


def _state_name(root: strawberry.Parent[ApplicationRow], info: Info) -> str:
    return STATE_NAMES[root.state].of(info.context.language)


def _item_name(root: strawberry.Parent[ApplicationRow], info: Info) -> str:
    return info.context.work.standards.get(root.item_code).name.of(info.context.language)


def _division(root: strawberry.Parent[ApplicationRow]) -> regions.Division | None:
    return regions.get(root.division)


def _answers(root: strawberry.Parent[ApplicationRow], info: Info) -> Json | None:
    if not root.own:
        return None
    return Json(actions.open_answers(info.context.work, root.id, root.answers_sealed))


def _due(root: strawberry.Parent[ApplicationRow]) -> ApplicationRow | None:
    return None if root.due_on is None else root


def _decision(root: strawberry.Parent[ApplicationRow], info: Info) -> DecisionView | None:
    if root.result_sealed is None or not root.own:
        return None
    told = open_decision(info.context.work, root.id, root.result_sealed)
    basis, remedy = told.basis, told.remedy
    if not told.approved and remedy is None:  # what a province told says the rest with the item's own law
        whole = refusal(
            info.context.work.standards.get(root.item_code), root.organ_name, told.reason or "", basis or ""
        )
        basis, remedy = whole.basis, whole.remedy
    return DecisionView(
        told.approved, told.reason, told.result_number, told.monthly_fen, told.paid_from, basis, remedy
    )


async def _material_lists(_viewer: Viewer, ids: list[UUID]) -> Sequence[Sequence[UploadedMaterial]]:
    found = await materials_of(ids)
    return [found[key] for key in ids]


async def _levels(_viewer: Viewer, ids: list[UUID]) -> Sequence[int | None]:
    found = await levels_of(ids)
    return [found.get(key) for key in ids]


async def _document_lists(_viewer: Viewer, ids: list[UUID]) -> Sequence[Sequence[CertificateView]]:
    found = await documents_of(ids)
    return [found[key] for key in ids]


async def _certificates(viewer: Viewer, ids: list[UUID]) -> Sequence[CertificateView | None]:
    return [result_among(documents) for documents in await _document_lists(viewer, ids)]


def _materials(root: strawberry.Parent[ApplicationRow], info: Info) -> Awaitable[Sequence[UploadedMaterial]]:
    return info.context.load(_material_lists, root.id)


def _level(root: strawberry.Parent[ApplicationRow], info: Info) -> Awaitable[int | None]:
    return info.context.load(_levels, root.id)


def _documents(root: strawberry.Parent[ApplicationRow], info: Info) -> Awaitable[Sequence[CertificateView]]:
    return info.context.load(_document_lists, root.id)


def _certificate(root: strawberry.Parent[ApplicationRow], info: Info) -> Awaitable[CertificateView | None]:
    return info.context.load(_certificates, root.id)


@object_type(reads=ApplicationRow, description="办件: a case, from draft to end.")
class Application(Node):
    """A case as its viewer may see it."""

    case_number: str | None = field(
        access=PARENT,
        description="申办流水号, 43 characters or more; null before submission and while a day's series is used up.",
    )
    item_code: str = field(access=PARENT, description="基本编码 of the item.")
    item_name: str = field(access=PARENT, description="Name of the item.", resolver=_item_name)
    division: Division | None = field(
        access=PARENT, description="Where it was applied for.", resolver=_division
    )
    organ_name: str = field(access=PARENT, description="Who decides.")
    state: CaseState = field(access=PARENT, description="办件状态.")
    state_name: str = field(access=PARENT, description="办件状态 in words.", resolver=_state_name)
    version: int = field(access=PARENT, description="Rises with every change; send it back when saving.")
    created_at: datetime = field(access=PARENT, description="When the draft was begun.")
    submitted_at: datetime | None = field(access=PARENT, description="When it was received (收件).")
    answers: Json | None = field(
        access=PARENT, description="The applicant's own answers; null for others.", resolver=_answers
    )
    due_date: DueDate | None = field(access=PARENT, description="When a decision is due.", resolver=_due)
    extensions: list[CaseExtension] = field(
        access=PARENT, description="延期 that were granted, with the reasons.", resolver=extensions
    )
    clocks: list[CaseClock] = field(
        access=PARENT,
        description="Every limit of the case, in the order in which they began.",
        resolver=clocks,
    )
    decision: Decision | None = field(
        access=PARENT, description="What was decided; for the applicant.", resolver=_decision
    )
    timeline: list[CaseEvent] = field(
        access=PARENT, description="The latest entries, oldest first.", resolver=timeline_of
    )
    materials: list[ApplicationMaterial] = field(
        access=PARENT, description="What was uploaded.", resolver=_materials
    )
    certificate: Certificate | None = field(
        access=PARENT, description="The result document, once it is issued.", resolver=_certificate
    )
    other_party: OtherParty | None = field(
        access=PARENT, description="Who applies together with the applicant.", resolver=other_party_of
    )
    documents: list[Certificate] = field(
        access=PARENT,
        description="Everything issued in writing, in order: 受理、补正、不予受理通知书, the result and its reissues.",
        resolver=_documents,
        most=5,
    )
    handovers: list[CaseHandover] = field(
        access=PARENT,
        description="跨省通办: between which places it goes, the one that decides first.",
        resolver=handovers_of,
        most=5,
    )
    progress_there: RegionProgressResult | None = field(
        access=PARENT,
        description="How far it is in the province that handles it, asked there now; null where no other has it.",
        resolver=progress_there,
        weight=20,
    )
    evaluation: int | None = field(access=PARENT, description="好差评 level given, 5 to 1.", resolver=_level)


async def case_of(viewer: Viewer, application_id: UUID) -> ApplicationRow:
    """The case, which this viewer may see. Raises ``NotFound``."""
    row = await queries.application(viewer, application_id)
    if row is None:
        raise NotFound(actions.NO_SUCH_CASE)
    return row


@query(
    access=CITIZEN | OFFICER,
    description="One case; null where there is none that this viewer may see.",
    returns=Application | None,
)
async def application(info: Info, id: ApplicationId) -> ApplicationRow | None:  # noqa: A002 - Relay's name
    """One case."""
    return await queries.application(info.context.viewer, read_global_id(id, "Application"))


@query(
    access=CITIZEN | OFFICER,
    description="The citizen's cases, or those handed in to the officer's division; newest first.",
    returns=Connection[Application],
)
async def applications(
    info: Info, first: First = 20, after: After = None, acting_by: ActingBy = None
) -> Connection[ApplicationRow]:
    """A page of cases."""
    place = read_cursor(after, UUID)
    rows = await queries.applications(
        info.context.viewer,
        before=place[0] if place else None,
        limit=page_size(first) + 1,
        acting_by=None if acting_by is None else read_global_id(acting_by, "Delegation"),
        latest=latest_wanted(info, "edges", "node"),
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@input_type(description="Which item, and where.")
class StartApplicationInput(MutationInput):
    """Input of ``startApplication``."""

    item_code: str = input_field(description="基本编码, 12 digits.")
    division: str = input_field(description="Division to apply to, 6 to 12 digits.")
    on_behalf_of: strawberry.ID | None = input_field(
        description="A delegation of the viewer's own: the case is its principal's.", default=None
    )


@mutation(access=CITIZEN, description="Begin a draft.", returns=Application)
async def start_application(info: Info, input: StartApplicationInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """Begin a draft."""
    application_id = await actions.start_application(
        citizen_of(info),
        info.context.work,
        item_code=input.item_code,
        division=input.division,
        idempotency_key=input.idempotency_key,
        on_behalf_of=None if input.on_behalf_of is None else read_global_id(input.on_behalf_of, "Delegation"),
    )
    return await case_of(info.context.viewer, application_id)


@input_type(description="Answers of a draft.")
class SaveAnswersInput(MutationInput):
    """Input of ``saveAnswers``."""

    application_id: strawberry.ID = input_field(description="The draft.")
    version: int = input_field(description="The version that was seen; an older one is refused.")
    answers: Json = input_field(description="All answers so far, an object by field name.")


@mutation(access=CITIZEN, description="Save a draft's answers.", returns=Application)
async def save_answers(info: Info, input: SaveAnswersInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """Save answers."""
    application_id = await actions.save_answers(
        citizen_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        answers=answers_in(input.answers, "input", "answers"),
        version=input.version,
        idempotency_key=input.idempotency_key,
    )
    return await case_of(info.context.viewer, application_id)


@input_type(description="The draft to hand in.")
class SubmitApplicationInput(MutationInput):
    """Input of ``submitApplication``."""

    application_id: strawberry.ID = input_field(description="The draft.")


@mutation(
    access=CITIZEN,
    description="Hand in a draft. Everything is checked first; afterwards the case is received (收件).",
    returns=Application,
)
async def submit_application(info: Info, input: SubmitApplicationInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """Submit."""
    application_id = await actions.submit_application(
        citizen_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        idempotency_key=input.idempotency_key,
    )
    return await case_of(info.context.viewer, application_id)


@input_type(description="好差评 of an ended case.")
class EvaluateApplicationInput(MutationInput):
    """Input of ``evaluateApplication``."""

    application_id: strawberry.ID = input_field(description="The ended case.")
    level: int = input_field(description="5 非常满意, 4 满意, 3 基本满意, 2 不满意, 1 非常不满意.")
    comment: str | None = input_field(description="In own words, up to 500 characters.", default=None)
    tags: list[str] | None = input_field(
        description="Codes of `evaluationTags` of the side ONLINE, 6 at most.", default=None
    )


@mutation(access=CITIZEN, description="Evaluate the service, once per case.", returns=Application)
async def evaluate_application(info: Info, input: EvaluateApplicationInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """Evaluate."""
    application_id = await evaluate(
        citizen_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        level=input.level,
        comment=input.comment,
        tags=input.tags or (),
        idempotency_key=input.idempotency_key,
    )
    return await case_of(info.context.viewer, application_id)


@subscription(
    access=CITIZEN | OFFICER,
    description="A case, at once and again whenever something happened to it. Polling `application` tells the same.",
    returns=Application,
)
async def application_changed(
    info: Info,
    id: ApplicationId,  # noqa: A002 - Relay's name
    since: Since = None,
) -> AsyncGenerator[Event[ApplicationRow], None]:
    """Follow a case."""
    application_id, seen = read_global_id(id, "Application"), read_cursor(since, int)
    shared = info.context.work.resources.shared
    # Listen first, read then: what happens in between is announced and not missed.
    async with shared.listening(f"case:{application_id}") as messages:
        row = await case_of(info.context.viewer, application_id)
        if seen is None or row.version > seen[0]:
            yield Event(row, cursor(row.version))
        async for _ in messages:
            row = await case_of(info.context.viewer, application_id)
            yield Event(row, cursor(row.version))


QUERIES = (application, applications)
MUTATIONS = (start_application, save_answers, submit_application, evaluate_application)
SUBSCRIPTIONS = (application_changed,)
