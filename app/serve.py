"""The API's process under uvicorn, with the limits that uvicorn leaves open."""

from __future__ import annotations

import asyncio
import socket
import sys

import uvicorn

from app import logs
from app.deps import open_deps
from app.domain.errors import Unavailable
from app.feed.waits import Waits
from app.frames import FramesProtocol
from app.main import create_app
from app.one_write import OneWriteProtocol
from app.running import rest_the_collector
from app.service.health import wait_until_fit
from app.settings import Settings

BACKLOG = 2048
PING_SECONDS = 40.0  # less than the minute after which proxies give an idle connection up
GONE_FACTOR = 2


class _Server(uvicorn.Server):
    """Ends `waits` as soon as it is to stop: uvicorn tells an application only when all requests are done."""

    def __init__(self, config: uvicorn.Config, waits: Waits) -> None:
        super().__init__(config)
        self._waits = waits

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._waits.end()
        await super().shutdown(sockets)


async def _reach(settings: Settings) -> None:
    """Waits for the database, and for its migrations, before there is an application: so that what is missing is said
    in a line. Raises Unavailable."""
    async with open_deps(settings, wait=settings.start_seconds) as deps:
        await wait_until_fit(deps)


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Exits with 1 where the address is taken, or there is no database of this
    version."""
    logs.configure(settings)
    try:
        asyncio.run(_reach(settings))
    except Unavailable as error:
        sys.exit(f"signoff: {error.message}")
    waits = Waits()
    config = uvicorn.Config(
        create_app(settings, waits),
        host=settings.host,
        port=settings.port,
        backlog=BACKLOG,
        http=OneWriteProtocol,
        ws=FramesProtocol,
        ws_max_size=settings.max_body_bytes,
        ws_ping_interval=PING_SECONDS,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # nothing here asks who the peer is
        server_header=False,
    )
    listening = config.bind_socket()
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # A peer that takes nothing for so long is gone; without this its socket stays for 15 minutes. Longer than the
        # wait for a slow client, who is to get the close frame that says so.
        milliseconds = int((GONE_FACTOR * settings.send_seconds + settings.shutdown_seconds) * 1000)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
    rest_the_collector()
    server = _Server(config, waits)
    server.run(sockets=[listening])
    if not server.started:
        sys.exit(1)
