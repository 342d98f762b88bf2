"""Charts for the bulletin: a trend by month, bars by region, bars by domain; one drawing as PNG and as SVG.

The drawing is worked out here and set by typst with the font that documents are printed in, so that Chinese labels
look the same everywhere; in an SVG they are outlines and need no font at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, log10

from backend.casework.certificates.typesetting import set_page

WIDTH, HEIGHT = 820.0, 460.0
LEFT, RIGHT, TOP, BOTTOM = 74.0, 24.0, 74.0, 84.0
BLUE, INK, GREY = "#2f6f8f", "#1d2b33", "#d5dde1"
MOST_BARS = 34


class ChartKind(StrEnum):
    """What a chart shows."""

    TREND = "trend"
    REGIONS = "regions"
    DOMAINS = "domains"


@dataclass(frozen=True, slots=True)
class Bar:
    """A label and its value; None where it is suppressed."""

    label: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that is drawn."""

    kind: ChartKind
    title: str
    unit: str
    note: str
    bars: Sequence[Bar]


def draw(chart: Chart, form: str) -> bytes:
    """The chart as ``png`` or ``svg``. Takes some tenths of a second: not on the event loop."""
    return set_page(
        "backend.statistics.public", "chart.typ", _drawing(chart), form="svg" if form == "svg" else "png"
    )


def _drawing(chart: Chart) -> dict[str, object]:
    bars = chart.bars[:MOST_BARS]
    top, step = _scale([bar.value or 0.0 for bar in bars])
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    room = width / max(1, len(bars))

    def y(value: float) -> float:
        return TOP + height - height * value / top

    lines = [
        {"x1": LEFT, "y1": y(mark), "x2": WIDTH - RIGHT, "y2": y(mark), "colour": GREY}
        for mark in _marks(top, step)
    ]
    texts = [
        {"x": LEFT - 8, "y": y(mark) - 5, "text": _plain(mark), "size": 10, "to": "right"}
        for mark in _marks(top, step)
    ]
    slanted = len(bars) > 12
    rects, points, lastly = [], [], []
    for at, bar in enumerate(bars):
        middle = LEFT + room * (at + 0.5)
        label = {"x": middle, "y": HEIGHT - BOTTOM + 8, "text": bar.label, "size": 9 if slanted else 11}
        lastly.append({**label, "to": "slanted" if slanted else "centre"})
        if bar.value is None:
            lastly.append({"x": middle, "y": y(0) - 16, "text": "…", "size": 11, "to": "centre"})
            continue
        if chart.kind is ChartKind.TREND:
            points.append({"x": middle, "y": y(bar.value), "at": at})
        else:
            wide = min(46.0, room * 0.64)
            rects.append({"x": middle - wide / 2, "y": y(bar.value), "w": wide, "h": y(0) - y(bar.value)})
        if not slanted or chart.kind is not ChartKind.TREND:
            said = {"x": middle, "y": y(bar.value) - 16, "text": _plain(bar.value)}
            lastly.append({**said, "size": 8 if slanted else 10, "to": "centre"})
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "title": chart.title,
        "unit": f"单位：{chart.unit}",
        "note": chart.note,
        "lines": lines,
        "rects": rects,
        "points": points,
        "texts": [*texts, *lastly],
        "ink": INK,
        "blue": BLUE,
    }


def _scale(values: Sequence[float]) -> tuple[float, float]:
    """The end of the axis and the step between its marks: 1, 2 or 5 times a power of ten."""
    most = max([*values, 0.0])
    if most <= 0:
        return 1.0, 1.0
    rough = most / 4
    power = 10.0 ** int(log10(rough) // 1)
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    if step < 1 and all(value.is_integer() for value in values):
        step = 1.0
    return step * ceil(most / step), step


def _marks(top: float, step: float) -> Sequence[float]:
    return [step * at for at in range(round(top / step) + 1)]


def _plain(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
