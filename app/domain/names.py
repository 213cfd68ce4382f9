"""What people and groups may be called, by whatever door the name comes in."""

from __future__ import annotations

import unicodedata

from app.domain.errors import Problem
from app.domain.event import SYSTEM
from app.domain.text import NAME_CHARACTERS, check_text


def check_who(problems: list[Problem], path: str, name: str) -> None:
    """`name` of a reviewer, a group or a key: who can be asked can have a key, and nobody passes for the system."""
    before = len(problems)
    check_text(problems, path, name, longest=NAME_CHARACTERS, required=True)
    if len(problems) > before:
        return
    control = None if name.isprintable() else next((c for c in name if unicodedata.category(c) == "Cc"), None)
    if control:
        problems.append(Problem(path, f"holds a control character, U+{ord(control):04X}; leave it out"))
    elif name.startswith(SYSTEM):
        problems.append(Problem(path, f"may not begin with {SYSTEM!r}, which marks what no person did"))
