"""Calls at a fixed rate, whether or not earlier ones were answered: waiting for answers would hide a slow server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from bench.load import Connection

LINES = 32


async def paced(
    connections: list[Connection], requests: Iterable[bytes], *, rate: float, sent: Callable[[int, float], None]
) -> None:
    """Sends the requests at `rate` a second over these connections; `sent(n, time)` is called before the n-th goes."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in connections:
        free.put_nowait(connection)
    under_way: set[asyncio.Task[None]] = set()
    begun = time.perf_counter()
    for n, request in enumerate(requests):
        await asyncio.sleep(max(0.0, begun + n / rate - time.perf_counter()))
        connection = await free.get()
        sent(n, time.perf_counter())
        task = asyncio.create_task(_send(connection, request, free))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)


async def _send(connection: Connection, request: bytes, free: asyncio.Queue[Connection]) -> None:
    await connection.request(request)
    free.put_nowait(connection)
