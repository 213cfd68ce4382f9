"""Cursors: what was given out is read back, and nothing else is."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import InvalidInput
from app.service.cursors import (
    inbox_cursor,
    inbox_place,
    list_cursor,
    log_cursor,
    log_place,
    required_log_place,
    rights_of,
    time_and_id,
    time_id_and_name,
)
from app.store.events import Head
from tests.factories import NOW

HEAD = Head(100, "0a1b2c3d")
ID = UUID("0198c0de-0000-7000-8000-000000000001")
AT = st.datetimes(
    min_value=datetime(1970, 1, 2),
    max_value=datetime(9999, 12, 30),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)


def read_log(cursor: str) -> object:
    return log_place(cursor, HEAD)


def read_tasks(cursor: str) -> object:
    return time_and_id(cursor, "tasks")


def read_assignments(cursor: str) -> object:
    return time_id_and_name(cursor, "assignments")


def read_feedback(cursor: str) -> object:
    return time_id_and_name(cursor, "feedback")


READS: list[Callable[[str], object]] = [read_log, read_tasks, read_assignments, read_feedback]


def forged(place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def check_refused(read: Callable[[str], object], cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(cursor)
    (problem,) = refused.value.problems
    assert problem.path == "/after"
    assert problem.message == "is not a cursor; give back one that this list or log gave you"


@settings(deadline=None)
@given(st.integers(0, 2**62), st.text("0123456789abcdef", min_size=1, max_size=8))
def test_a_place_in_a_log_comes_back(seq: int, epoch: str) -> None:
    assert log_place(log_cursor(epoch, seq), Head(seq, epoch)) == seq
    assert required_log_place(log_cursor(epoch, seq), Head(2**62, epoch)) == seq


@settings(deadline=None)
@given(AT, st.uuids(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_place_in_a_list_comes_back(at: datetime, id_: UUID, name: str) -> None:
    assert time_and_id(list_cursor("tasks", (at, id_)), "tasks") == (at, id_)
    assert time_id_and_name(list_cursor("feedback", (at, id_, name)), "feedback") == (at, id_, name)


def test_a_cursor_is_made_of_what_needs_no_escaping_in_a_url() -> None:
    assert set(list_cursor("feedback", (NOW, ID, "ÿþ?>~"))) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


@pytest.mark.parametrize(
    "cursor", [log_cursor("ffffffff", 5), log_cursor("", 5), log_cursor(HEAD.epoch, 101), log_cursor(HEAD.epoch, 2**63)]
)
def test_a_cursor_of_another_epoch_or_past_the_head_is_of_another_log(cursor: str) -> None:
    assert log_place(cursor, HEAD) is None
    with pytest.raises(InvalidInput, match=r"/after: belongs to another log.*start without it"):
        required_log_place(cursor, HEAD)


def test_a_cursor_at_the_head_is_of_this_log() -> None:
    assert required_log_place(log_cursor(HEAD.epoch, 100), HEAD) == 100
    assert required_log_place(log_cursor(HEAD.epoch, 0), HEAD) == 0


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(
    "cursor",
    [
        *("", " ", "A", "====", "garbage", "!!!!", "W10=", "W10 ", "\0", "ä", "\ud800", "é" * 3, "A" * 100_001),
        *map(forged, [None, 1, "x", {}, [], [1], ["a", "b"], ["a", -1], ["a", 1.5], [1, 1], ["a", None], [[], 1]]),
        *map(
            forged, [["a", 1, 1], ["tasks", NOW.isoformat(), "x"], ["tasks", "x", str(ID)], [NOW.isoformat(), str(ID)]]
        ),
        *map(forged, [["tasks", NOW.replace(tzinfo=None).isoformat(), str(ID)], ["tasks", None, str(ID)]]),
        *map(forged, [["feedback", "x", str(ID), "n"], ["feedback", NOW.isoformat(), str(ID), 1], ["a", 1, 1]]),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
        forged([HEAD.epoch, 5])[:-2],
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, str) else None,
)
def test_what_is_no_cursor_is_refused(read: Callable[[str], object], cursor: str) -> None:
    check_refused(read, cursor)


@pytest.mark.parametrize("read", READS)
def test_a_cursor_of_another_kind_is_refused(read: Callable[[str], object]) -> None:
    """A list that took one of another for its own would begin anywhere, or seem to be at its end."""
    kinds: dict[Callable[[str], object], str] = {
        read_log: log_cursor(HEAD.epoch, 5),
        read_tasks: list_cursor("tasks", (NOW, ID)),
        read_assignments: list_cursor("assignments", (NOW, ID, "reviewer:anna ")),
        read_feedback: list_cursor("feedback", (NOW, ID, "anna")),
    }
    assert read(kinds.pop(read))
    for cursor in kinds.values():
        check_refused(read, cursor)


@settings(deadline=None)
@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_text_is_read_or_refused_and_nothing_else_is_raised(text: str) -> None:
    for read in READS:
        with suppress(InvalidInput):
            assert read(text) is not None or read is read_log


@pytest.mark.parametrize(
    ("read", "place"),
    [
        (read_tasks, ["tasks", "0001-01-01T00:00:00+14:00", str(ID)]),
        (read_tasks, ["tasks", "9999-12-31T23:59:59-14:00", str(ID)]),
        (read_feedback, ["feedback", NOW.isoformat(), str(ID), "a\0"]),
    ],
)
def test_a_forged_cursor_that_no_database_could_be_asked_with_is_refused(
    read: Callable[[str], object], place: list[str]
) -> None:
    check_refused(read, forged(place))


def test_a_place_in_an_inbox_is_of_the_rights_with_which_it_was_given() -> None:
    rights = rights_of(["legal", "finance"])
    assert rights == rights_of(["finance", "legal"]), "in whatever order"
    assert len({rights, rights_of(["legal"]), rights_of([]), rights_of(["legalfinance"])}) == 4
    cursor = inbox_cursor(HEAD.epoch, 5, rights)
    assert inbox_place(cursor, HEAD, rights) == 5
    assert inbox_place(cursor, HEAD, rights_of(["legal"])) is None
    assert inbox_place(log_cursor(HEAD.epoch, 5), HEAD, rights) == 5
