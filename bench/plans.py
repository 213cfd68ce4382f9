"""The plans of the statements that the service runs, on the tables as they are now."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.deps import Deps
from app.store.database import Database

GROWING = ("tasks", "task_words", "assignments", "answers", "feedback", "events")
_SCAN = re.compile(r"(Seq|Index|Index Only) Scan (?:using \w+ )?on (\w+)")


@dataclass
class Recorded:
    """Statements that ran while recorded, with the values that they were given."""

    statements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)

    async def plans(self, deps: Deps, *, options: str = "") -> dict[str, list[str]]:
        """The plan of each, without running it, by its number and first line; with EXPLAIN's options."""
        return {
            f"{n} {statement.splitlines()[0]}": [
                row[0] for row in await deps.database.fetch(f"EXPLAIN {options} {statement}", *values)
            ]
            for n, (statement, values) in enumerate(dict(self.statements).items(), 1)
        }


def record(database: Database) -> Recorded:
    """From now on notes every statement of `database`, and runs it as before."""
    recorded = Recorded()
    fetch: Callable[..., Any] = database.fetch

    async def noted(statement: str, *values: Any) -> Any:
        if not statement.startswith("EXPLAIN"):
            recorded.statements.append((statement, values))
        return await fetch(statement, *values)

    # A method in place of the method, for as long as statements are noted.
    database.fetch = noted  # type: ignore[method-assign]
    return recorded


def scanned(plan: list[str]) -> list[str]:
    """The growing tables that a plan reads from end to end: by themselves, or by the whole of an index."""
    found: list[str] = []
    for line, following in zip(plan, [*plan[1:], ""], strict=True):
        scan = _SCAN.search(line)
        whole = scan is not None and (scan[1] == "Seq" or "Index Cond" not in following)
        if scan and whole and scan[2] in GROWING:
            found.append(scan[2])
    return found
