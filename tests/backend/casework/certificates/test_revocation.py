"""Revoking a document and issuing it anew: two officers, one outcome, whatever comes together."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from backend.casework.certificates.actions import issue_certificate, issue_receipts
from backend.casework.certificates.queries import DocumentStatus, documents_of, find_by_code
from backend.casework.certificates.revocation import (
    ALREADY_ASKED,
    NO_REASON,
    NOT_IN_FORCE,
    ONLY_RESULTS,
    OVER,
    SAME_OFFICER,
    ask_revocation,
    decide_revocation,
    revocations,
)
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from backend.kit.ids import new_id
from backend.viewer import Citizen, Officer, OfficerRole
from tests.support import cases
from tests.support.people import new_key
from tests.support.sandbox import OutsideSandbox

APPROVAL = frozenset({OfficerRole.APPROVAL})


def approver(division: str = cases.HOME, roles: frozenset[OfficerRole] = APPROVAL) -> Officer:
    return Officer(new_id(), new_id(), new_id(), division, roles)


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)


@pytest.fixture
async def case(citizen: Citizen, work: Casework) -> UUID:
    return await cases.completed(citizen, work)


@pytest.fixture
async def document(case: UUID) -> UUID:
    (row,) = await fetch("SELECT id FROM certificate WHERE application_id = $1 AND kind = 'RESULT'", case)
    found: UUID = row["id"]
    return found


async def ask(
    work: Casework,
    officer: Officer,
    document: UUID,
    *,
    reason: str = "姓名有误",
    reissue: bool = False,
    key: str | None = None,
) -> UUID:
    return await ask_revocation(
        officer,
        work,
        certificate_id=document,
        reason=reason,
        reissue=reissue,
        idempotency_key=key or new_key(),
    )


async def decide(
    officer: Officer, revocation_id: UUID, *, confirm: bool = True, key: str | None = None
) -> UUID:
    return await decide_revocation(
        officer, revocation_id=revocation_id, confirm=confirm, idempotency_key=key or new_key()
    )


async def test_a_second_officer_revokes_what_the_first_asked_for(
    work: Casework, case: UUID, document: UUID
) -> None:
    first, second = approver(), approver("330000")
    asked = await ask(work, first, document)
    (row,) = await fetch("SELECT code FROM certificate WHERE id = $1", document)
    seen = await find_by_code(work, row["code"])
    assert seen is not None
    assert seen.status is DocumentStatus.VALID
    assert [(one.id, one.own) for one in await revocations(first, before=None, limit=5)] == [(asked, True)]

    with pytest.raises(Forbidden) as same:
        await decide(first, asked)
    assert same.value.message == SAME_OFFICER
    await decide(second, asked)

    seen = await find_by_code(work, row["code"])
    assert seen is not None
    assert seen.status is DocumentStatus.REVOKED
    assert await revocations(second, before=None, limit=5) == []
    (kept,) = await fetch("SELECT reason_sealed, state, open FROM certificate_revocation")
    assert "姓名有误" not in kept["reason_sealed"]
    assert (kept["state"], kept["open"]) == ("CONFIRMED", None)
    entries = await fetch(
        "SELECT kind, actor FROM audit_entry WHERE subject = $1 ORDER BY sequence", f"certificate:{document}"
    )
    assert [(entry["kind"], entry["actor"]) for entry in entries] == [
        ("certificate_revocation_asked", f"officer:{first.officer_id}"),
        ("certificate_revoked", f"officer:{second.officer_id}"),
    ]
    assert (await cases.row_of(case))["state"] == "COMPLETED"


async def test_a_reissue_takes_the_place_of_the_first(
    work: Casework, citizen: Citizen, case: UUID, document: UUID
) -> None:
    await decide(approver(), await ask(work, approver(), document, reissue=True))
    assert (await cases.queued())[-1] == ("issue_certificate", str(case))
    await asyncio.gather(*(issue_certificate(work, case) for _ in range(3)))
    old, new = (await documents_of([case]))[case]
    assert (old.status, old.issue) == (DocumentStatus.REPLACED, 1)
    assert (new.status, new.issue) == (DocumentStatus.VALID, 2)
    assert old.code != new.code
    assert (await cases.timeline(case)).count("RESULT_ISSUED") == 1
    with pytest.raises(Conflict) as again:
        await ask(work, approver(), document)
    assert again.value.message == NOT_IN_FORCE


async def test_a_rejected_revocation_leaves_everything_as_it_was(work: Casework, document: UUID) -> None:
    await decide(approver(), await ask(work, approver(), document), confirm=False)
    (row,) = await fetch("SELECT revoked_at, replaced_by FROM certificate WHERE id = $1", document)
    assert tuple(row) == (None, None)
    await decide(approver(), await ask(work, approver(), document))  # and it may be asked for again
    (row,) = await fetch("SELECT revoked_at FROM certificate WHERE id = $1", document)
    assert row["revoked_at"] is not None


async def test_of_many_at_once_one_asks_and_one_decides(work: Casework, document: UUID) -> None:
    asked = await asyncio.gather(*(ask(work, approver(), document) for _ in range(4)), return_exceptions=True)
    (revocation_id,) = (one for one in asked if isinstance(one, UUID))
    assert {one.message for one in asked if isinstance(one, Refusal)} == {ALREADY_ASKED}
    decided = await asyncio.gather(
        *(decide(approver(), revocation_id, confirm=bool(place % 2)) for place in range(4)),
        return_exceptions=True,
    )
    assert [one for one in decided if isinstance(one, UUID)] == [revocation_id]
    assert {one.message for one in decided if isinstance(one, Refusal)} == {OVER}


async def test_the_same_intent_twice_is_one(work: Casework, document: UUID) -> None:
    first, second, key, other = approver(), approver(), new_key(), new_key()
    asked = await ask(work, first, document, key=key)
    assert await ask(work, first, document, key=key) == asked
    assert await decide(second, asked, key=other) == asked
    assert await decide(second, asked, key=other) == asked


async def test_nobody_else_may(work: Casework, case: UUID, document: UUID) -> None:
    asked = await ask(work, approver(), document)
    reviewer = approver(roles=frozenset(OfficerRole) - {OfficerRole.APPROVAL})
    for stranger in (approver("330522"), approver("440106")):
        with pytest.raises(NotFound):
            await ask(work, stranger, document)
        with pytest.raises(NotFound):
            await decide(stranger, asked)
        assert await revocations(stranger, before=None, limit=5) == []
    with pytest.raises(Forbidden):
        await ask(work, reviewer, document)
    with pytest.raises(Forbidden):
        await decide(reviewer, asked)
    assert list(await revocations(reviewer, before=None, limit=5)) == []
    with pytest.raises(NotFound):
        await ask(work, approver(), uuid4())
    (row,) = await fetch("SELECT state FROM certificate_revocation")
    assert row["state"] == "OPEN"


@pytest.mark.parametrize("reason", ["", " x ", "长" * 501])
async def test_a_revocation_has_a_reason(work: Casework, document: UUID, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await ask(work, approver(), document, reason=reason)
    assert refusal.value.fields[0].message == NO_REASON


async def test_a_notice_is_not_issued_anew(work: Casework, case: UUID) -> None:
    await issue_receipts(work, case)
    (row,) = await fetch("SELECT id FROM certificate WHERE kind = 'ACCEPTANCE'")
    with pytest.raises(Invalid) as refusal:
        await ask(work, approver(), row["id"], reissue=True)
    assert refusal.value.message == ONLY_RESULTS


async def test_a_document_that_does_not_exist_yet_cannot_be_revoked(work: Casework, citizen: Citizen) -> None:
    decided = await cases.submitted(citizen, work)
    await cases.decide(work, decided)
    (row,) = await fetch("SELECT id FROM certificate WHERE kind = 'RESULT'")
    with pytest.raises(NotFound):
        await ask(work, replace(approver()), row["id"])
