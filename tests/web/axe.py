"""axe-core, which finds what keeps people with a screen reader, or without a mouse, out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Page

_SOURCE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_BAD = {"serious", "critical"}


async def findings(page: Page) -> list[str]:
    """What is serious or worse on the page as it stands."""
    await page.evaluate(_SOURCE.read_text() + "; undefined")
    result: dict[str, Any] = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {node['html'][:120]} ({'; '.join(check['message'] for check in node['any'])})"
        for violation in result["violations"]
        if violation["impact"] in _BAD
        for node in violation["nodes"]
    ]
