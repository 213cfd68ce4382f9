"""The head and the body of a response leave in one write; nothing else is held back, and nothing is lost."""

from __future__ import annotations

import asyncio

from app.one_write import _Joining

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class Recording(asyncio.Transport):
    """A transport that remembers what was written to it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.closed = True


def test_head_and_body_leave_together_each_time() -> None:
    recording = Recording()
    joining = _Joining(recording)
    for _ in range(2):
        joining.write(HEAD)
        joining.write(b"{}")
    assert recording.written == [HEAD + b"{}"] * 2


def test_an_empty_body_lets_the_head_go() -> None:
    recording = Recording()
    joining = _Joining(recording)
    joining.write(HEAD)
    joining.write(b"")
    assert recording.written == [HEAD]


def test_a_stream_is_not_held_back() -> None:
    recording = Recording()
    joining = _Joining(recording)
    joining.write(STREAM)
    joining.write(b"2\r\nok\r\n")
    joining.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert recording.written == [STREAM, b"2\r\nok\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"]


def test_closing_loses_nothing() -> None:
    recording = Recording()
    joining = _Joining(recording)
    joining.write(HEAD)
    joining.close()
    assert recording.written == [HEAD]
    assert recording.closed


def test_the_rest_is_the_transports_own() -> None:
    assert _Joining(Recording()).get_extra_info("peername") == ("127.0.0.1", 1)
