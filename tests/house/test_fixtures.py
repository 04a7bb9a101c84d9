"""What tests/conftest.py offers works: otherwise the tests that lean on it prove nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy


def test_a_fresh_store_is_empty_and_takes_rows(fresh_store_url: str) -> None:
    engine = sqlalchemy.create_engine(fresh_store_url)
    with engine.begin() as conn:
        assert sqlalchemy.inspect(conn).get_table_names() == []
        conn.execute(sqlalchemy.text("CREATE TABLE note (words TEXT)"))
        conn.execute(sqlalchemy.text("INSERT INTO note VALUES ('سلام 😀')"))
        assert conn.execute(sqlalchemy.text("SELECT words FROM note")).scalar() == "سلام 😀"
    engine.dispose()


@pytest.mark.peer
@pytest.mark.slow
def test_a_server_of_ones_own_can_be_crashed_and_keeps_what_was_committed(own_postgres: Any) -> None:
    with own_postgres.connect() as conn:
        conn.execute("CREATE TABLE note AS SELECT 'kept' AS words")
        own_postgres.stop(signal.SIGQUIT)
        with pytest.raises(psycopg.OperationalError):
            conn.execute("SELECT 1")
    own_postgres.start()
    with own_postgres.connect() as conn:
        assert conn.execute("SELECT words FROM note").fetchone() == ("kept",)
        assert conn.execute("SHOW fsync").fetchone() == ("on",)


@pytest.mark.peer
def test_pages_have_the_width_the_colours_and_the_language_that_were_asked_for(
    browser_page: Callable[..., Any],
) -> None:
    page = browser_page(width=390, dark=True, locale="fa")
    page.set_content("<title>سلام</title>")
    seen = page.evaluate(
        "[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches, navigator.language, document.title]"
    )
    assert seen == [390, True, "fa", "سلام"]
    assert browser_page().evaluate("innerWidth") == 1280


@pytest.mark.peer
def test_the_browser_finds_nothing_but_this_machine(browser_page: Callable[..., Any]) -> None:
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        browser_page().goto("http://example.com/")


@pytest.fixture
def run_alone(root: Path, tmp_path: Path) -> Callable[..., str]:
    """Run one test file under a copy of our conftest, with this environment; returns what was said."""

    def run(content: str, **environment: str) -> str:
        shutil.copy(root / "tests/conftest.py", tmp_path)
        (tmp_path / "test_it.py").write_text(content)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-W",
            "error",
            "-p",
            "no:cacheprovider",
            "--rootdir=.",
        ]
        kept = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTEST_ADDOPTS")}
        kept["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take longer than these tests
        ran = subprocess.run(command, cwd=tmp_path, env=kept | environment, capture_output=True, text=True, check=False)
        return ran.stdout + ran.stderr

    return run


@pytest.mark.slow
def test_a_skipped_test_fails_in_ci_and_only_there(run_alone: Callable[..., str]) -> None:
    skips = "import pytest\ndef test_it(): pytest.skip('no such program')\n"
    assert "1 failed" in run_alone(skips, CI="true")
    assert "1 skipped" in run_alone(skips)


@pytest.mark.peer
@pytest.mark.slow
def test_a_script_that_breaks_in_a_page_fails_its_test(run_alone: Callable[..., str]) -> None:
    said = run_alone(
        "def test_it(browser_page):\n"
        "    browser_page().set_content('<script>nowhere()</script>')\n"
        "def test_good(browser_page):\n"
        "    browser_page().set_content('<script>let here = 1</script>')\n"
    )
    assert "nowhere is not defined" in said
    assert "2 passed, 1 error" in said


@pytest.mark.peer
@pytest.mark.slow
def test_postgresql_ends_with_the_tests_even_when_they_are_killed(run_alone: Callable[..., str]) -> None:
    said = run_alone(
        "import os, signal\n"
        "def test_it(postgres):\n"
        "    print('SERVER', postgres._process.pid, postgres.folder, '', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n",
        PYTEST_ADDOPTS="-s",
    )
    process, folder = said.split("SERVER ")[1].split()[:2]
    deadline = time.monotonic() + 120
    while _runs(int(process)):
        assert time.monotonic() < deadline, "the server outlived the tests that started it"
        time.sleep(0.05)
    shutil.rmtree(folder)


def _runs(process: int) -> bool:
    """Whether a process runs: one that has ended and that nobody has asked about ("Z") does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
