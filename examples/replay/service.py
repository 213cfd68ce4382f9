"""The service as a client sees it: where it is, GraphQL over HTTP, and GraphQL subscriptions over a WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from examples.replay.trouble import Dropped, Patience, ReplayError

HTTP_SECONDS = 30.0
OPEN_SECONDS = 10.0
LARGEST_MESSAGE = 16 * 1024 * 1024
# Close codes after which trying again is no use: malformed, unauthenticated, forbidden, wrong subprotocol.
FINAL_CLOSES = (4400, 4401, 4403, 4406)
BUSY = (429, 502, 503, 504)

# Made once: reading the system's certificates takes longer than many a request.
_TLS = httpx2.create_ssl_context()


@dataclass(frozen=True, slots=True)
class Service:
    """Where a running service is, and its keys, as `signoff dev --ready-file` writes them."""

    http: str
    ws: str
    workflow_key: str
    reader_key: str
    workspace: str
    data_dir: str | None


def read_service(path: Path) -> Service:
    """The service that a ready file tells of. Raises ReplayError where it does not."""
    try:
        ready = orjson.loads(path.read_bytes())
        keys = ready["keys"]
        return Service(
            http=ready["http"],
            ws=ready["ws"],
            workflow_key=keys["workflow"],
            reader_key=keys.get("analyst") or keys["admin"],
            workspace=ready.get("workspace", "demo"),
            data_dir=ready.get("data_dir"),
        )
    except OSError as error:
        raise ReplayError(f"{error}. Start the service with `signoff dev --ready-file {path}`.") from error
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ReplayError(f"{path} is not what `signoff dev --ready-file` writes: {error!r}") from error


@dataclass(slots=True)
class Attempts:
    """How often something had to be tried again, for the report."""

    requests: int = 0
    connections: int = 0


class Api:
    """One caller's HTTP connection. Every call may be sent twice: only for what is safe to repeat."""

    def __init__(self, url: str, key: str, *, patience: float, attempts: Attempts) -> None:
        self._client = httpx2.AsyncClient(
            headers={
                "authorization": f"Bearer {key}",
                "content-type": "application/json",
                "accept": "application/graphql-response+json",
            },
            verify=_TLS,
            trust_env=False,
            limits=httpx2.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=60),
        )
        self._url = url
        self._patience = patience
        self._attempts = attempts

    async def __aenter__(self) -> Api:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def call(self, query: str, variables: dict[str, Any], *, seconds: float = HTTP_SECONDS) -> dict[str, Any]:
        """What the service answers, once it does, within `seconds` each time. Raises ReplayError."""
        patience = Patience(self._patience)
        body = orjson.dumps({"query": query, "variables": variables})
        while True:
            try:
                response = await self._client.post(self._url, content=body, timeout=seconds)
                if response.status_code in BUSY:
                    raise Dropped(f"HTTP {response.status_code}: {response.text[:200]}")
                return _answered(response.content, f"HTTP {response.status_code}")
            except (httpx2.TransportError, Dropped) as error:
                self._attempts.requests += 1
                await patience.after(error)


class Connection:
    """One caller's WebSocket, with one subscription at a time."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._last_id = 0

    async def subscribe(self, query: str, variables: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """What is pushed, until the server says that this was all. Raises Dropped, ReplayError."""
        self._last_id += 1
        id_ = str(self._last_id)
        await self.send({"id": id_, "type": "subscribe", "payload": {"query": query, "variables": variables}})
        while True:
            match await self.receive():
                case {"type": "next", "id": about, "payload": payload} if about == id_:
                    yield _data(payload, "subscription")
                case {"type": "error", "id": about, "payload": errors} if about == id_:
                    _data({"errors": errors}, "subscription")
                case {"type": "complete", "id": about} if about == id_:
                    return
                case {"type": "ping"}:
                    await self.send({"type": "pong"})

    async def send(self, message: dict[str, Any]) -> None:
        """Raises Dropped, ReplayError."""
        try:
            await self._socket.send(orjson.dumps(message).decode())
        except ConnectionClosed as error:
            raise _closed(error) from error

    async def receive(self) -> dict[str, Any]:
        """The next message; a dead peer is found out by the WebSocket's own pings. Raises Dropped, ReplayError."""
        try:
            message: dict[str, Any] = orjson.loads(await self._socket.recv())
        except ConnectionClosed as error:
            raise _closed(error) from error
        return message


@asynccontextmanager
async def connection(url: str, key: str) -> AsyncIterator[Connection]:
    """A WebSocket that the service has let in. Raises Dropped, ReplayError."""
    opening = connect(
        url,
        subprotocols=[Subprotocol("graphql-transport-ws")],
        proxy=None,
        compression=None,
        open_timeout=OPEN_SECONDS,
        close_timeout=1,
        max_size=LARGEST_MESSAGE,
    )
    try:
        socket = await opening
    except (OSError, TimeoutError, WebSocketException) as error:
        raise Dropped(f"cannot connect to {url}: {error}") from error
    try:
        opened = Connection(socket)
        await opened.send({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}})
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                acknowledged = await opened.receive()
        except TimeoutError as error:
            raise Dropped(f"no connection_ack within {OPEN_SECONDS:.0f} s") from error
        if acknowledged.get("type") != "connection_ack":
            raise ReplayError(f"Expected connection_ack, got {acknowledged}.")
        yield opened
    finally:
        await socket.close()


def _answered(body: bytes, what: str) -> dict[str, Any]:
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ReplayError(f"{what}: the answer is not JSON: {body[:200]!r}") from error
    return _data(payload, what)


def _data(payload: dict[str, Any], what: str) -> dict[str, Any]:
    """What a GraphQL response holds. Raises Dropped where the service cannot answer now, else ReplayError."""
    if errors := payload.get("errors"):
        text = f"{what}: {'; '.join(str(error.get('message')) for error in errors)}"
        unavailable = any((error.get("extensions") or {}).get("code") == "UNAVAILABLE" for error in errors)
        raise Dropped(text) if unavailable else ReplayError(text)
    found: dict[str, Any] = payload["data"]
    return found


def _closed(error: ConnectionClosed) -> Dropped | ReplayError:
    close = error.rcvd or error.sent
    text = f"the WebSocket was closed: {close.code} {close.reason}" if close else "the WebSocket was lost"
    return ReplayError(text) if close and close.code in FINAL_CLOSES else Dropped(text)
