"""The SQL of the store: named statements from sql/*.sql."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def statements(topic: str) -> dict[str, str]:
    """The statements of sql/{topic}.sql by name, each without its trailing semicolon."""
    text = files("app.store").joinpath("sql", f"{topic}.sql").read_text()
    parts = _NAME.split(text)[1:]
    return {name: body.strip().removesuffix(";") for name, body in zip(parts[::2], parts[1::2], strict=True)}
