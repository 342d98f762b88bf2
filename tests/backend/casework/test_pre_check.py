"""The pre-check judges what is known, asks for what is missing, and names what fits instead."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import pytest

from backend.casework.declaring import codes
from backend.casework.definitions import Judgement, ServiceItem
from backend.casework.pre_check import PreCheck, facts_inside, pre_check
from backend.domains import standards
from backend.errors import Invalid, ProblemCode
from backend.kit import resident_id
from backend.kit.documents import Document, DocumentKind
from backend.kit.resident_id import Sex
from backend.people.identity.queries import PersonFacts

TODAY = date(2026, 11, 25)
HOME = "330521"
ITEMS = standards().by_code


def somebody(born: date = date(1943, 5, 12), home: str | None = HOME) -> PersonFacts:
    document = Document(DocumentKind.RESIDENT_ID, "x", None, born, Sex.MALE)
    return PersonFacts(UUID(int=1), "沈阿福", "x", document.kind, document, born, Sex.MALE, home)


def check(
    code: str,
    answers: Mapping[str, object] | None = None,
    assumptions: Mapping[str, object] | None = None,
    person: PersonFacts | None = None,
) -> PreCheck:
    item: ServiceItem = ITEMS[code]
    return pre_check(
        item,
        {parameter.name: parameter.default for parameter in item.parameters},
        person=person,
        answers=answers or {},
        assumptions=assumptions or {},
        division=HOME,
        today=TODAY,
    )


def judged(found: PreCheck) -> dict[str, str]:
    return {finding.rule.code: finding.judgement.value for finding in found.findings}


def asked(found: PreCheck) -> list[tuple[str, bool, bool]]:
    return [(question.field.name, question.assumed, question.found_later) for question in found.questions]


def test_of_nobody_nothing_is_known_and_everything_is_asked() -> None:
    found = check(codes.OLD_AGE_ALLOWANCE)
    assert found.judgement is Judgement.UNKNOWN
    assert judged(found) == {"age": "UNKNOWN", "household": "UNKNOWN", "not_paid_elsewhere": "UNKNOWN"}
    assert asked(found) == [
        ("paidElsewhere", False, False),
        ("age", True, False),
        ("household_division", True, False),
    ]
    assert (found.may_apply, found.alternatives) == (False, [])


def test_whoever_has_not_signed_in_may_try_answers() -> None:
    tried = {"age": 80, "household_division": HOME}
    found = check(codes.OLD_AGE_ALLOWANCE, {"paidElsewhere": False}, tried)
    assert (found.judgement, asked(found), found.may_apply) == (Judgement.ELIGIBLE, [], True)


def test_what_is_not_met_says_why_by_which_law_and_what_to_do() -> None:
    found = check(codes.OLD_AGE_ALLOWANCE, {"paidElsewhere": False}, {"age": 79, "household_division": HOME})
    [failed] = [finding for finding in found.findings if finding.judgement is Judgement.NOT_ELIGIBLE]
    assert (found.judgement, found.may_apply) == (Judgement.NOT_ELIGIBLE, False)
    assert failed.condition.zh == "年满80周岁"
    assert failed.condition.en == "80 years of age or more"
    assert failed.rule.basis.title.zh == "各地高龄津贴实施办法"
    assert failed.rule.next_step.zh == "到龄当月即可申请。"
    assert found.alternatives == [codes.CARE_SERVICE_SUBSIDY, codes.DISABLED_ELDERLY_VOUCHER]


def test_items_named_by_the_failed_rules_come_first_and_once() -> None:
    found = check(
        codes.MINIMUM_LIVING,
        {"ownIncome": 80_000, "members": [], "assets": 0, "homes": 0, "hasVehicle": False},
        {"household_division": HOME},
    )
    assert judged(found) == {
        "household": "ELIGIBLE",
        "income": "NOT_ELIGIBLE",
        "assets": "ELIGIBLE",
        "homes": "ELIGIBLE",
        "vehicles": "ELIGIBLE",
        "single_person": "UNKNOWN",
    }
    assert found.alternatives == [
        codes.BORDERLINE_HOUSEHOLD,
        codes.EXPENDITURE_HARDSHIP,
        codes.TEMPORARY_ASSISTANCE,
        codes.EXTREME_POVERTY,
    ]


def test_what_is_verified_counts_before_what_is_assumed() -> None:
    found = check(
        codes.OLD_AGE_ALLOWANCE,
        {"paidElsewhere": False},
        {"age": 30, "household_division": "310101"},
        somebody(),
    )
    assert found.judgement is Judgement.ELIGIBLE
    unknown_home = check(
        codes.OLD_AGE_ALLOWANCE, {"paidElsewhere": False}, {"household_division": HOME}, somebody(home=None)
    )
    assert unknown_home.judgement is Judgement.ELIGIBLE


def test_what_the_organ_finds_out_later_keeps_nobody_from_applying() -> None:
    answers = {"otherSubsidy": False}
    found = check(codes.NURSING_SUBSIDY, answers, person=somebody())
    assert (found.judgement, found.may_apply) == (Judgement.UNKNOWN, True)
    assert asked(found) == [("assistance_category", True, True), ("ability_level", True, True)]
    tried = check(
        codes.NURSING_SUBSIDY,
        answers,
        {"assistance_category": "minimum_living", "ability_level": "severe"},
        somebody(),
    )
    assert (tried.judgement, asked(tried)) == (Judgement.ELIGIBLE, [])


def test_a_rule_for_others_is_not_asked_about() -> None:
    living = check(codes.DISABILITY_SUBSIDIES, {"benefits": ["living"]}, person=somebody())
    assert "severe" not in judged(living)
    assert judged(living)["hardship"] == "UNKNOWN"
    both = check(codes.DISABILITY_SUBSIDIES, {"benefits": ["living", "nursing"]}, person=somebody())
    assert {"severe", "hardship"} <= judged(both).keys()


def test_before_the_question_that_decides_about_it_a_conditional_rule_asks_that_question() -> None:
    assert ("benefits", False, False) in asked(check(codes.DISABILITY_SUBSIDIES))


def test_an_answer_that_is_no_longer_asked_counts_for_nothing() -> None:
    found = check(
        codes.ABILITY_ASSESSMENT,
        {"place": HOME, "reason": "first", "lastAssessedOn": "2020-01-01"},
        person=somebody(),
    )
    assert judged(found) == {"age": "ELIGIBLE", "place": "ELIGIBLE"}


@pytest.mark.parametrize(
    ("answers", "assumptions", "path"),
    [
        ({"paidElsewhere": "no"}, {}, ("input", "answers", "paidElsewhere")),
        ({}, {"age": "old"}, ("input", "assumptions", "age")),
        ({}, {"age": 131}, ("input", "assumptions", "age")),
        ({}, {"luck": 1}, ("input", "assumptions", "luck")),
        ({"age": 80}, {}, ("input", "answers", "age")),
    ],
)
def test_wrong_answers_and_assumptions_are_named(
    answers: Mapping[str, object], assumptions: Mapping[str, object], path: tuple[str, ...]
) -> None:
    with pytest.raises(Invalid) as caught:
        check(codes.OLD_AGE_ALLOWANCE, answers, assumptions)
    assert caught.value.code is ProblemCode.INVALID_ANSWERS
    assert [wrong.path for wrong in caught.value.fields] == [path]


def test_a_fact_that_the_item_does_not_use_changes_nothing() -> None:
    found = check(codes.OLD_AGE_ALLOWANCE, assumptions={"disability_grade": "1"})
    assert asked(found) == asked(check(codes.OLD_AGE_ALLOWANCE))


@pytest.mark.parametrize(
    ("born", "answer"),
    [
        (date(2008, 11, 26), "ELIGIBLE"),
        (date(2008, 11, 25), "NOT_ELIGIBLE"),
        (date(2008, 2, 29), "NOT_ELIGIBLE"),
    ],
)
def test_the_number_of_somebody_else_tells_their_age_to_the_day(born: date, answer: str) -> None:
    number = resident_id.make(HOME, born, 123)
    found = check(codes.ORPHAN_ALLOWANCE, {"childNumber": number, "inSchool": False})
    assert judged(found)["child_age"] == answer


@pytest.mark.parametrize("item", ITEMS.values(), ids=lambda item: item.name.en)
def test_every_item_can_be_pre_checked_from_nothing_to_a_full_answer(item: ServiceItem) -> None:
    found = check(item.base_code)
    assert found.judgement is Judgement.UNKNOWN
    missing = {fact for finding in found.findings for fact in finding.missing}
    supplied = {fact for question in found.questions for fact in facts_inside(question.field)}
    assert missing <= supplied
