"""The least that tells a person of a change: one statement, one Redis publish, one message on one socket.

usage: python -m bench.floors.push_server DATABASE_URL REDIS_URL PORT

A WebSocket at /NAME is told of tasks whose `assignees[0].reviewer`, and of answers whose `reviewer`, is NAME. Two
processes of it share Redis as Signoff's do; one is enough here.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import orjson
import uvicorn
from redis.asyncio import Redis

from bench.floors.statement_server import Application
from bench.floors.statements import ROW

CHANNEL = "bench:pushes"


class PushApplication(Application):
    """As the one-statement floor, and each statement is published and sent on."""

    def __init__(self, url: str, redis: str) -> None:
        super().__init__(url, ROW)
        self._redis: Any = Redis.from_url(redis)
        self._sends: dict[str, Any] = {}
        self._listening: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope["path"][1:], receive, send)
            return
        await super().__call__(scope, receive, send)

    async def _socket(self, name: str, receive: Any, send: Any) -> None:
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        await receive()
        await send({"type": "websocket.accept"})
        self._sends[name] = send
        while (await receive())["type"] != "websocket.disconnect":
            pass
        del self._sends[name]

    async def _listen(self) -> None:
        async with self._redis.pubsub() as listener:
            await listener.subscribe(CHANNEL)
            async for message in listener.listen():
                if message["type"] == "message":
                    name, _, text = message["data"].decode().partition(" ")
                    await self._sends[name]({"type": "websocket.send", "text": text})

    async def _open(self, task: dict[str, Any]) -> Any:
        row = await super()._open(task)
        await self._publish(task["assignees"][0]["reviewer"], row)
        return row

    async def _answer(self, answer: dict[str, Any]) -> Any:
        row = await super()._answer(answer)
        await self._publish(answer["reviewer"], row)
        return row

    async def _publish(self, name: str, row: Any) -> None:
        await self._redis.publish(CHANNEL, f"{name} {orjson.dumps(dict(row), default=str).decode()}")


if __name__ == "__main__":
    application = PushApplication(sys.argv[1], sys.argv[2])
    uvicorn.run(application, port=int(sys.argv[3]), ws="websockets-sansio", log_level="warning", access_log=False)
