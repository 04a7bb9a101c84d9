"""Bring a backup of a PostgreSQL store back with PostgreSQL's own programs."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from smsgw.cli import exits
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.dumps import dump, replace, run
from smsgw.store.partitions import CLEARED, partitioned


def bring_back(url: str, file: Path) -> tuple[str | None, Path | None]:
    """Replace the tables of a database, in one transaction: all or nothing. What was there is dumped beside `file`.

    Raises as `dump`.
    """
    listed = run("pg_restore", None, "--list", str(file))
    aside = None
    with closing(Database(url)) as database:
        before = schema.revision(database)
        with database.reading() as conn:
            by_months = partitioned(conn) or "TABLE DATA public message_default" in listed
    if before is not None:
        aside = file.with_name(f"{file.name}.before")
        if aside.exists():
            raise exits.Failed(f"{aside} exists already", hint="move it away: what is in the store now would go there")
        dump(url, aside)
    if by_months:  # pg_restore cannot take partitions away, nor put them in the place of tables
        replace(url, file, CLEARED)
    else:
        more = ("--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
        run("pg_restore", url, *more, str(file))
    with closing(Database(url)) as database:
        return schema.revision(database), aside
