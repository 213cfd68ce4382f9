"""A client of the API over one WebSocket: queries, mutations and subscriptions side by side."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol


class Refused(Exception):
    """The service answered with errors; the message says which."""


class Socket:
    """One connection. `opened` makes one."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self._answers: dict[str, asyncio.Queue[dict[str, Any]]] = {}

    async def ask(self, query: str, **variables: Any) -> Any:
        """The value of the single field that `query` asks for. Raises Refused."""
        async for value in self.follow(query, **variables):
            return value
        raise Refused("No answer")

    async def follow(self, query: str, **variables: Any) -> AsyncIterator[Any]:
        """Each message of a subscription: the value of its single field. Raises Refused."""
        number = str(next(self._numbers))
        answers = self._answers[number] = asyncio.Queue()
        payload = {"query": query, "variables": variables}
        await self._connection.send(json.dumps({"id": number, "type": "subscribe", "payload": payload}))
        try:
            while True:
                message = await answers.get()
                if message["type"] == "complete":
                    return
                errors = message["payload"] if message["type"] == "error" else message["payload"].get("errors")
                if errors:
                    raise Refused(errors[0]["message"])
                yield next(iter(message["payload"]["data"].values()))
        finally:
            self._answers.pop(number, None)

    async def read(self) -> None:
        """Hands what comes to who asked for it, until the connection ends. Is to run beside them."""
        async for raw in self._connection:
            message = json.loads(raw)
            if (answers := self._answers.get(message.get("id"))) is not None:
                answers.put_nowait(message)


@asynccontextmanager
async def opened(url: str, key: str) -> AsyncIterator[Socket]:
    """A connection by `key`, closed in the end. Raises OSError, and what websockets raises."""
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as connection:
        await connection.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}}))
        await connection.recv()
        socket = Socket(connection)
        reading = asyncio.create_task(socket.read())
        try:
            yield socket
        finally:
            reading.cancel()
