"""A service item as the ministry standardises it; one that breaks the law cannot be built."""

from dataclasses import dataclass
from datetime import timedelta

from backend.casework.definitions import law, soundness
from backend.casework.definitions.basis import Basis, UnsoundDefinition
from backend.casework.definitions.course import (
    HandoverLimits,
    Level,
    Limit,
    Limits,
    Step,
    StepKind,
    UrgentPath,
)
from backend.casework.definitions.eligibility import Facts, Parameter, Parameters, Rule, RuleFinding, judge
from backend.casework.definitions.materials import LicenceKind, Material
from backend.casework.definitions.questions import Field, Form
from backend.casework.definitions.words import (
    Appointment,
    Audience,
    CaseType,
    Domain,
    HandlingModel,
    LegalEffect,
    LifeEvent,
    OnlineDepth,
    ProofWay,
    Representative,
    ResultKind,
    TaskType,
)
from backend.errors import Text
from backend.viewer import AssuranceLevel


@dataclass(frozen=True, slots=True)
class Guide:
    """The text a citizen reads before applying, and its plain variant for elder mode."""

    text: Text
    plain: Text
    who: Text
    """Who may apply (服务对象、申请条件 in a sentence)."""
    counter: Text
    """Where one goes in person, or who comes: the way without a phone that always exists."""


@dataclass(frozen=True, slots=True)
class Result:
    """结果: what the applicant holds in the end."""

    kind: ResultKind
    name: Text
    licence: LicenceKind | None = None
    """The e-licence that a grant is: it goes to the store, where other items find it (免提交)."""
    validity: Limit | None = None
    """For how many calendar days after its issue a grant counts; None: until something changes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServiceItem:
    """A service item (政务服务事项). Each item is itself only: its base code is its name."""

    base_code: str
    """基本编码, 12 digits."""
    base_code_source: str = "assigned-here"
    """Who gave the code; ``assigned-here`` until an official list is imported."""
    name: Text
    synonyms: tuple[str, ...] = ()
    """What people call it, in Chinese and English, for search."""
    domain: Domain
    life_events: tuple[LifeEvent, ...] = ()
    task_type: TaskType
    case_type: CaseType = CaseType.PROMISED
    effect: LegalEffect
    basis: tuple[Basis, ...]
    audience: tuple[Audience, ...] = (Audience.NATURAL_PERSON,)
    representatives: tuple[Representative, ...] = ()
    """Who may apply besides the person whose matter it is."""
    parties: int = 1
    """How many people apply together: two for marriage and divorce, each proves who they are."""
    shown_to_party: tuple[str, ...] = ()
    """Answers that the other party sees and agrees to: what is said of both, never what is one's own."""
    assurance: AssuranceLevel
    """How surely an applicant must be known to submit."""
    freshness: timedelta | None = None
    """How old that proof may be at submission; None: as long as the proof itself counts."""
    proof_ways: tuple[ProofWay, ...] = tuple(ProofWay)
    """The ways in which it may be proven; a face is never the only one."""
    form: Form
    materials: tuple[Material, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    rules: tuple[Rule, ...] = ()
    steps: tuple[Step, ...]
    limits: Limits
    models: tuple[HandlingModel, ...] = ()
    handover: HandoverLimits | None = None
    online_depth: OnlineDepth
    electronic_signature: bool
    in_person: bool
    appointment: Appointment = Appointment.NONE
    deemed_acceptance: bool = False
    """行政许可法 32: silence for five days counts as acceptance. Licences only."""
    urgent: UrgentPath | None = None
    charges: Text | None = None
    """What is paid for it; None where it is free."""
    result: Result
    guide: Guide
    alternatives: tuple[str, ...] = ()
    """Base codes of items that are often meant or needed instead of this one."""
    pays: tuple[str, ...] = ()
    """The parameters that say what is paid, in fen, where the item pays."""
    known_facts: tuple[str, ...] = ("age", "sex", "household_division")
    """Facts known at submission from the registry; a citizen is therefore never asked for them."""
    organ_facts: tuple[str, ...] = ()
    """Facts that the deciding organ looks up or assesses after submission (数据共享、评估): not asked either,
    and unknown until then. Both kinds are among ``HELD_FACTS``."""

    def __post_init__(self) -> None:
        """Refuse a definition that contradicts itself or the law."""
        problems = [*soundness.problems(self), *law.problems(self)]
        if problems:
            raise UnsoundDefinition(f"{self.name.en} ({self.base_code}): {'; '.join(problems)}")

    @property
    def decision(self) -> Step:
        """The step in which it is decided."""
        return next(step for step in self.steps if step.kind is StepKind.DECISION)

    @property
    def partner_field(self) -> Field | None:
        """The question for the other party's number, where two apply together."""
        return next((field for field in self.form.fields if field.fact == "partner"), None)

    @property
    def deciding_level(self) -> Level:
        """行使层级: the level that decides."""
        return self.decision.level

    @property
    def needs_authoritative_check(self) -> bool:
        """Whether one authoritative proof must be on the case before money flows or a status changes."""
        return bool(self.pays) or self.effect is LegalEffect.PERSONAL_STATUS

    def judge(self, facts: Facts, parameters: Parameters) -> tuple[RuleFinding, ...]:
        """What each rule that applies says about ``facts``; facts not known make a rule UNKNOWN."""
        return judge(self.rules, facts, parameters)
