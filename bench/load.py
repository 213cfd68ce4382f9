"""The load: one lean HTTP/1.1 client for all contestants, so that none is measured by a better one.

A request is bytes made before it is sent, and of a response only the status and the length are read: about 15
microseconds a request, a small part of what any contestant needs.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import cast

from bench.processes import BenchError

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """One kept-alive connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._received = b""
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes, though they do the same.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(BenchError(f"the server closed the connection: {exc}"))

    def request(self, raw: bytes) -> asyncio.Future[bytes]:
        """Sends a whole request; the future holds the response's body. Fails with BenchError on a status of 400 on."""
        assert self._transport
        self._answer = self._loop.create_future()
        if self._transport.is_closing():
            self._answer.set_exception(BenchError("the server has closed the connection"))
        else:
            self._transport.write(raw)
        return self._answer

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        head = received.find(b"\r\n\r\n")
        length = _LENGTH.search(received, 0, head) if head >= 0 else None
        if head >= 0 and length is None:
            self._fail(f"a response without content-length: {received[:300]!r}")
            return
        begin = head + 4
        if length is None or len(received) - begin < int(length[1]):
            self._received = received
            return
        self._received = b""
        assert self._answer
        if received[9:10] >= b"4":
            self._fail(f"the server answered {received[:2_000]!r}")
        elif not self._answer.done():
            self._answer.set_result(received[begin:])

    def close(self) -> None:
        if self._answer and not self._answer.done():
            self._answer.cancel()  # nobody waits for it any more
        if self._transport:
            self._transport.close()

    def _fail(self, why: str) -> None:
        self._received = b""
        if self._answer and not self._answer.done():
            self._answer.set_exception(BenchError(why))


async def connect(port: int) -> Connection:
    """A connection to this machine's `port`."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection


class Post:
    """POST requests of JSON to one path: everything but the body is made once."""

    def __init__(self, port: int, path: str, headers: Mapping[str, str] | None = None) -> None:
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self._head = "\r\n".join([*lines, "Content-Length: "]).encode()

    def __call__(self, body: bytes) -> bytes:
        return b"%s%d\r\n\r\n%s" % (self._head, len(body), body)
