"""Ids of tasks, in and out."""

from __future__ import annotations

import os
import time
from uuid import UUID

from app.domain.errors import InvalidInput, Problem


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562, section 5.7): milliseconds since 1970, then 74 random bits. Sorts by time."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10)) & (2**74 - 1)
    value = (milliseconds << 80) | (0x7 << 76) | ((random >> 62) << 64) | (0b10 << 62) | (random & (2**62 - 1))
    return UUID(int=value)


def task_id(text: str, *, path: str) -> UUID:
    """The id in `text`. Raises InvalidInput, naming `path`, where it is none."""
    problems: list[Problem] = []
    id_ = checked_id(problems, path, text)
    if problems:
        raise InvalidInput(problems)
    return id_


def checked_id(problems: list[Problem], path: str, text: str) -> UUID:
    """The id in `text`; a problem, and no task's id, where it is none."""
    try:
        return UUID(text)
    except ValueError:
        problems.append(Problem(path, f"'{text[:64]}' is not an id; ids are UUIDs"))
        return UUID(int=0)
