"""Reading: each function shows a principal what it may see, and a list what the `tokens` of its query may see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar
from uuid import UUID

from app.auth import Principal, Verb, may, require_admin, require_reader
from app.deps import Deps
from app.domain.absence import Absence
from app.domain.calendar import Calendar
from app.domain.duration import parse_duration
from app.domain.errors import InvalidInput, Problem
from app.domain.event import RESOLVING, EventQuery, LoggedEvent
from app.domain.task import Assignment, Feedback, Task
from app.domain.text import NAME_CHARACTERS, check_text
from app.domain.timeline import TimelineStep
from app.domain.timeline import timeline as timeline_of
from app.service import cursors
from app.service.calendars import MOST_CALENDARS
from app.service.ids import task_id
from app.service.slices import in_slices
from app.store.directory import Group, Reviewer
from app.store.events import Head, OfTask
from app.store.feedback import NOTHING, FeedbackPlace, FeedbackQuery, Stats
from app.store.inbox import InboxPlace, InboxQuery
from app.store.keys import Key
from app.store.tasks import Read, TaskQuery

Node = TypeVar("Node")

LARGEST_PAGE = 1_000
LARGEST_HISTORY_PAGE = 200  # there may be one for each node of a page
MOST_COUNTED = 100_000
MOST_GROUPS = 2_000  # each has two dozen fields, so five such lists are what a document may ask for
MOST_TIMELINE_EVENTS = 1_000
LONGEST_WAIT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Page(Generic[Node]):
    """Some nodes of a list, whether more come, and the cursor of the last one."""

    nodes: list[Node]
    has_next: bool
    end_cursor: str | None


EventPage = Page[tuple[LoggedEvent, Task, str]]
"""Events of the log, each with its task and cursor."""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A page of a task's history: `first` events past the cursor `after`."""

    task: Task
    first: int
    after: str | None


async def find_task(deps: Deps, principal: Principal, id: str) -> Task | None:
    """The task; None where there is none or the principal may not see it. Raises InvalidInput, Unavailable."""
    task = await deps.tasks.find(task_id(id, path="/id"))
    return task if task and may(principal, Verb.SEE, task) else None


async def await_task(deps: Deps, asks: Callable[[], Awaitable[Principal]], id: str, wait: str) -> Task | None:
    """As `find_task`, but not before the task is resolved, `wait` (ISO 8601, at most PT60S) is over, or the process is
    to stop. `asks` tells who asks; asked again at the end, for a key may be taken back meanwhile, and groups change."""
    seconds = _wait_seconds(wait)
    principal = await asks()
    # The log's head before the task: whatever resolves it after this reading has a higher number.
    head = await deps.events.head(principal.workspace)
    task = await find_task(deps, principal, id)
    if task is None or task.resolution:
        return task
    ending = EventQuery(workspace=task.workspace, tokens=None, task_ids=(task.id,), types=RESOLVING)
    with suppress(TimeoutError):
        async with deps.waits.at_most(seconds), aclosing(deps.hub.stream(ending, after=head.seq)) as events:
            async for delivery in events:
                return delivery.task if may(await asks(), Verb.SEE, delivery.task) else None
    return await find_task(deps, await asks(), id)


async def list_tasks(deps: Deps, query: TaskQuery, *, first: int, after: str | None) -> Page[Task]:
    """Tasks, newest first. Raises InvalidInput, Unavailable."""
    place = cursors.time_and_id(after, "tasks") if after is not None else None
    found = await deps.tasks.list_page(query, most=page_size(first) + 1, after=place)
    return _page(found, first, lambda task: cursors.list_cursor("tasks", (task.created_at, task.id)))


async def list_assignments(
    deps: Deps, query: InboxQuery, *, first: int, after: str | None
) -> Page[tuple[Assignment, Task]]:
    """Open assignments, most urgent deadline first, each with its task. Raises InvalidInput, Unavailable."""
    place = InboxPlace(*cursors.time_id_and_name(after, "assignments")) if after is not None else None
    entries, _ = await deps.inbox.list_page(query, most=page_size(first) + 1, after=place)
    page = _page(entries, first, lambda entry: cursors.list_cursor("assignments", entry.place))
    tasks = await deps.tasks.get_many({entry.task_id for entry in page.nodes})
    nodes = [(entry.assignment, tasks[entry.task_id].task) for entry in page.nodes]
    return Page(nodes, page.has_next, page.end_cursor)


async def list_events(deps: Deps, query: EventQuery, *, first: int, after: str | None) -> EventPage:
    """Events of the log, oldest first, each with its task and cursor. Raises InvalidInput, Unavailable."""
    head = await deps.events.head(query.workspace)
    place = cursors.required_log_place(after, head) if after is not None else 0
    found = await deps.events.list_page(query, after=place, until=head.seq, most=page_size(first) + 1)
    tasks = await deps.tasks.get_many({logged.task_id for logged in found[:first]}) if found else {}
    return _event_page(tasks, found, first, head)


async def list_histories(deps: Deps, asked: Sequence[HistoryPage]) -> list[EventPage | Exception]:
    """The events of tasks of one workspace, oldest first: for each page asked for, in order, what it is, or
    InvalidInput. Raises Unavailable."""
    head = await deps.events.head(asked[0].task.workspace)
    places = [_history_place(page, head) for page in asked]
    good = [
        OfTask(page.task.id, place, page.first + 1)
        for page, place in zip(asked, places, strict=True)
        if isinstance(place, int)
    ]
    found = iter(await deps.events.list_of_tasks(good) if good else [])
    logged = [place if isinstance(place, InvalidInput) else next(found) for place in places]
    tasks = await deps.tasks.get_many(page.task.id for page, events in zip(asked, logged, strict=True) if events)
    return [
        events if isinstance(events, InvalidInput) else _event_page(tasks, events, page.first, head)
        for page, events in zip(asked, logged, strict=True)
    ]


def _history_place(page: HistoryPage, head: Head) -> int | InvalidInput:
    try:
        page_size(page.first, most=LARGEST_HISTORY_PAGE)
        return cursors.required_log_place(page.after, head) if page.after is not None else 0
    except InvalidInput as refusal:
        return refusal


async def list_timelines(deps: Deps, tasks: Sequence[Task]) -> list[list[TimelineStep]]:
    """For each task, in order, what has happened to it, and what will if nobody acts. Raises Unavailable."""
    past = await deps.events.list_of_tasks([OfTask(task.id, 0, MOST_TIMELINE_EVENTS) for task in tasks])
    reads = await deps.tasks.get_many(task.id for task in tasks)
    steps: list[list[TimelineStep]] = []
    # A timeline with a calendar may take some milliseconds.
    async for task, logged in in_slices(zip(tasks, past, strict=True)):
        events = [each.event for each in logged if each.version <= task.version]
        steps.append(timeline_of(task, events, reads[task.id].workplace))
    return steps


async def list_feedback(
    deps: Deps, query: FeedbackQuery, *, first: int, after: str | None
) -> Page[tuple[Feedback, Task]]:
    """Feedback, newest first, each with its task. Raises InvalidInput, Unavailable."""
    place = FeedbackPlace(*cursors.time_id_and_name(after, "feedback")) if after is not None else None
    found = await deps.feedback.list_page(query, most=page_size(first) + 1, after=place)
    page = _page(found, first, lambda node: cursors.list_cursor("feedback", (node[1].at, node[0], node[1].reviewer)))
    tasks = await deps.tasks.get_many({id_ for id_, _ in page.nodes})
    nodes = [(feedback, tasks[id_].task) for id_, feedback in page.nodes]
    return Page(nodes, page.has_next, page.end_cursor)


async def feedback_stats(deps: Deps, query: FeedbackQuery, keys: Sequence[str]) -> list[Stats]:
    """The figures of each group; with no keys, of all. Raises InvalidInput beyond MOST_GROUPS; Unavailable."""
    if twice := [Problem(f"/groupBy/{n}", f"{key} is given twice") for n, key in enumerate(keys) if key in keys[:n]]:
        raise InvalidInput(twice)
    stats = await deps.feedback.stats(query, keys=keys, most=MOST_GROUPS + 1)
    if len(stats) > MOST_GROUPS:
        raise InvalidInput([Problem("/groupBy", f"makes more than {MOST_GROUPS:,} groups; narrow the filter")])
    return stats or ([] if keys else [NOTHING])


async def list_reviewers(deps: Deps, principal: Principal, *, first: int, after: str | None) -> list[Reviewer]:
    """The directory's reviewers, by id. Raises NotAllowed, InvalidInput, Unavailable."""
    require_reader(principal)
    return await deps.directory.list_reviewers(principal.workspace, after=_past(after), most=page_size(first))


async def list_groups(deps: Deps, principal: Principal, *, first: int, after: str | None) -> list[Group]:
    """The directory's groups, by name. Raises NotAllowed, InvalidInput, Unavailable."""
    require_reader(principal)
    return await deps.directory.list_groups(principal.workspace, after=_past(after), most=page_size(first))


async def list_absences(deps: Deps, principal: Principal) -> list[Absence]:
    """Absences that are not over: all where the principal reads everything, else those it has a part in."""
    found = (await deps.directory.absences(principal.workspace)).absences
    whole = principal.tokens is None
    return [a for a in found if whole or (principal.assignees and principal.reviewer in {a.reviewer, a.delegate})]


async def list_keys(deps: Deps, principal: Principal) -> list[Key]:
    """The workspace's API keys, without their secrets, oldest first. Raises NotAllowed, Unavailable."""
    require_admin(principal)
    return await deps.keys.list_(principal.workspace)


async def list_calendars(deps: Deps, principal: Principal) -> list[Calendar]:
    """The workspace's calendars, by name. Raises Unavailable."""
    return await deps.directory.list_calendars(principal.workspace, most=MOST_CALENDARS)


def _past(after: str | None) -> str | None:
    problems: list[Problem] = []
    check_text(problems, "/after", after, longest=NAME_CHARACTERS)
    if problems:
        raise InvalidInput(problems)
    return after


def page_size(first: int, *, most: int = LARGEST_PAGE) -> int:
    """`first`, if it is 1 to `most`. Raises InvalidInput."""
    if not 1 <= first <= most:
        raise InvalidInput([Problem("/first", f"is {first}; a page has 1 to {most:,} nodes")])
    return first


def _wait_seconds(wait: str) -> float:
    try:
        span = parse_duration(wait)
    except ValueError as error:
        raise InvalidInput([Problem("/wait", str(error))]) from error
    if not timedelta(0) <= span <= LONGEST_WAIT:
        raise InvalidInput([Problem("/wait", f"is {wait}; a wait here is PT0S to PT60S, ask again after it")])
    return span.total_seconds()


def _event_page(tasks: Mapping[UUID, Read], found: Sequence[LoggedEvent], first: int, head: Head) -> EventPage:
    """A page of the log: after an empty one the next begins at the head, up to which there was nothing."""
    page = _page(found, first, lambda logged: cursors.log_cursor(head.epoch, logged.seq))
    nodes = [(e, tasks[e.task_id].task, cursors.log_cursor(head.epoch, e.seq)) for e in page.nodes]
    return Page(nodes, page.has_next, page.end_cursor or cursors.log_cursor(head.epoch, head.seq))


def _page(found: Sequence[Node], first: int, cursor: Callable[[Node], str]) -> Page[Node]:
    """A page of `first` nodes from one more than that, by which it is known whether more come."""
    nodes = list(found[:first])
    return Page(nodes, len(found) > first, cursor(nodes[-1]) if nodes else None)
