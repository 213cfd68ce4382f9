"""Values are compared, hashed and copied by their fields; that nobody assigns to them is the type checker's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from mypy import api

from app.domain.immutable import replace
from app.domain.task import Assignee, Level
from tests.factories import a_task


def test_equal_fields_make_equal_values_and_hashes() -> None:
    anna, hour = Assignee("reviewer", "anna"), timedelta(hours=1)
    assert Level((anna,), hour) == Level((anna,), hour)
    assert len({Level((anna,), hour), Level((anna,), hour), Level((), hour)}) == 2


def test_a_copy_differs_in_what_is_given_only() -> None:
    task = a_task()
    assert replace(task, version=2).version == 2
    assert replace(replace(task, version=2), version=task.version) == task
    assert task == a_task(id=task.id)


def test_a_copy_has_no_further_fields() -> None:
    with pytest.raises(AttributeError):
        replace(a_task(), state="PENDING")


def test_a_value_has_no_further_attributes() -> None:
    with pytest.raises(AttributeError):
        Level((), timedelta()).nick = "a"  # type: ignore[attr-defined]


def test_the_type_checker_refuses_an_assignment(tmp_path: Path) -> None:
    code = tmp_path / "assigns.py"
    code.write_text("from app.domain.task import Level\ndef change(level: Level) -> None:\n    level.assignees = ()\n")
    said, _, _ = api.run([str(code), "--cache-dir", str(tmp_path / "cache")])
    assert "read-only" in said
