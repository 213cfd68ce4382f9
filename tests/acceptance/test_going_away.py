"""A caller that goes away mid-mutation leaves the pool whole and no half-written task."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress

import asyncpg
import pytest

from tests.acceptance.client import OPEN, Client
from tests.acceptance.conftest import Workspace

pytestmark = pytest.mark.anyio

TIMES = 500
AT_ONCE = 25
LONGEST_MS = 12

_HALVES = """
SELECT count(*) FILTER (WHERE t.id IS NULL) AS orphans,
       count(*) FILTER (WHERE e.n IS DISTINCT FROM 2 OR a.n IS DISTINCT FROM 1) AS halves, count(t.id) AS tasks
  FROM (SELECT * FROM tasks WHERE workspace = $1) t
  FULL JOIN (SELECT task_id, count(*) AS n FROM events WHERE workspace = $1 GROUP BY 1) e ON e.task_id = t.id
  LEFT JOIN (SELECT task_id, count(*) AS n FROM assignments WHERE workspace = $1 GROUP BY 1) a ON a.task_id = t.id
"""


def _input(n: int) -> dict[str, object]:
    return {
        "workflow": {"name": "w"},
        "prompt": f"Approve the request number {n}",
        "assignees": [{"reviewer": "anna"}],
        "idempotencyKey": str(n),
    }


async def _close_http(client: Client, n: int) -> None:
    """Sends a mutation and closes the socket without reading."""
    _, writer = await asyncio.open_connection("127.0.0.1", client.service.port)
    body = json.dumps({"query": OPEN, "variables": {"input": _input(n)}}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {client.key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
    await asyncio.sleep(random.randrange(LONGEST_MS) / 1000)
    writer.transport.abort()


async def _complete(client: Client, n: int) -> None:
    """Sends a mutation over WebSocket and completes it before its answer, or just closes."""
    async with client.socket() as socket:
        payload = {"query": OPEN, "variables": {"input": _input(n)}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        await asyncio.sleep(random.randrange(LONGEST_MS) / 1000)
        if n % 4 == 1:
            await socket.send(json.dumps({"id": "1", "type": "complete"}))
        else:
            socket.transport.abort()
            with suppress(Exception):
                await socket.wait_closed()


async def test_callers_that_go_away_leave_nothing_behind(workspace: Workspace) -> None:
    workflow = await workspace.workflow()
    numbers = iter(range(TIMES))
    while batch := [n for n, _ in zip(numbers, range(AT_ONCE), strict=False)]:
        await asyncio.gather(*((_close_http if n % 2 == 0 else _complete)(workflow, n) for n in batch))

    # As many at once as would need every connection of the pool several times over.
    opened = await asyncio.gather(*(workflow.opened(idempotencyKey=f"after-{n}") for n in range(100)))
    assert len({task["id"] for task in opened}) == 100
    connection = await asyncpg.connect(workspace.service.settings.database_url)
    try:
        found = await connection.fetchrow(_HALVES, workspace.name)
        held = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in trans%'"
        )
    finally:
        await connection.close()
    assert found is not None
    assert (found["orphans"], found["halves"], held) == (0, 0, 0)
    assert found["tasks"] > 100, "none of those who went away had reached the database"

    # Who went away may ask again: it is done once.
    again = await asyncio.gather(*(workflow.open(**_input(n)) for n in range(50)))
    assert {result["__typename"] for result in again} == {"OpenTaskSuccess"}
