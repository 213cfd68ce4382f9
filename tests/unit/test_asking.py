"""What is refused when a task is opened: each rule, by its JSON pointer, saying what would be right."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Any

import pytest

from app.domain.asking import AssigneeRequest, check_question
from app.domain.errors import InvalidInput, Problem
from app.domain.task import ApprovalRule, Assignee, FinalStrategy, Json, Question, TimeoutStrategy, Urgency
from tests.factories import a_request, groups, level, reviewers

ESCALATE = TimeoutStrategy.ESCALATE
AT_LEAST = ApprovalRule.AT_LEAST
EMPTY = "^is empty$"
NUL = "U[+]0000, which cannot be stored; leave it out"
MEANT = r"write an ISO 8601 duration such as PT1H"
RANGE = r"a duration here is 1 second \(PT1S\) to 366 days \(P366D\)"
ONE_OF = "^give exactly one of reviewer and group$"
UNSEEN = "^has no character that can be seen$"
CONTROL = r"^holds a control character, U\+000A; leave it out$"
REMINDERS = "/timeout/reminders"
OURS = "^may not begin with 'system:'"


def asked(**given: Any) -> Question:
    return check_question(a_request(**given))


def problems(**given: Any) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInput) as refused:
        asked(**given)
    return refused.value.problems


def nested(deep: int) -> Json:
    value: Json = {}
    for _ in range(deep - 1):
        value = {"a": value}
    return value


def people(number: int) -> list[AssigneeRequest]:
    return reviewers(*(f"r{n}" for n in range(number)))


def levels(number: int, **given: Any) -> dict[str, Any]:
    return {"strategy": ESCALATE, "escalate_to": [level(f"b{n}") for n in range(number)], **given}


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("prompt empty", {"prompt": ""}, "/prompt", EMPTY),
    ("prompt of white space", {"prompt": " \n\t"}, "/prompt", EMPTY),
    ("prompt too long", {"prompt": "x" * 4_000}, "/prompt", "has 4,000 characters; at most 3,999 are allowed"),
    ("prompt with NUL", {"prompt": "Pay\0?"}, "/prompt", NUL),
    ("prompt with half a pair", {"prompt": "Pay \ud83d?"}, "/prompt", "surrogate pair, which is not a character"),
    ("prompt unseen", {"prompt": "\u200b \ufeff"}, "/prompt", UNSEEN),
    ("details too long", {"details": "x" * 100_001}, "/details", "at most 100,000 are allowed"),
    ("details with NUL", {"details": "\0"}, "/details", NUL),
    ("workflow empty", {"workflow": ""}, "/workflow/name", EMPTY),
    ("workflow too long", {"workflow": "x" * 256}, "/workflow/name", "has 256 characters; at most 255 are allowed"),
    ("workflow unseen", {"workflow": "\u200b"}, "/workflow/name", UNSEEN),
    ("run empty", {"run_id": ""}, "/workflow/runId", EMPTY),
    ("step too long", {"step": "x" * 256}, "/workflow/step", "at most 255 are allowed"),
    ("key empty", {"idempotency_key": ""}, "/idempotencyKey", EMPTY),
    ("key too long", {"idempotency_key": "k" * 256}, "/idempotencyKey", "has 256 characters; at most 255 are allowed"),
    ("key with NUL", {"idempotency_key": "k\0"}, "/idempotencyKey", NUL),
    ("context a list", {"context": [1]}, "/context", r"is not an object; send the facts as \{name: value\}"),
    ("context a string", {"context": "x"}, "/context", "is not an object; send the facts as"),
    ("context too large", {"context": {"a": "x" * 262_137}}, "/context", "262,145 bytes.*at most 262,144 are allowed"),
    ("context large in UTF-8", {"context": {"a": "ä" * 131_069}}, "/context", "262,146 bytes as JSON"),
    ("context too deep", {"context": nested(65)}, "/context", "is nested more than 64 deep"),
    ("context with NUL deep in", {"context": {"a": [1, {"b": "\0"}]}}, "/context/a/1/b", NUL),
    ("context with NUL in a name", {"context": {"a": {"b\0": 1}}}, "/context/a", NUL),
    ("context beyond 64 bits", {"context": {"a/b": {"m~n": 2**63}}}, "/context/a~1b/m~0n", "64 bits; send it as a str"),
    ("context below 64 bits", {"context": {"n": -(2**63)}}, "/context/n", "beyond 64 bits; send it as a string"),
    ("context far beyond 64 bits", {"context": {"n": [float(2**64 + 1)]}}, "/context/n/0", "beyond 64 bits; send it"),
    ("context far below 64 bits", {"context": {"n": -1e300}}, "/context/n", "beyond 64 bits; send it as a string"),
    ("context just beyond, a float", {"context": {"n": 2.0**63}}, "/context/n", "beyond 64 bits; send it as a string"),
    ("context not finite", {"context": {"n": float("nan")}}, "/context/n", "is not a finite number"),
    ("schema not an object", {"answer_schema": "x"}, "/answerSchema", "is not a JSON Schema object"),
    ("schema too large", {"answer_schema": {"title": "x" * 65_536}}, "/answerSchema", "at most 65,536 are allowed"),
    ("labels a list", {"labels": ["a"]}, "/labels", r"is not an object; send \{name: text\}"),
    (
        "labels too many",
        {"labels": {f"l{n}": "" for n in range(21)}},
        "/labels",
        "has 21 labels; at most 20 are",
    ),
    ("label not a string", {"labels": {"a": 1}}, "/labels/a", "is not a string"),
    ("label's name escaped", {"labels": {"a/b~c": None}}, "/labels/a~1b~0c", "is not a string"),
    ("label too long", {"labels": {"a": "x" * 256}}, "/labels/a", "at most 255 are allowed"),
    ("label with NUL", {"labels": {"a": "\0"}}, "/labels/a", NUL),
    ("label without a name", {"labels": {"": "x"}}, "/labels/", EMPTY),
    (
        "scores too many",
        {"scores": [f"s{n}" for n in range(21)]},
        "/feedback/scores",
        "21 names; at most 20 are",
    ),
    ("label's name unseen", {"labels": {"\u00ad": "x"}}, "/labels/\u00ad", UNSEEN),
    ("reminders too many", {"reminders": [n / 20 for n in range(11)]}, REMINDERS, "11 entries; at most 10 are allowed"),
    ("reminder at the beginning", {"reminders": [0.0, 0.5]}, REMINDERS, "must hold shares of a level's time"),
    ("reminder at the end", {"reminders": [0.5, 1.0]}, REMINDERS, "numbers between 0 and 1"),
    ("reminder that is no number", {"reminders": [float("nan")]}, REMINDERS, "numbers between 0 and 1"),
    ("reminder twice", {"reminders": [0.5, 0.5]}, REMINDERS, "is not in order; send each share once, smallest first"),
    ("reminders backwards", {"reminders": [0.9, 0.5]}, REMINDERS, "is not in order; send each share once, smallest"),
    ("calendar unseen", {"calendar": "\u2060"}, "/timeout/calendar", UNSEEN),
    ("score empty", {"scores": ["tone", ""]}, "/feedback/scores/1", EMPTY),
    ("score twice", {"scores": ["tone", "tact", "tone"]}, "/feedback/scores/2", "'tone' is given twice"),
    ("nobody", {"assignees": []}, "/assignees", "is empty; name at least one reviewer or group"),
    ("neither", {"assignees": [AssigneeRequest()]}, "/assignees/0", ONE_OF),
    ("both", {"assignees": [*people(1), AssigneeRequest("anna", "finance")]}, "/assignees/1", ONE_OF),
    ("reviewer empty", {"assignees": reviewers("")}, "/assignees/0/reviewer", EMPTY),
    ("group too long", {"assignees": groups("g", "x" * 256)}, "/assignees/1/group", "at most 255 are allowed"),
    ("reviewer unseen", {"assignees": reviewers("a", "\u200b")}, "/assignees/1/reviewer", UNSEEN),
    ("group of a blank letter", {"assignees": groups("\u3164")}, "/assignees/0/group", UNSEEN),
    ("reviewer of ours", {"assignees": reviewers("system:timeout")}, "/assignees/0/reviewer", OURS),
    ("group of ours", {"assignees": groups("system:")}, "/assignees/0/group", OURS),
    ("reviewer over two lines", {"assignees": reviewers("an\nna")}, "/assignees/0/reviewer", CONTROL),
    ("reviewer twice", {"assignees": reviewers("a", "b", "a")}, "/assignees/2", "^reviewer 'a' is given twice$"),
    ("group twice", {"assignees": groups("a", "a")}, "/assignees/1", "^group 'a' is given twice$"),
    ("too many people", {"assignees": people(101)}, "/assignees", r"has 101 entries; at most 100 are.*\(use a group\)"),
    ("no levels", {"strategy": ESCALATE}, "/timeout/escalateTo", "is missing; ESCALATE needs at least one level"),
    ("levels empty", levels(0), "/timeout/escalateTo", "is missing; ESCALATE needs at least one level"),
    ("levels with FAIL", {"escalate_to": [level("b")]}, "/timeout/escalateTo", "ESCALATE only, not with FAIL"),
    (
        "levels with AUTO_APPROVE",
        levels(1, strategy=TimeoutStrategy.AUTO_APPROVE),
        "/timeout/escalateTo",
        "goes with strategy ESCALATE only, not with AUTO_APPROVE",
    ),
    ("11 levels", levels(11), "/timeout/escalateTo", "has 11 levels; at most 10 are allowed"),
    ("level of nobody", levels(0, escalate_to=[level()]), "/timeout/escalateTo/0/assignees", "is empty; name at least"),
    (
        "level of ours",
        levels(0, escalate_to=[level("b"), level("system:absence")]),
        "/timeout/escalateTo/1/assignees/0/reviewer",
        OURS,
    ),
    (
        "level with a double",
        levels(0, escalate_to=[level("b"), level("c", "c")]),
        "/timeout/escalateTo/1/assignees/1",
        "reviewer 'c' is given twice",
    ),
    ("atLeast missing", {"rule": AT_LEAST}, "/approval/atLeast", "AT_LEAST needs a number of approvals, 1 or more"),
    ("atLeast 0", {"rule": AT_LEAST, "at_least": 0}, "/approval/atLeast", "AT_LEAST needs a number of.*1 or more"),
    ("atLeast -1", {"rule": AT_LEAST, "at_least": -1}, "/approval/atLeast", "AT_LEAST needs a number of.*1 or more"),
    (
        "atLeast 2 of 1",
        {"rule": AT_LEAST, "at_least": 2},
        "/approval/atLeast",
        "is 2, but only 1 reviewers can",
    ),
    (
        "atLeast over the chain",
        levels(0, escalate_to=[level("anna", "b")], rule=AT_LEAST, at_least=3),
        "/approval/atLeast",
        "is 3, but only 2 reviewers can ever be asked",
    ),
    ("atLeast with ANY", {"at_least": 1}, "/approval/atLeast", "goes with rule AT_LEAST only, not with ANY"),
    ("atLeast with ALL", {"rule": ApprovalRule.ALL, "at_least": 1}, "/approval/atLeast", "AT_LEAST only, not with ALL"),
]

SPANS = [
    ("PT0S", RANGE),
    ("PT0.999999S", RANGE),
    ("-PT1H", RANGE),
    ("P367D", RANGE),
    ("P366DT0.000001S", RANGE),
    ("P1M", r"calendar parts \(years, months\).*write days: P30D"),
    ("1 hour", f"is not a duration; {MEANT}"),
    ("", f"is not a duration; {MEANT}"),
    ("P" + "9" * 70 + "D", f"more than 64; {MEANT}"),
]


@pytest.mark.parametrize(("given", "path", "message"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_bad_input_is_refused_by_its_pointer_saying_what_would_be_right(
    given: dict[str, Any], path: str, message: str
) -> None:
    (problem,) = problems(**given)
    assert problem.path == path
    assert re.search(message, problem.message), problem.message


@pytest.mark.parametrize(("text", "message"), SPANS)
def test_a_bad_time_is_refused_at_the_first_level(text: str, message: str) -> None:
    (problem,) = problems(after=text)
    assert problem.path == "/timeout/after"
    assert re.search(message, problem.message), problem.message


@pytest.mark.parametrize(("text", "message"), SPANS)
def test_a_bad_time_is_refused_at_the_level_that_has_it(text: str, message: str) -> None:
    (problem,) = problems(strategy=ESCALATE, escalate_to=[level("b"), level("c"), level("d", after=text)])
    assert problem.path == "/timeout/escalateTo/2/after"
    assert re.search(message, problem.message), problem.message


@pytest.mark.parametrize(
    "given",
    [
        {"prompt": "x" * 3_999},
        {"details": ""},
        {"context": {"a": "x" * 262_136}},
        {"context": {"a": "ä" * 131_068}},
        {"context": nested(64)},
        {"context": {"n": 2**63 - 1, "m": -(2**63 - 1), "zero": -0.0, "none": None}},
        {"context": {"n": math.nextafter(2.0**63, 0), "m": -math.nextafter(2.0**63, 0), "small": 5e-324, "half": 0.5}},
        {"idempotency_key": "k" * 255},
        {"labels": {f"l{n}": "x" * 255 for n in range(20)}},
        {"scores": [f"s{n}" for n in range(20)]},
        {"reminders": [n / 11 for n in range(1, 11)]},
        {"reminders": [5e-324, math.nextafter(1.0, 0)]},
        {"assignees": people(100)},
        {"assignees": [*reviewers("finance"), *groups("finance")]},
        {"assignees": reviewers("Anna B.", "anna@example.org/eu", "Zoë", "山田\u3000太郎", "1", "systems:x")},
        {"assignees": groups("finance: system:", "👩\u200d💻", "می\u200cخواهم", "Team\u00a0A")},  # noqa: RUF001
        {"after": "PT1S"},
        {"after": "P366D"},
        levels(10),
        {"rule": AT_LEAST, "at_least": 2, "assignees": people(2)},
        levels(0, escalate_to=[level("b")], rule=AT_LEAST, at_least=2),
        {"rule": AT_LEAST, "at_least": 1_000, "assignees": groups("finance")},
        {"rule": AT_LEAST, "at_least": 3, "assignees": [*people(1), *groups("finance")]},
    ],
)
def test_what_is_just_within_a_limit_passes(given: dict[str, Any]) -> None:
    request = a_request(**given)
    question = check_question(request)
    assert (question.prompt, question.details, question.context) == (
        request.prompt,
        request.details,
        request.context or {},
    )
    assert len(question.levels) == 1 + len(request.escalate_to or ())
    assert len(question.levels[0].assignees) == len(request.assignees)


def test_all_problems_are_reported_at_once() -> None:
    found = problems(
        idempotency_key="",
        workflow="",
        run_id="",
        prompt="",
        details="\0",
        context=[],
        answer_schema=[],
        labels={"a": 1, "b": 2},
        scores=[""],
        assignees=[AssigneeRequest(), *reviewers("a", "a")],
        after="soon",
        escalate_to=[level(after="later")],
        at_least=2,
    )
    assert [p.path for p in found] == [
        *("/idempotencyKey", "/workflow/name", "/workflow/runId", "/prompt", "/details", "/context", "/answerSchema"),
        *("/labels/a", "/labels/b", "/feedback/scores/0", "/timeout/after", "/assignees/0", "/assignees/2"),
        *("/timeout/escalateTo", "/timeout/escalateTo/0/after", "/timeout/escalateTo/0/assignees", "/approval/atLeast"),
    ]


def test_too_many_levels_are_the_only_problem_where_all_of_them_together_reach_the_number() -> None:
    assert [p.path for p in problems(**levels(11, rule=AT_LEAST, at_least=5))] == ["/timeout/escalateTo"]


@pytest.mark.parametrize(
    ("urgency", "first"),
    [
        (Urgency.URGENT, timedelta(hours=1)),
        (Urgency.ROUTINE, timedelta(hours=24)),
        (Urgency.COMPLIANCE, timedelta(days=7)),
    ],
)
def test_the_urgency_gives_the_time_and_later_levels_inherit_it(urgency: Urgency, first: timedelta) -> None:
    question = asked(urgency=urgency, strategy=ESCALATE, escalate_to=[level("b"), level("c", after="PT5M"), level("d")])
    assert [step.after for step in question.levels] == [first, first, timedelta(minutes=5), first]


def test_a_time_given_overrides_the_urgency_and_later_levels_inherit_it() -> None:
    question = asked(
        urgency=Urgency.URGENT, after="PT2H", strategy=ESCALATE, escalate_to=[level("b"), level("c", after="P1D")]
    )
    assert [step.after for step in question.levels] == [timedelta(hours=2), timedelta(hours=2), timedelta(days=1)]


def test_what_is_not_given_has_the_contracts_defaults() -> None:
    question = asked(assignees=[*reviewers("anna"), *groups("finance")])
    assert (question.context, question.labels, question.scores, question.at_least) == ({}, {}, (), None)
    assert (question.rule, question.urgency) == (ApprovalRule.ANY, Urgency.ROUTINE)
    assert (question.strategy, question.when_exhausted) == (TimeoutStrategy.FAIL, FinalStrategy.FAIL)
    assert (question.rating_required, question.separation_of_duties) == (False, False)
    assert question.levels[0].assignees == (Assignee("reviewer", "anna"), Assignee("group", "finance"))
