"""What the law wants in writing on the way: corrections with everything at once, and ends with reason, basis and remedy."""

from datetime import timedelta

import pytest
import zxingcpp

from backend.casework.certificates.actions import issue_receipts
from backend.casework.certificates.models import CertificateKind
from backend.casework.certificates.queries import certificate_file, documents_of
from backend.casework.machine import Casework
from backend.casework.reviews import corrections, endings
from backend.casework.reviews.corrections import Wrong
from backend.casework.reviews.endings import Ending
from backend.database.record import fetch
from backend.kit import clock
from backend.kit.days import chinese_day
from backend.resources import Resources
from backend.viewer import Citizen, OfficerRole
from tests.backend.casework.certificates.test_document import pages, text
from tests.support.people import bound, new_key
from tests.support.reviews import handed_in, house, officer, open_tasks
from tests.support.sandbox import OutsideSandbox

EVERY = (OfficerRole.INTAKE, OfficerRole.REVIEW, OfficerRole.APPROVAL)


@pytest.fixture
async def work(resources: Resources) -> Casework:
    return await house(resources)


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await bound(work.resources, outside_world)


async def test_a_correction_and_the_end_that_silence_brings_are_told_in_writing(
    citizen: Citizen, work: Casework
) -> None:
    case = await handed_in(citizen, work)
    [task] = (await open_tasks(case)).values()
    await corrections.ask(
        await officer("clerk", *EVERY),
        work,
        task_id=task["id"],
        version=task["version"],
        answers=[Wrong("phone", "是空号")],
        materials=[Wrong("card", "照片看不清")],
        days=5,
        key=new_key(),
    )
    until = work.calendar.add_working_days(clock.today(), 5)
    for _ in range(2):
        await issue_receipts(work, case)
    with clock.shifted(until - clock.today() + timedelta(days=1)):
        assert await corrections.lapse(work) == 1
        await issue_receipts(work, case)
    asked, ended = (await documents_of([case]))[case]
    assert [asked.kind, ended.kind] == [CertificateKind.CORRECTION, CertificateKind.TERMINATION]
    pdf = await certificate_file(citizen, work, asked.id)
    printed = text(pdf)
    for told in (
        "补正材料通知书",
        f"补正期限{chinese_day(until)}",
        "补正内容1联系电话：是空号",
        "补正内容2银行卡：照片看不清",
        "《中华人民共和国行政许可法》第32条；《测试办法》第1条",
    ):
        assert told in printed
    found = [one.text for page in pages(pdf) for one in zxingcpp.read_barcodes(page)]
    assert found == [f"http://jinmin.test/verify/{asked.code}"]
    printed = text(await certificate_file(citizen, work, ended.id))
    for told in (
        "终止办理通知书",
        f"理由逾期未补正：截至{until.isoformat()}未收到补正内容。",
        "依据《测试办法》第1条",
        "六十日内向黄浦区民政局的本级人民政府申请行政复议，也可以自知道本决定之日起六个月内",
    ):
        assert told in printed
    assert [
        row["entrypoint"]
        for row in await fetch("SELECT entrypoint FROM pgqueuer WHERE entrypoint = 'issue_receipt'")
    ] == ["issue_receipt"] * 2


@pytest.mark.parametrize(
    ("ending", "kind", "title"),
    [
        (Ending.RETURNED, CertificateKind.RETURN, "退件通知书"),
        (Ending.TERMINATED, CertificateKind.TERMINATION, "终止办理通知书"),
    ],
)
async def test_an_end_without_a_decision_is_told_with_reason_basis_and_remedy(
    citizen: Citizen, work: Casework, ending: Ending, kind: CertificateKind, title: str
) -> None:
    case = await handed_in(citizen, work)
    [task] = (await open_tasks(case)).values()
    await endings.end(
        await officer("clerk", *EVERY),
        work,
        task_id=task["id"],
        version=task["version"],
        ending=ending,
        reason="不属于本机关职权范围。",
        basis="《行政许可法》第三十二条第一款第二项",
        key=new_key(),
    )
    await issue_receipts(work, case)
    [made] = (await documents_of([case]))[case]
    assert made.kind is kind
    printed = text(await certificate_file(citizen, work, made.id))
    for told in (
        title,
        "理由不属于本机关职权范围。",
        "依据《行政许可法》第三十二条第一款第二项",
        "六十日内向黄浦区民政局的本级人民政府申请行政复议",
    ):
        assert told in printed
