"""bulk: openTasks and answerTasks, 100 a call, beside one statement a request, in tasks."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from statistics import median

from app.auth import Role
from bench.documents import ANSWER_MANY, OPEN_MANY, REVIEWER, answer, opening
from bench.floors import statement
from bench.load import Connection, connect
from bench.options import Options
from bench.processes import BenchError
from bench.report import Bar, Report
from bench.servers import Servers
from bench.service import Service, graphql, service
from bench.stats import percentile, spread
from bench.turns import Turns, take_turn

A_CALL = 100
CLIENTS = 8
FLOOR_CLIENTS = 64
_ID = re.compile(rb'"id":"([0-9a-f-]{36})"')


async def run(servers: Servers, options: Options) -> Report:
    """Tasks opened and answered a second, and milliseconds a call of each kind."""
    report = Report(
        "bulk", ["contestant", "a call", "clients", "tasks/s", "spread", "openTasks p50", "answerTasks p50"]
    )
    a_call, numbers = options.count or A_CALL, itertools.count(1)
    rates: list[float] = []
    opens: list[float] = []
    answers: list[float] = []
    row, records = Turns(), Turns()
    async with AsyncExitStack() as stack:
        floors = [
            (await stack.enter_async_context(statement.start(servers, options)), row),
            (await stack.enter_async_context(statement.start_recording(servers, options)), records),
        ]
        running = await stack.enter_async_context(service(servers))
        for turn in range(options.rounds + 1):
            for floor, turns in floors:
                into = turns if turn else Turns()  # the first warms up
                await take_turn(
                    floor, servers, clients=FLOOR_CLIENTS, seconds=options.seconds, numbers=numbers, into=into
                )
            rate = await _turn(running, a_call, options.seconds, numbers, opens, answers)
            if turn:
                rates.append(rate)
            else:
                opens.clear()
                answers.clear()
    for floor, turns in floors:
        report.rows.append([floor.name, 1, FLOOR_CLIENTS, turns.rate, spread(turns.rates), "-", "-"])
        report.notes.append(f"{floor.name}: {floor.lacks}")
    calls = [percentile(opens, 0.5) * 1e3, percentile(answers, 0.5) * 1e3]
    report.rows.append(["signoff", a_call, CLIENTS, median(rates), spread(rates), *calls])
    # What sets are worth is what they save of the same records; that a single row has less to it is said beside it.
    ratio = median(rates) / records.rate
    report.bars.append(Bar("tasks beside one statement a request that records as much", ratio, 3))
    report.notes.append(f"beside one statement a request that writes one row: {median(rates) / row.rate:.2f} x")
    return report


async def _turn(
    running: Service, a_call: int, seconds: float, numbers: Iterator[int], opens: list[float], answers: list[float]
) -> float:
    """Tasks opened and answered a second."""
    workflow = running.post(await running.key(Role.WORKFLOW, name="workflow"))
    reviewer = running.post(await running.key(Role.REVIEWER, name="anna", reviewer=REVIEWER))
    begun = time.perf_counter()
    done = 0

    async def client(line: Connection) -> None:
        nonlocal done
        while (at := time.perf_counter()) < begun + seconds:
            tasks = [opening(next(numbers)) for _ in range(a_call)]
            opened = await line.request(workflow(graphql(OPEN_MANY, {"inputs": tasks})))
            opens.append(time.perf_counter() - at)
            ids = [found.decode() for found in _ID.findall(opened)]
            if len(ids) != a_call:
                raise BenchError(f"openTasks opened {len(ids)} of {a_call}: {opened[:1_000]!r}")
            at = time.perf_counter()
            given = [answer(id_) for id_ in ids]
            answered = await line.request(reviewer(graphql(ANSWER_MANY, {"inputs": given})))
            answers.append(time.perf_counter() - at)
            if answered.count(b'"APPROVED"') != a_call:
                raise BenchError(f"answerTasks answered {answered[:1_000]!r}")
            done += a_call

    lines = [await connect(running.ports[0]) for _ in range(CLIENTS)]
    await asyncio.gather(*(client(line) for line in lines))
    for line in lines:
        line.close()
    return done / (time.perf_counter() - begun)
