"""The brake: a client at many times its usual pace, or that writes to premium or strange numbers, waits for the owner.

What is usual is what the days that are closed say of a client; one that nobody knows yet is not judged. What is counted
lies in memory: after a restart a client has its ten minutes anew. Nodes that share a store tell each other what they
counted (`passed`, `elsewhere`), so that a client that goes to all of them is counted once. Whatever is held is told the
owner once, and goes when they let it pass (`clear`); a client that was too fast goes on too when they end the alert.
"""

from __future__ import annotations

import functools
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType
from sqlalchemy import Connection, func, select

from ..access import audit
from ..store.database import Writer
from ..store.tables import alert, clearance, day_total
from ..store.tables.types import AnyRow
from . import alerts
from .places import FIRST, NOWHERE, place_of

SPAN = timedelta(minutes=10)
LOOK_AGAIN = timedelta(minutes=10)
KNOWN_DAYS = 5  # closed days with traffic from which on a client is known
_USUAL_TENS = 60  # of a busy day's messages that many ten-minute spans have their share: ten hours
_LOOK_BACK = timedelta(days=60)
PACE, PLACES = "runaway.pace", "runaway.place"
_DEAR = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})


@dataclass(frozen=True, slots=True)
class Limits:
    """See [money] brake_times, brake_least and brake_places."""

    times: int = 10
    least: int = 500
    places: bool = True


class Passing(Protocol):
    """A message that wants to pass, as the gate has it. id: None while it is not in the store; only then it counts."""

    @property
    def client(self) -> str:
        """Who asked."""

    @property
    def recipient(self) -> str:
        """The number."""

    @property
    def purpose(self) -> str:
        """What it is for."""

    @property
    def campaign_id(self) -> str | None:
        """Its campaign, which somebody approved."""

    @property
    def id(self) -> str | None:
        """Its id."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the closed days say of a client: messages of its busiest day, and the countries it wrote to."""

    days: int
    most: int
    countries: frozenset[str]


class Brake:
    """Counts who sends how much. Safe from any thread."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._known: Mapping[str, _Known] = {}
        self._fine: set[tuple[str, str]] = set()  # by client and first digits: what needs no second look
        self._cleared: frozenset[tuple[str, str]] = frozenset()
        self._stopped: frozenset[tuple[str, str]] = frozenset()  # kind and subject of what stands
        self._counts: dict[str, deque[tuple[int, int]]] = defaultdict(deque)  # by client: second and messages
        self._alarms: dict[tuple[str, str], alerts.Alarm] = {}
        self._lock = threading.Lock()
        self.shared = False  # whether other nodes are to be told what passed here
        self._passed: Counter[str] = Counter()

    def passed(self) -> dict[str, int]:
        """How many messages of each client passed here since this was asked last."""
        with self._lock:
            passed, self._passed = self._passed, Counter()
        return dict(passed)

    def elsewhere(self, passed: Mapping[str, int], now: datetime) -> None:
        """Another node says what passed there."""
        with self._lock:
            for client, count in passed.items():
                self._counts[client].append((int(now.timestamp()), count))

    def learn(self, conn: Connection, now: datetime) -> None:
        """Look what is usual, from the closed days; seldom."""
        c = day_total.c
        first = f"{now - _LOOK_BACK:%Y-%m-%d}"
        days = select(c.client, c.day, func.sum(c.messages).label("sent")).where(c.day >= first, c.campaign == "")
        most: dict[str, list[int]] = defaultdict(list)
        for client, _, sent in conn.execute(days.group_by(c.client, c.day)):
            most[client].append(sent)
        countries: dict[str, set[str]] = defaultdict(set)
        for client, country in conn.execute(
            select(c.client, c.country).where(c.day >= first, c.messages > 0).distinct()
        ):
            countries[client].add(country)
        self._fine = set()
        self._known = {
            client: _Known(len(sent), max(sent), frozenset(countries[client])) for client, sent in most.items()
        }

    def read(self, conn: Connection, now: datetime) -> list[alerts.Alarm]:
        """Look what the owner says; returns what must be told them, for `alerts.tell`."""
        c = clearance.c
        rows = conn.execute(select(c.client, c.prefix).where((c.until.is_(None)) | (c.until > now)))
        self._cleared = frozenset((row.client, row.prefix) for row in rows)
        a = alert.c
        standing = select(a.kind, a.subject).where(a.state != "over", a.kind.in_((PACE, PLACES)))
        with self._lock:
            before, alarms = self._stopped, list(self._alarms.values())
            self._stopped = frozenset((row.kind, row.subject) for row in conn.execute(standing))
            for kind, client in before - self._stopped:  # somebody said that it is done: count anew
                if kind == PACE:
                    self._counts.pop(client, None)
            return [alarm for alarm in alarms if (alarm.kind, alarm.subject) not in self._stopped]

    def told(self, alarms: Sequence[alerts.Alarm]) -> None:
        """These are in the store now."""
        with self._lock:
            for alarm in alarms:
                self._alarms.pop((alarm.kind, alarm.subject), None)
            self._stopped |= {(alarm.kind, alarm.subject) for alarm in alarms}

    def ask(self, batch: Sequence[Passing], now: datetime) -> dict[int, str]:
        """Those that must wait, by their place in the batch, each with why and what to do."""
        if not (self._limits.times or self._limits.places):
            return {}
        held: dict[int, str] = {}
        fine, known = self._fine, self._known
        for place, one in enumerate(batch):
            way = (one.client, one.recipient[:FIRST])
            if way in fine and one.client not in known:
                continue
            if one.campaign_id is not None or one.purpose == "conversational":
                continue
            says = self._place(one) if self._limits.places and way not in fine else None
            if says is None:
                fine.add(way)
                says = self._pace(one, now) if self._limits.times else None
            if says is not None:
                held[place] = says
        return held

    def _place(self, one: Passing) -> str | None:
        risk, place = risk_of(one.recipient[:FIRST]), place_of(one.recipient[:FIRST])
        known = self._known.get(one.client)
        strange = known is not None and known.days >= KNOWN_DAYS and place.country not in known.countries
        if (risk is None and not strange) or self._passes(one.client, one.recipient):
            return None
        words = risk or f"in a country ({place.country}) that this client never wrote to"
        prefix = place.prefix
        says = f"numbers with {prefix} are {words}: held until somebody lets them go"
        todo = f"smsgw budget clear {one.client} {prefix}"
        self._alarm(alerts.Alarm(PLACES, f"{one.client} {prefix}", f"{one.client}: {says}; {todo}"))
        return says

    def _passes(self, client: str, recipient: str) -> bool:
        mine = [prefix for whose, prefix in self._cleared if whose in ("", client) and prefix]
        return any(recipient.startswith(prefix) for prefix in mine)

    def _pace(self, one: Passing, now: datetime) -> str | None:
        known = self._known.get(one.client)
        if known is None or known.days < KNOWN_DAYS or {(one.client, ""), ("", "")} & self._cleared:
            return None
        usual = max(1, round(known.most / _USUAL_TENS))
        most = max(self._limits.least, usual * self._limits.times)
        with self._lock:
            count = self._count(one, now)
            stopped = (PACE, one.client) in self._stopped or (PACE, one.client) in self._alarms
        if count <= most and not stopped:
            return None
        says = f"{count} messages in ten minutes, where {usual} are usual and {most} are the most: held"
        todo = f"if it is meant: smsgw budget clear {one.client}; if the key was stolen: smsgw key revoke {one.client}"
        self._alarm(alerts.Alarm(PACE, one.client, f"{one.client} sent {says}; {todo}"))
        return f"this client sent {says} until somebody looks"

    def _count(self, one: Passing, now: datetime) -> int:
        counts, second = self._counts[one.client], int(now.timestamp())
        while counts and counts[0][0] <= second - SPAN.total_seconds():
            counts.popleft()
        if one.id is None:
            if self.shared:
                self._passed[one.client] += 1
            if counts and counts[-1][0] == second:
                counts[-1] = (second, counts[-1][1] + 1)
            else:
                counts.append((second, 1))
        return sum(count for _, count in counts)

    def _alarm(self, alarm: alerts.Alarm) -> None:
        key = (alarm.kind, alarm.subject)
        with self._lock:
            if key not in self._stopped:
                self._alarms.setdefault(key, alarm)


@functools.lru_cache(maxsize=65_536)
def risk_of(first: str) -> str | None:
    """Why numbers that begin so are dear, in words; None when nothing is known against them."""
    if not first.startswith("+"):
        return None
    for zeros in (4, 3, 2, 5, 1, 0):
        try:
            number = phonenumbers.parse(first + "0" * zeros)
        except NumberParseException:
            continue
        if phonenumbers.number_type(number) in _DEAR:
            return "premium numbers"
    return "satellite and world-wide numbers" if place_of(first).country == NOWHERE else None


class Clearance(NamedTuple):
    """What the owner lets pass. client: "" for everybody. prefix: "" for the pace. until: None for good."""

    client: str
    prefix: str
    until: datetime | None
    by: str
    at: datetime


def clear(writer: Writer, wish: Clearance) -> None:
    """Let pass what the brake would hold, and end what was told of it."""
    writer.do(_clear, wish)


def _clear(conn: Connection, batch: list[Clearance]) -> list[None]:
    for wish in batch:
        conn.execute(clearance.insert().values(**wish._asdict()))
        says = f"what the brake holds may pass: {wish.client or 'everybody'} {wish.prefix or 'pace'}".rstrip()
        audit.tell(conn, [audit.Line(wish.by, "money.cleared", says, wish.at, "clearance")])
        a = alert.c
        kind = PLACES if wish.prefix else PACE
        standing = conn.scalars(select(a.subject).where(a.state != "over", a.kind == kind)).all()
        subjects = [subject for subject in standing if _about(wish, subject)]
        alerts.end(conn, kind, subjects, f"{wish.by} lets them pass", wish.at)
    return [None] * len(batch)


def _about(wish: Clearance, subject: str) -> bool:
    client, _, prefix = subject.partition(" ")
    return wish.client in ("", client) and prefix.startswith(wish.prefix)


def cleared(conn: Connection, now: datetime) -> list[AnyRow]:
    """What passes, newest first."""
    c = clearance.c
    still = (c.until.is_(None)) | (c.until > now)
    return list(conn.execute(select(clearance).where(still).order_by(c.id.desc())))
