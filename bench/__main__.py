"""python -m bench NAME: runs one benchmark, or all of them, and prints and saves what it found."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

import uvloop

from app.embedded import EmbeddedError
from bench.options import Options
from bench.processes import BenchError
from bench.servers import servers

BENCHMARKS = {
    "cycle": "open and answer over HTTP, beside the floor and the peers",
    "bulk": "openTasks and answerTasks, a hundred a call",
    "push": "from openTask to the message on the reviewer's socket",
    "resume": "from answerTask to taskResolved and awaitTask",
    "fan-out": "one event to a group of thousands of subscribers",
    "idle": "ten thousand open subscriptions",
    "storm": "a hundred thousand deadlines in one second, and a steady load of them",
    "waiters": "five thousand awaitTask at once",
    "scale": "the same calls with few and with millions of tasks in the tables",
    "two-processes": "cycle and fan-out with two API processes",
}


def main() -> int:
    """0 where every bar was met; 1 where one was not, or a benchmark could not run."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Benchmarks of Signoff. Each starts what it needs, and stops it.",
        epilog="\n".join(f"  {name:<14} {what}" for name, what in BENCHMARKS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    usual = Options()
    parser.add_argument("name", choices=[*BENCHMARKS, "all"], help="which benchmark")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="of one measurement")
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="how often the contestants take turns")
    parser.add_argument("--clients", type=int, nargs="+", default=usual.clients, help="numbers of clients (cycle)")
    parser.add_argument("--count", type=int, default=0, help="how many sockets, tasks or waiters; 0: as the bar says")
    parser.add_argument("--rows", type=int, default=0, help="tasks in the tables (scale); 0: as the bar says")
    parser.add_argument("--peers", nargs="*", default=usual.peers, help="which peers take part; none: give it empty")
    parser.add_argument("--json", type=Path, default=usual.json, help="the folder for NAME.json and NAME.svg")
    given = parser.parse_args()
    options = Options(
        seconds=given.seconds,
        rounds=given.rounds,
        clients=tuple(given.clients),
        count=given.count,
        rows=given.rows,
        peers=tuple(given.peers),
        json=given.json,
    )
    results = [_run(each, options) for each in (BENCHMARKS if given.name == "all" else [given.name])]
    return 0 if all(results) else 1


def _run(name: str, options: Options) -> bool:
    benchmark = import_module(f"bench.{name.replace('-', '_')}")
    try:
        with servers() as started:
            report = uvloop.run(benchmark.run(started, options))
    except (BenchError, EmbeddedError, OSError) as error:
        print(f"bench: {name}: {error}", file=sys.stderr)
        return False
    print(report.text(), flush=True)
    report.save(options.json)
    return all(bar.met for bar in report.bars)


if __name__ == "__main__":
    sys.exit(main())
