"""Budgets: what may be spent by whom in which time, correct also when many ask at once.

What a message will cost is kept of every budget that it falls under, in the transaction that stores it; its booking
turns that into what is spent, its end without one gives it back. So what is spent and what is kept together never pass
the ceiling, but by messages that are exempt, or that cost more in the end than was planned. A reservation stays
with the day or month in which it was made. Where there is no budget (`some` is False) nothing is looked up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, bindparam, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from ..store.history import IDS, chunks
from ..store.lifecycle import MESSAGE
from ..store.tables import address, budget, budget_use, follower, history, message, reservation
from ..store.tables.types import AnyRow
from . import alerts
from .exchange import Exchange
from .rates import spelled

LOOK_AGAIN = timedelta(hours=1)
FOLLOWER = "budgets"
_FOLLOWED = 5000  # lines of history looked at in one step
_ENDED = tuple(sorted(MESSAGE.final))
_WHICH = {"company": "the budget", "client": "the budget of this key", "campaign": "the budget of this campaign",
          "customer": "the budget of this customer", "link": "the budget of this link"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Budget:
    """See the table `budget`."""

    id: int
    name: str
    scope: str
    subject: str
    period: str
    ceiling: int
    currency: str
    warn_at: int
    beyond: str
    exempt: frozenset[str]


class Wish(NamedTuple):
    """A message that will cost something: whose it is, and how much, in millionths of `currency`."""

    message_id: str
    recipient: str
    purpose: str
    client: str
    campaign_id: str | None
    link: str | None
    amount: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class Over:
    """No money left: of which budget, until when, and that in words."""

    budget: Budget
    until: datetime
    says: str


_Key = tuple[int, str]  # of a row of budget_use


class Budgets:
    """The budgets in force. Reading is safe from any thread; `read` by one at a time."""

    def __init__(self, zone: ZoneInfo, exchange: Exchange) -> None:
        """zone: in which days and months begin."""
        self.zone = zone
        self._exchange = exchange
        self._by: dict[tuple[str, str], list[Budget]] = {}
        self._by_id: dict[int, Budget] = {}

    @property
    def some(self) -> bool:
        """Whether there is any budget."""
        return bool(self._by_id)

    def read(self, conn: Connection) -> None:
        """Read which budgets there are."""
        found = [budget_of(row) for row in conn.execute(select(budget).where(budget.c.gone_at.is_(None)))]
        by: dict[tuple[str, str], list[Budget]] = {}
        for one in found:
            by.setdefault((one.scope, one.subject), []).append(one)
        self._by, self._by_id = by, {one.id: one for one in found}

    def reserve(
        self, conn: Connection, wishes: Sequence[Wish], now: datetime, *, fresh: bool = False
    ) -> list[Over | None]:
        """Keep what each of these messages will cost, in order, or say of which budget that is too much.

        For the transaction that stores or releases them. A message that had something kept has that given back first.
        fresh: none of them is in the store yet.
        """
        if not self.some:
            return [None] * len(wishes)
        if not fresh:
            release(conn, [wish.message_id for wish in wishes])
        falls = self._falls_under(conn, wishes)
        uses = _locked(conn, {(one.id, self.period(one, now)) for mine in falls for one in mine})
        answers: list[Over | None] = []
        kept: list[dict[str, object]] = []
        for wish, mine in zip(wishes, falls, strict=True):
            over, amounts = self._fits(wish, mine, uses, now)
            answers.append(over)
            for one, amount in amounts if over is None else ():
                key = (one.id, self.period(one, now))
                uses[key].kept += amount
                kept.append({"message_id": wish.message_id, "budget_id": one.id, "period": key[1], "amount": amount})
        if kept:
            conn.execute(reservation.insert(), kept)
        self._write(conn, uses, now)
        return answers

    def look(self, conn: Connection, wishes: Sequence[Wish], now: datetime) -> list[Over | None]:
        """What `reserve` would say of each of these alone; nothing is kept."""
        if not self.some:
            return [None] * len(wishes)
        falls = self._falls_under(conn, wishes)
        keys = {(one.id, self.period(one, now)) for mine in falls for one in mine}
        uses = {key: _Use(0, 0, 0) for key in keys} | _read(conn, keys)
        return [self._fits(wish, mine, uses, now)[0] for wish, mine in zip(wishes, falls, strict=True)]

    def _fits(
        self, wish: Wish, mine: Sequence[Budget], uses: Mapping[_Key, _Use], now: datetime
    ) -> tuple[Over | None, list[tuple[Budget, int]]]:
        """The budget that a message passes, if there is one; and what it takes of each."""
        amounts: list[tuple[Budget, int]] = []
        for one in mine:
            period = self.period(one, now)
            use = uses[one.id, period]
            amount = self._in(one, wish.amount, wish.currency, now)
            exempt = wish.purpose in one.exempt
            if amount is None:
                if exempt:
                    continue
                says = f"no rate of exchange says what {wish.currency} is in {one.currency}, the currency of {one.name}"
                return Over(one, now + LOOK_AGAIN, f"{says}: say one, or give the budget that currency"), []
            if not exempt and amount and use.spent + use.kept + amount > one.ceiling:
                use.refused = True
                return Over(one, min(self.ends(one, now), now + LOOK_AGAIN), self._words(one, use, amount)), []
            if amount:
                amounts.append((one, amount))
        return None, amounts

    def _words(self, one: Budget, use: _Use, amount: int) -> str:
        left = max(0, one.ceiling - use.spent - use.kept)
        span = {"day": " a day", "month": " a month", "whole": ""}[one.period]
        return (
            f"{_WHICH[one.scope]} {one.name} of {spelled(one.ceiling)} {one.currency}{span} has {spelled(left)} left, "
            f"and this costs {spelled(amount)}: raise it, or wait"
        )

    def _in(self, one: Budget, amount: int | None, currency: str | None, at: datetime) -> int | None:
        return 0 if not amount or currency is None else self._exchange.convert(amount, currency, one.currency, at)

    def period(self, one: Budget, at: datetime) -> str:
        """The day or month that `at` lies in, as `budget_use` has it."""
        if one.period == "whole":
            return "whole"
        return f"{at.astimezone(self.zone):%Y-%m-%d}" if one.period == "day" else f"{at.astimezone(self.zone):%Y-%m}"

    def ends(self, one: Budget, at: datetime) -> datetime:
        """When this period is over; far away for one that never is."""
        today = at.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        if one.period == "day":
            return (today + timedelta(days=1)).astimezone(UTC)
        if one.period == "month":
            return (today.replace(day=1) + timedelta(days=32)).replace(day=1).astimezone(UTC)
        return at + timedelta(days=3650)

    def _falls_under(self, conn: Connection, wishes: Sequence[Wish]) -> list[list[Budget]]:
        """The budgets of each message, in a fixed order."""
        people = self._customers(conn, wishes)
        found = []
        for wish in wishes:
            keys = [("company", ""), ("client", wish.client), ("campaign", wish.campaign_id or ""),
                    ("customer", people.get(wish.recipient, "")), ("link", wish.link or "")]  # fmt: skip
            found.append(sorted((one for key in keys for one in self._by.get(key, ())), key=lambda one: one.id))
        return found

    def _customers(self, conn: Connection, wishes: Sequence[Wish]) -> dict[str, str]:
        wanted = [subject for scope, subject in self._by if scope == "customer"]
        if not wanted:
            return {}
        a = address.c
        query = select(a.address, a.customer_id).where(a.address.in_(IDS), a.customer_id.in_(wanted))
        numbers = sorted({wish.recipient for wish in wishes})
        return {row.address: row.customer_id for some in chunks(numbers) for row in conn.execute(query, {"ids": some})}

    def _write(self, conn: Connection, uses: Mapping[_Key, _Use], now: datetime) -> None:
        c = budget_use.c
        alarms = [alarm for key, use in uses.items() for alarm in self._alarms(key, use)]
        rows = [{"its_id": id, "its_period": period, "to_kept": use.kept, "to_told": use.told}
                for (id, period), use in sorted(uses.items())]  # fmt: skip
        if rows:
            change = update(budget_use).where(c.budget_id == bindparam("its_id"), c.period == bindparam("its_period"))
            conn.execute(change.values(kept=bindparam("to_kept"), told=bindparam("to_told")), rows)
        alerts.tell(conn, alarms, now)

    def _alarms(self, key: _Key, use: _Use) -> list[alerts.Alarm]:
        """What must be told of a budget, once for each of its days or months; `use.told` then says so."""
        one, gone = self._by_id[key[0]], use.spent + use.kept
        subject = f"{one.id} {key[1]}"
        found = []
        share = f"{one.name}: {spelled(gone)} of {spelled(one.ceiling)} {one.currency} ({key[1]})"
        if use.told < 1 and gone * 100 >= one.ceiling * one.warn_at:
            use.told = 1
            found.append(alerts.Alarm("budget.warning", subject, f"{share} are spent or kept for what waits"))
        if use.told < 2 and (use.refused or gone >= one.ceiling):
            use.told = 2
            then = "waits" if one.beyond == "hold" else "is refused"
            says = f"{share}: the ceiling is reached, what comes now {then}"
            found.append(alerts.Alarm("budget.exceeded", subject, says))
        return found

    def settle(self, conn: Connection, booked: Sequence[Booked], now: datetime) -> None:
        """What was booked is spent, and what was kept for it is free. For the transaction of the booking."""
        if not self.some or not booked:
            return
        ids = sorted({entry.message_id for entry in booked})
        wishes = self._wishes(conn, booked)
        falls = dict(zip([w.message_id for w in wishes], self._falls_under(conn, wishes), strict=True))
        places = {(r.message_id, r.budget_id): r for r in _reservations(conn, ids)}
        spent: dict[_Key, int] = defaultdict(int)
        for entry in booked:
            for one in falls[entry.message_id]:
                place = places.get((entry.message_id, one.id))
                period = self.period(one, now) if place is None else place.period
                spent[one.id, period] += self._in(one, entry.amount, entry.currency, now) or 0
        release(conn, ids)
        uses = _locked(conn, set(spent))
        c = budget_use.c
        change = update(budget_use).where(c.budget_id == bindparam("its_id"), c.period == bindparam("its_period"))
        rows = [{"its_id": id, "its_period": period, "more": spent[id, period]} for id, period in sorted(uses)]
        if rows:
            conn.execute(change.values(spent=c.spent + bindparam("more")), rows)
            for key, use in uses.items():
                use.spent += spent[key]
            self._write(conn, uses, now)

    def _wishes(self, conn: Connection, booked: Sequence[Booked]) -> list[Wish]:
        """Whose the booked messages are. What came in, or was asked of a network, is nobody's but the link's."""
        m = message.c
        query = select(m.id, m.recipient, m.purpose, m.client, m.campaign_id).where(m.id.in_(IDS))
        links = {entry.message_id: entry.link for entry in booked}
        rows = {row.id: row for some in chunks(sorted(links)) for row in conn.execute(query, {"ids": some})}
        found = []
        for id, link in links.items():
            row = rows.get(id)
            if row is None:
                found.append(Wish(id, "", "", "", None, link, None, None))
            else:
                found.append(Wish(id, row.recipient, row.purpose, row.client, row.campaign_id, link, None, None))
        return found


class Booked(NamedTuple):
    """As much of a cost entry as a budget asks for."""

    message_id: str
    link: str
    amount: int
    currency: str


@dataclass(slots=True)
class _Use:
    """A row of `budget_use`, as it will be. refused: somebody was told no just now."""

    kept: int
    spent: int
    told: int
    refused: bool = False


def _locked(conn: Connection, keys: set[_Key]) -> dict[_Key, _Use]:
    """These counters, made where they are missing, and locked in one order, whichever process asks."""
    if not keys:
        return {}
    into = (postgresql if conn.dialect.name == "postgresql" else sqlite).insert(budget_use)
    empty = [{"budget_id": id, "period": period, "kept": 0, "spent": 0, "told": 0} for id, period in sorted(keys)]
    conn.execute(into.on_conflict_do_nothing(), empty)
    return _read(conn, keys, lock=True)


def _read(conn: Connection, keys: set[_Key], *, lock: bool = False) -> dict[_Key, _Use]:
    if not keys:
        return {}
    c = budget_use.c
    query = select(budget_use).where(tuple_(c.budget_id, c.period).in_(sorted(keys))).order_by(c.budget_id, c.period)
    rows = conn.execute(query.with_for_update() if lock else query)
    return {(row.budget_id, row.period): _Use(row.kept, row.spent, row.told) for row in rows}


def _reservations(conn: Connection, ids: Sequence[str]) -> list[AnyRow]:
    query = select(reservation).where(reservation.c.message_id.in_(IDS))
    return [row for some in chunks(ids) for row in conn.execute(query, {"ids": some})]


def release(conn: Connection, ids: Sequence[str]) -> int:
    """Give back what is kept for these messages, if anything is; returns for how many budgets."""
    back: dict[_Key, int] = defaultdict(int)
    count = 0
    gone = delete(reservation).where(reservation.c.message_id.in_(IDS))
    for some in chunks(ids):
        for row in conn.execute(gone.returning(*reservation.c), {"ids": some}):
            back[row.budget_id, row.period] += row.amount
            count += 1
    c = budget_use.c
    if back:
        change = update(budget_use).where(c.budget_id == bindparam("its_id"), c.period == bindparam("its_period"))
        rows = [{"its_id": id, "its_period": p, "less": amount} for (id, p), amount in sorted(back.items())]
        conn.execute(change.values(kept=c.kept - bindparam("less")), rows)
    return count


def follow(conn: Connection, batch: list[datetime]) -> list[int]:
    """Writer step, at `now`: what is kept for messages that ended meanwhile is given back; returns for how many."""
    return [_follow(conn, now) for now in batch]


def _follow(conn: Connection, now: datetime) -> int:
    h, f = history.c, follower.c
    last = conn.scalar(select(h.id).order_by(h.id.desc()).limit(1)) or 0
    upto = conn.scalar(select(f.upto).where(f.name == FOLLOWER))
    if upto is None:
        conn.execute(follower.insert().values(name=FOLLOWER, upto=last, updated_at=now))
        return sweep(conn)
    end = min(last, upto + _FOLLOWED)
    ended = and_(h.id > upto, h.id <= end, h.record == "message", h.now.in_(_ENDED))
    count = release(conn, list(conn.scalars(select(h.record_id).where(ended).distinct())))
    if end != upto:
        conn.execute(update(follower).where(f.name == FOLLOWER).values(upto=end, updated_at=now))
    return count


def sweep(conn: Connection) -> int:
    """Give back what is kept for any message that has ended, whatever history says; returns for how many."""
    ended = select(reservation.c.message_id).join(message, message.c.id == reservation.c.message_id)
    ids = list(conn.scalars(ended.where(message.c.final_at.is_not(None)).distinct()))
    return release(conn, ids)


def budget_of(row: AnyRow) -> Budget:
    """A row of `budget`."""
    values = {name: row._mapping[name] for name in Budget.__dataclass_fields__ if name != "exempt"}
    return Budget(**values, exempt=frozenset(row.exempt))
