"""A report's figures as a picture: one bar a row, drawn as SVG, which every browser and GitHub show."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

LINE = 22
LABELS = 330
BARS = 420
VALUES = 90
FONT = "font-family='system-ui, sans-serif' font-size='13'"


def bars(title: str, rows: Sequence[tuple[str, float]]) -> str:
    """The SVG of `rows` (label, value), whose bars are as long as the values are large; `title` says what they are."""
    longest = max((value for _, value in rows), default=0.0) or 1.0
    width, height = LABELS + BARS + VALUES, LINE * (len(rows) + 2)
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' {FONT} fill='#1f2328'>",
        f"<title>{escape(title)}</title>",
        f"<rect width='{width}' height='{height}' fill='white'/>",
        f"<text x='{LABELS}' y='{LINE}' font-weight='600'>{escape(title)}</text>",
    ]
    for n, (label, value) in enumerate(rows, start=1):
        top, length = LINE * n + LINE // 2, BARS * value / longest
        color = "#1a7f5a" if label.startswith("signoff") else "#9aa4ae"
        parts += [
            f"<text x='{LABELS - 10}' y='{top + 15}' text-anchor='end'>{escape(label)}</text>",
            f"<rect x='{LABELS}' y='{top + 3}' width='{length:.1f}' height='{LINE - 6}' fill='{color}'/>",
            f"<text x='{LABELS + length + 6:.1f}' y='{top + 15}'>{escape(short(value))}</text>",
        ]
    return "\n".join([*parts, "</svg>\n"])


def short(value: float) -> str:
    """A figure as tables have it: three digits, or whole."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
