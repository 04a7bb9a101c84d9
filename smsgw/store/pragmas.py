"""What each connection to a store is told before it is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import URL

SESSION = "smsgw"  # what PostgreSQL calls a connection of ours
FROZEN = 10_000  # milliseconds after which PostgreSQL ends a writer that does nothing within its transaction
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


def postgresql_settings(url: URL, writing: bool) -> dict[str, str]:
    """How both ends of a connection find out soon that the other is gone, and how long a frozen writer is waited for.

    Without them a node that was cut off waits for a quarter of an hour, and one that was frozen in the middle of a
    transaction keeps its locks for as long. What the url says itself goes before.
    """
    ours = {
        "connect_timeout": "5", "keepalives_idle": "3", "keepalives_interval": "2", "keepalives_count": "3",
        "tcp_user_timeout": "9000", "application_name": SESSION,
    }  # fmt: skip
    theirs = "-c tcp_keepalives_idle=3 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
    theirs += " -c tcp_user_timeout=9000"  # nothing is asked whether it lives while it owes us an acknowledgement
    if writing:
        theirs += f" -c idle_in_transaction_session_timeout={FROZEN}"
    said = url.query.get("options", "")
    return {name: value for name, value in ours.items() if name not in url.query} | {
        "options": f"{theirs} {said if isinstance(said, str) else ' '.join(said)}".strip()
    }
