"""Signoff as a contestant of a cycle, everything on: authority, versions, gapless events, push, idempotency."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.auth import Role
from bench.contestant import Contestant
from bench.documents import ANSWER, OPEN, REVIEWER, answer, opening
from bench.options import Options
from bench.servers import Servers
from bench.service import Service, graphql, service

_ID = b'"id":"'


async def as_contestant(running: Service, name: str = "signoff") -> Contestant:
    """A running service in a cycle: a workflow's key opens, a reviewer's answers, each at the first API process."""
    workflow = running.post(await running.key(Role.WORKFLOW, name=f"workflow-{name}"))
    reviewer = running.post(await running.key(Role.REVIEWER, name=f"key-{name}", reviewer=REVIEWER))
    return Contestant(
        name=name,
        ports=tuple(running.ports),
        opening=lambda n: workflow(graphql(OPEN, {"input": opening(n)})),
        opened=task_id,
        answering=lambda id_: reviewer(graphql(ANSWER, {"input": answer(id_)})),
        answered=lambda body: b'"status":"APPROVED"' in body,
        processes=running.apis,
    )


def task_id(body: bytes) -> str:
    """The first id in a response."""
    begin = body.index(_ID) + len(_ID)
    return body[begin : body.index(b'"', begin)].decode()


@asynccontextmanager
async def start(servers: Servers, _: Options) -> AsyncIterator[Contestant]:
    async with service(servers) as running:
        yield await as_contestant(running)
