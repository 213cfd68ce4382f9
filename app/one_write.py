"""uvicorn's HTTP, but that the head and the body of a response leave in one write.

uvicorn writes the two by themselves: two system calls, two packets, and a client that is woken twice. On the loopback
interface that was a tenth of the processor time of a mutation, and more of its latency.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class _Joining:
    """A transport that keeps the head of a response whose length is known until its body is written."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self._head = b""

    def write(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(b"HTTP/1.1 ") and b"\r\ncontent-length: " in data and data.endswith(b"\r\n\r\n"):
            self._head = data
            return
        self.transport.write(data)

    def flush(self) -> None:
        """Writes a head for which no body came, as for HEAD."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        self.flush()
        self.transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)


class OneWriteProtocol(HttpToolsProtocol):
    """For uvicorn.Config(http=...)."""

    # uvicorn names asyncio's transport as a type; ours is one in all that it uses, without being derived from it.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Joining(transport))  # type: ignore[arg-type]

    def on_response_complete(self) -> None:
        if isinstance(self.transport, _Joining):
            self.transport.flush()
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        # What a WebSocket writes has no head to wait for.
        assert isinstance(self.transport, _Joining)
        self.transport = self.transport.transport
        super().handle_websocket_upgrade()
