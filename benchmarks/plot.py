"""Plots of what a benchmark found, as SVG that reads well on light and on dark paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, LABEL, ROW, GAP, TITLE = 760, 250, 22, 18, 28
OURS, THEIRS, INK = "#c0392b", "#7f8c8d", "#6b7280"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar."""

    name: str
    value: float
    ours: bool = False


def plot(groups: Mapping[str, Sequence[Bar]], unit: str) -> str:
    """Groups of horizontal bars one below the other, each with a scale of its own."""
    parts, y = list[str](), 0
    for title, bars in groups.items():
        y += TITLE
        parts.append(_text(0, y - 8, title, weight="bold"))
        most = max((bar.value for bar in bars), default=0) or 1
        for bar in bars:
            width = (WIDTH - LABEL - 110) * bar.value / most
            colour = OURS if bar.ours else THEIRS
            parts.append(_text(LABEL - 8, y + 15, bar.name, anchor="end"))
            parts.append(
                f'<rect x="{LABEL}" y="{y + 3}" width="{width:.1f}" height="{ROW - 6}" rx="2" fill="{colour}"/>'
            )
            parts.append(_text(LABEL + width + 6, y + 15, f"{bar.value:,.0f} {unit}"))
            y += ROW
        y += GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" role="img"'
    return f'{head} font-family="sans-serif" font-size="12">\n' + "\n".join(parts) + "\n</svg>\n"


def _text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" fill="{INK}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(words)}</text>"
    )
