"""An HTTP server that runs one asyncpg statement a request, on a bare ASGI application under uvicorn.

usage: python -m bench.floors.statement_server URL PORT row|records
"""

from __future__ import annotations

import sys
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uvicorn

from bench.floors.statements import FLOORS, Floor

CONNECTIONS = 10
_HEADERS = (b"content-type", b"application/json")


class Application:
    """POST /open and POST /answer, each one statement."""

    def __init__(self, url: str, floor: Floor) -> None:
        self._url = url
        self._floor = floor
        self._pool: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        given = orjson.loads(body)
        row = await (self._open(given) if scope["path"] == "/open" else self._answer(given))
        answer = orjson.dumps(dict(row), default=str)
        headers = [_HEADERS, (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _open(self, task: dict[str, Any]) -> Any:
        return await self._pool.fetchrow(
            self._floor.open,
            task["idempotencyKey"],
            task["workflow"]["name"],
            task["workflow"]["runId"],
            task["prompt"],
            orjson.dumps(task["context"]).decode(),
            task["assignees"][0]["reviewer"],
        )

    async def _answer(self, answer: dict[str, Any]) -> Any:
        values = UUID(answer["taskId"]), answer["comment"], answer["rating"]
        return await self._pool.fetchrow(self._floor.answer, *values)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        await receive()
        self._pool = await asyncpg.create_pool(self._url, min_size=CONNECTIONS, max_size=CONNECTIONS)
        await self._pool.execute(self._floor.tables)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})


if __name__ == "__main__":
    application = Application(sys.argv[1], FLOORS[sys.argv[3]])
    uvicorn.run(application, port=int(sys.argv[2]), log_level="warning", access_log=False)
