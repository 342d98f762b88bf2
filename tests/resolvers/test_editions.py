"""Regions' editions as an officer works on them, driven by our own trusted documents."""

from base64 import b64decode
from collections.abc import Awaitable, Callable
from uuid import uuid4

import orjson
import pytest

from backend.casework.catalogue.current import current_version
from backend.casework.catalogue.standards import Standards
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.kit import regions
from backend.kit.working_days import Calendar
from backend.people.officers.actions import ensure_organ
from backend.resources import Resources
from backend.viewer import Anonymous, Officer, OfficerRole
from resolvers.scalars import Upload
from tests.support.catalogue import BATHS, COUNTY_ORGAN, MEALS, PROVINCE_ORGAN
from tests.support.front import Outspoken
from tests.support.people import new_key
from tests.support.rows import count, told

COUNTY = {
    "item": MEALS.base_code,
    "division": "330521",
    "inForceFrom": "2026-01-01",
    "parameters": {"minimum_age": 65},
    "organCreditCode": COUNTY_ORGAN,
    "organName": "德清县民政局",
    "organLevel": "4",
    "hallZh": "  政务服务中心　二楼 ",
}


AtDesk = Callable[..., Awaitable[Outspoken]]


@pytest.fixture
def work(resources: Resources) -> Casework:
    return Casework(
        resources=resources, standards=Standards.of((MEALS, BATHS)), calendar=Calendar(), reactors=()
    )


@pytest.fixture
def at_desk(work: Casework) -> AtDesk:
    async def sit(division: str, organ: str, *roles: OfficerRole) -> Outspoken:
        place = regions.get(division)
        organ_id = await ensure_organ(
            credit_code=organ, name=f"{place.name if place else ''}民政局", division=division
        )
        viewer = Officer(uuid4(), uuid4(), organ_id, division, frozenset(roles or {OfficerRole.OPERATIONS}))
        return Outspoken(work, viewer, "en")

    return sit


def as_file(*rows: object) -> Upload:
    return Upload("editions.json", "application/json", orjson.dumps(rows))


async def test_an_edition_is_previewed_published_and_seen_with_its_versions(at_desk: AtDesk) -> None:
    desk = await at_desk("330521", COUNTY_ORGAN)
    preview = await desk.do("PublishEdition", **COUNTY, preview=True)
    assert (preview["added"], await count("edition")) == (1, 0)
    assert (await desk.do("PublishEdition", **COUNTY))["changes"] == [
        {"row": "1", "itemCode": MEALS.base_code, "division": "330521", "fields": []}
    ]
    changed = await desk.do("PublishEdition", **{**COUNTY, "parameters": {"minimum_age": 70}})
    assert (changed["changed"], changed["changes"][0]["fields"]) == (
        1,
        [{"name": "parameters", "before": {"minimum_age": 65}, "after": {"minimum_age": 70}}],
    )
    first = await desk.send("Editions", division="330521", first=1)
    second = await desk.send("Editions", division="330521", first=1, after=first["pageInfo"]["endCursor"])
    versions = [page["edges"][0]["node"] for page in (first, second)]
    assert [(one["version"], one["parameters"]) for one in versions] == [
        (2, {"minimum_age": 70}),
        (1, {"minimum_age": 65}),
    ]
    assert isinstance(desk.viewer, Officer)
    assert versions[0]["publishedBy"] == f"officer:{desk.viewer.officer_id}"
    assert versions[0]["said"]["hall_zh"] == "政务服务中心 二楼"
    assert second["pageInfo"]["hasNextPage"] is False


async def test_a_departure_is_a_problem_that_names_the_field(at_desk: AtDesk) -> None:
    desk = await at_desk("330521", COUNTY_ORGAN)
    problem = await desk.do("PublishEdition", **{**COUNTY, "promisedDays": 99, "parameters": {"colour": 1}})
    assert (problem["__typename"], problem["code"]) == ("Problem", "INVALID_INPUT")
    assert problem["fields"] == [
        {"path": ["rows", "1", "parameters.colour"], "message": "The standard has no such parameter."},
        {"path": ["rows", "1", "promised_days"], "message": "A promise may only be shorter."},
    ]
    assert await count("edition") == 0


async def test_asking_twice_publishes_once_and_is_answered_twice(at_desk: AtDesk) -> None:
    desk = await at_desk("330521", COUNTY_ORGAN)
    given = {"idempotencyKey": new_key(), **COUNTY}
    first = await desk.send("PublishEdition", input=given)
    again = await desk.send("PublishEdition", input=given)
    assert (first["added"], again["added"], again["rows"]) == (1, 1, 1)
    assert (await count("edition"), await current_version()) == (1, 1)
    other = await desk.send("PublishEdition", input={**given, "hallZh": "别处"})
    assert other["code"] == "IDEMPOTENCY_KEY_REUSED"
    # What changes nothing is answered the same way twice, too.
    same = {"idempotencyKey": new_key(), **COUNTY}
    answers = [await desk.send("PublishEdition", input=same) for _ in range(2)]
    assert [(one["rows"], one["unchanged"]) for one in answers] == [(1, 1), (1, 1)]
    assert await current_version() == 1


async def test_a_file_goes_in_whole_or_not_at_all_and_comes_out_again(at_desk: AtDesk) -> None:
    desk = await at_desk("330000", PROVINCE_ORGAN)
    row = {"item": MEALS.base_code, "division": "330521", "in_force_from": "2026-01-01", "promised_days": 9}
    wrong = await desk.do("ImportEditions", file=as_file(row, {**row, "division": "110101"}))
    assert [field["path"] for field in wrong["fields"]] == [["rows", "2", "division"]]
    assert await count("edition") == 0
    report = await desk.do("ImportEditions", file=as_file(row, {**row, "item": BATHS.base_code}))
    assert (report["rows"], report["added"]) == (2, 2)
    for form in ("JSON", "XLSX"):
        out = await desk.do("ExportEditions", division="330500", format=form)
        assert (out["name"], out["editions"]) == (f"editions-330500.{form.lower()}", 2)
        back = Upload(out["name"], out["mediaType"], b64decode(out["content"]))
        again = await desk.do("ImportEditions", file=back)
        assert (again["rows"], again["unchanged"]) == (2, 2)
    only = await desk.do("ExportEditions", division="330521", items=[BATHS.base_code], format="JSON")
    assert only["editions"] == 1


async def test_a_file_is_compared_with_the_catalogue_and_changes_nothing(at_desk: AtDesk) -> None:
    desk = await at_desk("330000", PROVINCE_ORGAN)
    row = {"item": MEALS.base_code, "division": "330521", "in_force_from": "2026-01-01", "promised_days": 9}
    other = {**row, "item": BATHS.base_code}
    assert (await desk.do("ImportEditions", file=as_file(row, other)))["added"] == 2
    same = await desk.do("DiffEditions", file=as_file(row, other))
    assert same == {
        "__typename": "EditionDifferences",
        "added": 0,
        "changed": 0,
        "missing": 0,
        "differences": [],
    }
    found = await desk.do(
        "DiffEditions", file=as_file({**row, "promised_days": 8}, {**other, "division": "330522"})
    )
    assert (found["added"], found["changed"], found["missing"]) == (1, 1, 1)
    assert [(d["kind"], d["itemCode"], d["division"], d["fields"]) for d in found["differences"]] == [
        ("CHANGED", MEALS.base_code, "330521", [{"name": "promised_days", "before": 9, "after": 8}]),
        ("MISSING", BATHS.base_code, "330521", []),
        ("ADDED", BATHS.base_code, "330522", []),
    ]
    elsewhere = await desk.do("DiffEditions", file=as_file(row, {**row, "division": "110101"}))
    assert [field["path"] for field in elsewhere["fields"]] == [["rows", "2", "division"]]
    assert await count("edition") == 2


async def test_how_far_an_import_is_can_be_asked_by_whoever_sent_it(at_desk: AtDesk, work: Casework) -> None:
    desk = await at_desk("330000", PROVINCE_ORGAN)
    row = {"item": MEALS.base_code, "division": "330521", "in_force_from": "2026-01-01"}
    rows = [{**row, "promised_days": 1 + number % 9} for number in range(2)]
    key = new_key()
    assert await desk.send("ImportProgress", idempotencyKey=key) is None
    file = as_file(rows[0], {**rows[1], "item": BATHS.base_code})
    await desk.send("ImportEditions", input={"idempotencyKey": key, "file": file, "preview": True})
    assert await desk.send("ImportProgress", idempotencyKey=key) == 2
    assert await (await at_desk("330000", PROVINCE_ORGAN)).send("ImportProgress", idempotencyKey=key) is None
    assert (
        await Outspoken(work, Anonymous(), "en").send("ImportProgress", idempotencyKey=key) == "NotSignedIn"
    )


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("editions.csv", b"", "FILE_REFUSED"),
        ("editions.json", b" " * (8 * 1024 * 1024 + 1), "FILE_REFUSED"),
        ("editions.json", b"{", "INVALID_INPUT"),
        ("editions.xlsx", b"PK", "INVALID_INPUT"),
    ],
)
async def test_a_file_that_is_none_is_refused(at_desk: AtDesk, name: str, content: bytes, code: str) -> None:
    desk = await at_desk("330521", COUNTY_ORGAN)
    problem = await desk.do("ImportEditions", file=Upload(name, "application/octet-stream", content))
    assert problem["code"] == code
    assert await count("catalogue_batch") == 0


async def test_an_officer_stays_within_the_own_division(at_desk: AtDesk) -> None:
    desk = await at_desk("330521", COUNTY_ORGAN)
    problem = await desk.do("PublishEdition", **{**COUNTY, "division": "330522"})
    assert [field["path"][-1] for field in problem["fields"]] == ["division"]
    assert await desk.send("Editions", division="330522") == "NotFound"
    assert (await desk.do("ExportEditions", division="330500"))["code"] == "UNKNOWN_DIVISION"
    township = await at_desk("330521001", COUNTY_ORGAN)
    assert (await township.do("PublishEdition", **COUNTY))["code"] == "FORBIDDEN"


async def test_only_those_who_keep_the_catalogue_may(at_desk: AtDesk, work: Casework) -> None:
    clerk = await at_desk("330521", COUNTY_ORGAN, OfficerRole.INTAKE)
    assert (await clerk.do("PublishEdition", **COUNTY))["code"] == "FORBIDDEN"
    assert await clerk.send("Editions", division="330521") == "Forbidden"
    assert await clerk.send("CatalogueAudit") == "Forbidden"
    assert await clerk.send("ImportProgress", idempotencyKey=new_key()) == "Forbidden"
    assert (await clerk.do("DiffEditions", file=as_file(COUNTY)))["code"] == "FORBIDDEN"
    assert await Outspoken(work, Anonymous(), "en").do("PublishEdition", **COUNTY) == "NotSignedIn"


async def test_base_codes_are_given_by_the_ministry_only(at_desk: AtDesk, work: Casework) -> None:
    codes = [{"item": MEALS.base_code, "official": "000711234567", "source": "国家基本目录"}]
    province = await at_desk("330000", PROVINCE_ORGAN)
    assert (await province.do("GiveBaseCodes", codes=codes))["code"] == "FORBIDDEN"
    ministry = await at_desk("000000", COUNTY_ORGAN)
    assert (await ministry.do("GiveBaseCodes", codes=codes, preview=True))["changed"] == 1
    assert await count("base_code") == 0
    given = {"idempotencyKey": new_key(), "codes": codes}
    answers = [await ministry.send("GiveBaseCodes", input=given) for _ in range(2)]
    assert [(one["rows"], one["changed"]) for one in answers] == [(1, 1), (1, 1)]
    assert (await work.catalogue.find("000711234567")).base_code == MEALS.base_code
    wrong = await ministry.do("GiveBaseCodes", codes=[{**codes[0], "official": BATHS.base_code}])
    assert [field["path"] for field in wrong["fields"]] == [["rows", "1", "official"]]


async def test_the_audit_is_there_for_officers_too(at_desk: AtDesk) -> None:
    desk = await at_desk("330521", COUNTY_ORGAN)
    await desk.do("PublishEdition", **COUNTY)
    audit = await desk.send("CatalogueAudit")
    assert (audit["editions"], audit["notConforming"]) == (1, 0)
    kinds = {finding["kind"] for finding in audit["findings"]}
    assert kinds == {"ASSIGNED_CODE", "UNVERIFIED_FIGURE", "NOT_OFFERED"}


async def test_what_was_published_is_audited_under_the_officers_name(at_desk: AtDesk) -> None:
    desk = await at_desk("330521", COUNTY_ORGAN)
    await desk.do("PublishEdition", **COUNTY)
    (entry,) = await fetch("SELECT subject, actor FROM audit_entry WHERE kind = 'editions_published'")
    assert isinstance(desk.viewer, Officer)
    assert entry["actor"] == f"officer:{desk.viewer.officer_id}"
    assert await told(entry["subject"]) == ["editions_published"]
