"""WebSocket clients, lean enough for ten thousand of them in one process: graphql-transport-ws, and bare messages.

A frame is masked with a mask of zeros, which leaves its bytes as they are; a server's frames are read without copying
more than once. Fragmented and binary frames are not what our servers send, and are refused.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from typing import Any, cast

import orjson

from bench.processes import BenchError

ANSWER_SECONDS = 30.0
_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A

OnMessage = Callable[["Socket", bytes], None]


class Socket(asyncio.Protocol):
    """One open WebSocket; `on_message` is called with each text message."""

    def __init__(self, path: str, protocol: str | None, on_message: OnMessage) -> None:
        self.on_message = on_message
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: str | None = None
        self._upgrade = _upgrade(path, protocol)
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._upgrade)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = self.closed or f"cut: {exc}"
        if not self.opened.done():
            self.opened.set_exception(BenchError(f"a WebSocket was not opened: {self._buffer[:300]!r}"))

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self.opened.done():
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(BenchError(f"a WebSocket was not opened: {head[:300]!r}"))
                return
            self._buffer = rest
            self.opened.set_result(None)
        self._read_frames()

    def send(self, text: bytes) -> None:
        self._send(_TEXT, text)

    def close(self) -> None:
        if self._transport:
            self._transport.abort()

    def _read_frames(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            length, begin = buffer[at + 1], at + 2
            if length >= 126:
                begin += 2 if length == 126 else 8
                length = int.from_bytes(buffer[at + 2 : begin])
            if len(buffer) < begin + length:
                break
            self._frame(buffer[at], buffer[begin : begin + length])
            at = begin + length
        self._buffer = buffer[at:]

    def _frame(self, kind: int, payload: bytes) -> None:
        if kind == _TEXT:
            self.on_message(self, payload)
        elif kind == _PING:
            self._send(_PONG, payload)
        elif kind == _CLOSE:
            self.closed = f"{int.from_bytes(payload[:2])} {payload[2:].decode(errors='replace')}"
        elif kind != _PONG:
            self.closed = f"a frame of kind {kind:#x}"
            self.close()

    def _send(self, kind: int, payload: bytes) -> None:
        length = len(payload)
        size = bytes([0x80 | length]) if length < 126 else bytes([0x80 | 126]) + length.to_bytes(2)
        if self._transport and not self._transport.is_closing():
            self._transport.write(bytes([kind]) + size + b"\0\0\0\0" + payload)


async def open_socket(port: int, path: str, on_message: OnMessage, *, protocol: str | None = None) -> Socket:
    """An open WebSocket to this machine's `port`. Raises BenchError."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: Socket(path, protocol, on_message), "127.0.0.1", port)
    await asyncio.wait_for(socket.opened, ANSWER_SECONDS)
    return socket


async def graphql_socket(port: int, key: str, on_message: OnMessage) -> Socket:
    """A WebSocket to Signoff with its key accepted; `on_message` gets what comes after. Raises BenchError."""
    acknowledged: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def first(socket: Socket, message: bytes) -> None:
        socket.on_message = on_message
        acknowledged.set_result(message)

    socket = await open_socket(port, "/graphql", first, protocol="graphql-transport-ws")
    socket.send(orjson.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}}))
    message = await asyncio.wait_for(acknowledged, ANSWER_SECONDS)
    if b"connection_ack" not in message:
        raise BenchError(f"no connection_ack: {message!r}")
    return socket


def subscription(id_: str, query: str, **variables: Any) -> bytes:
    """The message that begins a subscription."""
    return orjson.dumps({"id": id_, "type": "subscribe", "payload": {"query": query, "variables": variables}})


def _upgrade(path: str, protocol: str | None) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        *([f"Sec-WebSocket-Protocol: {protocol}"] if protocol else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode()
