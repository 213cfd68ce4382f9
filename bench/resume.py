"""resume: answerTask is called -> taskResolved is sent and awaitTask returns; 100 answers a second, 200 sockets."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import orjson

from app.auth import Role
from bench.documents import ANSWER, AWAIT, OPEN, RESOLVED, REVIEWER, answer, opening
from bench.floors import push as floor
from bench.latency import COLUMNS, Watch, add_row, bars
from bench.load import Connection, Post, connect
from bench.options import Options
from bench.paced import LINES, paced
from bench.report import Report
from bench.servers import Servers
from bench.service import Service, graphql, service
from bench.signoff import task_id
from bench.sockets import Socket, graphql_socket, open_socket, subscription

RATE = 100.0
SOCKETS = 200
ATTACH_SECONDS = 1.0
_SUBSCRIPTION = re.compile(rb'"id":"n(\d+)","type":"next"|"type":"next","id":"n(\d+)"')
_RUN = re.compile(rb'"id":"([0-9a-f-]{36})"')


async def run(servers: Servers, options: Options) -> Report:
    """Milliseconds from the call to the message, and to the waiting query's response."""
    report = Report("resume", COLUMNS, drawn="p50 ms")
    count = options.count or int(RATE * options.seconds)
    bare: list[float] = []
    resolved: list[float] = []
    awaited: list[float] = []
    async with floor.start(servers) as port, service(servers) as running:
        for turn in range(options.rounds + 1):
            by_floor = await _floor_turn(port, count, turn)
            by_socket, by_query = await _our_turn(running, count, turn)
            if turn:  # the first warms up
                bare += by_floor
                resolved += by_socket
                awaited += by_query
    add_row(report, "floor", "answer -> socket", bare)
    add_row(report, "signoff", "answerTask -> taskResolved", resolved)
    add_row(report, "signoff", "answerTask -> awaitTask", awaited)
    report.bars += bars("taskResolved", resolved, bare) + bars("awaitTask", awaited, bare)
    report.notes.append("floor: one statement, one Redis publish, one send; nothing kept for who was away")
    report.notes.append("each task has both waiters at once, so one answer wakes two")
    return report


async def _floor_turn(port: int, count: int, turn: int) -> list[float]:
    watch, numbers = Watch(), dict[str, int]()

    def arrived(_: Socket, message: bytes) -> None:
        if found := _RUN.search(message):
            watch.arrived(numbers.get(found[1].decode(), -1))  # -1: it is told of openings, too

    sockets = [await open_socket(port, f"/w{n}", arrived) for n in range(SOCKETS)]
    lines = [await connect(port) for _ in range(LINES)]
    open_, answer_ = Post(port, "/open"), Post(port, "/answer")
    requests: list[bytes] = []
    for n in range(count):
        task = opening(f"{turn}-{n}", assignees=[{"reviewer": f"w{n % SOCKETS}"}])
        id_ = task_id(await lines[0].request(open_(orjson.dumps(task))))
        numbers[id_] = n
        requests.append(answer_(orjson.dumps({**answer(id_), "reviewer": f"w{n % SOCKETS}"})))
    await paced(lines, requests, rate=RATE, sent=watch.sent)
    await watch.all_arrived("floor")
    for socket in sockets:
        socket.close()
    for line in lines:
        line.close()
    return watch.took


async def _our_turn(running: Service, count: int, turn: int) -> tuple[list[float], list[float]]:
    port = running.ports[0]
    workflow = await running.key(Role.WORKFLOW, name="workflow")
    post, reviewer = running.post(workflow), running.post(await running.key(Role.REVIEWER, name="a", reviewer=REVIEWER))
    by_socket, by_query = Watch(), Watch()

    def arrived(_: Socket, message: bytes) -> None:
        if found := _SUBSCRIPTION.search(message):
            by_socket.arrived(int(found[1] or found[2]))

    lines = [await connect(port) for _ in range(LINES)]
    sockets = [await graphql_socket(port, workflow, arrived) for _ in range(SOCKETS)]
    waits: list[tuple[Connection, asyncio.Future[bytes]]] = []
    requests: list[bytes] = []
    for n in range(count):
        id_ = task_id(await lines[0].request(post(graphql(OPEN, {"input": opening(f"{turn}-{n}")}))))
        sockets[n % SOCKETS].send(subscription(f"n{n}", RESOLVED, id=id_))
        line = await connect(port)
        wait = line.request(post(graphql(AWAIT, {"id": id_, "wait": "PT60S"})))
        wait.add_done_callback(_returned(by_query, n))
        waits.append((line, wait))
        requests.append(reviewer(graphql(ANSWER, {"input": answer(id_)})))
    await asyncio.sleep(ATTACH_SECONDS)

    def sent(n: int, at: float) -> None:
        by_socket.sent(n, at)
        by_query.sent(n, at)

    await paced(lines, requests, rate=RATE, sent=sent)
    await by_socket.all_arrived("taskResolved")
    await by_query.all_arrived("awaitTask")
    for socket in sockets:
        socket.close()
    for line in (*lines, *(waiting for waiting, _ in waits)):
        line.close()
    return by_socket.took, by_query.took


def _returned(watch: Watch, n: int) -> Callable[[asyncio.Future[bytes]], None]:
    return lambda _: watch.arrived(n)
