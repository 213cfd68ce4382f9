"""The floor of a cycle: one asyncpg statement a request."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson

from bench.contestant import Contestant
from bench.documents import answer, opening
from bench.load import Post
from bench.options import Options
from bench.processes import Process, free_port
from bench.servers import Servers
from bench.signoff import task_id


@asynccontextmanager
async def start(servers: Servers, _: Options) -> AsyncIterator[Contestant]:
    port = free_port()
    url = await servers.new_database("floor")
    command = [sys.executable, "-m", "bench.floors.statement_server", url, str(port)]
    with Process(command, log=servers.log("floor")) as process:
        await process.answers(port)
        open_, answer_ = Post(port, "/open"), Post(port, "/answer")
        yield Contestant(
            name="floor: one statement a request",
            ports=(port,),
            opening=lambda n: open_(orjson.dumps(opening(n))),
            opened=task_id,
            answering=lambda id_: answer_(orjson.dumps(answer(id_))),
            answered=lambda body: b'"APPROVED"' in body,
            lacks="no GraphQL, checks, authority, assignments, events, push or deadlines: one table, one row",
            processes=[process],
        )
