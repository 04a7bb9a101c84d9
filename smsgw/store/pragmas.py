"""What each connection to SQLite is told before it is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

CACHE_TO_WRITE, CACHE_TO_READ = 32_000, 4_000  # KiB that SQLite keeps of the file, for each connection


def sqlite_settings(synchronous: str, cache: int) -> Callable[[Any, Any], None]:
    """For SQLAlchemy's event `connect`. cache: KiB of the file that the connection keeps."""

    def settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        if not pages:  # see `vacuum`. In a store that is there it would change nothing, but wait for the writer's lock
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL").close()
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            f"cache_size=-{cache}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    return settings
