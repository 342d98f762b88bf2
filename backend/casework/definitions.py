"""The vocabulary in which a domain declares its service items.

A declaration is frozen, typed and checked when the catalogue is built: an item that breaks the law
as we know it cannot be built at all (``UnsoundDefinition``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from backend.errors import Text
from backend.viewer import AssuranceLevel

Facts = Mapping[str, object]
"""What is known about a person and their answers, by fact name; a missing name is not known yet."""

Parameters = Mapping[str, int | str]
"""Regional figures of an item (ages, amounts in fen), by name, as they apply in one division."""


class UnsoundDefinition(Exception):
    """An item contradicts itself or the law; the text says where."""


class Standing(StrEnum):
    """How well a figure or rule is founded (see docs/law.md)."""

    LAW = "law"
    PUBLISHED = "published"
    PRACTICE = "practice"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a rule comes from (设定依据)."""

    title: Text
    article: str
    standing: Standing


class TaskType(StrEnum):
    """事项类型, with the official code of the exchange tables."""

    LICENCE = "01"
    PAYMENT = "05"
    CONFIRMATION = "07"
    OTHER_POWER = "10"
    PUBLIC_SERVICE = "20"


class LegalEffect(StrEnum):
    """What the result changes; decides whether an electronic signature may carry it."""

    BENEFIT = "BENEFIT"
    SERVICE = "SERVICE"
    RECORD = "RECORD"
    PERSONAL_STATUS = "PERSONAL_STATUS"
    """Marriage, adoption, inheritance: 电子签名法 Art. 3 keeps electronic signatures out."""


class OnlineDepth(StrEnum):
    """网办深度: how far the item goes without a visit."""

    GUIDE = "1"
    PRE_CHECK = "2"
    APPLY = "3"
    FULL = "4"


class HandlingModel(StrEnum):
    """跨省通办 models an item allows."""

    FULLY_ONLINE = "FULLY_ONLINE"
    COLLECT_AND_FORWARD = "COLLECT_AND_FORWARD"
    JOINT = "JOINT"


class FieldKind(StrEnum):
    """What a form field holds."""

    TEXT = "TEXT"
    PHONE = "PHONE"
    BANK_ACCOUNT = "BANK_ACCOUNT"
    BOOLEAN = "BOOLEAN"
    CHOICE = "CHOICE"
    DATE = "DATE"
    UNDERTAKING = "UNDERTAKING"
    """A statement the applicant must confirm; only true is accepted (告知承诺)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed answer of a CHOICE field."""

    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form."""

    name: str
    label: Text
    kind: FieldKind
    required: bool = True
    hint: Text | None = None
    choices: tuple[Choice, ...] = ()
    max_length: int = 200
    fact: str | None = None
    """The fact that this answer supplies to the eligibility rules, if any."""


@dataclass(frozen=True, slots=True)
class Form:
    """The questions of an item, in the order in which they are asked."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """An application material (申请材料) that the citizen uploads."""

    code: str
    name: Text
    required: bool
    hint: Text
    media_types: tuple[str, ...] = ("image/jpeg", "image/png", "application/pdf")
    max_bytes: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Parameter:
    """A figure that regions may set; the national default applies where they have not."""

    name: str
    label: Text
    default: int | str
    unit: str
    """``years``, ``fen``, ``months`` or ``code``."""
    minimum: int | None
    maximum: int | None
    basis: Basis


class Judgement(StrEnum):
    """What a rule says about the facts."""

    ELIGIBLE = "ELIGIBLE"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition of eligibility: a pure function of facts and parameters."""

    code: str
    needs: tuple[str, ...]
    """Facts without which the rule cannot judge: any of them missing means UNKNOWN."""
    holds: Callable[[Facts, Parameters], bool]
    condition: Text
    """The condition in words; ``{parameter}`` parts are filled with the region's figures."""
    basis: Basis
    next_step: Text
    """What somebody who does not meet it can do instead."""


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """What one rule found."""

    rule: Rule
    judgement: Judgement
    condition: Text


class LimitUnit(StrEnum):
    """How a limit is counted."""

    WORKING_DAYS = "WORKING_DAYS"
    CALENDAR_DAYS = "CALENDAR_DAYS"


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit for deciding (办结时限)."""

    days: int
    unit: LimitUnit
    basis: Basis


@dataclass(frozen=True, slots=True)
class Limits:
    """Statutory (法定) and promised (承诺) limit; the promise may only be shorter."""

    statutory: Limit
    promised_days: int


@dataclass(frozen=True, slots=True)
class Guide:
    """The text a citizen reads before applying, and its plain variant for elder mode."""

    text: Text
    plain: Text


@dataclass(frozen=True, slots=True)
class ServiceItem:
    """A service item (政务服务事项) as the ministry standardises it."""

    base_code: str
    """基本编码, 12 characters."""
    base_code_source: str
    """Who gave the code; ``assigned-here`` until an official list is imported."""
    name: Text
    domain: str
    task_type: TaskType
    effect: LegalEffect
    basis: tuple[Basis, ...]
    assurance: AssuranceLevel
    form: Form
    materials: tuple[Material, ...]
    parameters: tuple[Parameter, ...]
    rules: tuple[Rule, ...]
    limits: Limits
    models: tuple[HandlingModel, ...]
    online_depth: OnlineDepth
    electronic_signature: bool
    in_person: bool
    result_name: Text
    guide: Guide
    monthly_amount_parameter: str | None = None
    """The parameter that says what is paid per month, in fen, where the item pays."""
    known_facts: tuple[str, ...] = field(default=("age", "household_division"))
    """Facts that the state already has and a citizen is therefore never asked for."""

    def __post_init__(self) -> None:
        """Refuse a definition that contradicts itself or the law."""
        problems = [
            *self._code_problems(),
            *self._law_problems(),
            *self._reference_problems(),
        ]
        if problems:
            raise UnsoundDefinition(f"{self.name.en} ({self.base_code}): {'; '.join(problems)}")

    def _code_problems(self) -> list[str]:
        names = [f.name for f in self.form.fields] + [p.name for p in self.parameters]
        codes = [m.code for m in self.materials] + [r.code for r in self.rules]
        return [
            *(["the base code must have 12 digits"] if not _is_base_code(self.base_code) else []),
            *(f"{name} is declared twice" for name in sorted({n for n in names if names.count(n) > 1})),
            *(f"{code} is declared twice" for code in sorted({c for c in codes if codes.count(c) > 1})),
        ]

    def _law_problems(self) -> list[str]:
        problems = []
        if not self.basis:
            problems.append("an item needs a legal basis")
        if self.effect is LegalEffect.PERSONAL_STATUS and self.electronic_signature:
            problems.append("personal status may not be signed electronically (电子签名法 Art. 3)")
        if self.limits.promised_days > self.limits.statutory.days:
            problems.append("the promised limit is longer than the statutory one")
        return problems

    def _reference_problems(self) -> list[str]:
        facts = {f.fact for f in self.form.fields if f.fact} | {*self.known_facts, "division"}
        parameters = {p.name for p in self.parameters}
        unknown = {need for rule in self.rules for need in rule.needs} - facts
        amount = self.monthly_amount_parameter
        return [
            *(f"rules need the fact {name}, which nothing supplies" for name in sorted(unknown)),
            *([f"no parameter is named {amount}"] if amount and amount not in parameters else []),
            *(
                f"{f.name} needs choices"
                for f in self.form.fields
                if (f.kind is FieldKind.CHOICE) != bool(f.choices)
            ),
        ]

    def judge(self, facts: Facts, parameters: Parameters) -> tuple[RuleFinding, ...]:
        """What each rule says about ``facts``; facts that are not known make a rule UNKNOWN."""
        return tuple(self._find(rule, facts, parameters) for rule in self.rules)

    def _find(self, rule: Rule, facts: Facts, parameters: Parameters) -> RuleFinding:
        condition = rule.condition.filled(**parameters)
        if any(facts.get(need) is None for need in rule.needs):
            return RuleFinding(rule, Judgement.UNKNOWN, condition)
        found = Judgement.ELIGIBLE if rule.holds(facts, parameters) else Judgement.NOT_ELIGIBLE
        return RuleFinding(rule, found, condition)


def _is_base_code(code: str) -> bool:
    return len(code) == 12 and code.isdigit()


def overall(findings: tuple[RuleFinding, ...]) -> Judgement:
    """One answer from all rules: a single no decides, an unknown keeps the question open."""
    judgements = {finding.judgement for finding in findings}
    if Judgement.NOT_ELIGIBLE in judgements:
        return Judgement.NOT_ELIGIBLE
    return Judgement.UNKNOWN if Judgement.UNKNOWN in judgements else Judgement.ELIGIBLE


def age_on(birth_date: date, day: date) -> int:
    """Completed years of life on ``day`` (周岁): a birthday on 29 February counts from 1 March."""
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (0 if had_birthday else 1)
