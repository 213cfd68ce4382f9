"""fan-out: one group of 1,000 and of 5,000 subscribers, of one person and each of another, 50 events, beside bare
Starlette sending the same bytes."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from statistics import median

import asyncpg

from app.auth import Role
from bench.documents import INBOX, OPEN, opening
from bench.load import Post, connect
from bench.options import Options
from bench.processes import BenchError, Process, free_port
from bench.report import Bar, Report
from bench.servers import Servers
from bench.service import Service, graphql, service
from bench.sockets import Socket, graphql_socket, open_socket, subscription
from bench.stats import spread

SIZES = (1_000, 5_000)
EVENTS = 50
GROUP = "crew"
LATE_SECONDS = 120.0
TOGETHER = 50  # sockets opened at once


class Count:
    """Counts messages, and keeps the bytes of the last one."""

    def __init__(self) -> None:
        self.messages = 0
        self.last = b""
        self.expected = 0
        self.done = asyncio.Event()

    def expect(self, messages: int) -> None:
        self.messages, self.expected = 0, messages
        self.done.clear()

    def arrived(self, _: Socket, message: bytes) -> None:
        if b"TaskAssigned" in message:
            self.last = message
            self.messages += 1
            if self.messages >= self.expected:
                self.done.set()

    async def all_arrived(self) -> None:
        try:
            await asyncio.wait_for(self.done.wait(), LATE_SECONDS)
        except TimeoutError:
            raise BenchError(f"{self.messages:,} of {self.expected:,} messages in {LATE_SECONDS:.0f} s") from None


async def run(servers: Servers, options: Options) -> Report:
    """Messages a second over all sockets, from the first call to the last message."""
    columns = ["contestant", "sockets", "events", "messages/s", "spread", "x bare", "statements an event"]
    report = Report("fan-out", columns, drawn="messages/s")
    for size in (options.count,) if options.count else SIZES:
        for people in (1, size):
            async with service(servers) as running:
                ours, bare, statements = await measured(servers, running, size, options.rounds, people=people)
            ratio, who = median(ours) / median(bare), "one person's" if people == 1 else "each another person's"
            report.rows.append(["bare Starlette", size, EVENTS, median(bare), spread(bare), 1.0, "-"])
            report.rows.append([f"signoff, {who}", size, EVENTS, median(ours), spread(ours), ratio, statements])
            report.bars.append(Bar(f"{size:,} subscribers, {who}, beside bare Starlette", ratio, 0.5))
    report.notes.append("statements an event: of one opening, its log read and its task read once for all subscribers")
    return report


async def measured(
    servers: Servers, running: Service, size: int, rounds: int, *, people: int = 1
) -> tuple[list[float], list[float], float]:
    """Messages a second, a figure a round: Signoff's over all its API processes, bare Starlette's; and statements.
    `people`: how many share the sockets."""
    count, bare = Count(), Count()
    keys = await running.people(people, GROUP)
    post = running.post(await running.key(Role.WORKFLOW, name="workflow"))
    sockets = await open_inboxes(running.ports, keys, size, count)
    ours: list[float] = []
    theirs: list[float] = []
    port = free_port()
    command = [sys.executable, "-m", "bench.floors.fan_out_server", str(port)]
    with Process(command, log=servers.log("fan-out-floor")) as process:
        await process.answers(port)
        sockets += await _bare_sockets(port, size, bare)
        send = Post(port, "/send")
        before = await _statements(running)
        for turn in range(rounds + 1):
            tasks = [opening(f"{turn}-{n}", assignees=[{"group": GROUP}]) for n in range(EVENTS)]
            opens = [post(graphql(OPEN, {"input": task})) for task in tasks]
            ours.append(await _turn(running.ports[0], opens, count, size))
            theirs.append(await _turn(port, [send(count.last)] * EVENTS, bare, size))
        statements = (await _statements(running) - before) / (EVENTS * (rounds + 1))
    for socket in sockets:
        socket.close()
    return ours[1:], theirs[1:], statements


async def _turn(port: int, requests: Sequence[bytes], count: Count, size: int) -> float:
    """Messages a second over all sockets, where each request brings one to each."""
    count.expect(size * len(requests))
    line, begun = await connect(port), time.perf_counter()
    for request in requests:
        await line.request(request)
    await count.all_arrived()
    line.close()
    return size * len(requests) / (time.perf_counter() - begun)


async def open_inboxes(ports: Sequence[int], keys: Sequence[str], size: int, count: Count) -> list[Socket]:
    """Subscribed to the inboxes of these keys in turn; each has had its snapshot."""
    ready = asyncio.Semaphore(TOGETHER)

    async def one(n: int) -> Socket:
        async with ready:
            seen: asyncio.Future[None] = asyncio.get_running_loop().create_future()

            def first(socket: Socket, message: bytes) -> None:
                if b"AssignmentSnapshot" not in message:
                    seen.set_exception(BenchError(f"no snapshot: {message[:500]!r}"))
                    return
                socket.on_message = count.arrived
                seen.set_result(None)

            socket = await graphql_socket(ports[n % len(ports)], keys[n % len(keys)], first)
            socket.send(subscription("1", INBOX))
            await asyncio.wait_for(seen, LATE_SECONDS)
            return socket

    return list(await asyncio.gather(*(one(n) for n in range(size))))


async def _bare_sockets(port: int, size: int, count: Count) -> list[Socket]:
    ready = asyncio.Semaphore(TOGETHER)

    async def one() -> Socket:
        async with ready:
            return await open_socket(port, "/", count.arrived)

    return list(await asyncio.gather(*(one() for _ in range(size))))


async def _statements(running: Service) -> int:
    """Transactions that the service's database has committed; each of its statements is one."""
    await asyncio.sleep(1.5)  # PostgreSQL's backends tell their figures once a second
    connection = await asyncpg.connect(running.settings.database_url)
    try:
        query = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        return int(await connection.fetchval(query))
    finally:
        await connection.close()
