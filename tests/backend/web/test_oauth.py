"""What may be posted to the pages of OAuth: small forms, and nothing that has to be kept or taken apart."""

from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from starlette.routing import Router

from backend.resources import Resources
from backend.web.oauth import oauth_routes


@pytest.mark.parametrize(
    ("posted", "status"),
    [
        ({"data": {"answer": "yes" + "s" * 20_000}}, 413),
        ({"data": {f"field{number}": "" for number in range(30)}}, 400),
        ({"files": {"answer": b"yes"}}, 400),
        ({"content": b"--x\r\nno part", "headers": {"content-type": "multipart/form-data; boundary=y"}}, 400),
    ],
    ids=["too large", "too many", "a file", "broken"],
)
async def test_what_is_no_small_form_is_refused_and_uses_no_page_up(
    posted: Mapping[str, Any], status: int, resources: Resources
) -> None:
    await resources.shared.put_once("consent_page", "ticket", {"parameters": {}}, 60)
    transport = httpx2.ASGITransport(app=Router(routes=oauth_routes(resources)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://jinmin.test") as http:
        answered = await http.post("/oauth/consent/ticket", **posted)
        assert (answered.status_code, "未能读取您的回答" in answered.text) == (status, True)
        told = await http.post("/oauth/token", **posted)
        assert (told.status_code, told.json()) == (status, {"error": "invalid_request"})
    assert await resources.shared.peek("consent_page", "ticket") == {"parameters": {}}
