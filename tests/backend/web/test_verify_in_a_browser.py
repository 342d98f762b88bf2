"""The verification page in a real browser: on a small old phone, without scripts, and as a screen reader hears it."""

from dataclasses import replace
from datetime import date

from starlette.applications import Starlette

from backend.casework.certificates.queries import DocumentStatus, VerifiedResult
from backend.errors import Text
from backend.kit.ids import new_code
from backend.web.verify import verify_routes
from tests.support.browser import browser
from tests.support.sandbox import just, served

GENUINE = VerifiedResult(
    item_name=Text(
        "特困人员救助供养审核结果通知书",
        "Notice of decision on support allowances for people in extreme need",
    ),
    organ_name="新疆维吾尔自治区巴音郭楞蒙古自治州和静县民政局",
    case_number="11330521MB1234567G4000511001000202611250001",
    applicant_masked="沈**",
    approved=True,
    issued_on=date(2026, 11, 25),
    expires_on=date(2027, 11, 25),
    status=DocumentStatus.VALID,
)
BROKEN_WORDS = """
(() => {
  const broken = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (const found of node.data.matchAll(/[A-Za-z]{2,}/g)) {
      const range = document.createRange();
      range.setStart(node, found.index);
      range.setEnd(node, found.index + found[0].length);
      if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) broken.push(found[0]);
    }
  }
  return broken;
})()
"""
LARGEST = 4096
"""Bytes of the whole page, style included: a second on the slowest mobile network."""


def test_the_page_works_on_an_old_phone_and_in_a_screen_reader() -> None:
    code, revoked = new_code(), new_code()

    async def find(wanted: str) -> VerifiedResult | None:
        return {code: GENUINE, revoked: replace(GENUINE, status=DocumentStatus.REVOKED)}.get(wanted)

    async def limit(_address: str) -> None:
        return None

    with served(just(Starlette(routes=verify_routes(find, limit)))) as address:
        _look(f"{address}/verify", code, revoked)


def _look(address: str, code: str, revoked: str) -> None:
    with browser() as page:
        page.phone(width=320, height=480, scripts=False)
        page.open(f"{address}/{code}")
        heard = page.heard()
        landmarks = [role for role, _ in heard if role in {"banner", "main", "contentinfo"}]
        assert landmarks == ["banner", "main", "contentinfo"]
        headings = [name for role, name in heard if role == "heading"]
        assert headings == ["办理结果核验 Verification of a result"]
        said = "".join(name for role, name in heard if role == "StaticText")
        for told in ("该文件真实有效。", "This document is genuine and in force.", "沈**", "2027年11月25日"):
            assert told in said
        assert [role for role, _ in heard].count("status") == 1
        assert (
            [role for role, _ in heard].count("term") == [role for role, _ in heard].count("definition") == 7
        )

        page.phone(width=320, height=480, scripts=True)
        for wanted, verdict in ((code, "真实有效"), (revoked, "作废"), (new_code(), "查无此文件")):
            page.open(f"{address}/{wanted}")
            assert verdict in page.evaluate("document.querySelector('[role=status]').textContent")
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
            assert page.evaluate(BROKEN_WORDS) == []
            assert page.evaluate("document.documentElement.lang") == "zh-CN"
            assert page.evaluate("[...document.querySelectorAll('.en')].every(one => one.lang === 'en')")
            assert page.evaluate("performance.getEntriesByType('resource').length") == 0
            size = page.evaluate("new TextEncoder().encode(document.documentElement.outerHTML).length")
            assert size < LARGEST
