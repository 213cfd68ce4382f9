"""Peers that are Python libraries, each behind the same small HTTP server in an environment of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import orjson

from bench.contestant import Contestant, Start
from bench.documents import answer, opening
from bench.load import Post
from bench.options import Options
from bench.peers.install import venv
from bench.processes import Process, free_port
from bench.servers import Servers
from bench.signoff import task_id

SERVERS = Path(__file__).parent / "servers"
_HTTP = ["uvicorn[standard]"]


def library(name: str, packages: list[str], *, lacks: str) -> Start:
    """A peer whose server is servers/NAME_server.py."""

    def start(servers: Servers, _: Options) -> AbstractAsyncContextManager[Contestant]:
        return _started(name, packages, lacks, servers)

    return start


@asynccontextmanager
async def _started(name: str, packages: list[str], lacks: str, servers: Servers) -> AsyncIterator[Contestant]:
    python = venv(name, [*packages, *_HTTP])
    port, database = free_port(), await servers.new_database(name)
    with Process([python, SERVERS / f"{name}_server.py", database, str(port)], log=servers.log(name)) as process:
        await process.answers(port)
        open_, answer_ = Post(port, "/open"), Post(port, "/answer")
        yield Contestant(
            name=name,
            ports=(port,),
            opening=lambda n: open_(orjson.dumps(opening(n))),
            opened=task_id,
            answering=lambda id_: answer_(orjson.dumps(answer(id_))),
            answered=lambda body: b'"APPROVED"' in body,
            lacks=lacks,
            processes=[process],
        )


langgraph = library(
    "langgraph",
    ["langgraph", "langgraph-checkpoint-postgres", "psycopg[binary,pool]"],
    lacks="a library: no API, authority, reviewers, inbox, push, deadlines or event log; the graph's state is kept",
)
dbos = library(
    "dbos",
    ["dbos"],
    lacks="a library: no API, authority, reviewers, inbox, push or event log; the figure ends with the sending",
)
