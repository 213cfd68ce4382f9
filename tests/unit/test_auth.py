"""Who may do what to a task, and what a key looks like."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.auth import (
    Principal,
    Role,
    Verb,
    bearer,
    key_hash,
    key_id_of,
    may,
    new_key,
    require,
    require_opener,
    through,
)
from app.domain.asking import AssigneeRequest
from app.domain.cancelling import cancel_task
from app.domain.errors import NotAllowed, NotFound, Unauthenticated
from app.domain.task import Assignee, Task, TimeoutStrategy
from app.domain.timeout import expire_task
from app.domain.workplace import Workplace
from tests.factories import NOW, a_principal, a_reviewer, a_task, groups, level, reviewers

SEE = {Verb.SEE}
HAS = {Verb.RELEASE, Verb.REASSIGN, Verb.EXTEND, Verb.RATE, Verb.ANSWER, Verb.CLAIM}
DIRECTS = {Verb.CANCEL, Verb.REASSIGN, Verb.EXTEND}
ADMIN = DIRECTS | {Verb.RELEASE}
TASK = a_task(assignees=[*reviewers("anna"), *groups("finance")])


def a_task_opened_by(*openers: str) -> Task:
    assignees = [*reviewers("anna", "ben"), *groups("finance")]
    return replace(a_task(separation_of_duties=True, assignees=assignees), openers=openers)


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [
        (a_principal(Role.WORKFLOW), SEE | DIRECTS),
        (a_principal(Role.WORKFLOW, name="other"), set()),
        (a_reviewer("anna"), SEE | HAS),
        (a_reviewer("zoe", "finance"), SEE | HAS),
        (a_reviewer("anna", "finance"), SEE | HAS),
        (a_reviewer("zoe", "legal"), set()),
        (a_reviewer("finance", "anna"), set()),
        (a_reviewer("key:workflow", "key:workflow"), set()),
        (a_principal(Role.ANALYST), SEE),
        (a_principal(Role.ANALYST, reviewer="anna"), SEE),
        (a_principal(Role.ADMIN), SEE | ADMIN),
        (a_principal(Role.ADMIN, Role.REVIEWER, reviewer="anna"), SEE | HAS | ADMIN),
        (a_principal(Role.WORKFLOW, Role.REVIEWER, name="other", reviewer="anna"), SEE | HAS),
        (a_principal(Role.REVIEWER), set()),
        (a_principal(Role.REVIEWER, groups=("finance",)), set()),
        (a_principal(), set()),
    ],
)
def test_each_role_may_do_what_it_is_for_in_its_own_workspace_and_nothing_in_another(
    principal: Principal, allowed: set[Verb]
) -> None:
    assert {verb for verb in Verb if may(principal, verb, TASK)} == allowed
    elsewhere = a_task(workspace="elsewhere", assignees=[*reviewers("anna"), *groups("finance")])
    assert {verb for verb in Verb if may(principal, verb, elsewhere)} == set()


@pytest.mark.parametrize("verb", Verb)
def test_who_may_not_see_a_task_is_told_that_there_is_none(verb: Verb) -> None:
    with pytest.raises(NotFound, match=r"^There is no such task\.$"):
        require(a_reviewer("zoe"), verb, TASK)
    with pytest.raises(NotFound):
        require(a_principal(Role.ADMIN, workspace="elsewhere"), verb, TASK)


def test_who_may_see_but_not_do_is_told_who_may() -> None:
    own = a_task(assignees=reviewers("anna"), openers=("anna",), separation_of_duties=True)
    with pytest.raises(NotAllowed, match="which must be answered by somebody else"):
        require(a_reviewer("anna"), Verb.ANSWER, own)
    hers = a_task(assignees=reviewers("anna"), workplace=Workplace(stand_ins={"anna": "zoe"}))
    with pytest.raises(NotAllowed, match="You are away, and zoe answers for you"):
        require(a_reviewer("anna"), Verb.CLAIM, hers)
    with pytest.raises(NotAllowed, match="to whom the task is assigned now"):
        require(a_principal(Role.ADMIN), Verb.ANSWER, TASK)
    with pytest.raises(NotAllowed, match="Only the workflow that opened the task, or an ADMIN"):
        require(a_reviewer("anna"), Verb.CANCEL, TASK)
    with pytest.raises(NotAllowed, match="role WORKFLOW or ADMIN may open"):
        require_opener(a_principal(Role.REVIEWER, Role.ANALYST, reviewer="anna"))


def test_who_may_is_let_through() -> None:
    require_opener(a_principal(Role.WORKFLOW))
    require_opener(a_principal(Role.ADMIN))
    require(a_reviewer("anna"), Verb.ANSWER, TASK)
    require(a_principal(Role.WORKFLOW), Verb.CANCEL, TASK)
    assert through(a_reviewer("anna", "legal", "finance"), TASK) == (
        Assignee("reviewer", "anna"),
        Assignee("group", "finance"),
    )


def test_whose_turn_is_over_goes_on_seeing_the_task_but_may_not_answer_it() -> None:
    task = a_task(strategy=TimeoutStrategy.ESCALATE, escalate_to=[level("ben")])
    assert not may(a_reviewer("ben"), Verb.SEE, task)
    assert task.deadline_at
    escalated = expire_task(task, now=task.deadline_at)
    assert escalated
    assert {verb for verb in Verb if may(a_reviewer("anna"), verb, escalated.task)} == {Verb.SEE, Verb.RATE}
    assert {verb for verb in Verb if may(a_reviewer("ben"), verb, escalated.task)} == SEE | HAS
    ended = cancel_task(escalated.task, by="workflow", reason=None, now=NOW).task
    assert {verb for verb in Verb if may(a_reviewer("ben"), verb, ended)} == {Verb.SEE, Verb.RATE}


@pytest.mark.parametrize(
    ("opener", "reviewer", "allowed"),
    [
        (a_principal(Role.WORKFLOW, owner="anna"), a_reviewer("anna"), False),
        (a_principal(Role.WORKFLOW, Role.REVIEWER, reviewer="anna"), a_reviewer("anna"), False),
        (a_principal(Role.WORKFLOW, reviewer="ben", owner="anna"), a_reviewer("anna"), False),
        (a_principal(Role.WORKFLOW, reviewer="ben", owner="anna"), a_reviewer("ben"), False),
        (a_principal(Role.WORKFLOW, owner="anna"), a_reviewer("anna", "finance"), False),
        (a_principal(Role.WORKFLOW, owner="anna"), a_reviewer("ben"), True),
        (a_principal(Role.WORKFLOW), a_reviewer("anna"), True),
    ],
)
def test_duties_are_separate_where_the_task_asks_for_it(opener: Principal, reviewer: Principal, allowed: bool) -> None:
    separate = a_task_opened_by(*opener.people)
    assert may(reviewer, Verb.ANSWER, separate) == allowed
    assert may(reviewer, Verb.SEE, separate)
    assert may(reviewer, Verb.ANSWER, a_task(assignees=[*reviewers("anna", "ben")])), "nothing asks for it there"


NAMES = st.sampled_from(["anna", "ben", "workflow", "finance", "key:workflow", "reviewer:anna"])


@settings(deadline=None)
@given(
    st.builds(
        lambda roles, **rest: a_principal(*roles, **rest),
        roles=st.sets(st.sampled_from(Role)),
        name=NAMES,
        reviewer=NAMES | st.none(),
        groups=st.lists(NAMES, max_size=3).map(tuple),
        owner=NAMES | st.none(),
        workspace=st.just("w"),
    ),
    st.lists(
        st.builds(AssigneeRequest, reviewer=NAMES) | st.builds(AssigneeRequest, group=NAMES),
        min_size=1,
        max_size=3,
        unique=True,
    ),
)
def test_the_tokens_that_lists_ask_for_are_the_twin_of_being_allowed_to_see(
    principal: Principal, assignees: list[AssigneeRequest]
) -> None:
    task = a_task(assignees=assignees)
    listed = principal.tokens is None or bool(set(principal.tokens) & set(task.audience))
    assert listed == may(principal, Verb.SEE, task)
    assert may(principal, Verb.SEE, task) or not any(may(principal, verb, task) for verb in (Verb.ANSWER, Verb.CANCEL))


def test_a_new_key_says_its_id_and_is_kept_as_a_keyed_hash_alone() -> None:
    key = new_key("the service's secret")
    assert re.fullmatch(r"signoff_[0-9a-f]{16}_[A-Za-z0-9_-]{43}", key.text)
    assert key_id_of(key.text) == key.id
    assert key.hash == hmac.new(b"the service's secret", key.text.encode(), hashlib.sha256).digest()
    assert key.hash != key_hash(key.text, "another secret")
    assert len({new_key("s").text for _ in range(100)}) == 100


@pytest.mark.parametrize("text", ["Bearer k", "bearer k", "BEARER  k "])
def test_a_bearer_credential_is_read(text: str) -> None:
    assert bearer(text) == "k"


@pytest.mark.parametrize("text", [None, "", "Bearer", "Bearer ", "Bearer   ", "k", "Basic k", "Bearerk"])
def test_what_is_no_bearer_credential_is_refused_saying_what_to_send(text: str | None) -> None:
    with pytest.raises(Unauthenticated, match="Send your API key as 'Authorization: Bearer KEY'"):
        bearer(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "k", "signoff", "signoff_", "signoff__", "signoff_0123456789abcdef", "SIGNOFF_0123456789abcdef_s"),
        *("other_0123456789abcdef_s", "signoff_0123_s", "signoff_0123456789abcdef0_s", "signoff_0123456789abcdef_ß"),
        *("signoff_0123456789abcdeß_s", "\0", "signoff_" + "x" * 100_000),
        *("signoff_0123456789abcdef_s!", "signoff_0123456789abcdef_s\n", f"signoff_0123456789abcdef_{'s' * 101}"),
    ],
)
def test_what_is_no_key_is_refused_like_an_unknown_one(text: str) -> None:
    with pytest.raises(Unauthenticated, match="This API key is not known, or no longer valid"):
        key_id_of(text)


@settings(deadline=None)
@given(st.text() | st.text("signof_0123456789abcdef", max_size=40).map("signoff_".__add__))
def test_any_text_is_a_key_with_an_id_of_16_characters_or_refused(text: str) -> None:
    try:
        assert len(key_id_of(text)) == 16
    except Unauthenticated:
        assert not re.fullmatch(r"signoff_[0-9a-f]{16}_[A-Za-z0-9_-]*", text)
