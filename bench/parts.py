"""Where a mutation's time goes, from a sampled profile of an API process.

usage: python -m bench.parts FILE MILLISECONDS

FILE is what `py-spy record --format raw` wrote while `python -m bench cycle --peers --clients 64` ran; MILLISECONDS is
the `server cpu` of a cycle that it printed. Prints each part's share, and microseconds a mutation (a cycle is two).
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

MUTATIONS = 2
REST = "event loop: poll, receive, tasks"

# A sample belongs to the first part that one of its frames, innermost first, names.
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("socket write", ("httptools_impl.py:524", "httptools_impl.py:551", "app/one_write.py")),
    ("announcements: Redis, arq", ("service/announce.py", "redis/", "arq/", "feed/channels.py", "app/jobs.py")),
    ("authentication", ("service/authenticate.py", "key_hash", "hmac.py")),
    ("rows: encode, decode", ("store/rows.py", "uuid.py")),
    ("asyncpg, databases, codecs", ("asyncpg/", "databases/", "store/database.py")),
    ("store: other", ("app/store/",)),
    ("hub, tail", ("app/feed/",)),
    ("commands, gatherer", ("service/commands.py", "service/gather.py")),
    ("domain and service: checks, decisions", ("app/domain/", "app/service/", "app/auth.py")),
    ("arguments", ("graphql/arguments.py",)),
    ("Task.of and rendering", ("graphql/types.py", "graphql/rendering.py", "graphql/results.py", "graphql/scalars.py")),
    ("plan, resolvers, view, JSON", ("app/graphql/", "strawberry/", "graphql/execution/")),
    ("uvicorn, HTTP", ("uvicorn/protocols", "app/main.py")),
)


def parts(lines: list[str]) -> Counter[str]:
    """Samples by part, from lines of "frame;frame;frame count", outermost first."""
    found: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        found[_part(stack.split(";"))] += int(count)
    return found


def _part(frames: list[str]) -> str:
    for frame in reversed(frames):
        for part, names in PARTS:
            if any(name in frame for name in names):
                return part
    return REST


def main(file: str, milliseconds: float) -> None:
    """Prints the parts, the largest first."""
    found = parts(Path(file).read_text().splitlines())
    samples = sum(found.values())
    print(f"{'part':<40} {'share':>6} {'microseconds':>13}")
    for part, count in found.most_common():
        share = count / samples
        print(f"{part:<40} {share:>6.0%} {share * milliseconds * 1e3 / MUTATIONS:>13.0f}")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
