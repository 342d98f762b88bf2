"""Third parties through the real API: from nothing to a care home that a citizen finds near home, and every no on the way."""

from dataclasses import replace
from typing import Any

import pytest

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import NotFound, NotSignedIn
from backend.kit.item_codes import credit_code
from backend.providers.clients.tokens import authenticate_provider
from backend.resources import Resources
from backend.viewer import Anonymous, Citizen
from resolvers.pagination import global_id, read_global_id
from resolvers.scalars import Upload
from tests.support.cases import HOME, machine, picture, proven
from tests.support.front import Front
from tests.support.people import ScriptedFaces, bound
from tests.support.providers import LISTING, listed, new_code, open_reviews, registered, reviewer, working
from tests.support.sandbox import OutsideSandbox

NEAR = {"longitude": 119.97, "latitude": 30.54}
LICENCES = [{"kind": "ELDERLY_CARE", "number": "备330521-0001"}]


@pytest.fixture
def work(resources: Resources) -> Casework:
    return machine(replace(resources, ports=replace(resources.ports, faces=ScriptedFaces())))


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await proven(work.resources, outside_world)


def registration(**changes: object) -> dict[str, object]:
    return {
        "creditCode": new_code(),
        "name": "德清幸福养老服务有限公司",
        "division": HOME,
        "address": "云岫南路1号",
        "licences": LICENCES,
        **changes,
    }


def listing(**changes: object) -> dict[str, Any]:
    return {
        "kind": "CARE_HOME",
        "name": "幸福颐养院",
        "address": "云岫南路1号",
        "division": HOME,
        "location": {"longitude": 119.9677, "latitude": 30.5426},
        "capacity": 120,
        "phone": "0572-8000000",
        "offerings": [{"code": "BED", "name": "双人间", "priceFen": 280000, "unit": "月"}],
        "hours": [{"day": 1, "opens": "08:00", "closes": "18:00"}],
        "access": ["STEP_FREE"],
        **changes,
    }


async def token_of(front: Front, organisation_id: str) -> str:
    token: str = (await front.do("EnterOrganisation", organisationId=organisation_id))["token"]
    return token


async def acting(work: Casework, token: str) -> Front:
    return Front(
        work, await authenticate_provider(work.resources, token, language="zh-CN", address="10.0.0.1")
    )


async def test_a_paper_in_place_of_another_leaves_no_file_behind(work: Casework, citizen: Citizen) -> None:
    staff = await registered(work.resources, citizen)
    [before] = await fetch("SELECT file_key, sha256 FROM organisation_paper")
    files, front = work.resources.ports.files, Front(work, staff)
    assert await files.get(before["file_key"])
    for _ in range(2):  # the second time it is the same paper
        await front.do(
            "AddOrganisationPaper",
            licence="ELDERLY_CARE",
            file=Upload("备案.png", "image/png", picture(7)),
        )
    [after] = await fetch("SELECT file_key, sha256 FROM organisation_paper")
    assert after["sha256"] != before["sha256"]
    assert await files.get(after["file_key"])
    with pytest.raises(NotFound):
        await files.get(before["file_key"])
    assert await fetch("SELECT 1 FROM unclaimed_file") == []


async def test_an_organisation_registers_is_reviewed_lists_a_care_home_and_is_found(
    work: Casework, citizen: Citizen
) -> None:
    front, desk, visitor = Front(work, citizen), Front(work, reviewer()), Front(work, Anonymous())
    drafted = await front.do("RegisterOrganisation", **registration())
    assert drafted["state"] == "DRAFT"
    assert (await visitor.send("Organisation", id=drafted["id"])) is None
    staff = await acting(work, await token_of(front, drafted["id"]))
    early = await staff.do("SubmitOrganisation")
    assert (early["code"], early["fields"][0]["path"]) == ("MATERIAL_MISSING", ["input", "licences", "0"])
    await staff.do(
        "AddOrganisationPaper",
        licence="ELDERLY_CARE",
        file=Upload("备案.png", "image/png", picture()),
    )
    assert (await staff.do("SubmitOrganisation"))["state"] == "SUBMITTED"
    too_soon = await staff.do("ListPlace", listing=listing())
    assert too_soon["code"] == "FORBIDDEN"

    [waiting] = (await desk.send("ProviderReviews", state="OPEN"))["edges"]
    opened = await desk.do("OpenOrganisationPaper", organisationId=drafted["id"], licence="ELDERLY_CARE")
    assert opened["mediaType"] == "image/png"
    decided = await desk.do("DecideProviderReview", reviewId=waiting["node"]["id"], approve=True)
    assert (decided["state"], decided["organisation"]["state"]) == ("APPROVED", "ACTIVE")
    assert (await visitor.send("Organisation", id=drafted["id"]))["licences"][0]["kind"] == "ELDERLY_CARE"

    place = await staff.do("ListPlace", listing=listing())
    assert (place["listed"], place["metres"]) == (False, None)
    search = {"near": NEAR, "kinds": ["CARE_HOME"], "freeOnly": True, "access": ["STEP_FREE"]}
    assert (await visitor.send("SearchPlaces", wanted=search))["edges"] == []
    [waiting] = (await desk.send("ProviderReviews", state="OPEN"))["edges"]
    assert waiting["node"]["kind"] == "LISTING"
    assert waiting["node"]["proposed"]["capacity"] == 120
    await desk.do("DecideProviderReview", reviewId=waiting["node"]["id"], approve=True)

    [found] = (await visitor.send("SearchPlaces", wanted=search))["edges"]
    assert found["node"]["id"] == place["id"]
    assert (found["node"]["metres"], found["node"]["free"], found["node"]["priceFen"]) == (363, 120, 280_000)
    assert found["node"]["organisationName"] == "德清幸福养老服务有限公司"
    kinds = [
        row["kind"]
        for row in await fetch(
            "SELECT kind FROM audit_entry WHERE subject = $1 ORDER BY sequence",
            f"organisation:{read_global_id(drafted['id'], 'Organisation')}",
        )
    ]
    assert kinds == [
        "organisation_registered",
        "staff_entered",
        "organisation_paper_added",
        "organisation_submitted",
        "organisation_paper_opened",
        "provider_review_decided",
        "place_listed",
        "provider_review_decided",
    ]


async def test_everything_wrong_with_a_registration_is_told_at_once(work: Casework, citizen: Citizen) -> None:
    sound = new_code()
    fake = sound[:-1] + ("A" if sound[-1] != "A" else "B")
    front = Front(work, citizen)
    told = await front.do(
        "RegisterOrganisation", **registration(creditCode=fake, division="330000", address="", licences=[])
    )
    assert told["code"] == "INVALID_INPUT"
    assert {".".join(one["path"]) for one in told["fields"]} == {
        "input.creditCode",
        "input.division",
        "input.address",
        "input.licences",
    }
    assert await fetch("SELECT 1 FROM organisation") == []


async def test_a_code_belongs_to_whoever_was_approved_first_and_a_draft_blocks_nobody(
    work: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    code = new_code()
    squatter = Front(work, await proven(work.resources, outside_world))
    assert (await squatter.do("RegisterOrganisation", **registration(creditCode=code)))["state"] == "DRAFT"
    rightful = await working(work.resources, citizen)
    [row] = await fetch("SELECT credit_code FROM organisation WHERE id = $1", rightful.organisation_id)
    told = await squatter.do("RegisterOrganisation", **registration(creditCode=row["credit_code"]))
    assert (told["code"], told["fields"][0]["path"]) == ("ALREADY_DONE", ["input", "creditCode"])


async def test_only_somebody_verified_registers(work: Casework, outside_world: OutsideSandbox) -> None:
    told = await Front(work, await bound(work.resources, outside_world)).do(
        "RegisterOrganisation", **registration()
    )
    assert told["code"] == "STEP_UP_NEEDED"


async def test_a_listing_outside_the_licence_is_refused_and_one_that_expired_does_not_count(
    work: Casework, citizen: Citizen
) -> None:
    provider = await working(work.resources, citizen)
    staff = Front(work, provider)
    told = await staff.do("ListPlace", listing=listing(kind="CEMETERY"))
    assert (told["code"], told["fields"][0]["path"]) == ("NOT_LICENSED", ["input", "listing", "kind"])
    await fetch(
        "UPDATE organisation SET licences = jsonb_set(licences, '{0,valid_until}', '\"2026-01-01\"') WHERE id = $1",
        provider.organisation_id,
    )
    assert (await staff.do("ListPlace", listing=listing()))["code"] == "NOT_LICENSED"
    assert await fetch("SELECT 1 FROM place") == []


async def test_a_change_is_reviewed_where_the_law_wants_it_and_shows_at_once_where_not(
    work: Casework, citizen: Citizen
) -> None:
    provider = await working(work.resources, citizen)
    staff = Front(work, provider)
    place = global_id("SocialPlace", await listed(provider))
    dearer = [{"code": "BED", "name": "双人间", "priceFen": 300000, "unit": "月"}]
    told = await staff.do("ListPlace", placeId=place, version=1, listing=listing(offerings=dearer))
    assert (told["version"], told["priceFen"]) == (2, 300_000)
    larger = await staff.do(
        "ListPlace", placeId=place, version=2, listing=listing(offerings=dearer, capacity=150)
    )
    assert (larger["version"], larger["listing"]["capacity"]) == (2, 120)
    stale = await staff.do("ListPlace", placeId=place, version=2, listing=listing())
    assert stale["code"] == "STALE_VERSION"
    again = await staff.do(
        "ListPlace", placeId=place, version=3, listing=listing(offerings=dearer, capacity=160)
    )
    assert again["version"] == 2
    reviews = await open_reviews(provider.organisation_id)
    await Front(work, reviewer()).do(
        "DecideProviderReview",
        reviewId=global_id("ProviderReview", reviews["LISTING"]),
        approve=False,
        reason="床位与备案不符",
    )
    versions = (await staff.send("PlaceVersions", placeId=place))["edges"]
    assert [(one["node"]["number"], one["node"]["state"], one["node"]["reason"]) for one in versions] == [
        (4, "REFUSED", "床位与备案不符"),
        (3, "OVERTAKEN", ""),
        (2, "CURRENT", ""),
        (1, "PAST", ""),
    ]


async def test_a_suspended_organisation_is_not_found_and_another_officer_hears_its_appeal(
    work: Casework, citizen: Citizen
) -> None:
    provider = await working(work.resources, citizen)
    place = await listed(provider)
    staff, visitor = Front(work, provider), Front(work, Anonymous())
    harsh = reviewer()
    organisation = global_id("Organisation", provider.organisation_id)
    stranger = await Front(work, reviewer("330522")).do(
        "SuspendOrganisation", organisationId=organisation, reason="不该"
    )
    assert stranger["code"] == "NOT_FOUND"
    told = await Front(work, harsh).do(
        "SuspendOrganisation", organisationId=organisation, reason="消防检查不合格"
    )
    assert told["state"] == "SUSPENDED"
    assert (await visitor.send("SearchPlaces", wanted={"near": NEAR}))["edges"] == []
    assert await visitor.send("Place", id=global_id("SocialPlace", place)) is None
    assert (await staff.send("OwnOrganisation"))["reason"] == "消防检查不合格"
    assert (await staff.do("ListPlace", listing=listing()))["code"] == "FORBIDDEN"

    await staff.do("AppealSuspension", grounds="已整改并复检合格")
    review = global_id("ProviderReview", (await open_reviews(provider.organisation_id))["APPEAL"])
    own = await Front(work, harsh).do("DecideProviderReview", reviewId=review, approve=True)
    assert own["code"] == "CONFLICT_OF_INTEREST"
    heard = await Front(work, reviewer()).do("DecideProviderReview", reviewId=review, approve=True)
    assert heard["organisation"]["state"] == "ACTIVE"
    assert len((await visitor.send("SearchPlaces", wanted={"near": NEAR}))["edges"]) == 1


async def test_staff_join_by_a_code_act_in_their_role_and_are_out_at_once(
    work: Casework, citizen: Citizen, outside_world: OutsideSandbox
) -> None:
    provider = await working(work.resources, citizen)
    administrator = Front(work, provider)
    invited = await administrator.do("InviteStaff", label="护理员07", role="ATTENDANT")
    somebody = Front(work, await bound(work.resources, outside_world))
    joined = await somebody.do("JoinOrganisation", code=invited["invitationCode"].lower())
    assert joined["state"] == "ACTIVE"
    again = await Front(work, await bound(work.resources, outside_world)).do(
        "JoinOrganisation", code=invited["invitationCode"]
    )
    assert again["code"] == "NOT_FOUND"
    token = await token_of(somebody, joined["id"])
    attendant = await acting(work, token)
    assert (await attendant.do("ListPlace", listing=listing()))["code"] == "FORBIDDEN"
    members = (await administrator.send("OrganisationStaff"))["edges"]
    assert [(one["node"]["label"], one["node"]["role"]) for one in members] == [
        ("", "ADMINISTRATOR"),
        ("护理员07", "ATTENDANT"),
    ]
    last = await administrator.do("RemoveStaff", staffId=members[0]["node"]["id"])
    assert last["code"] == "ILLEGAL_STATE"
    await administrator.do("RemoveStaff", staffId=members[1]["node"]["id"])
    with pytest.raises(NotSignedIn):
        await acting(work, token)
    assert (await somebody.do("EnterOrganisation", organisationId=joined["id"]))["code"] == "NOT_FOUND"


@pytest.mark.parametrize("token", ["jmp_", "jmp_x_y", f"jmp_{'0' * 32}_secret"])
async def test_a_token_that_never_was_is_refused(work: Casework, token: str) -> None:
    with pytest.raises(NotSignedIn):
        await authenticate_provider(work.resources, token, language="zh-CN", address="10.0.0.1")


async def test_the_check_digit_of_a_credit_code_is_what_is_checked() -> None:
    assert credit_code("52330521MJ0000001") != credit_code("52330521MJ0000002")
    assert LISTING.division == HOME
