"""Advice: each rule speaks where it should, and is silent where there is nothing to better."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.advice import advise
from app.domain.asking import check_question
from app.domain.task import TimeoutStrategy, Urgency
from tests.factories import a_request, groups, level, reviewers

GOOD: dict[str, Any] = {
    "context": {"report": 1234},
    "strategy": TimeoutStrategy.ESCALATE,
    "escalate_to": [level("ben")],
    "rating_required": True,
}


def codes(**given: Any) -> list[str]:
    return [a.code for a in advise(check_question(a_request(**{**GOOD, **given})))]


def test_a_good_question_gets_no_advice() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    "prompt",
    [
        *(
            "Approve",
            "Please review",
            "Review this",
            "please approve this request now",
            "Can you check it?",
            "approve?!",
        ),
        *("Input needed", "Your approval required", "Action required: please", "Look at this item please", "#1234"),
    ],
)
def test_a_vague_prompt_is_advised_against_with_an_example(prompt: str) -> None:
    assert codes(prompt=prompt) == ["VAGUE_PROMPT"]
    (advice,) = advise(check_question(a_request(**GOOD | {"prompt": prompt})))
    assert "'Approve expense report #1234 for $2,500" in advice.message


@pytest.mark.parametrize(
    "prompt",
    [
        "Approve the refund of $120 to customer 77",
        "Review contract 12 with Acme before it is signed",
        "Publish the release notes of version 3?",
        "Approve request #99 of Dana for two days of leave",
    ],
)
def test_a_prompt_that_says_what_is_to_be_decided_is_not_called_vague(prompt: str) -> None:
    assert codes(prompt=prompt) == []


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ({"context": {}}, "NO_CONTEXT", "as `context`"),
        ({"context": None}, "NO_CONTEXT", "as `context`"),
        ({"strategy": TimeoutStrategy.FAIL, "escalate_to": None}, "NO_BACKUP", "strategy ESCALATE"),
        ({"escalate_to": [level("anna"), level("anna")]}, "NO_BACKUP", "name somebody else"),
        ({"after": "PT2H23M"}, "TIMEOUT_FAR_FROM_URGENCY", "have PT2H23M; ROUTINE usually means P1D"),
        ({"after": "P11D"}, "TIMEOUT_FAR_FROM_URGENCY", "ROUTINE usually means"),
        ({"after": "PT5M", "urgency": Urgency.URGENT}, "TIMEOUT_FAR_FROM_URGENCY", "URGENT usually means PT1H"),
        ({"after": "P71D", "urgency": Urgency.COMPLIANCE}, "TIMEOUT_FAR_FROM_URGENCY", "COMPLIANCE usually means"),
        ({"rating_required": False}, "NO_RATING", "feedback.ratingRequired"),
    ],
)
def test_each_rule_says_what_would_be_better(given: dict[str, Any], code: str, says: str) -> None:
    (advice,) = advise(check_question(a_request(**{**GOOD, **given})))
    assert advice.code == code
    assert says in advice.message


@pytest.mark.parametrize(
    "given",
    [
        {"strategy": TimeoutStrategy.AUTO_APPROVE, "escalate_to": None},
        {"escalate_to": [level("anna"), level("anna", "ben")]},
        {"escalate_to": [level("anna")], "assignees": groups("anna")},
        {"after": "PT2H24M"},
        {"after": "P10D"},
        {"after": "PT6M", "urgency": Urgency.URGENT},
        {"rating_required": False, "scores": ["tone"]},
    ],
)
def test_what_is_just_good_enough_gets_no_advice(given: dict[str, Any]) -> None:
    assert codes(**given) == []


def test_the_most_telling_advice_comes_first() -> None:
    request = a_request(prompt="Approve", after="PT1S", assignees=reviewers("anna"))
    assert [a.code for a in advise(check_question(request))] == [
        "VAGUE_PROMPT",
        "NO_CONTEXT",
        "NO_BACKUP",
        "TIMEOUT_FAR_FROM_URGENCY",
        "NO_RATING",
    ]
