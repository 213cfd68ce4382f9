"""Checks that several inputs share. Each adds to a list of problems, so that a caller hears of all of them at once."""

from __future__ import annotations

import json
import math
import unicodedata
from datetime import timedelta

from app.domain.duration import parse_duration
from app.domain.errors import Problem
from app.domain.task import Json

NAME_CHARACTERS = 255
MESSAGE_CHARACTERS = 300
SHORTEST_SPAN = timedelta(seconds=1)
LONGEST_SPAN = timedelta(days=366)
DEEPEST_JSON = 64
LARGEST_INTEGER = 2**63 - 1
MOST_OF_A_NUMBER = 32
"""The most bytes that a number, a word (true) or the quotation marks or brackets of a value take, with a comma."""
MOST_OF_A_CHARACTER = 6
"""Bytes: a control character is written as an escape, \\u001f; any other takes four in UTF-8."""
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me"})
"""The categories of Unicode that show nothing alone: controls, formats, white space, marks on other characters."""
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""They show nothing either, though by their categories they are letters and a symbol."""

_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def check_text(problems: list[Problem], path: str, text: str | None, *, longest: int, required: bool = False) -> None:
    """`text` may have up to `longest` characters and, where `required`, at least one that can be seen."""
    if text is None:
        return
    if required and not text.strip():
        problems.append(Problem(path, "is empty"))
    elif len(text) > longest:
        problems.append(Problem(path, f"has {len(text):,} characters; at most {longest:,} are allowed"))
    elif unstorable := _unstorable(text):
        problems.append(Problem(path, unstorable))
    elif required and not (text.isascii() and text.isprintable()) and not any(map(_is_seen, text)):
        problems.append(Problem(path, "has no character that can be seen"))


def check_json(problems: list[Problem], path: str, value: Json, *, most_bytes: int) -> None:
    """`value` may take up to `most_bytes` as compact JSON, be 64 deep, and hold only what PostgreSQL can store."""
    if value is None or value == {}:
        return
    found, at_most = _first_unstorable(value, path)
    if found:
        problems.append(found)
    elif at_most > most_bytes and (size := len(_compact(value).encode())) > most_bytes:
        problems.append(Problem(path, f"takes {size:,} bytes as JSON; at most {most_bytes:,} are allowed"))


def checked_span(problems: list[Problem], path: str, text: str) -> timedelta | None:
    """`text` as a span of 1 second to 366 days; None, and a problem, where it is not one."""
    try:
        span = parse_duration(text)
    except ValueError as error:
        problems.append(Problem(path, str(error)))
        return None
    if not SHORTEST_SPAN <= span <= LONGEST_SPAN:
        problems.append(Problem(path, f"is {text}; a duration here is 1 second (PT1S) to 366 days (P366D)"))
        return None
    return span


def escaped(key: str) -> str:
    """`key` as one part of a JSON pointer (RFC 6901, section 3)."""
    return key.replace("~", "~0").replace("/", "~1")


def in_short(message: str) -> str:
    """A library's message, cut after 300 characters: it quotes what it speaks of, however long that is."""
    return message if len(message) <= MESSAGE_CHARACTERS else f"{message[:MESSAGE_CHARACTERS]} ..."


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in _UNSEEN and character not in _BLANK


def _unstorable(text: str) -> str | None:
    if "\0" in text:
        return "holds the character U+0000, which cannot be stored; leave it out"
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        return "holds half of a surrogate pair, which is not a character; leave it out"
    return None


def _first_unstorable(value: Json, path: str) -> tuple[Problem | None, int]:
    """The first part of `value` that cannot be stored; and how many bytes it takes at most, as compact JSON.

    Walks without recursion: depth is what it guards against.
    """
    rest: list[tuple[tuple[str, ...], Json]] = [((), value)]
    at_most = 0
    while rest:
        at, part = rest.pop()
        if len(at) >= DEEPEST_JSON:
            return Problem(path, f"is nested more than {DEEPEST_JSON} deep"), at_most
        wrong: str | None = None
        at_most += MOST_OF_A_NUMBER
        if isinstance(part, str):
            wrong = _unstorable(part)
            at_most += MOST_OF_A_CHARACTER * len(part)
        elif isinstance(part, dict):
            wrong = next((found for key in part if (found := _unstorable(key))), None)
            rest += [((*at, key), inner) for key, inner in part.items()]
            at_most += sum(MOST_OF_A_CHARACTER * len(key) + len('"":') for key in part)
        elif isinstance(part, list):
            rest += [((*at, str(n)), inner) for n, inner in enumerate(part)]
        elif isinstance(part, float) and not math.isfinite(part):
            wrong = "is not a finite number"
        # A float, too: JSON's reader makes one of an integer from 2**64 on, and changes it so. From 2**63 on all are
        # whole, so that 1e300 cannot be told from an integer of 301 digits.
        elif isinstance(part, int | float) and abs(part) > LARGEST_INTEGER:
            wrong = "is beyond 64 bits; send it as a string"
        if wrong:
            return Problem("/".join([path, *map(escaped, at)]), wrong), at_most
    return None, at_most
