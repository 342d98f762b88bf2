"""OAuth for third parties' programs: the token endpoint, and the page on which a citizen agrees or refuses.

The page has no script, works with a keyboard and a screen reader and at any width. It is reached through a ticket that
only the citizen's own front end is given (``openConsentPage``); the plain authorisation address explains that.
"""

from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import urlsplit

import orjson
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from backend.errors import Refusal, Text, TooMany, Unavailable
from backend.providers.clients import consenting, oauth
from backend.providers.clients.consenting import Asked
from backend.providers.clients.oauth import TOKEN_PATH
from backend.resources import Resources
from backend.viewer import ProviderScope

HEADERS = {
    "Cache-Control": "no-store",
    "Pragma": "no-cache",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'{more}"
TOKEN_RATE = "120/minute"  # noqa: S105 - a rate
PAGE_RATE = "60/minute"
LARGEST_FORM = 16 * 1024

SHARES = {
    ProviderScope.SHARED_PROFILE: Text("您的姓名（只显示姓氏）", "Your name (the surname only)"),
    ProviderScope.SHARED_CASES: Text(
        "您的办件：事项和办理状态，不含填报内容和材料",
        "Your cases: items and states, without answers and papers",
    ),
}
GONE = (
    "此链接已失效",
    "This link is no longer valid",
    "<p>请回到民政小程序重新打开。<span class='en' lang='en'>Please open it again from the mini-program.</span></p>",
)
UNREAD = ("未能读取您的回答，请重试", "Your answer could not be read; please try again", "")
BY_APP = (
    "请在民政小程序中授权",
    "Please consent in the mini-program",
    """<p>为了您的安全，授权须在已登录的民政小程序中打开。
<span class="en" lang="en">For your safety, consent is given from the mini-program in which you are signed in.</span></p>""",
)


def oauth_routes(resources: Resources) -> list[Route]:
    """``POST /oauth/token``, ``GET /oauth/authorize`` and the page of a ticket under ``/oauth/consent/``."""

    async def token(request: Request) -> Response:
        try:
            await resources.shared.limit(TOKEN_RATE, "oauth-token", _address(request))
        except (TooMany, Unavailable):
            return _json(429, {"error": "slow_down"})
        try:
            given = await _form(request, 20)
        except _NoFormError as refused:
            return _json(refused.status, {"error": "invalid_request"})
        judged = await oauth.token(resources, given, dict(request.headers))
        return _json(judged.status, judged.body, judged.headers)

    async def authorize(_request: Request) -> Response:
        return _page(*BY_APP)

    async def consent(request: Request) -> Response:
        ticket = request.path_params["ticket"]
        try:
            await resources.shared.limit(PAGE_RATE, "oauth-page", _address(request))
            if request.method == "POST":
                given = await _form(request, 5)
                goes_to = await consenting.answer_consent(
                    resources, ticket, agrees=given.get("answer") == "yes"
                )
                # 303: the browser asks for the next address with GET, and never sends the form there.
                return (
                    _page(*GONE, status=410) if goes_to is None else RedirectResponse(goes_to, 303, HEADERS)
                )
            asked = await consenting.consent_asked(resources, ticket)
        except _NoFormError as refused:
            return _page(*UNREAD, status=refused.status)
        except Refusal as refusal:
            return _page(escape(refusal.message.zh), escape(refusal.message.en), "", status=400)
        return _page(*GONE, status=410) if asked is None else _question(asked)

    return [
        Route(TOKEN_PATH, token, methods=["POST"]),
        Route("/oauth/authorize", authorize, methods=["GET"]),
        Route("/oauth/consent/{ticket}", consent, methods=["GET", "POST"]),
    ]


class _NoFormError(Exception):
    """What was posted is too large, or no form."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(status)


async def _form(request: Request, most: int) -> Mapping[str, str]:
    """The at most ``most`` texts of a small form."""
    if int(request.headers.get("content-length") or LARGEST_FORM + 1) > LARGEST_FORM:
        raise _NoFormError(413)
    try:
        async with request.form(max_files=0, max_fields=most) as form:
            return {name: value for name, value in form.items() if isinstance(value, str)}
    except (HTTPException, MultiPartException, ValueError, LookupError):
        raise _NoFormError(400) from None


def _question(asked: Asked) -> Response:
    program, maker = escape(asked.client.name), escape(asked.client.organisation_name)
    shares = "".join(
        f"<li>{SHARES[scope].zh} <span class='en' lang='en'>{SHARES[scope].en}</span></li>"
        for scope in sorted(asked.scopes)
    )
    body = (
        f"<p>“{program}”（{maker}）请求查看："
        f"<span class='en' lang='en'>{program} ({maker}) asks to see:</span></p><ul>{shares}</ul>"
        "<p>您可以随时在小程序“我的授权”中收回。"
        "<span class='en' lang='en'>You can take this back at any time in the mini-program.</span></p>"
        "<form method='post'>"
        "<button class='yes' name='answer' value='yes'>同意<span class='en' lang='en'>Agree</span></button>"
        "<button class='no' name='answer' value='no'>拒绝<span class='en' lang='en'>Refuse</span></button></form>"
    )
    # Browsers hold a redirect after a form to the same policy as the form itself.
    parts = urlsplit(asked.redirect_uri)
    goes = f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else f"{parts.scheme}:"
    return _page("授权第三方应用", "Consent to a third party", body, form_action=f" {goes}")


def _page(title: str, title_en: str, body: str, *, status: int = 200, form_action: str = "") -> Response:
    policy = POLICY.format(more=form_action)
    return HTMLResponse(
        _template().substitute(title=title, title_en=title_en, body=body),
        status_code=status,
        headers={**HEADERS, "Content-Security-Policy": policy},
    )


@cache
def _template() -> Template:
    return Template(files("backend.web").joinpath("pages", "consent.html").read_text(encoding="utf-8"))


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    kept = {name: value for name, value in (headers or {}).items() if name.lower() == "www-authenticate"}
    return Response(
        orjson.dumps(body),
        status,
        {"Cache-Control": "no-store", "Pragma": "no-cache", **kept},
        "application/json",
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
