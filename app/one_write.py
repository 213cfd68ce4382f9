"""uvicorn's HTTP, except that a response whose body comes in one piece leaves in one write, and its headers are checked
once for all responses.

uvicorn writes head and body separately: two system calls, two packets, and a client that is woken twice. On the
loopback interface that was a tenth of the processor time of a mutation, and more of its latency. It also checks each
header of each response, though only the length differs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

LENGTH = b"content-length"
_SPECIAL = {LENGTH, b"transfer-encoding", b"connection"}  # of these uvicorn makes something


class OneWriteCycle(RequestResponseCycle):
    """A request and its response. The head waits for the body; whatever is not plain is uvicorn's, to the letter."""

    _head: Any = None

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start" and self._head is None and not self.response_started:
            self._head = message
            return
        head, self._head = self._head, None
        if head is not None:
            if self._wrote_whole(head, message):
                return
            await super().send(head)
        await super().send(message)

    def _wrote_whole(self, head: Any, message: Any) -> bool:
        """Whether head and body have left together. False, and nothing done, where that is for uvicorn."""
        body = message.get("body", b"")
        headers = head.get("headers") or ((b"", b""),)
        if (
            message["type"] != "http.response.body"
            or message.get("more_body")
            or headers[0] != (LENGTH, b"%d" % len(body))
            or self.scope["method"] == "HEAD"
            or not self.keep_alive
            or self.disconnected
            or self.flow.write_paused
            or self.access_log
        ):
            return False
        rest = _checked(head["status"], *headers[1:])
        if rest is None:
            return False
        line = STATUS_LINE[head["status"]]
        first = b"".join([b"%b: %b\r\n" % header for header in self.default_headers])
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(b"%b%bcontent-length: %d\r\n%b\r\n%b" % (line, first, len(body), rest, body))
        self.message_event.set()
        self.on_response()
        return True


@lru_cache(maxsize=256)
def _checked(status: int, *headers: tuple[bytes, bytes]) -> bytes | None:
    """The lines of these headers; None where uvicorn would refuse one, or treat the response as a special one."""
    if status in (204, 304) or any(name.lower() in _SPECIAL for name, _ in headers):
        return None
    if any(HEADER_RE.search(name) or HEADER_VALUE_RE.search(value) for name, value in headers):
        return None
    return b"".join([b"%b: %b\r\n" % (name.lower(), value) for name, value in headers])


class OneWriteProtocol(HttpToolsProtocol):
    """For uvicorn.Config(http=...)."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        # uvicorn makes its own kind, of which ours differs by one method and no field.
        cycle.__class__ = OneWriteCycle
        super()._start_asgi_task(cycle, app)
