import pytest

from backend.kit.phone import parse


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("13800001234", "+8613800001234"),
        (" 138 0000-1234 ", "+8613800001234"),
        ("１３８００００１２３４", "+8613800001234"),
        ("+86 138 0000 1234", "+8613800001234"),
        ("008613800001234", "+8613800001234"),
        ("+852 9123 4567", "+85291234567"),
        ("+853 61234567", "+85361234567"),
        ("+886 912345678", "+886912345678"),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str, number: str) -> None:
    assert parse(typed) == number


@pytest.mark.parametrize(
    "typed",
    ["", "12800001234", "1380000123", "138000012345", "+1 2025550123", "91234567", "1380000123४", "x" * 99],
)
def test_whatever_is_not_a_mobile_number_here_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="not a mobile number"):
        parse(typed)
