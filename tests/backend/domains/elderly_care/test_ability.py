from collections.abc import Mapping

import pytest

from backend.domains.elderly_care.ability import GB_T_42195_2022, TABLES, AbilityLevel, Worsening

FULL = {"self_care": 32, "movement": 15, "mind": 27, "senses": 16}


def scores(total: int) -> Mapping[str, int]:
    """Scores with that total, taken away from the first groups first."""
    left, told = 90 - total, {}
    for code, most in FULL.items():
        taken = min(left, most)
        left -= taken
        told[code] = most - taken
    return told


@pytest.mark.parametrize(
    ("total", "level"),
    [
        (90, "intact"),
        (89, "mild"),
        (66, "mild"),
        (65, "moderate"),
        (46, "moderate"),
        (45, "severe"),
        (30, "severe"),
        (29, "complete"),
        (0, "complete"),
    ],
)
def test_the_level_follows_the_total(total: int, level: str) -> None:
    assert GB_T_42195_2022.level(scores(total)) == level


@pytest.mark.parametrize("worsening", [Worsening.DEMENTIA_OR_PSYCHOSIS, Worsening.ACCIDENTS])
def test_dementia_or_repeated_accidents_move_it_by_one_level(worsening: Worsening) -> None:
    assert GB_T_42195_2022.level(scores(66), {worsening}) is AbilityLevel.MODERATE
    assert GB_T_42195_2022.level(scores(0), {worsening}) is AbilityLevel.COMPLETE


def test_two_worsenings_move_it_no_further_and_coma_is_complete() -> None:
    both = {Worsening.DEMENTIA_OR_PSYCHOSIS, Worsening.ACCIDENTS}
    assert GB_T_42195_2022.level(scores(90), both) is AbilityLevel.MILD
    assert GB_T_42195_2022.level(scores(90), {Worsening.COMA}) is AbilityLevel.COMPLETE


@pytest.mark.parametrize(
    "wrong",
    [
        {**FULL, "self_care": 33},
        {**FULL, "self_care": -1},
        {"self_care": 32},
        {**FULL, "luck": 1},
    ],
)
def test_scores_that_cannot_be_are_refused(wrong: Mapping[str, int]) -> None:
    with pytest.raises(ValueError, match="score"):
        GB_T_42195_2022.level(wrong)


def test_the_table_adds_up_and_says_that_nobody_has_checked_it() -> None:
    assert (GB_T_42195_2022.most, sum(group.items for group in GB_T_42195_2022.groups)) == (90, 26)
    assert GB_T_42195_2022.source.standing == "unverified"
    assert TABLES[-1] is GB_T_42195_2022
