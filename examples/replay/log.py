"""Reading a recorded log of human work: a CSV, one row a thing done, with its case, step, person and time."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from examples.replay.trouble import ReplayError

CASE_PREFIX = "case:"


@dataclass(frozen=True, slots=True)
class Columns:
    """What the log calls its columns. `context` None: every column that begins with `case:`, but the case itself."""

    case: str = "case:concept:name"
    step: str = "concept:name"
    person: str = "org:resource"
    time: str = "time:timestamp"
    context: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One thing done. `number` is its row in the file, from 1; `order` its place in time among all rows, from 0."""

    number: int
    order: int
    case: str
    step: str
    person: str
    at: datetime
    context: dict[str, str]

    @property
    def prompt(self) -> str:
        """What the person is asked."""
        return f"Do '{self.step}' for {self.case}"

    @property
    def comment(self) -> str:
        """What the person answers."""
        return f"Done, as recorded on {self.at:%Y-%m-%d}."

    @property
    def rating(self) -> int:
        """3 to 5, the same each time the row is replayed."""
        return 3 + zlib.crc32(f"{self.case}/{self.number}".encode()) % 3


@dataclass(frozen=True, slots=True)
class Log:
    """Rows by their number; the rows of each case in the order done, cases by their beginning; `skipped` had nobody."""

    rows: dict[int, Row]
    cases: tuple[tuple[Row, ...], ...]
    people: tuple[str, ...]
    skipped: int


def read_log(path: Path, columns: Columns, *, most_cases: int | None = None) -> Log:
    """The log in a .csv or .csv.gz, or its first cases in time. Raises ReplayError where it cannot be read."""
    try:
        rows, skipped = _read(path, columns)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise ReplayError(f"Cannot read {path}: {error}") from error
    if not rows:
        raise ReplayError(f"{path} holds no row with a person.")
    by_case: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.order):
        by_case.setdefault(row.case, []).append(row)
    cases = tuple(tuple(of_case) for of_case in by_case.values())[:most_cases]
    taken = [row for case in cases for row in case]
    people = tuple(sorted({row.person for row in taken}))
    return Log({row.number: row for row in taken}, cases, people, skipped)


def _read(path: Path, columns: Columns) -> tuple[list[Row], int]:
    opener = gzip.open if path.suffix == ".gz" else Path.open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        context = _context(path, columns, reader.fieldnames or ())
        found = list(_parsed(path, columns, reader))
    present = [(number, at, cells) for number, at, cells in found if cells[columns.person]]
    ranked = sorted(range(len(present)), key=lambda n: (present[n][1], present[n][0]))
    order = {place: n for n, place in enumerate(ranked)}
    rows = [
        Row(
            number=number,
            order=order[n],
            case=cells[columns.case],
            step=cells[columns.step],
            person=cells[columns.person],
            at=at,
            context={name: cells[name] for name in context if cells.get(name)},
        )
        for n, (number, at, cells) in enumerate(present)
    ]
    return rows, len(found) - len(rows)


def _context(path: Path, columns: Columns, header: Sequence[str]) -> tuple[str, ...]:
    """The columns that the reviewer is shown. Raises ReplayError where the log lacks a column that was named."""
    wanted = (columns.case, columns.step, columns.person, columns.time, *(columns.context or ()))
    if missing := [name for name in wanted if name not in header]:
        raise ReplayError(f"{path} has no column {', '.join(missing)}; it has: {', '.join(header) or 'none'}.")
    if columns.context is not None:
        return columns.context
    return tuple(name for name in header if name.startswith(CASE_PREFIX) and name != columns.case)


def _parsed(
    path: Path, columns: Columns, reader: csv.DictReader[str]
) -> Iterator[tuple[int, datetime, dict[str, str]]]:
    for number, cells in enumerate(reader, 1):
        for name in (columns.case, columns.step, columns.person, columns.time):
            if cells[name] is None or (not cells[name] and name != columns.person):
                raise ReplayError(f"{path}, row {number}: {name} is empty.")
        try:
            at = datetime.fromisoformat(cells[columns.time])
        except ValueError as error:
            raise ReplayError(f"{path}, row {number}: {columns.time} is no ISO 8601 time: {error}") from error
        yield number, at if at.tzinfo else at.replace(tzinfo=UTC), cells
