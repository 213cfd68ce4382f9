"""cycle: a question is opened and answered over HTTP, one API process, beside the floor and the peers."""

from __future__ import annotations

import itertools
from contextlib import AsyncExitStack
from statistics import median

from bench import peers, signoff
from bench.contestant import Contestant, Start
from bench.floors import statement
from bench.options import Options
from bench.processes import BenchError
from bench.report import Bar, Report
from bench.servers import Servers
from bench.stats import spread
from bench.turns import Turns, take_turn

WARM_SECONDS = 1.5
OURS = ("floor", "signoff")
PYTHON_PEERS = ("awaithumans", "langgraph", "dbos")

Found = dict[str, dict[int, Turns]]


async def run(servers: Servers, options: Options) -> Report:
    """Cycles a second; times are milliseconds a cycle, `cpu` those of a processor."""
    report = Report(
        "cycle",
        ["contestant", "clients", "cycles/s", "spread", "p50 ms", "p99 ms", "server cpu", "database cpu", "x floor"],
        drawn="cycles/s",
    )
    async with AsyncExitStack() as stack:
        contestants = await _started(stack, servers, options, report)
        found = await measured(contestants, servers, options, report.notes)
    for name, by_clients in found.items():
        for clients, turns in by_clients.items():
            floor = found["floor"][clients].rate
            figures = [
                median(turns.p50),
                median(turns.p99),
                median(turns.cpu),
                median(turns.database_cpu),
                turns.rate / floor,
            ]
            report.rows.append([name, clients, turns.rate, spread(turns.rates), *figures])
    report.bars += _bars(found)
    return report


async def _started(stack: AsyncExitStack, servers: Servers, options: Options, report: Report) -> dict[str, Contestant]:
    starts: dict[str, Start] = {"floor": statement.start, "signoff": signoff.start}
    starts |= {name: peers.STARTS[name] for name in options.peers}
    contestants: dict[str, Contestant] = {}
    for name, start in starts.items():
        try:
            contestants[name] = await stack.enter_async_context(start(servers, options))
        except BenchError as error:
            if name in OURS:
                raise
            report.notes.append(f"{name} left out: {error}")
    report.notes += [f"{name}: {c.lacks}" for name, c in contestants.items() if c.lacks]
    return contestants


async def measured(contestants: dict[str, Contestant], servers: Servers, options: Options, notes: list[str]) -> Found:
    """For each contestant and number of clients, a figure a round. A peer that fails is left out from there on, and
    `notes` say so."""
    numbers = itertools.count(1)
    found: Found = {name: {} for name in contestants}
    running = dict(contestants)

    async def turn(name: str, clients: int, seconds: float, into: Turns) -> None:
        try:
            await take_turn(running[name], servers, clients=clients, seconds=seconds, numbers=numbers, into=into)
        except BenchError as error:
            if name in OURS:
                raise
            notes.append(f"{name} failed with {clients} clients: {str(error)[:300]}")
            del running[name]
            found[name].pop(clients, None)

    for clients in options.clients:
        for name in list(running):
            await turn(name, clients, WARM_SECONDS, Turns())
        for _ in range(options.rounds):
            for name in list(running):
                into = found[name].setdefault(clients, Turns())
                await turn(name, clients, options.seconds, into)
    return found


def _bars(found: Found) -> list[Bar]:
    bars: list[Bar] = []
    most, ours = 64, found["signoff"]
    if most in ours:
        for name in PYTHON_PEERS:
            if theirs := found.get(name):
                # Where it failed with so many, what it did with the most it could.
                ratio = ours[most].rate / theirs[max(theirs)].rate
                bars.append(Bar(f"{most} clients, cycles beside {name} with {max(theirs)}", ratio, 20))
        if most in found.get("mercurius", {}):
            ratio = ours[most].rate / found["mercurius"][most].rate
            bars.append(Bar(f"{most} clients, cycles beside Mercurius with JIT", ratio, 1.0))
        bars.append(Bar(f"{most} clients, cycles beside the floor", ours[most].rate / found["floor"][most].rate, 0.6))
    if 1 in ours:
        ratio = median(ours[1].p50) / median(found["floor"][1].p50)
        bars.append(Bar("1 client, p50 beside the floor's", ratio, 2.5, at_least=False))
    return bars
