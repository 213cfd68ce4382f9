"""What is handed out, and what is made of it: once for all who are told the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from app.domain.event import LoggedEvent
from app.domain.task import Task

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event, and its task as it stands now: never older than the event.

    One and the same for all subscribers that it is handed out to. `made` holds what is made of it for the first of
    them, by what it depends on, so that it is made once for all.
    """

    logged: LoggedEvent
    task: Task
    made: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)


def once(made: dict[object, Any], key: object, make: Callable[[], Made]) -> Made:
    """What `make` made the first time it was asked for under this key."""
    if key not in made:
        made[key] = make()
    found: Made = made[key]
    return found


@dataclass(frozen=True, slots=True)
class AtOnce(Generic[Given]):
    """A way past a stream, for what comes while its reader waits.

    `make` makes a text of it, or None where there is nothing to tell; it makes the same for all that have the same
    `key`, and is asked once for them. `write` takes texts without waiting for anything; False: it has taken none.
    """

    key: tuple[object, ...]
    make: Callable[[Given], bytes | None]
    write: Callable[[Sequence[bytes]], bool]


def through(
    make: Callable[[Given], Made | None], at_once: AtOnce[Made] | None, *depends_on: object
) -> AtOnce[Given] | None:
    """The way past a stream for what `make`, which depends on these, turns into what `at_once` takes."""
    if at_once is None:
        return None

    def text(given: Given) -> bytes | None:
        made = make(given)
        return None if made is None else at_once.make(made)

    return AtOnce((*depends_on, *at_once.key), text, at_once.write)
