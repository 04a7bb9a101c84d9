"""What people install: the same octets from whoever builds them, and maintainer's scripts that a shell can read."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from docs import manpages

CHECKOUT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout that nobody changes meanwhile."""
    place = tmp_path_factory.mktemp("source") / "smsgw"
    for name in ("smsgw", "drivers", "schedules", "webadmin", ".ci"):
        shutil.copytree(CHECKOUT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, place)
    return place


def built(source: Path, folder: Path, umask: int) -> dict[str, str]:
    """Build; each file with the hash of its octets."""
    subprocess.run(
        [sys.executable, source / ".ci/build", folder], check=True, capture_output=True, umask=umask,
        env=os.environ | {"SOURCE_DATE_EPOCH": "1780000000"},
    )  # fmt: skip
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def test_whoever_builds_it_gets_the_same_octets(copied: Path, tmp_path: Path) -> None:
    first = built(copied, tmp_path / "one", 0o022)
    assert [name.rpartition(".")[2] for name in first] == ["whl", "gz"]
    for path in copied.rglob("*.py"):  # another checkout, at another time, by somebody with other habits
        os.utime(path, (time.time() + 86_400, time.time() + 86_400))
    assert built(copied, tmp_path / "two", 0o077) == first


@pytest.mark.parametrize("script", ["build", "trial", "postinst", "prerm", "postrm"])
def test_a_shell_can_read_the_scripts_of_the_package(script: str) -> None:
    file = CHECKOUT / "systemd/debian" / script
    shell = file.read_text().splitlines()[0].split("/")[-1].split()[-1]
    ran = subprocess.run([shell, "-n", file], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_every_command_has_a_manual_page_that_troff_reads_without_a_word(tmp_path: Path) -> None:
    manpages.main(tmp_path)
    names = {file.name for file in tmp_path.iterdir()}
    assert {"smsgw.1", "smsgw-run.1", "smsgw-db.1", "smsgw-tail.1"} <= names
    if shutil.which("man") is None:
        pytest.fail("man is missing: apt-get install -y --no-install-recommends man-db groff-base")
    for name in ("smsgw.1", "smsgw-campaign.1", "smsgw-db.1"):
        ran = subprocess.run(
            ["man", "--warnings", "-E", "UTF-8", "-l", tmp_path / name],
            capture_output=True, text=True, check=False, env=os.environ | {"MANWIDTH": "100", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "NAME" in ran.stdout
