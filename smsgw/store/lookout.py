"""Leave out a look at the store that would find what the last one found: nobody wrote since, and nothing came due.

Who waits for work also looks by itself, for another process may have brought some; so an idle gateway looked eight
times a second at what had not changed. SQLite tells for next to nothing whether it has; PostgreSQL does not, and is
looked at.
"""

from __future__ import annotations

from datetime import datetime

from .database import Database


class Lookout:
    """For one who looks again and again; not for several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: int | None = None
        self._before: int | None = None
        self._until: datetime | None = None

    def needed(self, now: datetime | None = None) -> bool:
        """Whether to look: True unless `nothing` was said of the store as it is, and its time has not come."""
        self._seen = self._database.commits()
        if self._seen is None or self._seen != self._before:
            return True
        return self._until is not None and now is not None and now >= self._until

    def nothing(self, until: datetime | None = None) -> None:
        """The look after `needed` found nothing, nor will another one before `until`; None: before somebody writes."""
        self._before, self._until = self._seen, until
