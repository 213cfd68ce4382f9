"""awaithumans: a human-in-the-loop server of its own, over its REST API, on the same PostgreSQL."""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson

from bench.contestant import Contestant
from bench.documents import opening
from bench.load import Post
from bench.options import Options
from bench.peers.install import venv
from bench.processes import Process, free_port
from bench.servers import Servers
from bench.signoff import task_id

_ANSWER = orjson.dumps({"response": {"approved": True, "comment": "Within policy"}})


@asynccontextmanager
async def start(servers: Servers, _: Options) -> AsyncIterator[Contestant]:
    python = venv("awaithumans", ["awaithumans[server]", "asyncpg", "psycopg[binary]", "uvicorn[standard]"])
    port, url = free_port(), await servers.new_database("awaithumans")
    token = secrets.token_urlsafe(32)
    environment = {
        "AWAITHUMANS_DATABASE_URL": url,
        "AWAITHUMANS_ADMIN_API_TOKEN": token,
        "AWAITHUMANS_PAYLOAD_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AWAITHUMANS_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "AWAITHUMANS_LOG_LEVEL": "ERROR",
        "AWAITHUMANS_EMAIL_TRANSPORT": "noop",
    }
    options = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning", "--no-access-log"]
    command: list[str | Path] = [python, "-m", "uvicorn", "--factory", "awaithumans.server.app:create_app", *options]
    with Process(command, log=servers.log("awaithumans"), environment=environment) as process:
        await process.answers(port)
        headers = {"Authorization": f"Bearer {token}", "X-Admin-Token": token}
        post = Post(port, "/api/tasks", headers)
        yield Contestant(
            name="awaithumans",
            ports=(port,),
            opening=lambda n: post(_opening(n)),
            opened=task_id,
            answering=lambda id_: Post(port, f"/api/tasks/{id_}/complete", headers)(_ANSWER),
            answered=lambda body: b'"status":"completed"' in body,
            lacks="no rights of single reviewers in this figure (one admin token), no push to reviewers, no event feed",
            processes=[process],
        )


def _opening(n: int) -> bytes:
    ours = opening(n)
    return orjson.dumps(
        {
            "task": ours["prompt"],
            "payload": ours["context"],
            "payload_schema": {"type": "object"},
            "response_schema": {
                "type": "object",
                "properties": {"approved": {"type": "boolean"}, "comment": {"type": "string"}},
                "required": ["approved"],
            },
            "timeout_seconds": 86_400,
            "idempotency_key": ours["idempotencyKey"],
        }
    )
