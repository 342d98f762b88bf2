"""Corrections, endings and remedies at the counter: the organ asks, the applicant answers, withdraws or turns against."""

from collections.abc import Sequence
from datetime import date, datetime

import orjson
import strawberry

from backend.casework.applications.queries import ApplicationRow
from backend.casework.reviews import corrections, endings, queries, remedies
from backend.casework.reviews.corrections import Wrong
from backend.casework.reviews.endings import Ending
from backend.casework.reviews.models import NoticeState, RemedyKind, RemedyOutcome
from backend.casework.reviews.queries import NoticeView, TaskView
from backend.casework.reviews.remedies import RemedyView
from backend.viewer import OfficerRole
from resolvers.access import CITIZEN, OFFICER, PARENT, officer
from resolvers.applications import Application, ApplicationId, case_of
from resolvers.context import Info
from resolvers.fields import MutationInput, field, input_field, input_type, mutation, object_type, query
from resolvers.officers import officer_of
from resolvers.pagination import Node, read_global_id
from resolvers.scalars import Json, answers_in
from resolvers.sessions import citizen_of
from resolvers.work_lists import DOING, TASK, ReviewTask, task_of

strawberry.enum(NoticeState, description="Where a correction notice is.")
strawberry.enum(Ending, description="How an organ ends a case without a decision: 退回, 转报, 终止.")
strawberry.enum(RemedyKind, description="救济途径: 行政复议, 行政诉讼.")
strawberry.enum(RemedyOutcome, description="How a remedy ended: 维持, 撤销或变更, 撤回.")


def _told(root: strawberry.Parent[NoticeView], info: Info) -> Json:
    ring = info.context.work.resources.keys.ring
    return Json(orjson.loads(ring.open(root.told_sealed, context=corrections.told_context(root.id))))


@object_type(reads=NoticeView, description="补正告知: everything that has to be corrected, listed once.")
class CorrectionNotice(Node):
    """A notice."""

    number: int = field(access=PARENT, description="1 for the first of the case.")
    state: NoticeState = field(access=PARENT, description="Where it is.")
    due_on: date | None = field(access=PARENT, description="The last day for correcting.")
    answers: list[str] = field(access=PARENT, description="Names of the form fields that are open again.")
    materials: list[str] = field(access=PARENT, description="Codes of the materials that are open again.")
    told: Json = field(
        access=PARENT, description="What is wrong with each, an object by field name or code.", resolver=_told
    )


@query(
    access=CITIZEN | OFFICER,
    description="Correction notices of a case that the viewer may see, by number.",
    returns=list[CorrectionNotice],
)
async def correction_notices(info: Info, application_id: ApplicationId) -> Sequence[NoticeView]:
    """Notices."""
    return await queries.notices_of(info.context.viewer, read_global_id(application_id, "Application"))


@input_type(description="One thing that has to be corrected.")
class ToCorrect:
    """A field or a material."""

    what: str = input_field(description="Name of the form field, or code of the material.")
    why: str = input_field(description="What is wrong, in words that the applicant understands; sealed.")


@input_type(description="Everything that has to be corrected.")
class AskForCorrectionInput(MutationInput):
    """Input of ``askForCorrection``."""

    task_id: strawberry.ID = input_field(description="Any open task of the case.")
    version: int = input_field(description="The version that was seen.")
    answers: list[ToCorrect] | None = input_field(description="Form fields.", default=None)
    materials: list[ToCorrect] | None = input_field(description="Materials.", default=None)
    days: int = input_field(description="Working days, 3 to 60.", default=15)


@mutation(
    access=DOING,
    description="Ask for corrections, all at once (一次性告知). A second notice waits for another officer's approval.",
    returns=ReviewTask,
)
async def ask_for_correction(info: Info, input: AskForCorrectionInput) -> TaskView:  # noqa: A002 - GraphQL's name
    """Ask."""
    task_id = read_global_id(input.task_id, TASK)
    await corrections.ask(
        officer_of(info),
        info.context.work,
        task_id=task_id,
        version=input.version,
        answers=[Wrong(one.what, one.why) for one in input.answers or ()],
        materials=[Wrong(one.what, one.why) for one in input.materials or ()],
        days=input.days,
        key=input.idempotency_key,
    )
    return await task_of(info, task_id)


@input_type(description="About a second notice.")
class SettleCorrectionProposalInput(MutationInput):
    """Input of ``settleCorrectionProposal``."""

    application_id: strawberry.ID = input_field(description="The case.")
    approved: bool = input_field(description="Whether the applicant is asked again.")
    reason: str = input_field(description="Why; sealed in the audit trail.")


@mutation(
    access=officer(OfficerRole.APPROVAL),
    description="Approve or reject a second correction notice; never one's own.",
    returns=Application,
)
async def settle_correction_proposal(
    info: Info,
    input: SettleCorrectionProposalInput,  # noqa: A002 - GraphQL's name
) -> ApplicationRow:
    """Settle a proposal."""
    viewer, application_id = officer_of(info), read_global_id(input.application_id, "Application")
    await corrections.settle_proposal(
        viewer,
        info.context.work,
        application_id=application_id,
        approved=input.approved,
        reason=input.reason,
        key=input.idempotency_key,
    )
    return await case_of(viewer, application_id)


@input_type(description="How and why a case ends.")
class EndCaseInput(MutationInput):
    """Input of ``endCase``."""

    task_id: strawberry.ID = input_field(description="Any open task of the case.")
    version: int = input_field(description="The version that was seen.")
    ending: Ending = input_field(description="How.")
    reason: str = input_field(description="Why.")
    basis: str = input_field(description="The law it rests on; empty: that of the item.", default="")


@mutation(access=DOING, description="End a case without a decision.", returns=ReviewTask)
async def end_case(info: Info, input: EndCaseInput) -> TaskView:  # noqa: A002 - GraphQL's name
    """End."""
    task_id = read_global_id(input.task_id, TASK)
    await endings.end(
        officer_of(info),
        info.context.work,
        task_id=task_id,
        version=input.version,
        ending=input.ending,
        reason=input.reason,
        basis=input.basis,
        key=input.idempotency_key,
    )
    return await task_of(info, task_id)


@input_type(description="What a notice asked for.")
class AnswerCorrectionInput(MutationInput):
    """Input of ``answerCorrection``."""

    application_id: strawberry.ID = input_field(description="The case.")
    version: int = input_field(description="The version that was seen.")
    answers: Json = input_field(description="The answers that the notice lists, and no others.")


@mutation(
    access=CITIZEN,
    description="Hand in what a correction notice asked for; listed materials are brought before.",
    returns=Application,
)
async def answer_correction(info: Info, input: AnswerCorrectionInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """Answer."""
    application_id = await corrections.answer(
        citizen_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        answers=answers_in(input.answers, "input", "answers"),
        version=input.version,
        idempotency_key=input.idempotency_key,
    )
    return await case_of(info.context.viewer, application_id)


@input_type(description="The case to withdraw.")
class WithdrawApplicationInput(MutationInput):
    """Input of ``withdrawApplication``."""

    application_id: strawberry.ID = input_field(description="The case.")


@mutation(access=CITIZEN, description="Withdraw a case that is not decided yet (撤回).", returns=Application)
async def withdraw_application(info: Info, input: WithdrawApplicationInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """Withdraw."""
    application_id = await endings.withdraw(
        citizen_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        idempotency_key=input.idempotency_key,
    )
    return await case_of(info.context.viewer, application_id)


@object_type(
    reads=RemedyView, description="救济: one way against what was said in a case, with its last day."
)
class CaseRemedy:
    """A remedy."""

    kind: RemedyKind = field(access=PARENT, description="Reconsideration or the court.")
    until: date = field(access=PARENT, description="The last day for seeking it.")
    possible: bool = field(access=PARENT, description="Whether it can still be sought.")
    sought_on: date | None = field(access=PARENT, description="When it was sought.")
    outcome: RemedyOutcome | None = field(access=PARENT, description="How it ended.")
    ended_at: datetime | None = field(access=PARENT, description="When it ended.")


@query(
    access=CITIZEN | OFFICER,
    description="The ways against what was said in a case that the viewer may see; none before something was said.",
    returns=list[CaseRemedy],
)
async def case_remedies(info: Info, application_id: ApplicationId) -> Sequence[RemedyView]:
    """Remedies."""
    return await remedies.remedies_of(info.context.viewer, read_global_id(application_id, "Application"))


@input_type(description="Which way against what was decided.")
class SeekRemedyInput(MutationInput):
    """Input of ``seekRemedy``."""

    application_id: strawberry.ID = input_field(description="The ended case.")
    kind: RemedyKind = input_field(description="Reconsideration or the court.")


@mutation(
    access=CITIZEN,
    description="Put on record that one turns against what was decided, while there is time for it.",
    returns=Application,
)
async def seek_remedy(info: Info, input: SeekRemedyInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """Seek a remedy."""
    application_id = await remedies.seek_remedy(
        citizen_of(info),
        info.context.work,
        application_id=read_global_id(input.application_id, "Application"),
        kind=input.kind,
        idempotency_key=input.idempotency_key,
    )
    return await case_of(info.context.viewer, application_id)


@input_type(description="How a remedy ended.")
class RecordRemedyOutcomeInput(MutationInput):
    """Input of ``recordRemedyOutcome``."""

    application_id: strawberry.ID = input_field(description="The case.")
    kind: RemedyKind = input_field(description="Which one.")
    outcome: RemedyOutcome = input_field(description="How.")


@mutation(
    access=officer(OfficerRole.APPROVAL),
    description="Put on record how a reconsideration or an appeal ended.",
    returns=Application,
)
async def record_remedy_outcome(info: Info, input: RecordRemedyOutcomeInput) -> ApplicationRow:  # noqa: A002 - GraphQL's name
    """Record the outcome."""
    viewer, application_id = officer_of(info), read_global_id(input.application_id, "Application")
    await remedies.end_remedy(
        viewer,
        info.context.work,
        application_id=application_id,
        kind=input.kind,
        outcome=input.outcome,
        key=input.idempotency_key,
    )
    return await case_of(viewer, application_id)


QUERIES = (correction_notices, case_remedies)
MUTATIONS = (
    ask_for_correction,
    settle_correction_proposal,
    end_case,
    answer_correction,
    withdraw_application,
    seek_remedy,
    record_remedy_outcome,
)
