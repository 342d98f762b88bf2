"""Codes of items and cases."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from backend.kit.item_codes import LEVELS, case_number, credit_code, task_code

ORGAN = credit_code("11330521MB1234567")
BASE = "000511001000"


def test_a_task_code_is_organ_level_and_base_code() -> None:
    code = task_code(ORGAN, "4", BASE)
    assert (code, len(code)) == (f"{ORGAN}4{BASE}", 31)


def test_the_published_example_has_a_sound_credit_code() -> None:
    assert task_code("12441500196720244T", "3", "442199806003") == "12441500196720244T3442199806003"


@pytest.mark.parametrize(
    ("organ", "level", "base", "wrong"),
    [
        (ORGAN[:-1] + "0", "4", BASE, "credit code"),
        ("", "4", BASE, "credit code"),
        (ORGAN, "0", BASE, "level"),
        (ORGAN, "7", BASE, "level"),
        (ORGAN, "", BASE, "level"),
        (ORGAN, "12", BASE, "level"),
        (ORGAN, "4", BASE[:-1], "base code"),
    ],
)
def test_parts_that_are_not_sound_make_no_task_code(organ: str, level: str, base: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        task_code(organ, level, base)


@given(st.integers(1, 9999), st.dates(date(2020, 1, 1), date(2099, 12, 31)), st.sampled_from(LEVELS))
def test_a_case_number_has_43_signs_and_tells_its_day_and_serial(serial: int, day: date, level: str) -> None:
    task = task_code(ORGAN, level, BASE)
    number = case_number(task, day, serial)
    assert len(number) == 43
    assert (number[:31], number[31:39], int(number[39:])) == (task, f"{day:%Y%m%d}", serial)


def test_a_wider_series_has_longer_numbers() -> None:
    task = task_code(ORGAN, "4", BASE)
    assert case_number(task, date(2026, 11, 25), 10_000, 5)[39:] == "10000"
    assert case_number(task, date(2026, 11, 25), 7, 5)[39:] == "00007"


@pytest.mark.parametrize(("serial", "width"), [(0, 4), (-1, 4), (10_000, 4), (100_000, 5)])
def test_a_serial_that_does_not_fit_makes_no_number(serial: int, width: int) -> None:
    with pytest.raises(ValueError, match="serial"):
        case_number("t", date(2026, 11, 25), serial, width)


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9))
def test_a_made_credit_code_passes_its_check(subject: str) -> None:
    assert uscc.is_valid(credit_code(f"11330521{subject}"))
