"""Signoff itself, as in production: `signoff migrate`, API and worker processes, keys."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from app.auth import Role
from app.deps import open_deps
from app.service.issue_key import issue_key
from app.settings import Settings
from app.store.migrations import migrate
from bench.load import Post, connect
from bench.processes import BenchError, Process, free_port
from bench.servers import Servers

SECRET = "a secret for benchmarks only"  # noqa: S105 -- it guards nothing
WORKSPACE = "bench"


@dataclass(frozen=True)
class Service:
    """A running Signoff with an empty database. `ports` and `apis` belong together."""

    settings: Settings
    ports: list[int]
    apis: list[Process]
    environment: dict[str, str]

    async def key(self, *roles: Role, name: str, reviewer: str | None = None, groups: tuple[str, ...] = ()) -> str:
        """A new key in the benchmark's workspace."""
        async with open_deps(self.settings) as deps:
            new = await issue_key(deps, workspace=WORKSPACE, name=name, roles=roles, reviewer=reviewer, groups=groups)
            return new.text

    async def people(self, count: int, *groups: str) -> list[str]:
        """New keys of so many reviewers, all of these groups."""
        async with open_deps(self.settings) as deps:
            names = [f"person-{n}" for n in range(count)]
            issued = [
                await issue_key(
                    deps, workspace=WORKSPACE, name=name, roles=[Role.REVIEWER], reviewer=name, groups=groups
                )
                for name in names
            ]
            return [new.text for new in issued]

    def post(self, key: str) -> Post:
        """Requests to the first API process with this key."""
        return Post(self.ports[0], "/graphql", {"Authorization": f"Bearer {key}"})

    async def run(self, key: str, query: str, **variables: Any) -> Any:
        """The data of one query or mutation. Raises BenchError where it has errors."""
        connection = await connect(self.ports[0])
        try:
            body = orjson.loads(await connection.request(self.post(key)(graphql(query, variables))))
        finally:
            connection.close()
        if body.get("errors"):
            raise BenchError(f"Signoff answered {body['errors']}")
        return body["data"]


def graphql(query: str, variables: dict[str, Any]) -> bytes:
    """The body of a GraphQL request."""
    return orjson.dumps({"query": query, "variables": variables})


@asynccontextmanager
async def service(
    servers: Servers, *, apis: int = 1, workers: int = 1, name: str = "signoff"
) -> AsyncIterator[Service]:
    """Signoff with so many processes; `name` is part of its database's and its logs' names."""
    settings = Settings(
        database_url=await servers.new_database(name),
        redis_url=servers.valkey.url,
        key_secret=SECRET,
    )
    async with open_deps(settings, wait=10) as deps:
        await migrate(deps.database)
    environment = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SIGNOFF_KEY_SECRET": SECRET,
        "SIGNOFF_LOG_LEVEL": "WARNING",
    }
    with ExitStack() as stack:

        def start(what: str, n: int, **given: str) -> Process:
            log = servers.log(f"{name}-{what}-{n}")
            process = Process([sys.executable, "-m", "app.cli", what], log=log, environment=environment | given)
            return stack.enter_context(process)

        ports = [free_port() for _ in range(apis)]
        running = Service(
            settings,
            ports,
            [start("api", n, SIGNOFF_PORT=str(port)) for n, port in enumerate(ports)],
            environment,
        )
        for n in range(workers):
            start("worker", n)
        for process, port in zip(running.apis, ports, strict=True):
            await process.answers(port)
        yield running
