"""What our pages print was run: here it is run again, word by word."""

from pathlib import Path

import httpx2
import pytest

from integrations.demo.walk import drawn_card
from tests.support.installation import Installation
from tests.support.reader import Reader

pytestmark = pytest.mark.xdist_group("journeys")

PAGES = {"README.md": 1, "docs/front-end.md": 11}
"""Pages with requests and their answers, and how many answers each of them prints."""


@pytest.mark.parametrize("page", PAGES)
async def test_what_a_page_prints_is_what_comes(
    page: str, jinmin: Installation, http: httpx2.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / "card.jpg").write_bytes(drawn_card())
    examples = await Reader(jinmin, http, tmp_path).follow(page)
    assert len(examples) == PAGES[page]
    for printed, came in examples:
        assert came == printed
