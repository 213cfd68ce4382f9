"""Runs the demo, and takes it away again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from random import Random

from app.auth import Role, key_id_of
from app.demo.people import PEOPLE, review
from app.demo.questions import MARK, question
from app.demo.socket import Refused, Socket, opened
from app.deps import Deps
from app.service.issue_key import issue_key

KEYS = "demo-run-"  # their names; a `signoff dev` has a demo-workflow of its own
_KEYS_LAST = timedelta(hours=12)
_OPEN = """mutation($input: OpenTaskInput!) {
  openTask(input: $input) { __typename ... on InvalidInput { problems { message } } } }"""
_PENDING = """query($label: LabelInput!) { tasks(first: 500, filter: { status: [PENDING], label: $label }) {
  nodes { id } } }"""
_CANCEL = """mutation($id: ID!) { cancelTask(id: $id, reason: "The demo was taken away") { __typename } }"""


async def run(
    deps: Deps, *, url: str, workspace: str, a_minute: float, at_once: int, connected: Callable[[], None]
) -> None:
    """Opens `at_once` tasks, then so many a minute, for ever; people answer. Its keys end with it. `connected` is
    called once the service has let everybody in."""
    r = Random()  # noqa: S311 -- what it chooses is no secret
    keys = {name: await _key(deps, workspace, name) for name in (None, *PEOPLE)}
    try:
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
            sockets = {name: await stack.enter_async_context(opened(url, key)) for name, key in keys.items()}
            connected()
            for name in PEOPLE:
                group.create_task(review(sockets[name], r, pace=90 / a_minute + 10))
            await _open(sockets[None], r, a_minute, at_once)
    finally:
        for key in keys.values():
            await deps.keys.revoke(key_id_of(key))


async def _open(socket: Socket, r: Random, a_minute: float, at_once: int) -> None:
    left = at_once
    while True:
        result = await socket.ask(_OPEN, input=question(r))
        if result["__typename"] != "OpenTaskSuccess":
            raise Refused(str(result))
        left -= 1
        if left < 0:
            await asyncio.sleep(r.expovariate(a_minute / 60))


async def remove(deps: Deps, *, url: str, workspace: str) -> int:
    """Cancels what the demo opened and still waits, and takes its keys back; the number cancelled. Raises Refused where
    there is no such workspace.

    The keys last: one that runs elsewhere, while the service at `url` cannot be reached, is to run on."""
    if not (await deps.events.head(workspace)).epoch:
        raise Refused(f"There is no workspace {workspace!r}.")
    admin = await _insert(deps, workspace, f"{KEYS}remover", Role.ADMIN)
    cancelled = 0
    try:
        async with opened(url, admin) as socket:
            while tasks := (await socket.ask(_PENDING, label=MARK))["nodes"]:
                await asyncio.gather(*(socket.ask(_CANCEL, id=task["id"]) for task in tasks[:50]))
                cancelled += len(tasks[:50])
        for key in await deps.keys.list_(workspace):
            if key.name.startswith(KEYS):
                await deps.keys.revoke(key.id)
    finally:
        await deps.keys.revoke(key_id_of(admin))
    return cancelled


async def _key(deps: Deps, workspace: str, person: str | None) -> str:
    """A key of the workflow's for None, else of this person's."""
    if person is None:
        return await _insert(deps, workspace, f"{KEYS}workflow", Role.WORKFLOW)
    return await _insert(deps, workspace, f"{KEYS}{person}", Role.REVIEWER, person)


async def _insert(deps: Deps, workspace: str, name: str, role: Role, reviewer: str | None = None) -> str:
    new = await issue_key(
        deps,
        workspace=workspace,
        name=name,
        roles=[role],
        reviewer=reviewer,
        groups=PEOPLE.get(reviewer or "", ()),
        expires_in=_KEYS_LAST,
    )
    return new.text
