"""A workspace that has subscribers: how far it is handed out, and which events are whose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from app.domain.event import EventQuery, LoggedEvent
from app.domain.immutable import replace
from app.feed.delivery import AtOnce, Delivery
from app.feed.subscriber import Subscriber

EVERYTHING = "*"

T = TypeVar("T")
_Same = tuple[EventQuery, tuple[object, ...] | None]  # the query, and what the texts made for it depend on


@dataclass(slots=True, eq=False)
class Group:
    """All who ask for the same and are told the same: what is theirs is looked at, and made, once for them."""

    query: EventQuery
    make: Callable[[Delivery], bytes | None] | None
    subscribers: set[Subscriber] = field(default_factory=set)

    @property
    def keys(self) -> Iterable[object]:
        """What of an event leads here: one of the tasks, one of the tokens, or everything."""
        tokens = self.query.concerns if self.query.concerns is not None else self.query.tokens
        if self.query.task_ids is not None:
            return self.query.task_ids
        return (EVERYTHING,) if tokens is None else tokens

    def texts(self, deliveries: Sequence[Delivery]) -> list[bytes] | None:
        """What is to be written of these; None where that is for each stream to find out."""
        if self.make is None:
            return None
        try:
            return [text for delivery in deliveries if (text := self.make(delivery)) is not None]
        except Exception:
            return None  # in each stream it fails again, and there it is told to somebody


@dataclass(slots=True)
class Followed:
    """`position` is where the tail is in the log, `streams` counts who follows."""

    position: int
    streams: int = 0
    groups: dict[_Same, Group] = field(default_factory=dict)
    by_key: defaultdict[object, set[Group]] = field(default_factory=lambda: defaultdict(set))

    @contextmanager
    def attached(
        self, query: EventQuery, position: int, at_once: AtOnce[Delivery] | None = None
    ) -> Iterator[Subscriber]:
        """A subscriber who within it is among those who are told."""
        key, make, write = (at_once.key, at_once.make, at_once.write) if at_once else (None, None, None)
        same = (_comparable(query), key)
        group = self.groups.get(same) or self._begin(same, make)
        subscriber = Subscriber(position, write)
        group.subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            group.subscribers.discard(subscriber)
            if not group.subscribers:
                self._end(same)

    def interested(self, logged: LoggedEvent) -> Iterator[Group]:
        """Those who ask for this event, each once."""
        found: set[Group] = set()
        for key in (EVERYTHING, logged.task_id, *logged.audience):
            found |= self.by_key.get(key, set())
        return (group for group in found if group.query.matches(logged))

    def _begin(self, same: _Same, make: Callable[[Delivery], bytes | None] | None) -> Group:
        group = self.groups[same] = Group(same[0], make)
        for key in group.keys:
            self.by_key[key].add(group)
        return group

    def _end(self, same: _Same) -> None:
        group = self.groups.pop(same)
        for key in group.keys:
            self.by_key[key].discard(group)
            if not self.by_key[key]:
                del self.by_key[key]


def _comparable(query: EventQuery) -> EventQuery:
    """The same for all who ask for the same, whatever collections they say it with."""
    return replace(
        query,
        tokens=_set(query.tokens),
        concerns=_set(query.concerns),
        task_ids=_set(query.task_ids),
        types=_set(query.types),
    )


def _set(values: Collection[T] | None) -> frozenset[T] | None:
    return None if values is None else frozenset(values)
