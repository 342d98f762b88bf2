"""好差评: citizens evaluate their services and answer what came of it; devices by a one-time code; scores for everybody."""

from collections.abc import Awaitable, Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.casework.evaluations import actions, handling, queries
from backend.casework.evaluations.actions import Words
from backend.casework.evaluations.following import name_of
from backend.casework.evaluations.indicators import CURRENT, EDITIONS, Side, Tag
from backend.casework.evaluations.loops import DAYS, LoopAct, LoopState
from backend.casework.evaluations.models import EvaluationChannel, ScoreAxis, ServiceKind
from backend.casework.evaluations.queries import ActView, EvaluationView, LoopView, ScoreView, ServiceView
from backend.kit import regions
from backend.viewer import Viewer
from resolvers.access import CITIZEN, PARENT, PUBLIC
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.pagination import (
    After,
    Connection,
    First,
    Node,
    global_id,
    keyset_page,
    page_size,
    read_cursor,
    read_global_id,
)
from resolvers.sessions import citizen_of

strawberry.enum(ServiceKind, description="What is evaluated once: 一事一评, 一次一评.")
strawberry.enum(EvaluationChannel, description="By which way an evaluation came.")
strawberry.enum(LoopState, name="EvaluationLoopState", description="差评整改状态.")
strawberry.enum(LoopAct, name="EvaluationLoopStep", description="What is done about a bad evaluation.")
strawberry.enum(Side, name="EvaluationSide", description="Where a service was given.")
strawberry.enum(ScoreAxis, name="EvaluationScoreAxis", description="By what scores are published.")


def _tag_name(root: strawberry.Parent[Tag], info: Info) -> str:
    return root.name.of(info.context.language)


def _tag_index(root: strawberry.Parent[Tag], info: Info) -> str:
    return root.index.of(info.context.language)


@object_type(reads=Tag, description="Something to tick beside a level.")
class EvaluationTag:
    """A tag."""

    code: str = field(access=PARENT, description="Its code.")
    side: Side = field(access=PARENT, description="For services online or on site.")
    index: str = field(access=PARENT, description="二级指标 it belongs to.", resolver=_tag_index)
    praises: bool = field(
        access=PARENT, description="Goes with 4 and 5; the others with 1 and 2; with 3 all of them."
    )
    name: str = field(access=PARENT, description="Its words.", resolver=_tag_name)


def _tags(root: strawberry.Parent[EvaluationView]) -> Sequence[Tag]:
    return [tag for tag in EDITIONS[root.indicators] if tag.code in root.tags]


def _comment(root: strawberry.Parent[EvaluationView], info: Info) -> str | None:
    return root.comment(info.context.resources.keys.ring)


@object_type(reads=EvaluationView, description="What somebody said of a service; never who.")
class Evaluation(Node):
    """An evaluation."""

    level: int = field(access=PARENT, description="5 非常满意 to 1 非常不满意.")
    tags: list[EvaluationTag] = field(access=PARENT, description="What was ticked.", resolver=_tags, most=6)
    comment: str | None = field(access=PARENT, description="In own words.", resolver=_comment)
    channel: EvaluationChannel = field(access=PARENT, description="By which way it came.")
    entered: bool = field(access=PARENT, description="Whether an officer entered it for somebody.")
    counted: bool = field(access=PARENT, description="False while it is excluded from the scores.")
    created_at: datetime = field(access=PARENT, description="When it came.")


def _note(root: strawberry.Parent[ActView], info: Info) -> str | None:
    return root.note(info.context.resources.keys.ring)


def _step(root: strawberry.Parent[ActView]) -> LoopAct:
    return root.act


@object_type(reads=ActView, description="One step of what followed a bad evaluation.")
class EvaluationLoopAct:
    """A step."""

    step: LoopAct = field(access=PARENT, description="What was done.", resolver=_step)
    state: LoopState = field(access=PARENT, description="Where it stood afterwards.")
    at: datetime = field(access=PARENT, description="When.")
    note: str | None = field(access=PARENT, description="What was said with it.", resolver=_note)


async def _acts(_viewer: Viewer, ids: list[UUID]) -> Sequence[Sequence[ActView]]:
    found = await queries.acts_of(ids)
    return [found[key] for key in ids]


def _loop_acts(root: strawberry.Parent[LoopView], info: Info) -> Awaitable[Sequence[ActView]]:
    return info.context.load(_acts, root.id)


def _item_name(root: strawberry.Parent[LoopView | ServiceView], info: Info) -> str:
    item = info.context.work.standards.by_code.get(root.item_code)
    return name_of(info.context.work, root.item_code) if item is None else item.name.of(info.context.language)


def _case(root: strawberry.Parent[LoopView | ServiceView]) -> strawberry.ID | None:
    return None if root.application_id is None else global_id("Application", root.application_id)


def _appointment(root: strawberry.Parent[ServiceView]) -> strawberry.ID | None:
    return None if root.appointment_id is None else global_id("BookedAppointment", root.appointment_id)


@object_type(
    reads=LoopView, description="差评整改: what follows a bad evaluation, step by step, each with its days."
)
class EvaluationLoop(Node):
    """A loop."""

    evaluation: Evaluation = field(access=PARENT, description="What was said.")
    kind: ServiceKind = field(access=PARENT, description="Of a case or of a visit.")
    application_id: strawberry.ID | None = field(
        access=PARENT, description="The case it is about; null for a visit about none.", resolver=_case
    )
    item_code: str = field(access=PARENT, description="基本编码.")
    item_name: str = field(access=PARENT, description="Name of the item.", resolver=_item_name)
    organ_name: str = field(access=PARENT, description="Who was evaluated.")
    state: LoopState = field(access=PARENT, description="Where it stands.")
    version: int = field(access=PARENT, description="To be sent back with the next step.")
    appealed: bool = field(access=PARENT, description="Whether the one appeal was used.")
    due_on: date = field(access=PARENT, description="Last day of this step.")
    late: bool = field(access=PARENT, description="Whether the organ missed it: supervision knows.")
    open: bool = field(access=PARENT, description="Whether something is still to be done.")
    acts: list[EvaluationLoopAct] = field(
        access=PARENT, description="What was done, in order; 50 at most.", resolver=_loop_acts, most=10
    )


@object_type(reads=ServiceView, description="A service of the citizen's that can be, or was, evaluated.")
class ServiceEvent(Node):
    """A service."""

    kind: ServiceKind = field(access=PARENT, description="A case or a visit.")
    application_id: strawberry.ID | None = field(
        access=PARENT, description="The case it is about.", resolver=_case
    )
    appointment_id: strawberry.ID | None = field(
        access=PARENT, description="The appointment of a visit.", resolver=_appointment
    )
    item_name: str = field(access=PARENT, description="Name of the item.", resolver=_item_name)
    organ_name: str = field(access=PARENT, description="Who served.")
    at: datetime = field(access=PARENT, description="When the case ended, or the visit was.")
    closes_at: datetime = field(access=PARENT, description="Until when it can be evaluated.")
    evaluation: Evaluation | None = field(access=PARENT, description="What was said of it.")
    loop: EvaluationLoop | None = field(access=PARENT, description="What came of a bad one.")


def _score_name(root: strawberry.Parent[ScoreView], info: Info) -> str:
    match root.axis:
        case ScoreAxis.ITEM:
            item = info.context.work.standards.by_code.get(root.subject)
            return root.subject if item is None else item.name.of(info.context.language)
        case ScoreAxis.REGION:
            return regions.full_name(root.subject) or root.subject
        case ScoreAxis.ORGAN:
            return root.name


def _evaluated(root: strawberry.Parent[ScoreView]) -> int:
    return root.count


def _average(root: strawberry.Parent[ScoreView]) -> float:
    return round(root.points / root.count, 2)


def _good_rate(root: strawberry.Parent[ScoreView]) -> float:
    return round(root.good / root.count, 4)


@object_type(reads=ScoreView, description="A published score; small numbers are kept back.")
class EvaluationScore:
    """A score."""

    period: str = field(access=PARENT, description="The month, YYYY-MM.")
    axis: ScoreAxis = field(access=PARENT, description="By what it is counted.")
    subject: str = field(
        access=PARENT, description="Division, credit code of an organ, or base code of an item."
    )
    name: str = field(access=PARENT, description="Its name.", resolver=_score_name)
    evaluated: int = field(access=PARENT, description="How many evaluations.", resolver=_evaluated)
    average: float = field(
        access=PARENT,
        description="Mean of the levels, 1 to 5, two decimals.",
        resolver=_average,
    )
    good_rate: float = field(
        access=PARENT,
        description="Share of 基本满意 and better, 0 to 1, four decimals.",
        resolver=_good_rate,
    )


@query(
    access=PUBLIC,
    description="Tags of the current indicators.",
    returns=list[EvaluationTag],
    shared_for=3600,
)
async def evaluation_tags(_info: Info) -> Sequence[Tag]:
    """Tags."""
    return EDITIONS[CURRENT]


@object_type(description="How many working days a step of a bad evaluation has, and where that comes from.")
class EvaluationSpan:
    """A span."""

    state: LoopState = field(access=PARENT, description="The state in which the step is due.")
    days: int = field(access=PARENT, description="Working days.")
    source: str = field(access=PARENT, description="Where it comes from.")
    standing: str = field(access=PARENT, description="law, published, practice or unverified.")


@query(
    access=PUBLIC,
    description="The days of every step that follows a bad evaluation.",
    returns=list[EvaluationSpan],
    shared_for=3600,
)
async def evaluation_spans(_info: Info) -> Sequence[EvaluationSpan]:
    """Spans."""
    return [
        EvaluationSpan(state=state, days=span.days, source=span.source, standing=span.standing.value)
        for state, span in DAYS.items()
    ]


@query(access=PUBLIC, description="Months whose scores are published, the newest first.", returns=list[str])
async def evaluation_periods(_info: Info) -> Sequence[str]:
    """Months."""
    return await queries.score_periods()


@query(
    access=PUBLIC,
    description="Scores of a month below one division, the best first: regions, organs, or items of the nation.",
    returns=list[EvaluationScore],
)
async def evaluation_scores(
    _info: Info,
    period: Annotated[str, strawberry.argument(description="The month, YYYY-MM.")],
    axis: Annotated[ScoreAxis, strawberry.argument(description="By what.")],
    division: Annotated[
        str, strawberry.argument(description="The division above; for items only the nation.")
    ] = regions.NATION,
) -> Sequence[ScoreView]:
    """Scores."""
    return await queries.scores(period=period, axis=axis, within=division)


@query(
    access=CITIZEN,
    description="The citizen's services that can be, or were, evaluated, the newest first.",
    returns=Connection[ServiceEvent],
)
async def service_events(
    info: Info,
    first: First = 20,
    after: After = None,
    waiting_only: Annotated[
        bool, strawberry.argument(description="Only what can still be evaluated.")
    ] = False,
) -> Connection[ServiceView]:
    """A page of them."""
    place = read_cursor(after, UUID)
    rows = await queries.services(
        citizen_of(info),
        before=place[0] if place else None,
        limit=page_size(first) + 1,
        waiting_only=waiting_only,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@input_type(description="What is said of a service.")
class EvaluationInput:
    """Level, tags, words."""

    level: int = input_field(description="5 非常满意, 4 满意, 3 基本满意, 2 不满意, 1 非常不满意.")
    tags: list[str] | None = input_field(description="Codes of tags, 6 at most.", default=None)
    comment: str | None = input_field(description="In own words, up to 500 characters.", default=None)

    def words(self) -> Words:
        """As casework reads it."""
        return Words(self.level, self.tags or (), self.comment)


@input_type(description="Which service, and what is said of it.")
class EvaluateServiceInput(MutationInput):
    """Input of ``evaluateService``."""

    event_id: strawberry.ID = input_field(description="A `ServiceEvent` of the citizen's own.")
    evaluation: EvaluationInput = input_field(description="What is said.")


@mutation(access=CITIZEN, description="Evaluate a case or a visit, once.", returns=ServiceEvent)
async def evaluate_service(info: Info, input: EvaluateServiceInput) -> ServiceView:  # noqa: A002 - GraphQL's name
    """Evaluate."""
    citizen = citizen_of(info)
    event_id = await actions.evaluate_service(
        citizen,
        info.context.work,
        event_id=read_global_id(input.event_id, "ServiceEvent"),
        said=input.evaluation.words(),
        idempotency_key=input.idempotency_key,
    )
    return await queries.service(citizen, event_id)


@object_type(description="A device's evaluation arrived.")
class EvaluationReceived:
    """Nothing more is told to whoever has only a code."""

    received: bool = field(access=PARENT, description="Always true.")


@input_type(description="The one-time code, and what is said.")
class EvaluateByCodeInput(MutationInput):
    """Input of ``evaluateByCode``."""

    code: str = input_field(description="As the window shows it, also in its QR code.")
    evaluation: EvaluationInput = input_field(description="What is said.")


@mutation(
    access=PUBLIC,
    description="Evaluate at a window's device, or with any phone, by the one-time code.",
    returns=EvaluationReceived,
)
async def evaluate_by_code(info: Info, input: EvaluateByCodeInput) -> EvaluationReceived:  # noqa: A002 - GraphQL's name
    """Evaluate."""
    await actions.evaluate_by_code(
        info.context.viewer,
        info.context.work,
        code=input.code,
        said=input.evaluation.words(),
        idempotency_key=input.idempotency_key,
    )
    return EvaluationReceived(received=True)


@input_type(description="What the evaluator answers.")
class AnswerEvaluationLoopInput(MutationInput):
    """Input of ``answerEvaluationLoop``."""

    loop_id: strawberry.ID = input_field(description="What followed their bad evaluation.")
    version: int = input_field(description="The version that was seen.")
    step: LoopAct = input_field(description="CONFIRM, APPEAL (once) or OBJECT.")
    note: str = input_field(description="Why, 2 to 1000 characters; not needed to confirm.", default="")


@mutation(
    access=CITIZEN,
    description="Confirm what was done about one's bad evaluation, appeal once, or object to its exclusion.",
    returns=EvaluationLoop,
)
async def answer_evaluation_loop(info: Info, input: AnswerEvaluationLoopInput) -> LoopView:  # noqa: A002 - GraphQL's name
    """Answer."""
    citizen = citizen_of(info)
    loop_id = await handling.answer(
        citizen,
        info.context.work,
        loop_id=read_global_id(input.loop_id, "EvaluationLoop"),
        version=input.version,
        act=input.step,
        note=input.note,
        key=input.idempotency_key,
    )
    return await queries.loop(citizen, loop_id)


QUERIES = (evaluation_tags, evaluation_spans, evaluation_periods, evaluation_scores, service_events)
MUTATIONS = (evaluate_service, evaluate_by_code, answer_evaluation_loop)
