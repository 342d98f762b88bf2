"""The pre-check: could somebody apply, what is still to be known, and what fits them instead.

Nothing is asked that an application would not ask, except what the state holds about the applicant: whoever
has not signed in may try an answer to that (``assumptions``). Nothing is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from backend.casework.definitions import (
    HELD_FACTS,
    Field,
    FieldKind,
    Form,
    Judgement,
    Parameters,
    RuleFinding,
    ServiceItem,
    overall,
)
from backend.casework.facts import known_facts
from backend.casework.forms import check_answers
from backend.errors import FieldProblem, Invalid, ProblemCode
from backend.people.identity.queries import PersonFacts

_HELD = Form(tuple(held.question for held in HELD_FACTS.values()))
"""The questions about held facts, checked like any other form."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is still to be known for a judgement."""

    field: Field
    assumed: bool
    """True where the state holds the answer: it is tried in ``assumptions`` and never part of an application."""
    found_later: bool
    """True where the organ finds it out after submission: leaving it open does not keep anybody from applying."""


@dataclass(frozen=True, slots=True)
class PreCheck:
    """All findings, the answer they add up to, the open questions and the items that may fit instead."""

    item: ServiceItem
    judgement: Judgement
    findings: Sequence[RuleFinding]
    questions: Sequence[Question]
    alternatives: Sequence[str]
    """Keys of items, those of the rules that are not met first."""

    @property
    def may_apply(self) -> bool:
        """Whether nothing speaks against it and all that is open is found out by the organ."""
        open_for_applicant = any(not question.found_later for question in self.questions)
        return self.judgement is not Judgement.NOT_ELIGIBLE and not open_for_applicant


def pre_check(
    item: ServiceItem,
    figures: Parameters,
    *,
    person: PersonFacts | None,
    answers: Mapping[str, object],
    assumptions: Mapping[str, object],
    division: str,
    today: date,
    shared: Mapping[str, object] = MappingProxyType({}),
) -> PreCheck:
    """Judge what is known so far.

    What is verified about ``person``, and what other departments hold (``shared``), counts before any assumption.
    Raises ``Invalid(INVALID_ANSWERS)`` naming the fields of ``answers`` or ``assumptions`` that are wrong.
    """
    check_answers(item.form, answers, complete=False)
    _check_assumptions(assumptions)
    known = known_facts(item, person, answers, division, today)
    held = {*item.known_facts, *item.organ_facts}
    tried = {name: value for name, value in assumptions.items() if name in held}
    facts = {**tried, **shared, **{name: value for name, value in known.items() if value is not None}}
    findings = item.judge(facts, figures)
    return PreCheck(
        item=item,
        judgement=overall(findings),
        findings=findings,
        questions=_questions(item, findings),
        alternatives=_alternatives(item, findings),
    )


def _check_assumptions(assumptions: Mapping[str, object]) -> None:
    try:
        check_answers(_HELD, assumptions, complete=False)
    except Invalid as refusal:
        fields = tuple(
            FieldProblem(("input", "assumptions", *wrong.path[2:]), wrong.message) for wrong in refusal.fields
        )
        raise Invalid(refusal.message, code=ProblemCode.INVALID_ANSWERS, fields=fields) from None


def _questions(item: ServiceItem, findings: Sequence[RuleFinding]) -> Sequence[Question]:
    """The questions behind the missing facts: form fields in the form's order, held facts after them."""
    missing = {fact for finding in findings for fact in finding.missing}
    asked = [
        Question(field, assumed=False, found_later=False)
        for field in _askable(item.form.fields)
        if missing & set(facts_inside(field))
    ]
    tried = [
        Question(held.question, assumed=True, found_later=fact in item.organ_facts)
        for fact, held in HELD_FACTS.items()
        if fact in missing and fact in {*item.known_facts, *item.organ_facts}
    ]
    return [*asked, *tried]


def _askable(fields: Sequence[Field]) -> Sequence[Field]:
    return [field for field in fields if field.kind not in {FieldKind.UNDERTAKING, FieldKind.AUTHORISATION}]


def facts_inside(field: Field) -> Sequence[str]:
    """The facts that a field and the fields inside of it supply."""
    return [*field.supplies, *(fact for part in field.fields for fact in facts_inside(part))]


def _alternatives(item: ServiceItem, findings: Sequence[RuleFinding]) -> Sequence[str]:
    """Items named by the rules that are not met; the item's own only where something is not met at all."""
    failed = [finding for finding in findings if finding.judgement is Judgement.NOT_ELIGIBLE]
    named = [code for finding in failed for code in finding.rule.alternatives]
    return list(dict.fromkeys([*named, *(item.alternatives if failed else ())]))
