from datetime import UTC, date, datetime, timedelta

import pytest

from backend.kit import resident_id
from integrations.sandbox.province.decisions import age_on, decide
from integrations.sandbox.province.scenario import Scenario

RECEIVED = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)  # already the new year in China


@pytest.mark.parametrize(
    ("born", "monthly"),
    [
        (date(1947, 1, 1), 10_000),
        (date(1937, 1, 2), 10_000),
        (date(1937, 1, 1), 20_000),
        (date(1927, 1, 1), 80_000),
    ],
)
def test_the_allowance_follows_the_age_reached(born: date, monthly: int) -> None:
    _, decided = decide(
        item_name="高龄津贴",
        resident_id=resident_id.make("330521", born, 1),
        received_at=RECEIVED,
        scenario=Scenario(),
    )

    assert decided.result == {"monthlyFen": monthly, "from": "2027-02"}
    assert decided.due_at == RECEIVED + timedelta(seconds=4)


def test_a_day_short_of_80_is_refused() -> None:
    _, decided = decide(
        item_name="高龄津贴",
        resident_id=resident_id.make("330521", date(1947, 1, 2), 1),
        received_at=RECEIVED,
        scenario=Scenario(),
    )

    assert (decided.approved, decided.reason) == (False, "申请人未满80周岁。")


def test_another_item_is_approved_without_figures() -> None:
    _, decided = decide(
        item_name="养老机构入住",
        resident_id=resident_id.make("330521", date(1990, 1, 1), 1),
        received_at=RECEIVED,
        scenario=Scenario(),
    )

    assert (decided.approved, decided.result) == (True, {})


def test_a_birthday_counts_on_its_day() -> None:
    number = resident_id.make("330521", date(1946, 11, 23), 2)

    assert age_on(date(2026, 11, 22), number) == 79
    assert age_on(date(2026, 11, 23), number) == 80
