"""A SIM's plan: so many free parts in each period, what its operator takes for fair, and what is left of both.

What a bundle gave is written with the entry that it paid for, so restarts lose nothing. `Plans` is what routing asks:
it knows from the last look into the store what is left and which link is at its cap, and counts itself what it
promised since.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ..store.tables import message, part, plan, plan_person, plan_use
from ..store.tables.types import AnyRow

_UTC = ZoneInfo("UTC")
_ON_THE_WAY = ("queued", "sending", "unsure")


@dataclass(frozen=True, slots=True)
class Plan:
    """See the table `plan`. zone: of its link, in which its periods begin."""

    id: int
    link: str
    name: str
    units: int
    period: str
    reset_day: int
    rollover: int
    scope: tuple[str, ...]
    beyond: str
    hour_cap: int | None
    day_cap: int | None
    people_cap: int | None
    warn_at: int
    currency: str
    valid_from: datetime
    zone: ZoneInfo

    @property
    def guards(self) -> bool:
        """Whether it may forbid sending: a cap, or a bundle beyond which nothing goes."""
        return self.beyond == "stop" or bool(self.hour_cap or self.day_cap or self.people_cap)

    def covers(self, recipient: str) -> bool:
        """Whether the bundle is for this number."""
        return not self.scope or recipient.startswith(self.scope)

    def begun(self, at: datetime) -> date:
        """The day on which the period began that `at` lies in."""
        today = at.astimezone(self.zone).date()
        if self.period == "day":
            return today
        if self.period == "week":
            return today - timedelta(days=(today.isoweekday() - self.reset_day) % 7)
        begun = _in_month(today.year, today.month, self.reset_day)
        return begun if begun <= today else _in_month(*_month_before(today), self.reset_day)

    def starts(self, begun: date) -> datetime:
        """When the period that began on this day did so."""
        return _midnight(begun, self.zone)

    def ends(self, begun: date) -> datetime:
        """When the period that began on this day is over."""
        if self.period == "month":
            year, month = (begun.year + begun.month // 12, begun.month % 12 + 1)
            return _midnight(_in_month(year, month, self.reset_day), self.zone)
        return _midnight(begun + timedelta(days=1 if self.period == "day" else 7), self.zone)

    def before(self, begun: date) -> date:
        """The day on which the period before began."""
        return self.begun(_midnight(begun, self.zone) - timedelta(hours=12))


def _month_before(day: date) -> tuple[int, int]:
    return (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def plan_of(row: AnyRow, zone: ZoneInfo) -> Plan:
    """A row of `plan`, with its link's zone."""
    values = {name: row._mapping[name] for name in Plan.__dataclass_fields__ if name not in ("zone", "scope")}
    return Plan(**values, scope=tuple(row.scope), zone=zone)


@dataclass(slots=True)
class Left:
    """What is left of a link's plan as it was seen last. free: parts of the bundle that nobody needs yet.

    closed: until when nothing may go, and why; None: it may.
    """

    plan: Plan
    free: int
    closed: tuple[datetime, str] | None = None


class Plans:
    """The plans in force and what is left of them. version: grows whenever routing must think anew."""

    def __init__(self, zones: Mapping[str, ZoneInfo] | None = None) -> None:
        self.version = 0
        self._zones = {} if zones is None else zones
        self._of: dict[str, tuple[Plan, ...]] = {}  # by link, newest first
        self._left: dict[str, Left] = {}
        self._scopes: tuple[str, ...] = ()

    @property
    def some(self) -> bool:
        """Whether there is any plan."""
        return bool(self._of)

    def zone(self, link: str) -> ZoneInfo:
        """The zone of a link."""
        return self._zones.get(link, _UTC)

    def in_force(self, link: str, at: datetime) -> Plan | None:
        """The plan of a link at a time, if it has one."""
        return next((one for one in self._of.get(link, ()) if one.valid_from <= at), None)

    def with_bundles(self, now: datetime) -> list[Plan]:
        """The plans in force that have a bundle."""
        found = (self.in_force(link, now) for link in self._of)
        return [one for one in found if one is not None and one.units]

    def guards(self, link: str) -> bool:
        """Whether a plan of the link may forbid sending, so that a claim must look."""
        return any(one.guards for one in self._of.get(link, ()))

    def read(self, conn: Connection, now: datetime) -> None:
        """Look into the store which plans there are and what is left of them."""
        rows = conn.execute(select(plan).where(plan.c.gone_at.is_(None)).order_by(plan.c.valid_from.desc())).all()
        if not rows and not self._of:
            return
        found: dict[str, list[Plan]] = {}
        for row in rows:
            found.setdefault(row.link, []).append(plan_of(row, self.zone(row.link)))
        self._of = {link: tuple(of) for link, of in found.items()}
        in_force = (self.in_force(link, now) for link in self._of)
        left = {one.link: look(conn, one, now) for one in in_force if one is not None}
        before, self._left = self._left, left
        self._scopes = tuple(sorted({p for of in left.values() for p in of.plan.scope}, key=len, reverse=True))
        if _felt(before) != _felt(left):
            self.version += 1

    def free(self, link: str, recipient: str) -> int:
        """How many parts to this number the link's bundle would still pay for, as far as is known."""
        left = self._left.get(link)
        return left.free if left is not None and left.free > 0 and left.plan.covers(recipient) else 0

    def closed(self, link: str, now: datetime) -> str | None:
        """Why nothing may go over a link now, in words; None when it may."""
        left = self._left.get(link)
        return None if left is None or left.closed is None or left.closed[0] <= now else left.closed[1]

    def promise(self, link: str, recipient: str, parts: int) -> None:
        """So many parts are about to be stored for a link: routing must not give the same units twice."""
        left = self._left.get(link)
        if left is not None and left.free > 0 and left.plan.covers(recipient):
            left.free -= parts
            if left.free <= 0:
                self.version += 1

    def place(self, recipient: str) -> str:
        """The longest prefix that any bundle tells apart."""
        return next((prefix for prefix in self._scopes if recipient.startswith(prefix)), "")


def _felt(left: Mapping[str, Left]) -> dict[str, tuple[int, bool, str | None]]:
    """As much of what is left as routing decides by."""
    return {name: (of.plan.id, of.free > 0, of.closed and of.closed[1]) for name, of in left.items()}


def look(conn: Connection, of: Plan, now: datetime) -> Left:
    """What is left of a plan: the bundle less what was used and what is on its way; and whether a cap is reached."""
    free = allowance(conn, of, now) - used(conn, of, now) - _on_the_way(conn, of)
    return Left(of, free if of.units else 0, _closed(conn, of, free, now))


def used(conn: Connection, of: Plan, now: datetime) -> int:
    """How many units of the bundle were used in the period of `now`."""
    row = _use(conn, of, of.begun(now))
    return 0 if row is None else row.used


def allowance(conn: Connection, of: Plan, now: datetime) -> int:
    """How many units there are in the period of `now`: the bundle's, and what is kept from before."""
    begun = of.begun(now)
    row = _use(conn, of, begun)
    return of.units + (kept(conn, of, begun) if row is None else row.kept)


def kept(conn: Connection, of: Plan, begun: date) -> int:
    """What the periods before the one that began on this day left, as far as the plan keeps it."""
    periods: list[date] = []
    day, first = begun, of.begun(of.valid_from)
    while len(periods) < of.rollover and day > first:
        day = of.before(day)
        periods.append(day)
    left = 0
    for day in reversed(periods):
        row = _use(conn, of, day)
        had, spent = (left, 0) if row is None else (row.kept, row.used)
        left = min(of.rollover * of.units, had + of.units - spent)
    return max(0, left)


def _use(conn: Connection, of: Plan, begun: date) -> AnyRow | None:
    c = plan_use.c
    return conn.execute(select(plan_use).where(c.plan_id == of.id, c.period == begun.isoformat())).first()


def _on_the_way(conn: Connection, of: Plan) -> int:
    m = message.c
    mine = and_(m.link == of.link, m.state.in_(_ON_THE_WAY), m.final_at.is_(None))
    if of.scope:
        mine = and_(mine, or_(*(m.recipient.startswith(prefix, autoescape=True) for prefix in of.scope)))
    return conn.scalar(select(func.coalesce(func.sum(m.parts), 0)).where(mine)) or 0


def _closed(conn: Connection, of: Plan, free: int, now: datetime) -> tuple[datetime, str] | None:
    """Until when a plan lets nothing go at all, and why. A bundle with a scope says nothing about other numbers."""
    if of.beyond == "stop" and of.units and not of.scope and free <= 0:
        end = of.ends(of.begun(now))
        return end, f"has used up the bundle {of.name}, until {end.astimezone(of.zone):%Y-%m-%d %H:%M}"
    for cap, words, until, gone in _caps(conn, of, now):
        if gone >= cap:
            return until, f"has sent the {cap} parts that {of.name} allows {words}"
    return None


def _caps(conn: Connection, of: Plan, now: datetime) -> Iterable[tuple[int, str, datetime, int]]:
    """Of each cap on parts: how much, in which time, when to look again, how much is gone."""
    if of.hour_cap:
        hour = timedelta(hours=1)
        first = _first_since(conn, of.link, now - hour)
        yield of.hour_cap, "in an hour", (first or now) + hour, parts_since(conn, of.link, now - hour)
    if of.day_cap:
        today = now.astimezone(of.zone).date()
        gone = parts_since(conn, of.link, _midnight(today, of.zone))
        yield of.day_cap, "in a day", _midnight(today + timedelta(days=1), of.zone), gone


def parts_since(conn: Connection, link: str, since: datetime) -> int:
    """How many parts the network took over this link since then."""
    c = part.c
    taken = and_(c.link == link, c.answer == "taken", c.answered_at >= since)
    return conn.scalar(select(func.count()).select_from(part).where(taken)) or 0


def _first_since(conn: Connection, link: str, since: datetime) -> datetime | None:
    c = part.c
    taken = and_(c.link == link, c.answer == "taken", c.answered_at >= since)
    first: datetime | None = conn.scalar(select(func.min(c.answered_at)).where(taken))
    return first


@dataclass(frozen=True, slots=True)
class Wish:
    """A message that a link is about to send."""

    recipient: str
    parts: int


def allowed(conn: Connection, of: Plan, wishes: Sequence[Wish], now: datetime) -> list[tuple[datetime, str] | None]:
    """Which of these may go over the link now: None, or when to look again and why. None of them is counted yet.

    What is in the air counts as sent.
    """
    flying = _flying(conn, of.link)
    caps = [
        [cap - gone - flying, until, f"{of.link} may send {cap} parts {words} ({of.name})"]
        for cap, words, until, gone in _caps(conn, of, now)
    ]
    bundle = []
    if of.beyond == "stop" and of.units:
        free = allowance(conn, of, now) - used(conn, of, now) - flying
        bundle = [[free, of.ends(of.begun(now)), f"the bundle {of.name} of {of.link} is used up"]]
    known = people(conn, of, now)
    answers: list[tuple[datetime, str] | None] = []
    for wish in wishes:
        rooms: list[list[Any]] = [*caps, *(bundle if of.covers(wish.recipient) else [])]
        full = next((room for room in rooms if room[0] < wish.parts), None)
        if full is not None:
            answers.append((full[1], full[2]))
        elif of.people_cap and wish.recipient not in known and len(known) >= of.people_cap:
            says = f"{of.link} may write to {of.people_cap} different numbers in a month ({of.name})"
            answers.append((_month_end(now, of.zone), says))
        else:
            for room in rooms:
                room[0] -= wish.parts
            known.add(wish.recipient)
            answers.append(None)
    return answers


def _flying(conn: Connection, link: str) -> int:
    m = message.c
    mine = (m.link == link, m.state.in_(("sending", "unsure")), m.final_at.is_(None))
    return conn.scalar(select(func.coalesce(func.sum(m.parts), 0)).where(*mine)) or 0


def _month_end(now: datetime, zone: ZoneInfo) -> datetime:
    first = now.astimezone(zone).date().replace(day=1)
    return _midnight((first + timedelta(days=32)).replace(day=1), zone)


def people(conn: Connection, of: Plan, now: datetime) -> set[str]:
    """To whom a link wrote in this month, if its plan counts them; with those whom it is writing to."""
    if not of.people_cap:
        return set()
    c, m = plan_person.c, message.c
    month = f"{now.astimezone(of.zone):%Y-%m}"
    told = conn.scalars(select(c.recipient).where(c.link == of.link, c.month == month))
    flying = (m.link == of.link, m.state.in_(("sending", "unsure")), m.final_at.is_(None))
    return {*told, *conn.scalars(select(m.recipient).where(*flying))}


def spend(conn: Connection, of: Plan, sent: Sequence[Wish], at: datetime) -> list[int]:
    """Take units for messages that were handed over at `at`; returns for each how many of its parts are free.

    The last units go to the first parts of the message that comes to them.
    """
    if of.people_cap:
        _remember(conn, of, {wish.recipient for wish in sent}, at)
    if not of.units:
        return [0] * len(sent)
    begun, c = of.begun(at), plan_use.c
    mine = (c.plan_id == of.id, c.period == begun.isoformat())
    row = conn.execute(select(plan_use).where(*mine).with_for_update()).first()
    if row is None:
        had, gone = kept(conn, of, begun), 0
        conn.execute(plan_use.insert().values(plan_id=of.id, period=begun.isoformat(), kept=had, used=0))
    else:
        had, gone = row.kept, row.used
    left = of.units + had - gone
    frees = []
    for wish in sent:
        free = max(0, min(left, wish.parts)) if of.covers(wish.recipient) else 0
        left -= free
        frees.append(free)
    if any(frees):
        conn.execute(update(plan_use).where(*mine).values(used=gone + sum(frees)))
    return frees


def _remember(conn: Connection, of: Plan, recipients: set[str], at: datetime) -> None:
    month = f"{at.astimezone(of.zone):%Y-%m}"
    rows = [{"link": of.link, "month": month, "recipient": recipient} for recipient in sorted(recipients)]
    into = (postgresql if conn.dialect.name == "postgresql" else sqlite).insert(plan_person)
    conn.execute(into.on_conflict_do_nothing(), rows)


def forget_people(conn: Connection, before: date) -> None:
    """Forget to whom SIMs wrote in months that are over before this day: the caps are about a month."""
    conn.execute(plan_person.delete().where(plan_person.c.month < f"{before:%Y-%m}"))


def runs_out(of: Plan, had: int, gone: int, now: datetime) -> date | None:
    """On which day the bundle will be used up if it goes on like this; None when it lasts to the period's end."""
    begun = of.begun(now)
    start = max(_midnight(begun, of.zone), of.valid_from)
    if gone >= had:
        return now.astimezone(of.zone).date()
    if not gone or now <= start:
        return None
    ends_at = now + (now - start) * ((had - gone) / gone)
    return ends_at.astimezone(of.zone).date() if ends_at < of.ends(begun) else None
