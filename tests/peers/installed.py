"""Programs of package registries that tests talk to, each in a place of its own under build/, made when missing."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

BUILD = Path(__file__).parents[2] / "build"


def python_with(name: str, requirements: Path) -> Path:
    """The Python of a virtual environment that has these packages. Fails, never skips, when it cannot be made."""

    def make(place: Path) -> None:
        run(sys.executable, "-m", "venv", str(place))
        pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(*pip, "-r", str(requirements))

    return _place(name, requirements.read_bytes(), make) / "bin" / "python"


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
    if (place / "ready").exists():
        return place
    BUILD.mkdir(exist_ok=True)
    mine = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=BUILD))  # another test run may do the same
    make(mine)
    (mine / "ready").touch()
    try:
        mine.rename(place)
    except OSError:
        shutil.rmtree(mine)
    return place


def run(*words: str) -> None:
    """Run a command to its end; the test fails if it does."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, env=os.environ)
    if done.returncode:
        pytest.fail(f"{' '.join(words)} failed: {done.stdout[-1000:]}{done.stderr[-2000:]}")
