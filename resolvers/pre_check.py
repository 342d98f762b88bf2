"""Before applying: could I, what is still to be known, and what is filled in already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import strawberry

from backend.casework import definitions
from backend.casework import pre_check as checking
from backend.casework.catalogue import queries
from backend.casework.catalogue.compose import OfferedItem
from backend.casework.definitions import Judgement
from backend.casework.form_schema import field_schema
from backend.casework.prefill import Prefill as PrefillData
from backend.casework.prefill import VerifiedFact as VerifiedFactData
from backend.casework.prefill import prefill
from backend.exchange.sharing import known_by_others
from backend.kit import clock
from backend.people.identity.queries import facts_of
from backend.viewer import Citizen
from resolvers.access import CITIZEN, PARENT, PUBLIC
from resolvers.catalogue import Code
from resolvers.context import Info
from resolvers.divisions import DivisionCode
from resolvers.fields import field, object_type, query
from resolvers.items import LegalBasis, ServiceItem, where_to_go
from resolvers.pagination import read_global_id
from resolvers.scalars import Json, answers_in
from resolvers.sessions import citizen_of

strawberry.enum(Judgement, description="What a rule says about the facts that are known.")
strawberry.enum(definitions.Known, description="What is verified of a citizen.")


def _finding_code(root: strawberry.Parent[definitions.RuleFinding]) -> str:
    return root.rule.code


def _finding_condition(root: strawberry.Parent[definitions.RuleFinding], info: Info) -> str:
    return root.condition.of(info.context.language)


def _finding_next(root: strawberry.Parent[definitions.RuleFinding], info: Info) -> str:
    return root.rule.next_step.of(info.context.language)


def _finding_basis(root: strawberry.Parent[definitions.RuleFinding]) -> definitions.Basis:
    return root.rule.basis


@object_type(reads=definitions.RuleFinding, description="What one condition of eligibility found.")
class RuleFinding:
    """One condition and whether it is met."""

    code: str = field(access=PARENT, description="Name of the rule.", resolver=_finding_code)
    judgement: Judgement = field(access=PARENT, description="Met, not met, or not known yet.")
    condition: str = field(access=PARENT, description="The condition in words.", resolver=_finding_condition)
    next_step: str = field(
        access=PARENT, description="What to do where it is not met.", resolver=_finding_next
    )
    basis: LegalBasis = field(access=PARENT, description="Where it comes from.", resolver=_finding_basis)


def _question_name(root: strawberry.Parent[checking.Question]) -> str:
    return root.field.name


def _question_title(root: strawberry.Parent[checking.Question], info: Info) -> str:
    return (root.field.plain or root.field.label).of(info.context.language)


def _question_schema(root: strawberry.Parent[checking.Question], info: Info) -> str:
    return field_schema(root.field, info.context.language)


@object_type(reads=checking.Question, description="What is still to be known for a judgement.")
class PreCheckQuestion:
    """One open question."""

    name: str = field(
        access=PARENT, description="Name under which to send the answer.", resolver=_question_name
    )
    title: str = field(access=PARENT, description="The question, in plain words.", resolver=_question_title)
    schema: str = field(
        access=PARENT,
        description="What an answer looks like: JSON Schema as text.",
        resolver=_question_schema,
    )
    assumed: bool = field(
        access=PARENT,
        description="True: the state holds the answer; try one in `assumptions`, it is never part of an application."
        " False: it belongs to `answers`.",
    )
    found_later: bool = field(
        access=PARENT,
        description="True where the organ finds it out after submission: nobody needs to answer.",
    )


@dataclass(frozen=True, slots=True)
class PreCheckView:
    """A pre-check with the items that may fit instead, as they are offered there."""

    offered: OfferedItem
    checked: checking.PreCheck
    fitting: Sequence[OfferedItem]


def _judgement(root: strawberry.Parent[PreCheckView]) -> Judgement:
    return root.checked.judgement


def _may_apply(root: strawberry.Parent[PreCheckView]) -> bool:
    return root.checked.may_apply


def _findings(root: strawberry.Parent[PreCheckView]) -> Sequence[definitions.RuleFinding]:
    return root.checked.findings


def _questions(root: strawberry.Parent[PreCheckView]) -> Sequence[checking.Question]:
    return root.checked.questions


def _fitting(root: strawberry.Parent[PreCheckView]) -> Sequence[OfferedItem]:
    return root.fitting


def _where(root: strawberry.Parent[PreCheckView], info: Info) -> str:
    return where_to_go(root.offered).of(info.context.language)


@object_type(reads=PreCheckView, description="Whether somebody could apply, as far as is known.")
class PreCheck:
    """The answer of the pre-check."""

    judgement: Judgement = field(
        access=PARENT, description="The answer of all conditions together.", resolver=_judgement
    )
    may_apply: bool = field(
        access=PARENT,
        description="True where nothing speaks against it and whatever is open is found out by the organ.",
        resolver=_may_apply,
    )
    findings: list[RuleFinding] = field(
        access=PARENT, description="Each condition that applies.", resolver=_findings
    )
    questions: list[PreCheckQuestion] = field(
        access=PARENT, description="What is still to be known, in the order to ask.", resolver=_questions
    )
    alternatives: list[ServiceItem] = field(
        access=PARENT,
        description="Items offered there that may fit instead; empty while nothing speaks against this one.",
        resolver=_fitting,
    )
    where_to_go: str = field(access=PARENT, description="Where one can ask in person.", resolver=_where)


@query(
    access=PUBLIC,
    description="Could I apply? Uses what is known of a signed-in citizen, the answers given so far, and, for what"
    " is known of nobody, what the caller assumes. Nothing is kept.",
    returns=PreCheck,
)
async def check_eligibility(
    info: Info,
    code: Code,
    division: DivisionCode,
    answers: Annotated[
        Json | None, strawberry.argument(description="Answers so far, an object by field name.")
    ] = None,
    assumptions: Annotated[
        Json | None,
        strawberry.argument(
            description="What to assume of facts that the state holds (age, household_division …), an object by"
            " name; what is verified counts before it."
        ),
    ] = None,
) -> PreCheckView:
    """Pre-check before a draft, or a sign-in, exists."""
    context = info.context
    catalogue, viewer = context.work.catalogue, context.viewer
    offered = await queries.offered_item(viewer, catalogue, code=code, division=division)
    person = (
        await facts_of(viewer.person_id, context.resources)
        if isinstance(viewer, Citizen) and viewer.person_id
        else None
    )
    checked = checking.pre_check(
        offered.item,
        offered.figures,
        person=person,
        answers=_object(answers, "answers"),
        assumptions=_object(assumptions, "assumptions"),
        division=offered.division.code,
        today=clock.today(),
        shared=await known_by_others(viewer, context.work, offered.item)
        if isinstance(viewer, Citizen)
        else {},
    )
    there = await catalogue.all_offered(division)
    return PreCheckView(offered, checked, [there[key] for key in checked.alternatives if key in there])


def _fact_label(root: strawberry.Parent[VerifiedFactData], info: Info) -> str:
    return root.label.of(info.context.language)


def _fact_value(root: strawberry.Parent[VerifiedFactData], info: Info) -> str:
    return root.value.of(info.context.language)


@object_type(reads=VerifiedFactData, description="Something verified that the form does not ask for.")
class VerifiedFact:
    """One verified fact, masked where it is personal."""

    kind: definitions.Known = field(access=PARENT, description="What it is.")
    label: str = field(access=PARENT, description="Its name.", resolver=_fact_label)
    value: str = field(
        access=PARENT, description="Its value; name and number are masked.", resolver=_fact_value
    )


@object_type(reads=PrefillData, description="What is filled in before the first question.")
class FormPrefill:
    """What a form starts with."""

    verified: list[VerifiedFact] = field(
        access=PARENT, description="Shown, never asked: the application carries it by itself."
    )
    answers: Json = field(
        access=PARENT, description="First answers by field name; the applicant may change each of them."
    )


@query(
    access=CITIZEN,
    description="What a form starts with: what is verified of the citizen, and where to be reached as last told.",
    returns=FormPrefill,
)
async def form_prefill(
    info: Info,
    code: Code,
    on_behalf_of: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="A delegation of the viewer's: for a case of its principal."),
    ] = None,
) -> PrefillData:
    """Prefill for a new draft."""
    context, viewer = info.context, citizen_of(info)
    item = await context.work.catalogue.find(code)
    grant = None if on_behalf_of is None else read_global_id(on_behalf_of, "Delegation")
    return await prefill(viewer, context.work, item, on_behalf_of=grant)


def _object(given: object, name: str) -> Mapping[str, object]:
    return {} if given is None else answers_in(given, name)


QUERIES = (check_eligibility, form_prefill)
