"""The SQL of the store: named statements from sql/*.sql."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_COMMENTS = re.compile(r"^(--.*\n)+")
_PART = re.compile(r"\{(\w+)\}")


@cache
def statements(topic: str) -> dict[str, str]:
    """The statements of sql/{topic}.sql by name, each without its comments in front and its trailing semicolon.

    `{name}` in one stands for another one before it: a part that several share.
    """
    text = files("app.store").joinpath("sql", f"{topic}.sql").read_text()
    parts = _NAME.split(text)[1:]
    found: dict[str, str] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        found[name] = _PART.sub(lambda part: found[part[1]], _COMMENTS.sub("", body.lstrip()).strip().removesuffix(";"))
    return found
