"""Starting the floor of push and resume."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.processes import Process, free_port
from bench.servers import Servers


@asynccontextmanager
async def start(servers: Servers) -> AsyncIterator[int]:
    """The port of a bare server that commits, publishes and sends."""
    port, url = free_port(), await servers.new_database("push_floor")
    command = [sys.executable, "-m", "bench.floors.push_server", url, servers.valkey.url, str(port)]
    with Process(command, log=servers.log("push-floor")) as process:
        await process.answers(port)
        yield port
