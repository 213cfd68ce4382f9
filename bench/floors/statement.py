"""The floors of a cycle: one asyncpg statement a request, that writes a row or all that there is to record."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import orjson

from bench.contestant import Contestant
from bench.documents import answer, opening
from bench.load import Post
from bench.options import Options
from bench.processes import Process, free_port
from bench.servers import Servers
from bench.signoff import task_id


@asynccontextmanager
async def _start(servers: Servers, floor: str, lacks: str) -> AsyncIterator[Contestant]:
    port = free_port()
    url = await servers.new_database(f"floor_{floor}")
    command = [sys.executable, "-m", "bench.floors.statement_server", url, str(port), floor]
    with Process(command, log=servers.log(f"floor_{floor}")) as process:
        await process.answers(port)
        open_, answer_ = Post(port, "/open"), Post(port, "/answer")
        yield Contestant(
            name=f"floor: one statement a request ({floor})",
            ports=(port,),
            opening=lambda n: open_(orjson.dumps(opening(n))),
            opened=task_id,
            answering=lambda id_: answer_(orjson.dumps(answer(id_))),
            answered=lambda body: b'"APPROVED"' in body,
            lacks=lacks,
            processes=[process],
        )


def start(servers: Servers, _: Options) -> AbstractAsyncContextManager[Contestant]:
    """The least that can be done: a task is one row."""
    lacks = "no GraphQL, checks, authority, assignments, events, push or deadlines: one table, one row"
    return _start(servers, "row", lacks)


def start_recording(servers: Servers, _: Options) -> AbstractAsyncContextManager[Contestant]:
    """One statement a request that records what a service must that loses nothing: see `statements.RECORDS`."""
    return _start(servers, "records", "no GraphQL, checks, authority, push or deadlines")
