"""Frames written past ASGI are what websockets would make, and go only where ASGI's own sending would not wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from app.frames import FRAMES, MOST_BYTES, PING_TICK, FramesProtocol, WriteFrames, text_frame

pytestmark = pytest.mark.anyio


@given(st.lists(st.text(), max_size=5))
def test_a_frame_is_what_websockets_makes_of_it(parts: list[str]) -> None:
    _equal([part.encode() for part in parts])


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 0xFFFF, 0x10000, 200_000])
def test_a_frame_of_any_length_is_what_websockets_makes_of_it(length: int) -> None:
    _equal([b"x" * (length // 2), b"y" * (length - length // 2)])


def _equal(parts: list[bytes]) -> None:
    assert text_frame(*parts) == Frame(Opcode.TEXT, b"".join(parts)).serialize(mask=False)


class Served:
    """One client's socket, from the application's side."""

    def __init__(self, scope: Any, receive: Any, send: Any) -> None:
        self.write: WriteFrames = scope["extensions"][FRAMES]["write"]
        self.receive = receive
        self.send = send
        self.done = asyncio.Event()


@asynccontextmanager
async def a_socket(
    protocol: type[asyncio.Protocol] = FramesProtocol, *, ping: float = 20.0
) -> AsyncIterator[tuple[Served, ClientConnection]]:
    """Both ends of a WebSocket to a server that is set up as ours is; `ping`: seconds between heartbeats."""
    opened: asyncio.Future[Served] = asyncio.get_running_loop().create_future()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        served = Served(scope, receive, send)
        opened.set_result(served)
        await served.done.wait()

    config = uvicorn.Config(
        app,
        port=0,
        ws=protocol,
        ws_per_message_deflate=False,
        ws_ping_interval=ping,
        lifespan="off",
        log_config=None,
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with connect(f"ws://127.0.0.1:{port}", max_queue=None) as client:
            served = await opened
            yield served, client
            served.done.set()
    finally:
        await server.shutdown()


async def test_heartbeats_go_on_and_leave_at_whole_ticks() -> None:
    times: list[float] = []
    several = asyncio.Event()

    class Noted(FramesProtocol):
        def schedule_ping(self) -> None:
            super().schedule_ping()
            assert self.ping_timer
            times.append(self.ping_timer.when())
            if len(times) == 3:  # each but the first comes of a pong
                several.set()

    async with a_socket(Noted, ping=0.01), asyncio.timeout(10):
        await several.wait()
    assert [round(at / PING_TICK) * PING_TICK for at in times] == pytest.approx(times, abs=0.001)


async def test_frames_stand_in_line_with_what_asgi_sends() -> None:
    async with a_socket() as (served, client):
        assert served.write(text_frame(b"one") + text_frame(b"t", b"wo"))
        await served.send({"type": "websocket.send", "text": "three"})
        assert served.write(text_frame("vier \N{GRINNING FACE}".encode()))
        assert [await client.recv() for _ in range(4)] == ["one", "two", "three", "vier \N{GRINNING FACE}"]


async def test_large_frames_are_for_asgi() -> None:
    async with a_socket() as (served, client):
        assert not served.write(text_frame(b"x" * MOST_BYTES))
        assert served.write(text_frame(b"x" * (MOST_BYTES - 10)))
        assert len(await client.recv()) == MOST_BYTES - 10


async def test_nothing_is_written_to_one_who_does_not_keep_up_and_nothing_is_lost() -> None:
    async with a_socket() as (served, client):
        client.transport.pause_reading()
        written = await _until_refused(lambda: served.write(text_frame(b"x" * 50_000)))
        assert not served.write(text_frame(b"y"))
        client.transport.resume_reading()
        await served.send({"type": "websocket.send", "text": "last"})
        assert [len(await client.recv()) for _ in range(written)] == [50_000] * written
        assert await client.recv() == "last"
        assert served.write(text_frame(b"again"))
        assert await client.recv() == "again"


async def _until_refused(write: Callable[[], bool]) -> int:
    """How many were written until one was not. The system's own buffers hold some megabytes."""
    for written in range(1_000):
        if not write():
            return written
        await asyncio.sleep(0)
    raise AssertionError("50 MB were written to somebody who reads nothing")


async def test_nothing_is_written_once_the_socket_is_closed() -> None:
    async with a_socket() as (served, client):
        await served.send({"type": "websocket.close", "code": 4413, "reason": "slow"})
        assert not served.write(text_frame(b"late"))
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 4413


async def test_nothing_is_written_to_one_who_has_gone() -> None:
    async with a_socket() as (served, client):
        await client.close()
        assert (await served.receive())["type"] == "websocket.disconnect"
        assert not served.write(text_frame(b"late"))
