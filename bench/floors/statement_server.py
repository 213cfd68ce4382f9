"""An HTTP server that runs one asyncpg statement a request, on a bare ASGI application under uvicorn.

usage: python -m bench.floors.statement_server URL PORT
"""

from __future__ import annotations

import sys
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uvicorn

CONNECTIONS = 10
TABLES = """
CREATE TABLE tasks (
    id uuid PRIMARY KEY DEFAULT uuidv7(), idempotency_key text UNIQUE, workflow text NOT NULL, run_id text,
    prompt text NOT NULL, context jsonb NOT NULL, assignee text NOT NULL, version integer NOT NULL DEFAULT 1,
    status text NOT NULL DEFAULT 'PENDING', deadline_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), reviewer text, comment text, rating integer, resolved_at timestamptz)
"""
OPEN = """
INSERT INTO tasks (idempotency_key, workflow, run_id, prompt, context, assignee, deadline_at)
VALUES ($1, $2, $3, $4, $5, $6, now() + interval '1 day')
RETURNING id, version, status, prompt, deadline_at, created_at
"""
ANSWER = """
UPDATE tasks SET status = 'APPROVED', version = version + 1, reviewer = 'anna', comment = $2, rating = $3,
       resolved_at = now()
 WHERE id = $1 AND status = 'PENDING'
RETURNING id, version, status, comment, resolved_at
"""
_HEADERS = (b"content-type", b"application/json")


class Application:
    """POST /open and POST /answer, each one statement; with `inputs` a list, one statement for each."""

    def __init__(self, url: str) -> None:
        self._url = url
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
            OPEN,
            task["idempotencyKey"],
            task["workflow"]["name"],
            task["workflow"]["runId"],
            task["prompt"],
            orjson.dumps(task["context"]).decode(),
            task["assignees"][0]["reviewer"],
        )

    async def _answer(self, answer: dict[str, Any]) -> Any:
        return await self._pool.fetchrow(ANSWER, UUID(answer["taskId"]), answer["comment"], answer["rating"])

    async def _lifespan(self, receive: Any, send: Any) -> None:
        await receive()
        self._pool = await asyncpg.create_pool(self._url, min_size=CONNECTIONS, max_size=CONNECTIONS)
        await self._pool.execute(TABLES)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})


if __name__ == "__main__":
    uvicorn.run(Application(sys.argv[1]), port=int(sys.argv[2]), log_level="warning", access_log=False)
