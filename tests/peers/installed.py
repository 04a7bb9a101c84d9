"""Programs of package registries that tests talk to, each in a place of its own under build/, made when missing."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

BUILD = Path(__file__).parents[2] / "build"


def python_with(name: str, requirements: Path, alone: str | None = None) -> Path:
    """The Python of a virtual environment that has these packages. Fails, never skips, when it cannot be made.

    alone: one more package, without what it asks for. The environment has no pip of its own, and nothing is compiled
    beforehand: both would take longer than what is tested there.
    """

    def make(place: Path) -> None:
        run(sys.executable, "-m", "venv", "--without-pip", str(place))
        pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "--disable-pip-version-check"]
        run(*pip, "install", "--quiet", "--no-compile", "-r", str(requirements))
        if alone is not None:
            run(*pip, "install", "--quiet", "--no-compile", "--no-deps", alone)

    return _place(name, requirements.read_bytes() + (alone or "").encode(), make) / "bin" / "python"


def node_modules(name: str, source: Path) -> Path:
    """A copy of a folder with its package.json and package-lock.json, and what these name."""

    def make(place: Path) -> None:
        for file in source.glob("*.js*"):
            shutil.copy(file, place)
        run("npm", "ci", "--no-audit", "--no-fund", "--silent", "--prefix", str(place))

    wanted = b"".join(file.read_bytes() for file in sorted(source.glob("*.js*")))
    return _place(name, wanted, make)


def _place(name: str, wanted: bytes, make: Callable[[Path], None]) -> Path:
    place = BUILD / f"{name}-{hashlib.sha256(wanted).hexdigest()[:12]}"
    BUILD.mkdir(exist_ok=True)
    with (BUILD / f"{place.name}.lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)  # another process of the same run may want it too
        if not (place / "ready").exists():
            shutil.rmtree(place, ignore_errors=True)  # begun, and cut off
            place.mkdir()
            make(place)
            (place / "ready").touch()
    return place


def run(*words: str) -> None:
    """Run a command to its end; the test fails if it does."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, env=os.environ)
    if done.returncode:
        pytest.fail(f"{' '.join(words)} failed: {done.stdout[-1000:]}{done.stderr[-2000:]}")
