"""How the pages are built: what must not be committed is not, and a build that fails stops CI alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hatch_build import PagesBuildHook

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "web" / "package-lock.json"


class Said:
    """What hatch is told."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def display_warning(self, text: str) -> None:
        self.warnings.append(text)


def hook(root: Path, said: Any) -> PagesBuildHook:
    nothing: Any = None  # the hook asks neither the build's settings nor the metadata
    return PagesBuildHook(str(root), {}, nothing, nothing, "", "wheel", said)


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "build.py").write_text("raise SystemExit(1)")
    return tmp_path


def test_where_the_pages_cannot_be_built_the_installation_goes_on(
    failing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    said = Said()
    hook(failing, said).initialize("standard", {})
    assert "could not be built" in said.warnings[0]


def test_in_ci_they_must_be_built(failing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(RuntimeError, match="must be"):
        hook(failing, Said()).initialize("standard", {})


def test_a_source_distribution_without_them_installs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    hook(tmp_path, Said()).initialize("standard", {})


def test_no_registry_is_named() -> None:
    packages = json.loads(LOCK.read_text())["packages"]
    assert len(packages) > 50
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert all("integrity" in package for name, package in packages.items() if name and not package.get("link"))
    settings = (ROOT / "web" / ".npmrc").read_text()
    assert "omit-lockfile-registry-resolved=true" in settings
    assert "://" not in settings


def test_the_bundle_is_not_committed() -> None:
    ignored = (ROOT / ".gitignore").read_text().split()
    assert {"app/web_dist/", "node_modules/"} <= set(ignored)
