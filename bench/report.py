"""What a benchmark found: rows of figures, bars that are met or not; as a table, as JSON and as a picture."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench import plot

Cell = str | float | int


@dataclass(frozen=True)
class Bar:
    """A bound to be met (docs/performance.md lists them): `measured` must be at least, or at most, `bound`."""

    what: str
    measured: float
    bound: float
    at_least: bool = True

    @property
    def met(self) -> bool:
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


@dataclass
class Report:
    """Rows share their columns; `notes` say what a contestant does not do, and what was left out. `drawn` is the column
    that the picture shows, the first `named_by` columns say of what."""

    name: str
    columns: list[str]
    rows: list[list[Cell]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    drawn: str = ""
    named_by: int = 2

    def text(self) -> str:
        """The report for people to read."""
        lines = [f"== {self.name} ==", *_table([self.columns, *([_cell(c) for c in row] for row in self.rows)])]
        for bar in self.bars:
            word = "at least" if bar.at_least else "at most"
            lines.append(f"[{'met' if bar.met else 'NOT MET'}] {bar.what}: {bar.measured:.3g} ({word} {bar.bound:g})")
        return "\n".join([*lines, *(f"- {note}" for note in self.notes)])

    def picture(self) -> str:
        """The report for people to look at: SVG, a bar for each row that has a figure."""
        column = self.columns.index(self.drawn)
        rows = [(", ".join(map(str, row[: self.named_by])), row[column]) for row in self.rows]
        title = f"{self.name}: {self.drawn} ({', '.join(self.columns[: self.named_by])})"
        return plot.bars(title, [(label, v) for label, v in rows if not isinstance(v, str)])

    def save(self, folder: Path) -> None:
        """Writes NAME.json, with when it was made and on what machine, and NAME.svg where looking is easier."""
        made = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
        }
        bars = [asdict(bar) | {"met": bar.met} for bar in self.bars]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.json").write_text(json.dumps(made | asdict(self) | {"bars": bars}, indent=1) + "\n")
        if self.drawn:
            (folder / f"{self.name}.svg").write_text(self.picture())


def _cell(cell: Cell) -> str:
    return plot.short(cell) if isinstance(cell, float) else str(cell)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        "  ".join(c.ljust(w) if n == 0 else c.rjust(w) for n, (c, w) in enumerate(zip(r, widths, strict=True)))
        for r in rows
    ]
