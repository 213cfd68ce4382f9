"""The scalars of the API. A duration stays text here: the domain says what is wrong with one, and where."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError

Duration = NewType("Duration", str)
Json = NewType("Json", object)
Cursor = NewType("Cursor", str)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise GraphQLError("is not a string")
    return value


def _parse_time(value: object) -> datetime:
    text = _text(value)
    try:
        at = datetime.fromisoformat(text.upper())  # RFC 3339, section 5.6: t and z are T and Z
        utc = at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise GraphQLError(f"'{text[:64]}' is not a time; send RFC 3339, such as 2026-01-31T12:00:00Z") from error
    if at.tzinfo is None:
        raise GraphQLError(f"'{text}' has no offset; add Z or +01:00")
    return utc


def _write_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


SCALARS: dict[object, Any] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="RFC 3339, always with an offset; the server answers in UTC.",
        serialize=_write_time,
        parse_value=_parse_time,
    ),
    Duration: strawberry.scalar(
        name="Duration",
        description="ISO 8601 duration, PT1H or P7D. Calendar parts (months, years) are refused.",
        serialize=_text,
        parse_value=_text,
    ),
    Json: strawberry.scalar(name="JSON", description="Any JSON value.", serialize=lambda v: v, parse_value=lambda v: v),
    Cursor: strawberry.scalar(
        name="Cursor",
        description="Opaque position: in the event log of a workspace (subscriptions, events, history), or in a list. "
        "Give it back as `after`, where it came from.",
        serialize=_text,
        parse_value=_text,
    ),
}
