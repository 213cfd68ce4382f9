"""What hypothesis draws: steps in about the proportions in which they tell something."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from tests.model import commands as c
from tests.model import settings as s

who = st.sampled_from(range(80))
task = st.sampled_from(range(32))
tokens = st.sampled_from(
    ["reviewer:anna", "reviewer:ben", "reviewer:carl", "reviewer:dora", "group:finance", "group:legal"]
)
assignees = st.lists(tokens, min_size=1, max_size=3, unique=True).map(tuple)
people = st.sampled_from(["anna", "ben", "carl", "dora"])
spans = st.sampled_from(["PT1H", "PT10M", "P1D"])
ratings = st.sampled_from([None, 5, 1, 6])
scores = st.sampled_from([(), (), (), (), (("tone", 1.0),), (("tone", 2.0),), (("other", 1.0),)])
somebody = st.sampled_from(["admin", "admin", "admin", "admin", "anna", "ben", "other", "flow"])
rules = st.sampled_from(
    [("ANY", None), ("ALL", None), ("ALL", None), ("AT_LEAST", 1), ("AT_LEAST", 2), ("AT_LEAST", 3), ("ANY", 2)]
)
chains = st.one_of(
    st.sampled_from([("FAIL", ()), ("AUTO_APPROVE", ())]),
    st.tuples(
        st.just("ESCALATE"), st.lists(st.tuples(assignees, st.none() | spans), min_size=1, max_size=2).map(tuple)
    ),
)


@st.composite
def openings(draw: st.DrawFn) -> c.Open:
    rule, at_least = draw(rules)
    strategy, backups = draw(chains)
    return c.Open(
        who=draw(who),
        assignees=draw(assignees),
        rule=rule,
        at_least=at_least,
        after=draw(spans),
        strategy=strategy,
        backups=backups,
        when_exhausted=draw(st.sampled_from(["FAIL", "AUTO_APPROVE"])),
        reminders=draw(st.sampled_from([(), (0.5, 0.9), (0.25,)])),
        rating_required=draw(st.sampled_from([False, False, True])),
        scores=draw(st.sampled_from([("tone",), ("tone",), ()])),
        separate=draw(st.booleans()),
        key=draw(st.sampled_from([None, None, None, "k"])),
        run=draw(st.sampled_from([None, "run-1"])),
    )


def about(kind: type[c.Command], **given: st.SearchStrategy[object]) -> st.SearchStrategy[c.Command]:
    return st.builds(kind, who=who, task=task, **given)


answers = about(
    c.Answer,
    approve=st.sampled_from([True, True, True, False]),
    comment=st.sampled_from([None, "fine"]),
    rating=st.sampled_from([5, 4, 3, 2, 1] * 4 + [None, 6]),
    scores=scores,
    behind=st.sampled_from([None, None, None, 0, 0, 1]),
)
claims = about(c.Claim)
releases = about(c.Release)
reassignments = about(c.Reassign, to=assignees)
extensions = about(c.Extend, by=spans)
feedback = about(c.Rate, rating=ratings, scores=scores, comment=st.sampled_from([None, "late"]))
cancels = about(c.Cancel, reason=st.sampled_from([None, "moot"]))
waits = st.one_of(
    st.builds(c.Wait, late=st.sampled_from([0, -1, 1]), swept=st.sampled_from([True, True, True, False])),
    st.builds(c.Wait, minutes=st.sampled_from([5, 16, 60, 600]), swept=st.sampled_from([True, True, False])),
)
memberships = st.one_of(
    st.builds(
        s.SetGroup,
        who=somebody,
        name=st.sampled_from(["finance", "legal"]),
        members=st.lists(people, unique=True, max_size=3).map(lambda found: (*found, "eve")),
    ),
    st.builds(
        s.SetReviewer,
        who=somebody,
        reviewer=people,
        groups=st.lists(st.sampled_from(["finance", "legal"]), unique=True).map(tuple),
    ),
)
absences = st.one_of(
    st.builds(
        s.GoAway,
        who=somebody,
        reviewer=people,
        delegate=people,
        begins=st.sampled_from([None, None, 5, 60]),
        ends=st.sampled_from([30, 90, 1440, -1]),
    ),
    st.builds(s.ComeBack, who=somebody, absence=st.integers(0, 3)),
)
racing = st.one_of(answers, answers, claims, cancels, reassignments, extensions)


@st.composite
def races(draw: st.DrawFn) -> s.Race:
    """Two about one task."""
    first, second = draw(racing), draw(racing)
    return s.Race(first, replace(second, task=first.task))


KINDS: list[tuple[int, st.SearchStrategy[s.Step]]] = [
    (1, st.just(c.Sweep())),
    (16, openings()),
    (30, answers),
    (8, claims),
    (4, releases),
    (8, reassignments),
    (5, extensions),
    (4, feedback),
    (2, cancels),
    (1, st.builds(c.CancelRun, who=who, run=st.just("run-1"))),
    (14, waits),
    (6, memberships),
    (9, absences),
    (6, races()),
    (2, st.just(s.Reconnect())),
]
steps = st.sampled_from([kind for weight, kind in KINDS for _ in range(weight)]).flatmap(lambda kind: kind)


@st.composite
def runs(draw: st.DrawFn, length: int) -> list[s.Step]:
    """So many steps; the first opens a task, so that there is something to do."""
    first = replace(draw(openings()), who="flow")
    return [first, *draw(st.lists(steps, min_size=length - 1, max_size=length - 1))]
