"""What a GraphQL document may ask for: each limit, what counts, and that measuring is neither slow nor recursive."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSyntaxError,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    build_schema,
    get_introspection_query,
    get_nullable_type,
    is_list_type,
    parse,
    specified_rules,
    validate,
)

from app.graphql import limits
from app.graphql.limits import (
    PARSE_OPTIONS,
    UNPAGED_LISTS,
    Limits,
    Size,
    endless_lists,
    exceeded,
    measure,
    query_limits,
)
from app.graphql.schema import make_schema
from app.service.read import MOST_GROUPS

SCHEMA = build_schema("""
    type Query {
      id: ID!
      self: Query!
      task(id: ID!): Task
      tasks(first: Int! = 50, after: String): TaskConnection!
      unsized(first: Int): TaskConnection!
      open(context: JSON): ID
    }
    scalar JSON
    type TaskConnection { nodes: [Task!]! totalCount: Int! }
    type Task {
      id: ID!
      prompt: String!
      parent: Task
      assignments: [Assignment!]!
      scores: [Score!]!
      history(first: Int = 50): EventConnection!
      timeline: [Step!]!
    }
    type Step { at: String! planned: Boolean! }
    type Assignment { task: Task! level: Int! }
    type Score { name: String! value: Float! }
    type EventConnection { nodes: [Event!]! }
    type Event { task: Task! at: String! }
""")
TASK = "id prompt parent { id } assignments { level } scores { name value } history(first: 50) { nodes { at } }"


def measured(text: str) -> Size:
    return measure(SCHEMA, parse(text))


def errors(document: DocumentNode, allowed: Limits | None = None) -> list[str]:
    """The messages that validation by graphql-core's rules and ours ends with."""
    found = validate(SCHEMA, document, [*specified_rules, query_limits(allowed or Limits())])
    return [error.message for error in found]


# ---------------------------------------------------------------- who passes


@pytest.mark.parametrize("descriptions", [True, False])
def test_the_standard_introspection_query_passes(descriptions: bool) -> None:
    assert errors(parse(get_introspection_query(descriptions, True, True, True, True, True, True))) == []


def test_a_hundred_whole_tasks_pass_and_a_thousand_with_a_thousand_events_each_do_not() -> None:
    assert errors(parse(f"{{ tasks(first: 100) {{ nodes {{ {TASK} }} totalCount }} }}")) == []
    many = "{ tasks(first: 1000) { nodes { history(first: 1000) { nodes { at } } } } }"
    assert errors(parse(many)) == ["This document asks for too much: cost 2,002,001, at most 250,000 allowed."]


def test_a_context_of_256_kib_written_into_the_document_passes() -> None:
    context = " ".join(f'f{n}: "{"x" * 120}"' for n in range(2048))
    assert len(context) > 256 * 1024
    assert errors(parse(f"{{ open(context: {{ {context} }}) }}", **PARSE_OPTIONS)) == []


# ---------------------------------------------------------------- what counts

WIDE = """
    query A($x: Int @deprecated) @skip(if: false) { a: id ...F ...F ... @include(if: true) { b: id } }
    query B { self { self { id } } }
    fragment F on Query @skip(if: false) { c: id @include(if: true) self { id } }
"""


def test_every_number_is_counted_through_fragments_and_over_all_operations() -> None:
    assert measured(WIDE) == Size(depth=3, aliases=4, directives=2 + 2 * 2 + 1, fields=2 + 2 * 3 + 3, cost=11)


@pytest.mark.parametrize("name", ["depth", "aliases", "directives", "fields", "cost"])
def test_one_over_a_limit_is_refused_and_the_limit_itself_is_not(name: str) -> None:
    size = measured(WIDE)
    found = getattr(size, name)
    every = {"depth": 99, "aliases": 99, "directives": 99, "fields": 99, "cost": 99}
    assert exceeded(size, Limits(**every | {name: found})) == []
    assert exceeded(size, Limits(**every | {name: found - 1})) == [f"{name} {found}, at most {found - 1} allowed"]


def test_one_error_names_all_limits_exceeded_and_ends_the_validation() -> None:
    document = parse("{ a: id b: id nonsense nonsense2 }")
    assert errors(document, Limits(aliases=1, fields=3)) == [
        "This document asks for too much: aliases 2, at most 1 allowed; fields 4, at most 3 allowed."
    ]
    assert len(errors(document)) == 2


@pytest.mark.parametrize(
    ("field", "pages"),
    [
        ("tasks(first: 10)", 10),
        ("tasks(first: 0)", 1),
        ("tasks(first: -5)", 1),
        ("tasks(first: null)", 50),
        ('tasks(first: "10")', 50),
        ("tasks", 50),
        ('tasks(after: "x")', 50),
        ("unsized", 50),
        ("unsized(first: 7)", 7),
        ("tasks(first: $unknown)", 50),
        ("tasks(first: $given)", 50),
        ("tasks(first: $low)", 50),
        ("tasks(first: $high)", 300),
        ("tasks(first: 99999999999)", 99_999_999_999),
    ],
)
def test_a_page_multiplies_what_is_in_it(field: str, pages: int) -> None:
    variables = "($given: Int!, $low: Int = 2, $high: Int = 300)"
    text = f"query A{variables} {{ {field} {{ totalCount }} }} query B($high: Int = 9) {{ id }}"
    assert measured(text).cost == 1 + pages + 1


@pytest.mark.parametrize("digits", [13, 20_000])
def test_a_size_of_many_digits_counts_as_enough(digits: int) -> None:
    text = f"{{ tasks(first: {'9' * digits}) {{ totalCount }} }}"
    assert measured(text).cost == limits.ENOUGH
    assert errors(parse(text)) == [
        "This document asks for too much: cost 1,000,000,000,000 or more, at most 250,000 allowed."
    ]


def test_pages_multiply_through_fragments() -> None:
    text = """
        { tasks(first: 3) { ...Page } }
        fragment Page on TaskConnection { nodes { ...Whole ...Whole } }
        fragment Whole on Task { history(first: 4) { nodes { at } } }
    """
    assert measured(text).cost == 1 + 3 * (1 + 2 * (1 + 4 * 2))


def test_a_list_multiplies_only_where_it_can_hold_itself() -> None:
    assert endless_lists(SCHEMA) == {("Task", "assignments")}
    assert measured("{ task(id: 1) { scores { name } } }").cost == 3
    assert measured("{ task(id: 1) { assignments { task { assignments { level } } } } }").cost == 2 + 100 * (2 + 100)


def test_a_timeline_counts_as_a_page_so_that_a_document_asks_for_thousands_at_most() -> None:
    assert measured("{ tasks(first: 7) { nodes { timeline { at planned } } } }").cost == 1 + 7 * (2 + 50 * 2)
    assert errors(parse("{ tasks(first: 1000) { nodes { timeline { at planned } } } }")) == []
    again = " ".join(f"t{n}: timeline {{ at }}" for n in range(50))
    refused = ["This document asks for too much: cost 2,551,001, at most 250,000 allowed."]
    assert errors(parse(f"{{ tasks(first: 1000) {{ nodes {{ {again} }} }} }}")) == refused


FIGURES = """key { key value } tasks pending approved rejected expired cancelled escalated approvalRate expiryRate
    escalationRate ratings meanRating ratingCounts answerSecondsP50 answerSecondsP90 answerSecondsP99
    scores { name count mean }"""


def test_figures_count_as_many_groups_as_there_may_be() -> None:
    """A document of 700 bytes with three lists of 10,000 groups held up everybody for 10 s."""
    served = make_schema()._schema

    def of(groupings: int) -> str:
        asked = (f"f{n}: feedbackStats(groupBy: [STEP]) {{ {FIGURES} }}" for n in range(groupings))
        low = "low: feedback(first: 100) { totalCount }"
        return f"{{ total: feedbackStats(filter: {{}}) {{ {FIGURES} }} {' '.join(asked)} {low} }}"

    by_day = parse("{ feedbackStats(groupBy: [DAY]) { tasks key { value } } }")
    assert measure(served, by_day).cost == 1 + 3 * MOST_GROUPS
    assert measure(served, parse("{ feedbackStats { tasks } }")).cost == 2
    assert exceeded(measure(served, parse(of(5))), Limits()) == []  # the analysts' page asks for four
    assert exceeded(measure(served, parse(of(6))), Limits()) == ["cost 276,131, at most 250,000 allowed"]


def test_every_list_of_a_query_is_paged_or_counts_as_many_entries_as_it_may_have() -> None:
    query = make_schema()._schema.query_type
    assert query
    unpaged = {name: get_nullable_type(f.type) for name, f in query.fields.items() if "first" not in f.args}
    lists = {("Query", name) for name, type_ in unpaged.items() if is_list_type(type_)}
    assert lists | {("Task", "timeline")} == set(UNPAGED_LISTS)


def test_endless_lists_are_found_through_interfaces_and_unions() -> None:
    schema = build_schema("""
        type Query { n: Node  a: A }
        interface Node { id: ID!  kids: [Node!]! }
        type A implements Node { id: ID!  kids: [Node!]!  either: [AB!]  leaves: [Leaf] tags: [String!]! }
        type B implements Node { id: ID!  kids: [Node!]!  a: A }
        union AB = B | Leaf
        type Leaf { id: ID! }
    """)
    assert endless_lists(schema) == {("Node", "kids"), ("A", "kids"), ("B", "kids"), ("A", "either")}


# ---------------------------------------------------------------- fragments


def chained(levels: int) -> str:
    """A document of a few bytes a level that asks for 2**levels fields."""
    links = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels))
    return f"{{ ...F0 }} {links} fragment F{levels} on Query {{ id }}"


def test_chained_fragments_are_multiplied_not_walked() -> None:
    """Expanded, 40 levels would take days; the answer being there at all is what is asserted."""
    assert measured(chained(39)).fields == 2**39
    assert measured(chained(40)).fields == limits.ENOUGH
    assert errors(parse(chained(40)))[0].startswith("This document asks for too much: fields 1,000,000,000,000 or more")


def test_a_chain_of_thousands_of_fragments_is_followed_without_recursion() -> None:
    assert measured(chained(5000)).cost == limits.ENOUGH


@pytest.mark.parametrize(
    "fragments",
    [
        "fragment A on Query { id self { ...A } }",
        "fragment A on Query { id ...B } fragment B on Query { ...C ...C } fragment C on Query { self { ...A } }",
    ],
)
def test_a_cycle_ends_and_the_rule_for_cycles_reports_it(fragments: str) -> None:
    found = errors(parse(f"{{ ...A ...A }} {fragments}"))
    assert any(message.startswith("Cannot spread fragment 'A' within itself") for message in found)


def test_fragments_that_no_operation_uses_count_too() -> None:
    """Other rules read them: a document cannot hide its bulk in them, nor behind a second one of the same name."""
    text = "{ id } fragment A on Query { id ...B } fragment B on Query { id } fragment C on Query { ...C id }"
    assert measured(text).fields == 1 + 2 + 1
    assert measured("{ ...A } fragment A on Query { id id } fragment A on Query { id }").fields == 1 + 2
    assert measured("{ ...Missing nonsense { first } } fragment A on Missing { id }").fields == 3


# ---------------------------------------------------------------- depth of the document itself


def deepest(nested: Callable[[int], str]) -> DocumentNode:
    """The deepest `nested(n)` that graphql-core's parser takes, to within ten."""

    def parsed(n: int) -> DocumentNode | None:
        try:
            return parse(nested(n), **PARSE_OPTIONS)
        except GraphQLSyntaxError:
            return None

    return list(takewhile(bool, map(parsed, range(10, 3000, 10))))[-1]  # type: ignore[return-value]


@pytest.mark.parametrize(
    "nested",
    [
        lambda n: "{ self " * n + "{ id }" + "}" * n,
        lambda n: "{ ... " * n + "{ id }" + "}" * n,
        lambda n: "{ open(context: " + "[" * n + "]" * n + ") }",
        lambda n: "{ open(context: " + "{ a: " * n + "1" + "}" * n + ") }",
    ],
    ids=["fields", "inline fragments", "lists", "objects"],
)
def test_the_deepest_document_that_parses_is_judged(nested: Callable[[int], str]) -> None:
    document = deepest(nested)
    rule = query_limits(Limits())
    found = validate(SCHEMA, document, [rule])
    assert all(isinstance(error, GraphQLError) and "depth" in error.message for error in found)
    assert bool(found) is (measure(SCHEMA, document).depth > Limits().depth)


def test_nesting_far_beyond_the_interpreters_stack_is_measured() -> None:
    selection = SelectionSetNode(selections=(FieldNode(name=NameNode(value="id")),))
    for _ in range(20_000):
        selection = SelectionSetNode(selections=(FieldNode(name=NameNode(value="self"), selection_set=selection),))
    operation = OperationDefinitionNode(operation=OperationType.QUERY, selection_set=selection)
    assert measure(SCHEMA, DocumentNode(definitions=(operation,))).depth == 20_001


# ---------------------------------------------------------------- what is not even parsed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{" + " id" * 10_000 + "}", "tokens"),
        ("{ id }" + " " * 512 * 1024, "code points"),
        ("#\n" * 1_001 + "{ id }", "comments"),
    ],
)
def test_the_parser_refuses_bulk(text: str, reason: str) -> None:
    with pytest.raises(GraphQLError) as refused:
        parse(text, **PARSE_OPTIONS)
    assert reason in refused.value.message  # not str(), which quotes the source
