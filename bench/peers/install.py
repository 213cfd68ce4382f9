"""Installing peers: a virtual environment or a folder of node modules each, under bench/.peers/, made once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.processes import BenchError

FOLDER = Path(__file__).parents[1] / ".peers"
INSTALL_SECONDS = 600.0


def npm(name: str, packages: Sequence[str]) -> Path:
    """The folder in which these npm packages are installed. Raises BenchError where they cannot be."""
    folder = FOLDER / name
    if not all((folder / "node_modules" / package / "package.json").exists() for package in packages):
        program = shutil.which("npm")
        if program is None:
            raise BenchError("there is no npm on the PATH")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true, "type": "module"}\n')
        options = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
        _run([program, "install", *options, *packages], folder, name)
    return folder


def venv(name: str, packages: Sequence[str]) -> Path:
    """The Python of a virtual environment with these packages. Raises BenchError where they cannot be installed."""
    folder = FOLDER / name
    python, done = folder / "bin" / "python", folder / ".installed"
    wanted = "\n".join(packages)
    if not done.exists() or done.read_text() != wanted:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _run([sys.executable, "-m", "venv", str(folder)], folder.parent, name)
        _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], folder, name)
        done.write_text(wanted)
    return python


def _run(command: Sequence[str], folder: Path, name: str) -> None:
    print(f"bench: installing {name} (once) ...", file=sys.stderr)
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{name} was not installed within {INSTALL_SECONDS:.0f} s") from error
    if done.returncode:
        raise BenchError(f"{name} cannot be installed: {(done.stderr or done.stdout).strip()[-500:]}")
