"""Resident identity numbers: what is one, and why something is none."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit import regions, resident_id
from backend.kit.resident_id import InvalidResidentId, Reason, ResidentId, Sex

TODAY = date(2026, 11, 25)
DIVISIONS = st.sampled_from(["110105", "330521", "330103", "540102", "710000", "659001"])
NUMBERS = st.builds(resident_id.make, DIVISIONS, st.dates(date(1880, 1, 1), TODAY), st.integers(0, 999))


def why(text: str, today: date = TODAY) -> Reason:
    with pytest.raises(InvalidResidentId) as refusal:
        resident_id.parse(text, today)
    assert str(refusal.value) == refusal.value.reason.value
    return refusal.value.reason


def test_the_example_of_the_standard() -> None:
    assert resident_id.parse("11010519491231002X", TODAY) == ResidentId(
        "11010519491231002X", "110105", date(1949, 12, 31), Sex.FEMALE
    )
    assert resident_id.check_digit("11010519491231002") == "X"
    assert resident_id.make("440524", date(1880, 1, 1), 1) == "440524188001010014"


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105\u00a019491231002X",
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str) -> None:
    assert resident_id.parse(typed, TODAY).number == "11010519491231002X"


@pytest.mark.parametrize(
    "text",
    ["", "X", "1101051949123100", "11010519491231002X1", "11010519491231002A", "X10105194912310021",
     "110105491231002", "11010519491231 0２", "一一0105194912310021", "\x00" * 18],
)  # fmt: skip
def test_another_shape_is_no_number(text: str) -> None:
    assert why(text) is Reason.SHAPE


@given(NUMBERS)
def test_whatever_is_made_is_read_as_it_was_made(number: str) -> None:
    read = resident_id.parse(number, TODAY)
    assert read.number == number
    assert (read.division, f"{read.birth_date:%Y%m%d}") == (number[:6], number[6:14])
    assert read.sex is (Sex.MALE if int(number[16]) % 2 else Sex.FEMALE)


@given(NUMBERS, st.integers(0, 17), st.integers(1, 10))
def test_one_wrong_sign_is_found(number: str, place: int, by: int) -> None:
    signs = "0123456789X" if place == 17 else "0123456789"
    wrong = signs[(signs.index(number[place]) + by) % len(signs)]
    if wrong == number[place]:
        return
    assert why(number[:place] + wrong + number[place + 1 :]) is Reason.CHECKSUM


@given(NUMBERS, st.integers(0, 16))
def test_two_neighbours_that_changed_places_are_found(number: str, place: int) -> None:
    one, other = number[place], number[place + 1]
    if one == other or "X" in {one, other}:
        return
    assert why(number[:place] + other + one + number[place + 2 :]) is Reason.CHECKSUM


def test_a_day_of_birth_exists_and_is_past() -> None:
    for day in ("19490231", "19491301", "00000101", "18791231", "21000101"):
        seventeen = f"110105{day}002"
        assert why(seventeen + resident_id.check_digit(seventeen)) is Reason.BIRTH_DATE
    born_today = resident_id.make("110105", TODAY, 2)
    assert resident_id.parse(born_today, TODAY).birth_date == TODAY
    assert why(born_today, TODAY - timedelta(days=1)) is Reason.BIRTH_DATE


@pytest.mark.parametrize("division", ["000000", "810000", "820000", "830000", "991000", "101000"])
def test_a_number_begins_with_a_province(division: str) -> None:
    assert why(resident_id.make(division, date(1949, 12, 31), 2)) is Reason.DIVISION


def test_a_county_of_long_ago_is_fine() -> None:
    number = resident_id.make("330199", date(1949, 12, 31), 2)
    assert regions.get("330199") is None
    assert resident_id.parse(number, TODAY).division == "330199"
