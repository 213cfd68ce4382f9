"""The inbox is live: what comes is there at once, what goes says why, and a cut loses nothing."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from tests.acceptance.conftest import workspace_of
from tests.acceptance.running import Running
from tests.conftest import Servers
from tests.web.conftest import OpenTab, Workspace

pytestmark = pytest.mark.anyio

PUSHED_MS = 1_000
PAINTED_S = 1.0
UPDATED_S = 0.05


async def test_a_new_task_is_there_within_a_second(workspace: Workspace, tab: OpenTab) -> None:
    page = await tab(await workspace.reviewer("anna", "finance"))
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    workflow = await workspace.workflow()
    began = time.monotonic()
    await workflow.opened(prompt="Pay invoice 77", assignees=[{"group": "finance"}], urgency="URGENT")
    row = page.get_by_role("link", name="Pay invoice 77")
    await row.wait_for(timeout=PUSHED_MS)
    assert time.monotonic() - began < PUSHED_MS / 1000
    await expect(row).to_contain_text("finance")
    await expect(page).to_have_title("(1) Signoff")


async def test_what_is_gone_says_why_before_it_goes(workspace: Workspace, tab: OpenTab) -> None:
    page = await tab(await workspace.reviewer("anna", "finance"))
    workflow, ben = await workspace.workflow(), await workspace.reviewer("ben", "finance")
    both = [{"group": "finance"}]
    answered = await workflow.opened(prompt="Answered", assignees=both)
    withdrawn = await workflow.opened(prompt="Withdrawn", assignees=both)
    chain = {
        "strategy": "ESCALATE",
        "after": "PT2S",
        "escalateTo": [{"assignees": [{"group": "leads"}], "after": "PT1H"}],
    }
    await workflow.opened(prompt="Escalated", assignees=both, timeout=chain)
    await workflow.opened(prompt="Expired", assignees=both, timeout={"strategy": "FAIL", "after": "PT2S"})
    await expect(page.get_by_role("link", name="Withdrawn")).to_be_visible()
    await ben.answer(answered["id"])
    await workflow.cancel(withdrawn["id"], "no longer needed")
    rows = page.locator(".row.gone")
    for name, why in [
        ("Answered", "Approved by ben"),
        ("Withdrawn", "Cancelled by the workflow: no longer needed"),
        ("Escalated", "Escalated: leads has it now"),
        ("Expired", "Its time ran out: the workflow stopped with an error"),
    ]:
        await expect(rows.filter(has_text=name)).to_contain_text(why)
    await expect(page).to_have_title("Signoff")
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible(timeout=15_000)


async def test_after_a_restart_of_the_api_nothing_is_missing(servers: Servers, tab: OpenTab) -> None:
    with Running(servers.settings(servers.new_database())) as service:
        async for workspace in workspace_of(service):
            workflow = await workspace.workflow()
            before = await workflow.opened(prompt="Before")
            page = await tab(await workspace.reviewer("anna"))
            await expect(page.get_by_role("link", name="Before")).to_be_visible()
            await page.context.set_offline(True)  # so that the page cannot be back before the changes are made
            assert service.api
            await asyncio.to_thread(service.restart_api, signal.SIGKILL)
            await expect(page.get_by_text("Reconnecting")).to_be_visible()
            await workflow.cancel(before["id"])
            for n in range(5):
                await workflow.opened(prompt=f"During {n}")
            await page.context.set_offline(False)
            await expect(page.get_by_text("Reconnecting")).to_be_hidden(timeout=15_000)
            for n in range(5):
                await expect(page.get_by_role("link", name=f"During {n}")).to_be_visible()
            await expect(page.locator(".row.gone")).to_contain_text("Cancelled by the workflow")
            await workflow.opened(prompt="After")
            await expect(page.get_by_role("link", name="After")).to_be_visible()


async def busy(page: Page) -> Callable[[], Awaitable[float]]:
    """How to ask for the processor seconds that the page's main thread has worked: scripts, layout and painting. Unlike
    the clock's they do not grow when the machine is busy with something else."""
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})

    async def seconds() -> float:
        metrics = (await session.send("Performance.getMetrics"))["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))

    return seconds


async def test_a_thousand_tasks_stay_smooth(workspace: Workspace, tab: OpenTab) -> None:
    workflow = await workspace.workflow()
    asked = {"workflow": {"name": "expenses"}, "assignees": [{"group": "finance"}]}
    for half in range(2):
        inputs = [{**asked, "prompt": f"Approve report {half * 500 + n}"} for n in range(500)]
        await workflow.run(
            "mutation($inputs: [OpenTaskInput!]!) { openTasks(inputs: $inputs) { __typename } }", inputs=inputs
        )
    reviewer = await workspace.reviewer("anna", "finance")
    page = await tab(reviewer)
    worked = await busy(page)
    before = await worked()
    await page.reload()
    await expect(page.locator(".head .count")).to_have_text("1,000")
    assert await worked() - before < PAINTED_S
    assert await page.locator(".row").count() < 40  # the rest is not in the page

    # What the reader looks at stays where it is while rows come above it.
    await page.locator(".list").evaluate("list => { list.scrollTop = 40_000 }")
    await page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    watched = page.locator(".row").nth(10)
    name = await watched.locator("a").get_attribute("data-task")
    there = page.locator(f".row:has([data-task='{name}'])")
    place = await there.bounding_box()
    before = await worked()
    for n in range(20):
        await workflow.opened(**asked, prompt=f"Urgent {n}", urgency="URGENT")
    await expect(page).to_have_title("(1020) Signoff")
    assert await there.bounding_box() == place
    assert (await worked() - before) / 20 < UPDATED_S
    await page.locator(".list").evaluate("list => { list.scrollTop = 0 }")
    await expect(page.get_by_role("link", name="Urgent 0")).to_be_visible()


async def test_who_joins_a_group_meanwhile_may_answer_for_it(workspace: Workspace, tab: OpenTab) -> None:
    admin, workflow = await workspace.admin(), await workspace.workflow()
    page = await tab(await workspace.reviewer("anna", "finance"))
    await workflow.opened(prompt="Mine", assignees=[{"reviewer": "anna"}])
    task = await workflow.opened(prompt="For lawyers", assignees=[{"group": "legal"}])
    await page.get_by_role("link", name="Mine").click()
    await page.get_by_label("Comment").fill("half done")
    await admin.run(
        """mutation { setReviewer(id: "anna", groups: ["legal"]) { __typename } }""",
    )
    row = page.get_by_role("link", name="For lawyers")
    await row.wait_for(timeout=15_000)  # the socket is closed within 7 seconds
    await expect(page.get_by_role("banner")).to_contain_text("legal")
    await expect(page.get_by_label("Comment")).to_have_value("half done")
    await workflow.extend(task["id"], "PT1H")
    await expect(row.locator(".for")).to_have_text("legal")
    await row.click()
    await page.locator(".choice.approve").click()
    await page.get_by_role("button", name="Send: approve").click()
    await expect(page.get_by_text("You approved it")).to_be_visible()


# As on Android: a page may ask for the permission, and may not make a notification.
ONLY_BY_WORKER = """
    Object.defineProperty(Document.prototype, "hidden", { get: () => true });
    window.Notification = class {
        static permission = "granted";
        constructor() { throw new TypeError("Illegal constructor"); }
    };
"""


async def test_a_notification_that_cannot_be_made_breaks_nothing(workspace: Workspace, tab: OpenTab) -> None:
    page = await tab(await workspace.reviewer("anna"))
    await page.add_init_script(ONLY_BY_WORKER)
    await page.reload()
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    await (await workspace.workflow()).opened(prompt="Pay invoice 77")
    await expect(page.get_by_role("link", name="Pay invoice 77")).to_be_visible()
    await (await workspace.workflow()).opened(prompt="Pay invoice 78")
    await expect(page.get_by_role("link", name="Pay invoice 78")).to_be_visible()
    assert not sockets, "the line was cut, and begun anew"
