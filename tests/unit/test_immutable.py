"""Values are compared, hashed and copied by their fields; that nobody assigns to them is the type checker's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from mypy import api

from app.domain.task import Assignee
from tests.factories import a_task


def test_equal_fields_make_equal_values_and_hashes() -> None:
    assert Assignee("reviewer", "anna") == Assignee("reviewer", "anna")
    assert len({Assignee("reviewer", "anna"), Assignee("reviewer", "anna"), Assignee("group", "anna")}) == 2


def test_a_copy_differs_in_what_is_given_only() -> None:
    task = a_task()
    assert replace(task, version=2).version == 2
    assert replace(replace(task, version=2), version=task.version) == task


def test_a_value_has_no_further_attributes() -> None:
    with pytest.raises(AttributeError):
        Assignee("reviewer", "anna").nick = "a"  # type: ignore[attr-defined]


def test_the_type_checker_refuses_an_assignment(tmp_path: Path) -> None:
    code = tmp_path / "assigns.py"
    code.write_text('from app.domain.task import Assignee\nAssignee("reviewer", "anna").name = "bob"\n')
    said, _, _ = api.run([str(code), "--cache-dir", str(tmp_path / "cache")])
    assert "read-only" in said
