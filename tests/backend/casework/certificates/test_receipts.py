"""Notices on the way to a result: one for each event that calls for it, told in writing, safe to begin again."""

import asyncio
from datetime import date
from uuid import UUID

import pytest

from backend.casework.applications.decisions import record_decision
from backend.casework.certificates.actions import issue_certificate, issue_receipts
from backend.casework.certificates.document import render_receipt
from backend.casework.certificates.models import CertificateKind
from backend.casework.certificates.queries import certificate_file, documents_of, find_by_code
from backend.casework.certificates.wording import Receipt
from backend.casework.lifecycle import CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.database.record import fetch, transaction
from backend.kit.days import chinese_day
from backend.viewer import Citizen, Machine
from tests.backend.casework.certificates.test_document import pages, text
from tests.support import cases
from tests.support.sandbox import OutsideSandbox

RECEIPT = Receipt(
    kind=CertificateKind.CORRECTION,
    case_number="11330521MB1234567G4000511001000202611250001",
    item_name="高龄津贴发放",
    applicant_masked="沈**",
    organ_name="德清县民政局",
    submitted_on=date(2026, 11, 23),
    issued_on=date(2026, 11, 25),
    due_on=date(2026, 12, 9),
    reason=None,
    wanted=("身份证反面照片不清晰，请重新上传。", "缺少银行账户证明。"),
    basis=("《中华人民共和国行政许可法》第32条",),
    code="7KXAMDRBRXZP66K9JX6G5HG9",
    verify_url="http://jinmin.test/verify/7KXAMDRBRXZP66K9JX6G5HG9",
)


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)


async def one_of(work: Casework, citizen: Citizen, case: UUID) -> tuple[str, str]:
    """Kind and text of the only document of a case."""
    (view,) = (await documents_of([case]))[case]
    return view.kind, text(await certificate_file(citizen, work, view.id))


async def test_an_acceptance_is_told_in_writing_with_the_day_until_which_it_is_decided(
    citizen: Citizen, work: Casework
) -> None:
    case = await cases.submitted(citizen, work)
    await cases.decide(work, case)
    await issue_receipts(work, case)
    row = await cases.row_of(case)
    kind, printed = await one_of(work, citizen, case)
    assert kind == CertificateKind.ACCEPTANCE
    for told in ("受理通知书", "予以受理", row["case_number"], f"承诺办结日期{chinese_day(row['due_on'])}"):
        assert told in printed
    assert (await cases.row_of(case))["state"] == "APPROVED"
    (made,) = await fetch("SELECT code FROM certificate WHERE kind = 'ACCEPTANCE'")
    seen = await find_by_code(work, made["code"])
    assert seen is not None
    assert (seen.item_name.zh, seen.approved) == ("受理通知书", None)


async def test_a_refusal_to_accept_is_told_with_reason_basis_and_remedy(
    citizen: Citizen, work: Casework
) -> None:
    case = await cases.submitted(citizen, work)
    async with transaction() as tx:
        await record_decision(
            tx,
            work,
            case,
            CaseEventKind.NOT_ACCEPTED,
            cases.DENIED,
            before=CaseState.SUBMITTED,
            actor=Machine("province-33"),
        )
    assert (await cases.queued())[-1] == ("issue_receipt", str(case))
    await issue_receipts(work, case)
    kind, printed = await one_of(work, citizen, case)
    assert kind == CertificateKind.NON_ACCEPTANCE
    for told in (
        "不予受理通知书",
        f"理由{cases.DENIED.reason}",
        "《测试办法》第1条",
        "六十日内依法申请行政复议",
    ):
        assert told in printed
    assert (await cases.row_of(case))["state"] == "NOT_ACCEPTED"


async def test_a_refusal_is_named_for_what_was_refused(citizen: Citizen, work: Casework) -> None:
    case = await cases.submitted(citizen, work)
    await cases.decide(work, case, cases.DENIED)
    await issue_certificate(work, case)
    kind, printed = await one_of(work, citizen, case)
    assert kind == CertificateKind.RESULT
    assert "不予给付决定书" in printed
    assert f"理由{cases.DENIED.reason}" in printed


async def test_beside_itself_and_again_there_is_one_of_each(citizen: Citizen, work: Casework) -> None:
    case = await cases.submitted(citizen, work)
    await cases.decide(work, case)
    await asyncio.gather(*(issue_receipts(work, case) for _ in range(3)), issue_certificate(work, case))
    before = await fetch("SELECT kind, file_key, sha256 FROM certificate ORDER BY sequence")
    await issue_receipts(work, case)
    assert await fetch("SELECT kind, file_key, sha256 FROM certificate ORDER BY sequence") == before
    assert [row["kind"] for row in before] == ["ACCEPTANCE", "RESULT"]
    assert all(row["file_key"] for row in before)


def test_a_correction_lists_everything_at_once() -> None:
    pdf = render_receipt(RECEIPT)
    printed = text(pdf)
    for told in (
        "补正材料通知书",
        "您于2026年11月23日提交的“高龄津贴发放”申请",
        "一次性告知",
        "补正期限2026年12月9日",
        "补正内容1身份证反面照片不清晰，请重新上传。",
        "补正内容2缺少银行账户证明。",
        "补正所需时间不计入办理期限",
    ):
        assert told in printed
    assert len(pages(pdf)) == 1
    assert render_receipt(RECEIPT) == pdf
