"""Figures as they stand now, straight from what is folded: for officers of statistics who want to look."""

from collections.abc import Sequence

from backend.casework.machine import Casework
from backend.database.record import fetch
from backend.errors import NotFound, Text
from backend.kit import regions
from backend.statistics.catalogue import BY_CODE
from backend.statistics.periods import read_period
from backend.statistics.reports.queries import CellView
from backend.statistics.values import bounds, computed, domains_of
from backend.viewer import Officer

NOT_YOURS = Text("该区划不在您的管辖范围内。", "That division is not within yours.")


async def figures(
    viewer: Officer, work: Casework, *, period: str, division: str | None
) -> Sequence[CellView]:
    """Every computed indicator of a division beside the period before. Raises ``NotFound`` outside of the viewer's."""
    where = division or viewer.division
    if not regions.within(where, viewer.division):
        raise NotFound(NOT_YOURS)
    wanted = read_period(period)
    domains = domains_of(work.standards)
    now = await computed(fetch, *bounds(where), wanted, domains)
    before = await computed(fetch, *bounds(where), wanted.before, domains)
    return [
        CellView(indicator, now[code], before.get(code)) for code, indicator in BY_CODE.items() if code in now
    ]
