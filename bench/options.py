"""What somebody who runs a benchmark may choose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """`seconds` is the length of one measurement, `rounds` how often the contestants take turns; 0 or () means the
    benchmark's own choice."""

    seconds: float = 4.0
    rounds: int = 3
    clients: tuple[int, ...] = (1, 16, 64)
    count: int = 0
    rows: int = 0
    peers: tuple[str, ...] = ("mercurius", "awaithumans", "langgraph", "dbos")
    json: Path = Path("bench/results")
