"""What a benchmark found: rows of figures, bars that are met or not; as a table, and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

Cell = str | float | int


@dataclass(frozen=True)
class Bar:
    """A bound that the issue sets: `measured` is to be at least, or at most, `bound`."""

    what: str
    measured: float
    bound: float
    at_least: bool = True

    @property
    def met(self) -> bool:
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


@dataclass
class Report:
    """Rows share their columns; `notes` say what a contestant does not do, and what was left out."""

    name: str
    columns: list[str]
    rows: list[list[Cell]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """The report for people to read."""
        lines = [f"== {self.name} ==", *_table([self.columns, *([_cell(c) for c in row] for row in self.rows)])]
        for bar in self.bars:
            word = "at least" if bar.at_least else "at most"
            lines.append(f"[{'met' if bar.met else 'NOT MET'}] {bar.what}: {bar.measured:.3g} ({word} {bar.bound:g})")
        return "\n".join([*lines, *(f"- {note}" for note in self.notes)])

    def save(self, path: Path) -> None:
        """Writes the report as JSON, with when it was made and on how much of a machine."""
        made = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
        }
        bars = [asdict(bar) | {"met": bar.met} for bar in self.bars]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(made | asdict(self) | {"bars": bars}, indent=1) + "\n")


def _cell(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return str(cell)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        "  ".join(c.ljust(w) if n == 0 else c.rjust(w) for n, (c, w) in enumerate(zip(r, widths, strict=True)))
        for r in rows
    ]
