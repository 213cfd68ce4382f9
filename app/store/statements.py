"""The SQL of the store: named statements from sql/*.sql."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

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


def conditions(named: Mapping[str, str], given: Mapping[str, Any], values: list[Any]) -> str:
    """The conditions `where_{name}` of a topic's statements for what is given (is not None), each after an AND.

    "$?" in one stands for its value, which is appended to the statement's `values`.
    """
    found: list[str] = []
    for name, value in given.items():
        if value is not None:
            values.append(value)
            found.append(f" AND {named[f'where_{name}']}".replace("$?", f"${len(values)}"))
    return "".join(found)
