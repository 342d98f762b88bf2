"""What a chart is drawn from: bulletins for everybody, reports for officers."""

from collections.abc import Sequence
from uuid import UUID

from backend.errors import NotFound
from backend.kit import regions
from backend.statistics.catalogue import BY_CODE
from backend.statistics.indicators import Indicator
from backend.statistics.public.charts import Bar, Chart, ChartKind
from backend.statistics.public.files import DOMAINS, place_name
from backend.statistics.public.release import NOT_PUBLISHED, latest, published
from backend.statistics.reports.queries import ReportView, below, report, run
from backend.viewer import Anonymous, Officer

MONTHS = 12
NOTE = "数据来源：民政统计报表　“…”为数量过小不予公布"


async def public_chart(kind: ChartKind, division: str, period: str, code: str) -> Chart:
    """A chart of a bulletin. Raises ``NotFound`` where it has no such line."""
    found = await published(Anonymous(), division=division, period=period)
    line = found.line(code)
    if line is None:
        raise NotFound(NOT_PUBLISHED)
    if kind is ChartKind.TREND:
        reports = await latest(Anonymous(), division=division, limit=MONTHS)
        held = [(one.period.code, one.line(code)) for one in reversed(reports)]
        bars = [Bar(month, _number(one.value if one else None)) for month, one in held]
    elif kind is ChartKind.REGIONS:
        bars = [Bar(_short(part.division), _number(part.value)) for part in line.parts if part.division]
    else:
        bars = _domains({part.key: _number(part.value) for part in line.parts})
    return _chart(kind, line.indicator, division, found.period.chinese, bars)


async def report_chart(viewer: Officer, kind: ChartKind, report_id: UUID, code: str) -> Chart:
    """A chart of a report of the viewer's division or below. Raises ``NotFound``."""
    found = await report(viewer, report_id)
    if code not in found.cells:
        raise NotFound(NOT_PUBLISHED)
    indicator = BY_CODE[code]
    if kind is ChartKind.TREND:
        bars = [Bar(one.period.code, _value(one, code)) for one in await run(found, MONTHS)]
    elif kind is ChartKind.REGIONS:
        bars = [Bar(_short(one.division), _value(one, code)) for one in await below(found)]
    else:
        bars = _domains({key: float(held) for key, held in found.cells[code].splits.items()})
    return _chart(kind, indicator, found.division, found.period.chinese, bars)


def _chart(kind: ChartKind, indicator: Indicator, division: str, period: str, bars: Sequence[Bar]) -> Chart:
    what = f"{place_name(division)}{indicator.name.zh}"
    title = what if kind is ChartKind.TREND else f"{period}{what}"
    return Chart(kind, title, indicator.unit.zh, NOTE, bars)


def _domains(parts: dict[str, float | None]) -> list[Bar]:
    return [Bar(name, parts[f"DOMAIN:{key}"]) for key, name in DOMAINS.items() if f"DOMAIN:{key}" in parts]


def _value(one: ReportView, code: str) -> float | None:
    return _number(one.cells[code].shown) if code in one.cells else None


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _short(division: str | None) -> str:
    found = regions.find(division) if division else None
    name = found.name if found else division or ""
    for ending in ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省"):
        name = name.removesuffix(ending)
    return name
