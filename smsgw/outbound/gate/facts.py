"""The rules of the gate that people change while it runs, held in memory and read anew when one of them was changed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from ...customers.consent.categories import Category, every
from ...customers.consent.changes import revision
from ...store.tables import frequency_cap, open_hours, suppression
from ...text.hours import Hours, read_hours


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many messages to a person in so many days. category: "*" for all together."""

    category: str
    days: int
    most: int


@dataclass(frozen=True, slots=True)
class Opening:
    """When marketing may arrive in a country. hours: None for always; read in any zone: its days and times count."""

    hours: Hours | None
    holidays: bool  # whether public holidays are quiet all day


class Facts:
    """Categories, caps, open hours, and whether anybody is suppressed. For the steps of one writer, in its thread."""

    def __init__(self) -> None:
        self._revision: object = None
        self.categories: dict[str, Category] = {}
        self.caps: tuple[Cap, ...] = ()
        self.openings: dict[str, Opening] = {}
        self.suppressions = False

    def look(self, conn: Connection) -> None:
        """Read everything anew if a rule was changed since the last look: one small question if not."""
        now = revision(conn)
        if now == self._revision:
            return
        self.categories = every(conn)
        f = frequency_cap.c
        rows = conn.execute(select(frequency_cap).order_by(f.category, f.days))
        self.caps = tuple(Cap(row.category, row.days, row.most) for row in rows)
        self.openings = {row.region: opening(row.hours, row.holidays) for row in conn.execute(select(open_hours))}
        self.suppressions = conn.execute(select(suppression.c.digest).limit(1)).first() is not None
        self._revision = now


def opening(hours: list[str], holidays: bool) -> Opening:
    """Open hours as they are written. Raises ValueError."""
    return Opening(read_hours(hours, "UTC"), holidays)
