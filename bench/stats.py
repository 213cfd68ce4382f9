"""Medians, percentiles and spread of what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0 to 1) of them lie, by the nearest rank; nan where there are none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def spread(values: Sequence[float]) -> str:
    """The smallest and the largest of the rounds, as parts of their median: "-4 % to +7 %"."""
    middle = median(values)
    if len(values) < 2 or not middle:
        return ""
    return f"{(min(values) / middle - 1) * 100:+.0f} % to {(max(values) / middle - 1) * 100:+.0f} %"
