"""idle: 10,000 open subscriptions: memory in the server for each, and what keeping them open costs."""

from __future__ import annotations

import asyncio
import time

from app.auth import Role
from app.serve import PING_SECONDS
from bench.fan_out import GROUP, Count, open_inboxes
from bench.options import Options
from bench.report import Bar, Report
from bench.servers import Servers
from bench.service import service

SOCKETS = 10_000
WARM_SOCKETS = 200
HEARTBEAT_SECONDS = 2 * PING_SECONDS


async def run(servers: Servers, options: Options) -> Report:
    """KiB of resident memory for each subscription, and percent of a core while nothing happens."""
    report = Report("idle", ["sockets", "KiB each", "% of a core"])
    size = options.count or SOCKETS
    async with service(servers) as running:
        api, count = running.apis[0], Count()
        key = await running.key(Role.REVIEWER, name="crew", reviewer="crew-1", groups=(GROUP,))
        # The first ones load code and caches that the others share.
        sockets = await open_inboxes(running.ports, [key], WARM_SOCKETS, count)
        before = api.resident_bytes
        sockets += await open_inboxes(running.ports, [key], size, count)
        each = (api.resident_bytes - before) / size / 1024
        await asyncio.sleep(2)
        cpu, begun = api.cpu_seconds, time.perf_counter()
        await asyncio.sleep(HEARTBEAT_SECONDS)
        part = (api.cpu_seconds - cpu) / (time.perf_counter() - begun) * 100
        lost = sum(socket.closed is not None for socket in sockets)
        for socket in sockets:
            socket.close()
    report.rows.append([size, each, part])
    report.bars.append(Bar("KiB of memory a subscription", each, 45, at_least=False))
    report.bars.append(Bar("heartbeats, % of a core", part, 5, at_least=False))
    report.bars.append(Bar("subscriptions lost meanwhile", lost, 0, at_least=False))
    return report
