"""Facts, regional figures, and the conditions of eligibility that are judged from them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backend.casework.definitions.basis import Basis
from backend.errors import Text

Facts = Mapping[str, object]
"""What is known about a person and their answers, by fact name; a missing name is not known yet."""

Parameters = Mapping[str, int | str]
"""Regional figures of an item (ages, amounts in fen), by name, as they apply in one division."""

Scalar = bool | int | str


@dataclass(frozen=True, slots=True)
class When:
    """A condition as data, so that front ends and the schema can say it too: ``of`` is one of ``values``.

    ``of`` names a field of the same form (for fields and materials) or a fact (for rules). Where it
    holds several choices, one of them is enough.
    """

    of: str
    values: tuple[Scalar, ...]

    def met(self, known: Mapping[str, object]) -> bool | None:
        """Whether it is met, or None while ``of`` is not known."""
        value = known.get(self.of)
        if value is None:
            return None
        held = value if isinstance(value, list | tuple) else (value,)
        # True == 1 in Python, but a yes is no number.
        return any(type(one) is type(wanted) and one == wanted for one in held for wanted in self.values)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A figure that regions may set; the national default applies where they have not."""

    name: str
    label: Text
    default: int | str
    unit: str
    """One of ``Unit``: ``years``, ``fen``, ``months`` …"""
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
    alternatives: tuple[str, ...] = ()
    """Base codes of items that may fit somebody who does not meet it."""
    when: When | None = None
    """The rule is only asked where this fact has one of these values."""


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """What one rule found."""

    rule: Rule
    judgement: Judgement
    condition: Text
    missing: tuple[str, ...] = ()
    """Facts that are not known yet, where the judgement is UNKNOWN."""


def judge(rules: tuple[Rule, ...], facts: Facts, parameters: Parameters) -> tuple[RuleFinding, ...]:
    """What each rule that applies says about ``facts``."""
    found = (_find(rule, facts, parameters) for rule in rules)
    return tuple(finding for finding in found if finding is not None)


def _find(rule: Rule, facts: Facts, parameters: Parameters) -> RuleFinding | None:
    applies = True if rule.when is None else rule.when.met(facts)
    if applies is False:
        return None
    condition = rule.condition.filled(**spoken(parameters))
    needed = (rule.when.of, *rule.needs) if rule.when else rule.needs
    missing = tuple(dict.fromkeys(need for need in needed if facts.get(need) is None))
    if missing:
        return RuleFinding(rule, Judgement.UNKNOWN, condition, missing)
    holds = rule.holds(facts, parameters)
    return RuleFinding(rule, Judgement.ELIGIBLE if holds else Judgement.NOT_ELIGIBLE, condition)


def spoken(parameters: Parameters) -> dict[str, object]:
    """Figures as a sentence needs them: ``{x}`` as it is, ``{x_yuan}`` for an amount in fen."""
    told: dict[str, object] = dict(parameters)
    for name, value in parameters.items():
        if isinstance(value, int) and name.endswith("_fen"):
            told[f"{name.removesuffix('_fen')}_yuan"] = yuan(value)
    return told


def yuan(fen: int) -> str:
    """An amount in fen as people read it: in yuan, with fen only where there are any."""
    return f"{fen / 100:.2f}".removesuffix(".00")


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
