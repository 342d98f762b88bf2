"""The catalogue at the counter: what is offered where, and whether it fits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import strawberry

from backend.casework import definitions
from backend.casework.catalogue import queries
from backend.casework.catalogue.compose import Delegate, OfferedItem, Organ, ParameterValue
from backend.casework.definitions import HandlingModel, Judgement, OnlineDepth, overall
from backend.casework.facts import known_facts
from backend.casework.form_schema import json_schema
from backend.casework.forms import check_answers
from backend.errors import Invalid, ProblemCode, Text
from backend.kit import clock
from backend.people.identity.queries import facts_of
from backend.viewer import AssuranceLevel, Citizen
from resolvers.access import PARENT, PUBLIC
from resolvers.context import Info
from resolvers.divisions import Division, DivisionCode
from resolvers.fields import field, object_type, query
from resolvers.pagination import After, Connection, First, keyset_page, page_size, read_cursor
from resolvers.scalars import Json

strawberry.enum(Judgement, description="What a rule says about the facts that are known.")
strawberry.enum(HandlingModel, description="跨省通办 models: how an item is handled across provinces.")
strawberry.enum(OnlineDepth, description="网办深度: how far an item goes without a visit.")

Code = Annotated[str, strawberry.argument(description="基本编码, 12 digits.")]

_NOT_AN_OBJECT = Text("答案须为对象。", "Answers must be an object.")


@object_type(reads=Delegate, description="受委托组织: who acts for the organ.")
class ItemDelegate:
    """Who acts for the organ."""

    credit_code: str = field(access=PARENT, description="统一社会信用代码; empty where not said.")
    name: str = field(access=PARENT, description="Its name.")
    level: str = field(access=PARENT, description="行使层级: 1 nation to 6 village.")


@object_type(reads=Organ, description="实施主体: the organ that decides.")
class ItemOrgan:
    """Who decides."""

    credit_code: str = field(access=PARENT, description="统一社会信用代码.")
    name: str = field(access=PARENT, description="Its name.")
    level: str = field(access=PARENT, description="行使层级: 1 nation to 6 village.")
    nature: str = field(
        access=PARENT,
        description="实施主体性质: 1 statutory, 2 authorised, 3 entrusted; empty where not said.",
    )
    power_source: str = field(access=PARENT, description="权力来源, 1 to 6; empty where not said.")
    delegate: ItemDelegate | None = field(access=PARENT, description="Who acts for it, if anybody does.")


@object_type(reads=ParameterValue, description="A figure that regions may set.")
class ItemParameter:
    """One regional figure."""

    name: str = field(access=PARENT, description="Name in the standard.")
    value: Json = field(access=PARENT, description="The figure that applies; amounts are in fen.")
    set_by: str = field(access=PARENT, description="Division that set it; 000000 is the national default.")


def _material_name(root: strawberry.Parent[definitions.Material], info: Info) -> str:
    return root.name.of(info.context.language)


def _material_hint(root: strawberry.Parent[definitions.Material], info: Info) -> str:
    return root.hint.of(info.context.language)


@object_type(reads=definitions.Material, description="申请材料: what is asked for.")
class ItemMaterial:
    """One material of an item."""

    code: str = field(access=PARENT, description="Code to upload it under.")
    name: str = field(access=PARENT, description="What it is.", resolver=_material_name)
    hint: str = field(access=PARENT, description="How to prepare it.", resolver=_material_hint)
    required: bool = field(access=PARENT, description="Must it be there to submit?")
    media_types: list[str] = field(access=PARENT, description="Accepted kinds of file.")
    max_bytes: int = field(access=PARENT, description="Largest accepted size in bytes.")


def _basis_title(root: strawberry.Parent[definitions.Basis], info: Info) -> str:
    return root.title.of(info.context.language)


def _basis_standing(root: strawberry.Parent[definitions.Basis]) -> str:
    return root.standing.value


@object_type(reads=definitions.Basis, description="设定依据: where a rule comes from.")
class LegalBasis:
    """One legal basis."""

    title: str = field(access=PARENT, description="Law or rule.", resolver=_basis_title)
    article: str = field(access=PARENT, description="Article, empty where none is named.")
    standing: str = field(
        access=PARENT,
        description="How well it is founded: law, published, practice or unverified.",
        resolver=_basis_standing,
    )


def _code(root: strawberry.Parent[OfferedItem]) -> str:
    return root.base_code


def _name(root: strawberry.Parent[OfferedItem], info: Info) -> str:
    return root.item.name.of(info.context.language)


def _guide(root: strawberry.Parent[OfferedItem], info: Info) -> str:
    return root.item.guide.text.of(info.context.language)


def _plain_guide(root: strawberry.Parent[OfferedItem], info: Info) -> str:
    return root.item.guide.plain.of(info.context.language)


def _local_guidance(root: strawberry.Parent[OfferedItem], info: Info) -> str:
    return Text(root.guidance_zh, root.guidance_en).of(info.context.language)


def _hall(root: strawberry.Parent[OfferedItem], info: Info) -> str:
    return root.hall.of(info.context.language)


def _hours(root: strawberry.Parent[OfferedItem], info: Info) -> str:
    return root.hours.of(info.context.language)


def _form(root: strawberry.Parent[OfferedItem], info: Info) -> str:
    return json_schema(root.item.form, info.context.language)


def _materials(root: strawberry.Parent[OfferedItem]) -> Sequence[definitions.Material]:
    return root.item.materials


def _basis(root: strawberry.Parent[OfferedItem]) -> Sequence[definitions.Basis]:
    return root.item.basis


def _assurance(root: strawberry.Parent[OfferedItem]) -> AssuranceLevel:
    return root.item.assurance


def _models(root: strawberry.Parent[OfferedItem]) -> Sequence[HandlingModel]:
    return root.item.models


def _depth(root: strawberry.Parent[OfferedItem]) -> OnlineDepth:
    return root.item.online_depth


def _in_person(root: strawberry.Parent[OfferedItem]) -> bool:
    return root.item.in_person


@object_type(reads=OfferedItem, description="政务服务事项: a service item as it applies in one division.")
class ServiceItem:
    """National standard plus regional editions."""

    code: str = field(access=PARENT, description="基本编码, 12 digits.", resolver=_code)
    task_code: str = field(access=PARENT, description="实施编码, 31 characters.")
    name: str = field(access=PARENT, description="Its name.", resolver=_name)
    division: Division = field(access=PARENT, description="Where it is applied for.")
    edition_version: int = field(access=PARENT, description="Version of the nearest edition (实施清单).")
    organ: ItemOrgan = field(access=PARENT, description="Who decides.")
    parameters: list[ItemParameter] = field(access=PARENT, description="Regional figures that apply here.")
    promised_days: int = field(access=PARENT, description="承诺办结时限 in working days.")
    guide: str = field(access=PARENT, description="What to know before applying.", resolver=_guide)
    plain_guide: str = field(
        access=PARENT, description="The same in plain words, for elder mode.", resolver=_plain_guide
    )
    local_guidance: str = field(
        access=PARENT, description="What the division adds; may be empty.", resolver=_local_guidance
    )
    form_schema: str = field(
        access=PARENT, description="The form: JSON Schema 2020-12 as text, with UI hints.", resolver=_form
    )
    materials: list[ItemMaterial] = field(access=PARENT, description="申请材料.", resolver=_materials)
    basis: list[LegalBasis] = field(access=PARENT, description="设定依据.", resolver=_basis)
    required_assurance: AssuranceLevel = field(
        access=PARENT, description="How surely one must be known to submit.", resolver=_assurance
    )
    handling_models: list[HandlingModel] = field(
        access=PARENT, description="How it is handled across provinces.", resolver=_models
    )
    online_depth: OnlineDepth = field(access=PARENT, description="网办深度.", resolver=_depth)
    in_person: bool = field(access=PARENT, description="Must somebody appear in person?", resolver=_in_person)
    base_code_source: str = field(
        access=PARENT, description="The list that gave the base code; `assigned-here` until there is one."
    )
    local_catalog_code: str = field(access=PARENT, description="The province's own base code; may be empty.")
    local_task_code: str = field(access=PARENT, description="The province's own task code; may be empty.")
    hall: str = field(access=PARENT, description="办理地点; may be empty.", resolver=_hall)
    hours: str = field(access=PARENT, description="办理时间; may be empty.", resolver=_hours)
    enquiries: str = field(access=PARENT, description="咨询方式; may be empty.")
    complaints: str = field(access=PARENT, description="监督投诉方式; may be empty.")


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


@dataclass(frozen=True, slots=True)
class PreCheckView:
    """All findings and the answer they add up to."""

    judgement: Judgement
    findings: Sequence[definitions.RuleFinding]


@object_type(reads=PreCheckView, description="Whether somebody could apply, as far as is known.")
class PreCheck:
    """The answer of the pre-check."""

    judgement: Judgement = field(access=PARENT, description="The answer of all conditions together.")
    findings: list[RuleFinding] = field(access=PARENT, description="Each condition.")


@query(
    access=PUBLIC,
    description="An item as it applies in a division: national standard plus regional editions.",
    returns=ServiceItem,
    shared_for=60,
)
async def service_item(info: Info, code: Code, division: DivisionCode) -> OfferedItem:
    """One item."""
    context = info.context
    return await queries.offered_item(context.viewer, context.work.catalogue, code=code, division=division)


@query(
    access=PUBLIC,
    description="Items offered in a division, by ascending code.",
    returns=Connection[ServiceItem],
    shared_for=60,
)
async def service_items(
    info: Info, division: DivisionCode, first: First = 20, after: After = None
) -> Connection[OfferedItem]:
    """A page of items."""
    place = read_cursor(after, str)
    context = info.context
    rows = await queries.offered_items(
        context.viewer,
        context.work.catalogue,
        division=division,
        after=place[0] if place else None,
        limit=page_size(first) + 1,
    )
    return keyset_page(rows, first=first, after=after, key=lambda row: (row.base_code,))


@query(
    access=PUBLIC,
    description="Could I apply? Uses what is known of a signed-in citizen and the answers given so far;"
    " without either, conditions stay UNKNOWN.",
    returns=PreCheck,
)
async def check_eligibility(
    info: Info,
    code: Code,
    division: DivisionCode,
    answers: Annotated[
        Json | None, strawberry.argument(description="Answers so far, an object by field name.")
    ] = None,
) -> PreCheckView:
    """Pre-check before a draft exists."""
    context = info.context
    offered = await queries.offered_item(context.viewer, context.work.catalogue, code=code, division=division)
    given = _object(answers)
    check_answers(offered.item.form, given, complete=False)
    viewer = context.viewer
    person = (
        await facts_of(viewer.person_id, context.work.resources)
        if isinstance(viewer, Citizen) and viewer.person_id
        else None
    )
    facts = known_facts(offered.item, person, given, offered.division.code, clock.today())
    findings = offered.item.judge(facts, offered.figures)
    return PreCheckView(overall(findings), findings)


def _object(answers: object) -> Mapping[str, object]:
    if answers is None:
        return {}
    if not isinstance(answers, dict):
        raise Invalid(_NOT_AN_OBJECT, code=ProblemCode.INVALID_ANSWERS)
    return answers


QUERIES = (service_item, service_items, check_eligibility)
