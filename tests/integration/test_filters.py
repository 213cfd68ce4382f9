"""The filters of tasks against the same question asked of the tasks in Python; paging while others change them."""

from __future__ import annotations

import asyncio
import random
import re
from datetime import datetime, timedelta
from itertools import islice, product
from typing import Any

import pytest

from app.deps import Deps
from app.domain.asking import DETAILS_CHARACTERS
from app.domain.cancelling import cancel_task
from app.domain.task import Task
from app.store.tasks import TaskQuery
from tests.factories import NOW, a_task, a_workspace, an_opening
from tests.histories import random_histories

pytestmark = pytest.mark.anyio

MOST = 1_000
WORDS = [
    "Expense",
    "expenses",
    "report",
    "Müller",
    "MÜLLERS",
    "müde",
    "Straße",
    "q4",
    "Q42",
    "1234",
    "12",
    "naïve",
    "don",
]
BETWEEN = [" ", " ", ", ", "' ", " & ", " | ", " :* ", " ! ", ' "', " \\ ", " (", ")\n", " <-> ", "; ", "%"]


async def found(deps: Deps, **given: Any) -> list[Task]:
    """What the database finds, and counts."""
    query = TaskQuery(**{"workspace": "w", "tokens": None, **given})
    tasks = await deps.tasks.list_page(query, most=MOST, after=None)
    assert await deps.tasks.count(query, most=MOST) == len(tasks)
    return tasks


def fits(task: Task, given: dict[str, Any]) -> bool:
    """The filter, in Python."""
    question, text = task.question, given.get("text")
    before, after = given.get("created_before"), given.get("created_after")
    due: datetime | None = given.get("deadline_before")
    return (
        given.get("created_by") in (None, task.created_by)
        and given.get("workflow") in (None, question.workflow)
        and ("status" not in given or task.status in given["status"])
        and given.get("label", {}).items() <= question.labels.items()
        and (due is None or (task.deadline_at is not None and task.deadline_at < due))
        and (before is None or task.created_at < before)
        and (after is None or task.created_at >= after)
        and (text is None or has_words(f"{question.prompt} {question.details or ''}", text))
    )


def has_words(text: str, wanted: str) -> bool:
    """Whether each word of `wanted` begins a word of `text`; no words at all find nothing."""
    words = re.findall(r"\w+", wanted.lower())
    return bool(words) and all(any(w.startswith(each) for w in re.findall(r"\w+", text.lower())) for each in words)


def newest_first(tasks: list[Task]) -> list[Task]:
    return sorted(tasks, key=lambda t: (t.created_at, t.id), reverse=True)


async def test_tasks_are_found_by_everything_that_a_filter_may_say(deps: Deps) -> None:
    await a_workspace(deps)
    chance = random.Random(5)
    tasks = await random_histories(deps, chance, 80)
    moments = [t.created_at for t in tasks] + [t.deadline_at for t in tasks if t.deadline_at]
    compared = 0
    for _ in range(150):
        wanted: dict[str, Any] = {
            "created_by": chance.choice(["workflow", "workflow", "other"]),
            "workflow": chance.choice(["expenses", "refunds"]),
            "status": chance.sample(["PENDING", "APPROVED", "EXPIRED"], 2),
            "label": {"agent": chance.choice(["a0", "a1", "a2"])},
            "deadline_before": chance.choice(moments),
            "created_before": chance.choice(moments),
            "created_after": chance.choice(moments),
            "text": chance.choice(["approve", "TRAVEL conf", "1234", "nothing"]),
        }
        given = {name: wanted[name] for name in chance.sample(list(wanted), chance.randrange(1, 4))}
        expected = newest_first([t for t in tasks if fits(t, given)])
        assert [t.id for t in await found(deps, **given)] == [t.id for t in expected], given
        compared += len(expected)
    assert compared > 500


async def test_a_time_itself_is_within_created_after_and_not_within_the_others(deps: Deps) -> None:
    await a_workspace(deps)
    task = a_task(labels={"agent": "a", "model": "m"})
    await deps.tasks.insert_many([an_opening(id=task.id, labels=dict(task.question.labels))])
    assert len(await found(deps, created_after=NOW)) == 1
    assert await found(deps, created_before=NOW) == []
    assert await found(deps, deadline_before=task.deadline_at) == []
    assert len(await found(deps, label={"agent": "a", "model": "m"})) == 1
    assert await found(deps, label={"agent": "a", "model": "x"}) == []
    assert await found(deps, label={"agent": ""}) == []


async def test_text_finds_tasks_in_which_each_of_its_words_begins_a_word(deps: Deps) -> None:
    await a_workspace(deps)
    chance = random.Random(6)

    def words(most: int) -> str:
        return "".join(chance.choice(WORDS) + chance.choice(BETWEEN) for _ in range(chance.randrange(1, most)))

    openings = [
        an_opening(now=NOW + timedelta(seconds=n), prompt=words(4), details=chance.choice([None, words(8)]))
        for n in range(60)
    ]
    await deps.tasks.insert_many(openings)
    compared = 0
    for _ in range(150):
        text = words(3)
        if chance.random() < 0.5:
            text = text[: chance.randrange(1, len(text) + 1)]
        expected = [o.task.id for o in reversed(openings) if fits(o.task, {"text": text})]
        assert [t.id for t in await found(deps, text=text)] == expected, text
        compared += len(expected)
    assert compared > 500


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("müll", True),
        ("MÜLL stra", True),
        ("Muller", False),
        ("O'Brien", True),
        ("o'br", True),
        ("'", False),
        ("'; DROP TABLE tasks; --", False),
        (r"back\slash", True),
        (r"\\ back", True),
        ("\\", False),
        (":*", False),
        ("bri:*", True),
        ("a & | ! <-> ()", True),  # of which "a" is a word, and begins "approve"
        ("& | ! <-> ()", False),
        ("", False),
        ("%_", False),
        ('"quoted"', True),
        ("approve approve", True),
        ("the approve", False),
        ("x" * 5_000, False),
        ("日本", True),
    ],
)
async def test_whatever_is_typed_is_text_and_never_a_query(deps: Deps, text: str, finds: bool) -> None:
    await a_workspace(deps)
    prompt = 'Approve Müller, Straße 4: O\'Brien "quoted" 日本語'
    await deps.tasks.insert_many([an_opening(prompt=prompt, details=r"it is back\slash here")])
    assert len(await found(deps, text=text)) == finds


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("Order AB-123", "123"),
        ("Order AB-123", "ab 12"),
        ("Order AB-123", "AB-1"),
        ("Travel/Conference", "conf"),
        ("Ask anna@example.com", "example"),
        ("See https://example.com/report-4", "report"),
        ("On 2026-11-25", "25"),
        ("Version 1.2.3", "2"),
        ("Pay $2,500.75", "75"),
        ("Rent „Miete“ \u2013 Müller", "miete"),
        ("Rent «Miete»", "miete"),
        ("Don\u2019t", "don't"),
        ("Don't", "don\u2019t"),
        ("Cafe\u0301 Mu\u0308ller", "müll café"),
        ("Café Müller", "cafe\u0301 MU\u0308LLER"),
        ("\ufb01nance \uff11\uff12\uff13", "finance 123"),
        ("فاتورة ١٢٣", "12"),
        ("Invoice 123", "१२३"),
        ("Οδυσσεύς", "ΟΔΥΣΣΕΎΣ"),
        ("ΟΔΟΣ 4", "οδος"),
        ("A <b>bold</b> &amp; brave", "amp b"),
        ("From 12-14", "12-14"),
        ("snake_case", "case"),
        ("At -5 degrees", "5"),
        ("Einzelzimmer-Zuschlag", "zuschl"),
    ],
)
async def test_a_word_is_found_whatever_stands_between_it_and_the_next(deps: Deps, prompt: str, text: str) -> None:
    await a_workspace(deps)
    await deps.tasks.insert_many([an_opening(prompt=prompt), an_opening(prompt="something else")])
    assert len(await found(deps, text=text)) == 1


@pytest.mark.parametrize("kind", ["that grow", "of four bytes"])
async def test_a_text_of_any_words_may_be_as_long_as_texts_may(deps: Deps, kind: str) -> None:
    """Square katakana grow to six times their length where they are made plain, and what may be searched for has a
    length of its own: a megabyte. As many different short words as fit take the most beside that."""
    if kind == "that grow":
        words = ("".join(word) + "\u3316" * 105 for word in product("\u3316\u3315\u3334\u3317\u3336", repeat=5))
    else:
        words = ("".join(word) for word in product(map(chr, range(0x20000, 0x2003C)), repeat=3))
    details = " ".join(islice(words, 25_000))[:DETAILS_CHARACTERS]
    await a_workspace(deps)
    opening = an_opening(details=details)
    assert await deps.tasks.insert_many([opening]) == {opening.task.id}


async def test_a_label_is_no_word_of_the_text(deps: Deps) -> None:
    await a_workspace(deps)
    await deps.tasks.insert_many([an_opening(prompt="Approve it", labels={"agent": "refunder"})])
    for text in ("l", "lab", "label", "label:", "agent", "refunder", ":"):
        assert await found(deps, text=text) == [], text
    assert len(await found(deps, text="approve", label={"agent": "refunder"})) == 1


@pytest.mark.parametrize("seed", [1, 2])
async def test_paging_skips_and_repeats_none_while_others_open_and_change_tasks(deps: Deps, seed: int) -> None:
    await a_workspace(deps)
    chance = random.Random(seed)
    tasks = {o.task.id: o.task for o in (an_opening(now=NOW + timedelta(seconds=n // 10)) for n in range(60))}
    await deps.tasks.insert_many([an_opening(now=t.created_at, id=t.id) for t in tasks.values()])
    pending = dict(tasks)
    seen: dict[str, list[Task]] = {"all": [], "pending": []}

    async def page(name: str, status: list[str] | None) -> bool:
        last = seen[name][-1] if seen[name] else None
        query = TaskQuery(workspace="w", tokens=None, status=status)
        nodes = await deps.tasks.list_page(query, most=7, after=(last.created_at, last.id) if last else None)
        seen[name] += nodes
        return bool(nodes)

    async def others() -> None:
        later = NOW + timedelta(days=1, seconds=len(seen["all"]))
        await deps.tasks.insert_many([an_opening(now=later) for _ in range(3)])
        gone = chance.sample(list(pending), 2)
        await deps.tasks.save_many([cancel_task(pending.pop(id_), by="w", reason=None, now=NOW) for id_ in gone])

    more = True
    while more:
        one, other, _ = await asyncio.gather(page("all", None), page("pending", ["PENDING"]), others())
        more = one or other
    ids = {name: [task.id for task in nodes] for name, nodes in seen.items()}
    assert all(len(each) == len(set(each)) for each in ids.values()), "none twice"
    known = [id_ for id_ in ids["all"] if id_ in tasks]
    assert known == [task.id for task in newest_first(list(tasks.values()))]
    assert set(pending) <= set(ids["pending"]), "none that stayed in the list was skipped"


async def test_a_tasks_words_are_those_that_the_migration_made(deps: Deps) -> None:
    """The statement that opens tasks has `words_of` written out."""
    await a_workspace(deps)
    labels: list[dict[str, str]] = [{}, {"agent": "a/b~c", "model": ""}]
    await deps.tasks.insert_many([an_opening(details=d, labels=of) for d in (None, "# Ünïcödé, a/b") for of in labels])
    found = await deps.database.fetch(
        "SELECT words = words_of(t.prompt, t.details, t.labels) AS same FROM tasks t JOIN task_words ON task_id = t.id"
    )
    assert [row["same"] for row in found] == [True] * 4
