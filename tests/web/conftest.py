"""A real Chromium on the real service. Where none is installed the tests are skipped, and say so; never in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from app.web import BUNDLE
from tests.acceptance.client import Client
from tests.acceptance.conftest import Workspace, service, workspace

__all__ = ["Workspace", "service", "workspace"]

# As root there is no sandbox to be had; the others keep it from calling its maker's servers.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZE = (1180, 760)
PHONE = (375, 720)

OpenTab = Callable[..., Awaitable[Page]]


def chromium() -> str:
    """The browser's program. Skips the test where there is none, or no bundle; in CI that is a failure."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found and (BUNDLE / "index.html").exists():
        return found
    reason = "the pages are not built (./run web)" if found else "no chromium is installed (apt-get install chromium)"
    if os.environ.get("CI") == "true":
        pytest.fail(f"In CI this must not be: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        await browser.close()


def watch(page: Page, origin: str, wrong: list[str]) -> None:
    """Notes in `wrong` what a page must never do: fail, call another host, go against its own policy."""

    def request(made: Request) -> None:
        if not made.url.startswith((origin, f"blob:{origin}")):
            wrong.append(f"another host: {made.url}")

    def console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            wrong.append(message.text)

    page.on("pageerror", lambda error: wrong.append(f"error in the page: {error}"))
    page.on("request", request)
    page.on("console", console)


@pytest.fixture
async def tab(browser: Browser) -> AsyncIterator[OpenTab]:
    """Opens tabs, each a browser of its own, signed in as a client. Fails where a page does what it must not."""
    wrong: list[str] = []
    contexts = []

    async def open_tab(who: Client | None, path: str = "", size: tuple[int, int] = SIZE, **given: Any) -> Page:
        service = who.service if who else given.pop("service")
        context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, **given)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = await context.new_page()
        origin = f"http://127.0.0.1:{service.port}/"
        watch(page, origin, wrong)
        await page.goto(f"{origin}#key={who.key}" if who else origin)
        if who:
            await page.get_by_role("button", name="Sign out").wait_for()
        if path:
            await page.goto(f"{origin}{path}")
        return page

    yield open_tab
    for context in contexts:
        await context.close()
    assert not wrong


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures go: into the documentation where SIGNOFF_SCREENSHOTS is set, else away."""
    return Path(__file__).parents[2] / "docs" / "screenshots" if os.environ.get("SIGNOFF_SCREENSHOTS") else tmp_path
