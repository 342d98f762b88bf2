"""The page on which anyone checks a result document."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape

import httpx2
import pytest
from starlette.applications import Starlette

from backend.app import VERIFY_RATE
from backend.casework.certificates.queries import VerifiedResult, find_by_code
from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.database.shared import Shared, shared_state
from backend.kit.ids import new_code
from backend.viewer import Citizen
from backend.web.verify import verify_routes
from tests.support import cases
from tests.support.sandbox import OutsideSandbox


def client_of(work: Casework, shared: Shared, address: str = "10.1.1.1") -> httpx2.AsyncClient:
    async def find(code: str) -> VerifiedResult | None:
        return await find_by_code(work, code)

    async def limit(who: str) -> None:
        await shared.limit(VERIFY_RATE, "verify", who)

    transport = httpx2.ASGITransport(app=Starlette(routes=verify_routes(find, limit)), client=(address, 1))
    return httpx2.AsyncClient(transport=transport, base_url="http://jinmin")


@pytest.fixture
async def citizen(work: Casework, outside_world: OutsideSandbox) -> Citizen:
    return await cases.proven(work.resources, outside_world)


@pytest.fixture
async def client(work: Casework) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(work, work.resources.shared) as opened:
        yield opened


async def code_of(citizen: Citizen, work: Casework) -> str:
    await cases.completed(citizen, work)
    (row,) = await fetch("SELECT code FROM certificate WHERE kind = 'RESULT'")
    return str(row["code"])


def facts(page: str) -> dict[str, str]:
    """What the page tells, by its Chinese label."""
    found = re.findall(r"<dt>(.*?) <span.*?</span></dt><dd>(.*?)(?: <span.*?)?</dd>", page)
    return {label: unescape(value) for label, value in found}


async def test_a_genuine_document_shows_masked_facts_and_nothing_more(
    client: httpx2.AsyncClient, citizen: Citizen, work: Casework
) -> None:
    code = await code_of(citizen, work)
    answer = await client.get(f"/verify/{code}")

    assert answer.status_code == 200
    assert "该文件真实有效。" in answer.text
    (row,) = await fetch(
        "SELECT a.case_number, c.issued_on FROM certificate c JOIN application a ON true WHERE kind = 'RESULT'"
    )
    day = row["issued_on"]
    assert facts(answer.text) == {
        "文件": "高龄津贴审核结果通知书",
        "办理结果": "准予",
        "申请人": "沈**",
        "发文机关": "德清县民政局",
        "发文日期": f"{day.year}年{day.month}月{day.day}日",
        "申办流水号": f"…{row['case_number'][-12:]}",
    }
    hidden = (
        "沈阿福",
        "330521",
        "13800000000",
        "622848001234567890",
        "100.00",
        "浙民决字7号",
        row["case_number"],
    )
    assert [word for word in hidden if word in answer.text] == []
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert (answer.headers["cache-control"], answer.headers["x-robots-tag"]) == ("no-store", "noindex")
    assert "<script" not in answer.text


async def test_a_code_may_be_typed_as_it_is_printed(
    client: httpx2.AsyncClient, citizen: Citizen, work: Casework
) -> None:
    code = await code_of(citizen, work)
    grouped = " ".join(code[place : place + 4] for place in range(0, 24, 4))
    for typed in (code.lower(), grouped, f" {grouped.lower()} "):
        assert (await client.get(f"/verify/{typed}")).status_code == 200


async def test_a_denial_and_a_revoked_document_are_told_as_such(
    client: httpx2.AsyncClient, citizen: Citizen, work: Casework
) -> None:
    await cases.completed(citizen, work, cases.DENIED)
    await fetch("UPDATE certificate SET revoked_at = now()")
    (row,) = await fetch("SELECT code FROM certificate WHERE kind = 'RESULT'")
    answer = await client.get(f"/verify/{row['code']}")
    assert answer.status_code == 200
    assert "该文件已作废。" in answer.text
    assert "该文件真实有效。" not in answer.text
    assert facts(answer.text)["办理结果"] == "不予"


@pytest.mark.parametrize("code", ["short", "0" * 24, "A" * 24, "<script>alert(1)<", "x" * 5000, "%00"])
async def test_any_other_code_is_not_there_and_not_repeated(client: httpx2.AsyncClient, code: str) -> None:
    answer = await client.get(f"/verify/{code}")
    assert answer.status_code == 404
    assert "查无此文件，请核对验证码。" in answer.text
    assert facts(answer.text) == {}
    assert code not in answer.text


async def test_only_reading_is_allowed(client: httpx2.AsyncClient) -> None:
    assert (await client.post(f"/verify/{new_code()}")).status_code == 405


async def test_what_an_edition_says_is_shown_as_text(
    client: httpx2.AsyncClient, citizen: Citizen, work: Casework
) -> None:
    code = await code_of(citizen, work)
    await fetch("UPDATE application SET organ_name = $1", "<b>局</b>&$tone")
    answer = await client.get(f"/verify/{code}")
    assert "<b>" not in answer.text
    assert facts(answer.text)["发文机关"] == "<b>局</b>&$tone"


async def test_one_address_cannot_try_without_end(work: Casework) -> None:
    shared = work.resources.shared
    async with client_of(work, shared) as client, client_of(work, shared, "10.1.1.2") as elsewhere:
        for _ in range(60):
            assert (await client.get(f"/verify/{new_code()}")).status_code == 404
        refused = await client.get(f"/verify/{new_code()}")
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert "操作过于频繁，请稍后再试。" in refused.text
        assert (await elsewhere.get(f"/verify/{new_code()}")).status_code == 404


async def test_while_limits_cannot_be_counted_the_page_says_so(work: Casework) -> None:
    async with shared_state("redis://127.0.0.1:1/0") as gone:
        deaf = replace(work, resources=replace(work.resources, shared=gone))
        async with client_of(deaf, gone) as client:
            answer = await client.get(f"/verify/{new_code()}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "服务暂时繁忙，请稍后再试。" in answer.text
