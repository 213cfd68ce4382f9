"""Cursors: opaque to callers, a place in a log or in a list to us."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from app.domain.errors import InvalidInput, Problem
from app.store.events import Head


def log_cursor(epoch: str, seq: int) -> str:
    """The place of event number `seq` in a log."""
    return _encoded([epoch, seq])


def inbox_cursor(epoch: str, seq: int, rights: str) -> str:
    """The place of event number `seq` in a log, as seen with these rights."""
    return _encoded([epoch, seq, rights])


def inbox_place(cursor: str, head: Head, rights: str) -> int | None:
    """As `log_place`; None, too, where the cursor was given with other rights: what these show was not shown then."""
    place = log_place(cursor, head)
    match _decoded(cursor):
        case [_, _, str(then)] if then != rights:
            return None
    return place


def rights_of(groups: Iterable[str]) -> str:
    """A short text that differs where the groups do."""
    return hashlib.sha256("\0".join(sorted(groups)).encode()).hexdigest()[:12]


def log_place(cursor: str, head: Head) -> int | None:
    """The number of the event at `cursor`; None where it is not of this log's epoch, or past its head.

    Raises InvalidInput where it is no cursor of a log at all.
    """
    match _decoded(cursor):
        case [str(epoch), int(seq)] | [str(epoch), int(seq), str()] if seq >= 0:
            return seq if epoch == head.epoch and seq <= head.seq else None
    raise _malformed()


def required_log_place(cursor: str, head: Head) -> int:
    """As `log_place`, where a cursor of another log is refused with InvalidInput."""
    place = log_place(cursor, head)
    if place is None:
        raise InvalidInput(
            [Problem("/after", "belongs to another log (was the service restored from a backup?); start without it")]
        )
    return place


def list_cursor(of: str, place: Sequence[Any]) -> str:
    """A place in the list of that name: times, ids and text."""
    return _encoded([of, *place])


def time_and_id(cursor: str, of: str) -> tuple[datetime, UUID]:
    """The place in the list `of`, ordered by time and id. Raises InvalidInput, also where it is of another list."""
    match _decoded(cursor):
        case [str(list_), str(at), str(id_)] if list_ == of:
            return _time(at), _uuid(id_)
    raise _malformed()


def time_id_and_name(cursor: str, of: str) -> tuple[datetime, UUID, str]:
    """The place in the list `of`, ordered by time, id and a name. Raises InvalidInput as `time_and_id` does."""
    match _decoded(cursor):
        case [str(list_), str(at), str(id_), str(name)] if list_ == of and "\0" not in name:
            return _time(at), _uuid(id_), name
    raise _malformed()


def _encoded(place: list[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def _decoded(cursor: str) -> Any:
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        return orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise _malformed() from error


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        utc = at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _malformed() from error
    if at.tzinfo is None:
        raise _malformed()
    return utc


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise _malformed() from error


def _malformed() -> InvalidInput:
    return InvalidInput([Problem("/after", "is not a cursor; give back one that this list or log gave you")])
