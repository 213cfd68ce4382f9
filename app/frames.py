"""uvicorn's WebSocket, except that finished frames may be written past ASGI to a client that keeps up, and that pings
leave together.

ASGI's way of sending makes each frame anew for each socket and looks at the type of each message: half of the processor
time of telling thousands the same. Here the frame is made once, and each socket is only asked whether it may go now.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

FRAMES = "signoff.frames"
"""The ASGI extension: under this name the scope's `extensions` have {"write": WriteFrames}."""
MOST_BYTES = 64 * 1024  # in one write: with more than this waiting to be sent, asyncio has a writer wait

WriteFrames = Callable[[bytes], bool]

PING_TICK = 0.1  # seconds

_TEXT = 0x81  # a whole message in one frame, which a server does not mask


def text_frame(*parts: bytes) -> bytes:
    """These parts of UTF-8 as one message, framed as RFC 6455 says."""
    length = sum(map(len, parts))
    if length < 126:
        head = struct.pack("!BB", _TEXT, length)
    elif length < 0x10000:
        head = struct.pack("!BBH", _TEXT, 126, length)
    else:
        head = struct.pack("!BBQ", _TEXT, 127, length)
    return b"".join((head, *parts))


class FramesProtocol(WebSocketsSansIOProtocol):
    """For uvicorn.Config(ws=...)."""

    async def run_asgi(self) -> None:
        self.scope["extensions"][FRAMES] = {"write": self.write_frames}
        await super().run_asgi()

    def schedule_ping(self) -> None:
        """As uvicorn's, but at a whole tick: sockets that idle wake the process together, not each by itself, which is
        most of what their heartbeats cost."""
        assert self.ping_interval is not None
        at = self.loop.time() + self.ping_interval - self.last_ping_rtt
        self.ping_timer = self.loop.call_at(math.ceil(at / PING_TICK) * PING_TICK, self.send_keepalive_ping)

    def write_frames(self, frames: bytes) -> bool:
        """Writes whole frames; False, with nothing written, where `send` would wait, refuse or fail, or they are large.

        Large ones are for `send`, which lets a client have one after the other.
        """
        if (
            len(frames) > MOST_BYTES
            or self.conn.state is not OPEN
            or not self.writable.is_set()
            or self.transport.is_closing()
        ):
            return False
        self.transport.write(frames)
        return True
