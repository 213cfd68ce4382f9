"""push: openTask is called -> the message is on the reviewer's socket; 100 opens a second, 200 sockets."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import orjson

from app.auth import Role
from bench.documents import INBOX, OPEN, opening
from bench.floors import push as floor
from bench.latency import COLUMNS, Watch, add_row, bars
from bench.load import Post, connect
from bench.options import Options
from bench.paced import LINES, paced
from bench.report import Report
from bench.servers import Servers
from bench.service import Service, graphql, service
from bench.sockets import Socket, graphql_socket, open_socket, subscription

RATE = 100.0
SOCKETS = 200
_NUMBER = re.compile(rb"report #(\d+)")


async def run(servers: Servers, options: Options) -> Report:
    """Milliseconds from the call to the message."""
    report = Report("push", COLUMNS, drawn="p50 ms")
    sockets, opens = options.count or SOCKETS, int(RATE * options.seconds)
    took: dict[str, list[float]] = {"floor": [], "signoff": []}
    async with floor.start(servers) as port, service(servers) as running:
        watch = Watch()
        await asyncio.gather(*(open_socket(port, f"/r{n}", _arrival(watch)) for n in range(sockets)))
        keys = [await running.key(Role.REVIEWER, name=f"key-r{n}", reviewer=f"r{n}") for n in range(sockets)]
        for key in keys:
            (await graphql_socket(running.ports[0], key, _arrival(watch))).send(subscription("1", INBOX))
        posts = {"floor": _bare(Post(port, "/open")), "signoff": await _ours(running)}
        ports = {"floor": port, "signoff": running.ports[0]}
        begin = 0
        for turn in range(options.rounds + 1):
            for name, post in posts.items():
                lines = [await connect(ports[name]) for _ in range(LINES)]
                numbers = range(begin, begin + opens)
                begin += opens

                def sent(n: int, at: float, first: int = numbers[0]) -> None:
                    watch.sent(first + n, at)

                await paced(lines, (post(n, f"r{n % sockets}") for n in numbers), rate=RATE, sent=sent)
                await watch.all_arrived(name)
                if turn:  # the first warms up
                    took[name] += watch.took
                watch.took = []
                for line in lines:
                    line.close()
    for name, all_ in took.items():
        add_row(report, name, "openTask -> socket", all_)
    report.bars += bars("openTask -> socket", took["signoff"], took["floor"])
    report.notes.append("floor: one statement, one Redis publish, one send; nothing kept for who was away")
    return report


def _arrival(watch: Watch) -> Callable[[Socket, bytes], None]:
    def arrived(_: Socket, message: bytes) -> None:
        if found := _NUMBER.search(message):
            watch.arrived(int(found[1]))

    return arrived


def _bare(post: Post) -> Callable[[int, str], bytes]:
    return lambda n, reviewer: post(orjson.dumps(opening(n, assignees=[{"reviewer": reviewer}])))


async def _ours(running: Service) -> Callable[[int, str], bytes]:
    post = running.post(await running.key(Role.WORKFLOW, name="workflow"))
    return lambda n, reviewer: post(graphql(OPEN, {"input": opening(n, assignees=[{"reviewer": reviewer}])}))
