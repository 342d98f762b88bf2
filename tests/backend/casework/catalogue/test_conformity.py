from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from backend.casework.catalogue.conformity import ASPECTS, deviations, restated
from backend.casework.catalogue.drafts import LOCAL_FIELDS, SAID, EditionDraft
from tests.support.catalogue import BATHS, COUNTY_ORGAN, MEALS

DRAFT = EditionDraft(
    item_code=MEALS.base_code,
    division="330521",
    in_force_from=date(2026, 1, 1),
    parameters={"minimum_age": 65, "monthly_fen": 0, "list_code": "B"},
    promised_days=15,
    organ_credit_code=COUNTY_ORGAN,
    organ_name="德清县民政局",
    organ_level="4",
    organ_nature="1",
    power_source="1",
    delegate_name="武康街道办事处",
    delegate_level="5",
    hall_zh="德清县政务服务中心\n二楼",
)


def test_what_the_standard_leaves_to_regions_conforms() -> None:
    assert deviations(MEALS, DRAFT) == ()
    assert deviations(MEALS, EditionDraft(MEALS.base_code, "330521", date(2026, 1, 1))) == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"parameters": {"minimum_age": 49}}, "parameters.minimum_age"),
        ({"parameters": {"minimum_age": 101}}, "parameters.minimum_age"),
        ({"parameters": {"minimum_age": "65"}}, "parameters.minimum_age"),
        ({"parameters": {"minimum_age": True}}, "parameters.minimum_age"),
        ({"parameters": {"minimum_age": 65.0}}, "parameters.minimum_age"),
        ({"parameters": {"list_code": ""}}, "parameters.list_code"),
        ({"parameters": {"list_code": "a\u202eb"}}, "parameters.list_code"),
        ({"parameters": {"list_code": 1}}, "parameters.list_code"),
        ({"parameters": {"colour": 1}}, "parameters.colour"),
        ({"promised_days": 16}, "promised_days"),
        ({"promised_days": 0}, "promised_days"),
        ({"organ_name": ""}, "organ_credit_code"),
        ({"organ_credit_code": "", "organ_name": "", "organ_level": ""}, "organ_credit_code"),
        ({"organ_credit_code": COUNTY_ORGAN[:-1] + "0"}, "organ_credit_code"),
        ({"organ_credit_code": COUNTY_ORGAN.lower()}, "organ_credit_code"),
        ({"organ_level": "2"}, "organ_level"),
        ({"delegate_level": "6"}, "delegate_level"),
        ({"delegate_level": ""}, "delegate_name"),
        ({"delegate_credit_code": "123"}, "delegate_credit_code"),
        ({"power_source": "7"}, "power_source"),
        ({"organ_nature": "4"}, "organ_nature"),
        ({"in_force_until": date(2025, 12, 31)}, "in_force_until"),
        ({"division": "999999"}, "division"),
        ({"division": "330521001"}, "division"),
        ({"local_task_code": "XK 1"}, "local_task_code"),
        ({"local_catalog_code": "一"}, "local_catalog_code"),
        ({"hall_zh": "厅" * 201}, "hall_zh"),
        ({"hall_zh": " 大厅"}, "hall_zh"),
        ({"guidance_zh": "看不见\u200b"}, "guidance_zh"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_departure_is_named(change: dict[str, Any], field: str) -> None:
    found = deviations(MEALS, replace(DRAFT, **change))
    assert {deviation.field for deviation in found} >= {field}
    assert all(deviation.message.zh and deviation.message.en for deviation in found)


def test_only_the_departure_is_named() -> None:
    (found,) = deviations(MEALS, replace(DRAFT, promised_days=16))
    assert (found.field, found.said, found.standard) == ("promised_days", 16, 15)


def test_a_division_that_is_no_longer_in_force_has_no_new_editions() -> None:
    (found,) = deviations(MEALS, EditionDraft(MEALS.base_code, "330103", date(2026, 1, 1), promised_days=10))
    assert (found.field, found.standard) == ("division", "2021")


def test_a_step_that_may_not_be_delegated_is_not() -> None:
    (found,) = deviations(BATHS, replace(DRAFT, item_code=BATHS.base_code))
    assert (found.field, found.standard) == ("delegate_level", None)


def test_the_standard_may_be_repeated_but_not_changed() -> None:
    said = {name: read(MEALS) for name, read in ASPECTS.items()}
    assert list(restated(MEALS, said)) == []
    (found,) = restated(MEALS, {**said, "statutory_days": 25})
    assert (found.field, found.said, found.standard) == ("statutory_days", 25, 20)
    (found,) = restated(MEALS, {**said, "in_person": 0})
    assert (found.field, found.said, found.standard) == ("in_person", 0, False)


def test_every_field_of_a_draft_is_a_local_field() -> None:
    named = {local.name for local in LOCAL_FIELDS} | {"item_code", "division", "parameters"}
    assert set(EditionDraft.__dataclass_fields__) == named
    assert set(SAID) == named - {"item_code", "division"}
