"""A response leaves in one write where it can, and is uvicorn's own to the letter, whatever it is."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from app.one_write import OneWriteCycle

Header = tuple[bytes, bytes]
DATE = [(b"date", b"Thu, 26 Nov 2026 19:00:00 GMT")]
JSON: Header = (b"content-type", b"application/json")
HEADERS: list[Header] = [
    JSON,
    (b"Allow", b"POST"),
    (b"connection", b"close"),
    (b"transfer-encoding", b"chunked"),
    (b"bad name", b"x"),
    (b"x", b"bad\r\nvalue"),
]


class Recording(asyncio.Transport):
    """A transport that remembers what was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.closed = True


def respond(kind: type[RequestResponseCycle], *messages: Any, method: str = "POST", **given: Any) -> dict[str, Any]:
    """What a cycle does with these messages: what it wrote, and where it then stands."""
    recording, completed = Recording(), []

    async def run() -> str | None:
        usual: dict[str, Any] = {"keep_alive": True, "access_log": False, "expect_100_continue": False}
        cycle = kind(
            scope={"method": method},  # type: ignore[typeddict-item]
            transport=recording,
            flow=FlowControl(recording),
            logger=logging.getLogger("test"),
            access_logger=logging.getLogger("test"),
            default_headers=DATE,
            message_event=asyncio.Event(),
            on_response=lambda: completed.append(cycle.response_complete),
            **{**usual, **given},
        )
        try:
            for message in messages:
                await cycle.send(message)
        except RuntimeError as error:
            return str(error)
        return None

    try:
        run().send(None)  # nothing in it waits
    except StopIteration as done:
        error = done.value
    return {"error": error, "written": recording.written, "closed": recording.closed, "completed": completed}


def start(*headers: Header, status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(content: bytes, *, more_body: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": more_body}


def length(content: bytes) -> Header:
    return (b"content-length", str(len(content)).encode())


def test_head_and_body_leave_together() -> None:
    messages = (start(length(b"{}"), JSON), body(b"{}"))
    assert len(respond(RequestResponseCycle, *messages)["written"]) == 2
    (written,) = respond(OneWriteCycle, *messages)["written"]
    assert written.startswith(b"HTTP/1.1 200 OK\r\n")
    assert written.endswith(b"\r\n\r\n{}")


def test_what_comes_in_pieces_is_not_held_back() -> None:
    messages = (start(JSON), body(b"a", more_body=True))
    assert respond(OneWriteCycle, *messages)["written"] == respond(RequestResponseCycle, *messages)["written"]


@pytest.mark.parametrize("status", [200, 204, 304, 401, 599])
@given(
    content=st.binary(max_size=5),
    claimed=st.sampled_from([0, 0, 0, 1, -1]),
    headers=st.lists(st.sampled_from(HEADERS), max_size=3),
    at=st.integers(0, 3),
    more=st.booleans(),
    method=st.sampled_from(["POST", "HEAD"]),
    keep_alive=st.booleans(),
)
def test_it_is_what_uvicorn_writes_to_the_letter(
    status: int, content: bytes, claimed: int, headers: list[Header], at: int, more: bool, method: str, keep_alive: bool
) -> None:
    given_length = (b"content-length", str(max(0, len(content) + claimed)).encode())
    given_headers = [*headers[:at], given_length, *headers[at:]]
    messages = [start(*given_headers, status=status), body(content, more_body=more)]
    if more:
        messages.append(body(b""))
    plain = respond(RequestResponseCycle, *messages, method=method, keep_alive=keep_alive)
    ours = respond(OneWriteCycle, *messages, method=method, keep_alive=keep_alive)
    plain["written"], ours["written"] = b"".join(plain["written"]), b"".join(ours["written"])
    assert ours == plain
