"""PostgreSQL is brought back to a moment as docs/operations.md tells, with the settings and commands of that page."""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Postgres, postgres_programs
from tests.docs.fences import fences
from tests.flows.running import until

pytestmark = [pytest.mark.peer, pytest.mark.slow]

PAGE = fences("docs/operations.md")
ARCHIVING, RECOVERY = (one.words for one in PAGE if one.kind == "ini")
(BASE,) = (one.words for one in PAGE if one.words.startswith("pg_basebackup"))
(RESUME,) = (one.words for one in PAGE if one.kind == "sql" and "replay_resume" in one.words)
SHOWN_MOMENT = "2026-11-24 14:30:00+00"


def settings(server: Postgres, words: str) -> None:
    """Add what a page shows to its postgresql.conf, for folders that are its own."""
    with (server.folder / "data/postgresql.conf").open("a") as file:
        file.write(words.replace("/mnt/backup", str(server.folder)))


def test_the_store_is_as_it_was_at_that_moment(own_postgres: Postgres) -> None:
    server = own_postgres
    wal = server.folder / "wal"
    wal.mkdir()
    shutil.chown(wal, server.folder.owner(), server.folder.group())
    server.stop()
    settings(server, ARCHIVING)
    server.start()
    run = f"{postgres_programs()}/{BASE.strip().replace('/mnt/backup', str(server.folder))}"
    as_owner = ["setpriv", f"--reuid={server.folder.owner()}", f"--regid={server.folder.group()}", "--clear-groups"]
    made = subprocess.run(
        [*as_owner, "sh", "-c", f"{run} --host={server.folder} --username=smsgw"],
        cwd="/", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    with server.connect() as conn:
        conn.execute("CREATE TABLE kept (word text)")
        conn.execute("INSERT INTO kept VALUES ('before')")
        (moment,) = conn.execute("SELECT clock_timestamp()::text").fetchone() or ("",)
        conn.execute("INSERT INTO kept VALUES ('after')")
        (last,) = conn.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone() or ("",)
        conn.execute("SELECT pg_switch_wal()")
    until(lambda: (wal / str(last)).exists(), 60, "the log was not kept")
    server.stop(signal.SIGQUIT)
    shutil.rmtree(server.folder / "data")
    (server.folder / "base").rename(server.folder / "data")
    assert SHOWN_MOMENT in RECOVERY
    settings(server, RECOVERY.replace(SHOWN_MOMENT, str(moment)))
    owned(server.folder / "data/recovery.signal", server)
    server.start()
    until(lambda: words(server) == ["before"], 60, "it was not brought back to the moment")
    with server.connect() as conn:
        conn.execute(RESUME.encode())
        until(lambda: conn.execute("SELECT NOT pg_is_in_recovery()").fetchone() == (True,), 60, "it is not written to")
        conn.execute("INSERT INTO kept VALUES ('again')")


def owned(file: Path, server: Postgres) -> None:
    file.touch()
    shutil.chown(file, server.folder.owner(), server.folder.group())


def words(server: Postgres) -> list[str]:
    with server.connect() as conn:
        return [str(row[0]) for row in conn.execute("SELECT word FROM kept").fetchall()]
