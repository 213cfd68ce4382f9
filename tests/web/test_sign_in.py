"""The door: a key from a link or typed, and what happens when it is over."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from app.auth import key_id_of
from tests.web.conftest import OpenTab, Workspace

pytestmark = pytest.mark.anyio


async def test_a_link_signs_in_and_its_key_leaves_the_address(workspace: Workspace, tab: OpenTab) -> None:
    reviewer = await workspace.reviewer("anna", "finance")
    page = await tab(reviewer)
    await expect(page.get_by_text("anna", exact=True)).to_be_visible()
    await expect(page.get_by_text(f"finance · {workspace.name}")).to_be_visible()
    assert str(reviewer.key) not in page.url
    await page.reload()
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in to Signoff")).to_be_visible()
    assert await page.evaluate("sessionStorage.length") == 0


async def test_a_key_is_typed_and_a_wrong_one_is_told(workspace: Workspace, tab: OpenTab) -> None:
    analyst = await workspace.analyst()
    page = await tab(None, service=workspace.service)
    await page.get_by_label("Your key or token").fill("signoff_0123456789abcdef_nobody")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("not known, or no longer valid")
    await page.get_by_label("Your key or token").fill(str(analyst.key))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Ratings")).to_be_visible()


async def test_when_the_session_is_over_what_was_typed_is_kept(workspace: Workspace, tab: OpenTab) -> None:
    reviewer = await workspace.reviewer("anna")
    workflow = await workspace.workflow()
    task = await workflow.opened()
    page = await tab(reviewer, f"#/task/{task['id']}")
    await page.get_by_label("Comment").fill("Half an answer")
    await workspace.deps.keys.revoke(key_id_of(str(reviewer.key)))
    await expect(page.get_by_role("heading", name="Sign in again")).to_be_visible(timeout=12_000)
    # What is behind the door is out of reach, by keyboard and for who reads with their ears.
    await expect(page.get_by_label("Your key or token")).to_be_focused()
    await page.get_by_role("button", name="Sign in").focus()
    for key in ("Tab", "Tab", "Escape", "a"):
        await page.keyboard.press(key)
        assert await page.evaluate("!document.activeElement.closest('.app')")
    assert task["id"] in page.url
    assert not await page.locator(".choice.approve input").is_checked()

    again = await workspace.reviewer("anna")
    await page.get_by_label("Your key or token").fill(str(again.key))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Sign in again")).to_be_hidden()
    await expect(page.get_by_label("Comment")).to_have_value("Half an answer")
    await page.locator(".choice.approve").click()
    await page.get_by_role("button", name="Send: approve").click()
    await expect(page.get_by_text("You approved it")).to_be_visible()
    assert (await workflow.task(task["id"]))["answers"][0]["comment"] == "Half an answer"
