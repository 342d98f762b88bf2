"""运行管理 at the counter: status, switches, announcements, feedback, the pilot."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.casework.catalogue.pilots import ConnectionMode
from backend.casework.switches.models import Feature
from backend.errors import Text
from backend.kit import regions
from backend.operations import desk, queries
from backend.operations.models import FeedbackKind, FeedbackState, PilotPhase
from backend.operations.queries import (
    AnnouncementView,
    FeedbackView,
    PilotStepView,
    PilotView,
    SwitchView,
)
from backend.operations.status import Health, Part, status
from backend.viewer import Citizen, Officer, OfficerRole
from resolvers.access import CITIZEN, OFFICER, PARENT, PUBLIC, officer
from resolvers.context import Info
from resolvers.divisions import Division, DivisionCode
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

strawberry.enum(Health, name="OperationsHealth", description="How a part of the installation is.")
strawberry.enum(Feature, name="OperationsFeature", description="What can be turned off.")
strawberry.enum(FeedbackKind, description="What somebody says of the system.")
strawberry.enum(FeedbackState, description="Where feedback stands.")
strawberry.enum(PilotPhase, description="The phase of a pilot region.")

OPERATIONS = officer(OfficerRole.OPERATIONS)


@object_type(description="One figure of a part of the installation.")
class OperationsFigure:
    """A figure."""

    name: str = field(access=PARENT, description="Its name.")
    value: float = field(access=PARENT, description="How much.")


def _part_label(root: strawberry.Parent[Part], info: Info) -> str:
    return root.label.of(info.context.language)


def _part_figures(root: strawberry.Parent[Part]) -> list[OperationsFigure]:
    return [OperationsFigure(name=name, value=value) for name, value in root.figures.items()]


@object_type(reads=Part, description="One part of the installation and how it is.")
class OperationsPart:
    """A part."""

    name: str = field(access=PARENT, description="Its name, for programs.")
    label: str = field(access=PARENT, description="Its name, for people.", resolver=_part_label)
    health: Health = field(access=PARENT, description="How it is.")
    said: str = field(access=PARENT, description="What is to be said of it.")
    figures: list[OperationsFigure] = field(access=PARENT, description="Its figures.", resolver=_part_figures)


@query(
    access=OPERATIONS,
    description="How everything stands: database, Redis, jobs, clocks, faces, deliveries, connectors, statistics.",
    returns=list[OperationsPart],
    weight=100,
)
async def operations_status(info: Info) -> Sequence[Part]:
    """Status."""
    return await status(info.context.work)


def _division(
    root: strawberry.Parent[SwitchView | AnnouncementView | FeedbackView],
) -> regions.Division | None:
    return regions.find(root.division)


@object_type(reads=SwitchView, description="A feature that was turned off, or on again.")
class FeatureSwitch:
    """A switch."""

    feature: Feature = field(access=PARENT, description="Which feature.")
    division: Division | None = field(
        access=PARENT, description="Where, with everything in it.", resolver=_division
    )
    item_code: str = field(access=PARENT, description="For which item; empty for every item.")
    on: bool = field(access=PARENT, description="Whether it is on.")
    reason: str = field(access=PARENT, description="Why, as citizens are told.")
    changed_at: datetime = field(access=PARENT, description="Since when.")


@query(
    access=OPERATIONS,
    description="Switches of the officer's division and below, and those above that hold there; at most 200.",
    returns=list[FeatureSwitch],
)
async def feature_switches(info: Info) -> Sequence[SwitchView]:
    """Switches."""
    return await queries.switches(officer_of(info))


@input_type(description="What is turned off or on, and where.")
class SwitchFeatureInput(MutationInput):
    """Input of ``switchFeature``."""

    feature: Feature = input_field(description="Which feature.")
    division: str = input_field(description="A division within the officer's.")
    item_code: str = input_field(description="基本编码; empty for every item.", default="")
    on: bool = input_field(description="True turns it on again.")
    reason: str = input_field(description="Why, for citizens; 200 characters at most.")


@mutation(
    access=OPERATIONS,
    description="Turn a feature off or on in a division, for one item or all.",
    returns=FeatureSwitch,
)
async def switch_feature(info: Info, input: SwitchFeatureInput) -> SwitchView:  # noqa: A002 - GraphQL's name
    """Switch."""
    viewer = officer_of(info)
    await desk.switch_feature(
        viewer,
        info.context.work,
        feature=input.feature,
        division=input.division,
        item_code=input.item_code,
        on=input.on,
        reason=input.reason,
        idempotency_key=input.idempotency_key,
    )
    return await queries.switch(viewer, input.feature, input.division, input.item_code)


def _announcement_title(root: strawberry.Parent[AnnouncementView], info: Info) -> str:
    return root.title.of(info.context.language)


def _announcement_body(root: strawberry.Parent[AnnouncementView], info: Info) -> str:
    return root.body.of(info.context.language)


@object_type(reads=AnnouncementView, description="公告: what everybody in a division is told, for a time.")
class Announcement(Node):
    """An announcement."""

    division: Division | None = field(access=PARENT, description="Where it holds.", resolver=_division)
    title: str = field(access=PARENT, description="Title.", resolver=_announcement_title)
    body: str = field(access=PARENT, description="Text.", resolver=_announcement_body)
    urgent: bool = field(access=PARENT, description="Whether it goes before others.")
    since: datetime = field(access=PARENT, description="From when.")
    until: datetime = field(access=PARENT, description="Until when.")


@query(
    access=PUBLIC,
    description="What is announced in a division now, its own and what holds above it.",
    returns=list[Announcement],
)
async def announcements(info: Info, division: DivisionCode) -> Sequence[AnnouncementView]:
    """Announcements."""
    return await queries.announcements(info.context.viewer, division=division)


@input_type(description="What is announced.")
class AnnounceInput(MutationInput):
    """Input of ``announce``."""

    division: str = input_field(description="A division within the officer's.")
    title_zh: str = input_field(description="Chinese title, 80 characters at most.")
    title_en: str = input_field(description="English title, 160 characters at most.")
    body_zh: str = input_field(description="Chinese text, 2000 characters at most.")
    body_en: str = input_field(description="English text, 4000 characters at most.")
    urgent: bool = input_field(description="Whether it goes before others.", default=False)
    since: datetime = input_field(description="From when.")
    until: datetime = input_field(description="Until when, within a year.")


@mutation(access=OPERATIONS, description="Announce something in a division.", returns=Announcement)
async def announce(info: Info, input: AnnounceInput) -> AnnouncementView:  # noqa: A002 - GraphQL's name
    """Announce."""
    viewer = officer_of(info)
    announcement_id = await desk.announce(
        viewer,
        division=input.division,
        title=Text(input.title_zh, input.title_en),
        body=Text(input.body_zh, input.body_en),
        urgent=input.urgent,
        since=input.since,
        until=input.until,
        idempotency_key=input.idempotency_key,
    )
    return await queries.announcement(viewer, announcement_id)


@input_type(description="Which announcement.")
class WithdrawAnnouncementInput(MutationInput):
    """Input of ``withdrawAnnouncement``."""

    announcement_id: strawberry.ID = input_field(description="The announcement.")


@mutation(access=OPERATIONS, description="Take an announcement back.", returns=Announcement)
async def withdraw_announcement(info: Info, input: WithdrawAnnouncementInput) -> AnnouncementView:  # noqa: A002 - GraphQL's name
    """Withdraw."""
    viewer = officer_of(info)
    announcement_id = await desk.withdraw_announcement(
        viewer,
        announcement_id=read_global_id(input.announcement_id, "Announcement"),
        idempotency_key=input.idempotency_key,
    )
    return await queries.announcement(viewer, announcement_id)


def _feedback_said(root: strawberry.Parent[FeedbackView], info: Info) -> str:
    return root.opened(info.context.work, "said") or ""


def _feedback_answer(root: strawberry.Parent[FeedbackView], info: Info) -> str | None:
    return root.opened(info.context.work, "answer")


@object_type(
    reads=FeedbackView, description="反馈: what somebody says of the system, and what they are answered."
)
class Feedback(Node):
    """Feedback."""

    division: Division | None = field(
        access=PARENT, description="Whose operators answer.", resolver=_division
    )
    kind: FeedbackKind = field(access=PARENT, description="What kind.")
    state: FeedbackState = field(access=PARENT, description="Where it stands.")
    from_region: bool = field(access=PARENT, description="Whether officers of a region said it.")
    text: str = field(access=PARENT, description="What is said.", resolver=_feedback_said)
    answer: str | None = field(access=PARENT, description="What was answered.", resolver=_feedback_answer)
    created_at: datetime = field(access=PARENT, description="When it was said.")
    answered_at: datetime | None = field(access=PARENT, description="When it was answered.")


@query(
    access=CITIZEN | OFFICER,
    description="Feedback of the viewer's own; for operations all of the division and below. Newest first.",
    returns=Connection[Feedback],
)
async def feedback(
    info: Info,
    first: First = 20,
    after: After = None,
    state: Annotated[FeedbackState | None, strawberry.argument(description="Only in this state.")] = None,
) -> Connection[FeedbackView]:
    """A page of feedback."""
    place = read_cursor(after, UUID)
    rows = await queries.feedback(
        info.context.viewer, state=state, before=place[0] if place else None, limit=page_size(first) + 1
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.id,))


@input_type(description="What is to be said.")
class GiveFeedbackInput(MutationInput):
    """Input of ``giveFeedback``."""

    division: str = input_field(
        description="Whose operators it is for; an officer's own division or one above."
    )
    kind: FeedbackKind = input_field(description="What kind.")
    text: str = input_field(description="What is said, 1000 characters at most.")


@mutation(
    access=CITIZEN | OFFICER,
    description="Say what is wrong or wished for; the answer is found with `feedback`.",
    returns=Feedback,
)
async def give_feedback(info: Info, input: GiveFeedbackInput) -> FeedbackView:  # noqa: A002 - GraphQL's name
    """Give feedback."""
    viewer = info.context.viewer
    if not isinstance(viewer, Officer | Citizen):  # the field's access has made sure of it
        raise TypeError("feedback was given by nobody")
    feedback_id = await desk.give_feedback(
        viewer,
        info.context.work,
        division=input.division,
        kind=input.kind,
        text=input.text,
        idempotency_key=input.idempotency_key,
    )
    return await queries.feedback_of(viewer, feedback_id)


@input_type(description="Which feedback, and the answer.")
class AnswerFeedbackInput(MutationInput):
    """Input of ``answerFeedback``."""

    feedback_id: strawberry.ID = input_field(description="The feedback.")
    answer: str = input_field(description="The answer, 1000 characters at most.")
    state: FeedbackState = input_field(
        description="IN_WORK, ANSWERED or CLOSED.", default=FeedbackState.ANSWERED
    )


@mutation(access=OPERATIONS, description="Take feedback up, answer it or close it.", returns=Feedback)
async def answer_feedback(info: Info, input: AnswerFeedbackInput) -> FeedbackView:  # noqa: A002 - GraphQL's name
    """Answer."""
    viewer = officer_of(info)
    feedback_id = await desk.answer_feedback(
        viewer,
        info.context.work,
        feedback_id=read_global_id(input.feedback_id, "Feedback"),
        answer=input.answer,
        state=input.state,
        idempotency_key=input.idempotency_key,
    )
    return await queries.feedback_of(viewer, feedback_id)


@object_type(reads=PilotStepView, description="A phase that a pilot region entered.")
class PilotStep:
    """A step."""

    phase: PilotPhase = field(access=PARENT, description="Which phase.")
    remarks: str = field(access=PARENT, description="What was said with it.")
    at: datetime = field(access=PARENT, description="When.")


def _progress_division(root: strawberry.Parent[PilotView]) -> regions.Division | None:
    return regions.find(root.plan.division)


def _progress_batch(root: strawberry.Parent[PilotView]) -> int:
    return root.plan.batch


def _progress_mode(root: strawberry.Parent[PilotView]) -> ConnectionMode:
    return root.plan.mode


def _progress_from(root: strawberry.Parent[PilotView]) -> date:
    return root.plan.trial_from


def _progress_until(root: strawberry.Parent[PilotView]) -> date:
    return root.plan.trial_until


@object_type(
    reads=PilotView, description="试点: what the plan says of a region, where it is, what it has live."
)
class PilotProgress:
    """A pilot region."""

    division: Division | None = field(access=PARENT, description="Which region.", resolver=_progress_division)
    batch: int = field(access=PARENT, description="批次.", resolver=_progress_batch)
    mode: ConnectionMode = field(access=PARENT, description="How it is connected.", resolver=_progress_mode)
    trial_from: date = field(
        access=PARENT, description="Begin of its trial by the plan.", resolver=_progress_from
    )
    trial_until: date = field(
        access=PARENT, description="End of its trial by the plan.", resolver=_progress_until
    )
    phase: PilotPhase | None = field(access=PARENT, description="Its phase; null before it began.")
    steps: list[PilotStep] = field(access=PARENT, description="Its course, the latest first.", most=20)
    connected: bool = field(access=PARENT, description="Whether its own platform is connected.")
    editions: int = field(access=PARENT, description="Editions that were published in it.")
    items: int = field(access=PARENT, description="Items that are offered in it.")
    received: int = field(access=PARENT, description="Cases received this month.")
    finished: int = field(access=PARENT, description="Cases finished this month.")
    on_time: int = field(access=PARENT, description="Of these, on time.")
    open_feedback: int = field(access=PARENT, description="Feedback without an answer.")


@query(
    access=OPERATIONS,
    description="The pilot regions of the officer's division, or in which it lies.",
    returns=list[PilotProgress],
    weight=100,
)
async def pilot_progress(info: Info) -> Sequence[PilotView]:
    """The pilot."""
    return await queries.pilots(officer_of(info), info.context.work)


@input_type(description="Which region enters which phase.")
class MovePilotInput(MutationInput):
    """Input of ``movePilot``."""

    division: str = input_field(description="A pilot region within the officer's division.")
    phase: PilotPhase = input_field(description="The phase.")
    remarks: str = input_field(description="What is to be said with it, 500 characters at most.")


@mutation(access=OPERATIONS, description="Let a pilot region enter a phase.", returns=PilotProgress)
async def move_pilot(info: Info, input: MovePilotInput) -> PilotView:  # noqa: A002 - GraphQL's name
    """Move on."""
    viewer = officer_of(info)
    await desk.move_pilot(
        viewer,
        division=input.division,
        phase=input.phase,
        remarks=input.remarks,
        idempotency_key=input.idempotency_key,
    )
    return await queries.pilot(viewer, info.context.work, input.division)


QUERIES = (operations_status, feature_switches, announcements, feedback, pilot_progress)
MUTATIONS = (
    switch_feature,
    announce,
    withdraw_announcement,
    give_feedback,
    answer_feedback,
    move_pilot,
)
