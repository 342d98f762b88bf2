"""Issuing a result document: one per decided case, whatever happens on the way; and who may have it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest

from backend.casework.applications.queries import Decision
from backend.casework.certificates.actions import issue_certificate, wake_unissued
from backend.casework.certificates.queries import (
    CODE_LENGTH,
    NO_SUCH_DOCUMENT,
    DocumentStatus,
    VerifiedResult,
    certificate_file,
    documents_of,
    find_by_code,
    result_among,
)
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import NotFound
from backend.kit import clock
from backend.kit.ids import CODE_ALPHABET, new_code, new_id
from backend.ports import FileStore
from backend.viewer import Anonymous, Citizen, OfficerRole
from tests.support import cases
from tests.support.people import at_the_desk, bound
from tests.support.sandbox import OutsideSandbox


class FailingFiles:
    """A store that fails to keep the next file."""

    def __init__(self, store: FileStore) -> None:
        self.store, self.failing = store, True

    async def put(self, key: str, content: bytes) -> None:
        if self.failing:
            self.failing = False
            raise OSError("disk full")
        await self.store.put(key, content)

    async def get(self, key: str) -> bytes:
        return await self.store.get(key)

    async def delete(self, key: str) -> None:
        await self.store.delete(key)


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)


@pytest.fixture
async def decided(citizen: Citizen, work: Casework) -> UUID:
    application_id = await cases.submitted(citizen, work)
    await cases.decide(work, application_id)
    return application_id


async def certificates() -> Sequence[dict[str, object]]:
    rows = await fetch("SELECT * FROM certificate WHERE kind = 'RESULT' ORDER BY issue")
    return [dict(row) for row in rows]


@pytest.mark.parametrize("decision", [cases.GRANTED, cases.DENIED])
async def test_a_decision_becomes_a_sealed_document_and_ends_the_case(
    citizen: Citizen, work: Casework, decision: Decision
) -> None:
    application_id = await cases.submitted(citizen, work)
    await cases.decide(work, application_id, decision)
    assert (await cases.queued())[-1] == ("issue_certificate", str(application_id))

    await issue_certificate(work, application_id)

    assert (await cases.row_of(application_id))["state"] == "COMPLETED"
    assert (await cases.timeline(application_id))[-1] == "RESULT_ISSUED"
    (row,) = await certificates()
    assert (row["approved"], row["applicant_masked"], row["issued_on"], row["revoked_at"]) == (
        decision.approved,
        "沈**",
        clock.today(),
        None,
    )
    assert len(str(row["code"])) == CODE_LENGTH
    assert set(str(row["code"])) <= set(CODE_ALPHABET)
    kept = await work.resources.ports.files.get(str(row["file_key"]))
    assert kept.startswith(b"A1.")
    assert b"%PDF" not in kept
    pdf = await certificate_file(citizen, work, row["id"])  # type: ignore[arg-type]  # a row's id
    assert pdf.startswith(b"%PDF-")
    assert sha256(pdf).hexdigest() == row["sha256"]
    other = new_id()
    found = await documents_of([application_id, other])
    assert found[other] == []
    view = result_among(found[application_id])
    assert view is not None
    assert (view.id, view.code, view.issued_on) == (row["id"], row["code"], clock.today())


async def test_repeated_and_beside_itself_it_is_one_document(work: Casework, decided: UUID) -> None:
    await asyncio.gather(*(issue_certificate(work, decided) for _ in range(3)))
    (before,) = await certificates()
    await issue_certificate(work, decided)
    assert await certificates() == [before]
    assert (await cases.timeline(decided)).count("RESULT_ISSUED") == 1


async def test_a_document_that_could_not_be_kept_is_made_again_under_its_code(
    citizen: Citizen, work: Casework, decided: UUID
) -> None:
    ports = replace(work.resources.ports, files=FailingFiles(work.resources.ports.files))
    house = replace(work, resources=replace(work.resources, ports=ports))
    with pytest.raises(OSError, match="disk full"):
        await issue_certificate(house, decided)
    (begun,) = await certificates()
    assert (begun["file_key"], begun["sha256"]) == (None, None)
    assert (await cases.row_of(decided))["state"] == "APPROVED"
    assert await documents_of([decided]) == {decided: []}
    assert await find_by_code(work, str(begun["code"])) is None
    with pytest.raises(NotFound):
        await certificate_file(citizen, work, begun["id"])  # type: ignore[arg-type]  # a row's id

    with clock.shifted(timedelta(days=1)):
        await issue_certificate(house, decided)

    (made,) = await certificates()
    assert (made["code"], made["issued_on"]) == (begun["code"], begun["issued_on"])
    assert await find_by_code(work, str(made["code"])) is not None


async def test_an_undecided_case_gets_none(citizen: Citizen, work: Casework) -> None:
    for application_id in (await cases.draft(citizen, work), await cases.submitted(citizen, work), new_id()):
        await issue_certificate(work, application_id)
    assert await certificates() == []


async def test_only_its_applicant_downloads_a_document(
    citizen: Citizen, work: Casework, outside_world: OutsideSandbox, decided: UUID
) -> None:
    await issue_certificate(work, decided)
    (row,) = await certificates()
    stranger = await bound(work.resources, outside_world)
    unnamed = replace(stranger, person_id=None)
    officer, _ = await at_the_desk(work.resources, OfficerRole.INTAKE)
    for viewer, wanted in (
        (stranger, row["id"]),
        (unnamed, row["id"]),
        (officer, row["id"]),
        (Anonymous(), row["id"]),
        (citizen, new_id()),
    ):
        with pytest.raises(NotFound) as refusal:
            await certificate_file(viewer, work, wanted)  # type: ignore[arg-type]  # a row's id
        assert refusal.value.message == NO_SUCH_DOCUMENT


async def test_whoever_holds_the_code_learns_the_least_that_proves_it(work: Casework, decided: UUID) -> None:
    await issue_certificate(work, decided)
    (row,) = await certificates()
    number = (await cases.row_of(decided))["case_number"]
    genuine = VerifiedResult(
        item_name=cases.ITEM.result.name,
        organ_name=cases.ORGAN_NAME,
        case_number=number,
        applicant_masked="沈**",
        approved=True,
        issued_on=clock.today(),
        expires_on=None,
        status=DocumentStatus.VALID,
    )
    code = str(row["code"])
    assert await find_by_code(work, code) == genuine
    for other in (new_code(), code.lower(), code[:-1], f"{code}2", "", "\0" * 24, "０" * 24, "%" * 24):
        assert await find_by_code(work, other) is None
    await fetch("UPDATE certificate SET revoked_at = now()")
    assert await find_by_code(work, code) == replace(genuine, status=DocumentStatus.REVOKED)


async def test_only_decisions_without_document_and_without_job_are_woken(
    citizen: Citizen, work: Casework, decided: UUID
) -> None:
    done = await cases.completed(citizen, work)
    with clock.shifted(timedelta(minutes=2)):
        assert await wake_unissued() == 0  # its job is still there
        await fetch("DELETE FROM pgqueuer")
    assert await wake_unissued() == 0  # decided a moment ago
    with clock.shifted(timedelta(minutes=2)):
        assert await wake_unissued() == 3
        assert await wake_unissued() == 0
    assert sorted(await cases.queued()) == sorted(
        [
            ("issue_certificate", str(decided)),
            ("issue_receipt", str(decided)),
            ("issue_receipt", str(done)),
        ]
    )
    assert (await cases.row_of(done))["state"] == "COMPLETED"
    assert len(await certificates()) == 2
