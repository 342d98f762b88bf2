"""Every rule of every item, on both sides of its limit, and a table that would notice a moved limit."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

import pytest

from backend.casework.definitions import Facts, Judgement, Parameters, Rule, ServiceItem, Unit
from backend.casework.definitions.eligibility import judge
from backend.domains import standards
from tests.backend.domains.tables import (
    DIVISION,
    TODAY,
    Sides,
    Table,
    children,
    community,
    elderly_care,
    funeral,
    marriage,
    social_assistance,
)

TABLES: tuple[Table, ...] = (
    elderly_care.TABLE,
    children.TABLE,
    community.TABLE,
    social_assistance.TABLE,
    marriage.TABLE,
    funeral.TABLE,
)
ITEMS = standards().by_code
SIDES: Mapping[tuple[str, str], Sides] = {
    (code, rule): sides for table in TABLES for code, rules in table.items() for rule, sides in rules.items()
}
RULES = {(code, rule.code): (item, rule) for code, item in ITEMS.items() for rule in item.rules}


class Case(NamedTuple):
    code: str
    rule: str
    facts: Facts
    meets: bool


def cases() -> Iterator[Case]:
    for (code, rule), (meeting, failing) in SIDES.items():
        yield from (Case(code, rule, facts, meets=True) for facts in meeting)
        yield from (Case(code, rule, facts, meets=False) for facts in failing)


def national(item: ServiceItem) -> dict[str, int | str]:
    return {parameter.name: parameter.default for parameter in item.parameters}


def judged(rule: Rule, facts: Facts, figures: Parameters) -> Judgement | None:
    """What the rule says of complete facts; None where it does not apply."""
    findings = judge((rule,), {"division": DIVISION, "today": TODAY, **facts}, figures)
    return findings[0].judgement if findings else None


def test_every_rule_is_in_the_table_and_nothing_else_is() -> None:
    assert SIDES.keys() == RULES.keys()
    assert [key for key, (meeting, failing) in SIDES.items() if not meeting or not failing] == []


@pytest.mark.parametrize("case", tuple(cases()), ids=lambda case: f"{ITEMS[case.code].name.en}: {case.rule}")
def test_a_rule_judges_as_the_table_says(case: Case) -> None:
    item, rule = RULES[case.code, case.rule]
    expected = Judgement.ELIGIBLE if case.meets else Judgement.NOT_ELIGIBLE
    assert judged(rule, case.facts, national(item)) is expected


@pytest.mark.parametrize("key", tuple(RULES), ids=lambda key: f"{ITEMS[key[0]].name.en}: {key[1]}")
def test_without_any_of_its_facts_a_rule_does_not_know(key: tuple[str, str]) -> None:
    item, rule = RULES[key]
    facts = next(iter(SIDES[key][0]))
    asked = {need for need in rule.needs if need not in {"division", "today"}}
    for need in asked:
        kept = {name: value for name, value in facts.items() if name != need}
        assert judged(rule, kept, national(item)) is Judgement.UNKNOWN


def figures_of_rules() -> Iterator[tuple[str, str, str]]:
    """Every figure that a rule's sentence names."""
    for (code, rule_code), (item, rule) in RULES.items():
        named = set(re.findall(r"\{(\w+)\}", rule.condition.zh))
        for parameter in item.parameters:
            spoken = {parameter.name, f"{parameter.name.removesuffix('_fen')}_yuan"}
            if named & spoken:
                yield code, rule_code, parameter.name


@pytest.mark.parametrize("by", [1, -1])
@pytest.mark.parametrize(("code", "rule_code", "figure"), tuple(figures_of_rules()))
def test_the_table_notices_a_limit_that_is_moved_by_one(
    code: str, rule_code: str, figure: str, by: int
) -> None:
    item, rule = RULES[code, rule_code]
    figures = national(item)
    moved = {**figures, figure: int(figures[figure]) + by}
    meeting, failing = SIDES[code, rule_code]
    changed = [
        facts
        for facts in (*meeting, *failing)
        if judged(rule, facts, figures) is not judged(rule, facts, moved)
    ]
    assert changed, f"no case of {rule_code} sits at the edge of {figure}"


def moved_by(value: object, step: int) -> object | None:
    """A number or a day a little further on; None for what has no order."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value + step
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return (date.fromisoformat(value) + timedelta(days=step)).isoformat()
    return None


FAR = (1, 7, 40, 400, 4_000, 40_000, 400_000, 40_000_000)
"""Steps at which a fact is tried to see whether it has a limit at all."""


def flips(rule: Rule, facts: Facts, figures: Parameters, fact: str, step: int) -> bool:
    """Whether the rule judges otherwise once this fact is moved by ``step``."""
    try:
        value = moved_by(facts[fact], step)
    except OverflowError:
        return False
    if value is None or (isinstance(value, int) and value < 0):
        return False
    return judged(rule, {**facts, fact: value}, figures) is not judged(rule, facts, figures)


def limited_facts() -> Iterator[tuple[str, str, str]]:
    """Every number and day on which a rule has a limit, whether it is a figure or written into the rule."""
    for (code, rule_code), (item, rule) in RULES.items():
        cases_ = [*SIDES[code, rule_code][0], *SIDES[code, rule_code][1]]
        for fact in sorted({name for facts in cases_ for name in facts}):
            if any(
                flips(rule, facts, national(item), fact, sign * step)
                for facts in cases_
                if fact in facts
                for step in FAR
                for sign in (1, -1)
            ):
                yield code, rule_code, fact


@pytest.mark.parametrize(("code", "rule_code", "fact"), tuple(limited_facts()))
def test_each_limit_has_a_case_that_just_meets_it_and_one_that_just_does_not(
    code: str, rule_code: str, fact: str
) -> None:
    item, rule = RULES[code, rule_code]
    met, failed = (
        any(
            flips(rule, facts, national(item), fact, step)
            for facts in side
            if fact in facts
            for step in (1, -1)
        )
        for side in SIDES[code, rule_code]
    )
    assert (met, failed) == (True, True), f"{rule_code}: move a case to the edge of {fact}"


def test_every_figure_that_a_rule_reads_is_told_in_its_sentence() -> None:
    """Without it, nobody could see from the sentence why a region decides otherwise."""
    silent = []
    for (code, rule_code), (item, rule) in RULES.items():
        read: set[str] = set()

        class Noting(dict[str, int | str]):
            def __getitem__(self, name: str) -> int | str:
                read.add(name)  # noqa: B023 - read within this turn of the loop
                return super().__getitem__(name)

        for facts in (*SIDES[code, rule_code][0], *SIDES[code, rule_code][1]):
            rule.holds({"division": DIVISION, "today": TODAY, **facts}, Noting(national(item)))
        fen = {p.name for p in item.parameters if p.unit == Unit.FEN}
        for name in sorted(read):
            spoken = f"{{{name.removesuffix('_fen')}_yuan}}" if name in fen else f"{{{name}}}"
            if spoken not in rule.condition.zh or spoken not in rule.condition.en:
                silent.append((code, rule_code, name))
    assert silent == []
