"""Steps of a case at the officers' counter: accept, pass, send back, visit, publish, decide."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.casework.applications.queries import Decision as DecisionMade
from backend.casework.reviews import records, steps
from backend.casework.reviews.queries import TaskView
from backend.viewer import OfficerRole
from resolvers.access import PARENT, officer
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type
from resolvers.officers import officer_of
from resolvers.pagination import global_id, read_global_id
from resolvers.scalars import Fen, Upload
from resolvers.work_lists import DOING, TASK, ReviewTask, task_of

_REVIEW = officer(OfficerRole.REVIEW)
_APPROVAL = officer(OfficerRole.APPROVAL)


@object_type(description="Something was put on record.")
class PutOnRecord:
    """A record."""

    id: strawberry.ID = field(access=PARENT, description="Its id.")
    task: ReviewTask = field(access=PARENT, description="The task as it is now.")


@input_type(description="A task as it was seen.")
class PreReviewCaseInput(MutationInput):
    """Input of ``preReviewCase``."""

    task_id: strawberry.ID = input_field(description="The first task of the case.")
    version: int = input_field(description="The version that was seen.")


@mutation(access=DOING, description="Looked through before acceptance (预审).", returns=ReviewTask)
async def pre_review_case(info: Info, input: PreReviewCaseInput) -> TaskView:  # noqa: A002 - GraphQL's name
    """Look through."""
    task_id = read_global_id(input.task_id, TASK)
    await steps.look_through(
        officer_of(info), info.context.work, task_id=task_id, version=input.version, key=input.idempotency_key
    )
    return await task_of(info, task_id)


@input_type(description="A task as it was seen.")
class AcceptCaseInput(MutationInput):
    """Input of ``acceptCase``."""

    task_id: strawberry.ID = input_field(description="The first task of the case.")
    version: int = input_field(description="The version that was seen.")


@mutation(access=DOING, description="Accept a case (受理).", returns=ReviewTask)
async def accept_case(info: Info, input: AcceptCaseInput) -> TaskView:  # noqa: A002 - GraphQL's name
    """Accept."""
    task_id = read_global_id(input.task_id, TASK)
    await steps.accept(
        officer_of(info), info.context.work, task_id=task_id, version=input.version, key=input.idempotency_key
    )
    return await task_of(info, task_id)


@input_type(description="Why a case is not accepted.")
class DeclineCaseInput(MutationInput):
    """Input of ``declineCase``."""

    task_id: strawberry.ID = input_field(description="The first task of the case.")
    version: int = input_field(description="The version that was seen.")
    reason: str = input_field(description="In words that the applicant understands.")
    basis: str = input_field(description="The law it rests on; empty: that of the item.", default="")


@mutation(access=DOING, description="Do not accept a case (不予受理).", returns=ReviewTask)
async def decline_case(info: Info, input: DeclineCaseInput) -> TaskView:  # noqa: A002 - GraphQL's name
    """Decline."""
    task_id = read_global_id(input.task_id, TASK)
    await steps.do_not_accept(
        officer_of(info),
        info.context.work,
        task_id=task_id,
        version=input.version,
        reason=input.reason,
        basis=input.basis,
        key=input.idempotency_key,
    )
    return await task_of(info, task_id)


@input_type(description="A step that is done.")
class PassStepInput(MutationInput):
    """Input of ``passStep``."""

    task_id: strawberry.ID = input_field(description="The task.")
    version: int = input_field(description="The version that was seen.")
    finding: str = input_field(description="What was found, for the file; sealed.", default="")


@mutation(
    access=DOING,
    description="Pass a step. One that wants two officers is over with the second signature.",
    returns=ReviewTask,
)
async def pass_step(info: Info, input: PassStepInput) -> TaskView:  # noqa: A002 - GraphQL's name
    """Pass."""
    task_id = read_global_id(input.task_id, TASK)
    await steps.pass_step(
        officer_of(info),
        info.context.work,
        task_id=task_id,
        version=input.version,
        finding=input.finding,
        key=input.idempotency_key,
    )
    return await task_of(info, task_id)


@input_type(description="Back to where, and why.")
class ReturnStepInput(MutationInput):
    """Input of ``returnStep``."""

    task_id: strawberry.ID = input_field(description="The task.")
    version: int = input_field(description="The version that was seen.")
    to_step: str = input_field(description="Code of an earlier step that is done.")
    reason: str = input_field(description="Why.")


@mutation(access=DOING, description="Send a case back to an earlier step.", returns=ReviewTask)
async def return_step(info: Info, input: ReturnStepInput) -> TaskView:  # noqa: A002 - GraphQL's name
    """Send back."""
    task_id = read_global_id(input.task_id, TASK)
    await steps.send_back(
        officer_of(info),
        info.context.work,
        task_id=task_id,
        version=input.version,
        to_step=input.to_step,
        reason=input.reason,
        key=input.idempotency_key,
    )
    return await task_of(info, task_id)


@input_type(description="Why the organ above does it.")
class ForwardStepInput(MutationInput):
    """Input of ``forwardStep``."""

    task_id: strawberry.ID = input_field(description="The task.")
    version: int = input_field(description="The version that was seen.")
    reason: str = input_field(description="Why.")


@mutation(access=DOING, description="Hand a step to the organ above (报上级审核).", returns=ReviewTask)
async def forward_step(info: Info, input: ForwardStepInput) -> TaskView:  # noqa: A002 - GraphQL's name
    """Hand up."""
    task_id = read_global_id(input.task_id, TASK)
    await steps.forward(
        officer_of(info),
        info.context.work,
        task_id=task_id,
        version=input.version,
        reason=input.reason,
        key=input.idempotency_key,
    )
    return await task_of(info, task_id)


@input_type(description="What was seen at somebody's home.")
class RecordHomeVisitInput(MutationInput):
    """Input of ``recordHomeVisit``."""

    task_id: strawberry.ID = input_field(description="The task.")
    version: int = input_field(description="The version that was seen.")
    visited_at: datetime = input_field(description="When.")
    latitude: float = input_field(description="Where, WGS 84.")
    longitude: float = input_field(description="Where, WGS 84.")
    words: str = input_field(description="What was seen; sealed.")
    photos: list[Upload] = input_field(description="1 to 9 photographs, JPEG or PNG.")


@mutation(access=_REVIEW, description="Put a home visit on record (入户调查).", returns=PutOnRecord)
async def record_home_visit(info: Info, input: RecordHomeVisitInput) -> PutOnRecord:  # noqa: A002 - GraphQL's name
    """Record a visit."""
    task_id = read_global_id(input.task_id, TASK)
    visit_id = await records.record_visit(
        officer_of(info),
        info.context.work,
        task_id=task_id,
        version=input.version,
        visit=records.Visit(input.latitude, input.longitude, input.visited_at, input.words),
        photos=[photo.content for photo in input.photos],
        key=input.idempotency_key,
    )
    return _on_record("HomeVisit", visit_id, await task_of(info, task_id))


def _on_record(kind: str, record_id: UUID, view: TaskView) -> PutOnRecord:
    return PutOnRecord(id=global_id(kind, record_id), task=view)  # type: ignore[arg-type]  # the view that the type reads


@input_type(description="A task as it was seen.")
class PublishCaseInput(MutationInput):
    """Input of ``publishCase``."""

    task_id: strawberry.ID = input_field(description="The task.")
    version: int = input_field(description="The version that was seen.")


@mutation(access=_REVIEW, description="Begin a publicity (公示).", returns=ReviewTask)
async def publish_case(info: Info, input: PublishCaseInput) -> TaskView:  # noqa: A002 - GraphQL's name
    """Publish."""
    task_id = read_global_id(input.task_id, TASK)
    await steps.publish(
        officer_of(info), info.context.work, task_id=task_id, version=input.version, key=input.idempotency_key
    )
    return await task_of(info, task_id)


@input_type(description="What somebody says against a published case.")
class RecordObjectionInput(MutationInput):
    """Input of ``recordObjection``."""

    task_id: strawberry.ID = input_field(description="The task of the publicity.")
    version: int = input_field(description="The version that was seen.")
    words: str = input_field(description="What was said; sealed. Who said it is not kept.")


@mutation(access=_REVIEW, description="Take down an objection (异议).", returns=PutOnRecord)
async def record_objection(info: Info, input: RecordObjectionInput) -> PutOnRecord:  # noqa: A002 - GraphQL's name
    """Take down."""
    task_id = read_global_id(input.task_id, TASK)
    objection_id = await records.take_down_objection(
        officer_of(info),
        info.context.work,
        task_id=task_id,
        version=input.version,
        words=input.words,
        key=input.idempotency_key,
    )
    return _on_record("CaseObjection", objection_id, await task_of(info, task_id))


@input_type(description="What was found about an objection.")
class SettleObjectionInput(MutationInput):
    """Input of ``settleObjection``."""

    task_id: strawberry.ID = input_field(description="The task of the publicity.")
    version: int = input_field(description="The version that was seen.")
    objection_id: strawberry.ID = input_field(description="The objection.")
    upheld: bool = input_field(description="Whether it is right.")
    finding: str = input_field(description="What was found; sealed.")


@mutation(access=_REVIEW, description="Settle an objection.", returns=ReviewTask)
async def settle_objection(info: Info, input: SettleObjectionInput) -> TaskView:  # noqa: A002 - GraphQL's name
    """Settle."""
    task_id = read_global_id(input.task_id, TASK)
    await records.settle_objection(
        officer_of(info),
        info.context.work,
        task_id=task_id,
        version=input.version,
        objection_id=read_global_id(input.objection_id, "CaseObjection"),
        upheld=input.upheld,
        finding=input.finding,
        key=input.idempotency_key,
    )
    return await task_of(info, task_id)


@input_type(description="A decision.")
class DecideCaseInput(MutationInput):
    """Input of ``decideCase``."""

    task_id: strawberry.ID = input_field(description="The task of the decision.")
    version: int = input_field(description="The version that was seen.")
    approved: bool = input_field(description="准予 or 不予.")
    reason: str = input_field(description="Needed for a refusal.", default="")
    basis: str = input_field(description="The law a refusal rests on; empty: that of the item.", default="")
    result_number: str | None = input_field(description="Number of the decision.", default=None)
    monthly_amount: Fen | None = input_field(description="Paid per month, in fen.", default=None)
    paid_from: str | None = input_field(description="First month paid, YYYY-MM.", default=None)


@mutation(
    access=_APPROVAL,
    description="Decide a case (审批). The result document follows by itself.",
    returns=ReviewTask,
)
async def decide_case(info: Info, input: DecideCaseInput) -> TaskView:  # noqa: A002 - GraphQL's name
    """Decide."""
    task_id = read_global_id(input.task_id, TASK)
    await steps.decide(
        officer_of(info),
        info.context.work,
        task_id=task_id,
        version=input.version,
        decision=DecisionMade(
            approved=input.approved,
            reason=input.reason or None,
            result_number=input.result_number,
            monthly_fen=input.monthly_amount,
            paid_from=input.paid_from,
            basis=input.basis or None,
        ),
        key=input.idempotency_key,
    )
    return await task_of(info, task_id)


MUTATIONS = (
    pre_review_case,
    accept_case,
    decline_case,
    pass_step,
    return_step,
    forward_step,
    record_home_visit,
    publish_case,
    record_objection,
    settle_objection,
    decide_case,
)
