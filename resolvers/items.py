"""A service item at the counter: the national standard plus what the regions say about it."""

from collections.abc import Sequence
from datetime import timedelta

import strawberry

from backend.casework import definitions
from backend.casework.catalogue.compose import Delegate, OfferedItem, Organ, ParameterValue
from backend.casework.definitions import (
    UNIT_NAMES,
    Appointment,
    Audience,
    Domain,
    HandlingModel,
    Level,
    LifeEvent,
    OnlineDepth,
    ProofWay,
    Representative,
    ResultKind,
)
from backend.casework.definitions import Unit as FigureUnit
from backend.casework.form_schema import json_schema
from backend.errors import Text
from backend.viewer import AssuranceLevel
from resolvers.access import PARENT
from resolvers.context import Info
from resolvers.divisions import Division
from resolvers.enums import LimitUnit, MaterialSource, StepKind
from resolvers.fields import field, object_type
from resolvers.scalars import Json

strawberry.enum(OnlineDepth, description="网办深度: how far an item goes without a visit.")
strawberry.enum(Domain, description="The six domains of civil affairs.")
strawberry.enum(LifeEvent, description="人生事件: when in life an item is looked for.")
strawberry.enum(Audience, description="服务对象, by the official code.")
strawberry.enum(Representative, description="Who may apply for somebody else (代办).")
strawberry.enum(Appointment, description="Whether a visit has to be booked.")
strawberry.enum(ProofWay, description="Ways in which an applicant may prove who they are.")
strawberry.enum(Level, description="行使层级.")
strawberry.enum(FigureUnit, name="FigureUnit", description="What a regional figure counts.")
strawberry.enum(ResultKind, description="结果类型.")


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


def _material_name(root: strawberry.Parent[definitions.Material], info: Info) -> str:
    return root.name.of(info.context.language)


def _material_hint(root: strawberry.Parent[definitions.Material], info: Info) -> str:
    return root.hint.of(info.context.language)


def _material_statement(root: strawberry.Parent[definitions.Material], info: Info) -> str | None:
    return root.undertaking.of(info.context.language) if root.undertaking else None


def _material_when(root: strawberry.Parent[definitions.Material]) -> Json | None:
    return Json({"of": root.when.of, "values": list(root.when.values)}) if root.when else None


@object_type(reads=definitions.Material, description="申请材料: what is asked for.")
class ItemMaterial:
    """One material of an item."""

    code: str = field(access=PARENT, description="Code to upload it under.")
    name: str = field(access=PARENT, description="What it is.", resolver=_material_name)
    hint: str = field(access=PARENT, description="How to prepare it.", resolver=_material_hint)
    required: bool = field(access=PARENT, description="Must it be there to submit?")
    sources: list[MaterialSource] = field(
        access=PARENT, description="Ways in which it may come, the preferred one first."
    )
    statement: str | None = field(
        access=PARENT,
        description="What may be stated instead of the paper (告知承诺).",
        resolver=_material_statement,
    )
    when: Json | None = field(
        access=PARENT,
        description='Needed only while this is met: {"of": field of the form, "values": […]}.',
        resolver=_material_when,
    )
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


def _parameter_label(root: strawberry.Parent[ParameterValue], info: Info) -> str:
    return root.declared.label.of(info.context.language)


def _parameter_unit(root: strawberry.Parent[ParameterValue]) -> FigureUnit:
    return FigureUnit(root.declared.unit)


def _parameter_unit_name(root: strawberry.Parent[ParameterValue], info: Info) -> str:
    return UNIT_NAMES[FigureUnit(root.declared.unit)].of(info.context.language)


def _parameter_minimum(root: strawberry.Parent[ParameterValue]) -> int | None:
    return root.declared.minimum


def _parameter_maximum(root: strawberry.Parent[ParameterValue]) -> int | None:
    return root.declared.maximum


def _parameter_basis(root: strawberry.Parent[ParameterValue]) -> definitions.Basis:
    return root.declared.basis


@object_type(reads=ParameterValue, description="A figure that regions may set.")
class ItemParameter:
    """One regional figure."""

    name: str = field(access=PARENT, description="Name in the standard.")
    label: str = field(access=PARENT, description="What it is, in words.", resolver=_parameter_label)
    value: Json = field(access=PARENT, description="The figure that applies; amounts are in fen.")
    unit: FigureUnit = field(access=PARENT, description="What it counts.", resolver=_parameter_unit)
    unit_name: str = field(
        access=PARENT, description="The unit in words; empty for a code.", resolver=_parameter_unit_name
    )
    minimum: int | None = field(
        access=PARENT, description="The least that a region may set.", resolver=_parameter_minimum
    )
    maximum: int | None = field(
        access=PARENT, description="The most that a region may set.", resolver=_parameter_maximum
    )
    basis: LegalBasis = field(access=PARENT, description="设定依据 of the figure.", resolver=_parameter_basis)
    set_by: str = field(access=PARENT, description="Division that set it; 000000 is the national default.")


def _step_name(root: strawberry.Parent[definitions.Step], info: Info) -> str:
    return root.name.of(info.context.language)


@object_type(reads=definitions.Step, description="环节: one step of an item's course.")
class ItemStep:
    """One step."""

    code: str = field(access=PARENT, description="Its code within the item.")
    kind: StepKind = field(access=PARENT, description="What happens in it.")
    level: Level = field(access=PARENT, description="Who does it.")
    name: str = field(access=PARENT, description="Its name.", resolver=_step_name)
    days: int | None = field(access=PARENT, description="Its own limit, where it has one.")
    unit: LimitUnit = field(access=PARENT, description="How those days are counted.")
    excluded: bool = field(
        access=PARENT, description="True where its time does not count towards the item's limit (公示, 评估)."
    )


@object_type(reads=definitions.HandoverLimits, description="跨省通办: working days of each hand in turn.")
class Handover:
    """Limits across provinces."""

    forward: int = field(access=PARENT, description="Until the receiving office has passed it on.")
    handle: list[int] = field(access=PARENT, description="Each deciding hand in turn.")
    inform: int = field(access=PARENT, description="Until the applicant knows the decision.")


def _urgent_when(root: strawberry.Parent[definitions.UrgentPath], info: Info) -> str:
    return root.when.of(info.context.language)


@object_type(reads=definitions.UrgentPath, description="先行救助: help first, papers afterwards.")
class UrgentPath:
    """The urgent path."""

    pay_within_hours: int = field(access=PARENT, description="Hours until help is given.")
    papers_within_working_days: int = field(access=PARENT, description="Working days for the papers.")
    when: str = field(access=PARENT, description="When it may be taken.", resolver=_urgent_when)


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


def _domain(root: strawberry.Parent[OfferedItem]) -> Domain:
    return root.item.domain


def _life_events(root: strawberry.Parent[OfferedItem]) -> Sequence[LifeEvent]:
    return root.item.life_events


def _audience(root: strawberry.Parent[OfferedItem]) -> Sequence[Audience]:
    return root.item.audience


def _representatives(root: strawberry.Parent[OfferedItem]) -> Sequence[Representative]:
    return root.item.representatives


def _parties(root: strawberry.Parent[OfferedItem]) -> int:
    return root.item.parties


def _who(root: strawberry.Parent[OfferedItem], info: Info) -> str:
    return root.item.guide.who.of(info.context.language)


def where_to_go(offered: OfferedItem) -> Text:
    """The hall that the division names, else what the standard says."""
    return offered.hall if offered.hall.zh else offered.item.guide.counter


def _counter(root: strawberry.Parent[OfferedItem], info: Info) -> str:
    return where_to_go(root).of(info.context.language)


def _freshness(root: strawberry.Parent[OfferedItem]) -> int | None:
    return None if root.item.freshness is None else root.item.freshness // timedelta(minutes=1)


def _proof_ways(root: strawberry.Parent[OfferedItem]) -> Sequence[ProofWay]:
    return root.item.proof_ways


def _steps(root: strawberry.Parent[OfferedItem]) -> Sequence[definitions.Step]:
    return root.item.steps


def _statutory_days(root: strawberry.Parent[OfferedItem]) -> int:
    return root.item.limits.statutory.days


def _limit_unit(root: strawberry.Parent[OfferedItem]) -> LimitUnit:
    return root.item.limits.statutory.unit


def _handover(root: strawberry.Parent[OfferedItem]) -> definitions.HandoverLimits | None:
    return root.item.handover


def _urgent(root: strawberry.Parent[OfferedItem]) -> definitions.UrgentPath | None:
    return root.item.urgent


def _signature(root: strawberry.Parent[OfferedItem]) -> bool:
    return root.item.electronic_signature


def _appointment(root: strawberry.Parent[OfferedItem]) -> Appointment:
    return root.item.appointment


def _charges(root: strawberry.Parent[OfferedItem], info: Info) -> str | None:
    return root.item.charges.of(info.context.language) if root.item.charges else None


def _result_kind(root: strawberry.Parent[OfferedItem]) -> ResultKind:
    return root.item.result.kind


def _result_name(root: strawberry.Parent[OfferedItem], info: Info) -> str:
    return root.item.result.name.of(info.context.language)


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
    promised_days: int = field(access=PARENT, description="承诺办结时限, counted in `limitUnit`.")
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
    domain: Domain = field(access=PARENT, description="Which of the six domains.", resolver=_domain)
    life_events: list[LifeEvent] = field(
        access=PARENT, description="When in life it is looked for.", resolver=_life_events
    )
    audience: list[Audience] = field(access=PARENT, description="服务对象.", resolver=_audience)
    representatives: list[Representative] = field(
        access=PARENT, description="Who may apply for somebody else.", resolver=_representatives
    )
    parties: int = field(access=PARENT, description="How many people apply together.", resolver=_parties)
    who: str = field(access=PARENT, description="Who may apply, in a sentence.", resolver=_who)
    where_to_go: str = field(
        access=PARENT,
        description="The way without a phone: the hall that the division names, else what the standard says.",
        resolver=_counter,
    )
    assurance_minutes: int | None = field(
        access=PARENT,
        description="How old the proof of identity may be at submission, in minutes; null: as long as it counts.",
        resolver=_freshness,
    )
    proof_ways: list[ProofWay] = field(
        access=PARENT,
        description="Ways to prove who one is; a face is never the only one.",
        resolver=_proof_ways,
    )
    steps: list[ItemStep] = field(access=PARENT, description="环节, in order.", resolver=_steps)
    statutory_days: int = field(access=PARENT, description="法定办结时限.", resolver=_statutory_days)
    limit_unit: LimitUnit = field(
        access=PARENT, description="How both limits are counted.", resolver=_limit_unit
    )
    handover: Handover | None = field(
        access=PARENT,
        description="Limits of each hand across provinces, where there are any.",
        resolver=_handover,
    )
    urgent: UrgentPath | None = field(
        access=PARENT, description="The path that helps first, where there is one.", resolver=_urgent
    )
    electronic_signature: bool = field(
        access=PARENT, description="May it be signed electronically?", resolver=_signature
    )
    appointment: Appointment = field(
        access=PARENT,
        description="Does a visit have to be booked? `appointmentCalendars(itemCode:)` tells where.",
        resolver=_appointment,
    )
    charges: str | None = field(
        access=PARENT, description="What is paid for it; null where it is free.", resolver=_charges
    )
    result_kind: ResultKind = field(access=PARENT, description="结果类型.", resolver=_result_kind)
    result_name: str = field(access=PARENT, description="结果名称.", resolver=_result_name)
    base_code_source: str = field(
        access=PARENT, description="The list that gave the base code; `assigned-here` until there is one."
    )
    local_catalog_code: str = field(access=PARENT, description="The province's own base code; may be empty.")
    local_task_code: str = field(access=PARENT, description="The province's own task code; may be empty.")
    hall: str = field(access=PARENT, description="办理地点; may be empty.", resolver=_hall)
    hours: str = field(access=PARENT, description="办理时间; may be empty.", resolver=_hours)
    enquiries: str = field(access=PARENT, description="咨询方式; may be empty.")
    complaints: str = field(access=PARENT, description="监督投诉方式; may be empty.")
