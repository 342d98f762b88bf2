"""Where anyone checks a result document: one plain page, no script, the least that proves it."""

from collections.abc import Awaitable, Callable
from functools import cache
from html import escape
from importlib.resources import files
from math import ceil
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from backend.casework.certificates.queries import DocumentStatus, VerifiedResult
from backend.errors import Text, TooMany, Unavailable
from backend.kit.days import chinese_day

Find = Callable[[str], Awaitable[VerifiedResult | None]]
Limit = Callable[[str], Awaitable[None]]

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "X-Robots-Tag": "noindex",
}
LONGEST_CODE = 64


def verify_routes(find: Find, limit: Limit) -> list[Route]:
    """``GET /verify/{code}``: 200 for a known document, 404 for any other code, 429 for a flood."""

    async def verify(request: Request) -> Response:
        try:
            await limit(request.client.host if request.client else "")
        except (TooMany, Unavailable) as refusal:
            return HTMLResponse(
                _page("bad", refusal.message.zh, refusal.message.en, ""),
                status_code=429 if isinstance(refusal, TooMany) else 503,
                headers={**HEADERS, "Retry-After": str(ceil(refusal.retry_after or 1))},
            )
        # Codes are printed in groups of four and may be typed as they are printed.
        code = "".join(request.path_params["code"][:LONGEST_CODE].split()).upper()
        found = await find(code)
        if found is None:
            page = _page("bad", "查无此文件，请核对验证码。", "No such document. Please check the code.", "")
            return HTMLResponse(page, status_code=404, headers=HEADERS)
        return HTMLResponse(_result(found), headers=HEADERS)

    return [Route("/verify/{code}", verify)]


VERDICTS = {
    DocumentStatus.VALID: ("good", Text("该文件真实有效。", "This document is genuine and in force.")),
    DocumentStatus.EXPIRED: (
        "bad",
        Text("该文件真实，但已过有效期。", "This document is genuine, but it has expired."),
    ),
    DocumentStatus.REVOKED: ("bad", Text("该文件已作废。", "This document was revoked.")),
    DocumentStatus.REPLACED: (
        "bad",
        Text("该文件已作废，并已换发新文件。", "This document was revoked; a new one took its place."),
    ),
}


def _result(found: VerifiedResult) -> str:
    tone, verdict = VERDICTS[found.status]
    facts = [("文件", "Document", found.item_name.zh, found.item_name.en)]
    if found.approved is not None:
        decision = ("准予", "granted") if found.approved else ("不予", "refused")
        facts.append(("办理结果", "Decision", *decision))
    facts += [
        ("申请人", "Applicant", found.applicant_masked, ""),
        ("发文机关", "Issued by", found.organ_name, ""),
        ("发文日期", "Issued on", chinese_day(found.issued_on), found.issued_on.isoformat()),
    ]
    if found.expires_on is not None:
        facts.append(("有效期至", "Valid until", chinese_day(found.expires_on), found.expires_on.isoformat()))
    facts.append(("申办流水号", "Case number", f"…{found.case_number[-12:]}", ""))
    rows = "".join(
        f'<dt>{label} <span class="en" lang="en">{label_en}</span></dt><dd>{escape(value)}'
        + (f' <span class="en" lang="en">{escape(value_en)}</span>' if value_en else "")
        + "</dd>"
        for label, label_en, value, value_en in facts
    )
    return _page(tone, verdict.zh, verdict.en, f"<dl>{rows}</dl>")


def _page(tone: str, verdict: str, verdict_en: str, facts: str) -> str:
    return _template().substitute(tone=tone, verdict=verdict, verdict_en=verdict_en, facts=facts)


@cache
def _template() -> Template:
    return Template(files("backend.web").joinpath("pages", "verify.html").read_text(encoding="utf-8"))
