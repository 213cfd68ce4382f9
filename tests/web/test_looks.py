"""How the pages look and sound: light and dark, on a phone, to a screen reader. Takes the pictures of the README."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.web import stage
from tests.web.axe import findings
from tests.web.conftest import PHONE, OpenTab, Workspace

pytestmark = pytest.mark.anyio

DESK = (1360, 800)
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


async def brightness(page: Page) -> int:
    """Of the page's ground, 0 to 765."""
    colour: str = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_inbox_and_a_task(workspace: Workspace, tab: OpenTab, pictures: Path, scheme: str) -> None:
    task = await stage.waiting(await workspace.workflow("travel-desk"))
    anna = await workspace.reviewer("anna", "finance")
    page = await tab(anna, f"#/task/{task['id']}", size=DESK, color_scheme=scheme)
    await expect(page.get_by_role("heading", name="Approve expense report #1234")).to_be_visible()
    assert (await brightness(page) > 600) == (scheme == "light")
    assert await findings(page) == []
    await page.screenshot(path=pictures / f"task-{scheme}.png")
    await page.keyboard.press("?")
    assert await findings(page) == []


HOSTILE = """
<img src=x onerror=alert(1)> <script>alert(2)</script> <style>*{display:none}</style>

[run](javascript:alert(3)) ![picture](https://example.com/seen.png) [go](https://example.com/)
"""


async def test_what_strangers_wrote_is_shown_and_neither_run_nor_fetched(workspace: Workspace, tab: OpenTab) -> None:
    workflow = await workspace.workflow()
    context = {"<b>name</b>": "<img src=x onerror=alert(4)>", "link": "javascript:alert(5)", "__proto__": {"a": 1}}
    task = await workflow.opened(prompt="<i>Read</i> this", details=HOSTILE, context=context)
    page = await tab(await workspace.reviewer("anna"), f"#/task/{task['id']}")
    await expect(page.get_by_role("heading", name="<i>Read</i> this")).to_be_visible()
    await expect(page.get_by_text("<script>alert(2)</script>")).to_be_visible()
    assert await page.locator(".task :is(img, script, style, iframe)").count() == 0
    links = [await link.get_attribute("href") for link in await page.locator(".prose a").all()]
    assert links == ["https://example.com/seen.png", "https://example.com/"]
    for link in await page.locator(".prose a").all():
        assert "noopener" in str(await link.get_attribute("rel"))


async def test_on_a_phone(workspace: Workspace, tab: OpenTab, pictures: Path) -> None:
    task = await stage.waiting(await workspace.workflow("travel-desk"))
    page = await tab(await workspace.reviewer("anna", "finance"), size=PHONE, has_touch=True)
    row = page.get_by_role("link", name="Approve expense report #1234")
    await expect(row).to_be_visible()
    assert not await page.evaluate(WIDER)
    assert await findings(page) == []
    await page.screenshot(path=pictures / "phone-inbox.png")
    await row.tap()
    await expect(page.get_by_role("heading", name="Approve expense report #1234")).to_be_visible()
    assert not await page.evaluate(WIDER)
    await page.get_by_label("Sales").check()
    await page.locator(".choice.approve").tap()
    await page.get_by_role("button", name="Send: approve").tap()
    await expect(page.get_by_text("You approved it")).to_be_visible()
    await page.get_by_role("link", name="Back to the list").tap()
    await expect(page.get_by_role("heading", name="Approve expense report #1234")).to_be_hidden()
    assert task["id"] not in page.url


async def test_the_analysts_page(workspace: Workspace, tab: OpenTab, pictures: Path, tmp_path: Path) -> None:
    workflow, anna = await workspace.workflow(), await workspace.reviewer("anna")
    await stage.rated(workspace, workflow, anna)
    analyst = await workspace.analyst()
    page = await tab(analyst, "#/analysis")
    await expect(page.locator(".tiles")).to_contain_text("45 ratings")
    stats = (await analyst.run("{ feedbackStats { approvalRate approved rejected ratingCounts } }"))[0]
    shown = f"{stats['approved']} approved, {stats['rejected']} rejected by humans"
    await expect(page.locator(".tiles")).to_contain_text(shown)
    await expect(page.locator(".tiles")).to_contain_text(f"{stats['approvalRate'] * 100:.1f} %")
    await expect(page.locator(".chart canvas")).to_have_count(4)
    assert await findings(page) == []
    await page.screenshot(path=pictures / "ratings.png")

    await page.locator(".chart").first.get_by_text("As a table").click()
    cells = page.locator(".chart").first.locator("td")
    assert [int(text) for text in (await cells.all_inner_texts())[:5]] == stats["ratingCounts"]
    async with page.expect_download() as download:
        await page.locator(".chart").first.get_by_role("button", name="Download CSV").click()
    file = tmp_path / "figures.csv"
    await (await download.value).save_as(file)
    assert file.read_text().splitlines()[1].split(",")[1:6] == [str(n) for n in stats["ratingCounts"]]

    await page.get_by_label("Label").fill("model=small-3")
    await page.keyboard.press("Enter")
    await expect(page.locator(".tiles")).to_contain_text("15 ratings")
    low = page.get_by_role("region", name="Low ratings", exact=True)
    await low.get_by_role("link").first.click()
    await expect(page.get_by_role("heading", name="Send the drafted reply")).to_be_visible()


async def test_the_operators_page(workspace: Workspace, tab: OpenTab, pictures: Path) -> None:
    workflow, ben = await workspace.workflow("travel-desk"), await workspace.reviewer("ben", "finance")
    await workspace.reviewer("anna", "finance", "leads")
    page = await tab(await workspace.admin(), "#/operations")
    await expect(page.get_by_text("What happens from now on")).to_be_visible()
    task = await stage.waiting(workflow)
    await ben.answer(task["id"], "REJECT", comment="No receipts", input={"costCentre": "Sales"})
    feed = page.get_by_role("list", name="Events, newest first")
    await expect(feed.get_by_role("listitem").first).to_contain_text("Rejected")
    await expect(page.get_by_role("heading", name="6 tasks pending")).to_be_visible(timeout=10_000)
    await expect(page.get_by_role("row", name="up to 5 minutes 6")).to_be_visible()
    due = page.get_by_role("region", name="Next deadlines").get_by_role("listitem")
    await expect(due.first).to_contain_text("Refund $84.20")
    await expect(page.get_by_role("row", name="finance anna, ben")).to_be_visible()
    assert await findings(page) == []
    await page.screenshot(path=pictures / "operations.png")


async def test_the_operators_page_on_the_narrowest_phone(workspace: Workspace, tab: OpenTab) -> None:
    await workspace.reviewer("anna", "finance", "leads")
    page = await tab(await workspace.admin(), "#/operations", size=(340, 720))
    await expect(page.get_by_role("region", name="Keys").get_by_role("row", name="anna")).to_be_visible()
    assert not await page.evaluate(WIDER)
    assert await findings(page) == []


async def test_long_words_are_broken_and_hide_nothing(workspace: Workspace, tab: OpenTab) -> None:
    workflow, word = await workspace.workflow("w" * 200), "x" * 200
    await workspace.reviewer("anna", word)
    task = await workflow.opened(
        prompt=f"Deploy {word}",
        details=f"# {word}\n\n    {word}\n\n|{word}|b|\n|-|-|\n|a|b|",
        workflow={"name": word, "runId": word, "step": word},
        labels={"commit": word},
        context={"commit": word, "lines": [{f"column {n}": "some words"} for n in range(8)], "text": "[\n" + word},
        assignees=[{"group": word}],
        approval={"rule": "AT_LEAST", "atLeast": 2},
    )
    await (await workspace.reviewer("y" * 200, word)).answer(task["id"], comment=word)
    page = await tab(await workspace.reviewer("anna", word), size=PHONE)
    row = page.get_by_role("link", name=f"Deploy {word}")
    await expect(row.locator(".countdown")).to_be_in_viewport(ratio=1)
    await row.click()
    await expect(page.get_by_role("heading", name="Timeline")).to_be_attached()
    assert not await page.locator("article.task").evaluate("e => e.scrollWidth > e.clientWidth")


async def test_text_runs_in_its_own_direction(workspace: Workspace, tab: OpenTab) -> None:
    workflow = await workspace.workflow()
    hebrew = "לאשר את הדוח?"
    task = await workflow.opened(prompt=hebrew, details=hebrew, context={"note": hebrew})
    page = await tab(await workspace.reviewer("anna"), f"#/task/{task['id']}")
    await page.get_by_label("Comment").fill(hebrew)
    for place in (".row .prompt", "#task-title", ".prose p", ".names dd"):
        aligned = await page.locator(place).evaluate(
            """element => {
                const text = document.createRange();
                text.selectNodeContents(element);
                return Math.abs(text.getBoundingClientRect().right - element.getBoundingClientRect().right) < 2;
            }"""
        )
        assert aligned, place
    assert await page.get_by_label("Comment").evaluate("e => getComputedStyle(e).unicodeBidi") == "plaintext"
