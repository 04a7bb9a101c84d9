"""PostgreSQL's own programs for backups, pg_dump and pg_restore."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy.engine import make_url

from ..errors import StoreError
from . import schema
from .database import Database

INSTALL = "install PostgreSQL's client programs: apt-get install postgresql-client"


def dump(url: str, file: Path) -> str | None:
    """Write a database in pg_dump's custom format, and read its table of contents back; returns its revision.

    Raises StoreError when a program is missing (code program_missing) or fails.
    """
    with closing(Database(url)) as database:
        at = schema.revision(database)
    run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={file}")
    listed = run("pg_restore", None, "--list", str(file))
    if "TABLE DATA public message" not in listed:
        raise StoreError(
            f"{file} does not hold the messages", code="store_faulty", hint="see what pg_dump says by hand"
        )
    return at


def run(program: str, url: str | None, *arguments: str) -> str:
    """Run one of the programs; the password goes through the environment, where other users do not see it.

    Raises StoreError.
    """
    command, environ = _command(program, url, *arguments)
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        lines = ran.stderr.strip().splitlines() or [f"status {ran.returncode}"]
        says = f"{program} failed: {lines[0]}" + (f" ({lines[-1]})" if len(lines) > 1 else "")
        hint = INSTALL + "-NN, of the server's version" if "version" in ran.stderr else "check [store] and its server"
        raise StoreError(says, hint=hint)
    return ran.stdout


def replace(url: str, file: Path, before: str) -> None:
    """Run the statements `before`, then bring back everything in a backup, in one transaction. Raises StoreError."""
    command, environ = _command("psql", url, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
    told, none = _command("pg_restore", None, "--no-owner", "--no-privileges", "--file=-", str(file))
    with (
        subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as to,
        subprocess.Popen(told, env=none, stdout=subprocess.PIPE) as source,
    ):
        assert to.stdin is not None
        assert to.stderr is not None
        assert source.stdout is not None
        with suppress(BrokenPipeError):  # it says why
            to.stdin.write(f"SET client_min_messages = warning;\nBEGIN;\n{before};\n".encode())
            shutil.copyfileobj(source.stdout, to.stdin)
            if source.wait() == 0:  # else what came is half of it, and is not to stay
                to.stdin.write(b"COMMIT;\n")
        with suppress(BrokenPipeError):
            to.stdin.close()
        source.stdout.close()
        says = to.stderr.read().decode(errors="replace").strip()
    if to.returncode != 0 or source.returncode != 0:
        raise StoreError(
            f"the backup cannot be brought back: {says or 'pg_restore failed'}", hint="nothing was changed"
        )


def _command(program: str, url: str | None, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """How a program is called, and its environment. Raises StoreError when it is missing."""
    path = shutil.which(program)
    if path is None:
        raise StoreError(f"{program} is missing", code="program_missing", hint=INSTALL)
    environ = dict(os.environ)
    command = [path, *arguments]
    if url is not None:
        parsed = make_url(url).set(drivername="postgresql")
        if parsed.password:
            environ["PGPASSWORD"] = str(parsed.password)
        command.append(f"--dbname={parsed.set(password=None).render_as_string(hide_password=False)}")
    return command, environ
