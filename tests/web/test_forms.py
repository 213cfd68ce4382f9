"""Forms made from an answer's schema: what is shown is what is sent, and whatever the schema allows can be said."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.acceptance.client import Client
from tests.web.conftest import OpenTab, Workspace

pytestmark = pytest.mark.anyio


async def formed(workspace: Workspace, tab: OpenTab, schema: dict[str, Any]) -> tuple[Page, Client, str]:
    """A page with the form, approval chosen; who opened the task, and its id."""
    workflow = await workspace.workflow()
    task = await workflow.opened(answerSchema=schema)
    page = await tab(await workspace.reviewer("anna"), f"#/task/{task['id']}")
    await page.locator(".choice.approve").click()
    return page, workflow, task["id"]


async def sent(page: Page, workflow: Client, task_id: str) -> Any:
    """What the workflow gets when the form is sent as it is."""
    await page.get_by_role("button", name="Send: approve").click()
    await expect(page.get_by_text("You approved it")).to_be_visible()
    return (await workflow.task(task_id))["resolution"]["input"]


async def test_of_a_list_the_entry_removed_is_the_one_that_goes(workspace: Workspace, tab: OpenTab) -> None:
    """Of entries that keep what was typed, too: JSON as it is, and which shape was chosen."""
    shapes = {"oneOf": [{"title": "Words", "type": "string"}, {"title": "Figures", "type": "number"}]}
    schema = {"properties": {"raw": {"items": {"type": "object"}}, "mixed": {"items": shapes}}}
    form = await formed(workspace, tab, schema)
    page, raw, mixed = form[0], "[data-path='/input/raw']", "[data-path='/input/mixed']"
    for place in (raw, mixed):
        for _ in range(2):
            await page.locator(place).get_by_role("button", name="Add an entry").click()
    for n in range(2):
        await page.locator(f"[data-path='/input/raw/{n}'] textarea").fill(f'{{"n": {n}}}')
    await page.locator("fieldset[data-path='/input/mixed/1']").get_by_role("radio", name="Figures").check()
    await page.locator("[name='/input/mixed/1']").fill("7")
    for place in (raw, mixed):
        await page.locator(place).get_by_role("button", name="Remove entry 1").click()
    await expect(page.locator("[data-path='/input/raw/0'] textarea")).to_have_value('{"n": 1}')
    await expect(
        page.locator("fieldset[data-path='/input/mixed/0']").get_by_role("radio", name="Figures")
    ).to_be_checked()
    assert await sent(*form) == {"raw": [{"n": 1}], "mixed": [7]}


@pytest.mark.parametrize(("chosen", "sends"), [("In part", {"note": "x", "items": []}), ("In full", {"note": "x"})])
async def test_of_shapes_that_look_alike_the_chosen_one_is_sent(
    workspace: Workspace, tab: OpenTab, chosen: str, sends: Any
) -> None:
    note, items = {"note": {"type": "string"}}, {"items": {"type": "array", "items": {"type": "string"}}}
    shape = {"type": "object", "additionalProperties": False}
    part = {**shape, "title": "In part", "properties": {**note, **items}, "required": ["note", "items"]}
    full = {**shape, "title": "In full", "properties": note, "required": ["note"]}
    form = await formed(workspace, tab, {"properties": {"refund": {"oneOf": [part, full]}}})
    await form[0].get_by_role("radio", name=chosen).check()
    await form[0].locator("[name='/input/refund/note']").fill("x")
    assert await sent(*form) == {"refund": sends}


async def test_the_shape_that_was_chosen_is_shown_again(workspace: Workspace, tab: OpenTab) -> None:
    shape = {"type": "object", "additionalProperties": False}
    mail = {**shape, "title": "Mail", "properties": {"mail": {"type": "string"}}, "required": ["mail"]}
    phone = {**shape, "title": "Phone", "properties": {"phone": {"type": "string"}}, "required": ["phone"]}
    form = await formed(workspace, tab, {"properties": {"reach": {"oneOf": [mail, phone]}}})
    page = form[0]
    await page.get_by_role("radio", name="Phone").check()
    await page.locator("[name='/input/reach/phone']").fill("112")
    await page.reload()
    await expect(page.get_by_role("radio", name="Phone")).to_be_checked()
    await expect(page.locator("[name='/input/reach/phone']")).to_have_value("112")
    await expect(page.locator("[name='/input/reach/mail']")).to_have_count(0)
    assert await sent(*form) == {"reach": {"phone": "112"}}


async def test_what_stands_beside_the_shapes_or_under_a_condition_has_its_field(
    workspace: Workspace, tab: OpenTab
) -> None:
    mail = {"title": "Mail", "properties": {"mail": {"type": "string"}}, "required": ["mail"]}
    phone = {"title": "Phone", "properties": {"phone": {"type": "string"}}, "required": ["phone"]}
    schema = {
        "type": "object",
        "properties": {"amount": {"type": "number"}},
        "required": ["amount", "code"],
        "oneOf": [mail, phone],
        "if": {"properties": {"amount": {"minimum": 100}}},
        "then": {"properties": {"why": {"type": "string"}}, "required": ["why"]},
    }
    form = await formed(workspace, tab, schema)
    page = form[0]
    await page.get_by_role("radio", name="Phone").check()
    for name, text in {"amount": "200", "code": "7", "phone": "112"}.items():
        await page.locator(f"[name='/input/{name}']").fill(text)
    await page.get_by_role("button", name="Send: approve").click()
    await expect(page.locator("[data-path='/input/why'] .problem")).to_have_text("is needed")
    await page.locator("[name='/input/why']").fill("A large one")
    assert await sent(*form) == {"amount": 200, "code": 7, "phone": "112", "why": "A large one"}


async def test_what_may_be_empty_is_sent_empty_where_nothing_was_said(workspace: Workspace, tab: OpenTab) -> None:
    properties = {
        "notes": {"type": "array", "items": {"type": "string"}},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
        "remark": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "more": {"type": "object", "properties": {"text": {"type": "string"}}},
    }
    form = await formed(workspace, tab, {"properties": properties, "required": list(properties)})
    await expect(form[0].get_by_label("Remark (may be left out)")).to_be_visible()
    assert await sent(*form) == {"notes": [], "tags": [], "remark": None, "more": {}}


async def test_a_field_may_have_any_name(workspace: Workspace, tab: OpenTab) -> None:
    """Those of what every object of the browser has, too."""
    names = ["constructor", "toString", "__proto__"]
    form = await formed(workspace, tab, {"properties": {name: {"type": "string"} for name in names}})
    for name in names:
        field = form[0].locator(f"[name='/input/{name}']")
        await expect(field).to_have_value("")
        await field.fill(name)
    assert await sent(*form) == {name: name for name in names}
