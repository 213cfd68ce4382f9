"""Mercurius with JIT on Fastify, one Node process: the same GraphQL shapes, two SQL statements."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.contestant import Contestant
from bench.documents import ANSWER, OPEN, answer, opening
from bench.load import Post
from bench.options import Options
from bench.peers.install import npm
from bench.processes import BenchError, Process, free_port
from bench.servers import Servers
from bench.service import graphql
from bench.signoff import task_id

SCRIPT = Path(__file__).parent / "servers" / "mercurius_server.mjs"


@asynccontextmanager
async def start(servers: Servers, _: Options) -> AsyncIterator[Contestant]:
    node = shutil.which("node")
    if node is None:
        raise BenchError("there is no node on the PATH; install Node 20 or newer")
    modules = npm("mercurius", ["mercurius", "fastify", "graphql", "pg"])
    port, url = free_port(), await servers.new_database("mercurius")
    # Modules are looked for beside the script that imports them.
    script = shutil.copy(SCRIPT, modules / SCRIPT.name)
    with Process([node, script, url, str(port)], log=servers.log("mercurius")) as process:
        await process.answers(port)
        post = Post(port, "/graphql")
        yield Contestant(
            name="mercurius",
            ports=(port,),
            opening=lambda n: post(graphql(OPEN, {"input": opening(n)})),
            opened=task_id,
            answering=lambda id_: post(graphql(ANSWER, {"input": answer(id_)})),
            answered=lambda body: b'"status":"APPROVED"' in body,
            lacks="one table, two statements; no authority, checks, versions, events, push or deadlines",
            processes=[process],
        )
