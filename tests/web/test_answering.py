"""Answers, by mouse and by keyboard; races lost, forms with mistakes, and one decision on several."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests.web.conftest import OpenTab, Workspace

pytestmark = pytest.mark.anyio

REFUND = {
    "type": "object",
    "required": ["amount", "reason"],
    "properties": {
        "amount": {"type": "number", "maximum": 100, "title": "Amount"},
        "reason": {"enum": ["damaged", "late"], "title": "Reason"},
        "day": {"type": "string", "format": "date", "title": "Day"},
        "sendBack": {"type": "boolean", "title": "Send back?"},
        "notes": {"type": "array", "title": "Notes", "items": {"type": "string"}},
        "address": {"type": "object", "title": "Address", "properties": {"city": {"type": "string", "title": "City"}}},
    },
}


class HeldNews:
    """What the service pushes to a page, which can be held up: then the page acts without knowing."""

    held = False

    def pass_on(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: None if self.held else socket.send(message))


async def opened(page: Page, prompt: str) -> None:
    await page.get_by_role("link", name=prompt).click()
    await expect(page.get_by_role("heading", name=prompt)).to_be_visible()
    await expect(page.get_by_role("heading", name="Your answer")).to_be_visible()


async def test_a_form_is_filled_by_mouse_and_its_mistakes_are_shown_where_they_are(
    workspace: Workspace, tab: OpenTab
) -> None:
    workflow = await workspace.workflow()
    task = await workflow.opened(prompt="Refund order 7", answerSchema=REFUND)
    page = await tab(await workspace.reviewer("anna"))
    await opened(page, "Refund order 7")
    await page.locator(".choice.approve").click()
    await page.get_by_label("Amount").fill("500")
    await page.get_by_label("Comment").fill("As agreed")
    await page.get_by_role("button", name="Send: approve").click()
    amount = page.get_by_label("Amount")
    await expect(amount).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("[data-path='/input/amount'] .problem")).to_contain_text("maximum of 100")
    await expect(page.locator("[data-path='/input/reason'] .problem")).to_have_text("is needed")
    await expect(page.get_by_label("Comment")).to_have_value("As agreed")

    await amount.fill("12.5")
    await page.get_by_label("late").check()
    await page.get_by_label("Day").fill("2026-01-31")
    await page.get_by_label("Yes").check()
    await page.get_by_role("button", name="Add an entry").click()
    await page.locator("[data-path='/input/notes/0'] input").fill("first")
    await page.get_by_label("City").fill("Oslo")
    await page.get_by_title("Very good").click()
    await page.get_by_role("button", name="Send: approve").click()
    await expect(page.get_by_text("You approved it")).to_be_visible()
    after = await workflow.task(task["id"])
    assert after["resolution"]["input"] == {
        "amount": 12.5,
        "reason": "late",
        "day": "2026-01-31",
        "sendBack": True,
        "notes": ["first"],
        "address": {"city": "Oslo"},
    }
    assert after["feedback"][0]["rating"] == 4


async def test_without_a_mouse(workspace: Workspace, tab: OpenTab) -> None:
    workflow = await workspace.workflow()
    first = await workflow.opened(prompt="First", timeout={"strategy": "FAIL", "after": "PT1H"})
    second = await workflow.opened(prompt="Second", timeout={"strategy": "FAIL", "after": "PT2H"})
    page = await tab(await workspace.reviewer("anna"))
    await expect(page.get_by_role("link", name="Second")).to_be_visible()
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="First")).to_be_visible()
    await expect(page.get_by_role("heading", name="Your answer")).to_be_visible()
    await page.keyboard.press("4")
    await expect(page.locator(".star.lit")).to_have_count(4)
    await page.keyboard.press("a")
    await expect(page.get_by_role("button", name="Send: approve")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("You approved it")).to_be_visible()
    await page.keyboard.press("j")
    await expect(page.get_by_role("heading", name="Second")).to_be_visible()
    await page.keyboard.press("r")
    await expect(page.get_by_label("Why not?")).to_be_focused()
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Say why:")).to_be_visible()
    await page.keyboard.type("Too dear")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("You rejected it")).to_be_visible()
    assert (await workflow.task(first["id"]))["feedback"][0]["rating"] == 4
    assert (await workflow.task(second["id"]))["resolution"]["comment"] == "Too dear"
    await page.keyboard.press("?")
    await expect(page.get_by_role("heading", name="By keyboard")).to_be_visible()


async def test_who_loses_a_race_is_told_who_won_and_keeps_what_they_typed(workspace: Workspace, tab: OpenTab) -> None:
    workflow, ben = await workspace.workflow(), await workspace.reviewer("ben", "finance")
    task = await workflow.opened(prompt="Both at once", assignees=[{"group": "finance"}])
    page = await tab(await workspace.reviewer("anna", "finance"))
    news = HeldNews()
    await page.route_web_socket("**/graphql", news.pass_on)
    await page.reload()
    await opened(page, "Both at once")
    await page.get_by_label("Comment").fill("My own thoughts")
    await page.locator(".choice.approve").click()
    news.held = True
    await ben.answer(task["id"], comment="I was first")
    await page.get_by_role("button", name="Send: approve").click()
    told = page.get_by_role("status").filter(has_text="Approved by ben")
    await expect(told).to_contain_text("just now")
    await expect(told).to_contain_text("I was first")
    await expect(page.get_by_label("Comment")).to_have_value("My own thoughts")
    assert [a["reviewer"] for a in (await workflow.task(task["id"]))["answers"]] == ["ben"]


NUMBERS = {
    "type": "object",
    "properties": {"amount": {"type": "number", "title": "Amount"}, "counts": {"items": {"type": "integer"}}},
}


@pytest.mark.parametrize(
    ("locale", "ambiguous", "said", "grouped", "read", "sent"),
    [
        ("en-US", "2,5", "Write 25 or 2.5", "2,500", "= 2500", 2500),
        ("de-DE", "1.234", "Write 1234 or 1,234", "1.234,5", "= 1234,5", 1234.5),
    ],
)
async def test_a_number_that_could_be_two_is_not_sent(
    workspace: Workspace, tab: OpenTab, locale: str, ambiguous: str, said: str, grouped: str, read: str, sent: float
) -> None:
    workflow = await workspace.workflow()
    task = await workflow.opened(prompt="How much?", answerSchema=NUMBERS)
    page = await tab(await workspace.reviewer("anna"), locale=locale)
    await opened(page, "How much?")
    await page.locator(".choice.approve").click()
    amount, field = page.get_by_label("Amount"), page.locator("[data-path='/input/amount']")
    await amount.fill(ambiguous)
    await page.get_by_role("button", name="Send: approve").click()
    await expect(amount).to_be_focused()
    await expect(amount).to_have_attribute("aria-invalid", "true")
    await expect(field.locator(".problem")).to_have_text(said)
    await expect(page.get_by_role("button", name="Send: approve")).to_be_enabled()
    assert not (await workflow.task(task["id"]))["answers"]

    await amount.fill(grouped)
    await expect(field.locator(".problem")).to_have_count(0)
    await expect(field.locator(".hint")).to_have_text(read)
    await page.get_by_role("button", name="Add an entry").click()
    await page.locator("[data-path='/input/counts/0'] input").fill("7")
    await page.get_by_role("button", name="Add an entry").click()
    await page.locator("[data-path='/input/counts/1'] input").fill("8")
    await page.get_by_role("button", name="Remove entry 1").click()
    await expect(page.locator("[data-path='/input/counts/0'] input")).to_have_value("8")
    await page.get_by_role("button", name="Send: approve").click()
    await expect(page.get_by_text("You approved it")).to_be_visible()
    assert (await workflow.task(task["id"]))["resolution"]["input"] == {"amount": sent, "counts": [8]}


async def test_what_cannot_be_sent_or_shown_exactly_is_not_rounded(workspace: Workspace, tab: OpenTab) -> None:
    workflow, large = await workspace.workflow(), 9007199254740993
    schema = {"properties": {"order": {"type": "integer", "title": "Which order"}, "any": {"title": "Anything"}}}
    task = await workflow.opened(prompt="Too large", context={"order": large}, answerSchema=schema)
    page = await tab(await workspace.reviewer("anna"))
    await opened(page, "Too large")
    shown = page.get_by_role("region", name="What there is to know").get_by_role("definition")
    await expect(shown).to_have_text(str(large))
    await page.locator(".choice.approve").click()
    for label, written in (("Which order", str(large)), ("Anything", f'{{"order": {large}}}')):
        field = page.get_by_label(label)
        await field.fill(written)
        await page.get_by_role("button", name="Send: approve").click()
        await expect(field).to_be_focused()
        await expect(page.get_by_text("Too large to be sent exactly")).to_be_visible()
        assert not (await workflow.task(task["id"]))["answers"]
        await field.fill("7")
    await page.get_by_role("button", name="Send: approve").click()
    await expect(page.get_by_text("You approved it")).to_be_visible()
    await expect(shown).to_have_text(str(large))
    assert (await workflow.task(task["id"]))["resolution"]["input"] == {"order": 7, "any": 7}


@pytest.mark.parametrize("schema", [None, REFUND])
async def test_only_what_was_typed_is_said_to_be_kept(
    workspace: Workspace, tab: OpenTab, schema: dict[str, object] | None
) -> None:
    workflow, ben = await workspace.workflow(), await workspace.reviewer("ben", "finance")
    task = await workflow.opened(prompt="Ben is at it", assignees=[{"group": "finance"}], answerSchema=schema)
    page = await tab(await workspace.reviewer("anna", "finance"))
    await opened(page, "Ben is at it")
    await ben.claim(task["id"])
    await expect(page.get_by_text("ben is at it just now")).to_be_visible()
    await expect(page.get_by_text("What you typed is kept below.")).to_be_hidden()
    await expect(page.get_by_label("Comment")).to_be_hidden()
    await ben.run("mutation ($id: ID!) { releaseTask(id: $id) { __typename } }", id=task["id"])
    await page.get_by_label("Comment").fill("My own thoughts")
    await ben.claim(task["id"])
    await expect(page.get_by_text("What you typed is kept below.")).to_be_visible()
    await expect(page.get_by_label("Comment")).to_have_value("My own thoughts")


async def test_what_was_typed_outlives_a_cut_and_is_sent_once(workspace: Workspace, tab: OpenTab) -> None:
    workflow = await workspace.workflow()
    task = await workflow.opened(prompt="Over a bad line")
    page = await tab(await workspace.reviewer("anna"))
    await opened(page, "Over a bad line")
    await page.get_by_label("Comment").fill("Once is enough")
    await page.locator(".choice.approve").click()
    await page.route("**/graphql", lambda route: route.abort())
    await page.get_by_role("button", name="Send: approve").click()
    await expect(page.get_by_text("It is not known whether your answer arrived")).to_be_visible()
    await page.unroute("**/graphql")
    await page.reload()
    await expect(page.get_by_label("Comment")).to_have_value("Once is enough")
    await page.get_by_role("button", name="Send: approve").click()
    await expect(page.get_by_text("You approved it")).to_be_visible()
    assert [a["comment"] for a in (await workflow.task(task["id"]))["answers"]] == ["Once is enough"]


async def test_one_decision_on_several_is_told_one_by_one(workspace: Workspace, tab: OpenTab) -> None:
    workflow = await workspace.workflow()
    tasks = [await workflow.opened(prompt=f"Invoice {n}") for n in range(3)]
    form = await workflow.opened(prompt="With a form", answerSchema=REFUND)
    page = await tab(await workspace.reviewer("anna"))
    for prompt in ("Invoice 0", "Invoice 2", "With a form"):
        await page.get_by_role("checkbox", name=prompt).check()
    await page.get_by_role("toolbar").get_by_role("button", name="Approve").click()
    await page.get_by_role("button", name="Send 3 answers").click()
    results = page.get_by_role("dialog").get_by_role("listitem")
    await expect(results.filter(has_text="Invoice 0")).to_contain_text("You approved it")
    await expect(results.filter(has_text="Invoice 2")).to_contain_text("You approved it")
    await expect(results.filter(has_text="With a form")).to_contain_text("Something is missing")
    states = [(await workflow.task(t["id"]))["status"] for t in (*tasks, form)]
    assert states == ["APPROVED", "PENDING", "APPROVED", "PENDING"]


async def test_a_task_is_claimed_released_extended_and_handed_over(workspace: Workspace, tab: OpenTab) -> None:
    workflow = await workspace.workflow()
    task = await workflow.opened(prompt="Take it", assignees=[{"group": "finance"}])
    anna = await tab(await workspace.reviewer("anna", "finance"))
    ben = await tab(await workspace.reviewer("ben", "finance"))
    await expect(ben.get_by_role("link", name="Take it")).to_be_visible()
    await opened(anna, "Take it")
    await expect(anna.get_by_role("button", name="Claim")).to_be_visible()
    await anna.keyboard.press("c")
    await expect(anna.get_by_text("It is yours")).to_be_visible()
    await expect(ben.locator(".row.gone")).to_contain_text("Taken by anna")
    await anna.get_by_role("button", name="Release").click()
    await expect(anna.get_by_text("Given back")).to_be_visible()
    await expect(ben.locator(".row:not(.gone)").filter(has_text="Take it")).to_be_visible()
    await anna.get_by_role("button", name="More time").click()
    await anna.get_by_role("button", name="Give it more time").click()
    await expect(anna.get_by_text("There is more time now")).to_be_visible()
    assert (await workflow.task(task["id"]))["deadlineAt"] > task["deadlineAt"]
    await anna.get_by_role("button", name="Hand over").click()
    await anna.get_by_label("Reviewer", exact=True).fill("carl")
    await anna.get_by_role("form", name="Hand over").get_by_role("button", name="Hand over").click()
    await expect(anna.locator(".row.gone")).to_contain_text("Handed over to")
    assignees = [a["assignee"] for a in (await workflow.task(task["id"]))["assignments"]]
    assert {"reviewer": "carl", "group": None} in assignees


async def test_the_scores_that_are_asked_for_are_there_to_give(workspace: Workspace, tab: OpenTab) -> None:
    workflow = await workspace.workflow()
    task = await workflow.opened(
        prompt="Send the letter", feedback={"ratingRequired": True, "scores": ["tone", "tact"]}
    )
    page = await tab(await workspace.reviewer("anna"))
    await opened(page, "Send the letter")
    await expect(page.get_by_text("of what you were asked about, required")).to_be_visible()
    await page.locator(".choice.approve").click()
    await page.locator(".star").nth(3).click()
    await page.get_by_label("tact").fill("0.5")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("button", name="Next task")).to_be_visible()
    (feedback,) = (await workflow.task(task["id"]))["feedback"]
    assert (feedback["rating"], feedback["scores"]) == (4, [{"name": "tact", "value": 0.5}])


@pytest.mark.parametrize(
    "details", [">" * 20_000, "\n".join("  " * n + "- a" for n in range(300)), "> " * 500 + "deep"]
)
async def test_details_that_nest_without_end_are_shown_and_answered(
    workspace: Workspace, tab: OpenTab, details: str
) -> None:
    workflow = await workspace.workflow()
    task = await workflow.opened(prompt="So deep", details=details)
    page = await tab(await workspace.reviewer("anna"), f"#/task/{task['id']}")
    await expect(page.get_by_role("region", name="Details")).to_contain_text(details.strip()[-1])
    await page.locator(".choice.approve").click()
    await page.get_by_role("button", name="Send: approve").click()
    await expect(page.get_by_text("You approved it")).to_be_visible()
