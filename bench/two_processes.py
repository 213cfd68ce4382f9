"""two processes: cycle and fan-out with one and with two API processes: how it grows, and what limits it."""

from __future__ import annotations

import itertools
from statistics import median

from bench.fan_out import measured
from bench.options import Options
from bench.report import Report
from bench.servers import Servers
from bench.service import service
from bench.signoff import as_contestant
from bench.stats import spread
from bench.turns import Turns, take_turn

CLIENTS = 64
SUBSCRIBERS = 1_000
WARM_SECONDS = 2.0


async def run(servers: Servers, options: Options) -> Report:
    """Cycles a second and messages a second; processor milliseconds a cycle say what limits it."""
    columns = ["what", "API processes", "a second", "spread", "x one", "API cpu", "database cpu"]
    report = Report("two-processes", columns)
    numbers = itertools.count(1)
    turns = {1: Turns(), 2: Turns()}
    async with service(servers, name="one") as one, service(servers, apis=2, name="two") as two:
        contestants = {1: await as_contestant(one, "one"), 2: await as_contestant(two, "two")}
        for turn in range(options.rounds + 1):
            for apis, contestant in contestants.items():
                into, seconds = (turns[apis], options.seconds) if turn else (Turns(), WARM_SECONDS)
                await take_turn(contestant, servers, clients=CLIENTS, seconds=seconds, numbers=numbers, into=into)
    for apis, found in turns.items():
        grown = found.rate / turns[1].rate
        cpu = [median(found.cpu), median(found.database_cpu)]
        report.rows.append([f"cycles, {CLIENTS} clients", apis, found.rate, spread(found.rates), grown, *cpu])
    rates: dict[int, list[float]] = {}
    for apis in (1, 2):
        async with service(servers, apis=apis, name=f"fan-{apis}") as running:
            rates[apis], _, _ = await measured(servers, running, options.count or SUBSCRIBERS, options.rounds)
        grown = median(rates[apis]) / median(rates[1])
        what = f"messages, {options.count or SUBSCRIBERS:,} sockets"
        report.rows.append([what, apis, median(rates[apis]), spread(rates[apis]), grown, "-", "-"])
    report.notes.append(_limit(turns[2]))
    return report


def _limit(two: Turns) -> str:
    """What there is most of, of the processor time of this machine."""
    api, database = median(two.cpu) * two.rate / 1e3, median(two.database_cpu) * two.rate / 1e3
    return (
        f"with two, the API processes use {api:.2f} cores and the database {database:.2f}; the load runs on the same "
        "machine, so what is left of its cores is the load's"
    )
