"""One file with everything of one person and nothing of another; accounts close once nothing is open."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import orjson
import pytest

from backend.casework.machine import Casework
from backend.database.record import fetch, transaction
from backend.errors import Conflict, NotSignedIn, StepUpNeeded, TooMany
from backend.holdings import HOLDINGS
from backend.people.accounts.queries import authenticate
from backend.people.identity.actions import bind_real_name
from backend.people.identity.queries import consents_of
from backend.people.privacy.own_data import EXPORTS, close_accounts, export_data
from backend.people.rectification.actions import Wrong, request_correction
from backend.people.rectification.models import CorrectionAbout
from backend.providers.clients.actions import NewClient, give_grant, make_client
from backend.providers.clients.models import ClientAuth
from backend.providers.clients.tokens import Issued, authenticate_provider, issue
from backend.providers.organisations.staff import enter
from backend.viewer import Citizen, Provider, ProviderScope
from tests.support import cases
from tests.support.delegations import accepted, proposal
from tests.support.people import Human, bound, new_human, new_key, proven, seen_again, signed_in, typed
from tests.support.providers import working
from tests.support.rows import count, told
from tests.support.sandbox import OutsideSandbox

ALL = HOLDINGS
SHARED_CASES = ProviderScope.SHARED_CASES


@pytest.fixture
def human(outside_world: OutsideSandbox) -> Human:
    return new_human(outside_world)


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox, human: Human) -> Citizen:
    return await cases.proven(work.resources, outside_world, human)


async def test_the_file_holds_what_is_kept_open_and_complete(
    work: Casework, citizen: Citizen, human: Human
) -> None:
    await cases.completed(citizen, work)
    export = await export_data(citizen, work.resources, ALL)
    file = orjson.loads(export.content)
    assert set(file) == {"exportedAt", *(holding.name for holding in HOLDINGS)} - {"closing"}
    assert (file["identity"]["name"], file["identity"]["documentNumber"]) == (human.name, human.resident_id)
    (case,) = file["cases"]
    assert case["answers"] == dict(cases.ANSWERS)
    assert case["decision"]["result_number"] == "浙民决字7号"
    assert [paper["fileName"] for paper in case["materials"]] == ["社保卡.png"]
    assert [entry["kind"] for entry in case["timeline"]][:2] == ["STARTED", "SUBMITTED"]
    assert file["consents"][0]["kind"] == "FACE_VERIFICATION"
    assert {entry["by"] for entry in file["trail"]} <= {"SELF", "ACCOUNT", "MACHINE"}
    (entry,) = await fetch("SELECT detail FROM audit_entry WHERE kind = 'data_exported'")
    assert human.name not in entry["detail"]


async def test_the_file_of_who_acts_for_somebody_holds_nothing_of_them(
    work: Casework, citizen: Citizen, human: Human, outside_world: OutsideSandbox
) -> None:
    agent_human = new_human(outside_world, born=date(1970, 3, 1))
    agent_human = Human("王小明", agent_human.resident_id)
    outside_world.load_person(name="王小明", resident_id=agent_human.resident_id, division="330521")
    agent = await bound(work.resources, outside_world, agent_human)
    await proven(agent)
    await accepted(agent, citizen, work.resources, proposal(human))
    await cases.submitted(citizen, work)

    export = await export_data(agent, work.resources, ALL)
    for secret in (human.name, human.resident_id, str(cases.ANSWERS["phone"]), str(citizen.person_id)):
        assert secret not in export.content
    assert orjson.loads(export.content)["cases"] == []
    (grant,) = orjson.loads(export.content)["delegations"]
    assert grant["role"] == "AGENT"
    assert agent_human.name not in (await export_data(citizen, work.resources, ALL)).content


async def test_only_who_is_proven_in_this_session_gets_the_file_and_not_without_end(
    work: Casework, outside_world: OutsideSandbox, human: Human
) -> None:
    citizen = await bound(work.resources, outside_world, human)
    for doing in (export_data, close_accounts):
        with pytest.raises(StepUpNeeded):
            await doing(citizen, work.resources, ALL)
        with pytest.raises(StepUpNeeded):
            await doing(replace(citizen, person_id=None), work.resources, ALL)
    await proven(citizen)
    for _ in range(int(EXPORTS.partition("/")[0])):
        await export_data(citizen, work.resources, ALL)
    with pytest.raises(TooMany):
        await export_data(citizen, work.resources, ALL)


async def test_with_an_open_case_nobody_is_closed_and_the_attempt_is_told(
    work: Casework, citizen: Citizen
) -> None:
    await cases.submitted(citizen, work)
    with pytest.raises(Conflict):
        await close_accounts(citizen, work.resources, ALL)
    (row,) = await fetch("SELECT person_id FROM account")
    assert row["person_id"] == citizen.person_id
    assert (await told(f"person:{citizen.person_id}"))[-1] == "closing_refused"
    (session,) = await fetch("SELECT revoked_at FROM session")
    assert session["revoked_at"] is None


async def test_closing_ends_everything_that_lets_somebody_in_and_keeps_the_case(
    work: Casework, citizen: Citizen, human: Human, outside_world: OutsideSandbox
) -> None:
    await cases.completed(citizen, work)
    closed = await asyncio.gather(
        *(close_accounts(citizen, work.resources, ALL) for _ in range(2)), return_exceptions=True
    )
    assert sorted(one.accounts for one in closed if not isinstance(one, BaseException)) == [0, 1]
    assert citizen.person_id is not None
    assert await consents_of(citizen, citizen.person_id) == []
    (account,) = await fetch("SELECT open_id_sealed, open_id_index, person_id FROM account")
    index = f"closed:{citizen.account_id}"
    assert (account["open_id_index"], account["person_id"]) == (index, None)
    ring = work.resources.keys.ring
    assert ring.open(account["open_id_sealed"], context=f"account.open_id:{index}") == b""
    assert await count("application") == 1
    again = await bound(work.resources, outside_world, human)  # a new account, the same person
    assert (again.person_id, again.account_id == citizen.account_id) == (citizen.person_id, False)


async def test_a_closed_account_s_tokens_are_worthless(work: Casework, outside_world: OutsideSandbox) -> None:
    citizen, tokens = await signed_in(work.resources, outside_world)
    human = new_human(outside_world)
    person_id = await bind_real_name(
        citizen, work.resources, typed(human.name, human.resident_id), idempotency_key=new_key()
    )
    citizen = await seen_again(citizen, person_id)
    await proven(citizen)
    await close_accounts(citizen, work.resources, ALL)
    with pytest.raises(NotSignedIn):
        await authenticate(
            work.resources, f"Bearer {tokens.access_token}", language="zh-CN", address="10.0.0.1"
        )


async def test_closing_ends_what_third_parties_may_see_and_what_is_done_for_them(
    work: Casework, citizen: Citizen
) -> None:
    staff = await working(work.resources, citizen)
    made = await make_client(
        staff,
        NewClient("程序", ClientAuth.SECRET, {SHARED_CASES}, ["https://app.example.org/"], None),
        idempotency_key=new_key(),
    )
    assert citizen.person_id is not None
    grant = await give_grant(citizen.person_id, client_id=made.client_id, scopes={SHARED_CASES})
    async with transaction() as tx:
        reader = await issue(
            tx,
            staff.organisation_id,
            scopes={SHARED_CASES},
            lifetime=timedelta(days=30),
            client_id=made.client_id,
            grant_id=grant,
        )
    acting = await enter(citizen, work.resources, organisation_id=staff.organisation_id)

    async def viewer(issued: Issued) -> Provider:
        return await authenticate_provider(work.resources, issued.token, language="zh-CN", address="10.0.0.1")

    assert (await viewer(reader)).grant_id == grant
    assert (await viewer(acting)).organisation_id == staff.organisation_id
    await close_accounts(citizen, work.resources, ALL)
    for issued in (reader, acting):
        with pytest.raises(NotSignedIn):
            await viewer(issued)
    assert (await told(f"organisation:{staff.organisation_id}"))[-1] == "staff_left"


async def test_closing_without_a_case_takes_away_who_somebody_was_and_says_what_stays(
    work: Casework, citizen: Citizen, outside_world: OutsideSandbox, human: Human
) -> None:
    closed = await close_accounts(citizen, work.resources, ALL)
    assert [part.what.zh for part in closed.kept] == [
        "登录记录（不含设备名称）",
        "同意和撤回的记录",
        "审计记录（只有编号，没有姓名）",
    ]
    assert all(part.why.zh and part.why.en for part in closed.kept)
    for table in ("identity_document", "assurance_record", "face_standing", "notice_box"):
        assert await count(table) == 0, table
    (session,) = await fetch("SELECT device_name, device_index FROM session")
    assert (session["device_name"], session["device_index"]) == ("", None)
    assert (await told(f"person:{citizen.person_id}"))[-2:] == ["identity_erased", "accounts_closed"]
    again = await bound(work.resources, outside_world, human)
    assert again.person_id != citizen.person_id  # nothing here knows that it is the same


async def test_what_is_open_is_named_and_nothing_of_it_is_touched(work: Casework, citizen: Citizen) -> None:
    await cases.draft(citizen, work)
    wrong = Wrong(CorrectionAbout.IDENTITY, "户籍有误", cases.HOME)
    await request_correction(citizen, work.resources, wrong, idempotency_key=new_key())
    with pytest.raises(Conflict) as refusal:
        await close_accounts(citizen, work.resources, ALL)
    assert "（更正申请、办件或草稿）" in refusal.value.message.zh
    assert (await count("application"), await count("data_correction")) == (1, 1)
