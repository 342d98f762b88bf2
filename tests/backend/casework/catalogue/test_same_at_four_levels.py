"""四级四同 as a property: whatever the machine accepts, what a citizen sees differs from the standard where it may only."""

from dataclasses import asdict, fields
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.casework.catalogue.compose import OfferedItem, compose
from backend.casework.catalogue.conformity import ASPECTS, deviations
from backend.casework.catalogue.drafts import EditionDraft
from backend.casework.catalogue.files.rows import drafts, row_of
from backend.casework.catalogue.reports import Incoming, Place
from backend.casework.definitions import ServiceItem
from backend.domains import standards
from backend.kit import regions
from tests.support.catalogue import COUNTY_ORGAN, MEALS, PROVINCE_ORGAN

ITEMS = tuple(standards().by_code.values())
LEVELS = ("000000", "330000", "330500", "330521")
DAY = date(2026, 1, 1)

LOCAL = frozenset(
    {
        "parameters",
        "promised_days",
        "organ",
        "task_code",
        "local_catalog_code",
        "local_task_code",
        "hall",
        "hours",
    }
    | {"enquiries", "complaints", "guidance_zh", "guidance_en", "base_code", "base_code_source"}
    | {"division", "edition_id", "edition_version", "edition_division"}
)
"""What an offered item has of its own. Everything else it has is the standard."""

unhurried = settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
"""Time says nothing here: a machine may be busy with other tests."""

anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 2_000_000),
    st.floats(),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
)
texts = st.one_of(
    st.just(""), st.text(max_size=12), st.sampled_from([COUNTY_ORGAN, PROVINCE_ORGAN, "4", "2", "民政局"])
)


@st.composite
def rows(draw: st.DrawFn, item: ServiceItem, division: str) -> dict[str, Any]:
    """A row as a file might hold it: half of them sound, the others anything at all, also about the standard."""
    wild = draw(st.booleans())
    over = 2 if wild else 0
    parameters: dict[str, Any] = {}
    for parameter in item.parameters:
        if draw(st.booleans()):
            near = (
                st.integers((parameter.minimum or 0) - over, (parameter.maximum or 2_000_000) + over)
                if isinstance(parameter.default, int)
                else st.sampled_from(["A", "B-1"])
            )
            parameters[parameter.name] = draw(st.one_of(near, anything) if wild else near)
    row: dict[str, Any] = {
        "item": item.base_code,
        "division": division,
        "in_force_from": "2026-01-01",
        "parameters": parameters,
        "promised_days": draw(
            st.one_of(
                st.none(),
                st.integers(-1, item.limits.statutory.days + 2)
                if wild
                else st.integers(1, item.limits.promised_days),
            )
        ),
    }
    if wild and draw(st.booleans()):
        row |= {"organ_credit_code": draw(texts), "organ_name": draw(texts), "organ_level": draw(texts)}
    if draw(st.booleans()):
        level = regions.get(division)
        row |= {
            "organ_credit_code": COUNTY_ORGAN,
            "organ_name": "民政局",
            "organ_level": str(level.level + 1 if level else 4),
        }
    written = ["hall_zh", "hours_zh", "enquiries", "guidance_zh", *(["delegate_name"] if wild else [])]
    for name in draw(st.lists(st.sampled_from(written))):
        row[name] = draw(texts if wild else st.sampled_from(["", "政务服务中心", "民政局"]))
    for aspect in draw(st.lists(st.sampled_from(sorted(ASPECTS)), max_size=2)):
        true = st.just(ASPECTS[aspect](item))
        row[aspect] = draw(st.one_of(true, anything) if wild else true)
    return row


def accepted(item: ServiceItem, row: dict[str, Any]) -> EditionDraft | None:
    """What the machine makes of a row on its way in, or None where it refuses it."""
    (taken,) = list(drafts([(Place(1), row)], {item.base_code: item}.get))[:1]
    if not isinstance(taken, Incoming) or taken.deviations or deviations(item, taken.draft):
        return None
    return taken.draft


def as_stored(draft: EditionDraft, number: int) -> dict[str, Any]:
    said = asdict(draft)
    return {**said, "parameters": orjson.dumps(said["parameters"]), "id": UUID(int=number), "version": 1}


@unhurried
@given(st.data())
def test_no_accepted_edition_differs_from_its_standard_where_it_is_not_local(data: st.DataObject) -> None:
    item = data.draw(st.sampled_from((*ITEMS, MEALS)))
    taken = [
        (draft, row)
        for division in LEVELS
        if (draft := accepted(item, row := data.draw(rows(item, division)))) is not None
    ]
    place = regions.get("330521")
    assert place is not None
    stored: list[Any] = [as_stored(draft, number) for number, (draft, _) in enumerate(taken)]
    for draft, row in taken:
        assert draft.promised_days is None or 0 < draft.promised_days <= item.limits.promised_days
        # What was repeated of the standard is the standard's.
        assert all(row[aspect] == ASPECTS[aspect](item) for aspect in ASPECTS.keys() & row.keys())
    offered = compose(item, item.base_code, item.base_code_source, place, stored)
    if offered is None:
        assert not any(draft.organ_credit_code for draft, _ in taken)
        return
    assert {field.name for field in fields(OfferedItem)} - LOCAL == {"item"}
    assert offered.item is item
    assert 0 < offered.promised_days <= item.limits.promised_days <= item.limits.statutory.days
    declared = {parameter.name: parameter for parameter in item.parameters}
    assert [value.name for value in offered.parameters] == list(declared)
    for value in offered.parameters:
        parameter = declared[value.name]
        assert type(value.value) is type(parameter.default)
        if isinstance(value.value, int):
            assert parameter.minimum is None or value.value >= parameter.minimum
            assert parameter.maximum is None or value.value <= parameter.maximum
    assert offered.task_code == f"{offered.organ.credit_code}{offered.organ.level}{item.base_code}"
    assert len(offered.task_code) == 31


@unhurried
@given(st.data())
def test_what_is_accepted_is_written_as_it_is_read(data: st.DataObject) -> None:
    item = data.draw(st.sampled_from(ITEMS))
    draft = accepted(item, data.draw(rows(item, "330521")))
    if draft is not None:
        again = accepted(item, orjson.loads(orjson.dumps(row_of(draft, item, item.base_code))))
        assert again == draft
