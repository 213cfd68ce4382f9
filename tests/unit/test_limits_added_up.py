"""What a document asks for, added up with each fragment read once, is what it is with every spread written out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from app.graphql import limits
from app.graphql.limits import Part, Size, measure
from tests.unit.test_limits import SCHEMA


def spelled_out(document: DocumentNode) -> Size:
    """The same numbers by the plain way, each spread expanded where it stands; for small documents without cycles."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    size = Size()

    def walk(selections: SelectionSetNode, depth: int, times: int) -> None:
        for node in selections.selections:
            size.directives += len(node.directives or ())
            if isinstance(node, FragmentSpreadNode):
                size.directives += len(fragments[node.name.value].directives or ())
                walk(fragments[node.name.value].selection_set, depth, times)
            elif isinstance(node, InlineFragmentNode):
                walk(node.selection_set, depth, times)
            elif isinstance(node, FieldNode):
                size.depth = max(size.depth, depth + 1)
                size.fields += 1
                size.cost += times
                size.aliases += node.alias is not None
                if node.selection_set:
                    walk(node.selection_set, depth + 1, times * nodes_in(node))

    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            walk(operation.selection_set, 0, 1)
    return size


def nodes_in(node: FieldNode) -> int:
    if node.name.value == "assignments":
        return 100
    if node.name.value != "history":
        return 1
    sizes = [a.value for a in node.arguments or () if a.name.value == "first"]
    if sizes and isinstance(sizes[0], IntValueNode):
        return int(sizes[0].value)
    return 70 if sizes and isinstance(sizes[0], VariableNode) else 50


def selections(spreads: list[str]) -> st.SearchStrategy[str]:
    """Selections on Task, which may spread `spreads`."""
    leaves = st.sampled_from(["id", "x: id", "prompt @include(if: true)", *(f"...{name}" for name in spreads)])
    wraps = st.sampled_from(
        [
            *("parent { %s }", "p: parent { %s }", "assignments { level task { %s } }", "... on Task { %s }"),
            *("history { nodes { task { %s } } }", "history(first: 3) { nodes { at task { %s } } }"),
            *("history(first: $n) { nodes { task { %s } } }", "... @skip(if: false) { %s }"),
        ]
    )

    def bunch(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        wrapped = st.builds(lambda wrap, text: wrap.replace("%s", text), wraps, inner)
        return st.lists(wrapped | leaves, min_size=1, max_size=3).map(" ".join)

    return st.recursive(leaves, bunch, max_leaves=6)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A query on a task and four fragments, each of which may spread those after it, all of them used."""
    names = ["A", "B", "C", "D"]
    directives = st.sampled_from(["", "@skip(if: false)"])
    fragments = [
        f"fragment {name} on Task {draw(directives)} {{ {draw(selections(names[n + 1 :]))} }}"
        for n, name in enumerate(names)
    ]
    used = " ".join(f"...{name}" for name in names)
    query = f"query ($n: Int = 70) {{ task(id: 1) {{ {draw(selections(names))} {used} }} }}"
    return "\n".join(draw(st.permutations([query, *fragments])))


@settings(deadline=None)
@given(documents())
def test_adding_up_equals_spelling_out(text: str) -> None:
    document = parse(text)
    assert measure(SCHEMA, document) == spelled_out(document)


def _each_fragment_once(part: Part, settled: dict[str, Size]) -> Size:
    size = Size()
    size.add(part.size)
    for name in {spread.name: None for spread in part.spreads}:
        size.add(settled[name], below=part.spreads[0].depth, times=part.spreads[0].times)
    return size


def _without_times(part: Part, settled: dict[str, Size]) -> Size:
    size = Size()
    size.add(part.size)
    for spread in part.spreads:
        size.add(settled[spread.name], below=spread.depth)
    return size


def _without_depth(part: Part, settled: dict[str, Size]) -> Size:
    size = Size()
    size.add(part.size)
    for spread in part.spreads:
        size.add(settled[spread.name], times=spread.times)
    return size


@pytest.mark.parametrize("mutant", [_each_fragment_once, _without_times, _without_depth])
def test_spelling_out_notices_a_broken_sum(
    mutant: Callable[[Part, dict[str, Size]], Size], monkeypatch: pytest.MonkeyPatch
) -> None:
    document = parse("""
        { task(id: 1) { history(first: 3) { nodes { task { ...A ...A } } } } }
        fragment A on Task { id parent { ...B ...B } }
        fragment B on Task { id }
    """)
    assert measure(SCHEMA, document) == spelled_out(document)
    monkeypatch.setattr(limits, "_with_spreads", mutant)
    assert measure(SCHEMA, document) != spelled_out(document)
