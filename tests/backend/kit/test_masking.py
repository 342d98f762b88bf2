"""What masked data shows, and that it never shows more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit import masking


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (masking.name("沈阿福"), "沈**"),
        (masking.name("欧阳"), "欧*"),
        (masking.name("沈"), "沈*"),
        (masking.name(""), "*"),
        (masking.resident_id("330521194305121234"), "330***********1234"),
        (masking.resident_id("330521430512123"), "330********2123"),
        (masking.resident_id("3305211"), "****"),
        (masking.phone("13812345678"), "138****5678"),
        (masking.phone("+8613812345678"), "+86****5678"),
        (masking.phone("1234567"), "****"),
        (masking.account("6228480012345678"), "****5678"),
        (masking.account("56789"), "****"),
        (masking.account(""), "****"),
    ],
)
def test_a_value_is_shown_masked(shown: str, expected: str) -> None:
    assert shown == expected


DIGITS = st.text("0123456789", max_size=30)


@given(DIGITS)
def test_at_most_two_thirds_of_a_number_are_shown(value: str) -> None:
    for mask in (masking.resident_id, masking.phone, masking.account):
        shown = mask(value).replace("*", "")
        assert len(shown) * 3 <= len(value) * 2
        assert "*" in mask(value)


@given(st.text(min_size=1, max_size=20))
def test_of_a_name_the_first_sign_is_shown(value: str) -> None:
    assert masking.name(value)[0] == value[0]
    assert set(masking.name(value)[1:]) == {"*"}
