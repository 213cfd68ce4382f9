"""`signoff demo` fills a workspace and takes itself away again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from functools import partial
from typing import Any

import pytest

from tests.acceptance.conftest import Workspace
from tests.acceptance.running import ROOT

pytestmark = pytest.mark.anyio

MARKED = """query($label: LabelInput!) { tasks(first: 500, filter: { label: $label }) {
  nodes { status workflow { name } answers { reviewer } } } }"""
MARK = {"name": "demo", "value": "true"}
WAIT_SECONDS = 30.0


async def test_the_demo_is_marked_answered_and_removable(workspace: Workspace) -> None:
    admin, workflow = await workspace.admin(), await workspace.workflow()
    own = await workflow.opened(prompt="Not of the demo", assignees=[{"group": "finance"}])
    demo = await start(workspace, "--at-once", "20", "--a-minute", "600")
    try:
        until = time.monotonic() + WAIT_SECONDS
        while len(tasks := await marked(admin)) < 20 or not any(task["answers"] for task in tasks):
            assert time.monotonic() < until
            assert demo.returncode is None
            await asyncio.sleep(0.2)
    finally:
        demo.send_signal(signal.SIGINT)
        _, said = await asyncio.wait_for(demo.communicate(), WAIT_SECONDS)
    assert said.startswith(b"The demo runs")
    assert all(task["workflow"]["name"].startswith("demo-") for task in tasks)
    assert any(task["status"] == "PENDING" for task in tasks)

    dev_has = await workspace.workflow(name="demo-workflow")
    removing = await start(workspace, "--remove")
    await asyncio.wait_for(removing.communicate(), WAIT_SECONDS)
    assert removing.returncode == 0
    assert await dev_has.opened()
    assert not any(task["status"] == "PENDING" for task in await marked(admin))
    assert (await admin.task(own["id"]))["status"] == "PENDING"
    keys = [key for key in await workspace.deps.keys.list_(workspace.name) if key.name.startswith("demo-run-")]
    assert keys
    assert all(key.revoked_at for key in keys)


@pytest.mark.parametrize("url", ["ws://127.0.0.1:9/graphql", "http://127.0.0.1:9/graphql"])
async def test_removing_at_a_wrong_address_takes_nothing_away(workspace: Workspace, url: str) -> None:
    """A demo that runs elsewhere keeps its keys."""
    runs = await workspace.workflow(name="demo-run-workflow")
    removing = await start(workspace, "--remove", "--url", url)
    _, said = await asyncio.wait_for(removing.communicate(), WAIT_SECONDS)
    assert removing.returncode == 1
    assert said.startswith(b"signoff: ")
    valid = [key.name for key in await workspace.deps.keys.list_(workspace.name) if not key.revoked_at]
    assert valid == ["demo-run-workflow"]
    assert await runs.opened()


async def marked(admin: Any) -> list[Any]:
    nodes: list[Any] = (await admin.run(MARKED, label=MARK))["nodes"]
    return nodes


async def start(workspace: Workspace, *arguments: str) -> asyncio.subprocess.Process:
    service = workspace.service
    environment = {
        **os.environ,
        "DATABASE_URL": service.settings.database_url,
        "REDIS_URL": service.settings.redis_url,
        "SIGNOFF_KEY_SECRET": service.settings.key_secret.get_secret_value(),
    }
    given = ["--url", service.ws, "--workspace", workspace.name, *arguments]
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", "demo", *given),
        env=environment,
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
        # What a shell runs in the background takes no SIGINT, nor do its children.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
