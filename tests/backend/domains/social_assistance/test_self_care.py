import pytest

from backend.domains.social_assistance.rules import SIX_ABILITIES, SelfCare, self_care


@pytest.mark.parametrize(
    ("lost", "found"),
    [
        (0, SelfCare.ABLE),
        (1, SelfCare.PARTLY),
        (3, SelfCare.PARTLY),
        (4, SelfCare.UNABLE),
        (6, SelfCare.UNABLE),
    ],
)
def test_the_number_of_lost_abilities_decides(lost: int, found: SelfCare) -> None:
    assert self_care(SIX_ABILITIES[:lost]) is found


def test_the_same_ability_counts_once_and_a_seventh_does_not_exist() -> None:
    assert self_care(["eating", "eating", "eating", "eating"]) is SelfCare.PARTLY
    with pytest.raises(ValueError, match="six abilities"):
        self_care(["singing"])
