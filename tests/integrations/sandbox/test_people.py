from datetime import date

from backend.kit import regions, resident_id
from integrations.sandbox.people import demo_people
from integrations.sandbox.province.decisions import age_on

TODAY = date(2026, 11, 23)


def test_the_people_are_always_the_same() -> None:
    assert demo_people() == demo_people()
    assert len({person.resident_id for person in demo_people()}) == 12


def test_their_numbers_are_sound_and_their_homes_exist() -> None:
    for person in demo_people():
        assert resident_id.parse(person.resident_id, TODAY).number == person.resident_id
        assert regions.get(person.household_division) is not None
        assert regions.within(person.household_division, "330000")


def test_the_first_is_over_80_and_from_deqing() -> None:
    first = demo_people()[0]

    assert first.household_division == "330521"
    assert age_on(TODAY, first.resident_id) == 83


def test_their_ages_surround_the_limits_of_the_allowance() -> None:
    ages = sorted(age_on(TODAY, person.resident_id) for person in demo_people())

    assert ages == [11, 25, 36, 65, 75, 79, 80, 83, 85, 88, 90, 100]
